/* SPDX-License-Identifier: MIT */
#ifndef CGI_FILTERS_H
#define CGI_FILTERS_H

/* The query of the list of builds: filters and paging, each parameter a row of a table. */

#include "cgi/request.h"
#include "store/list_store.h"

/* Each filter once: for the API, the form, and the links that drop it. */
enum filter_type { FILTER_STATE, FILTER_TEXT, FILTER_FROM, FILTER_UNTIL };
struct filter {
	const char *name;
	const char *label;
	enum filter_type type;
	size_t offset; /* into struct build_filter */
};
extern const struct filter filters[];
extern const size_t filters_count;

/* "2016-09-03", as the days of a form are sent; days are taken from pages only. */
bool filter_is_day(const char *text);

/* The filter's texts are borrowed from the request; empty values are none. Errors: MALFORMED,
 * naming the parameter. */
bool filters_read(const struct web_request *request, struct build_filter *ret, GError **error);

/* A parameter that is a number; *ret stays as it is without it. Errors: MALFORMED, naming it. */
bool number_read(const struct web_request *request, const char *name, uint64_t min, uint64_t max,
		 uint64_t *ret, GError **error);

struct paging {
	bool is_asked; /* page or per_page was given */
	uint64_t page; /* counted from 1 */
	uint64_t per_page;
};
#define PAGE_MAX     UINT64_C(1000000000)
#define PER_PAGE_MAX 100

/* Errors: MALFORMED, naming the parameter. */
bool paging_read(const struct web_request *request, uint64_t per_page, struct paging *ret,
		 GError **error);

/* One of true, false, or absent. Errors: MALFORMED. */
bool verbose_read(const struct web_request *request, bool *ret, GError **error);

/* The same query with another page: "?state=done&page=3&per_page=10". The caller frees it. */
char *query_with_page(const struct web_request *request, uint64_t page, uint64_t per_page);

/* The same query without the parameter and the page: "?state=done", or "?". The caller frees it. */
char *query_without(const struct web_request *request, const char *name);

#endif
