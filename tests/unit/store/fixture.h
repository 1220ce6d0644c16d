/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

/*
 * What tests of the store share: connections to the private server that run-store starts, a
 * migrated database of each program's own, and builds to work on.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "model/build.h"
#include "store/build_store.h"
#include "store/claim_store.h"
#include "store/db.h"

/* A connection as root to the program's database. */
struct db *fixture_open(void);

/* cmocka: makes the database and migrates it; *state is a connection as root. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* Runs the SQL as root and expects it to be accepted. */
void fixture_run(struct db *db, const char *sql);

/* The number that the SELECT gives. */
uint64_t fixture_number(struct db *db, const char *sql);

/* The folder of the migrations in the source tree; the caller frees it. */
char *fixture_sql_folder(void);

/* A build in memory with so many components; the number makes its name. */
struct build *fixture_build(unsigned number, unsigned components);

/* The same, inserted in a transaction of its own. */
struct build *fixture_insert(struct db *db, unsigned number, unsigned components);

/* Claims that build for the holder; it must be due. */
struct claim fixture_claim(struct db *db, uint64_t build_id, const char *holder);

/* Saves the build in a transaction of its own. */
bool fixture_save(struct db *db, struct build *build, const struct fence *fence, GError **error);

void assert_good_at(bool good, GError **error, const char *file, int line);
#define assert_good(call) assert_good_at((call), &error, __FILE__, __LINE__)

/* The call failed with that code; the error is freed. */
void assert_fails_at(bool good, GError **error, RidaError code, const char *file, int line);
#define assert_fails(call, code) assert_fails_at((call), &error, code, __FILE__, __LINE__)

#endif
