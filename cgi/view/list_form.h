/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_LIST_FORM_H
#define CGI_VIEW_LIST_FORM_H

/* The filters of the list: the form, which works without scripts and keeps what was typed, and the
 * active ones as links that drop them. */

#include "cgi/filters.h"

/* state: the one that is filtered by, -1: any. */
void view_list_form(const struct web_request *request, int state, GString *out);

/* How many filters are active. */
size_t view_list_filters(const struct web_request *request);

#endif
