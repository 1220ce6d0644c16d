/* SPDX-License-Identifier: MIT */
#include "cgi/plain.h"

#include <errno.h>
#include <unistd.h>

#include "cgi/serve.h"

static ssize_t read_body(void *stream, char *buffer, size_t size)
{
	ssize_t got;

	(void)stream;
	do
		got = read(STDIN_FILENO, buffer, size);
	while (got < 0 && errno == EINTR);
	return got;
}

static bool write_bytes(void *stream, const char *bytes, size_t length)
{
	(void)stream;
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, length);

		if (written < 0 && errno != EINTR)
			return false;
		bytes += MAX(written, 0);
		length -= (size_t)MAX(written, 0);
	}
	return true;
}

bool plain_serve(struct app *app, char *const *environment)
{
	struct exchange exchange = { environment, read_body, write_bytes, NULL };

	return serve(app, &exchange);
}
