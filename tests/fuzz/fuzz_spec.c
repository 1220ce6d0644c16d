/* SPDX-License-Identifier: MIT */
/* Reaches spec_facts_read(): whatever a spec makes rpmspec print, no file's name holds a folder. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ports/sandbox/sandbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *output = g_strndup((const char *)data, size);
	g_autoptr(SpecFacts) facts = NULL;

	if (!spec_facts_read(output, &facts, NULL))
		return 0;
	g_assert_null(strchr(facts->name, '\n'));
	g_assert_true(g_utf8_validate(facts->name, -1, NULL));
	for (guint i = 0; i < facts->sources->len; i++)
		g_assert_null(strpbrk(g_ptr_array_index(facts->sources, i), "/\n"));
	return 0;
}
