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

static void version_2_is_read_with_everything_that_counts(void **state)
{
	static const char text[] = BASE
		"  name: web\n  stream: '1.0'\n  context: abc\n"
		"  dependencies:\n  - buildrequires: {platform: [-f28]}\n    requires: {platform: []}\n"
		"  filter: {rpms: [web-debug]}\n  api: {rpms: [web]}\n"
		"  buildopts:\n    rpms: {whitelist: [a, b], macros: \"%one 1\\n%two 2\\n\"}\n"
		"    arches: [x86_64, i686]\n  components:\n    rpms:\n"
		"      zeta: {rationale: r, ref: f28, buildorder: -3, arches: [x86_64, i686],\n"
		"             multilib: [x86_64]}\n"
		"      beta: {rationale: r, name: beta2, repository: 'git://h/x', cache: 'http://h/',\n"
		"             buildonly: true}\n";
	g_autoptr(Document) document = read_good(text);
	const struct document_component *beta = component_at(document, 0);
	const struct document_component *zeta = component_at(document, 1);

	(void)state;
	assert_string_equal(document->name, "web");
	assert_string_equal(document->stream, "1.0");
	assert_string_equal(document->context, "abc");
	assert_int_equal(document->version, 0);
	assert_false(document->has_module_components || document->has_reserved_xmd);
	assert_string_equal(document->macros, "%one 1\n%two 2\n");
	assert_string_equal(document->filter[0], "web-debug");
	assert_string_equal(document->whitelist[1], "b");
	assert_string_equal(zeta->multilib[0], "x86_64");
	assert_null(zeta->multilib[1]);
	assert_string_equal(beta->name, "beta2");
	assert_string_equal(beta->repository, "git://h/x");
	assert_string_equal(beta->cache, "http://h/");
	assert_null(beta->ref);
	assert_null(beta->arches);
	assert_true(beta->build_only);
	assert_string_equal(zeta->name, "zeta");
	assert_string_equal(zeta->ref, "f28");
	assert_int_equal(zeta->build_order, -3);
	assert_non_null(strstr(zeta->arches, "x86_64"));
	assert_non_null(strchr(zeta->arches, ' '));
	assert_false(zeta->build_only);
}

static const struct document_require *require_at(const struct document *document, guint i)
{
	assert_true(i < document->build_requires->len);
	return g_ptr_array_index(document->build_requires, i);
}

static void what_a_module_is_built_with_is_read_as_it_stands(void **state)
{
	static const char text[] =
		BASE "  dependencies:\n"
		     "  - buildrequires: {platform: [f28], tools: [], other: ['2', '10']}\n"
		     "    requires: {platform: [f28]}\n"
		     "  - buildrequires: {other: ['10', '2'], tools: [], platform: [f28]}\n";
	g_autoptr(Document) document = read_good(text);

	(void)state;
	assert_int_equal(document->build_requires->len, 3);
	assert_false(document->has_variants);
	assert_string_equal(require_at(document, 0)->name, "other");
	assert_string_equal(require_at(document, 0)->streams[0], "10");
	assert_string_equal(require_at(document, 0)->streams[1], "2");
	assert_null(require_at(document, 0)->streams[2]);
	assert_string_equal(require_at(document, 1)->name, "platform");
	assert_string_equal(require_at(document, 1)->streams[0], "f28");
	assert_string_equal(require_at(document, 2)->name, "tools");
	assert_null(require_at(document, 2)->streams[0]);
}

static void blocks_that_differ_are_variants(void **state)
{
	static const char *const second[] = {
		"  - buildrequires: {platform: [f29]}\n",
		"  - buildrequires: {platform: []}\n",
		"  - buildrequires: {tools: [f28]}\n",
		"  - buildrequires: {platform: [f28], tools: [a]}\n",
		"  - requires: {platform: [f28]}\n",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(second); i++) {
		g_autofree char *text =
			g_strconcat(BASE "  dependencies:\n  - buildrequires: {platform: [f28]}\n",
				    second[i], NULL);
		g_autoptr(Document) document = read_good(text);

		if (!document->has_variants)
			fail_msg("%s", second[i]);
		assert_string_equal(require_at(document, 0)->name, "platform");
	}
}

