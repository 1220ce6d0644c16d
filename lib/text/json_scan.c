/* SPDX-License-Identifier: MIT */
#include "text/json_scan.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"

/* Whole numbers of so many bytes fit into 64 bits, whatever they are. */
#define SAFE_DIGITS 18

struct scan {
	const char *text;
	size_t length;
	size_t at;
	unsigned depth;
	unsigned depth_max;
	GString *decoded; /* the text that was read last */
	char *problem;
};

static bool scan_value(struct scan *scan);

bool json_fail(const char *text, size_t at, const char *problem, GError **error)
{
	size_t line = 1;
	size_t start = 0;

	for (size_t i = 0; i < at; i++) {
		if (text[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	return fail(error, RIDA_ERROR_MALFORMED, "this is not JSON: line %zu, column %zu: %s", line,
		    at - start + 1, problem);
}

static bool stop(struct scan *scan, const char *problem)
{
	scan->problem = g_strdup(problem);
	return false;
}

/* The next byte, or NUL at the end: a NUL byte in the text fits no rule either. */
static char peek(const struct scan *scan)
{
	return scan->at < scan->length ? scan->text[scan->at] : 0;
}

static bool take(struct scan *scan, char byte)
{
	if (peek(scan) != byte)
		return false;
	scan->at++;
	return true;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_blanks(struct scan *scan)
{
	while (is_blank(peek(scan)))
		scan->at++;
}

static bool scan_digits(struct scan *scan)
{
	if (!g_ascii_isdigit(peek(scan)))
		return stop(scan, "a digit is wanted");
	while (g_ascii_isdigit(peek(scan)))
		scan->at++;
	return true;
}

/* json-c holds numbers as 64-bit integers or doubles, and saturates silently. */
static bool number_fits(const char *number, bool is_whole)
{
	if (!is_whole)
		return isfinite(g_ascii_strtod(number, NULL));
	if (*number == '-')
		return g_ascii_string_to_signed(number, 10, G_MININT64, G_MAXINT64, NULL, NULL);
	return g_ascii_string_to_unsigned(number, 10, 0, G_MAXUINT64, NULL, NULL);
}

static bool scan_number(struct scan *scan)
{
	g_autofree char *number = NULL;
	size_t start = scan->at;
	bool is_whole = true;

	take(scan, '-');
	if (!take(scan, '0') && !scan_digits(scan))
		return false;
	if (take(scan, '.')) {
		is_whole = false;
		if (!scan_digits(scan))
			return false;
	}
	if (take(scan, 'e') || take(scan, 'E')) {
		is_whole = false;
		if (!take(scan, '+'))
			take(scan, '-');
		if (!scan_digits(scan))
			return false;
	}
	if (is_whole && scan->at - start <= SAFE_DIGITS)
		return true;
	number = g_strndup(scan->text + start, scan->at - start);
	return number_fits(number, is_whole) || stop(scan, "this number is too large");
}

static bool scan_hex(struct scan *scan, unsigned *ret)
{
	*ret = 0;
	for (int i = 0; i < 4; i++) {
		int digit = g_ascii_xdigit_value(peek(scan));

		if (digit < 0)
			return stop(scan, "four hexadecimal digits are wanted after \\u");
		*ret = *ret * 16 + (unsigned)digit;
		scan->at++;
	}
	return true;
}

static bool scan_unicode(struct scan *scan)
{
	unsigned first, second;

	if (!scan_hex(scan, &first))
		return false;
	if (first == 0)
		return stop(scan, "\\u0000 is not allowed");
	if (first < 0xd800 || first > 0xdfff) {
		g_string_append_unichar(scan->decoded, first);
		return true;
	}
	if (first > 0xdbff || !take(scan, '\\') || !take(scan, 'u'))
		return stop(scan, "half of a surrogate pair is not allowed");
	if (!scan_hex(scan, &second))
		return false;
	if (second < 0xdc00 || second > 0xdfff)
		return stop(scan, "half of a surrogate pair is not allowed");
	g_string_append_unichar(scan->decoded,
				0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
	return true;
}

static bool scan_escape(struct scan *scan)
{
	static const char letters[] = "\"\\/bfnrtu";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	char byte = peek(scan);
	const char *letter = byte ? strchr(letters, byte) : NULL;

	if (!letter)
		return stop(scan, "there is no such escape");
	scan->at++;
	if (byte == 'u')
		return scan_unicode(scan);
	g_string_append_c(scan->decoded, meanings[letter - letters]);
	return true;
}

static bool scan_text(struct scan *scan)
{
	if (!take(scan, '"'))
		return stop(scan, "a text in double quotes is wanted");
	g_string_truncate(scan->decoded, 0);
	while (scan->at < scan->length) {
		unsigned char byte = (unsigned char)scan->text[scan->at];

		if (byte < 0x20)
			return stop(scan, "a control character must be escaped");
		scan->at++;
		if (byte == '"')
			return true;
		if (byte != '\\')
			g_string_append_c(scan->decoded, (char)byte);
		else if (!scan_escape(scan))
			return false;
	}
	return stop(scan, "the text does not end");
}

static bool scan_element(struct scan *scan, GHashTable *keys)
{
	(void)keys;
	return scan_value(scan);
}

static bool scan_member(struct scan *scan, GHashTable *keys)
{
	skip_blanks(scan);
	if (!scan_text(scan))
		return false;
	if (!g_hash_table_add(keys, g_strdup(scan->decoded->str))) {
		g_autofree char *shown = strict_shown(scan->decoded->str);

		scan->problem = g_strdup_printf("the key \"%s\" stands twice in its object", shown);
		return false;
	}
	skip_blanks(scan);
	if (!take(scan, ':'))
		return stop(scan, "a colon is wanted");
	return scan_value(scan);
}

/* What stands between the brackets: elements, or members of an object. */
static bool scan_nested(struct scan *scan, char end, bool (*scan_one)(struct scan *, GHashTable *))
{
	g_autoptr(GHashTable) keys = NULL;

	if (++scan->depth > scan->depth_max) {
		scan->problem =
			g_strdup_printf("this is nested more than %u levels deep", scan->depth_max);
		return false;
	}
	scan->at++;
	if (end == '}')
		keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	skip_blanks(scan);
	if (!take(scan, end)) {
		do {
			if (!scan_one(scan, keys))
				return false;
			skip_blanks(scan);
		} while (take(scan, ','));
		if (!take(scan, end))
			return stop(scan, end == '}' ? "a comma or } is wanted"
						     : "a comma or ] is wanted");
	}
	scan->depth--;
	return true;
}

static bool scan_word(struct scan *scan)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		size_t length = strlen(words[i]);

		if (scan->length - scan->at >= length &&
		    memcmp(scan->text + scan->at, words[i], length) == 0) {
			scan->at += length;
			return true;
		}
	}
	return stop(scan, "a value is wanted");
}

static bool scan_value(struct scan *scan)
{
	char byte;

	skip_blanks(scan);
	byte = peek(scan);
	if (byte == '{')
		return scan_nested(scan, '}', scan_member);
	if (byte == '[')
		return scan_nested(scan, ']', scan_element);
	if (byte == '"')
		return scan_text(scan);
	if (byte == '-' || g_ascii_isdigit(byte))
		return scan_number(scan);
	return scan_word(scan);
}

bool json_scan(const char *text, size_t length, unsigned depth_max, GError **error)
{
	g_autoptr(GString) decoded = g_string_new(NULL);
	struct scan scan = {
		.text = text, .length = length, .depth_max = depth_max, .decoded = decoded
	};
	g_autofree char *problem = NULL;

	if (scan_value(&scan)) {
		skip_blanks(&scan);
		if (scan.at < length)
			stop(&scan, "nothing may follow the value");
	}
	problem = scan.problem;
	return !problem || json_fail(text, scan.at, problem, error);
}
