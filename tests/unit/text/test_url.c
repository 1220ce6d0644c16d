/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "text/url.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char *const refused[] = {
	/* no URL */
	"",
	" ",
	"/",
	"//",
	"///",
	"foo",
	"foo/bar",
	"//good.example/x",
	"good.example/x",
	"://good.example/x",
	"https",
	"https:",
	"https:/",
	"https://",
	"https:///",
	"https:///path",
	"https:good.example/x",
	"https:/good.example/x",
	"https:\\\\good.example\\x",
	"mailto:a@b",
	"data:text/plain,x",
	"javascript:alert(1)",
	"git@good.example:x.git",
	"good.example:x.git",
	"file:///etc/passwd",
	"file://",
	"file:/etc/passwd",
	"ext::sh -c id",
	"ext::sh%20-c%20id",
	"fd::17",
	"-oProxyCommand=id",
	"--upload-pack=id",
	"https//good.example/x",
	"https;//good.example/x",
	"https://?x",
	"https://#x",
	"https://:443/x",
	/* the scheme */
	"1https://good.example/x",
	"+https://good.example/x",
	"ht tps://good.example/x",
	"ht_tps://good.example/x",
	"ht%74ps://good.example/x",
	"https\t://good.example/x",
	" https://good.example/x",
	"\nhttps://good.example/x",
	"h\xc3\xa9://good.example/x",
	"http/s://good.example/x",
	"ht?tps://good.example/x",
	"ht#tps://good.example/x",
	"abcdefghijabcdefghijabcdefghijabc://good.example/x",
	"-x://good.example/x",
	".x://good.example/x",
	/* user information */
	"https://good.example@evil/",
	"https://good.example@evil.example/x",
	"https://good.example:443@evil/",
	"https://good.example:443@evil.example:443/x",
	"https://a:b@good.example/x",
	"https://@good.example/x",
	"https://:@good.example/x",
	"https://:b@good.example/x",
	"https://a@b@good.example/x",
	"https://good.example%40evil.example/x",
	"https://good.example%40evil/",
	"https://good.example@[::1]/",
	"ssh://git@good.example/x",
	"ssh://-oProxyCommand=id@good.example/x",
	"git://a@good.example/x",
	"https://good.example#@evil.example/\\",
	"https://token@good.example/x.git",
	"https://good.example@/x",
	/* hosts */
	"https://good.example\\@evil.example/x",
	"https://good.example\\.evil.example/x",
	"https://good.example\\/x",
	"https://good_example!/x",
	"https://good example/x",
	"https://good.example /x",
	"https:// good.example/x",
	"https://good.example\t/x",
	"https://good\n.example/x",
	"https://good.example\r\n/x",
	"https://good\x01/x",
	"https://good.example\x7f/x",
	"https://good.example%2eevil/x",
	"https://good%2Eexample/x",
	"https://good.example%00.evil/x",
	"https://good.example%0d%0a/x",
	"https://good.example%09/x",
	"https://%67ood.example/x",
	"https://g%6fod.example/x",
	"https://good.example%2f@evil/x",
	"https://good.example%5c/x",
	"https://b\xc3\xbc"
	"cher.example/x",
	"https://good\xe3\x80\x82"
	"example/x",
	"https://good\xef\xbc\x8e"
	"example/x",
	"https://\xc2\xad"
	"good.example/x",
	"https://good..example/x",
	"https://.good.example/x",
	"https://good.example./x",
	"https://./x",
	"https://../x",
	"https://-good.example/x",
	"https://good-.example/x",
	"https://good.-example/x",
	"https://-/x",
	"ssh://-oProxyCommand=id/x",
	"ssh://-oProxyCommand/x",
	"https://good,example/x",
	"https://good;example/x",
	"https://good'example/x",
	"https://good\"example/x",
	"https://good$(id)/x",
	"https://`id`/x",
	"https://{good}/x",
	"https://good|x/x",
	"https://good^x/x",
	"https://*.example/x",
	"https://good.example&x/x",
	"https://good=x/x",
	"https://a<b>/x",
	"https://aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.example/x",
	"https://~good/x",
	/* addresses in disguise */
	"http://127.1/x",
	"http://127.0.1/x",
	"http://2130706433/x",
	"http://0x7f000001/x",
	"http://0x7f.0.0.1/x",
	"http://0x7F.1/x",
	"http://127.0.0.0x1/x",
	"http://017700000001/x",
	"http://1/x",
	"http://0/x",
	"http://256.1.1.1/x",
	"http://127.0.0.1.1/x",
	"http://127.0.0.256/x",
	"http://999999999999/x",
	"http://1.2.3/x",
	"http://good.0x7f/x",
	"http://good.1/x",
	"http://127.0.0.1./x",
	"http://0x/x",
	/* IPv6 */
	"http://::1/x",
	"http://[::1/x",
	"http://::1]/x",
	"http://[::1]x/x",
	"http://[::1]]/x",
	"http://[[::1]]/x",
	"http://[]/x",
	"http://[127.0.0.1]/x",
	"http://[good.example]/x",
	"http://[fe80::1%eth0]/x",
	"http://[fe80::1%25eth0]/x",
	"http://[::1%00]/x",
	"http://[::g]/x",
	"http://[1:2:3:4:5:6:7]/x",
	"http://[1:2:3:4:5:6:7:8:9]/x",
	"http://[:::1]/x",
	"http://[v1.x]/x",
	"http://[::1]:/x",
	"http://[::1]:x/x",
	"http://[::1]443/x",
	"http://[::1] /x",
	"http://[ ::1]/x",
	"http://x[::1]/x",
	"http://[::ffff:1.2.3.256]/x",
	/* ports */
	"https://good.example:/x",
	"https://good.example:0/x",
	"https://good.example:65536/x",
	"https://good.example:99999/x",
	"https://good.example:443443/x",
	"https://good.example:-1/x",
	"https://good.example:+443/x",
	"https://good.example: 443/x",
	"https://good.example:443 /x",
	"https://good.example:44x/x",
	"https://good.example:0443/x",
	"https://good.example:0x1bb/x",
	"https://good.example:443:443/x",
	"https://good.example:4%343/x",
	"https://good.example:\xd9\xa1/x",
	"https://good.example:18446744073709552059/x",
	"https://good.example::443/x",
	"https://good.example:https/x",
	"https://good.example:443.0/x",
	"https://good.example:4e2/x",
	/* path segments */
	"https://good.example/..",
	"https://good.example/../",
	"https://good.example/../x",
	"https://good.example/x/..",
	"https://good.example/x/../y",
	"https://good.example/modules/../../other",
	"https://good.example/.",
	"https://good.example/./",
	"https://good.example/x/./y",
	"https://good.example/x/.",
	"https://good.example//",
	"https://good.example//x",
	"https://good.example/x//",
	"https://good.example/x//y",
	"https://good.example///",
	"https://good.example/x///y",
	"https://good.example/modules//x",
	"https://good.example/..?#x",
	"https://good.example/%2e%2e/x",
	"https://good.example/%2E%2E/x",
	"https://good.example/.%2e/x",
	"https://good.example/%2e./x",
	"https://good.example/%2e/x",
	"https://good.example/x%2fy",
	"https://good.example/x%2Fy",
	"https://good.example/x%5cy",
	"https://good.example/x%5Cy",
	"https://good.example/x%40y",
	"https://good.example/x%2ey",
	"https://good.example/%252e%252e/x",
	"https://good.example/x%25y",
	"https://good.example/x%252fy",
	"https://good.example/%c0%ae%c0%ae%2f",
	/* path bytes */
	"https://good.example/x y",
	"https://good.example/x\ty",
	"https://good.example/x\ny",
	"https://good.example/x\ry",
	"https://good.example/x\x01y",
	"https://good.example/x\x7fy",
	"https://good.example/x\\y",
	"https://good.example/\\..\\x",
	"https://good.example/x\"y",
	"https://good.example/x<y",
	"https://good.example/x>y",
	"https://good.example/x`y",
	"https://good.example/x{y}",
	"https://good.example/x|y",
	"https://good.example/x^y",
	"https://good.example/[x]",
	"https://good.example/x\xc3\xa9",
	"https://good.example/\xff",
	"https://good.example/x%",
	"https://good.example/x%2",
	"https://good.example/x%zz",
	"https://good.example/x%g0",
	"https://good.example/x%0g",
	"https://good.example/x%%41",
	"https://good.example/x%00y",
	"https://good.example/x%0ay",
	"https://good.example/x%0dy",
	"https://good.example/x%09y",
	"https://good.example/x%1fy",
	"https://good.example/x%7fy",
	"https://good.example/x%7Fy",
	"https://good.example/x%2 0",
	"https://good.example/x% 20",
	"https://good.example/x%-1",
	"https://good.example/x ",
	/* query and fragment */
	"https://good.example/x?a b",
	"https://good.example/x?a\nb",
	"https://good.example/x?\\",
	"https://good.example/x?%",
	"https://good.example/x?%zz",
	"https://good.example/x?%00",
	"https://good.example/x?\xc3\xa9",
	"https://good.example/x?[a]",
	"https://good.example/x?\"",
	"https://good.example/x?<",
	"https://good.example/x?%0a",
	"https://good.example/x?#a b",
	"https://good.example/x?#a#b",
	"https://good.example/x##",
	"https://good.example/x#\n",
	"https://good.example/x#%",
	"https://good.example/x#%00",
	"https://good.example/x#%2e%2e",
	"https://good.example/x#{}",
	"https://good.example/x#a@{1}",
	"https://good.example/x#\\",
	"https://good.example/x#^",
	"https://good.example/x#\xff",
	"https://good.example/x#--upload-pack=`id`",
	"https://good.example/x?#HEAD^{commit}",
	"https://good.example/x?#$(id) ",
};

