/* SPDX-License-Identifier: MIT */
#include "tests/unit/ports/json_lines.h"

#include <string.h>

#include "text/json.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

GPtrArray *json_lines_member(const char *file, const char *name)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	assert_true(g_file_get_contents(file, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line; line++) {
		g_autoptr(JsonObject) value = NULL;
		const char *found;

		assert_true(read_json(*line, strlen(*line), &value, NULL));
		assert_true(json_member_text(value, name, 99, &found, NULL));
		g_ptr_array_add(texts, g_strdup(found));
	}
	return texts;
}
