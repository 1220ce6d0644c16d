/* SPDX-License-Identifier: MIT */
#include "cgi/fcgi.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cgi/serve.h"

/* A waiting worker looks at the socket so often (milliseconds) even when nobody wakes it: whoever
 * was woken for a request may have died before taking it. */
#define LOOK_AGAIN 1000

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

/* Each request wakes one of the waiting workers, not all of them. */
static int open_waiting(int listener, int stop)
{
	int waiting = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event request = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener };
	struct epoll_event end = { .events = EPOLLIN, .data.fd = stop };

	bool is_good = waiting >= 0 && epoll_ctl(waiting, EPOLL_CTL_ADD, listener, &request) == 0 &&
		       epoll_ctl(waiting, EPOLL_CTL_ADD, stop, &end) == 0;

	g_assert(is_good);
	return waiting;
}

/* False: the worker shall end, or its socket is of no use any more. */
static bool wait_for_request(int waiting, int stop)
{
	struct epoll_event events[2];
	int count = epoll_wait(waiting, events, G_N_ELEMENTS(events), LOOK_AGAIN);

	for (int i = 0; i < count; i++)
		if (events[i].data.fd == stop || !(events[i].events & EPOLLIN))
			return false;
	return true;
}

void fcgi_serve(struct app *app, int listener, uint64_t max, int stop)
{
	int waiting = open_waiting(listener, stop);
	FCGX_Request request;

	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
	FCGX_Init();
	FCGX_InitRequest(&request, listener, FCGI_FAIL_ACCEPT_ON_INTR);
	while (max > 0 && wait_for_request(waiting, stop)) {
		/* Another worker may have been faster: then this fails at once. */
		if (FCGX_Accept_r(&request) < 0)
			continue;
		serve_one(app, &request);
		max--;
	}
	FCGX_Free(&request, 1);
	close(waiting);
}
