/* SPDX-License-Identifier: MIT */
#include "cgi/fcgi.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "cgi/serve.h"

bool fcgi_has_socket(void)
{
	return !FCGX_IsCGI();
}

static ssize_t read_body(void *stream, char *buffer, size_t size)
{
	FCGX_Request *request = stream;

	return FCGX_GetStr(buffer, (int)size, request->in);
}

static bool write_bytes(void *stream, const char *bytes, size_t length)
{
	FCGX_Request *request = stream;

	return FCGX_PutStr(bytes, (int)length, request->out) == (int)length;
}

static void serve_one(struct app *app, FCGX_Request *request)
{
	struct exchange exchange = { request->envp, read_body, write_bytes, request };

	if (serve(app, &exchange))
		FCGX_Finish_r(request);
	else
		FCGX_Free(request, 1);
}

void fcgi_serve(struct app *app, int listener, uint64_t max, const volatile int *stop)
{
	struct pollfd waiting = { .fd = listener, .events = POLLIN };
	FCGX_Request request;
	sigset_t open;

	sigemptyset(&open);
	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
	FCGX_Init();
	FCGX_InitRequest(&request, listener, FCGI_FAIL_ACCEPT_ON_INTR);
	while (max > 0 && !*stop) {
		if (ppoll(&waiting, 1, NULL, &open) <= 0)
			continue;
		if (!(waiting.revents & POLLIN))
			break;
		/* Another worker may have been faster: then this fails at once. */
		if (FCGX_Accept_r(&request) < 0)
			continue;
		serve_one(app, &request);
		max--;
	}
	FCGX_Free(&request, 1);
}
