/* SPDX-License-Identifier: MIT */
#ifndef STORE_BUILD_COLUMNS_H
#define STORE_BUILD_COLUMNS_H

/*
 * The columns of builds, once: BUILD_SELECT is their SELECT list (the table is called b), and
 * BUILD_FIELDS fills a table of db_column for a struct that starts with a struct build. For the
 * stores that read builds only.
 */

#include "model/build.h"
#include "store/db.h"

#define BUILD_COLUMNS(FIRST, NEXT)                                                                 \
	FIRST(id, DB_INTO_U64, uint64_t)                                                           \
	NEXT(uuid, DB_INTO_TEXT, char *)                                                           \
	NEXT(name, DB_INTO_TEXT, char *)                                                           \
	NEXT(stream, DB_INTO_TEXT, char *)                                                         \
	NEXT(version, DB_INTO_U64, uint64_t)                                                       \
	NEXT(context, DB_INTO_TEXT, char *)                                                        \
	NEXT(state, DB_INTO_INT, enum build_state)                                                 \
	NEXT(state_reason, DB_INTO_TEXT, char *)                                                   \
	NEXT(failure_type, DB_INTO_INT, enum failure_type)                                         \
	NEXT(verification, DB_INTO_INT, enum verification)                                         \
	NEXT(owner, DB_INTO_TEXT, char *)                                                          \
	NEXT(scmurl, DB_INTO_TEXT, char *)                                                         \
	NEXT(commit, DB_INTO_TEXT, char *)                                                         \
	NEXT(branch, DB_INTO_TEXT, char *)                                                         \
	NEXT(builder, DB_INTO_TEXT, char *)                                                        \
	NEXT(dist, DB_INTO_TEXT, char *)                                                           \
	NEXT(tag, DB_INTO_TEXT, char *)                                                            \
	NEXT(target, DB_INTO_TEXT, char *)                                                         \
	NEXT(gen, DB_INTO_U64, uint64_t)                                                           \
	NEXT(event_seq, DB_INTO_U32, uint32_t)                                                     \
	NEXT(epoch, DB_INTO_U32, uint32_t)                                                         \
	NEXT(batch, DB_INTO_U32, uint32_t)                                                         \
	NEXT(repo_batch, DB_INTO_U32, uint32_t)                                                    \
	NEXT(repo_task_id, DB_INTO_U64, uint64_t)                                                  \
	NEXT(is_prepared, DB_INTO_BOOL, bool)                                                      \
	NEXT(is_finished, DB_INTO_BOOL, bool)                                                      \
	NEXT(is_cleaned, DB_INTO_BOOL, bool)                                                       \
	NEXT(is_discarded, DB_INTO_BOOL, bool)                                                     \
	NEXT(is_gate_open, DB_INTO_BOOL, bool)                                                     \
	NEXT(submitted_at, DB_INTO_TIME, int64_t)                                                  \
	NEXT(modified_at, DB_INTO_TIME, int64_t)                                                   \
	NEXT(completed_at, DB_INTO_TIME, int64_t)

#define BUILD_SQL_FIRST_(member, into, type) "b.`" #member "`"
#define BUILD_SQL_NEXT_(member, into, type)  ", b.`" #member "`"
#define BUILD_SELECT                         BUILD_COLUMNS(BUILD_SQL_FIRST_, BUILD_SQL_NEXT_)

#define BUILD_FIELD_(member, into, type) { #member, into, OFFSET_OF(struct build, type, member) },
#define BUILD_FIELDS                     BUILD_COLUMNS(BUILD_FIELD_, BUILD_FIELD_)

#endif