static void what_is_no_good_url_is_refused(void **state)
{
	(void)state;
	assert_true(G_N_ELEMENTS(refused) >= 250);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;
		struct url *url = NULL;

		if (url_read(refused[i], &url, &error))
			fail_msg("was read: %s", refused[i]);
		assert_null(url);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
	}
}

static const struct {
	const char *text, *written, *host;
	unsigned port;
	const char *query, *fragment;
} accepted[] = {
	{ "https://good.example", "https://good.example/", "good.example", 443, NULL, NULL },
	{ "https://good.example/", "https://good.example/", "good.example", 443, NULL, NULL },
	{ "https://good.example?a=b", "https://good.example/", "good.example", 443, "a=b", NULL },
	{ "https://good.example#f", "https://good.example/", "good.example", 443, NULL, "f" },
	{ "https://good.example/x", "https://good.example/x", "good.example", 443, NULL, NULL },
	{ "https://good.example/x/", "https://good.example/x/", "good.example", 443, NULL, NULL },
	{ "HTTPS://GOOD.Example/X", "https://good.example/X", "good.example", 443, NULL, NULL },
	{ "https://good.example:443/x", "https://good.example:443/x", "good.example", 443, NULL,
	  NULL },
	{ "https://good.example:8443/x", "https://good.example:8443/x", "good.example", 8443, NULL,
	  NULL },
	{ "https://good.example:1/x", "https://good.example:1/x", "good.example", 1, NULL, NULL },
	{ "https://good.example:65535/x", "https://good.example:65535/x", "good.example", 65535,
	  NULL, NULL },
	{ "http://good.example/x", "http://good.example/x", "good.example", 80, NULL, NULL },
	{ "git://good.example/x", "git://good.example/x", "good.example", 9418, NULL, NULL },
	{ "ssh://good.example/x", "ssh://good.example/x", "good.example", 22, NULL, NULL },
	{ "git+https://good.example/x", "git+https://good.example/x", "good.example", 0, NULL,
	  NULL },
	{ "git://good.example/modules/foo.git/foo.yaml?#0123abc",
	  "git://good.example/modules/foo.git/foo.yaml", "good.example", 9418, "", "0123abc" },
	{ "git://good.example/modules/foo.git?#rawhide", "git://good.example/modules/foo.git",
	  "good.example", 9418, "", "rawhide" },
	{ "git://good.example/foo.git#feature/x", "git://good.example/foo.git", "good.example",
	  9418, NULL, "feature/x" },
	{ "https://good.example.evil/x", "https://good.example.evil/x", "good.example.evil", 443,
	  NULL, NULL },
	{ "https://good.example/a/b/c.d/e-f_g~h", "https://good.example/a/b/c.d/e-f_g~h",
	  "good.example", 443, NULL, NULL },
	{ "https://good.example/a%20b", "https://good.example/a%20b", "good.example", 443, NULL,
	  NULL },
	{ "https://good.example/%C3%A9", "https://good.example/%C3%A9", "good.example", 443, NULL,
	  NULL },
	{ "https://good.example/!$&'()*+,;=:@", "https://good.example/!$&'()*+,;=:@",
	  "good.example", 443, NULL, NULL },
	{ "https://good.example/x@evil.example/", "https://good.example/x@evil.example/",
	  "good.example", 443, NULL, NULL },
	{ "https://good.example/x?@evil.example/", "https://good.example/x", "good.example", 443,
	  "@evil.example/", NULL },
	{ "https://good.example/...", "https://good.example/...", "good.example", 443, NULL, NULL },
	{ "https://good.example/..x/.git", "https://good.example/..x/.git", "good.example", 443,
	  NULL, NULL },
	{ "https://good.example/-x", "https://good.example/-x", "good.example", 443, NULL, NULL },
	{ "https://good.example/x?a=%20b&c=d/e?f", "https://good.example/x", "good.example", 443,
	  "a=%20b&c=d/e?f", NULL },
	{ "https://good.example/x?q#a/b?c", "https://good.example/x", "good.example", 443, "q",
	  "a/b?c" },
	{ "https://good.example/x?a://b", "https://good.example/x", "good.example", 443, "a://b",
	  NULL },
	{ "https://good.example/x:80", "https://good.example/x:80", "good.example", 443, NULL,
	  NULL },
	{ "http://localhost/x", "http://localhost/x", "localhost", 80, NULL, NULL },
	{ "http://a/x", "http://a/x", "a", 80, NULL, NULL },
	{ "http://a_b.c-d.example/x", "http://a_b.c-d.example/x", "a_b.c-d.example", 80, NULL,
	  NULL },
	{ "http://xn--bcher-kva.example/x", "http://xn--bcher-kva.example/x",
	  "xn--bcher-kva.example", 80, NULL, NULL },
	{ "http://1.example/x", "http://1.example/x", "1.example", 80, NULL, NULL },
	{ "http://127.0.0.1/x", "http://127.0.0.1/x", "127.0.0.1", 80, NULL, NULL },
	{ "git://127.0.0.1:9999/x", "git://127.0.0.1:9999/x", "127.0.0.1", 9999, NULL, NULL },
	{ "http://255.255.255.255/x", "http://255.255.255.255/x", "255.255.255.255", 80, NULL,
	  NULL },
	{ "http://[::1]/x", "http://[::1]/x", "::1", 80, NULL, NULL },
	{ "http://[::1]:8080/x", "http://[::1]:8080/x", "::1", 8080, NULL, NULL },
	{ "http://[2001:DB8::A]/x", "http://[2001:db8::a]/x", "2001:db8::a", 80, NULL, NULL },
	{ "http://[::ffff:127.0.0.1]/x", "http://[::ffff:127.0.0.1]/x", "::ffff:127.0.0.1", 80,
	  NULL, NULL },
	{ "https://aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg.example/x",
	  "https://aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg.example/x",
	  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg.example", 443, NULL,
	  NULL },
};

