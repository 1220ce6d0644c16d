/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "ports/scm/scm.h"
#include "tests/fuzz/curl_reading.h"
#include "text/url.h"

/* After our headers: it defines a macro named fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MUTATIONS 30000

/* The fixture: what is allowed, and lines of verdict, URL, and what is read from it. */
struct corpus {
	char **allow;
	GPtrArray *lines; /* of char ** */
};
static struct corpus corpus;

static int load(void **state)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GPtrArray) allow = g_ptr_array_new();

	(void)state;
	corpus.lines = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	if (!g_file_get_contents(FIXTURES "/scm-urls.txt", &text, NULL, NULL))
		return -1;
	lines = g_strsplit(text, "\n", -1);
	for (size_t i = 0; lines[i]; i++) {
		char **words = g_strsplit(lines[i], "\t", 3);

		if (lines[i][0] == '#' || !words[0] || !words[1])
			g_strfreev(words);
		else if (g_str_equal(words[0], "allow")) {
			g_ptr_array_add(allow, g_strdup(words[1]));
			g_strfreev(words);
		} else
			g_ptr_array_add(corpus.lines, words);
	}
	g_ptr_array_add(allow, NULL);
	corpus.allow = (char **)g_ptr_array_steal(allow, NULL);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	g_ptr_array_unref(corpus.lines);
	g_strfreev(corpus.allow);
	return 0;
}

static char *judge(const char *text)
{
	const struct scm_rules rules = { .allow = corpus.allow };
	g_autoptr(GError) error = NULL;
	g_autoptr(ScmUrl) url = NULL;

	if (!scm_url_read(text, &rules, &url, &error)) {
		assert_null(url);
		return g_strdup(error_code_name(error_code(error)));
	}
	return g_strdup_printf("allowed %s %s %s", url->repository, url->path ? url->path : "-",
			       url->ref ? url->ref : "-");
}

