/* SPDX-License-Identifier: MIT */
#include "store/db_internal.h"

bool db_collect(struct db *db, const char *sql, struct db_args args, const struct db_shape *shape,
		GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(shape->free);
	g_autoptr(DbRows) rows = NULL;
	int got = 1;

	if (!db_select(db, sql, args, shape->columns, &rows, error))
		return false;
	while (got > 0) {
		void *row = g_malloc0(shape->size);

		got = db_next(rows, row, error);
		if (got > 0)
			g_ptr_array_add(all, row);
		else
			g_free(row);
	}
	if (got < 0)
		return false;
	*ret = g_steal_pointer(&all);
	return true;
}

bool db_collect_plain(struct db *db, const char *sql, struct db_args args,
		      const struct db_shape *shape, GArray **ret, GError **error)
{
	g_autoptr(GArray) all = g_array_new(FALSE, TRUE, (guint)shape->size);
	g_autofree void *row = g_malloc0(shape->size);
	g_autoptr(DbRows) rows = NULL;
	int got;

	if (!db_select(db, sql, args, shape->columns, &rows, error))
		return false;
	while ((got = db_next(rows, row, error)) > 0)
		g_array_append_vals(all, row, 1);
	if (got < 0)
		return false;
	*ret = g_steal_pointer(&all);
	return true;
}
