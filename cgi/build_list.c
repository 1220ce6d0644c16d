/* SPDX-License-Identifier: MIT */
#include "cgi/build_list.h"

#include <string.h>

#include "base/error.h"
#include "cgi/build_id.h"
#include "store/build_store.h"
#include "text/json.h"

static void row_free(void *data)
{
	struct build_row *row = data;

	build_row_clear(row);
	g_free(row);
}

void build_list_clear(struct build_list *list)
{
	g_clear_pointer(&list->rows, g_ptr_array_unref);
	*list = (struct build_list){ 0 };
}

/* Progress from the tasks: {"rpms/foo": "6378/closed", ...}. */
static void count_progress(struct build_row *row)
{
	g_autoptr(JsonObject) tasks = NULL;

	if (!row->tasks || !read_json(row->tasks, strlen(row->tasks), &tasks, NULL))
		return;
	json_object_object_foreach(tasks, name, task)
	{
		(void)name;
		row->components++;
		row->complete += g_str_has_suffix(json_object_get_string(task), "/closed") ? 1 : 0;
	}
}

void build_list_count_progress(struct build_list *list)
{
	for (guint i = 0; i < list->rows->len; i++)
		count_progress(list->rows->pdata[i]);
}

bool build_row_is_stale(const struct build_row *row)
{
	return !row->tasks || row->view_gen != row->build.gen;
}

/* The tasks of one of the builds; none when it has no components. */
static char *tasks_of(const GPtrArray *builds, uint64_t id)
{
	for (guint i = 0; i < builds->len; i++) {
		const struct build *build = builds->pdata[i];

		if (build->id == id)
			return build_tasks_json(build);
	}
	return g_strdup("{}");
}

bool build_rows_refresh(struct db *db, struct build_row *const *rows, size_t count, GError **error)
{
	g_autofree uint64_t *ids = g_new(uint64_t, count);
	g_autoptr(GPtrArray) builds = NULL;
	size_t stale = 0;

	for (size_t i = 0; i < count; i++)
		if (build_row_is_stale(rows[i]))
			ids[stale++] = rows[i]->build.id;
	if (!stale)
		return true;
	if (!build_store_load_many(db, ids, stale, &builds, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!build_row_is_stale(rows[i]))
			continue;
		g_free(rows[i]->tasks);
		rows[i]->tasks = tasks_of(builds, rows[i]->build.id);
		rows[i]->view_gen = rows[i]->build.gen;
	}
	return true;
}

/* All rows of a result, each in a block of that size which begins with a struct build_row. */
static bool collect(struct db_rows *rows, size_t size, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(row_free);
	int r;

	do {
		void *row = g_malloc0(size);

		g_ptr_array_add(found, row);
		r = db_next(rows, row, error);
	} while (r > 0);
	if (r < 0)
		return false;
	g_ptr_array_set_size(found, (int)found->len - 1);
	*ret = g_steal_pointer(&found);
	return true;
}

static bool refresh_all(struct db *db, GPtrArray *rows, GError **error)
{
	return build_rows_refresh(db, (struct build_row **)rows->pdata, rows->len, error);
}

static bool read_rows(struct db *db, const struct build_filter *filter,
		      const struct build_page *page, GPtrArray **ret, GError **error)
{
	g_autoptr(DbRows) rows = NULL;

	return list_store_select(db, filter, page, &rows, error) &&
	       collect(rows, sizeof(struct build_row), ret, error) &&
	       (!page->with_tasks || refresh_all(db, *ret, error));
}

static gint by_id(gconstpointer one, gconstpointer other)
{
	const struct build_row *a = *(struct build_row *const *)one;
	const struct build_row *b = *(struct build_row *const *)other;

	return (a->build.id > b->build.id) - (a->build.id < b->build.id);
}

