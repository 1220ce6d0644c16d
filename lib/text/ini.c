/* SPDX-License-Identifier: MIT */
#include "text/ini.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/strict.h"

#define DEFAULT_SECTION "DEFAULT"

/* Values may be passwords, and are freed as such. */
struct ini {
	GHashTable *sections; /* name -> table of key -> value */
};

/* Where reading stands. */
struct place {
	const char *name;
	unsigned line;
	size_t indent;       /* of the last key or section */
	GHashTable *section; /* NULL: none yet */
	char *key;           /* the last one; NULL: none yet in this section */
	GString *value;      /* its lines so far */
};

struct ini *ini_new(void)
{
	struct ini *ini = g_new0(struct ini, 1);

	ini->sections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      (GDestroyNotify)g_hash_table_unref);
	return ini;
}

void ini_free(struct ini *ini)
{
	if (ini)
		g_hash_table_unref(ini->sections);
	g_free(ini);
}

/* The key's value is whole: blank lines at its end do not belong to it. */
static void end_key(struct place *place)
{
	if (place->key)
		g_hash_table_insert(place->section, place->key,
				    g_strdup(g_strchomp(place->value->str)));
	place->key = NULL;
	g_string_truncate(place->value, 0);
}

static void begin_section(struct ini *ini, struct place *place, const char *name, size_t length)
{
	g_autofree char *section = g_strndup(name, length);

	end_key(place);
	place->section = g_hash_table_lookup(ini->sections, section);
	if (place->section)
		return;
	place->section =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)secret_free);
	g_hash_table_insert(ini->sections, g_steal_pointer(&section), place->section);
}

static bool complain(const struct place *place, const char *line, GError **error)
{
	g_autofree char *shown = strict_shown(line);

	return fail(error, RIDA_ERROR_MALFORMED, "%s:%u: \"%s\" %s", place->name, place->line,
		    shown,
		    place->section ? "is neither a [section] nor key = value"
				   : "stands before the first [section]");
}

/* A line that is not a continuation, without blanks at its ends. */
static bool read_start(struct ini *ini, struct place *place, const char *line, GError **error)
{
	const char *end = *line == '[' ? strrchr(line, ']') : NULL;
	size_t length = strcspn(line, "=:");
	g_autofree char *key = NULL;

	if (end && end > line + 1) {
		begin_section(ini, place, line + 1, (size_t)(end - line - 1));
		return true;
	}
	if (!place->section || length == 0 || line[length] == '\0')
		return complain(place, line, error);
	end_key(place);
	key = g_strndup(line, length);
	place->key = g_utf8_strdown(g_strchomp(key), -1);
	for (length++; g_ascii_isspace(line[length]); length++)
		continue;
	g_string_assign(place->value, line + length);
	return true;
}

static bool read_line(struct ini *ini, struct place *place, char *line, GError **error)
{
	size_t indent = strspn(line, " \t\v\f\r");
	const char *bare = g_strstrip(line);

	place->line++;
	if (*bare == '#' || *bare == ';')
		return true;
	if (*bare == '\0' || (place->key && indent > place->indent)) {
		if (place->key)
			g_string_append_printf(place->value, "\n%s", bare);
		return true;
	}
	place->indent = indent;
	return read_start(ini, place, bare, error);
}

static bool judge_text(const char *name, const char *text, size_t length, GError **error)
{
	if (length > INI_BYTES_MAX)
		return fail(error, RIDA_ERROR_MALFORMED, "%s is larger than %d bytes", name,
			    INI_BYTES_MAX);
	if (!g_utf8_validate_len(text, length, NULL))
		return fail(error, RIDA_ERROR_MALFORMED, "%s is not UTF-8 text", name);
	return true;
}

bool ini_read(struct ini *ini, const char *name, const char *text, size_t length, GError **error)
{
	g_autoptr(GString) value = g_string_new(NULL);
	struct place place = { .name = name, .value = value };
	g_autofree char *copy = NULL;
	bool is_good = true;
	char *line, *rest;

	if (!judge_text(name, text, length, error))
		return false;
	copy = rest = g_strndup(text, length);
	while (is_good && (line = strsep(&rest, "\n")))
		is_good = read_line(ini, &place, line, error);
	end_key(&place);
	explicit_bzero(copy, length);
	explicit_bzero(value->str, value->allocated_len);
	return is_good;
}

bool ini_has_section(const struct ini *ini, const char *section)
{
	return !g_str_equal(section, DEFAULT_SECTION) &&
	       g_hash_table_contains(ini->sections, section);
}

const char *ini_value(const struct ini *ini, const char *section, const char *key)
{
	GHashTable *own = g_hash_table_lookup(ini->sections, section);
	GHashTable *shared = g_hash_table_lookup(ini->sections, DEFAULT_SECTION);
	const char *value = own ? g_hash_table_lookup(own, key) : NULL;

	return value || !shared ? value : g_hash_table_lookup(shared, key);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

char **ini_sections(const struct ini *ini)
{
	GPtrArray *names = g_ptr_array_new();
	GHashTableIter iter;
	void *name;

	g_hash_table_iter_init(&iter, ini->sections);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!g_str_equal(name, DEFAULT_SECTION))
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}
