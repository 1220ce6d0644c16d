/* SPDX-License-Identifier: MIT */
#ifndef CGI_NEGOTIATE_H
#define CGI_NEGOTIATE_H

#include <stdbool.h>

/*
 * Whether an Accept header prefers text/html to application/json (RFC 9110: q values, and the most
 * specific range decides). A tie is JSON, so that programs that accept anything get data.
 */
bool accept_prefers_html(const char *accept);

/* Whether it prefers text/event-stream to both; a tie is one of them. */
bool accept_prefers_events(const char *accept);

#endif
