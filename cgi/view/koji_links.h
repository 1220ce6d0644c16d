/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_KOJI_LINKS_H
#define CGI_VIEW_KOJI_LINKS_H

/* Links to Koji's own pages, for builds that Koji builds where koji_weburl says where they are. */

#include "cgi/build_details.h"

enum koji_page {
	KOJI_PAGE_TASK,   /* by number */
	KOJI_PAGE_BUILD,  /* by NVR */
	KOJI_PAGE_TAG,    /* by name */
	KOJI_PAGE_TARGET, /* by name */
};

/* The words, as a link where there is a page of them; key is what the page is found by. */
void koji_link(const struct build_details *details, enum koji_page page, const char *key,
	       GString *out);

#endif
