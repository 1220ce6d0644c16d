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
#define LOOK_AGAIN 100   /* milliseconds */
#define MOMENT     10000 /* microseconds */

/* A new connection takes so many bytes at once, whoever reads them. */
#define ROOM 32768

void patience_init(struct patience *patience, int connection, int listener)
{
	*patience = (struct patience){ .connection = connection, .listener = listener };
}

/* Ends a read or a write that takes longer. */
static void limit(const struct patience *patience, int direction, time_t seconds)
{
	const struct timeval stalled = { .tv_sec = seconds };

	setsockopt(patience->connection, SOL_SOCKET, direction, &stalled, sizeof stalled);
}

/* A free worker takes a request at once: one that is still there a moment later has none. */
static bool others_wait(const struct patience *patience)
{
	struct pollfd waiting = { .fd = patience->listener, .events = POLLIN };

	if (poll(&waiting, 1, 0) <= 0)
		return false;
	g_usleep(MOMENT);
	return poll(&waiting, 1, 0) > 0;
}

static bool is_over(const struct patience *patience, int64_t since, int64_t most)
{
	const int64_t passed = g_get_monotonic_time() - since;

	return passed >= most || (passed >= GIVE_WAY && others_wait(patience));
}

bool patience_with_body(struct patience *patience)
{
	if (!patience->asked) {
		limit(patience, SO_RCVTIMEO, STALLED_IN);
		patience->asked = g_get_monotonic_time();
	}
	return !is_over(patience, patience->asked, BODY);
}

bool patience_with_answer(struct patience *patience, size_t length)
{
	struct pollfd peer = { .fd = patience->connection, .events = POLLOUT };
	const bool had_room = patience->sent <= ROOM;
	int64_t since;

	patience->sent += length;
	if (patience->sent <= ROOM)
		return true;
	if (had_room)
		limit(patience, SO_SNDTIMEO, STALLED);
	since = g_get_monotonic_time();
	while (!patience->is_at_end && poll(&peer, 1, LOOK_AGAIN) == 0)
		patience->is_at_end = is_over(patience, since, STALLED * G_USEC_PER_SEC);
	return !patience->is_at_end;
}
