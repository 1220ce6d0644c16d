/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_TEXT_KOJI_RECORDED_H
#define TESTS_UNIT_TEXT_KOJI_RECORDED_H

/* The recorded exchanges of tests/fixtures/koji; FIXTURES is the folder above. */

#include <glib.h>
#include <string.h>

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
