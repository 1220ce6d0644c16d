/* SPDX-License-Identifier: MIT */
#include "flow/recorders.h"

#include "base/log.h"
#include "flow/session.h"

/* Connections besides the caller's: more of them gain little on the few disks a database has. */
#define HELPERS 3
/* So few items are not worth another thread. */
#define ITEMS_PER_HELPER 8

struct recorders {
	const struct config *config;
	GPtrArray *connections; /* struct db */
	bool is_refused;        /* no more of them in this pass */
};

/* What the threads of one run share. */
struct run {
	GPtrArray *items;
	recorder_fn *function;
	void *data;
	gint next; /* of the items; atomic */
};

struct helper {
	struct run *run;
	struct db *db;
	GThread *thread;
};

static void connection_close(gpointer db)
{
	db_close(db);
}

struct recorders *recorders_new(const struct config *config)
{
	struct recorders *recorders = g_new0(struct recorders, 1);

	recorders->config = config;
	recorders->connections = g_ptr_array_new_with_free_func(connection_close);
	return recorders;
}

void recorders_free(struct recorders *recorders)
{
	if (!recorders)
		return;
	g_ptr_array_unref(recorders->connections);
	g_free(recorders);
}

/* How many helpers there are for so many items; broken connections leave. */
static guint helpers_for(struct recorders *recorders, guint items)
{
	const guint wanted = MIN(items / ITEMS_PER_HELPER, HELPERS);

	for (guint i = recorders->connections->len; i > 0; i--)
		if (db_is_broken(g_ptr_array_index(recorders->connections, i - 1)))
			g_ptr_array_remove_index(recorders->connections, i - 1);
	while (recorders->connections->len < wanted && !recorders->is_refused) {
		g_autoptr(GError) problem = NULL;
		struct db *db = session_open(recorders->config, ACCOUNT_SCHEDULER, &problem);

		recorders->is_refused = !db;
		if (db)
			g_ptr_array_add(recorders->connections, db);
		else
			log_warning("connections-refused", log_error_text(problem));
	}
	return MIN(wanted, recorders->connections->len);
}

static void work_off(struct run *run, struct db *db)
{
	gint i;

	while ((i = g_atomic_int_add(&run->next, 1)) < (gint)run->items->len)
		run->function(db, g_ptr_array_index(run->items, i), run->data);
}

static gpointer help(gpointer data)
{
	const struct helper *helper = data;

	work_off(helper->run, helper->db);
	return NULL;
}

void recorders_run(struct recorders *recorders, struct db *own, GPtrArray *items,
		   recorder_fn *function, void *data)
{
	struct run run = { .items = items, .function = function, .data = data };
	struct helper helpers[HELPERS];
	const guint count = recorders ? helpers_for(recorders, items->len) : 0;

	for (guint i = 0; i < count; i++) {
		helpers[i] = (struct helper){ &run, recorders->connections->pdata[i], NULL };
		helpers[i].thread = g_thread_new("recorder", help, &helpers[i]);
	}
	work_off(&run, own);
	for (guint i = 0; i < count; i++)
		g_thread_join(helpers[i].thread);
}