static void same_or_null(const char *one, const char *other)
{
	assert_int_equal(!one, !other);
	if (one)
		assert_string_equal(one, other);
}

static void a_good_url_is_taken_apart_and_rebuilt(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(accepted); i++) {
		g_autoptr(Url) url = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *written = NULL;

		if (!url_read(accepted[i].text, &url, &error))
			fail_msg("%s: %s", accepted[i].text, error->message);
		written = url_write(url);
		assert_string_equal(written, accepted[i].written);
		assert_string_equal(url->host, accepted[i].host);
		assert_int_equal(url->port, accepted[i].port);
		same_or_null(url->query, accepted[i].query);
		same_or_null(url->fragment, accepted[i].fragment);
	}
}

static void what_was_written_reads_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(accepted); i++) {
		g_autoptr(Url) url = NULL;
		g_autofree char *written = NULL;

		assert_true(url_read(accepted[i].written, &url, NULL));
		written = url_write(url);
		assert_string_equal(written, accepted[i].written);
	}
}

static void the_path_is_an_array_of_segments(void **state)
{
	g_autoptr(Url) url = NULL;
	g_autofree char *path = NULL;

	(void)state;
	assert_true(url_read("git://good.example:9418/modules/foo.git/", &url, NULL));
	path = g_strjoinv("|", url->segments);
	assert_string_equal(path, "modules|foo.git");
	assert_true(url->ends_in_slash);
	assert_true(url->has_port);
}

