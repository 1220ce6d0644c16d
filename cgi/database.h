/* SPDX-License-Identifier: MIT */
#ifndef CGI_DATABASE_H
#define CGI_DATABASE_H

/*
 * The worker's database: a connection that is kept between requests and opened again when it
 * broke, behind the pool's breaker. A second one serves look-ups while a list is streamed.
 */

#include "base/config.h"
#include "cgi/breaker.h"
#include "store/db.h"

struct database;

/* Opens nothing yet. breaker is shared with the other workers of the pool. */
struct database *database_new(const struct config *config, struct breaker *breaker);
void database_free(struct database *database);

/* The connection. Errors: UNAVAILABLE when the database is away; INTERNAL when our account is
 * refused. */
bool database_use(struct database *database, struct db **ret, GError **error);
bool database_use_second(struct database *database, struct db **ret, GError **error);

/* Before and after each request: tells the breaker how asking the database went. */
void database_begin(struct database *database);
void database_end(struct database *database);

/* A part of the answer is on its way: whoever asks is not kept waiting, and the database has all
 * its time again. */
void database_go_on(struct database *database);

/* Whether the kept connection broke at once, as after a restart of the server: the same may be
 * tried again. */
bool database_was_stale(const struct database *database);

/* Whether the server was found to take no changes. */
bool database_is_unwritable(const struct database *database);

/* Whether the request failed because of the database. */
bool database_has_failed(const struct database *database);

#endif
