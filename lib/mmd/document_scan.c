/* SPDX-License-Identifier: MIT */
#include "mmd/document_scan.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "base/yaml_events.h"

/* Depths of keys: data, then for example components or xmd, then rpms, a component, its fields. */
enum {
	DEPTH_DATA = 1,
	DEPTH_SECTION,
	DEPTH_TYPE,
	DEPTH_COMPONENT,
	DEPTH_CONFIGURATION = DEPTH_COMPONENT, /* of packager documents: configurations, a list */
	DEPTH_FIELD,
	DEPTH__COUNT = DEPTH_FIELD + 2
};

enum element { ELEMENT_NONE, ELEMENT_TEXT, ELEMENT_SWITCH, ELEMENT_MAP };

/* An open collection: in a list, the kind of its first element. */
struct place {
	bool is_list;
	enum element element;
};

/* Of the author's xmd, and as many of the service's part: libmodulemd takes quadratic time. */
#define XMD_ITEMS_MAX 20000

struct scan {
	char *keys[DEPTH__COUNT]; /* the path to here */
	unsigned xmd_items[2];    /* the author's, the service's */
	GArray *places;           /* struct place */
};

static bool refuse(const struct yaml_item *item, const char *what, GError **error)
{
	return fail(error, RIDA_ERROR_UNACCEPTABLE, "line %u, column %u: %s", item->line,
		    item->column, what);
}

static bool is_at(const struct scan *scan, unsigned depth, const char *key)
{
	return scan->keys[depth] && strcmp(scan->keys[depth], key) == 0;
}

static bool is_in_xmd(const struct scan *scan, const struct yaml_item *item)
{
	return item->depth > DEPTH_SECTION && is_at(scan, DEPTH_DATA, "data") &&
	       is_at(scan, DEPTH_SECTION, "xmd");
}

static enum element element_of(const struct yaml_item *item)
{
	if (item->kind != YAML_SCALAR)
		return ELEMENT_MAP;
	if (strcmp(item->text, "TRUE") == 0 || strcmp(item->text, "FALSE") == 0)
		return ELEMENT_SWITCH;
	return ELEMENT_TEXT;
}

static bool count_xmd(struct scan *scan, const struct yaml_item *item, GError **error)
{
	if (!is_in_xmd(scan, item) ||
	    ++scan->xmd_items[is_at(scan, DEPTH_TYPE, "mbs")] <= XMD_ITEMS_MAX)
		return true;
	return refuse(item, "xmd has too many items", error);
}

/* An element of a list in xmd: all of one kind, and no list. */
static bool check_element(struct scan *scan, const struct yaml_item *item, GError **error)
{
	struct place *place;

	if (scan->places->len == 0 || !is_in_xmd(scan, item))
		return true;
	place = &g_array_index(scan->places, struct place, scan->places->len - 1);
	if (!place->is_list)
		return true;
	if (item->kind == YAML_LIST_BEGIN)
		return refuse(item, "a list in xmd may not hold lists", error);
	if (place->element != ELEMENT_NONE && place->element != element_of(item))
		return refuse(item, "the elements of a list in xmd must be of one kind", error);
	place->element = element_of(item);
	return true;
}

/* The depth of the key buildopts that the item is below or at; 0: none. */
static unsigned build_options_depth(const struct scan *scan, const struct yaml_item *item)
{
	if (item->depth < DEPTH_SECTION || !is_at(scan, DEPTH_DATA, "data"))
		return 0;
	if (is_at(scan, DEPTH_SECTION, "buildopts"))
		return DEPTH_SECTION;
	if (item->depth >= DEPTH_CONFIGURATION && is_at(scan, DEPTH_SECTION, "configurations") &&
	    is_at(scan, DEPTH_CONFIGURATION, "buildopts"))
		return DEPTH_CONFIGURATION;
	return 0;
}

