/* SPDX-License-Identifier: MIT */
#ifndef STORE_EVENT_LIST_STORE_H
#define STORE_EVENT_LIST_STORE_H

/*
 * State changes by their numbers, as the API, the feeds and the pages read them: the oldest first
 * after a number, or the newest first before one. Each choice has an index in the order of the
 * numbers, so that a request reads the rows that it answers and no others.
 */

#include "store/db.h"

enum event_by { EVENTS_OF_ALL, EVENTS_OF_MODULE, EVENTS_OF_OWNER, EVENTS_OF_BUILD };
struct event_filter {
	enum event_by by;
	const char *text; /* the module's or the owner's name */
	uint64_t build_id;
};

struct event_page {
	uint64_t edge; /* only events after it; when is_descending only those before it */
	uint64_t limit;
	bool is_descending;
};

/* An event as programs want it. */
struct event_message {
	uint64_t event_no;
	char *msg_id;
	int64_t at;
	char *body;
	uint64_t newest; /* the highest number there is: the same in all rows */
};
typedef struct event_message EventMessage; /* the name that g_auto needs */
void event_message_clear(struct event_message *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EventMessage, event_message_clear)

/* Streamed; db_next() fills a struct event_message. */
bool event_list_store_messages(struct db *db, const struct event_filter *filter,
			       const struct event_page *page, struct db_rows **ret, GError **error);

/* An event as people want it. */
struct event_facts {
	uint64_t event_no;
	char *msg_id;
	int64_t at;
	uint64_t build_id;
	char *name;
	char *stream;
	uint64_t version;
	char *owner;
	int state; /* enum build_state; -1: nobody knows */
	char *reason;
};

/* An array of struct event_facts, which the caller frees. */
bool event_list_store_facts(struct db *db, const struct event_filter *filter,
			    const struct event_page *page, GPtrArray **ret, GError **error);

/* The highest number there is; 0: none. */
bool event_list_store_newest(struct db *db, uint64_t *ret, GError **error);

#endif
