/* SPDX-License-Identifier: MIT */
#include "model/source_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/error.h"

#define MD5    "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 MD5 MD5
#define SHA512 SHA256 SHA256

static void both_kinds_of_line_are_read(void **state)
{
	g_autoptr(GPtrArray) files = NULL;
	const struct source_file *file;

	(void)state;
	assert_true(source_list_read("SHA512 (a-1.0.tar.gz) = " SHA512 "\n\n" MD5 "  b_2.zip\r\n"
				     "SHA256 (c~1^git.tar) = D41D8CD98F00B204E9800998ECF8427E" MD5,
				     &files, NULL));
	assert_int_equal(files->len, 3);
	file = files->pdata[0];
	assert_string_equal(file->name, "a-1.0.tar.gz");
	assert_string_equal(file->hash_type, "sha512");
	assert_string_equal(file->hash, SHA512);
	assert_int_equal(file->digest, G_CHECKSUM_SHA512);
	file = files->pdata[1];
	assert_string_equal(file->name, "b_2.zip");
	assert_string_equal(file->hash_type, "md5");
	file = files->pdata[2];
	assert_string_equal(file->hash, SHA256);
}

static void other_lines_are_refused(void **state)
{
	static const char *const lines[] = {
		"SHA512 (a) = " MD5,
		"SHA3 (a) = " SHA512,
		MD5 " a/../b",
		"MD5 (../../etc/passwd) = " MD5,
		MD5,
		"hello",
		"SHA512 (.hidden) = " SHA512,
		MD5 "  a b",
		"SHA512 (a%2f) = " SHA512,
		"SHA512 (a) = " SHA512 "0",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GPtrArray) files = NULL;
		g_autoptr(GError) error = NULL;

		if (source_list_read(lines[i], &files, &error))
			fail_msg("accepted: %s", lines[i]);
		assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
	}
}

static void a_list_has_an_end(void **state)
{
	GString *text = g_string_new(NULL);
	g_autoptr(GPtrArray) files = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	for (unsigned i = 0; i <= SOURCE_LIST_MAX; i++)
		g_string_append_printf(text, MD5 "  f%u\n", i);
	assert_false(source_list_read(text->str, &files, &error));
	g_string_free(text, TRUE);
}

static void urls_are_made_from_the_template(void **state)
{
	g_autoptr(GPtrArray) files = NULL;
	g_autofree char *url = NULL;

	(void)state;
	assert_true(source_list_read(MD5 "  a+b^c.tar", &files, NULL));
	url = source_file_url(files->pdata[0], "http://l/{name}/{hashtype}/{hash}/{filename}",
			      "gtk+");
	assert_string_equal(url, "http://l/gtk%2B/md5/" MD5 "/a%2Bb%5Ec.tar");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_of_line_are_read),
		cmocka_unit_test(other_lines_are_refused),
		cmocka_unit_test(a_list_has_an_end),
		cmocka_unit_test(urls_are_made_from_the_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
