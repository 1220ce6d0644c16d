/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_FILE_FIXTURE_H
#define TESTS_UNIT_FILE_FIXTURE_H

/* A path in a temporary folder of its own, for a test of one file. Nothing is there at first. */

#include <glib.h>
#include <glib/gstdio.h>

struct file_fixture {
	char *folder;
	char *file;
};

static inline void file_fixture_init(struct file_fixture *fixture)
{
	fixture->folder = g_dir_make_tmp("rida-unit.XXXXXX", NULL);
	g_assert_nonnull(fixture->folder);
	fixture->file = g_build_filename(fixture->folder, "file", NULL);
}

static inline void file_fixture_clear(struct file_fixture *fixture)
{
	g_unlink(fixture->file);
	g_rmdir(fixture->folder);
	g_free(fixture->file);
	g_free(fixture->folder);
}

/* For cmocka: *state is the fixture. */
static inline int file_set_up(void **state)
{
	struct file_fixture *fixture = g_new0(struct file_fixture, 1);

	file_fixture_init(fixture);
	*state = fixture;
	return 0;
}

static inline int file_tear_down(void **state)
{
	file_fixture_clear(*state);
	g_free(*state);
	return 0;
}

#endif
