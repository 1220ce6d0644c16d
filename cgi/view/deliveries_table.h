/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_DELIVERIES_TABLE_H
#define CGI_VIEW_DELIVERIES_TABLE_H

#include "cgi/build_details.h"

/* The latest tries of the build's messages at receivers that answer; nothing when there are none.
 */
void view_deliveries(const struct build_details *details, GString *out);

#endif