/* A page of all builds, the oldest first, with the summary in its rows. */
static bool read_placed(struct db *db, const struct build_page *page, struct build_list *list,
			GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	const struct placed_row *first;

	if (!list_store_select_placed(db, page, &rows, error) ||
	    !collect(rows, sizeof(struct placed_row), &list->rows, error))
		return false;
	if (list->rows->len == 0)
		return fail(error, RIDA_ERROR_INTERNAL, "the counters of builds are missing");
	first = list->rows->pdata[0];
	list->changes = first->summary.changes;
	list->total = first->summary.total;
	list->total_is_exact = true;
	list->has_next = page->offset + page->limit < list->total;
	if (!first->row.build.id)
		g_ptr_array_set_size(list->rows, 0);
	g_ptr_array_sort(list->rows, by_id);
	return !page->with_tasks || refresh_all(db, list->rows, error);
}

static void reverse(GPtrArray *rows)
{
	for (guint i = 0; i < rows->len / 2; i++) {
		void *first = rows->pdata[i];

		rows->pdata[i] = rows->pdata[rows->len - 1 - i];
		rows->pdata[rows->len - 1 - i] = first;
	}
}

/*
 * What to ask the store for, when the list's length is known: past its middle, from its other end;
 * a page of all builds always the oldest first, which costs the same everywhere.
 */
static struct build_page choose_page(const struct build_list_wants *wants,
				     const struct build_list *list)
{
	uint64_t offset = (wants->paging.page - 1) * wants->paging.per_page;
	struct build_page page = {
		.limit = wants->paging.per_page,
		.offset = offset,
		.is_descending = wants->newest_first,
		.with_tasks = wants->with_tasks,
		.width = wants->width,
	};

	if (!list->total_is_exact) {
		page.limit++;
	} else if (build_filter_is_any(&wants->filter) ? wants->newest_first
						       : offset > list->total / 2) {
		page.limit = MIN(page.limit, list->total - offset);
		page.offset = list->total - offset - page.limit;
		page.is_descending = !wants->newest_first;
	}
	return page;
}

/* A page of a list whose length is asked for first. */
static bool read_counted(struct db *db, const struct build_list_wants *wants,
			 struct build_list *list, GError **error)
{
	uint64_t offset = (wants->paging.page - 1) * wants->paging.per_page;
	struct list_summary summary = { 0 };
	struct build_page page;

	if (!list_store_summary(db, &wants->filter, &summary, error))
		return false;
	list->changes = summary.changes;
	list->total = summary.total;
	list->total_is_exact = summary.is_exact;
	if (list->total_is_exact && offset >= list->total) {
		list->rows = g_ptr_array_new_with_free_func(row_free);
		return true;
	}
	page = choose_page(wants, list);
	if (!read_rows(db, &wants->filter, &page, &list->rows, error))
		return false;
	if (page.is_descending != wants->newest_first)
		reverse(list->rows);
	list->has_next = list->total_is_exact ? offset + list->rows->len < list->total
					      : list->rows->len > wants->paging.per_page;
	if (list->rows->len > wants->paging.per_page)
		g_ptr_array_set_size(list->rows, (int)wants->paging.per_page);
	return true;
}

bool build_list_read(struct db *db, const struct build_list_wants *wants, struct build_list *ret,
		     GError **error)
{
	const bool is_placed = wants->width == ROW_BRIEF && !wants->newest_first &&
			       build_filter_is_any(&wants->filter);
	const struct build_page page = {
		.limit = wants->paging.per_page,
		.offset = (wants->paging.page - 1) * wants->paging.per_page,
		.with_tasks = wants->with_tasks,
	};
	g_auto(BuildList) list = { 0 };

	if (!(is_placed ? read_placed(db, &page, &list, error)
			: read_counted(db, wants, &list, error)))
		return false;
	*ret = list;
	list = (struct build_list){ 0 };
	return true;
}

bool build_row_find(struct db *db, uint64_t id, enum row_width width, struct build_row *ret,
		    GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (list_store_find(db, id, width, ret, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_MISSING)
		return build_is_missing(id, error);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}
