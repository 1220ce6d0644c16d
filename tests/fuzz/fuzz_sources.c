/* SPDX-License-Identifier: MIT */
/* Reaches sources_list_read() and source_file_url(): no name leaves its folder or its segment. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "text/sources_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_memdup2(data, size);
	g_autoptr(GPtrArray) files = NULL;

	if (!sources_list_read(text ? text : "", size, &files, NULL))
		return 0;
	for (guint i = 0; i < files->len; i++) {
		const struct source_file *file = g_ptr_array_index(files, i);
		g_autofree char *url = NULL;

		g_assert_null(strpbrk(file->name, "/\\ \n%"));
		g_assert_null(strstr(file->name, ".."));
		g_assert_true(source_file_url(file, "http://h/{filename}/{hash}", "p", &url, NULL));
	}
	return 0;
}