static bool is_key_of(const struct yaml_item *item, const char *one, const char *other)
{
	return item->is_key && (strcmp(item->text, one) == 0 || strcmp(item->text, other) == 0);
}

/* Whether the item may stand so far below buildopts: {rpms: {macros: text, whitelist: [text]},
 * arches: [text]}. */
static bool is_build_option(const struct scan *scan, const struct yaml_item *item, unsigned depth)
{
	bool is_text = item->kind == YAML_SCALAR && !item->is_key;
	bool is_rpms = item->depth > depth && is_at(scan, depth + 1, "rpms");

	switch (item->depth - depth) {
	case 0:
		return item->kind == YAML_MAP_BEGIN;
	case 1:
		return is_key_of(item, "rpms", "arches") ||
		       item->kind == (is_rpms ? YAML_MAP_BEGIN : YAML_LIST_BEGIN);
	case 2:
		if (!is_rpms)
			return is_text;
		return is_key_of(item, "macros", "whitelist") ||
		       (is_at(scan, depth + 2, "macros") ? is_text : item->kind == YAML_LIST_BEGIN);
	default:
		return is_text;
	}
}

/*
 * The library frees the error of a buildopts that it does not like and then hands it out, so what
 * it would not like must not reach it.
 */
static bool check_build_options(const struct scan *scan, const struct yaml_item *item,
				GError **error)
{
	unsigned depth = build_options_depth(scan, item);

	if (depth == 0 || (item->depth == depth && item->is_key) ||
	    is_build_option(scan, item, depth))
		return true;
	return refuse(item, "buildopts may hold rpms (macros and whitelist) and arches only",
		      error);
}

/* YYYY-MM-DD, and there is such a day. */
static bool is_date(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "-", 4);
	uint64_t year;
	uint64_t month;
	uint64_t day;

	return strlen(text) == strlen("YYYY-MM-DD") && g_strv_length(parts) == 3 &&
	       strict_u64(parts[0], 1, 9999, &year, NULL) &&
	       strict_u64(parts[1], 1, 12, &month, NULL) &&
	       strict_u64(parts[2], 1, 31, &day, NULL) &&
	       g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

/* A date that is none makes the library read at address zero. */
static bool check_end_of_life(const struct scan *scan, const struct yaml_item *item, GError **error)
{
	bool is_eol =
		(item->depth == DEPTH_SECTION && is_at(scan, DEPTH_SECTION, "eol")) ||
		(item->depth == DEPTH_COMPONENT && is_at(scan, DEPTH_SECTION, "servicelevels") &&
		 is_at(scan, DEPTH_COMPONENT, "eol"));

	if (!is_eol || item->is_key || (item->kind == YAML_SCALAR && is_date(item->text)))
		return true;
	return refuse(item, "an eol is a date, YYYY-MM-DD", error);
}

/* Whether the item is, or ends, the value of one of the sections that hold lists of RPMs. */
static bool is_rpm_section(const struct scan *scan, const struct yaml_item *item)
{
	static const char *const names[] = { "api", "filter", "demodularized", "artifacts", NULL };

	return item->depth == DEPTH_SECTION && !item->is_key && is_at(scan, DEPTH_DATA, "data") &&
	       scan->keys[DEPTH_SECTION] && g_strv_contains(names, scan->keys[DEPTH_SECTION]);
}

/* The library says that such a section is none, and goes on as if it had not. */
static bool check_rpm_section(const struct scan *scan, const struct yaml_item *item, GError **error)
{
	bool is_artifacts = is_at(scan, DEPTH_SECTION, "artifacts");

	if (!is_rpm_section(scan, item) || item->kind == YAML_MAP_BEGIN ||
	    (item->kind == YAML_MAP_END && (!is_artifacts || scan->keys[DEPTH_TYPE])))
		return true;
	return refuse(item, "api, filter, demodularized and artifacts have lists: {rpms: [NAME]}",
		      error);
}