static void s1_s2_s3_s4_each_url_of_the_corpus_gets_its_verdict(void **state)
{
	unsigned wrong = 0;

	(void)state;
	assert_true(corpus.lines->len >= 300);
	for (guint i = 0; i < corpus.lines->len; i++) {
		char **words = g_ptr_array_index(corpus.lines, i);
		g_autofree char *text = g_strcompress(words[1]);
		g_autofree char *got = judge(text);
		g_autofree char *wanted = words[2] ? g_strdup_printf("%s %s", words[0], words[2])
						   : g_strdup(words[0]);

		if (!g_str_equal(got, wanted)) {
			print_error("%s\n   is    %s\n   wants %s\n", words[1], got, wanted);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static bool host_is_allowed(const char *scheme, const char *host)
{
	for (size_t i = 0; corpus.allow[i]; i++) {
		g_autoptr(GUri) entry = g_uri_parse(corpus.allow[i], G_URI_FLAGS_NONE, NULL);

		if (g_str_equal(g_uri_get_scheme(entry), scheme) &&
		    g_str_equal(g_uri_get_host(entry), host))
			return true;
	}
	return false;
}

/* libcurl, which git uses, must see the same server in both. */
static void check_with_curl(const char *text, const char *rebuilt)
{
	g_autoptr(Url) url = NULL;

	assert_true(url_read(rebuilt, &url, NULL));
	curl_reads_the_same(rebuilt, url->host, url->port);
	if (g_ascii_strncasecmp(text, "git+", 4) == 0)
		text += 4;
	curl_reads_the_same(text, url->host, url->port);
}

/* Another reader of URLs must see an allowed host, in what came in and in what goes to git. */
static void check_with_other_reader(const char *text)
{
	g_auto(GStrv) words = NULL;
	g_autofree char *got = judge(text);
	g_autofree char *host = NULL;
	g_autoptr(GUri) before = NULL;
	g_autoptr(GUri) after = NULL;

	if (!g_str_has_prefix(got, "allowed "))
		return;
	words = g_strsplit(got, " ", -1);
	after = g_uri_parse(words[1], G_URI_FLAGS_NONE, NULL);
	if (!after || !host_is_allowed(g_uri_get_scheme(after), g_uri_get_host(after)))
		fail_msg("%s becomes %s", text, words[1]);
	before = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
	host = before ? g_ascii_strdown(g_uri_get_host(before), -1) : NULL;
	if (host && !g_str_equal(host, g_uri_get_host(after)))
		fail_msg("%s becomes %s", text, words[1]);
	check_with_curl(text, words[1]);
}

static void mutate(GRand *random, GString *text)
{
	static const char *const pieces[] = { "@",   ":",        "/",   "\\",     "%",    "#",
					      "?",   "..",       "//",  ".",      "evil", "%40",
					      "%2f", "\t",       "[",   "]",      "&",    "git+",
					      "-",   "https://", ":80", "@evil/", "\n",   "%00",
					      "%2e", ";",        "_" };
	gint32 at = g_rand_int_range(random, 0, (gint32)text->len + 1);

	if (g_rand_boolean(random) && text->len > 0)
		g_string_erase(text, MIN(at, (gint32)text->len - 1), 1);
	else
		g_string_insert(text, at,
				pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
}

static void s1_no_mutation_is_allowed_with_another_host(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(20260101);

	(void)state;
	for (unsigned i = 0; i < MUTATIONS; i++) {
		char **words = g_ptr_array_index(corpus.lines, i % corpus.lines->len);
		g_autofree char *start = g_strcompress(words[1]);
		g_autoptr(GString) text = g_string_new(start);

		for (gint32 count = g_rand_int_range(random, 1, 4); count > 0; count--)
			mutate(random, text);
		check_with_other_reader(text->str);
	}
}

static void without_entries_nothing_is_allowed(void **state)
{
	char *none[] = { NULL };
	const struct scm_rules empty = { .allow = none };
	const struct scm_rules zero = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) second = NULL;
	g_autoptr(ScmUrl) url = NULL;

	(void)state;
	assert_false(scm_url_read("https://good.example/foo.git", &empty, &url, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_FORBIDDEN);
	assert_non_null(strstr(error->message, "scm_allow"));
	assert_false(scm_url_read("https://good.example/foo.git", &zero, &url, &second));
	assert_int_equal(error_code(second), RIDA_ERROR_FORBIDDEN);
}

static void an_entry_that_cannot_be_read_is_the_operators_business(void **state)
{
	char *allow[] = { (char[]){ "good.example/modules" }, NULL };
	const struct scm_rules rules = { .allow = allow };
	g_autoptr(GError) error = NULL;
	g_autoptr(ScmUrl) url = NULL;

	(void)state;
	assert_false(scm_url_read("https://good.example/foo.git", &rules, &url, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_INTERNAL);
	assert_non_null(strstr(error->message, "good.example/modules"));
}

static void name_and_server_are_taken_from_the_url(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		const char *server;
	} cases[] = {
		{ "https://good.example/modules/foo.git/foo.yaml?#f36", "foo", "good.example:443" },
		{ "https://good.example:8443/foo", "foo", "good.example:8443" },
		{ "git://good.example/modules/a.b.git", "a.b", "good.example:9418" },
		{ "ssh://git.example/x.git.git", "x.git", "git.example:22" },
		{ "https://[2001:db8::1]/x/foo.git", "foo", "[2001:db8::1]:443" },
	};
	const struct scm_rules rules = { .allow = corpus.allow };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(ScmUrl) url = NULL;

		assert_true(scm_url_read(cases[i].text, &rules, &url, NULL));
		assert_string_equal(url->name, cases[i].name);
		assert_string_equal(url->server, cases[i].server);
	}
}

static void a_components_repository_has_no_ref_and_no_file(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} cases[] = {
		{ "https://good.example/modules/foo.git", true },
		{ "https://good.example/modules/foo", true },
		{ "https://good.example/modules/foo.git?#f36", false },
		{ "https://good.example/modules/foo.git/foo.spec", false },
		{ "https://evil.example/modules/foo.git", false },
	};
	const struct scm_rules rules = { .allow = corpus.allow };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(ScmUrl) url = NULL;

		if (scm_repository_check(cases[i].text, &rules, &url, NULL) != cases[i].is_good)
			fail_msg("%s", cases[i].text);
	}
}

static void a_refusal_says_what_to_do_and_shows_no_secret(void **state)
{
	static const struct {
		const char *text;
		const char *hint;
	} cases[] = {
		{ "https://good.example/modules/foo.git?#abc1234", "40 digits" },
		{ "https://good.example/modules/foo.git?x", "?#" },
		{ "https://good.example/other/foo.git", "scm_allow" },
		{ "svn://good.example/modules/foo", "https, git and ssh" },
		{ "https://user:hunter2@good.example/modules/foo.git", "names a user" },
	};
	const struct scm_rules rules = { .allow = corpus.allow };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(ScmUrl) url = NULL;

		assert_false(scm_url_read(cases[i].text, &rules, &url, &error));
		if (!strstr(error->message, cases[i].hint))
			fail_msg("%s: %s", cases[i].text, error->message);
		assert_null(strstr(error->message, "hunter2"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s1_s2_s3_s4_each_url_of_the_corpus_gets_its_verdict),
		cmocka_unit_test(s1_no_mutation_is_allowed_with_another_host),
		cmocka_unit_test(without_entries_nothing_is_allowed),
		cmocka_unit_test(an_entry_that_cannot_be_read_is_the_operators_business),
		cmocka_unit_test(name_and_server_are_taken_from_the_url),
		cmocka_unit_test(a_components_repository_has_no_ref_and_no_file),
		cmocka_unit_test(a_refusal_says_what_to_do_and_shows_no_secret),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
