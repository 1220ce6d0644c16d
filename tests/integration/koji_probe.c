/* SPDX-License-Identifier: MIT */

/*
 * A Koji session for tests in shell:
 *
 *	koji_probe [OPTION...] [COMMAND ARGUMENT...]...
 *
 * Commands: read CALLS, write CALLS (CALLS: [["method", [parameter, ...]], ...]), within CALLS (in
 * the session that the last login named), call CALL, login, user, version, fence ID, upload
 *DIRECTORY NAME FILE, many COUNT METHOD PARAMETERS, new (another session), wait (for the end of
 *standard input), counts. Each call's outcome is a line: "ok VALUE", or "CODE[ outage][ fault N]:
 *message". The exit status is 0 when all commands were understood.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "text/json.h"
#include "wire/koji_upload.h"

struct probe {
	const struct koji_profile *profile;
	const char *run_dir;
	struct koji_session *session;
	uint64_t session_id; /* of the last login */
	char **words;        /* of the command */
};

static void print_value(struct json_object *value)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_json(text, value);
	printf("ok %s\n", text->str);
}

static void print_error(const GError *error, bool is_outage, int64_t fault)
{
	printf("%s%s", error_code_name(error_code(error)), is_outage ? " outage" : "");
	if (fault)
		printf(" fault %" PRId64, fault);
	printf(": %s\n", error->message);
}

static void print_answer(const struct koji_answer *answer)
{
	if (answer->error)
		print_error(answer->error, answer->is_outage, answer->fault_code);
	else
		print_value(answer->value);
}

static struct json_object *read_value(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct json_object *value = NULL;

	if (!read_json(text, strlen(text), &value, &error))
		g_error("%s: %s", text, error->message);
	return value;
}

static struct koji_call call_of(struct json_object *pair)
{
	return (struct koji_call){ json_object_get_string(json_object_array_get_idx(pair, 0)),
				   json_object_array_get_idx(pair, 1) };
}

typedef void many_fn(struct probe *probe, const struct koji_call *calls, size_t count,
		     struct koji_answer *answers);

static void run_many(struct probe *probe, many_fn *many)
{
	g_autoptr(JsonObject) list = read_value(probe->words[1]);
	const size_t count = json_object_array_length(list);
	g_autofree struct koji_call *calls = g_new0(struct koji_call, count);
	g_autofree struct koji_answer *answers = g_new0(struct koji_answer, count);

	for (size_t i = 0; i < count; i++)
		calls[i] = call_of(json_object_array_get_idx(list, i));
	many(probe, calls, count, answers);
	for (size_t i = 0; i < count; i++)
		print_answer(&answers[i]);
	koji_answers_clear(answers, count);
}

static void do_read(struct probe *probe, const struct koji_call *calls, size_t count,
		    struct koji_answer *answers)
{
	koji_read_many(probe->session, calls, count, answers);
}

static void run_read(struct probe *probe)
{
	run_many(probe, do_read);
}

static void do_write(struct probe *probe, const struct koji_call *calls, size_t count,
		     struct koji_answer *answers)
{
	koji_write_many(probe->session, calls, count, answers);
}

static void run_write(struct probe *probe)
{
	run_many(probe, do_write);
}

static void do_within(struct probe *probe, const struct koji_call *calls, size_t count,
		      struct koji_answer *answers)
{
	koji_write_within(probe->session, probe->session_id, calls, count, answers);
}

static void run_within(struct probe *probe)
{
	run_many(probe, do_within);
}

/* The same call so often, read at once; what each came to is counted. */
static void run_count(struct probe *probe)
{
	g_autoptr(JsonObject) params = read_value(probe->words[3]);
	const size_t count = (size_t)g_ascii_strtoull(probe->words[1], NULL, 10);
	g_autofree struct koji_call *calls = g_new0(struct koji_call, count);
	g_autofree struct koji_answer *answers = g_new0(struct koji_answer, count);
	size_t good = 0;

	for (size_t i = 0; i < count; i++)
		calls[i] = (struct koji_call){ probe->words[2], params };
	koji_read_many(probe->session, calls, count, answers);
	for (size_t i = 0; i < count; i++)
		good += !answers[i].error;
	printf("%zu of %zu\n", good, count);
	koji_answers_clear(answers, count);
}

