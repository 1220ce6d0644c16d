/* SPDX-License-Identifier: MIT */
#include "cgi/html.h"

#include <inttypes.h>
#include <string.h>

#include "text/timestamp.h"
#include "text/url.h"

/* U+FFFD */
#define REPLACEMENT "\xef\xbf\xbd"

/* What a byte becomes; NULL: itself. The same in text and in quoted attributes. */
static const char *entity(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static bool is_control(char byte)
{
	return ((unsigned char)byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
}

/* U+FFFE and U+FFFF, which XML forbids. */
static bool is_no_character(const char *c)
{
	return g_str_has_prefix(c, "\xef\xbf\xbe") || g_str_has_prefix(c, "\xef\xbf\xbf");
}

static void append_escaped(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

	for (const char *c = valid; *c; c++) {
		const char *replaced = is_control(*c) ? REPLACEMENT : entity(*c);

		if (is_no_character(c)) {
			g_string_append(out, REPLACEMENT);
			c += strlen(REPLACEMENT) - 1;
		} else if (replaced)
			g_string_append(out, replaced);
		else
			g_string_append_c(out, *c);
	}
}

void html_text(GString *out, const char *text)
{
	append_escaped(out, text);
}

void html_attr(GString *out, const char *text)
{
	append_escaped(out, text);
}

static bool url_is_harmless(const char *url)
{
	if (url[0] == '/')
		return url[1] != '/' && url[1] != '\\';
	return url[0] == '?' || g_str_has_prefix(url, "https://") ||
	       g_str_has_prefix(url, "http://");
}

void html_url(GString *out, const char *url)
{
	append_escaped(out, url && url_is_harmless(url) ? url : "#");
}

void html_url_segment(GString *out, const char *text)
{
	g_autofree char *encoded = url_segment(text ? text : "");

	append_escaped(out, encoded);
}

void html_url_argument(GString *out, const char *text)
{
	g_autofree char *encoded = url_argument(text ? text : "");

	append_escaped(out, encoded);
}

void html_number(GString *out, uint64_t number)
{
	g_string_append_printf(out, "%" PRIu64, number);
}

/* Begins a <time>; what a person reads of it is "YYYY-MM-DD HH:MM:SS", which the caller frees. NULL
 * for 0: a dash is written, and nothing begins. */
static char *time_begin(GString *out, int64_t time)
{
	g_autofree char *text = timestamp_write(time);

	if (!text) {
		html(out, "\xe2\x80\x93");
		return NULL;
	}
	html(out, "<time datetime=\"");
	html_attr(out, text);
	html(out, "\"");
	text[strlen("YYYY-MM-DD")] = ' ';
	text[strlen("YYYY-MM-DDTHH:MM:SS")] = '\0';
	return g_steal_pointer(&text);
}

void html_time(GString *out, int64_t time)
{
	g_autofree char *text = time_begin(out, time);

	if (!text)
		return;
	html(out, ">");
	html_text(out, text);
	html(out, "</time>");
}

/* One unit is enough for an age; what is told in seconds would be another page each second. */
static void append_age(GString *out, int64_t seconds)
{
	if (seconds < 60)
		html(out, "just now");
	else if (seconds < 3600)
		g_string_append_printf(out, "%" PRIi64 " min ago", seconds / 60);
	else if (seconds < 2 * 86400)
		g_string_append_printf(out, "%" PRIi64 " h ago", seconds / 3600);
	else
		g_string_append_printf(out, "%" PRIi64 " days ago", seconds / 86400);
}

void html_ago(GString *out, int64_t time, int64_t now)
{
	g_autofree char *text = time_begin(out, time);

	if (!text)
		return;
	html(out, " title=\"");
	html_attr(out, text);
	html(out, " UTC\">");
	append_age(out, MAX(now - time, 0) / G_USEC_PER_SEC);
	html(out, "</time>");
}

void html_duration(GString *out, int64_t microseconds)
{
	int64_t seconds = MAX(microseconds, 0) / G_USEC_PER_SEC;

	if (seconds < 60)
		g_string_append_printf(out, "%" PRIi64 " s", seconds);
	else if (seconds < 3600)
		g_string_append_printf(out, "%" PRIi64 " min %02" PRIi64 " s", seconds / 60,
				       seconds % 60);
	else if (seconds < 86400)
		g_string_append_printf(out, "%" PRIi64 " h %02" PRIi64 " min", seconds / 3600,
				       seconds / 60 % 60);
	else
		g_string_append_printf(out, "%" PRIi64 " d %" PRIi64 " h", seconds / 86400,
				       seconds / 3600 % 24);
}

void html_count(GString *out, uint64_t number, const char *one, const char *many)
{
	html_number(out, number);
	html(out, " ");
	html_text(out, number == 1 ? one : many);
}

/* The byte after a string for the terminal, which BEL or ESC \ ends, at the latest its line. */
static const char *after_string(const char *c)
{
	while (*c && *c != '\a' && *c != '\033' && *c != '\n')
		c++;
	if (c[0] == '\033' && c[1] == '\\')
		return c + 2;
	return *c == '\a' ? c + 1 : c;
}

/* The byte after a terminal sequence that begins here with ESC (ECMA-48). */
static const char *after_escape(const char *c)
{
	bool is_control = *++c == '[';

	if (*c && strchr("]PX^_", *c))
		return after_string(c);
	if (is_control)
		c++;
	while (*c >= ' ' && *c < (is_control ? '@' : '0'))
		c++;
	return *c >= '0' && *c <= '~' ? c + 1 : c;
}

void html_log(GString *out, const char *text)
{
	g_autoptr(GString) plain = g_string_new(NULL);
	const char *c = text ? text : "";

	while (*c) {
		if (*c == '\033') {
			c = after_escape(c);
			continue;
		}
		if (*c != '\r')
			g_string_append_c(plain, *c);
		c++;
	}
	append_escaped(out, plain->str);
}
