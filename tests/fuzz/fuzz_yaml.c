/* SPDX-License-Identifier: MIT */
/* Reaches yaml_events_read(): its caps hold, and lists and mappings end as often as they begin. */
#include "tests/fuzz/fuzz.h"

#include "base/yaml_events.h"

struct seen {
	unsigned items;
	unsigned depth;
};

static bool take_item(const struct yaml_item *item, void *data, GError **error)
{
	struct seen *seen = data;

	(void)error;
	seen->items++;
	if (item->kind == YAML_MAP_END || item->kind == YAML_LIST_END)
		seen->depth--;
	g_assert_cmpuint(item->depth, ==, seen->depth);
	if (item->kind == YAML_MAP_BEGIN || item->kind == YAML_LIST_BEGIN)
		seen->depth++;
	g_assert_cmpuint(seen->depth, <=, yaml_caps_document.depth);
	g_assert_true(item->kind != YAML_SCALAR ||
		      g_utf8_validate(item->text, (gssize)item->length, NULL));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct seen seen = { 0 };
	bool is_good = yaml_events_read((const char *)data, size, &yaml_caps_document, take_item,
					&seen, &error);

	g_assert_cmpint(is_good, ==, !error);
	g_assert_true(!is_good || seen.depth == 0);
	g_assert_cmpuint(seen.items, <=, yaml_caps_document.items);
	return 0;
}
