/* SPDX-License-Identifier: MIT */
#include "cgi/patience.h"

#include <glib.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#define STALLED    10 /* seconds in which the client takes nothing of the answer */
#define STALLED_IN 3  /* seconds without a byte of the body, which is short */
#define BODY       (20 * G_USEC_PER_SEC)
#define GIVE_WAY   G_USEC_PER_SEC
#define LOOK_AGAIN 100 /* milliseconds */

void patience_init(struct patience *patience, int connection, int listener)
{
	const struct timeval stalled = { .tv_sec = STALLED };
	const struct timeval stalled_in = { .tv_sec = STALLED_IN };

	*patience = (struct patience){ .connection = connection,
				       .listener = listener,
				       .began = g_get_monotonic_time() };
	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &stalled_in, sizeof stalled_in);
	setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &stalled, sizeof stalled);
}

/* A free worker takes a request at once: one that is still there a moment later has none. */
static bool others_wait(const struct patience *patience)
{
	struct pollfd waiting = { .fd = patience->listener, .events = POLLIN };

	if (poll(&waiting, 1, 0) <= 0)
		return false;
	g_usleep(LOOK_AGAIN * 100);
	return poll(&waiting, 1, 0) > 0;
}

static bool is_over(const struct patience *patience, int64_t since, int64_t most)
{
	const int64_t passed = g_get_monotonic_time() - since;

	return passed >= most || (passed >= GIVE_WAY && others_wait(patience));
}

bool patience_with_body(const struct patience *patience)
{
	return !is_over(patience, patience->began, BODY);
}

bool patience_with_answer(struct patience *patience)
{
	struct pollfd peer = { .fd = patience->connection, .events = POLLOUT };
	const int64_t since = g_get_monotonic_time();

	while (!patience->is_at_end && poll(&peer, 1, LOOK_AGAIN) == 0)
		patience->is_at_end = is_over(patience, since, STALLED * G_USEC_PER_SEC);
	return !patience->is_at_end;
}
