/* SPDX-License-Identifier: MIT */
#include "mmd/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "model/requires.h"

#include <cmocka.h>

#include "tests/unit/mmd/document_reading.h"

static struct document_identity identity = {
	.name = "foo",
	.stream = "1.0",
	.version = 20260102030405,
	.context = "00000000",
	.scmurl = "git://h/foo.git?#master",
	.commit = "0123456789012345678901234567890123456789",
};

static char *store(const char *text)
{
	static const char *const names[] = { "a", "foo", NULL };
	static const char *const commits[] = { "aaaa", "ffff", NULL };
	g_autoptr(GError) error = NULL;
	char *stored = NULL;

	identity.component_names = names;
	identity.component_commits = commits;
	if (!document_store(text, &identity, &stored, &error))
		fail_msg("%s", error->message);
	return stored;
}

static void a_stored_document_tells_what_it_is_built_with(void **state)
{
	char name[] = "tools", stream[] = "1.0", context[] = "c0ffee", tag[] = "module-tools";
	struct build_require require = { .name = name,
					 .stream = stream,
					 .version = 20260101000000,
					 .context = context,
					 .tag = tag };
	g_autoptr(GPtrArray) requires = g_ptr_array_new();
	g_autoptr(Document) document = NULL;
	g_autofree char *first = NULL;
	g_autofree char *again = NULL;

	(void)state;
	g_ptr_array_add(requires, &require);
	first = store(BASE COMPONENT);
	assert_null(strstr(first, "tools"));
	identity.requires = requires;
	again = store(first);
	identity.requires = NULL;
	assert_non_null(strstr(again, "    mbs:\n"));
	assert_non_null(strstr(again, "      buildrequires:\n"
				      "        tools:\n"
				      "          context: c0ffee\n"
				      "          koji_tag: module-tools\n"
				      "          stream: 1.0\n"
				      "          version: 20260101000000\n"));
	document = read_good(again);
	assert_null(document->koji_tag);
	assert_int_equal(document->build_requires->len, 0);
}

static void macros_that_writing_would_change_are_refused(void **state)
{
	static const char *const kept[] = { "%a 1\\n %b 2\\n", "%one ",
					    "\\t%x \\\\\\n  y\\n\\n z" };
	g_autofree char *words = g_strnfill(50, 'a');
	g_autofree char *macros =
		g_strdup_printf("%%a 1\\n %%b %s %s c %s\\n", words, words, words);
	g_autofree char *text =
		g_strconcat(BASE "  buildopts: {rpms: {macros: \"", macros, "\"}}\n", NULL);
	g_autofree char *stored = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(document_store(text, &identity, &stored, &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNACCEPTABLE));
	assert_non_null(strstr(error->message, "buildopts.rpms.macros"));
	assert_non_null(strstr(error->message, "line 2"));
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
		g_autofree char *good = g_strconcat(BASE "  buildopts: {rpms: {macros: \"", kept[i],
						    "\"}}\n", NULL);
		g_autofree char *again = store(good);
		g_autoptr(Document) before = read_good(good);
		g_autoptr(Document) after = read_good(again);

		assert_string_equal(before->macros, after->macros);
	}
}

static void a_stored_document_has_its_identity_and_commits(void **state)
{
	g_autofree char *stored = store(
		BASE
		"  context: other\n  static_context: true\n  xmd: {own: {list: [a, b]}}\n" COMPONENT);
	g_autoptr(Document) document = read_good(stored);

	(void)state;
	assert_string_equal(document->name, "foo");
	assert_string_equal(document->stream, "1.0");
	assert_int_equal(document->version, 20260102030405);
	assert_string_equal(document->context, "00000000");
	assert_true(document->has_reserved_xmd);
	assert_non_null(strstr(stored, "commit: 0123456789012345678901234567890123456789"));
	assert_non_null(strstr(stored, "git://h/foo.git?#master"));
	assert_non_null(strstr(stored, "ref: ffff"));
	assert_non_null(strstr(stored, "mse: TRUE"));
	assert_non_null(strstr(stored, "buildrequires: {}"));
	assert_non_null(strstr(stored, "- b\n"));
	assert_null(strstr(stored, "static_context"));
}

static void storing_twice_changes_nothing(void **state)
{
	g_autofree char *once = store(BASE COMPONENT);
	g_autofree char *twice = store(once);

	(void)state;
	assert_string_equal(once, twice);
}

