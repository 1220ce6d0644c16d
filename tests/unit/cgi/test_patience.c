/* SPDX-License-Identifier: MIT */
/* Who is waited for, and who is not, while others wait at the socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgi/patience.h"

#define PAUSE                                                                                      \
	(1100 * 1000) /* microseconds: longer than a client is waited for while others wait        \
		       */

struct fixture {
	int connection[2];
	int listener[2]; /* readable: somebody waits */
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fixture->connection), 0);
	assert_int_equal(pipe(fixture->listener), 0);
	assert_int_equal(write(fixture->listener[1], "x", 1), 1);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 2; i++) {
		close(fixture->connection[i]);
		close(fixture->listener[i]);
	}
	g_free(fixture);
	return 0;
}

static void our_own_slowness_is_not_the_clients(void **state)
{
	struct fixture *fixture = *state;
	struct patience patience;

	patience_init(&patience, fixture->connection[0], fixture->listener[0]);
	g_usleep(PAUSE);
	assert_true(patience_with_body(&patience));
}

static void a_slow_body_gives_way_to_others(void **state)
{
	struct fixture *fixture = *state;
	struct patience patience;
	char byte;

	patience_init(&patience, fixture->connection[0], fixture->listener[0]);
	assert_true(patience_with_body(&patience));
	g_usleep(PAUSE);
	assert_false(patience_with_body(&patience));
	assert_int_equal(read(fixture->listener[0], &byte, 1), 1);
	assert_true(patience_with_body(&patience));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(our_own_slowness_is_not_the_clients, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_slow_body_gives_way_to_others, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