static void run_call(struct probe *probe)
{
	g_autoptr(JsonObject) pair = read_value(probe->words[1]);
	const struct koji_call call = call_of(pair);
	g_autoptr(JsonObject) value = NULL;
	g_autoptr(GError) error = NULL;

	if (koji_call(probe->session, &call, &value, &error))
		print_value(value);
	else
		print_error(error, false, 0);
}

typedef bool ask_fn(struct koji_session *session, uint64_t *ret, GError **error);

static uint64_t ask_number(struct probe *probe, ask_fn *ask)
{
	g_autoptr(GError) error = NULL;
	uint64_t number = 0;

	if (ask(probe->session, &number, &error))
		printf("ok %" PRIu64 "\n", number);
	else
		print_error(error, false, 0);
	return number;
}

static void run_login(struct probe *probe)
{
	probe->session_id = ask_number(probe, koji_login);
}

static void run_user(struct probe *probe)
{
	ask_number(probe, koji_user_id);
}

static void run_version(struct probe *probe)
{
	g_autoptr(GError) error = NULL;
	unsigned version = 0;

	if (koji_hub_version(probe->session, &version, &error))
		printf("ok %u\n", version);
	else
		print_error(error, false, 0);
}

static void run_fence(struct probe *probe)
{
	const uint64_t id = g_ascii_strtoull(probe->words[1], NULL, 10);
	g_autoptr(GError) error = NULL;

	if (koji_fence(probe->session, id, &error))
		puts("ok over");
	else if (error)
		print_error(error, false, 0);
	else
		puts("cannot");
}

static void run_upload(struct probe *probe)
{
	const struct koji_upload upload = { probe->words[1], probe->words[2],
					    open(probe->words[3], O_RDONLY | O_CLOEXEC) };
	g_autoptr(GError) error = NULL;

	if (koji_upload(probe->session, &upload, &error))
		puts("ok uploaded");
	else
		print_error(error, false, 0);
	close(upload.fd);
}

static void run_new(struct probe *probe)
{
	koji_session_free(probe->session);
	probe->session = koji_session_new(probe->profile, probe->run_dir);
}

static void run_wait(struct probe *probe)
{
	char byte;

	(void)probe;
	while (read(0, &byte, 1) > 0)
		continue;
}

static void run_counts(struct probe *probe)
{
	const struct koji_counts counts = koji_session_counts(probe->session);

	printf("%" PRIu64 " requests, %" PRIu64 " calls\n", counts.requests, counts.calls);
}

static const struct command {
	const char *name;
	unsigned words; /* it and its arguments */
	void (*run)(struct probe *probe);
} commands[] = {
	{ "within", 2, run_within }, { "wait", 1, run_wait },     { "read", 2, run_read },
	{ "write", 2, run_write },   { "call", 2, run_call },     { "many", 4, run_count },
	{ "login", 1, run_login },   { "user", 1, run_user },     { "version", 1, run_version },
	{ "fence", 2, run_fence },   { "upload", 4, run_upload }, { "new", 1, run_new },
	{ "counts", 1, run_counts },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_equal(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int run_all(struct probe *probe)
{
	while (*probe->words) {
		const struct command *command = find_command(*probe->words);

		if (!command || g_strv_length(probe->words) < command->words) {
			fprintf(stderr, "what is %s?\n", *probe->words);
			return 2;
		}
		command->run(probe);
		fflush(stdout);
		probe->words += command->words;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static char *file, *run_dir, *name;
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &file, "Koji configuration", "FILE" },
		{ "run-dir", 'r', 0, G_OPTION_ARG_FILENAME, &run_dir, "for credentials", "FOLDER" },
		{ "profile", 'p', 0, G_OPTION_ARG_STRING, &name, "its name", "NAME" },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("[COMMAND...]");
	g_autoptr(KojiProfile) profile = NULL;
	g_autoptr(GError) error = NULL;
	struct probe probe = { 0 };
	int status;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) ||
	    !koji_profile_read(name ? name : "lab", file, &profile, &error)) {
		print_error(error, false, 0);
		return EXIT_FAILURE;
	}
	probe = (struct probe){ profile, run_dir, koji_session_new(profile, run_dir), 0, argv + 1 };
	status = run_all(&probe);
	koji_session_free(probe.session);
	return status;
}
