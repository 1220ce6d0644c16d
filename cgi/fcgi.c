/* SPDX-License-Identifier: MIT */
#include "cgi/fcgi.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cgi/patience.h"
#include "cgi/serve.h"

/* A waiting worker looks at the socket so often (milliseconds) even when nobody wakes it: whoever
 * was woken for a request may have died before taking it. */
#define LOOK_AGAIN 1000

bool fcgi_has_socket(void)
{
	return !FCGX_IsCGI();
}

/* One request, and how long its client may take. */
struct visit {
	FCGX_Request *request;
	struct patience patience;
};

/* What is there already, and at least one byte: waiting for a full buffer could take a client's
 * whole life. */
static ssize_t read_body(void *stream, char *buffer, size_t size)
{
	struct visit *visit = stream;
	FCGX_Stream *in = visit->request->in;
	int got;

	got = patience_with_body(&visit->patience) ? FCGX_GetStr(buffer, 1, in) : 0;
	if (got == 1)
		got += FCGX_GetStr(buffer + 1, (int)MIN(size - 1, (size_t)(in->stop - in->rdNext)),
				   in);
	else
		FCGX_Detach(visit->request); /* or closing would wait for what drips still */
	return got;
}

static bool write_bytes(void *stream, const char *bytes, size_t length)
{
	struct visit *visit = stream;

	return patience_with_answer(&visit->patience, length) &&
	       FCGX_PutStr(bytes, (int)length, visit->request->out) == (int)length;
}

static void serve_one(struct app *app, int listener, FCGX_Request *request)
{
	struct visit visit = { .request = request };
	struct exchange exchange = { request->envp, read_body, write_bytes, &visit };

	patience_init(&visit.patience, request->ipcFd, listener);
	if (serve(app, &exchange) && !visit.patience.is_at_end) {
		FCGX_Finish_r(request);
		return;
	}
	FCGX_Detach(request); /* or closing would wait for whoever was given up */
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
		serve_one(app, listener, &request);
		max--;
	}
	FCGX_Free(&request, 1);
	close(waiting);
}
