/* SPDX-License-Identifier: MIT */
#include "tests/unit/flow/pass_fixture.h"

#include "flow/holder.h"

void verify_result_clear(struct verify_result *result)
{
	g_clear_pointer(&result->reasons, g_ptr_array_unref);
	g_clear_pointer(&result->warnings, g_ptr_array_unref);
	g_clear_pointer(&result->late, g_ptr_array_unref);
}

GPtrArray *lines_of(const char *line)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	if (line)
		g_ptr_array_add(lines, g_strdup(line));
	return lines;
}

struct pass_report run_pass(struct db *db, const struct config *config)
{
	g_autofree char *holder = holder_self();
	const struct pass_wants wants = { .holder = holder, .with_housekeeping = true };
	struct pass_report report = { 0 };
	GError *error = NULL;

	assert_good(pass_run(db, config, &wants, &report, &error));
	return report;
}

struct build *load(struct db *db, uint64_t id)
{
	g_autoptr(GPtrArray) builds = NULL;
	GError *error = NULL;

	assert_good(build_store_load_many(db, &id, 1, &builds, &error));
	assert_int_equal(builds->len, 1);
	return g_ptr_array_steal_index(builds, 0);
}
