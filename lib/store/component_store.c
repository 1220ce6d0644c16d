/* SPDX-License-Identifier: MIT */
#include "store/component_store.h"

#include <string.h>

#include "store/db_internal.h"

static const char insert_sql[] = SQL(
	"INSERT INTO components (build_id, name, repository, ref, `commit`, arches, build_order, "
	"batch, weight, build_only, build_time_only, state, state_reason, nvr, task_id, task_state, "
	"attempt, tagged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

static const char ids_sql[] = SQL("SELECT id, name FROM components WHERE build_id = ? ORDER BY id");

#define LOAD(condition)                                                                            \
	SQL("SELECT c.id, c.build_id, c.name, c.repository, c.ref, c.`commit`, c.arches, "         \
	    "c.build_order, c.batch, c.weight, c.build_only, c.build_time_only, c.state, "         \
	    "c.state_reason, c.nvr, c.task_id, c.task_state, c.attempt, c.tagged FROM " DB_ID_SET  \
	    " STRAIGHT_JOIN components AS c " condition " ORDER BY c.build_id, c.batch, c.name")

static const char *const load_sql[] = {
	[COMPONENTS_ALL] = LOAD("ON c.build_id = ids.id"),
	[COMPONENTS_BUILDING] = LOAD("FORCE INDEX (components_state) "
				     "ON c.state = 0 AND c.build_id = ids.id"),
	[COMPONENTS_REST] = LOAD("ON c.build_id = ids.id AND (c.state IS NULL OR c.state <> 0)"),
};

static const char save_sql[] =
	SQL("UPDATE components SET `commit` = ?, weight = ?, state = ?, state_reason = ?, nvr = ?, "
	    "task_id = ?, task_state = ?, attempt = ?, tagged = ? WHERE id = ?");

static const struct db_column columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct component, uint64_t, id) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct component, uint64_t, build_id) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct component, char *, name) },
	{ "repository", DB_INTO_TEXT, OFFSET_OF(struct component, char *, repository) },
	{ "ref", DB_INTO_TEXT, OFFSET_OF(struct component, char *, ref) },
	{ "commit", DB_INTO_TEXT, OFFSET_OF(struct component, char *, commit) },
	{ "arches", DB_INTO_TEXT, OFFSET_OF(struct component, char *, arches) },
	{ "build_order", DB_INTO_INT, OFFSET_OF(struct component, int, build_order) },
	{ "batch", DB_INTO_U32, OFFSET_OF(struct component, uint32_t, batch) },
	{ "weight", DB_INTO_DOUBLE, OFFSET_OF(struct component, double, weight) },
	{ "build_only", DB_INTO_BOOL, OFFSET_OF(struct component, bool, build_only) },
	{ "build_time_only", DB_INTO_BOOL, OFFSET_OF(struct component, bool, build_time_only) },
	{ "state", DB_INTO_INT, OFFSET_OF(struct component, enum component_state, state) },
	{ "state_reason", DB_INTO_TEXT, OFFSET_OF(struct component, char *, state_reason) },
	{ "nvr", DB_INTO_TEXT, OFFSET_OF(struct component, char *, nvr) },
	{ "task_id", DB_INTO_U64, OFFSET_OF(struct component, uint64_t, task_id) },
	{ "task_state", DB_INTO_INT, OFFSET_OF(struct component, enum task_state, task_state) },
	{ "attempt", DB_INTO_U32, OFFSET_OF(struct component, uint32_t, attempt) },
	{ "tagged", DB_INTO_BOOL, OFFSET_OF(struct component, bool, tagged) },
};

struct name_row {
	uint64_t id;
	char *name;
};

static const struct db_column name_columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct name_row, uint64_t, id) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct name_row, char *, name) },
};

/* A state that is not set yet is NULL, never a number. */
static struct db_value state_value(int state)
{
	return state < 0 ? DB_NULL : DB_I64(state);
}

static struct db_value text_value(const char *text)
{
	return DB_TEXT(text ? text : "");
}

static void add_values(GArray *all, const struct db_value *values, size_t count)
{
	g_array_append_vals(all, values, (guint)count);
}

static void add_insert(GArray *all, const struct component *component)
{
	const struct db_value values[] = {
		DB_U64(component->build_id),         DB_TEXT(component->name),
		text_value(component->repository),   text_value(component->ref),
		text_value(component->commit),       text_value(component->arches),
		DB_I64(component->build_order),      DB_U64(component->batch),
		DB_DOUBLE(component->weight),        DB_U64(component->build_only),
		DB_U64(component->build_time_only),  state_value(component->state),
		text_value(component->state_reason), DB_TEXT(component->nvr),
		DB_U64(component->task_id),          state_value(component->task_state),
		DB_U64(component->attempt),          DB_U64(component->tagged),
	};

	add_values(all, values, G_N_ELEMENTS(values));
}

