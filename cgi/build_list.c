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

/* Progress from the stored tasks: {"rpms/foo": "6378/closed", ...}; nothing when they are of
 * another generation. */
static void count_progress(struct build_row *row)
{
	g_autoptr(JsonObject) tasks = NULL;

	if (!row->tasks || row->view_gen != row->build.gen ||
	    !read_json(row->tasks, strlen(row->tasks), &tasks, NULL))
		return;
	json_object_object_foreach(tasks, name, task)
	{
		(void)name;
		row->components++;
		row->complete += g_str_has_suffix(json_object_get_string(task), "/closed") ? 1 : 0;
	}
}

static bool read_rows(struct db *db, const struct build_filter *filter,
		      const struct build_page *page, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(row_free);
	g_autoptr(DbRows) rows = NULL;
	int r;

	if (!list_store_select(db, filter, page, &rows, error))
		return false;
	do {
		struct build_row *row = g_new0(struct build_row, 1);

		g_ptr_array_add(found, row);
		r = db_next(rows, row, error);
	} while (r > 0);
	if (r < 0)
		return false;
	g_ptr_array_set_size(found, (int)found->len - 1);
	for (guint i = 0; page->with_tasks && i < found->len; i++)
		count_progress(found->pdata[i]);
	*ret = g_steal_pointer(&found);
	return true;
}

static void reverse(GPtrArray *rows)
{
	for (guint i = 0; i < rows->len / 2; i++) {
		void *first = rows->pdata[i];

		rows->pdata[i] = rows->pdata[rows->len - 1 - i];
		rows->pdata[rows->len - 1 - i] = first;
	}
}

/* What to ask the store for: past the middle of a list whose length is known, from its other end.
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
	};

	if (!list->total_is_exact) {
		page.limit++;
	} else if (offset > list->total / 2) {
		page.limit = MIN(page.limit, list->total - offset);
		page.offset = list->total - offset - page.limit;
		page.is_descending = !wants->newest_first;
	}
	return page;
}

bool build_list_read(struct db *db, const struct build_list_wants *wants, struct build_list *ret,
		     GError **error)
{
	g_auto(BuildList) list = { 0 };
	uint64_t offset = (wants->paging.page - 1) * wants->paging.per_page;
	struct build_page page;

	if (!list_store_count(db, &wants->filter, &list.total, &list.total_is_exact, error))
		return false;
	if (list.total_is_exact && offset >= list.total) {
		list.rows = g_ptr_array_new_with_free_func(row_free);
	} else {
		page = choose_page(wants, &list);
		if (!read_rows(db, &wants->filter, &page, &list.rows, error))
			return false;
		if (page.is_descending != wants->newest_first)
			reverse(list.rows);
	}
	list.has_next = list.total_is_exact ? offset + list.rows->len < list.total
					    : list.rows->len > wants->paging.per_page;
	if (list.rows->len > wants->paging.per_page)
		g_ptr_array_set_size(list.rows, (int)wants->paging.per_page);
	*ret = list;
	list = (struct build_list){ 0 };
	return true;
}

bool build_row_find(struct db *db, uint64_t id, struct build_row *ret, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (list_store_find(db, id, ret, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_MISSING)
		return build_is_missing(id, error);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

bool build_row_tasks(struct app *app, const struct build_row *row, char **ret, GError **error)
{
	g_autoptr(GPtrArray) builds = NULL;
	struct db *second = NULL;

	if (row->tasks && row->view_gen == row->build.gen) {
		*ret = g_strdup(row->tasks);
		return true;
	}
	if (!database_use_second(app->database, &second, error) ||
	    !build_store_load_many(second, &row->build.id, 1, &builds, error))
		return false;
	*ret = builds->len ? build_tasks_json(builds->pdata[0]) : g_strdup("{}");
	return true;
}
