/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/html.h"

typedef void writer_fn(GString *out, const char *text);

static void each_place_has_its_escaping(void **state)
{
	static const struct {
		writer_fn *write;
		const char *text, *expected;
	} table[] = {
		{ html_text, "<script>alert('x')</script>",
		  "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
		{ html_text, "a & b \"c\"", "a &amp; b &quot;c&quot;" },
		{ html_text, NULL, "" },
		{ html_text, "\xff\x01 tab\there", "\xef\xbf\xbd\xef\xbf\xbd tab\there" },
		{ html_text, "\xef\xbf\xbe a\xef\xbf\xbf\xef\xbf\xbd",
		  "\xef\xbf\xbd a\xef\xbf\xbd\xef\xbf\xbd" },
		{ html_attr, "\" onmouseover=\"x", "&quot; onmouseover=&quot;x" },
		{ html_url, "/rida/?a=1&b=2", "/rida/?a=1&amp;b=2" },
		{ html_url, "https://example.org/", "https://example.org/" },
		{ html_url, "?page=2", "?page=2" },
		{ html_url, "javascript:alert(1)", "#" },
		{ html_url, "//evil.example/", "#" },
		{ html_url, "/\\evil.example/", "#" },
		{ html_url, "data:text/html,x", "#" },
		{ html_url, NULL, "#" },
		{ html_url_segment, "a/b?c", "a%2Fb%3Fc" },
		{ html_url_argument, "a&b=\"", "a%26b%3D%22" },
		{ html_log, "\033[31mred\033[0m \033]8;;http://evil\033\\link\033]8;;\a\r\n<b>",
		  "red link\n&lt;b&gt;" },
		{ html_log, "\033]never ends\nnext", "\nnext" },
		{ html_log, "end\033", "end" },
		{ html_log, "\033[", "" },
		{ html_log, "\033[9\033]8;;x\033\\b\303\244", "b\303\244" },
		{ html_log, "\033(0a\033Pq1\033\\b\033[?25;1$pc\033Md\033[\303\244",
		  "abcd\303\244" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		table[i].write(out, table[i].text);
		assert_string_equal(out->str, table[i].expected);
	}
}

static void times_and_lastings_are_readable(void **state)
{
	g_autoptr(GString) out = g_string_new(NULL);

	(void)state;
	html_time(out, INT64_C(1472901800) * G_USEC_PER_SEC);
	assert_string_equal(out->str,
			    "<time datetime=\"2016-09-03T11:23:20Z\">2016-09-03 11:23:20</time>");
	g_string_truncate(out, 0);
	html_time(out, 0);
	html(out, " ");
	html_duration(out, 41 * G_USEC_PER_SEC);
	html(out, " ");
	html_duration(out, 61 * G_USEC_PER_SEC);
	html(out, " ");
	html_duration(out, INT64_C(7500) * G_USEC_PER_SEC);
	assert_string_equal(out->str, "\xe2\x80\x93 41 s 1 min 01 s 2 h 05 min");
}

static void ages_and_counts_are_words(void **state)
{
	static const struct {
		int64_t seconds;
		const char *expected;
	} table[] = {
		{ -5, ">just now<" },  { 59, ">just now<" },    { 61, ">1 min ago<" },
		{ 7500, ">2 h ago<" }, { 90000, ">25 h ago<" }, { 864000, ">10 days ago<" },
	};
	const int64_t then = INT64_C(1472901800);
	g_autoptr(GString) out = g_string_new(NULL);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_string_truncate(out, 0);
		html_ago(out, then * G_USEC_PER_SEC, (then + table[i].seconds) * G_USEC_PER_SEC);
		assert_non_null(strstr(out->str, table[i].expected));
		assert_non_null(strstr(out->str, "datetime=\"2016-09-03T11:23:20Z\""));
		assert_non_null(strstr(out->str, "title=\"2016-09-03 11:23:20 UTC\""));
	}
	g_string_truncate(out, 0);
	html_ago(out, 0, then);
	html_count(out, 1, "build", "builds");
	html_count(out, 0, "build", "builds");
	assert_string_equal(out->str, "\xe2\x80\x93"
				      "1 build0 builds");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_has_its_escaping),
		cmocka_unit_test(times_and_lastings_are_readable),
		cmocka_unit_test(ages_and_counts_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
