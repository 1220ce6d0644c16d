/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strict.h"
#include "cgi/build_id.h"
#include "cgi/file_reply.h"
#include "cgi/log_files.h"

/* Browsers save larger logs instead of showing them. */
#define SHOWN_MAX (10 * UINT64_C(1048576))

bool build_log(struct app *app, const struct web_request *request, struct reply *reply,
	       GError **error)
{
	struct log_name name = { .component = request->wanted[1], .file = request->wanted[3] };
	uint64_t size = 0;
	int fd = -1;
	bool is_good;

	if (!build_id_read(request, &name.build_id, error))
		return false;
	if (!strict_u64(request->wanted[2], 1, UINT32_MAX, &name.attempt, NULL))
		return fail(error, RIDA_ERROR_MISSING,
			    "there is no such log: attempts are counted from 1");
	if (!log_file_open(app->config->log_dir, &name, &fd, &size, error))
		return false;
	reply->policy = POLICY_SANDBOX;
	reply_header(reply, "Content-Type", "text/plain; charset=utf-8");
	if (size > SHOWN_MAX)
		reply_header(reply, "Content-Disposition", "attachment");
	is_good = reply_file(request, reply, fd, size, error);
	close(fd);
	return is_good;
}
