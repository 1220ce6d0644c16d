/* SPDX-License-Identifier: MIT */
#ifndef TEXT_QUERY_H
#define TEXT_QUERY_H

/* Percent escapes, query strings and templates: what stands around URLs. */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Decodes once. Errors: MALFORMED for "%zz", NUL and what is not UTF-8. plus_is_blank: "+" means a
 * blank. */
bool percent_decode(const char *text, size_t length, bool plus_is_blank, char **ret,
		    GError **error);

/* The name=value pairs of a query string, decoded, in order. */
struct query_pair {
	char *name;
	char *value;
};
#define QUERY_BYTES_MAX 8192
#define QUERY_PAIRS_MAX 100

/* Pairs of struct query_pair, freed with the array. Errors: MALFORMED over a cap or when not
 * decodable. */
bool query_read(const char *text, GPtrArray **ret, GError **error);

/* The first value of that name, or NULL. */
const char *query_value(const GPtrArray *pairs, const char *name);

/* Puts values for the {name} places of a template; pairs end with NULL. Errors: INTERNAL for an
 * unknown place. */
bool template_fill(const char *template, const char *const *pairs, char **ret, GError **error);

#endif
