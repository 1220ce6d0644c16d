/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_ERROR_H
#define STORE_DB_ERROR_H

/*
 * What the numbers of the server and of its client library mean to us: the one place that maps
 * them to kinds of errors; db.c asks it.
 */

#include <stdbool.h>

#include "base/error.h"

/* Our own number: statements took longer than the connection's patience. */
#define DB_PATIENCE_OVER 2999

/* The kind of error of a number, outside COMMIT. */
RidaError db_error_kind(unsigned number);

/* The kind at COMMIT, where a broken connection leaves the outcome unknown. */
RidaError db_error_kind_at_commit(unsigned number);

/* Whether the connection cannot be used any more. */
bool db_error_breaks(unsigned number);

/* Whether the server is one that cannot be written now: a replica, a cluster's node that is not
 * ready, or a server that is going down. Another node, or this one later, can. */
bool db_error_is_unwritable(unsigned number);

/* Sets *error to a sentence about it and returns false; text is the server's own. */
bool db_error_set(RidaError kind, unsigned number, const char *text, GError **error);

/* Whether the statement ran for longer than the session allows. */
bool db_error_is_slow(unsigned number);

/* Counts it for those who watch the service; a key that exists is an answer like others. */
void db_error_count(unsigned number);

/* Whether the server chose the transaction as a victim: run all of it again. */
bool db_error_is_victim(unsigned number);

#endif
