/* SPDX-License-Identifier: MIT */
#include "mmd/document_words.h"

#include <string.h>

#include "base/yaml_events.h"

/* In this order: what a phrase means may hold a later phrase. */
static const struct {
	const char *said;
	const char *meant;
} phrases[] = {
	{ "Parse error identifying document type and version: ", "" },
	{ "Document did not start with a mapping",
	  "it must be a mapping that begins with \"document: modulemd\"" },
	{ "No document type specified", "it has no document type: write \"document: modulemd\"" },
	{ "No metadata version specified", "it has no format version: write \"version: 2\"" },
	{ "No data section provided",
	  "it has no data: name, summary, description and the like stand below \"data:\"" },
	{ "Expected `document: modulemd[-packager]`, got",
	  "only \"document: modulemd\" and modulemd-packager are read, not number" },
	{ "Unknown ModuleStream version",
	  "there is no such version of the format (modulemd has 1 and 2, modulemd-packager 2 and 3)" },
	{ "Summary is missing", "data.summary is missing: say in a line what the module is" },
	{ "Description is missing", "data.description is missing: say what the module is for" },
	{ "Module license is missing",
	  "data.license is missing: write \"license: {module: [MIT]}\"" },
	{ "Data section did not begin with a map", "data must be a mapping" },
	{ "String was not a scalar", "a text is wanted" },
	{ "Received scalar outside of mapping", "a text stands where a mapping is wanted" },
	{ "Missing mapping in rpm component entry",
	  "a component must be a mapping: NAME: {rationale: TEXT}" },
	{ "No map in profile", "a profile must be a mapping: NAME: {rpms: [NAME]}" },
	{ "Got YAML_SCALAR_EVENT", "Got a text" },
	{ "Got YAML_SEQUENCE_START_EVENT", "Got a list" },
	{ "Got YAML_MAPPING_START_EVENT", "Got a mapping" },
	{ "instead of MAPPING_START", "instead of a mapping" },
	{ "instead of SEQUENCE_START", "instead of a list" },
	{ "Unexpected YAML event in raw parsing", "something unexpected" },
	{ "Unexpected YAML event", "something unexpected" },
	{ "YAML_SCALAR_EVENT", "a text" },
	{ "YAML_SEQUENCE_START_EVENT", "a list" },
	{ "YAML_MAPPING_START_EVENT", "a mapping" },
};

struct search {
	const char *word;
	unsigned count;
	unsigned line;
	unsigned column;
};

static bool look(const struct yaml_item *item, void *data, GError **error)
{
	struct search *search = data;

	(void)error;
	if (item->kind != YAML_SCALAR || strcmp(item->text, search->word) != 0)
		return true;
	search->count++;
	search->line = item->line;
	search->column = item->column;
	return true;
}

/* "line 7, column 3: " of a word that stands once in the text, else NULL. */
static char *place_of(const char *text, size_t length, const char *word)
{
	struct search search = { .word = word };

	if (!*word || !yaml_events_read(text, length, &yaml_caps_document, look, &search, NULL) ||
	    search.count != 1)
		return NULL;
	return g_strdup_printf("line %u, column %u: ", search.line, search.column);
}

/* The library names what it dislikes behind the last colon, or before the first. */
static char *find_place(const char *text, size_t length, const char *said)
{
	const char *first = strstr(said, ": ");
	const char *last = g_strrstr(said, ": ");
	g_autofree char *before = NULL;
	char *place;

	if (!first)
		return NULL;
	place = place_of(text, length, last + 2);
	if (place)
		return place;
	before = g_strndup(said, (size_t)(first - said));
	return place_of(text, length, before);
}

char *document_words(const char *text, size_t length, const char *said)
{
	g_autoptr(GRegex) places = g_regex_new(" *\\[line \\d+ col \\d+\\]", 0, 0, NULL);
	g_autofree char *bare = g_regex_replace_literal(places, said, -1, 0, "", 0, NULL);
	g_autofree char *place = find_place(text, length, bare ? bare : said);
	GString *words = g_string_new(bare ? bare : said);

	for (size_t i = 0; i < G_N_ELEMENTS(phrases); i++)
		g_string_replace(words, phrases[i].said, phrases[i].meant, 0);
	if (place)
		g_string_prepend(words, place);
	return g_string_free(words, FALSE);
}