static void add_save(GArray *all, const struct component *component)
{
	const struct db_value values[] = {
		text_value(component->commit),
		DB_DOUBLE(component->weight),
		state_value(component->state),
		text_value(component->state_reason),
		DB_TEXT(component->nvr),
		DB_U64(component->task_id),
		state_value(component->task_state),
		DB_U64(component->attempt),
		DB_U64(component->tagged),
		DB_U64(component->id),
	};

	add_values(all, values, G_N_ELEMENTS(values));
}

static bool read_ids(struct db *db, const struct build *build, GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	struct name_row row = { 0 };
	int got;

	if (!db_select(db, ids_sql, DB_ARGS(DB_U64(build->id)), DB_COLUMNS(name_columns), &rows,
		       error))
		return false;
	while ((got = db_next(rows, &row, error)) > 0) {
		struct component *component = build_component(build, row.name);

		g_assert(component);
		component->id = row.id;
	}
	g_free(row.name);
	return got == 0;
}

bool component_store_insert(struct db *db, struct build *build, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
	const guint count = build->components ? build->components->len : 0;

	if (!count)
		return true;
	for (guint i = 0; i < count; i++) {
		struct component *component = g_ptr_array_index(build->components, i);

		component->build_id = build->id;
		component->is_changed = false;
		add_insert(values, component);
	}
	return db_execute_many(db, insert_sql, db_matrix_of(values, count), NULL, error) &&
	       read_ids(db, build, error);
}

static void component_destroy(void *data)
{
	component_free(data);
}

static gint by_batch(gconstpointer a, gconstpointer b)
{
	const struct component *one = *(struct component *const *)a;
	const struct component *other = *(struct component *const *)b;

	if (one->batch != other->batch)
		return one->batch < other->batch ? -1 : 1;
	return strcmp(one->name, other->name);
}

/* The ids of the builds, which get room for components and the mark of what they have. */
static char *prepare_load(GPtrArray *builds, enum components which)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	for (guint i = 0; i < builds->len; i++) {
		struct build *build = g_ptr_array_index(builds, i);

		if (!build->components)
			build->components = g_ptr_array_new_with_free_func(component_destroy);
		build->is_partial = which == COMPONENTS_BUILDING;
		g_array_append_val(ids, build->id);
	}
	return db_id_set((const uint64_t *)(void *)ids->data, ids->len);
}

/* Both the builds and the rows ascend by build, so that one walk serves. */
bool component_store_load(struct db *db, GPtrArray *builds, enum components which, GError **error)
{
	g_autoptr(Component) component = component_new(NULL);
	g_autofree char *set = prepare_load(builds, which);
	g_autoptr(DbRows) rows = NULL;
	guint at = 0;
	int got;

	if (!builds->len)
		return true;
	if (!db_select(db, load_sql[which], DB_ARGS(DB_TEXT(set)), DB_COLUMNS(columns), &rows,
		       error))
		return false;
	while ((got = db_next(rows, component, error)) > 0) {
		struct build *build = NULL;

		for (; at < builds->len; at++) {
			build = g_ptr_array_index(builds, at);
			if (build->id >= component->build_id)
				break;
		}
		if (at == builds->len || build->id != component->build_id)
			continue;
		g_ptr_array_add(build->components, g_steal_pointer(&component));
		component = component_new(NULL);
	}
	for (guint i = 0; which == COMPONENTS_REST && i < builds->len; i++)
		g_ptr_array_sort(((struct build *)builds->pdata[i])->components, by_batch);
	return got == 0;
}

/* Whether a component of the build is among the values now. */
static bool add_changed(GArray *values, const struct build *build, size_t *ret_rows)
{
	const guint count = build->components ? build->components->len : 0;
	const size_t before = *ret_rows;

	for (guint i = 0; i < count; i++) {
		struct component *component = g_ptr_array_index(build->components, i);

		if (!component->is_changed)
			continue;
		add_save(values, component);
		component->is_changed = false;
		++*ret_rows;
	}
	return *ret_rows > before;
}

bool component_store_save(struct db *db, const struct build_save *saves, size_t count,
			  bool *ret_saved, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
	size_t rows = 0;

	for (size_t i = 0; i < count; i++)
		ret_saved[i] = add_changed(values, saves[i].build, &rows);
	return db_execute_many(db, save_sql, db_matrix_of(values, rows), NULL, error);
}
