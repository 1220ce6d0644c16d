/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "model/build.h"
#include "model/names.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* No kind of name may be one of these. */
static const char *const hostile[] = {
	"",
	" ",
	"a b",
	" a",
	"a ",
	"a\n",
	"\na",
	"a\tb",
	"a\x01",
	"a\x7f",
	"a:b",
	"%",
	"%{lua:x}",
	"%(id)",
	"a%b",
	"a'b",
	"a\"b",
	"a`b",
	"a$b",
	"$(id)",
	"a;b",
	"a|b",
	"a&b",
	"a<b",
	"a>b",
	"a\\b",
	"a{b}",
	"a[b]",
	"a(b)",
	"a*b",
	"a?b",
	"a!b",
	"a#b",
	"a,b",
	"a=b",
	"-a",
	"-",
	"--",
	".",
	"..",
	".a",
	"../a",
	"/",
	"/a",
	"~",
	"~a",
	"\xc3\xa9",
	"a\xc3\xa9",
	"\xff",
	"a\xff",
	"\xef\xbd\x81",
	"\xe2\x80\x8b"
	"a",
	"+a",
	"@a",
	"^a",
};

static void a_hostile_text_is_no_name_of_any_kind(void **state)
{
	(void)state;
	for (int kind = 0; kind < NAME__COUNT; kind++) {
		assert_false(name_is_valid((enum name_kind)kind, NULL));
		for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++)
			if (name_is_valid((enum name_kind)kind, hostile[i]))
				fail_msg("kind %d: \"%s\"", kind, hostile[i]);
	}
}

static void a_hostile_byte_anywhere_makes_a_name_invalid(void **state)
{
	static const char allowed[] = "._+-/@~^";

	(void)state;
	for (int kind = 0; kind < NAME__COUNT; kind++)
		for (int byte = 1; byte < 256; byte++) {
			char text[] = { 'a', (char)byte, 'b', 0 };

			if (g_ascii_isalnum(byte) || strchr(allowed, byte))
				continue;
			if (name_is_valid((enum name_kind)kind, text))
				fail_msg("kind %d: byte 0x%02x", kind, byte);
		}
}