static void what_buildroots_hold_is_read(void **state)
{
	static const char text[] =
		BASE "  profiles:\n    buildroot: {rpms: [gcc, bash]}\n"
		     "    srpm-buildroot: {rpms: [rpm-build]}\n    default: {rpms: [web]}\n"
		     "  buildopts: {rpms: {whitelist: [b, a]}}\n"
		     "  xmd:\n    mbs: {koji_tag: module-f28-build, disttag_marking: fedora28}\n"
		     "    mbs_options: {blocked_packages: [x, y], repo_include_all: false,\n"
		     "                  dynamic_buildrequires: TRUE, unknown: [1]}\n";
	g_autoptr(Document) document = read_good(text);
	g_autoptr(Document) bare = read_good(BASE "  xmd: {mbs: hello, mbs_options: "
						  "{blocked_packages: []}}\n");

	(void)state;
	assert_true(g_strv_contains((const char *const *)document->buildroot, "gcc"));
	assert_int_equal(g_strv_length(document->buildroot), 2);
	assert_string_equal(document->srpm_buildroot[0], "rpm-build");
	assert_int_equal(g_strv_length(document->whitelist), 2);
	assert_string_equal(document->blocked_packages[0], "x");
	assert_string_equal(document->blocked_packages[1], "y");
	assert_int_equal(document->repo_include_all, 0);
	assert_int_equal(document->dynamic_buildrequires, 1);
	assert_string_equal(document->koji_tag, "module-f28-build");
	assert_string_equal(document->marking, "fedora28");
	assert_int_equal(bare->build_requires->len, 0);
	assert_null(bare->buildroot);
	assert_null(bare->srpm_buildroot);
	assert_null(bare->whitelist);
	assert_null(bare->blocked_packages);
	assert_int_equal(bare->repo_include_all, -1);
	assert_int_equal(bare->dynamic_buildrequires, -1);
	assert_null(bare->koji_tag);
	assert_null(bare->marking);
	assert_true(bare->has_reserved_xmd);
}

static void what_a_build_system_would_not_take_is_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "  profiles: {buildroot: {rpms: ['a b']}}\n", "profile buildroot" },
		{ "  profiles: {srpm-buildroot: {rpms: ['%x']}}\n", "profile srpm-buildroot" },
		{ "  xmd: {mbs: {koji_tag: 'a b'}}\n", "koji_tag \"a b\"" },
		{ "  xmd: {mbs: {koji_tag: [a]}}\n", "xmd.mbs.koji_tag must be a text" },
		{ "  xmd: {mbs: {disttag_marking: f-28}}\n", "no dashes" },
		{ "  xmd: {mbs_options: hello}\n", "xmd.mbs_options must be a mapping" },
		{ "  xmd: {mbs_options: {blocked_packages: x}}\n",
		  "blocked_packages must be a list" },
		{ "  xmd: {mbs_options: {blocked_packages: [{a: b}]}}\n",
		  "blocked_packages must be a list" },
		{ "  xmd: {mbs_options: {blocked_packages: [a, ../b]}}\n", "\"../b\"" },
		{ "  xmd: {mbs_options: {repo_include_all: perhaps}}\n", "true or false" },
		{ "  xmd: {mbs_options: {dynamic_buildrequires: {}}}\n", "true or false" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat(BASE, cases[i].text, NULL);
		g_autoptr(Document) document = NULL;
		g_autoptr(GError) error = NULL;

		if (read_text(text, &document, &error))
			fail_msg("accepted: %s", cases[i].text);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNACCEPTABLE));
		if (!strstr(error->message, cases[i].words))
			fail_msg("%s: %s", cases[i].text, error->message);
	}
}

static void a_document_without_components_is_fine(void **state)
{
	g_autoptr(Document) document = read_good(BASE);

	(void)state;
	assert_int_equal(document->components->len, 0);
	assert_null(document->name);
	assert_null(document->macros);
}

struct bad {
	const char *text;
	const char *words; /* of the message */
};

