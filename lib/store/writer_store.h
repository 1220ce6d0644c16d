/* SPDX-License-Identifier: MIT */
#ifndef STORE_WRITER_STORE_H
#define STORE_WRITER_STORE_H

/*
 * Which server is written. A replica that becomes the writer may lack the newest changes, while the
 * build system and the receivers of messages know of them: until an operator has said that nothing
 * was lost ("rida-admin accept-writer") or has mended it ("rida-admin repair"), nobody acts on a
 * server that is another one than before. A server is told by its host's name, its port, its
 * number and the folder of its data.
 */

#include "store/db.h"

struct writer {
	bool is_unwritable; /* the server takes no changes: a replica */
	bool is_other;      /* it is not the one that was written before */
	uint64_t doubt_id;  /* builds up to this one may have tasks that no row knows; 0: none */
	int64_t doubt_at;   /* which were submitted before this, microseconds since 1970 */
	char *known;        /* the server that was written; empty: none is noted */
	char *here;         /* this one */
};
typedef struct writer Writer;
void writer_clear(struct writer *writer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writer, writer_clear)

/* In one statement; the caller clears it. */
bool writer_store_read(struct db *db, struct writer *ret, GError **error);

/*
 * Whether this server may be written now. with_identity: being another one than before speaks
 * against it. Errors: UNAVAILABLE, saying why and what an operator does.
 */
bool writer_check(const struct writer *writer, bool with_identity, GError **error);

/* Notes this server as the first that is written; nothing when there is one. */
bool writer_store_note(struct db *db, GError **error);

/* Notes this server as the one that is written from now on. */
bool writer_store_accept(struct db *db, GError **error);

/*
 * From now on the tasks of all builds that there are may be more than their rows know; ids, numbers
 * of events and the counter of changes go on 100,000 later, as others may have seen the next ones.
 */
bool writer_store_doubt(struct db *db, GError **error);

#endif
