/* SPDX-License-Identifier: MIT */
#ifndef CGI_HTML_H
#define CGI_HTML_H

/*
 * Writing HTML, and XML, so that nothing from outside can become markup: raw markup is literals
 * only, by construction, and everything else goes through the function named after its place.
 * Invalid UTF-8 becomes U+FFFD, control bytes but tab and newline and what XML forbids too.
 *
 *	html(out, "<a href=\"");
 *	html_url(out, url);
 *	html(out, "\">");
 *	html_text(out, name);
 *	html(out, "</a>");
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Markup: a literal. */
#define html(out, literal) g_string_append_len((out), "" literal, sizeof(literal) - 1)

/* Text between tags. */
void html_text(GString *out, const char *text);

/* The value of an attribute, between double quotes. */
void html_attr(GString *out, const char *text);

/* The value of href or src: only what begins with "/" or "?" (not "//"), http:// or https://;
 * anything else becomes "#". */
void html_url(GString *out, const char *url);

/* One segment of a URL's path, and one argument of its query: encoded, then escaped. */
void html_url_segment(GString *out, const char *text);
void html_url_argument(GString *out, const char *text);

void html_number(GString *out, uint64_t number);

/* A point in time as <time>, or a dash for 0. */
void html_time(GString *out, int64_t time);

/* How long ago that is, as <time> with the moment itself in its title: "5 min ago"; a dash for 0.
 */
void html_ago(GString *out, int64_t time, int64_t now);

/* A lasting of microseconds: "2 h 05 min", "41 s". */
void html_duration(GString *out, int64_t microseconds);

/* "1 component", "2 components": the words are ours. */
void html_count(GString *out, uint64_t number, const char *one, const char *many);

/* Text with its terminal sequences removed, for excerpts of logs. */
void html_log(GString *out, const char *text);

#endif
