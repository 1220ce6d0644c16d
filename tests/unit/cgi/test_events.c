/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/event_query.h"
#include "cgi/own_address.h"
#include "cgi/view/event_json.h"
#include "cgi/view/event_words.h"
#include "cgi/view/feed.h"
#include "text/json.h"

/* A request for events, and what it borrows. */
struct asked {
	struct web_request request;
	char uri[256];
	char seen[64];
	char *parameters[3];
};

/* seen: the value of Last-Event-ID, or NULL. */
static void ask(struct asked *asked, const char *query, const char *seen)
{
	g_snprintf(asked->uri, sizeof asked->uri, "REQUEST_URI=/rida/events?%s", query);
	g_snprintf(asked->seen, sizeof asked->seen, "HTTP_LAST_EVENT_ID=%s", seen ? seen : "");
	asked->parameters[0] = asked->uri;
	asked->parameters[1] = asked->seen;
	web_request_init(&asked->request, asked->parameters, NULL, NULL);
	assert_true(web_request_read_query(&asked->request, NULL));
}

static void a_query_is_read(void **state)
{
	static const struct {
		const char *query, *seen;
		bool wants_events;
		struct event_query expected;
	} table[] = {
		{ "", NULL, false, { .before = UINT64_MAX, .limit = 100 } },
		{ "after=7&limit=1000",
		  NULL,
		  false,
		  { .after = 7, .has_after = true, .before = UINT64_MAX, .limit = 1000 } },
		{ "after=18446744073709551615&before=5",
		  NULL,
		  false,
		  { .after = UINT64_MAX, .has_after = true, .before = 5, .limit = 100 } },
		{ "build=42&name=&owner=",
		  NULL,
		  false,
		  { { EVENTS_OF_BUILD, NULL, 42 }, .before = UINT64_MAX, .limit = 100 } },
		{ "after=3",
		  "9",
		  true,
		  { .after = 9, .has_after = true, .before = UINT64_MAX, .limit = 100 } },
		{ "", "0", true, { .has_after = true, .before = UINT64_MAX, .limit = 100 } },
		/* It is a stream's header; an array is asked for by its URL alone. */
		{ "", "9", false, { .before = UINT64_MAX, .limit = 100 } },
		{ "", "x", false, { .before = UINT64_MAX, .limit = 100 } },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct asked asked = { 0 };
		struct event_query query;

		ask(&asked, table[i].query, table[i].seen);
		asked.request.wants_events = table[i].wants_events;
		assert_true(event_query_read(&asked.request, 100, &query, NULL));
		assert_int_equal(query.filter.by, table[i].expected.filter.by);
		assert_int_equal(query.filter.build_id, table[i].expected.filter.build_id);
		assert_int_equal(query.after, table[i].expected.after);
		assert_int_equal(query.has_after, table[i].expected.has_after);
		assert_int_equal(query.before, table[i].expected.before);
		assert_int_equal(query.limit, table[i].expected.limit);
		web_request_clear(&asked.request);
	}
}

static void bad_values_are_named(void **state)
{
	static const struct {
		const char *query, *seen, *named;
	} table[] = {
		{ "after=", NULL, "after: " },
		{ "after=-1", NULL, "after: " },
		{ "after=1e3", NULL, "after: " },
		{ "after=18446744073709551616", NULL, "after: " },
		{ "before=x", NULL, "before: " },
		{ "limit=0", NULL, "limit: a number from 1 to 1000" },
		{ "limit=1001", NULL, "limit: a number from 1 to 1000" },
		{ "build=0", NULL, "build: " },
		{ "build=%2042", NULL, "build: " },
		{ "name=a&owner=b", NULL, "owner: only one of" },
		{ "owner=b&build=1", NULL, "build: only one of" },
		{ "", "nine", "Last-Event-ID: " },
		{ "after=3", "9 ", "Last-Event-ID: " },
		{ "", "-9", "Last-Event-ID: " },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct asked asked = { 0 };
		g_autoptr(GError) error = NULL;
		struct event_query query;

		ask(&asked, table[i].query, table[i].seen);
		asked.request.wants_events = true;
		assert_false(event_query_read(&asked.request, 100, &query, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_MALFORMED);
		if (!g_str_has_prefix(error->message, table[i].named))
			fail_with("%s: %s", table[i].query, error->message);
		web_request_clear(&asked.request);
	}
}

static struct event_message message_of(const char *body)
{
	return (struct event_message){ .event_no = 17,
				       .msg_id = (char *)(uintptr_t) "a-b",
				       .at = INT64_C(1472901800) * G_USEC_PER_SEC,
				       .body = (char *)(uintptr_t)body };
}

static void a_message_is_told_as_it_is_stored(void **state)
{
	const struct event_message message = message_of("{\"id\":42,\"n\":1.50}");
	g_autoptr(GString) out = g_string_new(NULL);

	(void)state;
	view_event_json(out, &message, "org.rida");
	assert_string_equal(out->str,
			    "{\"event\": 17, \"id\": \"a-b\", \"at\": \"2016-09-03T11:23:20Z\", "
			    "\"topic\": \"org.rida.module.state.change\", "
			    "\"body\": {\"id\":42,\"n\":1.50}}");
	g_string_truncate(out, 0);
	view_event_json(out, &message, "");
	assert_non_null(strstr(out->str, "\"topic\": \"module.state.change\""));
}

static void what_was_spoilt_breaks_nothing(void **state)
{
	static const char *const bodies[] = { "",
					      "{",
					      "}",
					      "{}]",
					      "{}, {\"event\": 18}",
					      "\"a\nb\"",
					      "{\"a\": 1, \"a\": 2}",
					      "nul",
					      "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]",
					      NULL };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
		const struct event_message message = message_of(bodies[i]);
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(JsonObject) value = NULL;

		view_event_json(out, &message, "x");
		assert_true(read_json(out->str, out->len, &value, NULL));
		assert_true(g_str_has_suffix(out->str, "\"body\": null}"));
	}
}

