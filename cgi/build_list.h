/* SPDX-License-Identifier: MIT */
#ifndef CGI_BUILD_LIST_H
#define CGI_BUILD_LIST_H

/* One page of the list of builds, for programs and for people. */

#include "cgi/app.h"
#include "cgi/filters.h"

struct build_list {
	GPtrArray *rows;  /* struct build_row */
	uint64_t changes; /* of any build, so far: for ETags */
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
	enum row_width width;
};

/*
 * Reads a page in at most two statements, and two more when stored tasks are stale: brief rows of
 * all builds, the oldest first, in one; other pages from the end of the list that is nearer.
 */
bool build_list_read(struct db *db, const struct build_list_wants *wants, struct build_list *ret,
		     GError **error);

/* Counts the progress of each row from its tasks. */
void build_list_count_progress(struct build_list *list);

/* One build with its stored tasks. Errors: MISSING, in words for the client. */
bool build_row_find(struct db *db, uint64_t id, enum row_width width, struct build_row *ret,
		    GError **error);

/* Whether the stored tasks of the row are of another generation of the build. */
bool build_row_is_stale(const struct build_row *row);

/*
 * Gives each of the rows that is stale its tasks, assembled from the components and stored nowhere.
 * No result may be open on the connection.
 */
bool build_rows_refresh(struct db *db, struct build_row *const *rows, size_t count, GError **error);

#endif
