/* SPDX-License-Identifier: MIT */
#include <glib.h>

#include "text/words.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void a_strangers_words_are_made_plain(void **state)
{
	static const struct {
		const char *text, *plain;
	} cases[] = {
		{ NULL, "" },
		{ "", "" },
		{ " \r\n", "" },
		{ "thanks\r\n", "thanks" },
		{ "a\tb\x1b[31mc\x7f", "a b [31mc" },
		{ "a\xc2\x9b"
		  "31mb",
		  "a  31mb" },
		{ "gr\xc3\xbc\xc3\x9f\x65 \xc2\xa0", "gr\xc3\xbc\xc3\x9f\x65 \xc2\xa0" },
		{ "\xff!", "\xef\xbf\xbd!" },
		{ "123456789012345\xc3\xbc", "123456789012345\xef\xbf\xbd" },
		{ "12345678901234567", "1234567890123456" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *plain = plain_words(cases[i].text, 16);

		assert_string_equal(plain, cases[i].plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_strangers_words_are_made_plain) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
