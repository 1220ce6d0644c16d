/* SPDX-License-Identifier: MIT */
#include "flow/reconcile.h"

#include "base/error.h"
#include "flow/change.h"
#include "model/requires.h"
#include "store/require_store.h"
#include "store/writer_store.h"

static bool announce_again(struct db *db, void *data, GError **error)
{
	const uint64_t *id = data;
	g_autoptr(GPtrArray) builds = NULL;
	g_autoptr(GPtrArray) requires = NULL;

	if (!build_store_load_many(db, id, 1, &builds, error) ||
	    !require_store_load(db, id, 1, &requires, error))
		return false;
	return !builds->len ||
	       change_repeat(db, builds->pdata[0], requires->len ? requires : NULL, error);
}

static bool announce_all(struct db *db, guint *ret, GError **error)
{
	g_autoptr(GArray) ids = NULL;

	if (!build_store_restored(db, &ids, error))
		return false;
	for (guint i = 0; i < ids->len; i++) {
		if (!db_transact(db, announce_again, &g_array_index(ids, uint64_t, i), error))
			return false;
	}
	*ret = ids->len;
	return true;
}

bool reconcile_restored(struct db *db, GPtrArray *sentences, GError **error)
{
	g_auto(Writer) writer = { 0 };
	guint count;

	/* The server is accepted last: nobody acts before all is done. */
	if (!writer_store_doubt(db, error) || !announce_all(db, &count, error) ||
	    !writer_store_accept(db, error) || !writer_store_read(db, &writer, error))
		return false;
	g_ptr_array_add(
		sentences,
		g_strdup("ids, numbers of events and the counter of changes go on 100,000 later"));
	g_ptr_array_add(sentences,
			g_strdup_printf("%u builds are announced again as they are now", count));
	g_ptr_array_add(sentences,
			g_strdup_printf("tasks of builds up to %" G_GUINT64_FORMAT
					" are looked for before anything of them is submitted",
					writer.doubt_id));
	g_ptr_array_add(sentences, g_strdup_printf("%s is the writer now", writer.here));
	return true;
}
