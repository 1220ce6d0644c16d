/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PORTS_JSON_LINES_H
#define TESTS_UNIT_PORTS_JSON_LINES_H

#include <glib.h>

/* The texts of that member in a file of JSON objects, one a line and each with the member, or the
 * test fails; an array of char *. */
GPtrArray *json_lines_member(const char *file, const char *name);

#endif