static void a_streams_message_is_one_line(void **state)
{
	const struct event_message message = message_of("{\r\n\"a\":\r[\n1]}\n");
	g_autoptr(GString) out = g_string_new(NULL);

	(void)state;
	view_stream_begin(out, 16);
	assert_string_equal(out->str, "retry: 3000\nid: 16\n\n");
	g_string_truncate(out, 0);
	view_stream_event(out, &message, "x");
	assert_true(g_str_has_prefix(out->str, "id: 17\ndata: {\"event\": 17, "));
	assert_true(g_str_has_suffix(out->str, "\"body\": {  \"a\": [ 1]} }\n\n"));
	assert_ptr_equal(strchr(strchr(out->str, '\n') + 1, '\n'), out->str + out->len - 2);
}

static void choices_have_words_and_links(void **state)
{
	static const struct {
		struct event_filter filter;
		const char *words, *query, *feed;
	} table[] = {
		{ { EVENTS_OF_ALL, NULL, 0 }, "all builds", "", "/rida/feeds/builds" },
		{ { EVENTS_OF_MODULE, "a<&\"/b", 0 },
		  "module a&lt;&amp;&quot;/b",
		  "name=a%3C%26%22%2Fb",
		  "/rida/feeds/modules/a%3C&amp;%22%2Fb" },
		{ { EVENTS_OF_OWNER, "me@X", 0 },
		  "builds of me@X",
		  "owner=me%40X",
		  "/rida/feeds/owners/me@X" },
		{ { EVENTS_OF_BUILD, NULL, 42 }, "build 42", "build=42", "/rida/feeds/builds" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GString) words = g_string_new(NULL);
		g_autoptr(GString) query = g_string_new(NULL);
		g_autoptr(GString) feed = g_string_new(NULL);

		event_filter_words(words, &table[i].filter);
		event_filter_query(query, &table[i].filter);
		event_feed_path(feed, &table[i].filter);
		assert_string_equal(words->str, table[i].words);
		assert_string_equal(query->str, table[i].query);
		assert_string_equal(feed->str, table[i].feed);
	}
}

static void our_address_is_not_a_strangers_word(void **state)
{
	static const struct {
		const char *public_url, *host, *expected;
	} table[] = {
		{ "https://modules.example.org", "HTTP_HOST=evil.example",
		  "https://modules.example.org" },
		{ "https://modules.example.org/", "HTTP_HOST=localhost",
		  "https://modules.example.org" },
		{ "", "HTTP_HOST=evil.example", NULL },
		{ "", "HTTP_HOST=localhost.evil.example", NULL },
		{ NULL, "HTTP_HOST=localhost:8080", "http://localhost:8080" },
		{ "", "HTTP_X=", NULL },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_auto(WebRequest) request = { 0 };
		g_autofree char *address = NULL;

		web_request_init(&request, PARAMETERS("REQUEST_URI=/rida/", table[i].host), NULL,
				 NULL);
		request.public_url = table[i].public_url;
		address = own_address(&request);
		if (g_strcmp0(address, table[i].expected) != 0)
			fail_with("%s: %s", table[i].host, address);
	}
}

static void a_feed_knows_its_name_wherever_it_is_read(void **state)
{
	const struct event_filter filter = { EVENTS_OF_MODULE, "foo", 0 };
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_auto(WebRequest) request = { 0 };
	g_auto(Reply) reply = { 0 };

	(void)state;
	web_request_init(&request, PARAMETERS("REQUEST_URI=/cgi/rida/x", "SCRIPT_NAME=/cgi"), NULL,
			 NULL);
	reply_init(&reply, false, NULL, NULL);
	view_feed(&request, &filter, none, &reply);
	assert_non_null(strstr(reply.body->str, "<id>tag:localhost,2016:/rida/feeds/modules/foo<"));
	assert_non_null(strstr(reply.body->str, "href=\"/cgi/rida/feeds/modules/foo\"/>"));
	assert_non_null(strstr(reply.body->str, "href=\"/cgi/rida/module-builds/?name=foo\"/>"));
	assert_non_null(strstr(reply.body->str, "<updated>1970-01-01T00:00:00Z</updated>"));
	g_string_truncate(reply.body, 0);
	request.public_url = "https://Modules.example.org:8443";
	view_feed(&request, &filter, none, &reply);
	assert_non_null(strstr(reply.body->str, "<id>tag:modules.example.org,2016:/rida/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_is_read),
		cmocka_unit_test(bad_values_are_named),
		cmocka_unit_test(a_message_is_told_as_it_is_stored),
		cmocka_unit_test(what_was_spoilt_breaks_nothing),
		cmocka_unit_test(a_streams_message_is_one_line),
		cmocka_unit_test(choices_have_words_and_links),
		cmocka_unit_test(our_address_is_not_a_strangers_word),
		cmocka_unit_test(a_feed_knows_its_name_wherever_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
