/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_TEXT_XMLRPC_READING_H
#define TESTS_UNIT_TEXT_XMLRPC_READING_H

/* Reading a whole text in pieces, and the recorded exchanges of tests/fixtures/koji. */

#include <glib.h>
#include <string.h>

#include "text/json.h"
#include "text/xmlrpc.h"

/* How the text comes: all at once, byte by byte, or in pieces whose sizes are drawn. */
struct pieces {
	size_t max; /* 0: no limit */
	GRand *sizes;
};

static inline bool read_in_pieces(const char *bytes, size_t length, const struct pieces *pieces,
				  struct xmlrpc_message *ret, GError **error)
{
	g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();

	while (length > 0) {
		size_t piece = pieces->max ? MIN(length, pieces->max) : length;

		if (pieces->sizes)
			piece = (size_t)g_rand_int_range(pieces->sizes, 1, (gint32)piece + 1);
		if (!xmlrpc_reader_feed(reader, bytes, piece, error))
			return false;
		bytes += piece;
		length -= piece;
	}
	return xmlrpc_reader_end(reader, ret, error);
}

static inline bool read_text(const char *text, struct xmlrpc_message *ret, GError **error)
{
	return read_in_pieces(text, strlen(text), &(const struct pieces){ 0 }, ret, error);
}

/* The value as JSON. */
static inline char *shown_value(struct json_object *value)
{
	GString *out = g_string_new(NULL);

	append_json(out, value);
	return g_string_free(out, FALSE);
}

/* A recorded body or head; ends the program when there is none. */
static inline char *load_recorded(const char *name, const char *ending, gsize *ret_length)
{
	g_autofree char *file = g_strconcat(FIXTURES "/koji/", name, ending, NULL);
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	if (!g_file_get_contents(file, &text, ret_length, &error))
		g_error("%s", error->message);
	return text;
}

static inline gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the exchanges of which there is such a file, in order. */
static inline GPtrArray *recorded_names(const char *ending)
{
	g_autoptr(GDir) folder = g_dir_open(FIXTURES "/koji", 0, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const char *file;

	g_assert_nonnull(folder);
	while ((file = g_dir_read_name(folder)))
		if (g_str_has_suffix(file, ending))
			g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(ending)));
	g_ptr_array_sort(names, compare_names);
	return names;
}

#endif
