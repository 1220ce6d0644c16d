/* SPDX-License-Identifier: MIT */
#include "store/writer_store.h"

#include "base/error.h"
#include "store/db_internal.h"

/* What is skipped of each kind of number that others may have seen. */
#define GAP_SQL "100000"

#define HERE "CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir)"

static const char read_sql[] =
	SQL("SELECT @@global.read_only AS is_unwritable, COALESCE(w.server <> " HERE
	    ", 0) AS is_other, COALESCE(w.doubt_id, 0) AS doubt_id, w.doubt_at, "
	    "COALESCE(w.server, '') AS known, " HERE " AS here "
	    "FROM (SELECT 1 AS id) AS one LEFT JOIN writer AS w ON w.id = one.id");

static const char note_sql[] =
	SQL("INSERT IGNORE INTO writer (id, server, since) VALUES (1, " HERE ", UTC_TIMESTAMP(6))");

static const char accept_sql[] =
	SQL("INSERT INTO writer (id, server, since) VALUES (1, " HERE ", UTC_TIMESTAMP(6)) "
	    "ON DUPLICATE KEY UPDATE server = VALUES(server), since = VALUES(since)");

static const char doubt_sql[] =
	SQL("UPDATE writer SET doubt_id = (SELECT COALESCE(MAX(id), 0) FROM builds), "
	    "doubt_at = UTC_TIMESTAMP(6), event_base = " GAP_SQL " + "
	    "GREATEST(event_base, (SELECT COALESCE(MAX(event_no), 0) FROM events)) WHERE id = 1");

/* A reader of a list of builds takes the counter for the age of what he has. */
static const char raise_changes_sql[] =
	SQL("UPDATE counters SET value = value + " GAP_SQL " WHERE name = 'changes'");

/* Each statement names its table in the text: numbers of tables are no arguments. */
#define RAISE(table)                                                                               \
	SQL("SET @rida_raise = (SELECT CONCAT('ALTER TABLE " table " AUTO_INCREMENT = ', "         \
	    "AUTO_INCREMENT + " GAP_SQL ") FROM information_schema.tables "                        \
	    "WHERE table_schema = DATABASE() AND table_name = '" table "')")

static const char *const raise_sql[] = {
	RAISE("builds"),   RAISE("components"), RAISE("attempts"),   RAISE("effects"),
	RAISE("requests"), RAISE("outbox"),     RAISE("deliveries"),
};

static const struct db_column columns[] = {
	{ "is_unwritable", DB_INTO_BOOL, OFFSET_OF(struct writer, bool, is_unwritable) },
	{ "is_other", DB_INTO_BOOL, OFFSET_OF(struct writer, bool, is_other) },
	{ "doubt_id", DB_INTO_U64, OFFSET_OF(struct writer, uint64_t, doubt_id) },
	{ "doubt_at", DB_INTO_TIME, OFFSET_OF(struct writer, int64_t, doubt_at) },
	{ "known", DB_INTO_TEXT, OFFSET_OF(struct writer, char *, known) },
	{ "here", DB_INTO_TEXT, OFFSET_OF(struct writer, char *, here) },
};

void writer_clear(struct writer *writer)
{
	g_free(writer->known);
	g_free(writer->here);
	*writer = (struct writer){ 0 };
}

bool writer_store_read(struct db *db, struct writer *ret, GError **error)
{
	return db_select_one(db, read_sql, DB_NO_ARGS, DB_COLUMNS(columns), ret, error);
}

bool writer_check(const struct writer *writer, bool with_identity, GError **error)
{
	if (writer->is_unwritable)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "this database node cannot be written: %s is read-only", writer->here);
	if (with_identity && writer->is_other)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the database is written on another server (%s) than before (%s), and "
			    "may have lost changes: run \"rida-admin repair\" there, or "
			    "\"rida-admin accept-writer\" if it is certain that none were lost",
			    writer->here, writer->known);
	return true;
}

bool writer_store_note(struct db *db, GError **error)
{
	return db_execute(db, note_sql, DB_NO_ARGS, NULL, NULL, error);
}

bool writer_store_accept(struct db *db, GError **error)
{
	return db_execute(db, accept_sql, DB_NO_ARGS, NULL, NULL, error);
}

static bool begin_doubt(struct db *db, void *data, GError **error)
{
	(void)data;
	return db_execute(db, doubt_sql, DB_NO_ARGS, NULL, NULL, error) &&
	       db_execute(db, raise_changes_sql, DB_NO_ARGS, NULL, NULL, error);
}

bool writer_store_doubt(struct db *db, GError **error)
{
	if (!writer_store_note(db, error) || !db_transact(db, begin_doubt, NULL, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(raise_sql); i++)
		if (!db_execute_text(db, raise_sql[i], error) ||
		    !db_execute_text(db, SQL("EXECUTE IMMEDIATE @rida_raise"), error))
			return false;
	return true;
}
