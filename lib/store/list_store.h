/* SPDX-License-Identifier: MIT */
#ifndef STORE_LIST_STORE_H
#define STORE_LIST_STORE_H

/*
 * Builds as the API and the pages read them: filtered, by keyset or by page from the nearer end,
 * streamed, with the stored tasks' JSON, never counting rows in a request.
 */

#include "model/build.h"
#include "store/db.h"

struct build_filter {
	int state;         /* enum build_state, -1: any */
	const char *owner; /* NULL: any; so the others */
	const char *name;
	const char *stream;
	int64_t submitted_before, submitted_after; /* 0: any; the moment itself counts */
	int64_t modified_before, modified_after;
	int64_t completed_before, completed_after;
};
#define BUILD_FILTER_ANY ((struct build_filter){ .state = -1 })

/* Whether it asks for nothing. */
bool build_filter_is_any(const struct build_filter *filter);

/* A row of a list. */
struct build_row {
	struct build build;  /* without components */
	uint64_t view_gen;   /* 0: no view is stored */
	char *tasks;         /* the stored JSON; good only when view_gen equals build.gen */
	uint64_t components; /* of the progress; for the reader to count, not read */
	uint64_t complete;
};
void build_row_clear(struct build_row *row);

/* How much of a build is read: all of it, or id, state and gen. */
enum row_width { ROW_WHOLE, ROW_BRIEF };

/* How to page: the newest or the oldest first, from an offset. */
struct build_page {
	uint64_t limit; /* 0: all, streamed */
	uint64_t offset;
	bool is_descending;
	bool with_tasks;
	enum row_width width;
};

/*
 * The rows, streamed; db_next() fills a struct build_row. A page of all builds, the oldest first,
 * is found by the builds' places in the list, however deep it is; others skip what is before them.
 */
bool list_store_select(struct db *db, const struct build_filter *filter,
		       const struct build_page *page, struct db_rows **ret, GError **error);

struct list_summary {
	uint64_t changes; /* the counter of all changes: for ETags */
	uint64_t total;   /* builds that fit the filter */
	bool is_exact;    /* else there are at least so many */
};

/*
 * What there is to know before rows are read, in one statement: how many builds fit comes from the
 * counters when the filter names a state or nothing; else it is counted over an index up to a cap.
 */
bool list_store_summary(struct db *db, const struct build_filter *filter, struct list_summary *ret,
			GError **error);

/*
 * A page of all builds, the oldest first, by their places, together with the summary: all that the
 * API's page needs, in one statement. db_next() fills a struct placed_row with a brief build; rows
 * come in no promised order, and when no build has such a place one comes without an id.
 */
struct placed_row {
	struct build_row row;
	struct list_summary summary;
};
bool list_store_select_placed(struct db *db, const struct build_page *page, struct db_rows **ret,
			      GError **error);

/* One build with its stored tasks, in one statement. Errors: MISSING. */
bool list_store_find(struct db *db, uint64_t id, enum row_width width, struct build_row *ret,
		     GError **error);

#endif
