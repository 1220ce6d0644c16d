/* SPDX-License-Identifier: MIT */
/* Generated hostile documents: names that leave their place, payloads for macros, bombs of YAML. */
#include "mmd/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/error.h"

#include <cmocka.h>

#define HEAD                                                                                       \
	"document: modulemd\nversion: 2\ndata:\n  summary: s\n  description: d\n"                  \
	"  license: {module: [MIT]}\n"

#define BOMBS       1000
#define BOMB_CLOCKS (CLOCKS_PER_SEC / 2) /* of our own time, whatever else the machine does */
/* The address sanitizer keeps what was freed for a while. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_GROWTH (512 << 10) /* KiB */
#else
#define MEMORY_GROWTH (64 << 10)
#endif

/* Where a name can stand; %s is the name, quoted. */
static const char *const places[] = {
	"  name: %s\n",
	"  stream: %s\n",
	"  context: %s\n",
	"  components: {rpms: {%s: {rationale: r}}}\n",
	"  components: {rpms: {a: {rationale: r, name: %s}}}\n",
	"  components: {rpms: {a: {rationale: r, ref: %s}}}\n",
	"  components: {rpms: {a: {rationale: r, arches: [%s]}}}\n",
	"  filter: {rpms: [%s]}\n",
	"  api: {rpms: [%s]}\n",
	"  dependencies: [{buildrequires: {%s: [a]}}]\n",
	"  dependencies: [{requires: {a: [%s]}}]\n",
};

/* What must not get anywhere, alone or with something harmless around it. */
static const char *const pieces[] = {
	"../",
	"/../etc/passwd",
	"\\n",
	"\\r",
	"\\t",
	"\\e",
	"\\x7f",
	"%",
	"%(touch canary)",
	"%{lua:os.execute('touch canary')}",
	"%{expand:%(id)}",
	"%dist",
	"$(id)",
	"`id`",
	"'",
	"\\\"",
	";",
	"|",
	"&",
	"<",
	">",
	" ",
	":",
	"*",
	"?",
	"[",
	"]",
	"{",
	"}",
	"{{7*7}}",
	"#",
	"!",
	"~",
	"^",
	"=",
	",",
	"\\u00e9",
	"\\u202e",
	"\\U0001f600",
	"\\\\",
	"\\b",
	"@",
};

static const char *const frames[] = { "%s", "a%s", "%sa", "a%sb", "-%s" };

static void put(GString *out, const char *frame, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(frame, "%s", 2);

	g_string_append_printf(out, "%s%s%s", parts[0], value, parts[1]);
}

static void m1_m2_hostile_names_are_refused_everywhere(void **state)
{
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		for (size_t k = 0; k < G_N_ELEMENTS(pieces); k++)
			for (size_t f = 0; f < G_N_ELEMENTS(frames); f++) {
				g_autoptr(GString) name = g_string_new("\"");
				g_autoptr(GString) text = g_string_new(HEAD);
				g_autoptr(Document) document = NULL;
				g_autoptr(GError) error = NULL;

				put(name, frames[f], pieces[k]);
				g_string_append_c(name, '"');
				put(text, places[i], name->str);
				if (document_read(text->str, text->len, &document, &error))
					fail_msg("%s was read at %s", name->str, places[i]);
				assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
				count++;
			}
	assert_true(count >= 2000);
}

static char *bomb(unsigned number)
{
	static const char *const openers[] = { "[",   "{a: ", "- ",   "[{a: ", "? ",
					       "{? ", "- - ", "&a [", "[*a, " };
	static const char *const starts[] = { "", HEAD "  xmd: {x: ", HEAD "  components: ",
					      "document: " };
	const char *opener = openers[number % G_N_ELEMENTS(openers)];
	size_t depth = 65 + (size_t)(number % 97) * (number % 89) * 20;
	GString *text = g_string_new(starts[number / 250]);

	while (depth-- > 0 && text->len < (1 << 20))
		g_string_append(text, opener);
	return g_string_free(text, FALSE);
}

static long memory_peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void p1_a_thousand_bombs_cost_neither_time_nor_memory(void **state)
{
	long before = memory_peak();

	(void)state;
	for (unsigned i = 0; i < BOMBS; i++) {
		g_autofree char *text = bomb(i);
		clock_t start = clock();
		g_autoptr(Document) document = NULL;
		g_autoptr(GError) error = NULL;

		if (document_read(text, strlen(text), &document, &error))
			fail_msg("bomb %u was read", i);
		assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
		if (clock() - start > BOMB_CLOCKS)
			fail_msg("bomb %u took longer than half a second", i);
	}
	if (memory_peak() - before > MEMORY_GROWTH)
		fail_msg("the bombs took %ld KiB", memory_peak() - before);
}

/* P2: each level names the one before it several times. */
static void p2_aliases_are_refused_before_they_multiply(void **state)
{
	g_autoptr(GString) text = g_string_new(HEAD "  xmd:\n    l0: &l0 [x, x]\n");
	g_autoptr(Document) document = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	for (unsigned i = 1; i < 60; i++)
		g_string_append_printf(text, "    l%u: &l%u [*l%u, *l%u]\n", i, i, i - 1, i - 1);
	assert_false(document_read(text->str, text->len, &document, &error));
	assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
	assert_non_null(strstr(error->message, "anchors"));
}

/* Every byte of a good document, replaced: read or refused, never anything else. */
static void p3_damaged_documents_end_in_a_verdict(void **state)
{
	static const char good[] =
		HEAD "  name: a\n  xmd: {k: [v, w]}\n"
		     "  components: {rpms: {b: {rationale: r, buildorder: 1}}}\n";
	static const char damage[] = { '\0', '\n', '\t', '"', '{',    '[',
				       '&',  '*',  '!',  '%', '\x80', '\xff' };

	(void)state;
	for (size_t i = 0; i < sizeof good - 1; i++)
		for (size_t k = 0; k < sizeof damage; k++) {
			g_autofree char *text = g_strdup(good);
			g_autoptr(Document) document = NULL;
			g_autoptr(GError) error = NULL;

			text[i] = damage[k];
			if (!document_read(text, sizeof good - 1, &document, &error))
				assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(m1_m2_hostile_names_are_refused_everywhere),
		cmocka_unit_test(p1_a_thousand_bombs_cost_neither_time_nor_memory),
		cmocka_unit_test(p2_aliases_are_refused_before_they_multiply),
		cmocka_unit_test(p3_damaged_documents_end_in_a_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
