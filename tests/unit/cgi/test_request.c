/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static void paths_are_read_as_they_were_sent(void **state)
{
	static const struct {
		const char *uri, *script, *info;
		const char *prefix, *path;
	} table[] = {
		{ "/rida/module-builds/42", "/rida/module-builds/42", "", "",
		  "/rida/module-builds/42" },
		{ "//rida///module-builds//42?x=1", "", "", "", "/rida/module-builds/42" },
		{ "/cgi-bin/rida.fcgi/rida/build-states/", "/cgi-bin/rida.fcgi",
		  "/rida/build-states/", "/cgi-bin/rida.fcgi", "/rida/build-states/" },
		{ "/rida/module-builds/", "/rida", "/module-builds/", "", "/rida/module-builds/" },
		{ "", "/cgi-bin/x", "/rida/", "/cgi-bin/x", "/rida/" },
		{ "", "", "/rida/", "", "/rida/" },
		{ "http://evil.example/rida/", "", "", "", "/rida/" },
		{ "/rida", "/ri", "", "", "/rida" },
		{ "/x/ridance", "/x", "", "", "/x/ridance" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *uri = g_strconcat("REQUEST_URI=", table[i].uri, NULL);
		g_autofree char *script = g_strconcat("SCRIPT_NAME=", table[i].script, NULL);
		g_autofree char *info = g_strconcat("PATH_INFO=", table[i].info, NULL);
		g_auto(WebRequest) request = { 0 };

		web_request_init(&request, PARAMETERS(uri, script, info), NULL, NULL);
		assert_string_equal(request.path, table[i].path);
		assert_string_equal(request.prefix, table[i].prefix);
	}
}

static void pieces_are_decoded_once(void **state)
{
	g_auto(WebRequest) request = { 0 };
	g_auto(WebRequest) bad = { 0 };

	(void)state;
	web_request_init(&request, PARAMETERS("REQUEST_URI=/rida/a%2Fb/%2541/"), NULL, NULL);
	assert_string_equal(request.segments[1], "a/b");
	assert_string_equal(request.segments[2], "%41");
	assert_string_equal(request.segments[3], "");
	assert_null(request.segments[4]);
	web_request_init(&bad, PARAMETERS("REQUEST_URI=/rida/%zz"), NULL, NULL);
	assert_null(bad.segments);
}

static void a16_a_path_with_control_bytes_is_no_path(void **state)
{
	(void)state;
	for (char byte = 1; byte >= 1 && byte <= ' '; byte++) {
		g_autofree char *path = g_strdup_printf("REQUEST_URI=/rida/module-builds%c", byte);
		g_autofree char *query =
			g_strdup_printf("REQUEST_URI=/rida/module-builds?a%cb: c", byte);
		g_auto(WebRequest) first = { 0 };
		g_auto(WebRequest) second = { 0 };

		web_request_init(&first, PARAMETERS(path), NULL, NULL);
		assert_null(first.segments);
		web_request_init(&second, PARAMETERS(query), NULL, NULL);
		assert_null(second.segments);
	}
}

static void the_query_is_decoded(void **state)
{
	g_auto(WebRequest) request = { 0 };
	g_autoptr(GError) error = NULL;

	(void)state;
	web_request_init(
		&request,
		PARAMETERS("REQUEST_URI=/rida/?name=a%2Bb+c&state=", "QUERY_STRING=name=other"),
		NULL, NULL);
	assert_true(web_request_read_query(&request, NULL));
	assert_string_equal(web_request_argument(&request, "name"), "a+b c");
	assert_string_equal(web_request_argument(&request, "state"), "");
	assert_null(web_request_argument(&request, "owner"));
	web_request_clear(&request);
	web_request_init(&request, PARAMETERS("REQUEST_URI=/rida/?name=%00"), NULL, NULL);
	assert_false(web_request_read_query(&request, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_MALFORMED);
}

static void methods_are_known_or_other(void **state)
{
	g_auto(WebRequest) patch = { 0 };
	g_auto(WebRequest) odd = { 0 };
	g_auto(WebRequest) none = { 0 };

	(void)state;
	web_request_init(&patch, PARAMETERS("REQUEST_METHOD=PATCH"), NULL, NULL);
	web_request_init(&odd, PARAMETERS("REQUEST_METHOD=get"), NULL, NULL);
	web_request_init(&none, PARAMETERS("X=y"), NULL, NULL);
	assert_int_equal(patch.method, METHOD_PATCH);
	assert_int_equal(odd.method, METHOD_OTHER);
	assert_int_equal(none.method, METHOD_OTHER);
}

static void bodies_are_read_exactly(void **state)
{
	static const struct {
		const char *length, *body, *expected; /* NULL: refused */
	} table[] = {
		{ "CONTENT_LENGTH=11", "hello world and more", "hello world" },
		{ "CONTENT_LENGTH=0", "", "" },
		{ "CONTENT_LENGTH=20", "20 bytes exactly...!", "20 bytes exactly...!" },
		{ "CONTENT_LENGTH=21", "too short", NULL },
		{ "CONTENT_LENGTH=", "x", NULL },
		{ "X=", "x", NULL },
		{ "CONTENT_LENGTH=-1", "x", NULL },
		{ "CONTENT_LENGTH=1e1", "x", NULL },
		{ "CONTENT_LENGTH=18446744073709551617", "x", NULL },
		{ "CONTENT_LENGTH=18446744073709551615", "x", NULL },
		{ "CONTENT_LENGTH=33", "over the cap of thirty-two bytes.", NULL },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct exchange_fixture fixture = { .body = table[i].body };
		g_auto(WebRequest) request = { 0 };
		g_autoptr(GString) body = NULL;
		g_autoptr(GError) error = NULL;
		char length[64];

		g_strlcpy(length, table[i].length, sizeof length);
		web_request_init(&request, PARAMETERS(length), fixture_read, &fixture);
		assert_int_equal(web_request_read_body(&request, 32, &body, &error),
				 table[i].expected != NULL);
		if (table[i].expected)
			assert_string_equal(body->str, table[i].expected);
		else
			assert_int_equal(error_code(error), RIDA_ERROR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_read_as_they_were_sent),
		cmocka_unit_test(pieces_are_decoded_once),
		cmocka_unit_test(a16_a_path_with_control_bytes_is_no_path),
		cmocka_unit_test(the_query_is_decoded),
		cmocka_unit_test(methods_are_known_or_other),
		cmocka_unit_test(bodies_are_read_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
