/* SPDX-License-Identifier: MIT */
#include "cgi/database.h"

#include "base/error.h"
#include "flow/session.h"

/* A connection that broke faster than this did not hang. */
#define QUICK (300 * G_TIME_SPAN_MILLISECOND)

struct database {
	const struct config *config;
	struct breaker *breaker;
	struct db *db;
	struct db *second;
	bool is_asked;  /* in this request */
	bool is_kept;   /* the connection is of an earlier request */
	bool is_denied; /* it could not be opened */
	int64_t began;
};

struct database *database_new(const struct config *config, struct breaker *breaker)
{
	struct database *database = g_new0(struct database, 1);

	database->config = config;
	database->breaker = breaker;
	return database;
}

void database_free(struct database *database)
{
	if (!database)
		return;
	db_close(database->db);
	db_close(database->second);
	g_free(database);
}

static void drop(struct db **connection)
{
	db_close(*connection);
	*connection = NULL;
}

/* Opens what is not open, is broken, or was found not to write: a new one may reach the writer. */
static bool keep_open(struct database *database, struct db **connection, GError **error)
{
	if (*connection && (db_is_broken(*connection) || db_is_unwritable(*connection)))
		drop(connection);
	if (*connection)
		return true;
	*connection = session_open(database->config, ACCOUNT_WEB, error);
	database->is_denied = !*connection;
	if (*connection || error_code(*error) == RIDA_ERROR_UNAVAILABLE)
		return *connection;
	(*error)->code = RIDA_ERROR_INTERNAL;
	return false;
}

bool database_use(struct database *database, struct db **ret, GError **error)
{
	if (!database->is_asked && !breaker_allows(database->breaker, database->began)) {
		database->is_denied = true;
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the database did not answer some seconds ago");
	}
	database->is_asked = true;
	if (database->db && db_is_broken(database->db)) {
		/* What broke the one, a restart of the server, broke the other too. */
		database->is_kept = false;
		drop(&database->second);
	}
	if (!keep_open(database, &database->db, error))
		return false;
	*ret = database->db;
	return true;
}

bool database_use_second(struct database *database, struct db **ret, GError **error)
{
	if (!keep_open(database, &database->second, error))
		return false;
	*ret = database->second;
	return true;
}

void database_go_on(struct database *database)
{
	if (database->db)
		db_begin_request(database->db);
	if (database->second)
		db_begin_request(database->second);
}

void database_begin(struct database *database)
{
	database->is_asked = false;
	database->is_kept = database->db != NULL;
	database->is_denied = false;
	database->began = g_get_monotonic_time();
	database_go_on(database);
}

bool database_has_failed(const struct database *database)
{
	return database->is_denied || (database->db && db_is_broken(database->db)) ||
	       (database->second && db_is_broken(database->second));
}

bool database_is_unwritable(const struct database *database)
{
	return database->db && db_is_unwritable(database->db);
}

void database_end(struct database *database)
{
	if (database->is_asked)
		breaker_report(database->breaker, !database_has_failed(database), database->began,
			       g_get_monotonic_time());
}

bool database_was_stale(const struct database *database)
{
	return database->is_kept && !database->is_denied && database_has_failed(database) &&
	       g_get_monotonic_time() - database->began < QUICK;
}