static void a_url_over_the_cap_is_refused(void **state)
{
	g_autofree char *path = g_strnfill(URL_BYTES_MAX, 'a');
	g_autofree char *text = g_strconcat("https://h/", path, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Url) url = NULL;

	(void)state;
	assert_false(url_read(text, &url, &error));
	assert_non_null(strstr(error->message, "2048"));
	text[URL_BYTES_MAX] = 0;
	assert_true(url_read(text, &url, NULL));
}

static void the_message_names_the_part_that_is_wrong(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "foo", "scheme://host/path" },
		{ "1x://h/", "the scheme" },
		{ "https://a:b@h/", "names a user" },
		{ "https:///x", "names no host" },
		{ "https://h..x/", "the host" },
		{ "https://h:0/", "the port" },
		{ "https://h/../", "has \"..\" between slashes" },
		{ "https://h//", "two slashes" },
		{ "https://h/%2e", "the path of the URL has the escape \"%2e\"" },
		{ "https://h/a b", "the path of the URL has a blank" },
		{ "https://h/?\\", "the part after \"?\" of the URL has \"\\\"" },
		{ "https://h/#\n", "the part after \"#\" of the URL has the byte 0x0a" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct url *url = NULL;

		assert_false(url_read(cases[i].text, &url, &error));
		if (!strstr(error->message, cases[i].message))
			fail_msg("%s: %s", cases[i].text, error->message);
	}
}

