/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/unit/file_fixture.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void write_secret(const struct file_fixture *fixture, const char *text, size_t length,
			 mode_t mode)
{
	assert_true(g_file_set_contents(fixture->file, text, (gssize)length, NULL));
	assert_int_equal(g_chmod(fixture->file, (int)mode), 0);
}

static void a_secret_is_one_line(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *secret; /* NULL: refused */
	} cases[] = {
		{ "geheim\n", 7, "geheim" },
		{ "geheim", 6, "geheim" },
		{ "geheim\r\n", 8, "geheim" },
		{ " a b \n", 6, " a b " },
		{ "a\nb\n", 4, NULL },
		{ "", 0, NULL },
		{ "\n", 1, NULL },
		{ "a\0b\n", 4, NULL },
		{ "a\n\n", 3, NULL },
	};
	const struct file_fixture *fixture = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *secret = NULL;
		g_autoptr(GError) error = NULL;

		write_secret(fixture, cases[i].text, cases[i].length, 0600);
		assert_int_equal(secret_read(fixture->file, &secret, &error), !!cases[i].secret);
		if (cases[i].secret)
			assert_string_equal(secret, cases[i].secret);
		else
			assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
	}
}

static void h1_a_secret_that_others_may_read_is_refused_and_not_told(void **state)
{
	static const mode_t open_to_others[] = { 0644, 0604, 0602, 0601, 0620, 0666, 0660, 0777 };
	static const mode_t closed[] = { 0400, 0600, 0440, 0640 };
	const struct file_fixture *fixture = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(open_to_others); i++) {
		g_autofree char *secret = NULL;
		g_autoptr(GError) error = NULL;

		write_secret(fixture, "geheim\n", 7, open_to_others[i]);
		assert_false(secret_read(fixture->file, &secret, &error));
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_FORBIDDEN));
		assert_non_null(strstr(error->message, fixture->file));
		assert_null(strstr(error->message, "geheim"));
		assert_null(secret);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(closed); i++) {
		g_autofree char *secret = NULL;

		write_secret(fixture, "geheim\n", 7, closed[i]);
		assert_true(secret_read(fixture->file, &secret, NULL));
	}
}

static void what_is_no_regular_file_is_no_secret(void **state)
{
	const struct file_fixture *fixture = *state;
	g_autoptr(GError) folder = NULL;
	g_autoptr(GError) pipe = NULL;
	g_autoptr(GError) link = NULL;
	char *secret = NULL;

	assert_false(secret_read(fixture->folder, &secret, &folder));
	assert_int_equal(mkfifo(fixture->file, 0600), 0);
	assert_false(secret_read(fixture->file, &secret, &pipe));
	assert_true(g_error_matches(pipe, RIDA_ERROR, RIDA_ERROR_MALFORMED));
	assert_int_equal(g_unlink(fixture->file), 0);
	assert_int_equal(symlink("/etc/hostname", fixture->file), 0);
	assert_false(secret_read(fixture->file, &secret, &link));
	assert_true(g_error_matches(link, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
}

static void a_secret_that_is_too_long_is_refused(void **state)
{
	const struct file_fixture *fixture = *state;
	g_autofree char *text = g_strnfill(4097, 'x');
	g_autofree char *secret = NULL;

	write_secret(fixture, text, 4097, 0600);
	assert_false(secret_read(fixture->file, &secret, NULL));
	write_secret(fixture, text, 4096, 0600);
	assert_true(secret_read(fixture->file, &secret, NULL));
	assert_int_equal(strlen(secret), 4096);
}

static void h1_a_secret_of_another_user_is_refused(void **state)
{
	const struct file_fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	g_autofree char *secret = NULL;

	if (geteuid() != 0)
		skip();
	write_secret(fixture, "geheim\n", 7, 0600);
	assert_int_equal(chown(fixture->file, 65534, 0), 0);
	assert_false(secret_read(fixture->file, &secret, &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_FORBIDDEN));
	assert_non_null(strstr(error->message, "chown root"));
}

static void h1_no_core_is_left_and_no_memory_is_shown(void **state G_GNUC_UNUSED)
{
#ifdef __SANITIZE_ADDRESS__
	skip();
#else
	secret_hide_memory();
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
#endif
}

/* Every length up to 80, every place of it, every bit: only the secret is the secret. */
static void a7_a_text_is_the_secret_only_when_each_bit_is(void **state)
{
	char secret[81] = "", text[81];

	(void)state;
	for (size_t length = 0; length <= 80; length++) {
		assert_true(secret_is(secret, secret));
		for (size_t place = 0; place < length; place++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				memcpy(text, secret, sizeof text);
				text[place] = (char)(text[place] ^ (1 << bit));
				assert_false(secret_is(secret, text));
			}
		}
		if (length < 80)
			secret[length] = (char)('!' + length);
	}
}

static void a7_a_part_of_the_secret_is_not_the_secret(void **state)
{
	static const char *const texts[] = { "",      "b",       "basi",      "basicc",
					     "asic",  "Basic",   "basic ",    " basic",
					     "BASIC", "basic\n", "basicbasic" };

	(void)state;
	assert_true(secret_is("basic", "basic"));
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		assert_false(secret_is("basic", texts[i]));
		assert_false(secret_is(texts[i], "basic"));
	}
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, file_set_up, file_tear_down)
	const struct CMUnitTest tests[] = {
		WORLD(a_secret_is_one_line),
		WORLD(h1_a_secret_that_others_may_read_is_refused_and_not_told),
		WORLD(h1_a_secret_of_another_user_is_refused),
		WORLD(what_is_no_regular_file_is_no_secret),
		WORLD(a_secret_that_is_too_long_is_refused),
		cmocka_unit_test(a7_a_text_is_the_secret_only_when_each_bit_is),
		cmocka_unit_test(a7_a_part_of_the_secret_is_not_the_secret),
		cmocka_unit_test(h1_no_core_is_left_and_no_memory_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
