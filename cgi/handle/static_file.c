/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/file_reply.h"
#include "model/names.h"

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "application/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
};

/* The type of a name; NULL: not one of our assets. */
static const char *type_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_str_has_suffix(name, types[i].suffix))
			return types[i].type;
	return NULL;
}

/* The assets, where no web server serves them: plain CGI and development. */
bool static_file(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	const char *name = request->wanted[0];
	const char *type = name_is_valid(NAME_FILE, name) ? type_of(name) : NULL;
	g_autofree char *path = g_build_filename(app->config->static_dir, name, NULL);
	struct stat facts;
	bool is_good;
	int fd = type ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;

	if (fd < 0)
		return fail(error, RIDA_ERROR_MISSING, "there is no such file");
	reply_header(reply, "Content-Type", type);
	reply->caching = "public, max-age=3600";
	is_good = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)
			  ? reply_file(request, reply, fd, (uint64_t)facts.st_size, error)
			  : fail(error, RIDA_ERROR_MISSING, "there is no such file");
	close(fd);
	return is_good;
}
