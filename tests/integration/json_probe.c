/* SPDX-License-Identifier: MIT */
/*
 * Reads texts as JSON, for comparisons with another reader. Each text of stdin stands behind its
 * length in decimal and a line feed; the answer is a line: "refused", or the value as it is
 * written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "text/json.h"

static void answer(const char *text, size_t length)
{
	g_autoptr(JsonObject) value = NULL;
	g_autoptr(GString) out = g_string_new(NULL);

	if (read_json(text, length, &value, NULL))
		append_json(out, value);
	else
		g_string_append(out, "refused");
	puts(out->str);
}

int main(void)
{
	size_t length;

	while (scanf("%zu", &length) == 1 && getchar() == '\n') {
		g_autofree char *text = g_malloc(length + 1);

		if (fread(text, 1, length, stdin) != length)
			return EXIT_FAILURE;
		text[length] = '\0';
		answer(text, length);
	}
	return EXIT_SUCCESS;
}
