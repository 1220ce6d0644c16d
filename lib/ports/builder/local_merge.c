/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_merge.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ports/builder/local_files.h"

#define DEPTH_MAX 32

enum kind { KIND_NONE, KIND_FOLDER, KIND_LINK, KIND_OTHER };

static void append(GString *options, const char *text)
{
	g_string_append_len(options, text, (gssize)strlen(text) + 1);
}

static enum kind kind_of(const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		return KIND_NONE;
	return S_ISDIR(status.st_mode)   ? KIND_FOLDER
	       : S_ISLNK(status.st_mode) ? KIND_LINK
					 : KIND_OTHER;
}

static void append_entry(GString *options, const char *source, const char *target)
{
	g_autofree char *link = NULL;

	if (kind_of(source) == KIND_LINK)
		link = g_file_read_link(source, NULL);
	append(options, link ? "--symlink" : "--ro-bind");
	append(options, link ? link : source);
	append(options, target);
}

/* A bind costs, so a folder that adds nothing is not taken apart. */
static bool is_empty(const char *path)
{
	g_auto(GStrv) names = folder_list(path);

	return !names[0];
}

/* Every name of either folder once. */
static GHashTable *names_of(const char *over, const char *host)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *const folders[] = { over, host };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char **list = folder_list(folders[i]);

		for (size_t k = 0; list[k]; k++)
			g_hash_table_add(names, list[k]);
	}
	return names;
}

static void merge(const char *over, const char *host, GString *options, unsigned depth)
{
	g_autoptr(GHashTable) names = names_of(over, host);
	GHashTableIter iter;
	gpointer name;

	append(options, "--dir");
	append(options, host);
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		g_autofree char *upper = g_build_filename(over, name, NULL);
		g_autofree char *lower = g_build_filename(host, name, NULL);
		const enum kind kind = kind_of(upper);
		const bool are_folders = kind == KIND_FOLDER && kind_of(lower) == KIND_FOLDER;

		if (are_folders && depth < DEPTH_MAX && !is_empty(upper))
			merge(upper, lower, options, depth + 1);
		else
			append_entry(options, kind == KIND_NONE || are_folders ? lower : upper,
				     lower);
	}
}

void local_merge_options(const char *over, GString *options)
{
	append(options, "--tmpfs");
	append(options, "/usr");
	merge(over, "/usr", options, 0);
}
