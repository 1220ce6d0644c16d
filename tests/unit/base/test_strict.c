/* SPDX-License-Identifier: MIT */
#include "base/strict.h"

#include <string.h>

#include "base/error.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char *const no_numbers[] = {
	"",
	" ",
	"+3",
	" 4",
	"4 ",
	"0x5",
	"12abc",
	"1.0",
	"1e3",
	"--1",
	"\t1",
	"1\n",
	"a",
	"\xd9\xa1",
	"1_0",
	"1,0",
	"18446744073709551616",
	"99999999999999999999999",
	"-",
	"+",
	"0b1",
	"1-",
};

static void what_is_no_number_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(no_numbers); i++) {
		g_autoptr(GError) error = NULL;
		uint64_t number = 77;
		int64_t signed_number = 77;

		if (strict_u64(no_numbers[i], 0, UINT64_MAX, &number, &error))
			fail_msg("was read: \"%s\"", no_numbers[i]);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
		assert_int_equal(number, 77);
		assert_false(strict_i64(no_numbers[i], INT64_MIN, INT64_MAX, &signed_number, NULL));
		assert_int_equal(signed_number, 77);
	}
}

static void the_limits_of_a_number_belong_to_it(void **state)
{
	g_autoptr(GError) error = NULL;
	uint64_t number;
	int64_t signed_number;

	(void)state;
	assert_true(strict_u64("3", 3, 5, &number, NULL));
	assert_true(strict_u64("5", 3, 5, &number, NULL));
	assert_int_equal(number, 5);
	assert_false(strict_u64("2", 3, 5, &number, NULL));
	assert_false(strict_u64("-0", 0, 5, &number, NULL));
	assert_false(strict_u64("6", 3, 5, &number, &error));
	assert_non_null(strstr(error->message, "from 3 to 5"));
	assert_true(strict_u64("18446744073709551615", 0, UINT64_MAX, &number, NULL));
	assert_true(number == UINT64_MAX);
	assert_true(strict_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &signed_number, NULL));
	assert_true(signed_number == INT64_MIN);
	assert_false(strict_i64("9223372036854775808", INT64_MIN, INT64_MAX, &signed_number, NULL));
	assert_false(strict_i64("-4", -3, 3, &signed_number, NULL));
}

static void only_true_and_false_are_switches(void **state)
{
	static const char *const refused[] = { "", "True", "yes", "on", "1", "0", "true ", "null" };
	bool is_on = false;

	(void)state;
	assert_true(strict_bool("true", &is_on, NULL));
	assert_true(is_on);
	assert_true(strict_bool("false", &is_on, NULL));
	assert_false(is_on);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		assert_false(strict_bool(refused[i], &is_on, NULL));
}

static void a_name_fits_its_character_set(void **state)
{
	static const struct strict_charset set = { .first = "_", .rest = "-.", .max = 4 };
	static const struct {
		const char *text;
		bool is_good;
	} cases[] = {
		{ "a", true },      { "_", true },    { "a-.1", true }, { "Z9", true },
		{ "", false },      { "-a", false },  { ".a", false },  { "a_b", false },
		{ "abcde", false }, { "a b", false }, { "a\n", false }, { "\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		if (strict_name(cases[i].text, &set) != cases[i].is_good)
			fail_msg("\"%s\"", cases[i].text);
}

static void hexadecimal_digits_are_lower_case_and_counted(void **state)
{
	(void)state;
	assert_true(strict_hex("0123456789abcdef", 16));
	assert_true(strict_hex("", 0));
	assert_false(strict_hex("0123456789abcdeF", 16));
	assert_false(strict_hex("0123456789abcdeg", 16));
	assert_false(strict_hex("0123456789abcde", 16));
	assert_false(strict_hex("0123456789abcdef0", 16));
}

static void every_error_code_has_a_name(void **state)
{
	g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");

	(void)state;
	for (int code = 0; code < RIDA_ERROR__COUNT; code++) {
		g_autoptr(GError) error = NULL;

		assert_true(*error_code_name((RidaError)code));
		assert_false((fail)(&error, (RidaError)code, "%s", "x"));
		assert_int_equal(error_code(error), code);
	}
	assert_int_equal(error_code(foreign), RIDA_ERROR_INTERNAL);
	assert_false((fail)(NULL, RIDA_ERROR_INTERNAL, "nobody asks"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(the_limits_of_a_number_belong_to_it),
		cmocka_unit_test(only_true_and_false_are_switches),
		cmocka_unit_test(a_name_fits_its_character_set),
		cmocka_unit_test(hexadecimal_digits_are_lower_case_and_counted),
		cmocka_unit_test(every_error_code_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
