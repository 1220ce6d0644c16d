/* SPDX-License-Identifier: MIT */
/* What request headers mean: Accept, Range, If-None-Match. */
#include "fixture.h"

#include "cgi/etag.h"
#include "cgi/negotiate.h"
#include "cgi/range.h"

static void html_is_sent_only_to_those_who_prefer_it(void **state)
{
	static const struct {
		const char *accept;
		bool prefers_html;
	} table[] = {
		{ NULL, false },
		{ "", false },
		{ "*/*", false },
		{ "application/json", false },
		{ "text/html", true },
		{ "TEXT/HTML", true },
		{ "text/*", true },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true },
		{ "text/html, application/json", false },
		{ "text/html;q=0.9, application/json", false },
		{ "text/html, application/json;q=0.9", true },
		{ "text/html;q=0.5, */*;q=0.4", true },
		{ "text/html;q=0, */*", false },
		{ "text/html;q=0.801,application/json;q=0.8", true },
		{ "text/html;level=1;q=0.3, application/*;q=0.2", true },
		{ "text/html;q=abc, application/json;q=0.1", false },
		{ "image/png", false },
		{ ",,;;,q=", false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (accept_prefers_html(table[i].accept) != table[i].prefers_html)
			fail_with("Accept: %s", table[i].accept);
}

static void events_are_streamed_only_to_those_who_prefer_them(void **state)
{
	static const struct {
		const char *accept;
		bool prefers_events;
	} table[] = {
		{ NULL, false },
		{ "*/*", false },
		{ "text/*", false },
		{ "text/html", false },
		{ "text/event-stream", true },
		{ "Text/Event-Stream;q=0.1", true },
		{ "text/event-stream, application/json", false },
		{ "text/event-stream, text/html", false },
		{ "text/event-stream, */*;q=0.9", true },
		{ "text/event-stream;q=0.5, text/*;q=0.6", false },
		{ "text/event-stream;q=0", false },
		{ "text/event-streams", false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (accept_prefers_events(table[i].accept) != table[i].prefers_events)
			fail_with("Accept: %s", table[i].accept);
	assert_false(accept_prefers_html("text/event-stream"));
	assert_true(accept_prefers_html("text/event-stream, text/html;q=0.5"));
}

static void ranges_are_cut_from_the_file(void **state)
{
	static const struct {
		const char *header;
		uint64_t size;
		struct byte_range expected;
	} table[] = {
		{ NULL, 100, { RANGE_WHOLE, 0, 0 } },
		{ "bytes=0-9", 100, { RANGE_PART, 0, 9 } },
		{ "bytes=0-0", 100, { RANGE_PART, 0, 0 } },
		{ "bytes=90-", 100, { RANGE_PART, 90, 99 } },
		{ "bytes=90-200", 100, { RANGE_PART, 90, 99 } },
		{ "bytes=-10", 100, { RANGE_PART, 90, 99 } },
		{ "bytes=-200", 100, { RANGE_PART, 0, 99 } },
		{ "BYTES=5-6", 100, { RANGE_PART, 5, 6 } },
		{ "bytes=100-", 100, { RANGE_OUTSIDE, 0, 0 } },
		{ "bytes=-0", 100, { RANGE_OUTSIDE, 0, 0 } },
		{ "bytes=0-", 0, { RANGE_OUTSIDE, 0, 0 } },
		{ "bytes=-5", 0, { RANGE_OUTSIDE, 0, 0 } },
		{ "bytes=18446744073709551615-", 100, { RANGE_OUTSIDE, 0, 0 } },
		{ "bytes=0-18446744073709551615", 100, { RANGE_PART, 0, 99 } },
		{ "bytes=9-1", 100, { RANGE_WHOLE, 0, 0 } },
		{ "bytes=0-1,5-6", 100, { RANGE_WHOLE, 0, 0 } },
		{ "bytes=", 100, { RANGE_WHOLE, 0, 0 } },
		{ "bytes=-", 100, { RANGE_WHOLE, 0, 0 } },
		{ "bytes=a-b", 100, { RANGE_WHOLE, 0, 0 } },
		{ "bytes=1-2-3", 100, { RANGE_WHOLE, 0, 0 } },
		{ "lines=0-9", 100, { RANGE_WHOLE, 0, 0 } },
		{ "bytes=18446744073709551616-", 100, { RANGE_WHOLE, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct byte_range range = range_read(table[i].header, table[i].size);

		if (range.kind != table[i].expected.kind ||
		    range.first != table[i].expected.first || range.last != table[i].expected.last)
			fail_with("Range: %s", table[i].header);
	}
}

static void tags_are_compared_weakly(void **state)
{
	static const struct {
		const char *header;
		bool matches;
	} table[] = {
		{ NULL, false },     { "W/\"a-1\"", true },
		{ "\"a-1\"", true }, { "\"x\", W/\"a-1\"", true },
		{ "*", true },       { "W/\"a-10\"", false },
		{ "a-1", false },    { "", false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (etag_matches(table[i].header, "W/\"a-1\"") != table[i].matches)
			fail_with("If-None-Match: %s", table[i].header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_is_sent_only_to_those_who_prefer_it),
		cmocka_unit_test(events_are_streamed_only_to_those_who_prefer_them),
		cmocka_unit_test(ranges_are_cut_from_the_file),
		cmocka_unit_test(tags_are_compared_weakly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
