/* SPDX-License-Identifier: MIT */
#include "base/yaml_events.h"

#include <string.h>
#include <yaml.h>

#include "base/error.h"

const struct yaml_caps yaml_caps_document = {
	.bytes = 1 << 20,
	.depth = 64,
	.items = 200000,
	.scalar = 256 << 10,
};

/* One open mapping or list; a mapping alternates keys and values and knows the keys it had. */
struct level {
	GHashTable *keys; /* NULL: a list */
	bool wants_key;
};

struct pass {
	const struct yaml_caps *caps;
	yaml_item_fn *item;
	void *data;
	GArray *levels; /* struct level */
	unsigned items;
	unsigned documents;
};

static void level_clear(void *level)
{
	g_clear_pointer(&((struct level *)level)->keys, g_hash_table_unref);
}

static bool refuse(const yaml_event_t *event, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static bool refuse(const yaml_event_t *event, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list arguments;

	va_start(arguments, format);
	what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return fail(error, RIDA_ERROR_MALFORMED, "line %zu, column %zu: %s",
		    event->start_mark.line + 1, event->start_mark.column + 1, what);
}

static struct level *innermost(struct pass *pass)
{
	return pass->levels->len ? &g_array_index(pass->levels, struct level, pass->levels->len - 1)
				 : NULL;
}

/* Accounts for a node that stands as a key or a value of the innermost mapping. */
static bool take_place(struct pass *pass, const yaml_event_t *event, bool *ret_is_key,
		       GError **error)
{
	struct level *level = innermost(pass);

	*ret_is_key = level && level->keys && level->wants_key;
	if (!level || !level->keys)
		return true;
	if (level->wants_key) {
		if (event->type != YAML_SCALAR_EVENT)
			return refuse(event, error, "a mapping's key must be a plain word");
		if (!g_hash_table_add(level->keys,
				      g_strdup((const char *)event->data.scalar.value)))
			return refuse(event, error, "this key stands twice in its mapping");
	}
	level->wants_key = !level->wants_key;
	return true;
}

static bool hand_on(struct pass *pass, const yaml_event_t *event, struct yaml_item *item,
		    GError **error)
{
	if (++pass->items > pass->caps->items)
		return refuse(event, error, "the document has more than %u items",
			      pass->caps->items);
	item->depth = pass->levels->len;
	item->line = (unsigned)event->start_mark.line + 1;
	item->column = (unsigned)event->start_mark.column + 1;
	return !pass->item || pass->item(item, pass->data, error);
}

static bool take_scalar(struct pass *pass, const yaml_event_t *event, GError **error)
{
	struct yaml_item item = { .kind = YAML_SCALAR };

	if (event->data.scalar.anchor)
		return refuse(event, error, "anchors (&name) are not allowed");
	if (event->data.scalar.tag)
		return refuse(event, error, "tags (!name) are not allowed");
	if (event->data.scalar.length > pass->caps->scalar)
		return refuse(event, error, "this text is longer than %zu bytes",
			      pass->caps->scalar);
	item.text = (const char *)event->data.scalar.value;
	item.length = event->data.scalar.length;
	if (memchr(item.text, 0, item.length))
		return refuse(event, error, "a NUL byte is not allowed");
	if (!take_place(pass, event, &item.is_key, error))
		return false;
	if (item.is_key && strcmp(item.text, "<<") == 0)
		return refuse(event, error, "merging mappings (<<) is not allowed");
	return hand_on(pass, event, &item, error);
}

static bool take_begin(struct pass *pass, const yaml_event_t *event, GError **error)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	struct yaml_item item = { .kind = is_map ? YAML_MAP_BEGIN : YAML_LIST_BEGIN };
	struct level level = { .wants_key = true };

	if (is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor)
		return refuse(event, error, "anchors (&name) are not allowed");
	if (is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag)
		return refuse(event, error, "tags (!name) are not allowed");
	if (pass->levels->len >= pass->caps->depth)
		return refuse(event, error, "the document is nested more than %u levels deep",
			      pass->caps->depth);
	if (!take_place(pass, event, &item.is_key, error) || !hand_on(pass, event, &item, error))
		return false;
	if (is_map)
		level.keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_array_append_val(pass->levels, level);
	return true;
}

static bool take_end(struct pass *pass, const yaml_event_t *event, GError **error)
{
	struct yaml_item item = { .kind = event->type == YAML_MAPPING_END_EVENT ? YAML_MAP_END
										: YAML_LIST_END };

	g_array_set_size(pass->levels, pass->levels->len - 1);
	return hand_on(pass, event, &item, error);
}

static bool take_event(struct pass *pass, const yaml_event_t *event, GError **error)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(pass, event, error);
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return take_begin(pass, event, error);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return take_end(pass, event, error);
	case YAML_ALIAS_EVENT:
		return refuse(event, error,
			      "aliases (*name) are not allowed: write out what they stand for");
	case YAML_DOCUMENT_START_EVENT:
		if (++pass->documents > 1)
			return refuse(event, error, "only one document is allowed");
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

static bool read_all(yaml_parser_t *parser, struct pass *pass, GError **error)
{
	bool is_end = false;

	while (!is_end) {
		yaml_event_t event;
		bool is_good;

		if (!yaml_parser_parse(parser, &event))
			return fail(error, RIDA_ERROR_MALFORMED, "line %zu, column %zu: %s",
				    parser->problem_mark.line + 1, parser->problem_mark.column + 1,
				    parser->problem ? parser->problem : "this is not YAML");
		is_good = take_event(pass, &event, error);
		is_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (!is_good)
			return false;
	}
	if (pass->documents == 0)
		return fail(error, RIDA_ERROR_MALFORMED, "line 1: the document is empty");
	return true;
}

static unsigned line_of(const char *text, const char *place)
{
	unsigned line = 1;

	for (; text < place; text++)
		line += *text == '\n';
	return line;
}

bool yaml_events_read(const char *text, size_t length, const struct yaml_caps *caps,
		      yaml_item_fn *item, void *data, GError **error)
{
	g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(struct level));
	struct pass pass = { .caps = caps, .item = item, .data = data, .levels = levels };
	yaml_parser_t parser;
	const char *bad_byte;
	bool is_good;

	if (length > caps->bytes)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the text has %zu bytes; at most %zu are read", length, caps->bytes);
	if (!g_utf8_validate(text, (gssize)length, &bad_byte))
		return fail(error, RIDA_ERROR_MALFORMED, "line %u: %s", line_of(text, bad_byte),
			    *bad_byte ? "this is not UTF-8" : "a NUL byte is not allowed");
	/* libyaml would take the mark for a column, and what is below for less indented. */
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		length -= 3;
	}
	g_array_set_clear_func(levels, level_clear);
	if (!yaml_parser_initialize(&parser))
		g_error("libyaml: out of memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	is_good = read_all(&parser, &pass, error);
	yaml_parser_delete(&parser);
	return is_good;
}
