/* SPDX-License-Identifier: MIT */

/*
 * Submissions without a web server, for tests in shell:
 *
 *	submit_probe CONFIG SOCKET SCMURL OWNER [KEY DIGEST]
 *
 * Prints the result, the id and the reasons, or "CODE: message" with exit status 1. It connects as
 * rida_web, so that what is done needs no more than that account's rights.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "flow/submit.h"

static int complain(const GError *error)
{
	printf("%s: %s\n", error_code_name(error_code(error)), error->message);
	return EXIT_FAILURE;
}

static struct db *connect_as_web(const char *socket, GError **error)
{
	const struct db_options options = {
		.socket = socket,
		.host = "",
		.name = "rida",
		.user = "rida_web",
		.password = "",
		.tls_ca_file = "",
		.timeout = 10,
	};

	return db_open(&options, error);
}

int main(int argc, char **argv)
{
	static const char *const results[] = {
		[SUBMIT_CREATED] = "created",
		[SUBMIT_RESUMED] = "resumed",
		[SUBMIT_REJECTED] = "rejected",
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = NULL;
	g_autoptr(Db) db = NULL;
	g_auto(SubmitAnswer) answer = { 0 };
	struct submit_wants wants = { 0 };

	if (argc != 5 && argc != 7)
		return 2;
	wants.scmurl = argv[3];
	wants.owner = argv[4];
	wants.idempotency_key = argc == 7 ? argv[5] : NULL;
	wants.digest = argc == 7 ? argv[6] : NULL;
	if (!config_load(argv[1], &config, &error))
		return complain(error);
	db = connect_as_web(argv[2], &error);
	if (!db || !submit(db, config, &wants, &answer, &error))
		return complain(error);
	printf("%s %" PRIu64 "\n%s%s", results[answer.result], answer.id,
	       answer.reasons ? answer.reasons : "", answer.reasons ? "\n" : "");
	return EXIT_SUCCESS;
}
