/* SPDX-License-Identifier: MIT */
/* Documents as people write them, and documents of which two readers would think differently. */
#include "mmd/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

#include <cmocka.h>

#define START "document: modulemd\nversion: 2\ndata:\n"
#define REST  "  summary: s\n  description: d\n  license: {module: [MIT]}\n"
#define BASE  START REST

static bool read_text(const char *text, GError **error)
{
	g_autoptr(Document) document = NULL;

	return document_read(text, strlen(text), &document, error);
}

/* SEEDS/document/real-*: the shapes and styles of the documents of distributions. */
static void p2_documents_as_people_write_them_are_read(void **state)
{
	g_autoptr(GDir) dir = g_dir_open(SEEDS "/document", 0, NULL);
	const char *name;
	unsigned count = 0;

	(void)state;
	assert_non_null(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(SEEDS, "document", name, NULL);
		g_autofree char *text = NULL;
		g_autoptr(GError) error = NULL;

		if (!g_str_has_prefix(name, "real-"))
			continue;
		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		if (!read_text(text, &error))
			fail_msg("%s: %s", name, error->message);
		count++;
	}
	assert_true(count >= 10);
}

static const struct {
	const char *text;
	const char *words; /* of the refusal; NULL: it is read */
} cases[] = {
	/* P2: where an anchor or an alias can stand */
	{ START "  summary: &a s\n  description: d\n  license: {module: [MIT]}\n", "anchors" },
	{ START "  summary: s\n  description: *a\n  license: {module: [MIT]}\n", "aliases" },
	{ "&a " BASE, "anchors" },
	{ BASE "  xmd: &a {b: c}\n", "anchors" },
	{ BASE "  xmd: {b: &a [c]}\n", "anchors" },
	{ BASE "  xmd: {&a b: c}\n", "anchors" },
	{ BASE "  xmd: {? *a : c}\n", "aliases" },
	{ BASE "  components: {rpms: {a: *b}}\n", "aliases" },
	/* P3: keys that stand twice, however they are written */
	{ BASE "  summary: t\n", "twice" },
	{ BASE "  \"summary\": t\n", "twice" },
	{ BASE "  'summary': t\n", "twice" },
	{ BASE "  \"\\x73ummary\": t\n", "twice" },
	{ BASE "  ? summary\n  : t\n", "twice" },
	{ BASE "document: modulemd-packager\n", "twice" },
	{ BASE "  components: {rpms: {a: {rationale: r}, a: {rationale: q}}}\n", "twice" },
	{ BASE "  components: {rpms: {a: {rationale: r, ref: x, ref: y}}}\n", "twice" },
	{ BASE "  dependencies: [{requires: {a: [b], a: [c]}}]\n", "twice" },
	{ BASE "  xmd: {a: {b: {c: d, c: e}}}\n", "twice" },
	/* tags */
	{ BASE "  xmd: !!python/object/apply:os.system {a: b}\n", "tags" },
	{ BASE "  name: !!str foo\n", "tags" },
	{ BASE "  name: ! foo\n", "tags" },
	{ BASE "  name: !local foo\n", "tags" },
	{ BASE "  name: !<tag:yaml.org,2002:str> foo\n", "tags" },
	{ BASE "  filter: {rpms: !!set [a]}\n", "tags" },
	{ BASE "  !!str name: foo\n", "tags" },
	{ "%TAG ! tag:example.org,2000:\n---\n!x " BASE, "tags" },
	{ BASE "  xmd: {a: !!binary aGVsbG8=}\n", "tags" },
	/* several documents */
	{ BASE "---\n" BASE, "only one" },
	{ BASE "...\n---\n" BASE, "only one" },
	{ BASE "---\n", "only one" },
	{ "---\n---\n" BASE, "only one" },
	{ BASE "...\n", NULL },
	{ "---\n" BASE "...\n# end\n", NULL },
	/* directives */
	{ "%YAML 1.1\n---\n" BASE, NULL },
	{ "%YAML 2.0\n---\n" BASE, "not valid" },
	{ "%YAML 1.1\n%YAML 1.1\n---\n" BASE, "not valid" },
	{ "%YAML 1.1\n" BASE, "not valid" },
	/* merging */
	{ BASE "  xmd: {<<: {a: b}}\n", "merging" },
	{ BASE "  xmd: {\"<<\": {a: b}}\n", "merging" },
	{ BASE "  <<: {name: foo}\n", "merging" },
	{ BASE "  <<: [{name: foo}]\n", "merging" },
	/* encodings */
	{ BASE "  name: f\xe9\n", "UTF-8" },
	{ BASE "  name: \xc0\xaf\n", "UTF-8" },
	{ BASE "  name: \xed\xa0\x80\n", "UTF-8" },
	{ "\xff\xfe" BASE, "UTF-8" },
	{ "\xfe\xff" BASE, "UTF-8" },
	{ "\xef\xbb\xbf" BASE, NULL },
	{ "\xef\xbb\xbf\xef\xbb\xbf" BASE, "not valid" },
	{ BASE "  tracker: \xef\xbb\xbf\n", "not valid" },
	{ START "  summary: a\xc2\x85" REST, "not valid" },
	{ START "  summary: \"\\ud800\"\n", "not valid" },
	{ BASE "  xmd: {a: \"\\0\"}\n", "NUL" },
	{ BASE "  xmd: {\"a\\0b\": c}\n", "NUL" },
	{ BASE "  xmd: {a: \x01}\n", "not valid" },
	/* what is a key */
	{ BASE "  xmd: {[a]: b}\n", "plain word" },
	{ BASE "  xmd: {{a: b}: c}\n", "plain word" },
	{ BASE "  ? [a]\n  : b\n", "plain word" },
};

