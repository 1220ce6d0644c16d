/* SPDX-License-Identifier: MIT */
/*
 * Recorded answers that break off, and such that are damaged. RIDA_TEST_CUTS=all cuts at each byte
 * in each way of feeding, RIDA_TEST_MUTANTS is how many damaged answers are tried, RIDA_TEST_SEED
 * draws others. Each prints: name, done/wanted, violations.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/text/koji_recorded.h"
#include "tests/unit/text/xmlrpc_reading.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MUTANTS     5000
#define CUT_STEP    11
#define SECONDS_MAX 1.0

static const char *const answers[] = {
	"AuthLockError",
	"checkUpload",
	"echo_request_variants",
	"echo_types",
	"getAverageBuildDuration",
	"getBuildTarget_existing",
	"getBuild_dict",
	"getInheritanceData",
	"getLoggedInUser",
	"getRPMHeaders_more",
	"getRPM_i8_size",
	"getRepo_ready",
	"getTag_extra_types",
	"getTaskDescendents",
	"getTaskInfo_free",
	"getTaskResult_bad_scm_fault",
	"hasPerm_true",
	"listTagged",
	"multiCall_mixed",
	"multiCall_ok",
};

struct answer {
	char *text;
	gsize length;
};

static struct answer loaded[G_N_ELEMENTS(answers)];

static int load(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
		loaded[i].text = load_recorded(answers[i], ".response.xml", &loaded[i].length);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
		g_free(loaded[i].text);
	return 0;
}

static unsigned wanted_number(const char *variable, unsigned fallback)
{
	const char *text = g_getenv(variable);

	return text ? (unsigned)g_ascii_strtoull(text, NULL, 10) : fallback;
}

/* A read past the end of a copy is seen by the sanitizer. */
static char *copy_of(const char *text, size_t length)
{
	char *copy = g_malloc(length);

	if (length > 0)
		memcpy(copy, text, length);
	return copy;
}

static bool cut_is_refused(const char *text, size_t length, const struct pieces *pieces)
{
	g_autofree char *bytes = copy_of(text, length);
	g_auto(XmlrpcMessage) message = { 0 };
	g_autoptr(GError) error = NULL;

	return !read_in_pieces(bytes, length, pieces, &message, &error) &&
	       nothing_was_read(&message, error);
}

static void an_answer_that_breaks_off_has_no_value(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(wanted_number("RIDA_TEST_SEED", 1));
	const struct pieces ways[] = {
		{ 0 },
		{ .max = 1 },
		{ .max = 200, .sizes = random },
	};
	bool is_all = g_strcmp0(g_getenv("RIDA_TEST_CUTS"), "all") == 0;
	unsigned done = 0;
	unsigned violations = 0;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		const char *end = g_strrstr(loaded[i].text, ">");
		size_t whole = (size_t)(end + 1 - loaded[i].text);

		for (size_t way = 0; way < G_N_ELEMENTS(ways); way++)
			if (cut_is_refused(loaded[i].text, whole, &ways[way]))
				fail_msg("%s is whole and was refused", answers[i]);
		for (size_t cut = 0; cut < whole; cut += is_all ? 1 : 1 + done % CUT_STEP) {
			for (size_t way = is_all ? 0 : done % 3; way < 3; way += is_all ? 1 : 3) {
				done++;
				if (cut_is_refused(loaded[i].text, cut, &ways[way]))
					continue;
				violations++;
				print_message("%s was read, cut at byte %zu\n", answers[i], cut);
			}
		}
	}
	printf("K01-codec %u/%u %u\n", done, done, violations);
	assert_true(done > 1000);
	assert_int_equal(violations, 0);
}

/* ---- damage --------------------------------------------------------------------------------- */

/* What is put where it does not belong. */
static const char *const strays[] = {
	"<value>",
	"</value>",
	"<nil/>",
	"<value><nil/></value>",
	"<array><data>",
	"</data></array>",
	"<struct>",
	"</struct>",
	"<member>",
	"</member>",
	"<name>x</name>",
	"<int>1</int>",
	"<i8>-9223372036854775809</i8>",
	"<boolean>2",
	"<double>nan</double>",
	"<base64>x</base64>",
	"<fault>",
	"</methodResponse>",
	"<methodResponse>",
	"<params>",
	"<param>",
	"<!DOCTYPE x>",
	"<!--",
	"-->",
	"<![CDATA[",
	"]]>",
	"&lt;",
	"&x;",
	"&#0;",
	"&#xD800;",
	"<?x ?>",
	"\xef\xbb\xbf",
	"\xed\xa0\x80",
	"99999999999999999999",
	"\xff\xfe",
};

