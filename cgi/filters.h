/* SPDX-License-Identifier: MIT */
#ifndef CGI_FILTERS_H
#define CGI_FILTERS_H

/* The query of the list of builds: filters and paging, each parameter a row of a table. */

#include "cgi/request.h"
#include "store/list_store.h"

/* The filter's texts are borrowed from the request; empty values are none. Errors: MALFORMED,
 * naming the parameter. */
bool filters_read(const struct web_request *request, struct build_filter *ret, GError **error);

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

#endif