static void a_finished_document_has_artifacts_and_no_origins(void **state)
{
	static const char *const nevras[] = { "foo-0:1-1.x86_64", "foo-0:1-1.src", NULL };
	static const char *const licenses[] = { "GPL-2.0-only", NULL };
	const struct document_artifacts artifacts = { .arch = "x86_64",
						      .nevras = nevras,
						      .licenses = licenses };
	g_autofree char *stored =
		store(BASE "  xmd: {own: word}\n" COMPONENT
			   "        repository: git://secret/x\n        cache: http://secret/\n");
	g_autofree char *final = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Document) document = NULL;

	(void)state;
	if (!document_finish(stored, &artifacts, &final, &error))
		fail_msg("%s", error->message);
	document = read_good(final);
	assert_false(document->has_reserved_xmd);
	assert_null(component_at(document, 0)->repository);
	assert_null(strstr(final, "secret"));
	assert_non_null(strstr(final, "own: word"));
	assert_non_null(strstr(final, "arch: x86_64"));
	assert_non_null(strstr(final, "foo-0:1-1.src"));
	assert_non_null(strstr(final, "GPL-2.0-only"));
	assert_string_equal(document->context, "00000000");
}

#define FULL                                                                                       \
	BASE "  name: foo\n  stream: '1.0'\n  api: {rpms: [foo]}\n"                                \
	     "  profiles: {default: {rpms: [foo]}}\n"                                              \
	     "  dependencies:\n  - buildrequires: {platform: [f28]}\n"                             \
	     "    requires: {platform: [f28]}\n"                                                   \
	     "  - buildrequires: {platform: [f29]}\n    requires: {other: []}\n" COMPONENT         \
	     "        repository: git://secret/x\n"

static char *finish(const char *text, const char *arch, bool is_devel)
{
	static const char *const nevras[] = { "foo-0:1-1.x86_64", NULL };
	static const char *const licenses[] = { "GPL-2.0-only", NULL };
	const struct document_artifacts artifacts = { arch, is_devel, nevras, licenses };
	g_autofree char *stored = store(text);
	g_autoptr(GError) error = NULL;
	char *final = NULL;

	if (!document_finish(stored, &artifacts, &final, &error))
		fail_msg("%s", error->message);
	return final;
}

static guint count_of(const char *text, const char *words)
{
	g_auto(GStrv) parts = g_strsplit(text, words, -1);

	return g_strv_length(parts) - 1;
}

static void a_devel_document_requires_the_module_and_offers_nothing(void **state)
{
	g_autofree char *final = finish(FULL, "x86_64", true);
	g_autoptr(Document) document = read_good(final);

	(void)state;
	assert_string_equal(document->name, "foo-devel");
	assert_string_equal(document->stream, "1.0");
	assert_string_equal(document->context, "00000000");
	assert_int_equal(document->version, 20260102030405);
	assert_int_equal(count_of(final, "      foo: [1.0]"), 2);
	assert_int_equal(count_of(final, "platform: [f28]"), 2);
	assert_non_null(strstr(final, "other: []"));
	assert_null(strstr(final, "api:"));
	assert_null(strstr(final, "profiles:"));
	assert_null(strstr(final, "secret"));
	assert_null(strstr(final, "mbs:"));
	assert_non_null(strstr(final, "foo-0:1-1.x86_64"));
}

static void a_devel_document_without_dependencies_requires_the_module_too(void **state)
{
	g_autofree char *final = finish(BASE COMPONENT, "x86_64", true);
	g_autofree char *itself = finish(BASE COMPONENT, "x86_64", false);

	(void)state;
	assert_non_null(strstr(final, "name: foo-devel\n"));
	assert_non_null(strstr(final, "requires:\n      foo:"));
	assert_null(strstr(itself, "requires:"));
}

static void the_module_itself_keeps_api_and_profiles(void **state)
{
	g_autofree char *final = finish(FULL, "x86_64", false);

	(void)state;
	assert_non_null(strstr(final, "name: foo\n"));
	assert_non_null(strstr(final, "api:"));
	assert_non_null(strstr(final, "profiles:"));
	assert_null(strstr(final, "      foo: ["));
}