static const struct bad bad_documents[] = {
	/* not modulemd at all */
	{ "", "empty" },
	{ "hello", "not valid" },
	{ "[1, 2]", "not valid" },
	{ "{", "line 2" },
	{ "\tdocument: modulemd\n", "line 1" },
	{ "document: modulemd-defaults\nversion: 1\ndata: {module: foo}\n", "not valid" },
	{ "document: modulemd\nversion: 4\ndata: {}\n", "not valid" },
	{ "document: modulemd\nversion: 2\n", "not valid" },
	{ BASE "---\n" BASE, "only one document" },
	/* what the library finds */
	{ HEAD("2"), "icense" },
	{ BASE "  surprise: 1\n", "surprise" },
	{ BASE "  version: -1\n", "not valid" },
	{ BASE "  version: 99999999999999999999\n", "not valid" },
	{ BASE COMPONENT "        buildorder: x\n", "buildorder" },
	{ BASE COMPONENT "        buildorder: 9223372036854775807\n", "32 bits" },
	{ BASE COMPONENT "        buildorder: 2147483648\n", "32 bits" },
	{ BASE COMPONENT "        buildafter: [bar]\n", "not valid" },
	{ BASE "  xmd: [a]\n", "not valid" },
	{ BASE "  xmd: hello\n", "xmd" },
	{ BASE "  artifacts: {rpms: [foo]}\n", "not valid" },
	/* M1: names */
	{ BASE "  name: ../foo\n", "the module's name" },
	{ BASE "  name: 'foo:bar'\n", "the module's name" },
	{ BASE "  name: '%{lua:os.exit()}'\n", "the module's name" },
	{ BASE "  name: .foo\n", "the module's name" },
	{ BASE "  name: ''\n", "the module's name" },
	{ BASE "  name: f\xc3\xb6\n", "the module's name" },
	{ BASE "  stream: 'a:b'\n", "the stream" },
	{ BASE "  stream: 'a b'\n", "the stream" },
	{ BASE "  stream: \"a\\nb\"\n", "the stream" },
	{ BASE "  stream: 'a/b'\n", "the stream" },
	{ BASE "  stream: '%(touch x)'\n", "the stream" },
	{ BASE "  stream: 1234567890123456789012345678901234567890123456789012345678901234x\n",
	  "the stream" },
	{ BASE "  context: 'a-b'\n", "the context" },
	{ BASE "  context: '12345678901'\n", "the context" },
	{ BASE "  components: {rpms: {'../foo': {rationale: r}}}\n", "a component's name" },
	{ BASE "  components: {rpms: {'foo bar': {rationale: r}}}\n", "a component's name" },
	{ BASE "  components: {rpms: {'foo%dist': {rationale: r}}}\n", "a component's name" },
	{ BASE COMPONENT "        name: 'a;b'\n", "a component's name" },
	{ BASE COMPONENT "        ref: '--upload-pack=x'\n", "ref" },
	{ BASE COMPONENT "        ref: 'a..b'\n", "ref" },
	{ BASE COMPONENT "        arches: ['x86 64']\n", "architecture" },
	{ BASE COMPONENT "        arches: ['../x']\n", "architecture" },
	{ BASE "  filter: {rpms: ['a b']}\n", "filter" },
	{ BASE "  api: {rpms: ['a/b']}\n", "api" },
	{ BASE "  dependencies: [{buildrequires: {'a:b': [x]}}]\n", "dependencies" },
	{ BASE "  dependencies: [{requires: {platform: ['a:b']}}]\n", "dependencies" },
	{ BASE "  components: {rpms: {a: {rationale: r, name: c}, b: {rationale: r, name: c}}}\n",
	  "two components" },
	/* what the library would lose */
	{ BASE "  xmd: {a: [b, {c: d}]}\n", "one kind" },
	{ BASE "  xmd: {a: [b, TRUE]}\n", "one kind" },
	{ BASE "  xmd: {a: [[b]]}\n", "lists" },
	{ BASE "  buildopts: {rpms: {macros: \"%a \\0\"}}\n", "NUL" },
	/* where the library reads address zero, or hands out a freed error */
	{ BASE "  servicelevels: {rawhide: {eol: 2077-02-30}}\n", "an eol is a date" },
	{ BASE "  servicelevels: {rawhide: {eol: never}}\n", "an eol is a date" },
	{ BASE "  servicelevels: {rawhide: {eol: [2077-10-23]}}\n", "an eol is a date" },
	{ HEAD("1") "  license: {module: [MIT]}\n  eol: 0000-00-00\n", "an eol is a date" },
	{ BASE "  api: x\n", "have lists" },
	{ BASE "  filter: [x]\n", "have lists" },
	{ BASE "  demodularized: ''\n", "have lists" },
	{ HEAD("1") "  license: {module: [MIT]}\n  artifacts: {}\n", "have lists" },
	{ BASE "  buildopts: {rpms: {macro: x}}\n", "buildopts" },
	{ BASE "  buildopts: {rpms: {macros: [x]}}\n", "buildopts" },
	{ BASE "  buildopts: {rpms: {whitelist: x}}\n", "buildopts" },
	{ BASE "  buildopts: {rpms: {whitelist: [{a: b}]}}\n", "buildopts" },
	{ BASE "  buildopts: {rpms: [x]}\n", "buildopts" },
	{ BASE "  buildopts: {rpms: x}\n", "buildopts" },
	{ BASE "  buildopts: {rpm: {}}\n", "buildopts" },
	{ BASE "  buildopts: {arches: x}\n", "buildopts" },
	{ BASE "  buildopts: {arches: {a: b}}\n", "buildopts" },
	{ BASE "  buildopts: [x]\n", "buildopts" },
	{ BASE "  buildopts: x\n", "buildopts" },
	{ "document: modulemd-packager\nversion: 3\ndata:\n  summary: s\n  description: d\n"
	  "  license: [MIT]\n  configurations:\n  - context: A\n    platform: f32\n"
	  "    buildopts: {rpms: {macro: x}}\n",
	  "buildopts" },
	/* P2, P3 */
	{ BASE "  xmd: {a: &x b, c: *x}\n", "anchors" },
	{ BASE "  xmd: {a: *x}\n", "aliases" },
	{ BASE "  xmd: {a: !!python/object:os.system c}\n", "tags" },
	{ BASE "  name: foo\n  name: bar\n", "twice" },
	{ BASE "  xmd: {a: b, a: c}\n", "twice" },
	{ BASE "  name: \"\xff\"\n", "UTF-8" },
};

