/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "text/timestamp.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct {
	const char *text;
	int64_t time;
	const char *written;
} accepted[] = {
	{ "2026-01-31T23:59:59Z", 1769903999000000, "2026-01-31T23:59:59Z" },
	{ "2026-01-31T23:59:59+00:00", 1769903999000000, "2026-01-31T23:59:59Z" },
	{ "2026-01-31T23:59:59.5Z", 1769903999500000, "2026-01-31T23:59:59Z" },
	{ "2026-01-31T23:59:59.123456Z", 1769903999123456, "2026-01-31T23:59:59Z" },
	{ "2026-01-31T23:59:59.000001+00:00", 1769903999000001, "2026-01-31T23:59:59Z" },
	{ "2024-02-29T00:00:00Z", 1709164800000000, "2024-02-29T00:00:00Z" },
	{ "2000-02-29T12:00:00Z", 951825600000000, "2000-02-29T12:00:00Z" },
	{ "1970-01-01T00:00:01Z", 1000000, "1970-01-01T00:00:01Z" },
	{ "1969-12-31T23:59:59.5Z", -500000, "1969-12-31T23:59:59Z" },
	{ "1969-12-31T23:59:59Z", -1000000, "1969-12-31T23:59:59Z" },
	{ "2038-01-19T03:14:08Z", 2147483648000000, "2038-01-19T03:14:08Z" },
	{ "9999-12-31T23:59:59Z", 253402300799000000, "9999-12-31T23:59:59Z" },
	{ "0001-01-01T00:00:00Z", -62135596800000000, "0001-01-01T00:00:00Z" },
};

static void a_time_is_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(accepted); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *written = NULL;
		int64_t time = 0;

		if (!timestamp_read(accepted[i].text, &time, &error))
			fail_msg("%s: %s", accepted[i].text, error->message);
		assert_true(time == accepted[i].time);
		written = timestamp_write(time);
		assert_string_equal(written, accepted[i].written);
	}
}

static const char *const refused[] = {
	"",
	" ",
	"now",
	"2026",
	"2026-01-31",
	"2026-01-31T23:59Z",
	"2026-01-31T23:59:59",
	"2026-01-31 23:59:59Z",
	"2026-01-31t23:59:59Z",
	"2026-01-31T23:59:59z",
	"2026-01-31T23:59:59+01:00",
	"2026-01-31T23:59:59-00:00",
	"2026-01-31T23:59:59+0000",
	"2026-01-31T23:59:59+00",
	"2026-01-31T23:59:59 Z",
	" 2026-01-31T23:59:59Z",
	"2026-01-31T23:59:59Z ",
	"2026-01-31T23:59:59ZZ",
	"2026-1-31T23:59:59Z",
	"26-01-31T23:59:59Z",
	"02026-01-31T23:59:59Z",
	"2026-13-01T00:00:00Z",
	"2026-00-01T00:00:00Z",
	"2026-01-00T00:00:00Z",
	"2026-01-32T00:00:00Z",
	"2026-02-29T00:00:00Z",
	"2026-02-30T00:00:00Z",
	"2026-04-31T00:00:00Z",
	"1900-02-29T00:00:00Z",
	"2026-01-31T24:00:00Z",
	"2026-01-31T23:60:00Z",
	"2026-01-31T23:59:60Z",
	"2026-01-31T23:59:59.Z",
	"2026-01-31T23:59:59.1234567Z",
	"2026-01-31T23:59:59,5Z",
	"2026-01-31T23:59:59.5",
	"2026-01-31T23:59:59.aZ",
	"2026-01-31T23:59:59.-5Z",
	"0000-01-01T00:00:00Z",
	"-001-01-01T00:00:00Z",
	"+2026-01-31T23:59:59Z",
	"1767225600",
	"2026-01-31T23:59:59Z\n",
	"2026-01-31T2\xd9\xa1:59:59Z",
	"2026-031T23:59:59Z",
	"2026-W05-6T23:59:59Z",
	"20260131T235959Z",
	"2026/01/31T23:59:59Z",
};

static void what_is_no_time_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;
		int64_t time = 77;

		if (timestamp_read(refused[i], &time, &error))
			fail_msg("was read: %s", refused[i]);
		assert_int_equal(time, 77);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
	}
}

static void never_is_written_as_nothing(void **state)
{
	(void)state;
	assert_null(timestamp_write(0));
}

static void a_version_is_the_second_as_digits(void **state)
{
	(void)state;
	assert_true(timestamp_version(1769903999999999) == 20260131235959);
	assert_true(timestamp_version(951825600000000) == 20000229120000);
	assert_true(timestamp_version(0) == 19700101000000);
	assert_true(timestamp_version(INT64_MAX) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_read_and_written),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(never_is_written_as_nothing),
		cmocka_unit_test(a_version_is_the_second_as_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