static void each_kind_allows_its_own(void **state)
{
	static const struct {
		enum name_kind kind;
		const char *text;
		bool is_good;
	} cases[] = {
		{ NAME_MODULE, "testmodule", true },
		{ NAME_MODULE, "perl-5.36_x+y", true },
		{ NAME_MODULE, "389-ds", true },
		{ NAME_MODULE, "a/b", false },
		{ NAME_MODULE, "_a", false },
		{ NAME_MODULE, "a@b", false },
		{ NAME_MODULE, "a~b", false },
		{ NAME_STREAM, "master", true },
		{ NAME_STREAM, "1.0+x", true },
		{ NAME_STREAM, "rhel8", true },
		{ NAME_STREAM, "a/b", false },
		{ NAME_CONTEXT, "00000000", true },
		{ NAME_CONTEXT, "c0ffee42_1", true },
		{ NAME_CONTEXT, "_1", true },
		{ NAME_CONTEXT, "a.b", false },
		{ NAME_CONTEXT, "a-b", false },
		{ NAME_CONTEXT, "a+b", false },
		{ NAME_COMPONENT, "libstdc++", true },
		{ NAME_COMPONENT, "python3.11", true },
		{ NAME_COMPONENT, "a/b", false },
		{ NAME_REF, "master", true },
		{ NAME_REF, "feature/x-1.0", true },
		{ NAME_REF, "0123456789abcdef0123456789abcdef01234567", true },
		{ NAME_REF, "a/", false },
		{ NAME_REF, "a//b", false },
		{ NAME_MODULE, "a..b", false },
		{ NAME_STREAM, "a..", false },
		{ NAME_COMPONENT, "a..b", false },
		{ NAME_OWNER, "a..b", true },
		{ NAME_REF, "a..b", false },
		{ NAME_REF, "a.", false },
		{ NAME_REF, "a/.b", false },
		{ NAME_REF, "a.lock", false },
		{ NAME_REF, "a.lock/b", false },
		{ NAME_REF, "a@{1}", false },
		{ NAME_REF, "a^b", false },
		{ NAME_REF, "a~1", false },
		{ NAME_REF, "a+b", false },
		{ NAME_OWNER, "ann", true },
		{ NAME_OWNER, "ann@EXAMPLE.ORG", true },
		{ NAME_OWNER, "host/a@B", false },
		{ NAME_OWNER, "ann@", false },
		{ NAME_OWNER, "@EXAMPLE.ORG", false },
		{ NAME_OWNER, "ann@EXAMPLE.ORG@B", false },
		{ NAME_OWNER, "a b", false },
		{ NAME_TAG, "module-f28-build", true },
		{ NAME_TAG, "scrmod-a-1.0-2-c_1+1000", true },
		{ NAME_TAG, "a..b", false },
		{ NAME_TAG, "a/b", false },
		{ NAME_TAG, "_a", false },
		{ NAME_MARKING, "el8.1.0+x", true },
		{ NAME_MARKING, "f28-x", false },
		{ NAME_MARKING, "a..b", false },
		{ NAME_FILE, "build.log", true },
		{ NAME_FILE, "foo-1.0~rc1^git+x.tar.gz", true },
		{ NAME_FILE, "_service", true },
		{ NAME_FILE, ".hidden", false },
		{ NAME_FILE, "a..b", false },
		{ NAME_FILE, "a/b", false },
		{ NAME_FILE, "-rf", false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		if (name_is_valid(cases[i].kind, cases[i].text) != cases[i].is_good)
			fail_msg("kind %d: \"%s\"", cases[i].kind, cases[i].text);
}

static void each_kind_has_its_length(void **state)
{
	static const size_t most[NAME__COUNT] = {
		[NAME_MODULE] = 128,    [NAME_STREAM] = 64,  [NAME_CONTEXT] = 10,
		[NAME_COMPONENT] = 128, [NAME_REF] = 128,    [NAME_OWNER] = 128,
		[NAME_TAG] = 256,       [NAME_MARKING] = 64, [NAME_FILE] = 255,
	};

	(void)state;
	for (int kind = 0; kind < NAME__COUNT; kind++) {
		g_autofree char *longest = g_strnfill(most[kind], 'a');
		g_autofree char *too_long = g_strnfill(most[kind] + 1, 'a');
		g_autofree char *huge = g_strnfill(70000, 'a');

		assert_true(name_is_valid((enum name_kind)kind, longest));
		assert_false(name_is_valid((enum name_kind)kind, too_long));
		assert_false(name_is_valid((enum name_kind)kind, huge));
	}
}

static void a_refusal_says_what_is_allowed(void **state)
{
	g_autofree char *huge = g_strnfill(70000, 'x');
	g_autoptr(GError) bytes = NULL;
	g_autoptr(GError) length = NULL;
	g_autoptr(GError) missing = NULL;

	(void)state;
	assert_true(name_check(NAME_STREAM, "the stream", "1.0", NULL));
	assert_false(name_check(NAME_STREAM, "the stream", "a\n%b", &bytes));
	assert_true(g_error_matches(bytes, RIDA_ERROR, RIDA_ERROR_UNACCEPTABLE));
	assert_non_null(strstr(bytes->message, "the stream \"a\\n%b\" is not allowed: letters"));
	assert_false(name_check(NAME_STREAM, "the stream", huge, &length));
	assert_true(strlen(length->message) < 300);
	assert_false(name_check(NAME_STREAM, "the stream", "", &missing));
	assert_string_equal(missing->message, "the stream is empty");
}

static void only_a_full_hash_is_a_commit(void **state)
{
	static const struct {
		const char *text;
		bool is_full;
	} cases[] = {
		{ "0123456789abcdef0123456789abcdef01234567", true },
		{ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true },
		{ "0123456789ABCDEF0123456789abcdef01234567", false },
		{ "0123456789abcdef0123456789abcdef0123456", false },
		{ "0123456789abcdef0123456789abcdef012345678", false },
		{ "0123456789abcdef0123456789abcdef0123456g", false },
		{ "0123456", false },
		{ "", false },
		{ NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(commit_is_full(cases[i].text), cases[i].is_full);
}

static void the_dist_tag_follows_the_vectors(void **state)
{
	static const struct {
		const char *name, *stream;
		uint64_t version;
		const char *context;
		uint64_t id;
		const char *prefix, *marking, *dist;
	} cases[] = {
		{ "testmodule", "master", 20170109091357, "7c29193d", 2, "module+", NULL,
		  ".module+2+814cfa39" },
		{ "testmodule", "master", 20170109091357, "7c29193d", 2, "module+", "",
		  ".module+2+814cfa39" },
		{ "testmodule", "master", 20170109091357, "7c29193d", 2, "module+", "f28",
		  ".module+f28+2+814cfa39" },
		{ "testmodule", "master", 20170109091357, "7c29193d", 2, "module+", "fedora28",
		  ".module+fedora28+2+814cfa39" },
		{ "testmodule", "master", 20170109091357, "7c29193d", 2, "module+", "product12",
		  ".module+product12+2+814cfa39" },
		{ "testmodule", "master", 20170109091357, "7c29193d", 2, "scrmod+", "f28",
		  ".scrmod+f28+2+814cfa39" },
		{ "testmodule", "master", 20170109091357, "7c29193d", 77, "module_", "el8",
		  ".module_el8+77+814cfa39" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Build) build = build_new();
		g_autofree char *dist = NULL;

		build->id = cases[i].id;
		build->version = cases[i].version;
		text_set(&build->name, cases[i].name);
		text_set(&build->stream, cases[i].stream);
		text_set(&build->context, cases[i].context);
		dist = dist_tag(build, cases[i].prefix, cases[i].marking);
		assert_string_equal(dist, cases[i].dist);
	}
}

static char *endless_stream(void)
{
	GString *stream = g_string_new("this-is-a-stream-with-very-looooong-name");

	for (unsigned i = 0; i < 50; i++)
		g_string_append(stream, "-blah");
	return g_string_free(stream, FALSE);
}

static void tags_and_targets_follow_the_vectors(void **state)
{
	g_autofree char *endless = endless_stream();
	const struct {
		const char *name, *stream, *context, *prefix, *tag, *target;
	} cases[] = {
		{ "testmodule", "master", "37c6c57", "module",
		  "module-testmodule-master-20170816080815-37c6c57",
		  "module-testmodule-master-20170816080815-37c6c57" },
		{ "testmodule", "master", "37c6c57", "scrmod",
		  "scrmod-testmodule-master-20170816080815-37c6c57",
		  "scrmod-testmodule-master-20170816080815-37c6c57" },
		/* A target has at most 50 characters. */
		{ "testmodule", "master", "37c6c57abc", "module",
		  "module-testmodule-master-20170816080815-37c6c57abc",
		  "module-testmodule-master-20170816080815-37c6c57abc" },
		{ "testmodules", "master", "37c6c57abc", "module",
		  "module-testmodules-master-20170816080815-37c6c57abc",
		  "module-4b927ae0f1f1cd74" },
		{ "testmodule", endless, "37c6c57", "module", "module-1cf457d452e54dda",
		  "module-1cf457d452e54dda" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Build) build = build_new();
		g_autofree char *tag = NULL;
		g_autofree char *target = NULL;

		build->version = 20170816080815;
		text_set(&build->name, cases[i].name);
		text_set(&build->stream, cases[i].stream);
		text_set(&build->context, cases[i].context);
		tag = tag_name(build, cases[i].prefix);
		target = target_name(build, cases[i].prefix);
		assert_string_equal(tag, cases[i].tag);
		assert_string_equal(target, cases[i].target);
	}
}

/* A "-build" must fit behind the tag. */
static void a_tag_is_as_long_as_it_may_be(void **state)
{
	(void)state;
	for (gsize length = 200; length < 260; length++) {
		g_autoptr(Build) build = build_new();
		g_autofree char *tag = NULL;

		build->name = g_strnfill(length, 'n');
		text_set(&build->stream, "s");
		text_set(&build->context, "c");
		tag = tag_name(build, "module");
		assert_int_equal(strlen(tag), length + 13 <= 250 ? length + 13 : 23);
	}
}

static void what_rows_name_tags_and_targets_is_checked(void **state)
{
	static const char *const bad[] = { "-a", "a b", "a/b", "%{x}", "a\nb", "a..b", "'" };

	(void)state;
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(bad); i++) {
		g_autoptr(Build) build = build_new();
		g_autoptr(GError) error = NULL;

		text_set(&build->uuid, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
		text_set(&build->name, "a");
		text_set(&build->stream, "1.0+x");
		text_set(&build->context, "c_1");
		text_set(&build->tag, "module-a-1.0+x-7-c_1");
		text_set(&build->target, "");
		assert_true(build_names_check(build, NULL));
		text_set(i % 2 ? &build->tag : &build->target, bad[i / 2]);
		assert_false(build_names_check(build, &error));
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_INTERNAL));
		assert_non_null(strstr(error->message, i % 2 ? "the tag" : "the target"));
	}
}

static const char uuid[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

static void an_idempotency_key_depends_on_each_part(void **state)
{
	g_autofree char *key = idempotency_key(uuid, "foo", "submit", 1);
	g_autofree char *same = idempotency_key(uuid, "foo", "submit", 1);
	char *others[] = {
		idempotency_key("6ba7b811-9dad-11d1-80b4-00c04fd430c8", "foo", "submit", 1),
		idempotency_key(uuid, "bar", "submit", 1),
		idempotency_key(uuid, "foo", "cancel", 1),
		idempotency_key(uuid, "foo", "submit", 2),
		idempotency_key(uuid, NULL, "submit", 1),
	};

	(void)state;
	assert_int_equal(strlen(key), 32);
	assert_string_equal(key, same);
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		assert_string_not_equal(key, others[i]);
		g_free(others[i]);
	}
}

/* As Python's uuid.uuid5(uuid.UUID(uuid), "7") and others made them. */
static void a_message_id_is_a_uuid_of_version_5(void **state)
{
	g_autofree char *seventh = message_id(uuid, 7);
	g_autofree char *eighth = message_id(uuid, 8);

	(void)state;
	assert_string_equal(seventh, "a9f96b98-dd44-5216-ab0d-dbfc6b262edf");
	assert_string_not_equal(seventh, eighth);
	assert_true(g_uuid_string_is_valid(eighth));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hostile_text_is_no_name_of_any_kind),
		cmocka_unit_test(a_hostile_byte_anywhere_makes_a_name_invalid),
		cmocka_unit_test(each_kind_allows_its_own),
		cmocka_unit_test(each_kind_has_its_length),
		cmocka_unit_test(a_refusal_says_what_is_allowed),
		cmocka_unit_test(only_a_full_hash_is_a_commit),
		cmocka_unit_test(the_dist_tag_follows_the_vectors),
		cmocka_unit_test(tags_and_targets_follow_the_vectors),
		cmocka_unit_test(a_tag_is_as_long_as_it_may_be),
		cmocka_unit_test(what_rows_name_tags_and_targets_is_checked),
		cmocka_unit_test(an_idempotency_key_depends_on_each_part),
		cmocka_unit_test(a_message_id_is_a_uuid_of_version_5),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
