/* SPDX-License-Identifier: MIT */
#include "flow/verify_permissions.h"

static void check_permission(const struct config *config, const struct document_component *wanted,
			     GPtrArray *reasons)
{
	if (wanted->repository && !config->rpms_allow_repository)
		g_ptr_array_add(
			reasons,
			g_strdup_printf(
				"component %s: custom repositories are not allowed here, and "
				"it names %s: remove it",
				wanted->name, wanted->repository));
	if (wanted->cache)
		g_ptr_array_add(reasons,
				g_strdup_printf("component %s: its sources come from the lookaside "
						"cache of this deployment, and it names %s: "
						"remove it",
						wanted->name, wanted->cache));
}

void verify_permissions(const struct config *config, const struct document *document,
			GPtrArray *reasons)
{
	for (guint i = 0; i < document->components->len; i++)
		check_permission(config, g_ptr_array_index(document->components, i), reasons);
}
