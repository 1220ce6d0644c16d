/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/router.h"

static bool list(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	(void)app, (void)request, (void)reply, (void)error;
	return true;
}

static bool item(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	(void)app, (void)request, (void)reply, (void)error;
	return false;
}

static const struct route rows[] = {
	{ METHOD_GET, "/rida/things/", RIGHT_ANYONE, list, false },
	{ METHOD_POST, "/rida/things/", RIGHT_SUBMIT, list, false },
	{ METHOD_GET, "/rida/things/{}", RIGHT_ANYONE, item, false },
	{ METHOD_PATCH, "/rida/things/{}", RIGHT_CHANGE, item, false },
	{ METHOD_GET, "/rida/things/{}/logs/{}/{}/{}", RIGHT_ANYONE, item, false },
};
static const struct route_table table = { rows, G_N_ELEMENTS(rows) };

/* What became of one request. */
struct outcome {
	enum routing routing;
	const struct route *route;
	unsigned status;
	char allow[64];
	char headers[256];
	RidaError code;
	char wanted[128];
};

static struct outcome send(const char *method, const char *uri, enum submit_by submit_by,
			   const char *caller)
{
	g_autofree char *method_text = g_strconcat("REQUEST_METHOD=", method, NULL);
	g_autofree char *uri_text = g_strconcat("REQUEST_URI=", uri, NULL);
	struct config config = { .submit_by = submit_by };
	struct outcome outcome = { 0 };
	g_auto(WebRequest) request = { 0 };
	g_auto(Reply) reply = { 0 };
	g_autoptr(GError) error = NULL;

	web_request_init(&request, PARAMETERS(method_text, uri_text), NULL, NULL);
	request.caller = g_strdup(caller);
	reply_init(&reply, false, NULL, NULL);
	outcome.routing = route_request(&table, &config, &request, &reply, &outcome.route, &error);
	outcome.status = reply.status;
	g_strlcpy(outcome.allow, reply.allow ? reply.allow : "", sizeof outcome.allow);
	g_strlcpy(outcome.headers, reply.headers->str, sizeof outcome.headers);
	g_strlcpy(outcome.wanted, request.wanted[0] ? request.wanted[0] : "",
		  sizeof outcome.wanted);
	outcome.code = error ? error_code(error) : RIDA_ERROR__COUNT;
	return outcome;
}

