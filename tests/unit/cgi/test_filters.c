/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/filters.h"

static void with_query(struct web_request *request, const char *query, char *buffer, size_t size)
{
	g_snprintf(buffer, size, "REQUEST_URI=/rida/module-builds/?%s", query);
	web_request_init(request, PARAMETERS(buffer), NULL, NULL);
	assert_true(web_request_read_query(request, NULL));
}

static void filters_are_read_by_their_table(void **state)
{
	struct build_filter filter = { 0 };
	g_auto(WebRequest) request = { 0 };
	char buffer[256];

	(void)state;
	with_query(&request,
		   "state=done&owner=alice&name=&unknown=x&submitted_after=2016-09-03T11:23:20Z",
		   buffer, sizeof buffer);
	assert_true(filters_read(&request, &filter, NULL));
	assert_int_equal(filter.state, BUILD_DONE);
	assert_string_equal(filter.owner, "alice");
	assert_null(filter.name);
	assert_null(filter.stream);
	assert_int_equal(filter.submitted_after, INT64_C(1472901800) * G_USEC_PER_SEC);
	assert_int_equal(filter.submitted_before, 0);
}

static void no_filter_means_any_state(void **state)
{
	struct build_filter filter = { 0 };
	g_auto(WebRequest) request = { 0 };
	char buffer[256];

	(void)state;
	with_query(&request, "", buffer, sizeof buffer);
	assert_true(filters_read(&request, &filter, NULL));
	assert_int_equal(filter.state, -1);
}

static void bad_values_are_named(void **state)
{
	static const struct {
		const char *query, *named;
	} table[] = {
		{ "state=nonsense", "state" },
		{ "state=7", "state" },
		{ "submitted_before=yesterday", "submitted_before" },
		{ "modified_after=2016-09-03T11:23:20-05:00", "modified_after" },
		{ "completed_before=2016-02-31T00:00:00Z", "completed_before" },
		{ "page=0", "page" },
		{ "page=-1", "page" },
		{ "page=", "page" },
		{ "page=1x", "page" },
		{ "page=000", "page" },
		{ "page=18446744073709551616x", "page" },
		{ "per_page=0", "per_page" },
		{ "per_page=101", "per_page" },
		{ "per_page=1000000000", "per_page" },
		{ "verbose=perhaps", "verbose" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct build_filter filter;
		struct paging paging;
		g_auto(WebRequest) request = { 0 };
		g_autoptr(GError) error = NULL;
		g_autofree char *prefix = g_strconcat(table[i].named, ": ", NULL);
		bool is_verbose;
		char buffer[256];

		with_query(&request, table[i].query, buffer, sizeof buffer);
		assert_false(filters_read(&request, &filter, &error) &&
			     paging_read(&request, 10, &paging, &error) &&
			     verbose_read(&request, &is_verbose, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_MALFORMED);
		assert_true(g_str_has_prefix(error->message, prefix));
	}
}

static void pages_are_asked_for_or_not(void **state)
{
	struct paging paging;
	g_auto(WebRequest) none = { 0 };
	g_auto(WebRequest) some = { 0 };
	char buffer[256], other[256];

	(void)state;
	with_query(&none, "state=done", buffer, sizeof buffer);
	assert_true(paging_read(&none, 10, &paging, NULL));
	assert_false(paging.is_asked);
	with_query(&some, "per_page=7", other, sizeof other);
	assert_true(paging_read(&some, 10, &paging, NULL));
	assert_true(paging.is_asked);
	assert_int_equal(paging.page, 1);
	assert_int_equal(paging.per_page, 7);
}

static void a_page_past_every_end_is_no_mistake(void **state)
{
	static const char *const queries[] = { "page=1000000001", "page=18446744073709551616",
					       "page=1000000000000000000000000000000" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(queries); i++) {
		struct paging paging;
		g_auto(WebRequest) request = { 0 };
		char buffer[256];

		with_query(&request, queries[i], buffer, sizeof buffer);
		assert_true(paging_read(&request, 10, &paging, NULL));
		assert_int_equal(paging.page, PAGE_MAX);
	}
}

static void the_first_moment_of_1970_is_a_time_too(void **state)
{
	struct build_filter filter = { 0 };
	g_auto(WebRequest) request = { 0 };
	char buffer[256];

	(void)state;
	with_query(&request, "submitted_before=1970-01-01T00:00:00Z", buffer, sizeof buffer);
	assert_true(filters_read(&request, &filter, NULL));
	assert_int_not_equal(filter.submitted_before, 0);
}

static void days_are_taken_from_forms_only(void **state)
{
	static const char query[] = "submitted_after=2016-09-03&submitted_before=2016-09-03";
	struct build_filter filter = { 0 };
	g_auto(WebRequest) request = { 0 };
	char buffer[256];

	(void)state;
	with_query(&request, query, buffer, sizeof buffer);
	assert_false(filters_read(&request, &filter, NULL));
	request.wants_page = true;
	assert_true(filters_read(&request, &filter, NULL));
	assert_int_equal(filter.submitted_after, INT64_C(1472860800) * G_USEC_PER_SEC);
	assert_int_equal(filter.submitted_before - filter.submitted_after,
			 INT64_C(86400) * G_USEC_PER_SEC - 1);
	web_request_clear(&request);
	with_query(&request, "submitted_after=2016-02-31", buffer, sizeof buffer);
	request.wants_page = true;
	assert_false(filters_read(&request, &filter, NULL));
}

static void a_filter_can_be_dropped(void **state)
{
	static const struct {
		const char *query, *dropped, *expected;
	} table[] = {
		{ "state=done&name=a%26b&page=3&per_page=5", "state", "?name=a%26b&per_page=5" },
		{ "state=done", "state", "?" },
		{ "name=&name=x&owner=me", "state", "?owner=me" },
		{ "", "state", "?" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_auto(WebRequest) request = { 0 };
		g_autofree char *query = NULL;
		char buffer[256];

		with_query(&request, table[i].query, buffer, sizeof buffer);
		query = query_without(&request, table[i].dropped);
		assert_string_equal(query, table[i].expected);
	}
}

static void links_keep_the_filters(void **state)
{
	g_auto(WebRequest) request = { 0 };
	g_autofree char *query = NULL;
	char buffer[256];

	(void)state;
	with_query(&request, "page=2&name=a%26b%3Ex&state=done&per_page=5", buffer, sizeof buffer);
	query = query_with_page(&request, 3, 5);
	assert_string_equal(query, "?name=a%26b%3Ex&state=done&page=3&per_page=5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_are_read_by_their_table),
		cmocka_unit_test(no_filter_means_any_state),
		cmocka_unit_test(bad_values_are_named),
		cmocka_unit_test(pages_are_asked_for_or_not),
		cmocka_unit_test(a_page_past_every_end_is_no_mistake),
		cmocka_unit_test(the_first_moment_of_1970_is_a_time_too),
		cmocka_unit_test(days_are_taken_from_forms_only),
		cmocka_unit_test(a_filter_can_be_dropped),
		cmocka_unit_test(links_keep_the_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
