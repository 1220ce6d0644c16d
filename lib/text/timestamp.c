/* SPDX-License-Identifier: MIT */
#include "text/timestamp.h"

#include <string.h>

#include "base/error.h"

/* The number that the digits of a fixed place make. */
static int digits(const char *text, int from, int count)
{
	int value = 0;

	for (int i = from; i < from + count; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

/* Whether text starts with the pattern, where "0" stands for any digit. */
static bool starts_like(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++)
		if (*pattern == '0' ? !g_ascii_isdigit(*text) : *text != *pattern)
			return false;
	return true;
}

/* Reads ".f" to ".ffffff" when it is there; the microseconds. */
static int read_fraction(const char **text)
{
	int micros = 0;
	int count = 0;

	if (**text != '.' || !g_ascii_isdigit((*text)[1]))
		return 0;
	for (++*text; count < 6 && g_ascii_isdigit(**text); count++, ++*text)
		micros = micros * 10 + (**text - '0');
	for (; count < 6; count++)
		micros *= 10;
	return micros;
}

bool timestamp_read(const char *text, int64_t *ret, GError **error)
{
	static const char pattern[] = "0000-00-00T00:00:00";
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = NULL;
	int micros = 0;

	if (starts_like(text, pattern)) {
		const char *end = text + strlen(pattern);

		micros = read_fraction(&end);
		if (strcmp(end, "Z") == 0 || strcmp(end, "+00:00") == 0)
			time = g_date_time_new(utc, digits(text, 0, 4), digits(text, 5, 2),
					       digits(text, 8, 2), digits(text, 11, 2),
					       digits(text, 14, 2), digits(text, 17, 2));
	}
	if (!time)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "a time like 2026-01-31T23:59:59Z is wanted, not \"%.40s\"", text);
	*ret = g_date_time_to_unix(time) * G_USEC_PER_SEC + micros;
	return true;
}

/* The year, always in four digits, and the rest by the pattern. */
static char *format(int64_t time, const char *pattern)
{
	/* Rounded down, so that times before 1970 keep their second. */
	int64_t seconds = time / G_USEC_PER_SEC - (time % G_USEC_PER_SEC < 0);
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(seconds);
	g_autofree char *rest = date ? g_date_time_format(date, pattern) : NULL;

	return rest ? g_strdup_printf("%04d%s", g_date_time_get_year(date), rest) : NULL;
}

char *timestamp_write(int64_t time)
{
	return time ? format(time, "-%m-%dT%H:%M:%SZ") : NULL;
}

uint64_t timestamp_version(int64_t time)
{
	g_autofree char *text = format(time, "%m%d%H%M%S");

	return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}