/* Pairs that change the meaning, not the form. */
static const struct {
	const char *from, *to;
} twists[] = {
	{ "<int>", "<string>" },
	{ "</int>", "</string>" },
	{ "<string>", "<int>" },
	{ "<name>faultCode</name>", "<name>faultcode</name>" },
	{ "<fault>", "<params>" },
	{ "<nil/>", "<int></int>" },
	{ "<value><int>", "<value><int>-" },
	{ "<value>", "<value><nil/></value><value>" },
	{ "<member>", "<member><name>x</name><value/></member><member>" },
	{ "version='1.0'", "version='1.0' encoding='utf-16'" },
};

static size_t place(GRand *random, const GString *text)
{
	return (size_t)g_rand_int_range(random, 0, (gint32)text->len + 1);
}

static void damage_bytes(GRand *random, GString *text)
{
	size_t at = place(random, text);
	size_t most = (size_t)g_rand_int_range(random, 1, 40);
	size_t length = MIN(most, text->len - at);
	g_autofree char *copy = g_strndup(text->str + at, length);

	switch (g_rand_int_range(random, 0, 5)) {
	case 0:
		if (at < text->len)
			text->str[at] = (char)g_rand_int_range(random, 0, 256);
		break;
	case 1:
		if (at < text->len)
			text->str[at] ^= (char)(1 << g_rand_int_range(random, 0, 8));
		break;
	case 2:
		g_string_erase(text, (gssize)at, (gssize)length);
		break;
	case 3:
		g_string_insert_len(text, (gssize)place(random, text), copy, (gssize)length);
		break;
	default:
		g_string_truncate(text, at);
		break;
	}
}

static void put_stray(GRand *random, GString *text)
{
	const char *stray = strays[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(strays))];

	g_string_insert(text, (gssize)place(random, text), stray);
}

/* Replaces one occurrence, by chance the first after some place. */
static void twist(GRand *random, GString *text)
{
	int i = g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(twists));
	size_t at = place(random, text);
	const char *found = g_strstr_len(text->str + at, (gssize)(text->len - at), twists[i].from);

	if (!found)
		return;
	at = (size_t)(found - text->str);
	g_string_erase(text, (gssize)at, (gssize)strlen(twists[i].from));
	g_string_insert(text, (gssize)at, twists[i].to);
}

/* Goes on with another answer from some place of it. */
static void splice(GRand *random, GString *text)
{
	const struct answer *other =
		&loaded[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(loaded))];
	size_t from = (size_t)g_rand_int_range(random, 0, (gint32)other->length);

	g_string_truncate(text, place(random, text));
	g_string_append_len(text, other->text + from, (gssize)(other->length - from));
}

static void damage(GRand *random, GString *text)
{
	static void (*const ways[])(GRand *, GString *) = {
		damage_bytes,
		put_stray,
		twist,
		splice,
	};
	int times = g_rand_int_range(random, 1, 5);

	for (int i = 0; i < times; i++)
		ways[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(ways))](random, text);
}

/* What is wrong with how the text is read; NULL: nothing. */
static const char *verdict(GRand *random, const GString *text)
{
	g_autofree char *bytes = copy_of(text->str, text->len);
	clock_t start = clock();
	const char *problem = reading_problem(random, bytes, text->len);

	if ((double)(clock() - start) / CLOCKS_PER_SEC > SECONDS_MAX)
		return "takes long";
	return problem;
}

static void p7_damaged_answers_are_read_or_refused(void **state)
{
	unsigned seed = wanted_number("RIDA_TEST_SEED", 1);
	unsigned wanted = wanted_number("RIDA_TEST_MUTANTS", MUTANTS);
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	unsigned violations = 0;
	unsigned read = 0;

	(void)state;
	for (unsigned i = 0; i < wanted; i++) {
		const struct answer *answer = &loaded[i % G_N_ELEMENTS(loaded)];
		g_autoptr(GString) text = g_string_new_len(answer->text, (gssize)answer->length);
		g_auto(XmlrpcMessage) message = { 0 };
		const char *problem;

		damage(random, text);
		problem = verdict(random, text);
		read += read_in_pieces(text->str, text->len, &(const struct pieces){ 0 }, &message,
				       NULL);
		if (!problem)
			continue;
		violations++;
		print_message("seed %u, number %u %s:\n%s\n", seed, i, problem, text->str);
	}
	printf("K02-codec %u/%u %u\n", wanted, wanted, violations);
	assert_int_equal(violations, 0);
	assert_in_range(read, wanted / 100, wanted / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_that_breaks_off_has_no_value),
		cmocka_unit_test(p7_damaged_answers_are_read_or_refused),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
