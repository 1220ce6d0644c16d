/* SPDX-License-Identifier: MIT */
#ifndef BASE_METER_H
#define BASE_METER_H

/*
 * What is counted for those who watch the service: one table of meters (meter_table.h), whose cells
 * lie in a file that all processes of a kind share, so that workers and passes add up. To count is
 * one atomic addition: no lock, no system call, and it never fails; before meter_open(), or when
 * that failed, the cells are the process's own and nobody sees them.
 *
 *	meter_add(METER_CLAIMS_LOST, 0, 0, lost);
 *	meter_observe(METER_REQUEST_SECONDS, route, status, microseconds);
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What is counted; meter_table.h says more. The names of the labels stand behind. */
enum meter {
	METER_REQUEST_SECONDS, /* histogram: route, status */
	METER_PASS_SECONDS,    /* histogram: enum meter_end */
	METER_PASS_MOMENT,     /* moment: enum meter_end */
	METER_STATE_CHANGES,
	METER_CLAIMS_LOST,
	METER_RETRIES,
	METER_QUARANTINED,
	METER_DATABASE_ERRORS, /* enum meter_database_error */
	METER_MESSAGES,        /* enum meter_message */
	METER_KOJI_REQUESTS,   /* enum meter_answer */
	METER__COUNT
};

/* Labels whose names the table knows. */
enum meter_end { METER_END_GOOD, METER_END_BAD, METER_END__COUNT };

enum meter_database_error {
	METER_DATABASE_UNREACHABLE, /* no connection could be made */
	METER_DATABASE_LOST,        /* one broke */
	METER_DATABASE_CROWDED,     /* too many connections */
	METER_DATABASE_VICTIM,      /* a transaction was rolled back for another one's sake */
	METER_DATABASE_SLOW,        /* a statement ran for too long */
	METER_DATABASE_READ_ONLY,   /* the wrong node, or one that is not ready */
	METER_DATABASE_FULL,
	METER_DATABASE_DENIED,
	METER_DATABASE_OTHER,
	METER_DATABASE__COUNT
};

enum meter_message {
	METER_MESSAGE_ACCEPTED,
	METER_MESSAGE_UNROUTED, /* accepted, and wanted by nobody; counts as accepted, too */
	METER_MESSAGE_UNSENT,
	METER_MESSAGE_DELAYED,
	METER_MESSAGE_REFUSED,
	METER_MESSAGE_DEAD,
	METER_MESSAGE__COUNT
};

enum meter_answer { METER_ANSWER_GOOD, METER_ANSWER_FAULT, METER_ANSWER_NONE, METER_ANSWER__COUNT };

/* Labels whose names a program tells: at most so many, each at most METER_NAME_MAX - 1 bytes. */
enum meter_names { METER_NAMES_ROUTE, METER_NAMES_STATUS, METER_NAMES__COUNT };
#define METER_ROUTES   48
#define METER_STATUSES 24
#define METER_NAME_MAX 64

/* Adds a name at the end of a list of labels; what is counted by its index is shown by it. What has
 * no name is counted under the last one. Before meter_open(). */
void meter_name(enum meter_names list, const char *name);

/*
 * Shares the cells with all processes of this kind and user, by the file <folder>/<kind>.<user id>.
 * <digest of the table>.meter; a file that is damaged is replaced. Children made by fork() share
 * them too. Errors: UNAVAILABLE; the caller goes on, after a warning in its log.
 */
bool meter_open(const char *folder, const char *kind, GError **error);
void meter_close(void);

/* Adds to a counter; label indexes of meters with fewer labels are 0. */
void meter_add(enum meter meter, unsigned first, unsigned second, uint64_t count);

/* Adds one observation to a histogram. */
void meter_observe(enum meter meter, unsigned first, unsigned second, int64_t microseconds);

/* Notes that something happened now (seconds since 1970); the latest counts. */
void meter_note(enum meter meter, unsigned label, int64_t now);

/* Sums of all meters of a folder, as the processes of this host wrote them. */
struct meter_sums;
typedef struct meter_sums MeterSums;
struct meter_sums *meter_sums_read(const char *folder);
void meter_sums_free(struct meter_sums *sums);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MeterSums, meter_sums_free)

/* The latest moment of a meter under any label, in seconds since 1970, of which an int64_t can hold
 * the microseconds, too, and its label; 0: never. */
int64_t meter_sums_latest(const struct meter_sums *sums, enum meter meter, unsigned *ret_label);

/* Appends all of them in the text format 0.0.4 of Prometheus. */
void meter_sums_print(const struct meter_sums *sums, GString *out);

#endif
