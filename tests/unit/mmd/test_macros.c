/* SPDX-License-Identifier: MIT */
/*
 * Text of a document that rpm would expand: wherever it stands, it is refused, or it is left out of
 * the spec of module-build-macros, which is the only spec that is written here.
 */
#include "mmd/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "model/build.h"
#include "model/macros_package.h"
#include "model/names.h"

#include <cmocka.h>

#define PAYLOADS_MIN 200

/* What rpm runs or reads when it expands it; %s is the command. */
static const char *const forms[] = {
	"%%(%s)",
	"%%{lua:os.execute('%s')}",
	"%%{lua:posix.exec('/bin/sh','-c','%s')}",
	"%%{lua:rpm.expand('%%(%s)')}",
	"%%{lua:io.open('%s','w')}",
	"%%{expand:%%(%s)}",
	"%%{load:/tmp/%s}",
	"%%{uncompress:/tmp/x;%s}",
	"%%{verbose:%%(%s)}",
	"%%{?nil:x}%%{!?nil:%%(%s)}",
	"%%{echo:%%(%s)}",
	"%%{warn:%%(%s)}",
	"%%{error:%%(%s)}",
	"%%{basename:%%(%s)}",
	"%%{quote:%%(%s)}",
	"%%{S:%%(%s)}",
	"%%{getenv:%s}",
	"%%global x %%(%s)",
	"%%define x() %%(%s)\\n%%x",
	"%%[\\\"%%(%s)\\\"]",
	"%%{expr:\\\"%%(%s)\\\"}",
	"# %%(%s)",
	"x\\n%%prep\\n%s",
	"x\\n%%changelog\\n* %%(%s)",
	"x\\n%%include /tmp/%s",
	"%%%%%%(%s)",
};

static const char *const commands[] = {
	"touch canary",   "id>canary", "sh -c 'touch canary'",  "/bin/sh canary",
	"touch canary &", "exit 1",    "curl http://127.0.0.1", "cat /etc/passwd >canary",
};

#define HEAD                                                                                       \
	"document: modulemd\nversion: 2\ndata:\n  license: {module: [MIT]}\n  summary: s\n"        \
	"  description: d\n"

/* Where a text can stand in a document. */
static const char *const fields[] = {
	HEAD "  name: %s\n",
	HEAD "  stream: %s\n",
	HEAD "  context: %s\n",
	HEAD "  arch: %s\n",
	"document: modulemd\nversion: 2\ndata:\n  license: {module: [MIT]}\n  summary: %s\n"
	"  description: d\n",
	"document: modulemd\nversion: 2\ndata:\n  license: {module: [MIT]}\n  summary: s\n"
	"  description: %s\n",
	"document: modulemd\nversion: 2\ndata:\n  license: {module: [%s]}\n  summary: s\n"
	"  description: d\n",
	HEAD "  references: {community: %s}\n",
	HEAD "  profiles: {%s: {rpms: [a]}}\n",
	HEAD "  profiles: {a: {description: x, rpms: [%s]}}\n",
	HEAD "  api: {rpms: [%s]}\n",
	HEAD "  filter: {rpms: [%s]}\n",
	HEAD "  demodularized: {rpms: [%s]}\n",
	HEAD "  dependencies: [{buildrequires: {%s: [a]}}]\n",
	HEAD "  dependencies: [{requires: {a: [%s]}}]\n",
	HEAD "  buildopts: {rpms: {macros: %s}}\n",
	HEAD "  buildopts: {rpms: {whitelist: [%s]}}\n",
	HEAD "  buildopts: {arches: [%s]}\n",
	HEAD "  components: {rpms: {%s: {rationale: r}}}\n",
	HEAD "  components: {rpms: {a: {rationale: %s}}}\n",
	HEAD "  components: {rpms: {a: {rationale: r, name: %s}}}\n",
	HEAD "  components: {rpms: {a: {rationale: r, ref: %s}}}\n",
	HEAD "  components: {rpms: {a: {rationale: r, arches: [%s]}}}\n",
	HEAD "  components: {rpms: {a: {rationale: r, repository: %s}}}\n",
	HEAD "  components: {rpms: {a: {rationale: r, cache: %s}}}\n",
	HEAD "  xmd: {%s: x}\n",
	HEAD "  xmd: {x: %s}\n",
};

