/* SPDX-License-Identifier: MIT */
#include "model/source_list.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/names.h"

static const struct hash_kind {
	const char *word; /* as in a line "WORD (file) = hex" */
	const char *type; /* as in a URL */
	GChecksumType digest;
	size_t digits;
} hash_kinds[] = {
	{ "SHA512", "sha512", G_CHECKSUM_SHA512, 128 },
	{ "SHA256", "sha256", G_CHECKSUM_SHA256, 64 },
	{ "MD5", "md5", G_CHECKSUM_MD5, 32 },
};

void source_file_free(struct source_file *file)
{
	if (!file)
		return;
	g_free(file->name);
	g_free(file->hash);
	g_free(file);
}

static const struct hash_kind *kind_find(const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(hash_kinds); i++)
		if (strcmp(hash_kinds[i].word, word) == 0)
			return &hash_kinds[i];
	return NULL;
}

/* The three parts of a line, or NULL; the caller frees them. */
static char **line_parts(const char *line)
{
	static const char *const patterns[] = {
		"^([A-Z0-9]+) \\(([^()\\s]+)\\) = ([0-9a-fA-F]+)$",
		"^()([0-9a-fA-F]{32}) [ *](\\S+)$",
	};
	g_autoptr(GMatchInfo) match = NULL;
	char **parts = NULL;

	for (size_t i = 0; !parts && i < G_N_ELEMENTS(patterns); i++) {
		g_autoptr(GRegex) regex = g_regex_new(patterns[i], G_REGEX_DOLLAR_ENDONLY, 0, NULL);

		g_clear_pointer(&match, g_match_info_unref);
		if (!g_regex_match(regex, line, 0, &match))
			continue;
		parts = g_new0(char *, 4);
		parts[0] = i == 0 ? g_match_info_fetch(match, 1) : g_strdup("MD5");
		parts[1] = g_match_info_fetch(match, i == 0 ? 2 : 3);
		parts[2] = g_match_info_fetch(match, i == 0 ? 3 : 2);
	}
	return parts;
}

static bool line_read(const char *line, struct source_file **ret)
{
	g_auto(GStrv) parts = line_parts(line);
	const struct hash_kind *kind = parts ? kind_find(parts[0]) : NULL;
	g_autofree char *hash = parts ? g_ascii_strdown(parts[2], -1) : NULL;

	if (!kind || !strict_hex(hash, kind->digits) || !name_is_valid(NAME_FILE, parts[1]))
		return false;
	*ret = g_new0(struct source_file, 1);
	(*ret)->name = g_strdup(parts[1]);
	(*ret)->hash_type = kind->type;
	(*ret)->digest = kind->digest;
	(*ret)->hash = g_steal_pointer(&hash);
	return true;
}

static void source_file_destroy(gpointer file)
{
	source_file_free(file);
}

bool source_list_read(const char *text, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(source_file_destroy);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		struct source_file *file;
		g_autofree char *shown = NULL;

		if (!g_strstrip(lines[i])[0])
			continue;
		shown = g_utf8_make_valid(lines[i], (gssize)strnlen(lines[i], 80));
		if (files->len >= SOURCE_LIST_MAX)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "the file sources names more than %d files", SOURCE_LIST_MAX);
		if (!line_read(lines[i], &file))
			return fail(
				error, RIDA_ERROR_UNACCEPTABLE,
				"line %u of the file sources is neither \"SHA512 (file) = hash\" nor \"md5  file\": %s",
				i + 1, shown);
		g_ptr_array_add(files, file);
	}
	*ret = g_steal_pointer(&files);
	return true;
}

char *source_file_url(const struct source_file *file, const char *template, const char *name)
{
	const char *const values[][2] = {
		{ "{name}", name },
		{ "{filename}", file->name },
		{ "{hashtype}", file->hash_type },
		{ "{hash}", file->hash },
	};
	GString *url = g_string_new(template);

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *value = g_uri_escape_string(values[i][1], NULL, FALSE);

		g_string_replace(url, values[i][0], value, 0);
	}
	return g_string_free(url, FALSE);
}
