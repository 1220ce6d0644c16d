/* SPDX-License-Identifier: MIT */
#ifndef CGI_BUILD_LIST_H
#define CGI_BUILD_LIST_H

/* One page of the list of builds, for programs and for people. */

#include "cgi/app.h"
#include "cgi/filters.h"

struct build_list {
	GPtrArray *rows; /* struct build_row */
	uint64_t total;
	bool total_is_exact; /* else there are at least so many */
	bool has_next;
};
typedef struct build_list BuildList; /* the name that g_auto needs */
void build_list_clear(struct build_list *list);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BuildList, build_list_clear)

struct build_list_wants {
	struct build_filter filter;
	struct paging paging;
	bool newest_first;
	bool with_tasks;
};

/* Reads a page, from the end of the list that is nearer. With tasks, the progress of each row is
 * counted too. */
bool build_list_read(struct db *db, const struct build_list_wants *wants, struct build_list *ret,
		     GError **error);

/* One build with its stored tasks. Errors: MISSING, in words for the client. */
bool build_row_find(struct db *db, uint64_t id, struct build_row *ret, GError **error);

/*
 * The tasks of a row as JSON text, which the caller frees: the stored ones, or, when those are of
 * another generation, assembled from the components over the second connection and stored nowhere.
 */
bool build_row_tasks(struct app *app, const struct build_row *row, char **ret, GError **error);

#endif
