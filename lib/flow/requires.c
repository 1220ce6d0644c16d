/* SPDX-License-Identifier: MIT */
#include "flow/requires.h"

#include "base/error.h"
#include "store/require_store.h"

static void take(GHashTable *works, struct build_require *require)
{
	struct work *work = g_hash_table_lookup(works, &require->build_id);
	GError *problem = NULL;

	g_ptr_array_add(work->requires, require);
	if (!build_require_check(require, &problem))
		work_fail(work, problem);
}

static void requires_read(struct pass *pass, const GPtrArray *works, GError **error)
{
	g_autoptr(GHashTable) by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GPtrArray) rows = NULL;

	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		if (work->requires)
			continue;
		g_array_append_val(ids, work->build->id);
		g_hash_table_insert(by_id, &work->build->id, work);
	}
	if (!ids->len || !require_store_load(pass->db, (const uint64_t *)(void *)ids->data,
					     ids->len, &rows, error))
		return;
	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		if (!work->requires)
			work->requires =
				g_ptr_array_new_with_free_func((GDestroyNotify)build_require_free);
	}
	g_ptr_array_set_free_func(rows, NULL);
	for (guint i = 0; i < rows->len; i++)
		take(by_id, g_ptr_array_index(rows, i));
}

void works_need_requires(struct pass *pass, GPtrArray *works)
{
	g_autoptr(GError) problem = NULL;

	requires_read(pass, works, &problem);
	for (guint i = works->len; i > 0; i--) {
		struct work *work = g_ptr_array_index(works, i - 1);

		if (!work->requires)
			work_fail(work, g_error_copy(problem));
		if (work->error)
			g_ptr_array_remove_index(works, i - 1);
	}
}
