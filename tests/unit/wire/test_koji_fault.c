/* SPDX-License-Identifier: MIT */
#include "wire/koji_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The texts are a hub's own, of version 1.35. */
static void a_fault_means_what_the_caller_does_next(void **state)
{
	static const struct {
		int64_t code;
		const char *text;
		RidaError meaning;
		enum koji_remedy remedy;
	} cases[] = {
		{ 1, "<class 'KeyError'>: 'x'", RIDA_ERROR_INTERNAL, KOJI_REMEDY_NONE },
		{ 1, "<class 'psycopg2.OperationalError'>: server closed the connection",
		  RIDA_ERROR_UNKNOWN_OUTCOME, KOJI_REMEDY_OUTAGE },
		{ 1, "<class 'psycopg2.errors.DeadlockDetected'>: deadlock detected",
		  RIDA_ERROR_UNAVAILABLE, KOJI_REMEDY_NONE },
		{ 1000, "No such tagInfo: 'no-such'", RIDA_ERROR_MISSING, KOJI_REMEDY_NONE },
		{ 1000, "build tag 'no-such' does not exist", RIDA_ERROR_MISSING,
		  KOJI_REMEDY_NONE },
		{ 1000, "Parent tag 'no-such-tag' could not be found", RIDA_ERROR_MISSING,
		  KOJI_REMEDY_NONE },
		{ 1000, "A tag with the name 'x' already exists", RIDA_ERROR_CONFLICT,
		  KOJI_REMEDY_NONE },
		{ 1000, "Build already exists (id=2, state=COMPLETE): {...}", RIDA_ERROR_CONFLICT,
		  KOJI_REMEDY_NONE },
		{ 1000, "Task 1 is not finished", RIDA_ERROR_CONFLICT, KOJI_REMEDY_NONE },
		{ 1000, "Invalid method: noSuchMethod", RIDA_ERROR_UNSUPPORTED, KOJI_REMEDY_NONE },
		{ 1000, "invalid format: nonvr", RIDA_ERROR_UNACCEPTABLE, KOJI_REMEDY_NONE },
		{ 1000, "owner not specified", RIDA_ERROR_UNACCEPTABLE, KOJI_REMEDY_NONE },
		{ 1001, "[Errno 11] Resource temporarily unavailable", RIDA_ERROR_UNAVAILABLE,
		  KOJI_REMEDY_NONE },
		{ 1002, "Invalid session or bad credentials", RIDA_ERROR_UNAVAILABLE,
		  KOJI_REMEDY_LOGIN },
		{ 1002, "invalid username or password", RIDA_ERROR_INTERNAL, KOJI_REMEDY_NONE },
		{ 1002, "Content generator access required (x)", RIDA_ERROR_INTERNAL,
		  KOJI_REMEDY_NONE },
		{ 1003, "build a already tagged (b)", RIDA_ERROR_CONFLICT, KOJI_REMEDY_NONE },
		{ 1003, "build a not in tag b", RIDA_ERROR_MISSING, KOJI_REMEDY_NONE },
		{ 1003, "Package a not in list for b", RIDA_ERROR_UNACCEPTABLE, KOJI_REMEDY_NONE },
		{ 1004, "tag is locked", RIDA_ERROR_INTERNAL, KOJI_REMEDY_NONE },
		{ 1004, "you must be logged in for this operation", RIDA_ERROR_UNAVAILABLE,
		  KOJI_REMEDY_LOGIN },
		{ 1006, "User locked by another session", RIDA_ERROR_UNAVAILABLE,
		  KOJI_REMEDY_BARRED },
		{ 1007, "session \"14\" has expired", RIDA_ERROR_UNAVAILABLE, KOJI_REMEDY_LOGIN },
		{ 1008, "7 > 6 (session 13)", RIDA_ERROR_UNAVAILABLE, KOJI_REMEDY_LOGIN },
		{ 1009, "unable to retry call 7 (method createTag) for session 13",
		  RIDA_ERROR_UNKNOWN_OUTCOME, KOJI_REMEDY_NONE },
		{ 1014, "database outage", RIDA_ERROR_UNAVAILABLE, KOJI_REMEDY_OUTAGE },
		{ 1014, NULL, RIDA_ERROR_UNAVAILABLE, KOJI_REMEDY_OUTAGE },
		{ 1019, "getTag() takes from 1 to 4", RIDA_ERROR_INTERNAL, KOJI_REMEDY_NONE },
		{ 4711, "no such thing", RIDA_ERROR_INTERNAL, KOJI_REMEDY_NONE },
		{ -1, "", RIDA_ERROR_INTERNAL, KOJI_REMEDY_NONE },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct koji_meaning meaning =
			koji_fault_meaning(cases[i].code, cases[i].text);

		if (meaning.code != cases[i].meaning || meaning.remedy != cases[i].remedy)
			fail_msg("%" PRId64 " %s: %s, %d", cases[i].code, cases[i].text,
				 error_code_name(meaning.code), meaning.remedy);
	}
}

/* What a hub or its front end can have done, when it answers so, is not known for these only. */
static void only_the_servers_own_failures_leave_something_open(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 1000; status++)
		if (status != 200)
			assert_int_equal(koji_status_meaning(status).code ==
						 RIDA_ERROR_UNKNOWN_OUTCOME,
					 status >= 500);
	assert_int_equal(koji_status_meaning(400).remedy, KOJI_REMEDY_NONE);
	assert_int_equal(koji_status_meaning(401).code, RIDA_ERROR_INTERNAL);
	assert_int_equal(koji_status_meaning(404).code, RIDA_ERROR_UNAVAILABLE);
	assert_int_equal(koji_status_meaning(404).remedy, KOJI_REMEDY_OUTAGE);
	assert_int_equal(koji_status_meaning(408).code, RIDA_ERROR_UNAVAILABLE);
	assert_int_equal(koji_status_meaning(413).remedy, KOJI_REMEDY_NONE);
	assert_int_equal(koji_status_meaning(503).remedy, KOJI_REMEDY_OUTAGE);
}

static void a_hubs_words_are_one_clean_line(void **state)
{
	g_autofree char *large = g_strnfill(100000, 'x');
	g_autofree char *cut = koji_words(large);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_in_range(strlen(cut), 1, 1000);
	error = koji_fault_error("getTag", 1000, " No such\ntag\x1b[2J \xff ");
	assert_int_equal(error->domain, RIDA_ERROR);
	assert_int_equal(error->code, RIDA_ERROR_MISSING);
	assert_string_equal(error->message,
			    "Koji refuses getTag: No such tag [2J \xef\xbf\xbd (fault 1000)");
	g_clear_error(&error);
	error = koji_fault_error("getTag", 1014, NULL);
	assert_non_null(strstr(error->message, "does not say why"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_means_what_the_caller_does_next),
		cmocka_unit_test(only_the_servers_own_failures_leave_something_open),
		cmocka_unit_test(a_hubs_words_are_one_clean_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