static void p2_p3_what_two_readers_would_read_differently_is_refused(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		bool is_read = read_text(cases[i].text, &error);

		if (is_read != !cases[i].words ||
		    (error && !strstr(error->message, cases[i].words))) {
			print_error("case %zu: %s\n%s\n", i, error ? error->message : "was read",
				    cases[i].text);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* Texts of a size at the cap and one byte above. */
static void p3_a_scalar_has_at_most_256_kib(void **state)
{
	static const char *const starts[] = { "  xmd: {a: '%s'}\n", "  xmd: {a: \"%s\"}\n",
					      "  xmd:\n    a: |\n      %s\n", "  xmd: {%s: b}\n" };
	g_autofree char *full = g_strnfill(256 << 10, 'x');
	g_autofree char *over = g_strnfill((256 << 10) + 1, 'x');

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
		for (int is_over = 0; is_over < 2; is_over++) {
			g_autoptr(GString) text = g_string_new(BASE);
			g_autoptr(GError) error = NULL;

			g_string_append(text, starts[i]);
			g_string_replace(text, "%s", is_over ? over : full, 1);
			if (read_text(text->str, &error) && is_over)
				fail_msg("a text of 256 KiB and a byte was read");
			if (error && is_over)
				assert_non_null(strstr(error->message, "longer than"));
		}
}

/* Every value of the format; %s is put in the place of one at a time. */
static const char *const places[] = {
	"document: %s\nversion: 2\ndata:\n" REST,
	"document: modulemd\nversion: %s\ndata:\n" REST,
	"document: modulemd\nversion: 2\ndata: %s\n",
	BASE "  name: %s\n",
	BASE "  stream: %s\n",
	BASE "  version: %s\n",
	BASE "  context: %s\n",
	BASE "  static_context: %s\n",
	BASE "  arch: %s\n",
	START "  summary: %s\n  description: d\n  license: {module: [MIT]}\n",
	START "  summary: s\n  description: %s\n  license: {module: [MIT]}\n",
	START "  summary: s\n  description: d\n  license: %s\n",
	START "  summary: s\n  description: d\n  license: {module: %s}\n",
	START "  summary: s\n  description: d\n  license: {module: [%s]}\n",
	START "  summary: s\n  description: d\n  license: {module: [a], content: %s}\n",
	BASE "  servicelevels: %s\n",
	BASE "  servicelevels: {rawhide: %s}\n",
	BASE "  servicelevels: {rawhide: {eol: %s}}\n",
	BASE "  dependencies: %s\n",
	BASE "  dependencies: [%s]\n",
	BASE "  dependencies: [{buildrequires: %s}]\n",
	BASE "  dependencies: [{buildrequires: {a: %s}}]\n",
	BASE "  dependencies: [{requires: {a: [%s]}}]\n",
	BASE "  references: %s\n",
	BASE "  references: {tracker: %s}\n",
	BASE "  profiles: %s\n",
	BASE "  profiles: {a: %s}\n",
	BASE "  profiles: {a: {rpms: %s}}\n",
	BASE "  profiles: {a: {rpms: [%s]}}\n",
	BASE "  profiles: {a: {description: %s}}\n",
	BASE "  api: %s\n",
	BASE "  api: {rpms: %s}\n",
	BASE "  api: {rpms: [%s]}\n",
	BASE "  filter: %s\n",
	BASE "  filter: {rpms: %s}\n",
	BASE "  demodularized: %s\n",
	BASE "  demodularized: {rpms: %s}\n",
	BASE "  buildopts: %s\n",
	BASE "  buildopts: {rpms: %s}\n",
	BASE "  buildopts: {rpms: {macros: %s}}\n",
	BASE "  buildopts: {rpms: {whitelist: %s}}\n",
	BASE "  buildopts: {rpms: {whitelist: [%s]}}\n",
	BASE "  buildopts: {arches: %s}\n",
	BASE "  components: %s\n",
	BASE "  components: {rpms: %s}\n",
	BASE "  components: {rpms: {a: %s}}\n",
	BASE "  components: {rpms: {a: {rationale: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, name: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, ref: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, cache: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, repository: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, buildorder: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, buildafter: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, buildonly: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, buildroot: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, srpm-buildroot: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, arches: %s}}}\n",
	BASE "  components: {rpms: {a: {rationale: r, multilib: %s}}}\n",
	BASE "  components: {modules: %s}\n",
	BASE "  components: {modules: {a: %s}}\n",
	BASE "  components: {modules: {a: {rationale: r, ref: %s}}}\n",
	BASE "  xmd: %s\n",
	BASE "  xmd: {a: %s}\n",
	BASE "  xmd: {a: [%s]}\n",
	BASE "  xmd: {a: {b: [x, %s]}}\n",
	BASE "  xmd: {mbs: %s}\n",
	BASE "  artifacts: %s\n",
	BASE "  artifacts: {rpms: %s}\n",
	BASE "  artifacts: {rpms: [%s]}\n",
	BASE "  artifacts: {rpm-map: %s}\n",
	BASE "  artifacts: {rpm-map: {sha256: %s}}\n",
	BASE "  artifacts: {rpm-map: {sha256: {x: %s}}}\n",
	BASE "  %s: x\n",
	"document: modulemd\nversion: 1\ndata:\n" REST "  eol: %s\n",
	"document: modulemd\nversion: 1\ndata:\n" REST "  dependencies: %s\n",
	"document: modulemd\nversion: 1\ndata:\n" REST "  dependencies: {requires: %s}\n",
	"document: modulemd\nversion: 1\ndata:\n" REST "  dependencies: {requires: {a: %s}}\n",
	"document: modulemd\nversion: 1\ndata:\n" REST "  filter: %s\n",
	"document: modulemd\nversion: 1\ndata:\n" REST "  artifacts: %s\n",
	"document: modulemd\nversion: 1\ndata:\n" REST "  buildopts: %s\n",
	"document: modulemd-packager\nversion: 2\ndata:\n" REST "  buildopts: %s\n",
#define PACKAGER                                                                                   \
	"document: modulemd-packager\nversion: 3\ndata:\n  summary: s\n  description: d\n"         \
	"  license: [MIT]\n"
	PACKAGER "  configurations: %s\n",
	PACKAGER "  configurations: [%s]\n",
	PACKAGER "  configurations: [{context: %s, platform: f32}]\n",
	PACKAGER "  configurations: [{context: A, platform: %s}]\n",
	PACKAGER "  configurations: [{context: A, platform: f32, buildrequires: %s}]\n",
	PACKAGER "  configurations: [{context: A, platform: f32, requires: {a: %s}}]\n",
	PACKAGER "  configurations: [{context: A, platform: f32, buildopts: %s}]\n",
	PACKAGER "  configurations: [{context: A, platform: f32, buildopts: {rpms: %s}}]\n",
	PACKAGER "  configurations: [{context: A, platform: f32}, {context: A, platform: %s}]\n",
	PACKAGER "  configurations: [{context: A, platform: f32}]\n  xmd: %s\n",
	PACKAGER "  configurations: [{context: A, platform: f32}]\n  api: %s\n",
	PACKAGER "  configurations: [{context: A, platform: f32}]\n  filter: {rpms: %s}\n",
	PACKAGER "  configurations: [{context: A, platform: f32}]\n  demodularized: %s\n",
	PACKAGER "  configurations: [{context: A, platform: f32}]\n  profiles: %s\n",
	PACKAGER "  configurations: [{context: A, platform: f32}]\n  components: %s\n",
	PACKAGER "  configurations: [{context: A, platform: f32}]\n  components: {rpms: %s}\n",
};

static const char *const shapes[] = {
	"",
	"''",
	"~",
	"null",
	"0",
	"-1",
	"1.5",
	"true",
	"x",
	"'-'",
	"'-x'",
	"'a b'",
	"\":\"",
	"2077-02-30",
	"'2077'",
	"99999999999999999999",
	"\"\\n\"",
	"\"\\u00e9\"",
	"\"\\x7f\"",
	"[]",
	"['']",
	"[x]",
	"[x, x]",
	"[[]]",
	"[[x]]",
	"[{}]",
	"[{a: b}]",
	"[~]",
	"[0, TRUE]",
	"{}",
	"{'': ''}",
	"{a: b}",
	"{a: []}",
	"{a: {}}",
	"{a: [b]}",
	"{a: ~}",
	"{'': []}",
	"{a: [[b]]}",
	"{rpms: x}",
	"{rpms: {}}",
	"{a: {b: {c: [d]}}}",
};

/* What libmodulemd complains of to the log ends the test, as what it does not survive would. */
static void p3_a_wrong_shape_anywhere_ends_in_a_verdict(void **state)
{
	unsigned read = 0, refused = 0;

	(void)state;
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		for (size_t k = 0; k < G_N_ELEMENTS(shapes); k++) {
			g_autoptr(GString) text = g_string_new(places[i]);
			g_autoptr(GError) error = NULL;

			g_string_replace(text, "%s", shapes[k], 1);
			if (read_text(text->str, &error)) {
				read++;
				continue;
			}
			assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
			refused++;
		}
	assert_true(read >= 500 && refused >= 2000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(p2_documents_as_people_write_them_are_read),
		cmocka_unit_test(p2_p3_what_two_readers_would_read_differently_is_refused),
		cmocka_unit_test(p3_a_scalar_has_at_most_256_kib),
		cmocka_unit_test(p3_a_wrong_shape_anywhere_ends_in_a_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
