/* SPDX-License-Identifier: MIT */
#ifndef BASE_YAML_EVENTS_H
#define BASE_YAML_EVENTS_H

/*
 * A capped pass over one YAML document: the only door to libyaml. The caller gets a flat sequence
 * of items with their place. Refused: anchors and aliases, merge keys, tags, duplicate keys of a
 * mapping, a second document, text that is not UTF-8 or holds NUL, and whatever is over a cap.
 * libyaml itself has no depth limit and hangs on deep nesting, so anything hostile passes here
 * first.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum yaml_kind { YAML_SCALAR, YAML_MAP_BEGIN, YAML_MAP_END, YAML_LIST_BEGIN, YAML_LIST_END };

struct yaml_item {
	enum yaml_kind kind;
	const char *text; /* of a scalar; borrowed, valid during the call */
	size_t length;
	bool is_key;    /* a scalar that is the key of a mapping */
	unsigned depth; /* 0 for the document's own node */
	unsigned line;  /* counted from 1 */
	unsigned column;
};

struct yaml_caps {
	size_t bytes; /* of the whole text */
	unsigned depth;
	unsigned items;
	size_t scalar; /* bytes of one scalar */
};

/* What a modulemd document may be at most. */
extern const struct yaml_caps yaml_caps_document;

/* Called for each item in order; false with an error set ends the pass. */
typedef bool yaml_item_fn(const struct yaml_item *item, void *data, GError **error);

/* Passes over the text; item may be NULL to check only. Errors: MALFORMED, with line and column. */
bool yaml_events_read(const char *text, size_t length, const struct yaml_caps *caps,
		      yaml_item_fn *item, void *data, GError **error);

#endif
