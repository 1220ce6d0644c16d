/* SPDX-License-Identifier: MIT */
/*
 * Reaches what reads a word: rpm_name_read_nvr(), rpm_name_read_nevra(), timestamp_read(),
 * strict_u64(), strict_i64() and name_is_valid(). What was read is written as it came, or as a word
 * that reads the same.
 */
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <string.h>

#include "base/strict.h"
#include "model/names.h"
#include "text/rpm_name.h"
#include "text/timestamp.h"

static void check_nvr(const char *text)
{
	g_autoptr(RpmName) name = NULL;
	g_autofree char *written = NULL;

	if (!rpm_name_read_nvr(text, &name, NULL))
		return;
	written = rpm_name_nvr(name);
	g_assert_cmpstr(written, ==, text);
	g_assert_null(name->arch);
}

static void check_nevra(const char *text)
{
	g_autoptr(RpmName) name = NULL;
	g_autoptr(RpmName) again = NULL;
	g_autofree char *written = NULL;
	g_autofree char *second = NULL;

	if (!rpm_name_read_nevra(text, &name, NULL))
		return;
	g_assert_null(strpbrk(name->name, "/: %"));
	g_assert_null(strpbrk(name->version, "/:- %"));
	g_assert_null(strpbrk(name->release, "/:- %"));
	written = rpm_name_nevra(name);
	/* The epoch that was not written may make it too long. */
	if (!rpm_name_read_nevra(written, &again, NULL)) {
		g_assert_null(strchr(text, ':'));
		return;
	}
	second = rpm_name_nevra(again);
	g_assert_cmpstr(written, ==, second);
	g_assert_cmpuint(name->epoch, ==, again->epoch);
	g_assert_cmpstr(name->name, ==, again->name);
	g_assert_cmpstr(name->arch, ==, again->arch);
}

static void check_time(const char *text)
{
	g_autofree char *written = NULL;
	int64_t time, again;

	if (!timestamp_read(text, &time, NULL))
		return;
	written = timestamp_write(time);
	g_assert_true(written || time == 0);
	if (!written)
		return;
	g_assert_true(timestamp_read(written, &again, NULL));
	g_assert_cmpint(again, <=, time);
	g_assert_cmpint(time - again, <, G_USEC_PER_SEC);
	g_assert_true(strncmp(text, written, strlen("0000-00-00T00:00:00")) == 0);
}

static void check_numbers(const char *text)
{
	uint64_t natural;
	int64_t whole;

	if (strict_u64(text, 0, UINT64_MAX, &natural, NULL)) {
		g_autofree char *written = g_strdup_printf("%" PRIu64, natural);

		g_assert_true(g_str_has_suffix(text, written));
		g_assert_cmpuint(strspn(text, "0123456789"), ==, strlen(text));
	}
	if (strict_i64(text, INT64_MIN, INT64_MAX, &whole, NULL))
		g_assert_true((whole < 0) <= (text[0] == '-'));
}

static void check_kinds(const char *text)
{
	for (int kind = 0; kind < NAME__COUNT; kind++) {
		if (!name_is_valid((enum name_kind)kind, text))
			continue;
		g_assert_null(strpbrk(text, " %:\\'\"`$&;|<>(){}[]*?!#=,\n\r\t"));
		g_assert_true(text[0] != '-' && text[0] != '.' && text[0] != '/');
		g_assert_true(kind == NAME_REF || !strchr(text, '/'));
		g_assert_true((kind != NAME_REF && kind != NAME_FILE) || !strstr(text, ".."));
		g_assert_cmpuint(strlen(text), <=, kind == NAME_TAG ? TAG_NAME_MAX : 255);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_nvr(text);
	check_nevra(text);
	check_time(text);
	check_numbers(text);
	check_kinds(text);
	return 0;
}
