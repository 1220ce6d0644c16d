/* SPDX-License-Identifier: MIT */
#ifndef FLOW_RECONCILE_H
#define FLOW_RECONCILE_H

/*
 * Database and build systems, compared and brought together after one of them has lost something.
 * The keys of tasks follow from a build's uuid, a component's name and an attempt's number: what
 * the rows have lost is found again when the build comes to it. For rida-admin.
 */

#include "base/config.h"
#include "store/db.h"

/* Adds a sentence (char *) for everything that the build systems say otherwise than the rows, and
 * for each build system that cannot be asked. Changes nothing. */
bool reconcile_check(struct db *db, const struct config *config, GPtrArray *sentences,
		     GError **error);

/*
 * What is to be done once where a database goes on that may have lost its newest changes: from now
 * on tasks of the builds that there are are looked for before anything of them is submitted; no
 * number that somebody may have seen is given again; the states of open and recent builds are
 * announced once more, as later events. The server becomes the one that is written. Adds what was
 * done as sentences. May be run again.
 */
bool reconcile_restored(struct db *db, GPtrArray *sentences, GError **error);

#endif