static void bad_documents_are_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad_documents); i++) {
		g_autoptr(Document) document = NULL;
		g_autoptr(GError) error = NULL;

		if (read_text(bad_documents[i].text, &document, &error))
			fail_msg("this was read:\n%s", bad_documents[i].text);
		if (error->code != RIDA_ERROR_UNACCEPTABLE ||
		    !strstr(error->message, bad_documents[i].words))
			fail_msg("\"%s\" is wanted, not: %s\n%s", bad_documents[i].words,
				 error->message, bad_documents[i].text);
	}
}

/* Refused, and quickly, in time of our own, whatever else the machine does: deep nesting costs
 * libyaml quadratic time. */
static void refused_at_once(const char *what, const char *text)
{
	const clock_t start = clock();
	g_autoptr(Document) document = NULL;
	g_autoptr(GError) error = NULL;

	if (read_text(text, &document, &error))
		fail_msg("%s was read", what);
	assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
	if (clock() - start > CLOCKS_PER_SEC / 2)
		fail_msg("%s took longer than half a second", what);
}

static char *repeat(const char *head, const char *piece, size_t count)
{
	GString *text = g_string_new(head);

	while (count-- > 0)
		g_string_append(text, piece);
	return g_string_free(text, FALSE);
}

static void p1_bombs_are_refused_at_once(void **state)
{
	static const size_t counts[] = { 65, 1000, 20000, 100000, 200000, 500000 };
	static const char *const pieces[] = { "[", "{a: ", "- ", "[{a: ", "? " };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
		for (size_t k = 0; k < G_N_ELEMENTS(pieces); k++) {
			g_autofree char *flow = repeat("", pieces[k], counts[i]);
			g_autofree char *inside = repeat(BASE "  xmd: {x: ", pieces[k], counts[i]);

			refused_at_once(pieces[k], flow);
			refused_at_once(pieces[k], inside);
		}
}

static void sizes_are_capped(void **state)
{
	g_autofree char *large = repeat(BASE "#", "x", 1 << 20);
	g_autofree char *scalar = repeat(BASE "  tracker: ", "x", (256 << 10) + 1);
	g_autofree char *items = repeat(BASE "  api: {rpms: [b", ",b", 200001);
	g_autofree char *name = repeat(BASE "  name: ", "x", 70000);
	g_autofree char *macros =
		repeat(BASE "  buildopts: {rpms: {macros: \"", "x", (64 << 10) + 1);
	g_autofree char *xmd = repeat(BASE "  xmd: {a: [b", ",b", 20000);
	g_autofree char *closed = g_strconcat(macros, "\"}}\n", NULL);

	(void)state;
	refused_at_once("a large text", large);
	refused_at_once("a large scalar", scalar);
	refused_at_once("many items", items);
	refused_at_once("a long name", name);
	refused_at_once("large macros", closed);
	refused_at_once("a large xmd", xmd);
}

static void a_module_has_at_most_two_thousand_components(void **state)
{
	const struct document_place place = { "foo", NULL };
	g_autoptr(GString) text = g_string_new(BASE "  components:\n    rpms:\n");

	(void)state;
	for (unsigned i = 0; i <= DOCUMENT_COMPONENTS_MAX; i++) {
		g_autoptr(Document) document = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *stream = NULL;

		g_string_append_printf(text, "      c%u: {rationale: r}\n", i);
		if (i + 1 < DOCUMENT_COMPONENTS_MAX)
			continue;
		assert_true(document_read(text->str, text->len, &document, &error));
		assert_int_equal(document_check(document, &place, &stream, &error),
				 i < DOCUMENT_COMPONENTS_MAX);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_2_is_read_with_everything_that_counts),
		cmocka_unit_test(what_a_module_is_built_with_is_read_as_it_stands),
		cmocka_unit_test(blocks_that_differ_are_variants),
		cmocka_unit_test(what_buildroots_hold_is_read),
		cmocka_unit_test(what_a_build_system_would_not_take_is_refused),
		cmocka_unit_test(a_document_without_components_is_fine),
		cmocka_unit_test(bad_documents_are_refused_with_a_reason),
		cmocka_unit_test(p1_bombs_are_refused_at_once),
		cmocka_unit_test(sizes_are_capped),
		cmocka_unit_test(a_module_has_at_most_two_thousand_components),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
