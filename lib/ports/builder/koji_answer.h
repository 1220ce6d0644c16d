/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_ANSWER_H
#define PORTS_BUILDER_KOJI_ANSWER_H

/*
 * Strict looks at what a hub says. What makes no sense is an outcome of its own (UNAVAILABLE):
 * nothing is concluded from it, and nothing is written because of it.
 */

#include "ports/builder/koji.h"

/* The answer to a call: nil (NULL) or a value of that type, lent. False: the outcome has the
 * error; what says what was asked about. */
bool koji_expect(const struct koji_batch *batch, size_t call, enum json_type type, const char *what,
		 struct outcome *outcome, struct json_object **ret);

/* The same of getTag, whose answer must be about that tag. */
bool koji_expect_tag(const struct koji_batch *batch, size_t call, const char *name,
		     struct outcome *outcome, struct json_object **ret);

/* The outcome is that the hub's answer makes no sense; false. */
bool koji_nonsense(struct outcome *outcome, const char *what);

/*
 * What is in a tag, from its listing: NVR -> its entry, both lent until the listing is forgotten;
 * the newest event of them. False: the outcome has the error.
 */
struct koji_tagged {
	GHashTable *entries;
	int64_t newest;
};
bool koji_tagged_read(const struct koji_builder *koji, const char *tag, struct outcome *outcome,
		      struct koji_tagged *ret);
void koji_tagged_clear(struct koji_tagged *tagged);

/*
 * Our tasks of a method (listTasks): those that are alive, or those that failed or were cancelled
 * since then (seconds since 1970).
 */
size_t koji_ask_alive_tasks(struct koji_batch *batch, const char *method, uint64_t user);
size_t koji_ask_failed_tasks(struct koji_batch *batch, const char *method, uint64_t user,
			     int64_t since);
/* That answer: a list of structs with id, method and request, lent. False: the outcome has the
 * error. */
bool koji_expect_tasks(const struct koji_batch *batch, size_t call, const char *method,
		       struct outcome *outcome, struct json_object **ret);

#endif
