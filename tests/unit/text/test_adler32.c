/* SPDX-License-Identifier: MIT */
#include "text/adler32.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void sums_are_those_of_others(void **state)
{
	static const struct {
		const char *text;
		uint32_t sum;
	} cases[] = {
		{ "", 1 },
		{ "second", 0x08ca027d },
		{ "Wikipedia", 0x11e60398 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(adler32_add(ADLER32_START, cases[i].text, strlen(cases[i].text)),
				 cases[i].sum);
}

/* zlib says so of a million bytes 0xff. */
static void nothing_overflows(void **state)
{
	g_autofree char *bytes = g_malloc(1000000);

	(void)state;
	memset(bytes, 0xff, 1000000);
	assert_int_equal(adler32_add(ADLER32_START, bytes, 1000000), 0x3843e1be);
}

static void a_sum_can_be_gone_on_with(void **state)
{
	static const char text[] = "hello again, in two pieces";

	(void)state;
	for (size_t cut = 0; cut < sizeof text; cut++) {
		uint32_t sum = adler32_add(ADLER32_START, text, cut);

		assert_int_equal(adler32_add(sum, text + cut, sizeof text - cut),
				 adler32_add(ADLER32_START, text, sizeof text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_others),
		cmocka_unit_test(nothing_overflows),
		cmocka_unit_test(a_sum_can_be_gone_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
