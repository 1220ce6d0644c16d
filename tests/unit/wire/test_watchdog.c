/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/watchdog.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define FAR (g_get_monotonic_time() + 60 * G_USEC_PER_SEC)

struct world {
	int ends[2];
	struct watchdog *dog;
};

static int set_up(void **state)
{
	struct world *world = g_new0(struct world, 1);

	*state = world;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, world->ends) ||
	       !watchdog_new(world->ends[0], &world->dog, NULL);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	watchdog_free(world->dog);
	close(world->ends[0]);
	close(world->ends[1]);
	g_free(world);
	return 0;
}

/* Waits until somebody ends the connection. */
static void read_end(const struct world *world)
{
	char byte;

	assert_int_equal(read(world->ends[0], &byte, 1), 0);
}

static bool is_open(const struct world *world)
{
	char byte;

	return recv(world->ends[0], &byte, 1, MSG_DONTWAIT) < 0;
}

static void who_waits_too_long_is_woken(void **state)
{
	const struct world *world = *state;
	int64_t start = g_get_monotonic_time();

	watchdog_watch(world->dog, start + G_USEC_PER_SEC / 20);
	read_end(world);
	assert_true(g_get_monotonic_time() - start >= G_USEC_PER_SEC / 20);
	assert_true(watchdog_has_bitten(world->dog));
}

static void an_earlier_deadline_counts_at_once(void **state)
{
	const struct world *world = *state;

	watchdog_watch(world->dog, FAR);
	watchdog_watch(world->dog, g_get_monotonic_time() + G_USEC_PER_SEC / 20);
	read_end(world);
	assert_true(watchdog_has_bitten(world->dog));
}

static void a_dog_at_rest_bites_nobody(void **state)
{
	const struct world *world = *state;
	int64_t soon = g_get_monotonic_time() + G_USEC_PER_SEC / 20;

	watchdog_watch(world->dog, soon);
	watchdog_rest(world->dog);
	while (g_get_monotonic_time() < soon + G_USEC_PER_SEC / 20)
		g_usleep(10000);
	assert_true(is_open(world));
	assert_false(watchdog_has_bitten(world->dog));
}

static void a_later_deadline_replaces_the_first(void **state)
{
	const struct world *world = *state;
	int64_t soon = g_get_monotonic_time() + G_USEC_PER_SEC / 20;

	watchdog_watch(world->dog, soon);
	watchdog_watch(world->dog, FAR);
	while (g_get_monotonic_time() < soon + G_USEC_PER_SEC / 20)
		g_usleep(10000);
	assert_true(is_open(world));
	assert_false(watchdog_has_bitten(world->dog));
}

/* The library closes its descriptor when it likes, and others get the number. */
static void another_file_of_the_same_number_is_left_alone(void **state)
{
	struct world *world = *state;
	int others[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, others), 0);
	assert_int_equal(dup2(others[0], world->ends[0]), world->ends[0]);
	close(others[0]);
	watchdog_watch(world->dog, g_get_monotonic_time());
	while (!watchdog_has_bitten(world->dog))
		g_usleep(1000);
	assert_true(is_open(world));
	close(others[1]);
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD(who_waits_too_long_is_woken),
		WORLD(an_earlier_deadline_counts_at_once),
		WORLD(a_dog_at_rest_bites_nobody),
		WORLD(another_file_of_the_same_number_is_left_alone),
		WORLD(a_later_deadline_replaces_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
