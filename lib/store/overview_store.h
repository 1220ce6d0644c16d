/* SPDX-License-Identifier: MIT */
#ifndef STORE_OVERVIEW_STORE_H
#define STORE_OVERVIEW_STORE_H

/*
 * The service as a whole, for those who watch it, and what waits, for those who wonder why. All of
 * it is found by keys and counters: no figure costs more when the tables grow.
 */

#include "model/build.h"
#include "model/waits.h"
#include "store/db.h"

/* Figures that are counted end here. */
#define OVERVIEW_MAX 10000

struct overview {
	int64_t now; /* the database's clock */
	uint64_t states[BUILD_STATE__COUNT];
	bool is_in_maintenance;
	bool is_read_only;         /* the server takes no writes: the wrong node */
	uint64_t waiting_messages; /* at most OVERVIEW_MAX, as the next four */
	uint64_t dead_messages;    /* an operator has to look at them */
	uint64_t open_effects;     /* intended, and nobody has recorded what came of it */
	uint64_t quarantined;      /* builds that wait for an operator */
	uint64_t due;              /* builds that a scheduler could take now */
	uint64_t building;         /* slots in use */
	int64_t oldest_message_at; /* 0: none waits */
	int64_t oldest_due_at;     /* 0: none is due and free */
	uint32_t bus_failures;     /* in a row */
	int64_t bus_retry_at;      /* 0: when there is something to send */
	char *bus_problem;         /* NULL or empty: none */
};
typedef struct overview Overview; /* the name that g_auto needs */
void overview_clear(struct overview *overview);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Overview, overview_clear)

/* How long builds have been due that nobody takes, and messages have waited, in microseconds. */
int64_t overview_due_age(const struct overview *overview);
int64_t overview_message_age(const struct overview *overview);

/* In two statements. */
bool overview_store_read(struct db *db, struct overview *ret, GError **error);

/* An unfinished build, or one that was set aside: why it waits. */
struct waiting_build {
	uint64_t id;
	char *name;
	char *stream;
	uint64_t version;
	char *owner;
	enum build_state state;
	enum wait wait; /* as the scheduler found; WAIT_OPERATOR for what was set aside */
	int64_t modified_at;
	int64_t waits_since; /* 0: the scheduler has not looked at it yet; so the next one */
	int64_t looked_at;
	int64_t due_at;         /* when it is looked at again; 0: when somebody asks */
	int64_t quarantined_at; /* 0: it is not */
	int64_t lease_until;    /* somebody works on it; 0: nobody */
	uint32_t attempts;      /* without progress */
	char *problem;          /* what the last one ended with; empty: all went well */
};
typedef struct waiting_build WaitingBuild;
void waiting_build_free(struct waiting_build *build);

/* Where a list of what waits goes on: what was set aside comes first, each by id. */
struct waiting_page {
	bool is_beyond_quarantined;
	uint64_t after;
	uint64_t limit;
};

/* An array of struct waiting_build, in one statement. */
bool overview_store_waiting(struct db *db, const struct waiting_page *page, GPtrArray **ret,
			    GError **error);

#endif
