/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/json_body.h"

static void a13_bodies_are_json_objects_of_our_own_pages_or_programs(void **state)
{
	static const struct {
		const char *type, *origin, *body;
		int code; /* RIDA_ERROR__COUNT: good */
	} table[] = {
		{ "application/json", "X=", "{\"a\": 1}", RIDA_ERROR__COUNT },
		{ "Application/JSON; charset=utf-8", "X=", "{}", RIDA_ERROR__COUNT },
		{ "", "X=", "{}", RIDA_ERROR__COUNT },
		{ "application/x-www-form-urlencoded", "X=", "{}", RIDA_ERROR__COUNT },
		{ "application/json", "HTTP_ORIGIN=https://rida.example", "{}", RIDA_ERROR__COUNT },
		{ "application/json", "HTTP_ORIGIN=https://evil.example", "{}",
		  RIDA_ERROR_FORBIDDEN },
		{ "application/json", "HTTP_ORIGIN=null", "{}", RIDA_ERROR_FORBIDDEN },
		{ "application/x-www-form-urlencoded", "HTTP_ORIGIN=https://rida.example", "{}",
		  RIDA_ERROR_MALFORMED },
		{ "application/json", "HTTP_ORIGIN=http://rida.example.evil.example", "{}",
		  RIDA_ERROR_FORBIDDEN },
		{ "application/json", "HTTP_ORIGIN=rida.example", "{}", RIDA_ERROR_FORBIDDEN },
		{ "application/json", "HTTP_ORIGIN=", "{}", RIDA_ERROR_FORBIDDEN },
		{ "application/json", "HTTP_SEC_FETCH_SITE=same-origin", "{}", RIDA_ERROR__COUNT },
		{ "application/json", "HTTP_SEC_FETCH_SITE=none", "{}", RIDA_ERROR__COUNT },
		{ "application/json", "HTTP_SEC_FETCH_SITE=same-site", "{}", RIDA_ERROR_FORBIDDEN },
		{ "application/json", "HTTP_SEC_FETCH_SITE=cross-site", "{}",
		  RIDA_ERROR_FORBIDDEN },
		{ "application/x-www-form-urlencoded", "HTTP_SEC_FETCH_SITE=cross-site", "{}",
		  RIDA_ERROR_FORBIDDEN },
		{ "application/x-www-form-urlencoded", "X=", "%7B%7D=", RIDA_ERROR_MALFORMED },
		{ "text/plain", "X=", "{}", RIDA_ERROR_MALFORMED },
		{ "application/jsonx", "X=", "{}", RIDA_ERROR_MALFORMED },
		{ "multipart/form-data; boundary=x", "X=", "{}", RIDA_ERROR_MALFORMED },
		{ "application/json", "X=", "[]", RIDA_ERROR_MALFORMED },
		{ "application/json", "X=", "\"{}\"", RIDA_ERROR_MALFORMED },
		{ "application/json", "X=", "{'a': 1}", RIDA_ERROR_MALFORMED },
		{ "application/json", "X=", "{\"a\": NaN}", RIDA_ERROR_MALFORMED },
		{ "application/json", "X=", "{\"a\": 1, \"a\": 2}", RIDA_ERROR_MALFORMED },
		{ "application/json", "X=", "{} trailing", RIDA_ERROR_MALFORMED },
		{ "application/json", "X=", "", RIDA_ERROR_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct exchange_fixture fixture = { .body = table[i].body };
		g_autofree char *type = g_strconcat("CONTENT_TYPE=", table[i].type, NULL);
		g_autofree char *origin = g_strdup(table[i].origin);
		g_autofree char *length =
			g_strdup_printf("CONTENT_LENGTH=%zu", strlen(table[i].body));
		g_auto(WebRequest) request = { 0 };
		g_autoptr(JsonObject) value = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *digest = NULL;
		bool is_good;

		web_request_init(&request,
				 PARAMETERS(type, origin, length, "HTTP_HOST=rida.example"),
				 fixture_read, &fixture);
		is_good = json_body_read(&request, 1024, &value, &digest, &error);
		if (is_good != (table[i].code == RIDA_ERROR__COUNT))
			fail_with("row %zu: %s", i, error ? error->message : "taken");
		if (is_good)
			assert_int_equal(strlen(digest), 64);
		else
			assert_int_equal(error_code(error), table[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a13_bodies_are_json_objects_of_our_own_pages_or_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
