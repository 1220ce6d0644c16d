/* SPDX-License-Identifier: MIT */
#include "text/sources_list.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "text/url.h"

static const struct hash_kind {
	const char *word; /* in the new form */
	const char *name;
	GChecksumType digest;
	size_t digits;
} hash_kinds[] = {
	{ "SHA512", "sha512", G_CHECKSUM_SHA512, 128 },
	{ "SHA384", "sha384", G_CHECKSUM_SHA384, 96 },
	{ "SHA256", "sha256", G_CHECKSUM_SHA256, 64 },
	{ "SHA1", "sha1", G_CHECKSUM_SHA1, 40 },
	{ "MD5", "md5", G_CHECKSUM_MD5, 32 },
};

#define OLD_HASH_DIGITS 32

static const struct strict_charset file_names = { .first = "_", .rest = "._+~^-", .max = 255 };

void source_file_free(struct source_file *file)
{
	if (!file)
		return;
	g_free(file->name);
	g_free(file->hash);
	g_free(file);
}

static void source_file_destroy(void *file)
{
	source_file_free(file);
}

/* Takes "WORD (" from the front of the line; NULL when it is another form. */
static const struct hash_kind *take_kind(const char **line)
{
	for (size_t i = 0; i < G_N_ELEMENTS(hash_kinds); i++) {
		size_t length = strlen(hash_kinds[i].word);

		if (g_str_has_prefix(*line, hash_kinds[i].word) &&
		    g_str_has_prefix(*line + length, " (")) {
			*line += length + 2;
			return &hash_kinds[i];
		}
	}
	return NULL;
}

/* "SHA512 (name) = hash", taken apart at the last bracket: none can occur in a name. */
static struct source_file *read_new_form(const char *line)
{
	const struct hash_kind *kind = take_kind(&line);
	g_autoptr(SourceFile) file = NULL;
	const char *end;

	end = kind ? strstr(line, ") = ") : NULL;
	if (!end || !strict_hex(end + 4, kind->digits))
		return NULL;
	file = g_new0(struct source_file, 1);
	file->name = g_strndup(line, (size_t)(end - line));
	file->digest = kind->digest;
	file->hash_type = kind->name;
	file->hash = g_strdup(end + 4);
	return g_steal_pointer(&file);
}

/* "md5  name": one or two blanks, or a blank and the star of a binary file. */
static struct source_file *read_old_form(const char *line)
{
	g_autofree char *hash = g_strndup(line, OLD_HASH_DIGITS);
	struct source_file *file;
	const char *name;

	if (!strict_hex(hash, OLD_HASH_DIGITS) || line[OLD_HASH_DIGITS] != ' ')
		return NULL;
	name = line + OLD_HASH_DIGITS + 1;
	if (*name == ' ' || *name == '*')
		name++;
	file = g_new0(struct source_file, 1);
	file->name = g_strdup(name);
	file->digest = G_CHECKSUM_MD5;
	file->hash_type = "md5";
	file->hash = g_steal_pointer(&hash);
	return file;
}

static bool read_line(const char *line, unsigned number, GHashTable *names, GPtrArray *files,
		      GError **error)
{
	g_autoptr(SourceFile) file = read_new_form(line);

	if (!file)
		file = read_old_form(line);
	if (!file)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "sources, line %u: \"SHA512 (file) = hash\" or \"md5  file\" is wanted",
			    number);
	if (!strict_name(file->name, &file_names) || strstr(file->name, ".."))
		return fail(
			error, RIDA_ERROR_MALFORMED,
			"sources, line %u: the file name may hold letters, digits and ._+~^- only",
			number);
	if (!g_hash_table_add(names, file->name))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "sources, line %u: the file \"%s\" stands twice in the list", number,
			    file->name);
	g_ptr_array_add(files, g_steal_pointer(&file));
	return true;
}

bool sources_list_read(const char *text, size_t length, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(source_file_destroy);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *copy = NULL;
	g_auto(GStrv) lines = NULL;

	if (length > SOURCES_LIST_BYTES_MAX)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "sources: the list is larger than %d bytes", SOURCES_LIST_BYTES_MAX);
	if (memchr(text, '\0', length))
		return fail(error, RIDA_ERROR_MALFORMED, "sources: the list holds a NUL byte");
	copy = g_strndup(text, length);
	lines = g_strsplit(copy, "\n", SOURCES_LIST_LINES_MAX + 1);
	if (g_strv_length(lines) > SOURCES_LIST_LINES_MAX)
		return fail(error, RIDA_ERROR_MALFORMED, "sources: the list has more than %d lines",
			    SOURCES_LIST_LINES_MAX);
	for (unsigned i = 0; lines[i]; i++) {
		g_strchomp(lines[i]);
		if (*lines[i] && !read_line(lines[i], i + 1, names, files, error))
			return false;
	}
	*ret = g_steal_pointer(&files);
	return true;
}

bool source_file_url(const struct source_file *file, const char *template, const char *package,
		     char **ret, GError **error)
{
	g_autofree char *name = url_segment(package);
	g_autofree char *filename = url_segment(file->name);
	const char *const pairs[] = {
		"name",          name,   "filename", filename, "hashtype",
		file->hash_type, "hash", file->hash, NULL,
	};

	return template_fill(template, pairs, ret, error);
}