static void documents_have_their_own_names_of_architectures(void **state)
{
	static const char *const names[][2] = {
		{ "i386", "i686" },       { "sparc", "sparc64v" },  { "arm", "armv7l" },
		{ "armhfp", "armv7hnl" }, { "aarch64", "aarch64" }, { "x86_64", "x86_64" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *final = finish(BASE COMPONENT, names[i][0], false);
		g_autofree char *line = g_strdup_printf("\n  arch: %s\n", names[i][1]);

		assert_non_null(strstr(final, line));
	}
}

static void a_stored_document_gets_the_devel_name_and_keeps_the_rest(void **state)
{
	g_autofree char *stored = store(FULL);
	g_autofree char *devel = NULL;
	GString *expected = g_string_new(stored);

	(void)state;
	assert_true(document_devel(stored, &devel, NULL));
	g_string_replace(expected, "  name: foo\n", "  name: foo-devel\n", 1);
	assert_string_equal(devel, expected->str);
	g_string_free(expected, TRUE);
	assert_false(document_devel("no document", &devel, NULL));
}

static void a_stored_document_of_two_thousand_components_is_read(void **state)
{
	static const char *const none[] = { NULL };
	const struct document_artifacts artifacts = { .arch = "x86_64",
						      .nevras = none,
						      .licenses = none };
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) names = NULL;
	g_autofree char *stored = NULL;
	g_autofree char *final = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	for (unsigned i = 0; i < DOCUMENT_COMPONENTS_MAX; i++) {
		g_autofree char *name = g_strdup_printf("component-%u", i);

		g_strv_builder_add(builder, name);
	}
	names = g_strv_builder_end(builder);
	identity.component_names = (const char *const *)names;
	identity.component_commits = (const char *const *)names;
	assert_true(document_store(BASE, &identity, &stored, &error));
	if (!document_finish(stored, &artifacts, &final, &error))
		fail_msg("%s", error->message);
}

static void a_document_with_only_reserved_xmd_ends_without(void **state)
{
	static const char *const none[] = { NULL };
	const struct document_artifacts artifacts = { .arch = "x86_64",
						      .nevras = none,
						      .licenses = none };
	g_autofree char *stored = store(BASE);
	g_autofree char *final = NULL;

	(void)state;
	assert_true(document_finish(stored, &artifacts, &final, NULL));
	assert_null(strstr(final, "xmd"));
	assert_null(strstr(final, "artifacts"));
}

static void older_and_packager_documents_are_read(void **state)
{
	static const char *const texts[] = {
		HEAD("1") "  license: {module: [MIT]}\n  dependencies: {buildrequires: {platform: f28}}\n" COMPONENT,
		"document: modulemd-packager\nversion: 2\ndata:\n  summary: s\n  description: d\n"
		"  license: {module: [MIT]}\n" COMPONENT,
		"document: modulemd-packager\nversion: 3\ndata:\n  name: foo\n  stream: latest\n"
		"  summary: s\n  description: d\n  license: [MIT]\n"
		"  configurations:\n  - context: CTX1\n    platform: f32\n" COMPONENT,
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Document) document = read_good(texts[i]);
		g_autofree char *stored = NULL;

		assert_string_equal(component_at(document, 0)->name, "foo");
		stored = store(texts[i]);
		assert_true(g_str_has_prefix(stored, "---\ndocument: modulemd\nversion: 2\n"));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(older_and_packager_documents_are_read),
		cmocka_unit_test(a_stored_document_tells_what_it_is_built_with),
		cmocka_unit_test(macros_that_writing_would_change_are_refused),
		cmocka_unit_test(a_stored_document_has_its_identity_and_commits),
		cmocka_unit_test(storing_twice_changes_nothing),
		cmocka_unit_test(a_finished_document_has_artifacts_and_no_origins),
		cmocka_unit_test(a_devel_document_requires_the_module_and_offers_nothing),
		cmocka_unit_test(a_devel_document_without_dependencies_requires_the_module_too),
		cmocka_unit_test(the_module_itself_keeps_api_and_profiles),
		cmocka_unit_test(documents_have_their_own_names_of_architectures),
		cmocka_unit_test(a_stored_document_gets_the_devel_name_and_keeps_the_rest),
		cmocka_unit_test(a_stored_document_of_two_thousand_components_is_read),
		cmocka_unit_test(a_document_with_only_reserved_xmd_ends_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
