/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PORTS_FOLDER_FIXTURE_H
#define TESTS_UNIT_PORTS_FOLDER_FIXTURE_H

/* A folder of each test's own: *state is its path, a text. */

/* cmocka: makes the folder, and removes it with all that is in it. */
int folder_set_up(void **state);
int folder_tear_down(void **state);

/* A path below it; the caller frees it. */
char *below(void **state, const char *name);

/* Writes a file below it, or the test fails. */
void put(void **state, const char *name, const char *text);

#endif