static unsigned read_count; /* documents with a payload that were read */

typedef void payload_fn(const char *payload);

static unsigned with_each_payload(payload_fn *check)
{
	unsigned count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		for (size_t k = 0; k < G_N_ELEMENTS(commands); k++) {
			g_autoptr(GString) form = g_string_new(forms[i]);
			g_autofree char *payload = NULL;

			g_string_replace(form, "%s", commands[k], 0);
			g_string_replace(form, "%%", "%", 0);
			payload = g_string_free(g_steal_pointer(&form), FALSE);
			check(payload);
			count++;
		}
	return count;
}

/* A build of that document, as a submission would make it. */
static struct build *build_of(const struct document *document)
{
	struct build *build = build_new();

	text_set(&build->name, document && document->name ? document->name : "foo");
	text_set(&build->stream, document && document->stream ? document->stream : "main");
	text_set(&build->context, document && document->context ? document->context : "00000000");
	text_set(&build->dist, ".module+1+abcdef01");
	build->version = 20260102030405;
	return build;
}

static char *plain_spec(void)
{
	g_autoptr(Build) build = build_of(NULL);
	g_autoptr(MacrosPackage) package = NULL;

	assert_true(macros_package_new(build, NULL, NULL, 0, &package, NULL));
	return g_steal_pointer(&package->spec);
}

static void check_field(const char *field, const char *payload)
{
	g_autofree char *quoted = g_strdup_printf("\"%s\"", payload);
	g_autofree char *plain = plain_spec();
	g_autoptr(GString) text = g_string_new(field);
	g_autoptr(Document) document = NULL;
	g_autoptr(MacrosPackage) package = NULL;
	g_autoptr(Build) build = NULL;

	g_string_replace(text, "%s", quoted, 0);
	if (!document_read(text->str, text->len, &document, NULL))
		return;
	read_count++;
	build = build_of(document);
	assert_true(macros_package_new(build, document->macros, NULL, 0, &package, NULL));
	assert_string_equal(package->spec, plain);
	for (guint i = 0; i < document->components->len; i++) {
		const struct document_component *component =
			g_ptr_array_index(document->components, i);

		assert_null(strpbrk(component->name, "% "));
		assert_true(!component->ref || !strpbrk(component->ref, "% "));
		assert_true(!component->arches || !strchr(component->arches, '%'));
	}
}

static void check_fields(const char *payload)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		check_field(fields[i], payload);
}

static void m2_no_payload_in_a_document_changes_the_spec(void **state)
{
	(void)state;
	assert_true(with_each_payload(check_fields) >= PAYLOADS_MIN);
	assert_true(read_count >= 5 * PAYLOADS_MIN);
}

/* The second wall: a row that got past the first. */
static void check_rows(const char *payload)
{
	static const size_t places[] = {
		offsetof(struct build, name),
		offsetof(struct build, stream),
		offsetof(struct build, context),
		offsetof(struct build, dist),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autoptr(Build) build = build_of(NULL);
		g_autoptr(MacrosPackage) package = NULL;
		g_autoptr(GError) error = NULL;

		text_set((char **)((char *)build + places[i]), payload);
		assert_false(macros_package_new(build, NULL, NULL, 0, &package, &error));
		assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
	}
}

static void m2_no_payload_in_a_row_comes_into_the_spec(void **state)
{
	(void)state;
	assert_true(with_each_payload(check_rows) >= PAYLOADS_MIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(m2_no_payload_in_a_document_changes_the_spec),
		cmocka_unit_test(m2_no_payload_in_a_row_comes_into_the_spec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
