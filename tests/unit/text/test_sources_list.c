/* SPDX-License-Identifier: MIT */
#include "text/sources_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

#include <cmocka.h>

#define MD5    "d41d8cd98f00b204e9800998ecf8427e"
#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA512 HEX64 HEX64

static void both_forms_are_read_in_order(void **state)
{
	static const char text[] =
		"SHA512 (a-1.0.tar.gz) = " SHA512 "\n" MD5 "  b_2~rc1.tar.xz\n\n" MD5
		" *c+d.zip\r\nMD5 (e^1.tar) = " MD5 "\nSHA256 (f) = " HEX64;
	static const struct {
		const char *name, *type;
		GChecksumType digest;
	} wanted[] = {
		{ "a-1.0.tar.gz", "sha512", G_CHECKSUM_SHA512 },
		{ "b_2~rc1.tar.xz", "md5", G_CHECKSUM_MD5 },
		{ "c+d.zip", "md5", G_CHECKSUM_MD5 },
		{ "e^1.tar", "md5", G_CHECKSUM_MD5 },
		{ "f", "sha256", G_CHECKSUM_SHA256 },
	};
	g_autoptr(GPtrArray) files = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(sources_list_read(text, strlen(text), &files, &error));
	assert_int_equal(files->len, G_N_ELEMENTS(wanted));
	for (guint i = 0; i < files->len; i++) {
		const struct source_file *file = g_ptr_array_index(files, i);

		assert_string_equal(file->name, wanted[i].name);
		assert_string_equal(file->hash_type, wanted[i].type);
		assert_int_equal(file->digest, wanted[i].digest);
	}
	assert_string_equal(((struct source_file *)g_ptr_array_index(files, 0))->hash, SHA512);
}

static void an_empty_list_has_no_files(void **state)
{
	g_autoptr(GPtrArray) files = NULL;

	(void)state;
	assert_true(sources_list_read("\n \n", 3, &files, NULL));
	assert_int_equal(files->len, 0);
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const texts[] = {
		"hello",
		"SHA512 (a) = " HEX64,
		"SHA512 (a) = " SHA512 "0",
		"SHA512 (a)= " SHA512,
		"sha512 (a) = " SHA512,
		"SHA999 (a) = " SHA512,
		"SHA512 () = " SHA512,
		"SHA512 (../a) = " SHA512,
		"SHA512 (a/b) = " SHA512,
		"SHA512 (a..b) = " SHA512,
		"SHA512 (-a) = " SHA512,
		"SHA512 (a b) = " SHA512,
		"SHA512 (%(id)) = " SHA512,
		MD5,
		MD5 "  ",
		MD5 "   a",
		MD5 "\ta",
		MD5 "0  a",
		"D41D8CD98F00B204E9800998ECF8427E  a",
		MD5 "  .hidden",
		MD5 "  a\n" MD5 "  a",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) files = NULL;
		g_autoptr(GError) error = NULL;

		if (sources_list_read(texts[i], strlen(texts[i]), &files, &error))
			fail_msg("\"%s\" was read", texts[i]);
		assert_int_equal(error->code, RIDA_ERROR_MALFORMED);
		assert_non_null(strstr(error->message, "line "));
	}
}

static void caps_hold(void **state)
{
	g_autofree char *lines = g_strnfill(SOURCES_LIST_LINES_MAX + 1, '\n');
	g_autofree char *large = g_strnfill(SOURCES_LIST_BYTES_MAX + 1, ' ');
	GPtrArray *files = NULL;

	(void)state;
	assert_false(sources_list_read(lines, SOURCES_LIST_LINES_MAX + 1, &files, NULL));
	assert_false(sources_list_read(large, SOURCES_LIST_BYTES_MAX + 1, &files, NULL));
	assert_false(sources_list_read("\n\0\n", 3, &files, NULL));
	assert_null(files);
}

static void a_lookaside_url_is_filled_and_escaped(void **state)
{
	char filename[] = "a^b~1.tar", hash[] = MD5;
	const struct source_file file = { .name = filename, .hash_type = "md5", .hash = hash };
	g_autofree char *url = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(source_file_url(&file,
				    "https://l/{name}/{filename}/{hashtype}/{hash}/{filename}",
				    "gtk+", &url, NULL));
	assert_string_equal(url, "https://l/gtk+/a%5Eb~1.tar/md5/" MD5 "/a%5Eb~1.tar");
	assert_false(source_file_url(&file, "https://l/{nome}", "gtk", &url, &error));
	assert_int_equal(error->code, RIDA_ERROR_INTERNAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_read_in_order),
		cmocka_unit_test(an_empty_list_has_no_files),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(caps_hold),
		cmocka_unit_test(a_lookaside_url_is_filled_and_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
