/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SCENARIO_H
#define TESTS_SCENARIO_H

/* Runs all scenario files of some folders below tests/scenario. */

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether the scenario of that file holds; says on stderr what does not. */
typedef bool scenario_fn(const char *path);

static inline unsigned scenarios_run_folder(const char *folder, scenario_fn *run, unsigned *failed)
{
	g_autofree char *place =
		g_build_filename(getenv("top_srcdir"), "tests/scenario", folder, NULL);
	g_autoptr(GDir) dir = g_dir_open(place, 0, NULL);
	unsigned count = 0;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(place, name, NULL);

		if (!g_str_has_suffix(name, ".txt"))
			continue;
		count++;
		*failed += !run(path);
	}
	return count;
}

/* What main returns. A folder without scenarios is a failure. */
static inline int scenarios_run(const char *const *folders, scenario_fn *run)
{
	unsigned failed = 0;

	for (; *folders; folders++) {
		const unsigned count = scenarios_run_folder(*folders, run, &failed);

		printf("%s: %u scenarios\n", *folders, count);
		failed += !count;
	}
	printf("%u failed\n", failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