static bool check_scalar(struct scan *scan, const struct yaml_item *item, GError **error)
{
	int64_t number;

	if (item->is_key) {
		for (unsigned i = item->depth; i < DEPTH__COUNT; i++)
			g_clear_pointer(&scan->keys[i], g_free);
		if (item->depth < DEPTH__COUNT)
			scan->keys[item->depth] = g_strdup(item->text);
		return true;
	}
	if (item->depth == DEPTH_FIELD && is_at(scan, DEPTH_SECTION, "components") &&
	    is_at(scan, DEPTH_FIELD, "buildorder") &&
	    !strict_i64(item->text, G_MININT32, G_MAXINT32, &number, NULL))
		return refuse(item, "a buildorder is a whole number of at most 32 bits", error);
	return true;
}

/* What must be a text; of sections only those below data, of fields those of components. */
static const struct {
	unsigned depth;
	const char *key;
} texts[] = {
	{ DEPTH_DATA, "document" },       { DEPTH_DATA, "version" },
	{ DEPTH_SECTION, "name" },        { DEPTH_SECTION, "stream" },
	{ DEPTH_SECTION, "context" },     { DEPTH_SECTION, "arch" },
	{ DEPTH_SECTION, "version" },     { DEPTH_SECTION, "summary" },
	{ DEPTH_SECTION, "description" }, { DEPTH_FIELD, "rationale" },
	{ DEPTH_FIELD, "name" },          { DEPTH_FIELD, "ref" },
	{ DEPTH_FIELD, "repository" },    { DEPTH_FIELD, "cache" },
	{ DEPTH_FIELD, "buildorder" },
};

static bool is_below(const struct scan *scan, unsigned depth)
{
	return depth == DEPTH_DATA ||
	       (is_at(scan, DEPTH_DATA, "data") &&
		(depth == DEPTH_SECTION || is_at(scan, DEPTH_SECTION, "components")));
}

/* The library says of these only that something was no scalar. */
static bool check_collection(const struct scan *scan, const struct yaml_item *item, GError **error)
{
	g_autofree char *what = NULL;

	if (item->depth == DEPTH_SECTION && item->kind == YAML_LIST_BEGIN &&
	    is_below(scan, DEPTH_SECTION) && is_at(scan, DEPTH_SECTION, "xmd"))
		return refuse(item, "xmd must be a mapping", error);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		if (item->depth != texts[i].depth || !is_below(scan, item->depth) ||
		    !is_at(scan, item->depth, texts[i].key))
			continue;
		what = g_strdup_printf("%s must be a text", texts[i].key);
		return refuse(item, what, error);
	}
	return true;
}

static bool take_item(const struct yaml_item *item, void *data, GError **error)
{
	struct scan *scan = data;
	struct place place = { .is_list = item->kind == YAML_LIST_BEGIN };

	if (!check_rpm_section(scan, item, error) || !count_xmd(scan, item, error))
		return false;
	if (item->kind == YAML_MAP_END || item->kind == YAML_LIST_END) {
		g_array_set_size(scan->places, scan->places->len - 1);
		return true;
	}
	if (!check_element(scan, item, error) || !check_build_options(scan, item, error) ||
	    !check_end_of_life(scan, item, error))
		return false;
	if (item->kind == YAML_SCALAR)
		return check_scalar(scan, item, error);
	if (!check_collection(scan, item, error))
		return false;
	g_array_append_val(scan->places, place);
	return true;
}

bool document_scan(const char *text, size_t length, GError **error)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(struct place));
	struct scan scan = { .places = places };
	g_autoptr(GError) problem = NULL;
	bool is_good;

	is_good = yaml_events_read(text, length, &yaml_caps_document, take_item, &scan, &problem);
	for (unsigned i = 0; i < DEPTH__COUNT; i++)
		g_free(scan.keys[i]);
	if (!is_good)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "the modulemd is not valid: %s",
			    problem->message);
	return true;
}
