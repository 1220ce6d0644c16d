/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_MEMORY_LEDGER_H
#define PORTS_BUILDER_MEMORY_LEDGER_H

/*
 * The memory builder's outside world: one file of JSON lines that is only appended to, shared by
 * any number of processes under a lock on the file. What a line says is applied to the tables here
 * both when it is written and when it is read, so that all processes see the same world; a reader
 * takes in only what was appended since. A line torn by the death of its writer never happened.
 *
 *	{"event": "submit", "task": 7, "key": "…", "build": 42, "component": "foo", "nvr": "…",
 *	 "fails": false, "vanishes": false, "ms": 5, "polls": 0, "at": 1767225600000000}
 *	{"event": "repo", "task": 8, "key": "…", "build": 42, "at": 1767225600000000}
 *	{"event": "poll", "task": 7}                      a task that advances by being looked at
 *	{"event": "cancel", "task": 7}
 *	{"event": "mark", "mark": "prepare UUID"}         something is so; "unmark" ends it
 *	{"event": "fault", "slot": "prepare", "name": "foo", "code": "unavailable", "times": 2}
 *	{"event": "fault-used", "fault": 0}
 *
 * Tests write fault lines themselves: the next so many calls of that slot for a build or component
 * of that name (empty: any) end in that error.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "text/json.h"

struct memory_task {
	uint64_t id;
	char *key;
	char *component;
	char *nvr;
	bool fails;
	bool vanishes;
	int64_t ms;     /* it ends so long after its submission; negative: never */
	uint64_t polls; /* not 0: it ends when it was looked at so often, instead */
	uint64_t polled;
	int64_t at; /* microseconds since 1970 */
	bool is_canceled;
};

struct memory_ledger;

/* Errors: UNAVAILABLE when the file cannot be opened. */
bool memory_ledger_open(const char *path, struct memory_ledger **ret, GError **error);
void memory_ledger_close(struct memory_ledger *ledger);

/* Locks the file and takes in what others appended. Errors: UNAVAILABLE, INTERNAL for a line that
 * makes no sense. */
bool memory_ledger_lock(struct memory_ledger *ledger, GError **error);

/* Writes what was added since the lock was taken, all or nothing, and unlocks. Errors: UNAVAILABLE.
 */
bool memory_ledger_unlock(struct memory_ledger *ledger, GError **error);

/* Adds a line and applies it; takes the object over. */
void memory_ledger_add(struct memory_ledger *ledger, struct json_object *line);

/* A task by its number or its key, or NULL. */
struct memory_task *memory_ledger_task(struct memory_ledger *ledger, uint64_t id);
struct memory_task *memory_ledger_find(struct memory_ledger *ledger, const char *key);

/* A number that no task has. */
uint64_t memory_ledger_next_id(const struct memory_ledger *ledger);

/* Calls the function for each task, and for each mark that begins so. */
typedef void memory_task_fn(const struct memory_task *task, void *data);
typedef void memory_mark_fn(const char *mark, void *data);
void memory_ledger_each_task(const struct memory_ledger *ledger, memory_task_fn *function,
			     void *data);
void memory_ledger_each_mark(const struct memory_ledger *ledger, const char *prefix,
			     memory_mark_fn *function, void *data);

bool memory_ledger_has_mark(const struct memory_ledger *ledger, const char *mark);

/* Uses up a planned fault of that slot for either name: its error's code, or -1. */
int memory_ledger_take_fault(struct memory_ledger *ledger, const char *slot, const char *build,
			     const char *component);

#endif