static void known_urls_reach_their_handler(void **state)
{
	static const struct {
		const char *method, *uri;
		size_t row;
		const char *wanted;
	} requests[] = {
		{ "GET", "/rida/things/", 0, "" },
		{ "HEAD", "/rida/things/", 0, "" },
		{ "GET", "//rida//things///", 0, "" },
		{ "POST", "/rida/things/", 1, "" },
		{ "GET", "/rida/things/42", 2, "42" },
		{ "GET", "/rida/things/42?verbose=1", 2, "42" },
		{ "PATCH", "/rida/things/4%32", 3, "42" },
		{ "GET", "/rida/things/42/logs/foo/1/build.log", 4, "42" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		struct outcome outcome =
			send(requests[i].method, requests[i].uri, SUBMIT_BY_ANYONE, NULL);

		assert_int_equal(outcome.routing, ROUTING_HANDLE);
		assert_ptr_equal(outcome.route, &rows[requests[i].row]);
		assert_string_equal(outcome.wanted, requests[i].wanted);
	}
}

static void unknown_urls_are_missing_whatever_the_method(void **state)
{
	static const char *const uris[] = { "/",
					    "/rida/nothing",
					    "/rida/things/42/",
					    "/rida/things/42/logs/foo/1/",
					    "/rida/things/42/logs/foo/1/x/y",
					    "/rida/things/%zz",
					    "/ridathings/",
					    "/rida/things/../things/42",
					    "*" };
	static const char *const methods[] = { "GET", "DELETE", "OPTIONS", "BREW" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(uris); i++)
		for (size_t m = 0; m < G_N_ELEMENTS(methods); m++) {
			struct outcome outcome = send(methods[m], uris[i], SUBMIT_BY_NOBODY, NULL);

			assert_int_equal(outcome.routing, ROUTING_FAILED);
			assert_int_equal(outcome.code, RIDA_ERROR_MISSING);
			assert_string_equal(outcome.allow, "");
		}
}

static void known_urls_with_other_methods_are_unsupported_and_say_allow(void **state)
{
	static const char *const methods[] = { "DELETE", "PUT", "TRACE", "get", "" };

	(void)state;
	for (size_t m = 0; m < G_N_ELEMENTS(methods); m++) {
		struct outcome outcome =
			send(methods[m], "/rida/things/42", SUBMIT_BY_NOBODY, NULL);

		assert_int_equal(outcome.routing, ROUTING_FAILED);
		assert_int_equal(outcome.code, RIDA_ERROR_UNSUPPORTED);
		assert_string_equal(outcome.allow, "GET, HEAD, PATCH, OPTIONS");
	}
	assert_int_equal(send("PATCH", "/rida/things/", SUBMIT_BY_ANYONE, NULL).code,
			 RIDA_ERROR_UNSUPPORTED);
}

static void options_are_answered_with_allow(void **state)
{
	struct outcome outcome = send("OPTIONS", "/rida/things/", SUBMIT_BY_NOBODY, NULL);

	(void)state;
	assert_int_equal(outcome.routing, ROUTING_ANSWERED);
	assert_int_equal(outcome.status, 200);
	assert_string_equal(outcome.allow, "GET, HEAD, POST, OPTIONS");
}

static void a_forgotten_slash_is_redirected_with_its_query(void **state)
{
	struct outcome outcome = send("GET", "//rida/things?state=done", SUBMIT_BY_NOBODY, NULL);

	(void)state;
	assert_int_equal(outcome.routing, ROUTING_ANSWERED);
	assert_int_equal(outcome.status, 308);
	assert_string_equal(outcome.headers, "Location: /rida/things/?state=done\r\n");
}

static void rights_follow_submit_by(void **state)
{
	static const struct {
		const char *method, *uri;
		enum submit_by submit_by;
		const char *caller;
		bool is_allowed;
	} requests[] = {
		{ "POST", "/rida/things/", SUBMIT_BY_NOBODY, NULL, false },
		{ "POST", "/rida/things/", SUBMIT_BY_NOBODY, "alice", false },
		{ "POST", "/rida/things/", SUBMIT_BY_IDENTIFIED, NULL, false },
		{ "POST", "/rida/things/", SUBMIT_BY_IDENTIFIED, "alice", true },
		{ "POST", "/rida/things/", SUBMIT_BY_ANYONE, NULL, true },
		{ "POST", "/rida/things/", SUBMIT_BY_ANYONE, "alice", true },
		{ "PATCH", "/rida/things/1", SUBMIT_BY_NOBODY, NULL, false },
		{ "PATCH", "/rida/things/1", SUBMIT_BY_NOBODY, "alice", true },
		{ "PATCH", "/rida/things/1", SUBMIT_BY_IDENTIFIED, NULL, false },
		{ "PATCH", "/rida/things/1", SUBMIT_BY_IDENTIFIED, "alice", true },
		{ "PATCH", "/rida/things/1", SUBMIT_BY_ANYONE, NULL, true },
		{ "GET", "/rida/things/1", SUBMIT_BY_NOBODY, NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		struct outcome outcome = send(requests[i].method, requests[i].uri,
					      requests[i].submit_by, requests[i].caller);

		assert_int_equal(outcome.routing,
				 requests[i].is_allowed ? ROUTING_HANDLE : ROUTING_FAILED);
		if (!requests[i].is_allowed)
			assert_int_equal(outcome.code, RIDA_ERROR_UNKNOWN_CALLER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_urls_reach_their_handler),
		cmocka_unit_test(unknown_urls_are_missing_whatever_the_method),
		cmocka_unit_test(known_urls_with_other_methods_are_unsupported_and_say_allow),
		cmocka_unit_test(options_are_answered_with_allow),
		cmocka_unit_test(a_forgotten_slash_is_redirected_with_its_query),
		cmocka_unit_test(rights_follow_submit_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
