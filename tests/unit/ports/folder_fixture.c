/* SPDX-License-Identifier: MIT */
#include "tests/unit/ports/folder_fixture.h"

#include <glib.h>

#include "ports/builder/local_files.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

int folder_set_up(void **state)
{
	*state = g_dir_make_tmp("rida-ports.XXXXXX", NULL);
	return *state ? 0 : 1;
}

int folder_tear_down(void **state)
{
	folder_remove(*state, NULL);
	g_free(*state);
	return 0;
}

char *below(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

void put(void **state, const char *name, const char *text)
{
	g_autofree char *path = below(state, name);

	assert_true(file_write(path, text, NULL));
}
