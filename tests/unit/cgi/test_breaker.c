/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/breaker.h"

#define SECOND G_USEC_PER_SEC

static void a_slow_failure_stops_everyone_for_some_seconds(void **state)
{
	struct breaker breaker = { 0 };

	(void)state;
	assert_true(breaker_allows(&breaker, 100 * SECOND));
	breaker_report(&breaker, false, 100 * SECOND, 102 * SECOND);
	assert_false(breaker_allows(&breaker, 102 * SECOND));
	assert_false(breaker_allows(&breaker, 106 * SECOND));
}

static void after_the_pause_one_tries_and_the_others_do_not_wait(void **state)
{
	struct breaker breaker = { 0 };

	(void)state;
	breaker_report(&breaker, false, 100 * SECOND, 102 * SECOND);
	assert_true(breaker_allows(&breaker, 108 * SECOND));
	assert_false(breaker_allows(&breaker, 108 * SECOND));
	assert_false(breaker_allows(&breaker, 110 * SECOND));
	breaker_report(&breaker, true, 108 * SECOND, 110 * SECOND);
	assert_true(breaker_allows(&breaker, 110 * SECOND));
	assert_true(breaker_allows(&breaker, 110 * SECOND));
}

static void a_quick_failure_stops_nobody(void **state)
{
	struct breaker breaker = { 0 };

	(void)state;
	breaker_report(&breaker, false, 100 * SECOND, 100 * SECOND + 5000);
	assert_true(breaker_allows(&breaker, 100 * SECOND + 6000));
}

static void one_who_tried_and_died_is_followed_by_another(void **state)
{
	struct breaker breaker = { 0 };

	(void)state;
	breaker_report(&breaker, false, 100 * SECOND, 102 * SECOND);
	assert_true(breaker_allows(&breaker, 108 * SECOND));
	assert_true(breaker_allows(&breaker, 112 * SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_failure_stops_everyone_for_some_seconds),
		cmocka_unit_test(after_the_pause_one_tries_and_the_others_do_not_wait),
		cmocka_unit_test(a_quick_failure_stops_nobody),
		cmocka_unit_test(one_who_tried_and_died_is_followed_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