static void values_are_encoded_for_their_place(void **state)
{
	static const struct {
		const char *text, *segment, *argument;
	} cases[] = {
		{ "plain-1.0_x~y", "plain-1.0_x~y", "plain-1.0_x~y" },
		{ "a b", "a%20b", "a%20b" },
		{ "a/b?c#d", "a%2Fb%3Fc%23d", "a%2Fb%3Fc%23d" },
		{ "a&b=c+d", "a&b=c+d", "a%26b%3Dc%2Bd" },
		{ "50%", "50%25", "50%25" },
		{ "\"<>\\", "%22%3C%3E%5C", "%22%3C%3E%5C" },
		{ "\xc3\xa9\n", "%C3%A9%0A", "%C3%A9%0A" },
		{ "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *segment = url_segment(cases[i].text);
		g_autofree char *argument = url_argument(cases[i].text);

		assert_string_equal(segment, cases[i].segment);
		assert_string_equal(argument, cases[i].argument);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_good_url_is_refused),
		cmocka_unit_test(a_good_url_is_taken_apart_and_rebuilt),
		cmocka_unit_test(what_was_written_reads_the_same),
		cmocka_unit_test(the_path_is_an_array_of_segments),
		cmocka_unit_test(a_url_over_the_cap_is_refused),
		cmocka_unit_test(the_message_names_the_part_that_is_wrong),
		cmocka_unit_test(values_are_encoded_for_their_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
