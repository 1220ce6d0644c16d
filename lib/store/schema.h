/* SPDX-License-Identifier: MIT */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

/*
 * The schema's version: numbered files NNNN_name.sql, applied once each in order under a named
 * lock (DDL commits implicitly, so each statement may be run again), recorded in schema_versions
 * with their SHA-256.
 */

#include "store/db.h"

/* The versions this program works with. */
#define SCHEMA_OLDEST 6
#define SCHEMA_NEWEST 6

/* Applies what is missing from the folder; safe to run twice and from two hosts at once. Errors:
 * CONFLICT when an applied file was changed. */
bool schema_migrate(struct db *db, const char *folder, unsigned *ret_applied, GError **error);

/* Errors: UNAVAILABLE when the schema is older, newer or absent; the message names "rida-admin
 * migrate". */
bool schema_check(struct db *db, GError **error);

#endif
