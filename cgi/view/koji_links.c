/* SPDX-License-Identifier: MIT */
#include "cgi/view/koji_links.h"

#include <string.h>

#include "cgi/html.h"

static const char *const pages[] = {
	[KOJI_PAGE_TASK] = "taskinfo?taskID=",
	[KOJI_PAGE_BUILD] = "search?type=build&match=exact&terms=",
	[KOJI_PAGE_TAG] = "taginfo?tagID=",
	[KOJI_PAGE_TARGET] = "buildtargetinfo?name=",
};

void koji_link(const struct build_details *details, enum koji_page page, const char *key,
	       GString *out)
{
	const char *weburl = details->koji_weburl;
	g_autofree char *address = NULL;

	if (!weburl || !*weburl || strcmp(details->build->builder, "koji") != 0) {
		html_text(out, key);
		return;
	}
	address = g_strdup_printf("%s%s%s", weburl, g_str_has_suffix(weburl, "/") ? "" : "/",
				  pages[page]);
	html(out, "<a rel=\"noreferrer\" href=\"");
	html_url(out, address);
	html_url_argument(out, key);
	html(out, "\">");
	html_text(out, key);
	html(out, "</a>");
}
