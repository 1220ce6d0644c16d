/* SPDX-License-Identifier: MIT */
#include "store/db_error.h"

#include "base/meter.h"

/* Numbers of the server (1xxx, 4xxx) and of the client library (2xxx). */
enum {
	DB_SILENT = 0, /* the library knows no reason: an answer was cut where one may end */
	DB_RECORD_CHANGED = 1020,
	DB_DISK_FULL = 1021,
	DB_CANNOT_WRITE = 1026,
	DB_ENGINE_ERROR = 1030, /* of the disk, most often: the text has errno */
	DB_NO_MEMORY = 1037,
	DB_NO_SORT_MEMORY = 1038,
	DB_TOO_MANY_CONNECTIONS = 1040,
	DB_NO_RESOURCES = 1041,
	DB_DATABASE_DENIED = 1044,
	DB_ACCESS_DENIED = 1045,
	DB_UNKNOWN_COMMAND = 1047, /* a cluster node that is not ready */
	DB_UNKNOWN_DATABASE = 1049,
	DB_SHUTDOWN = 1053,
	DB_DUPLICATE = 1062,
	DB_TABLE_FULL = 1114,
	DB_HOST_BLOCKED = 1129,
	DB_NO_THREAD = 1135,
	DB_TABLE_DENIED = 1142,
	DB_COLUMN_DENIED = 1143,
	DB_COMMIT_FAILED = 1180,
	DB_TOO_MANY_USER_CONNECTIONS = 1203,
	DB_LOCK_WAIT = 1205,
	DB_DEADLOCK = 1213,
	DB_USER_LIMIT = 1226,
	DB_RIGHT_MISSING = 1227,
	DB_OPTION_PREVENTS = 1290, /* a read-only server */
	DB_INTERRUPTED = 1317,
	DB_ROUTINE_DENIED = 1370,
	DB_STILL_REFERENCED = 1451,
	DB_REFERENCE_MISSING = 1452,
	DB_SOCKET_ACCESS_DENIED = 1698,
	DB_READ_ONLY = 1792,
	DB_READ_ONLY_MODE = 1836,
	DB_KILLED = 1927,
	DB_STATEMENT_TIMEOUT = 1969,
	DB_NO_SOCKET = 2002,
	DB_NO_HOST = 2003,
	DB_UNKNOWN_HOST = 2005,
	DB_GONE = 2006,
	DB_HANDSHAKE = 2012,
	DB_LOST = 2013,
	DB_TLS = 2026,
	DB_MALFORMED_PACKET = 2027,
	DB_LOST_EXTENDED = 2055
};

RidaError db_error_kind(unsigned number)
{
	switch (number) {
	case DB_ACCESS_DENIED:
	case DB_DATABASE_DENIED:
	case DB_TABLE_DENIED:
	case DB_COLUMN_DENIED:
	case DB_RIGHT_MISSING:
	case DB_ROUTINE_DENIED:
	case DB_SOCKET_ACCESS_DENIED:
		return RIDA_ERROR_FORBIDDEN;
	case DB_DUPLICATE:
	case DB_STILL_REFERENCED:
		return RIDA_ERROR_CONFLICT;
	case DB_REFERENCE_MISSING:
		return RIDA_ERROR_MISSING;
	case DB_RECORD_CHANGED:
	case DB_DEADLOCK:
	case DB_LOCK_WAIT:
	case DB_DISK_FULL:
	case DB_TABLE_FULL:
	case DB_CANNOT_WRITE:
	case DB_ENGINE_ERROR:
	case DB_NO_MEMORY:
	case DB_NO_SORT_MEMORY:
	case DB_NO_RESOURCES:
	case DB_NO_THREAD:
	case DB_TOO_MANY_CONNECTIONS:
	case DB_TOO_MANY_USER_CONNECTIONS:
	case DB_USER_LIMIT:
	case DB_HOST_BLOCKED:
	case DB_UNKNOWN_COMMAND:
	case DB_UNKNOWN_DATABASE:
	case DB_OPTION_PREVENTS:
	case DB_READ_ONLY:
	case DB_READ_ONLY_MODE:
	case DB_INTERRUPTED:
	case DB_STATEMENT_TIMEOUT:
	case DB_COMMIT_FAILED:
		return RIDA_ERROR_UNAVAILABLE;
	default:
		return db_error_breaks(number) ? RIDA_ERROR_UNAVAILABLE : RIDA_ERROR_INTERNAL;
	}
}

RidaError db_error_kind_at_commit(unsigned number)
{
	if (number == DB_COMMIT_FAILED || db_error_breaks(number))
		return RIDA_ERROR_UNKNOWN_OUTCOME;
	return db_error_kind(number);
}

bool db_error_breaks(unsigned number)
{
	switch (number) {
	case DB_SILENT:
	case DB_NO_SOCKET:
	case DB_NO_HOST:
	case DB_UNKNOWN_HOST:
	case DB_GONE:
	case DB_HANDSHAKE:
	case DB_LOST:
	case DB_LOST_EXTENDED:
	case DB_TLS:
	case DB_MALFORMED_PACKET:
	case DB_SHUTDOWN:
	case DB_KILLED:
	case DB_PATIENCE_OVER:
		return true;
	default:
		return false;
	}
}

bool db_error_is_unwritable(unsigned number)
{
	return number == DB_OPTION_PREVENTS || number == DB_READ_ONLY ||
	       number == DB_READ_ONLY_MODE || number == DB_UNKNOWN_COMMAND || number == DB_SHUTDOWN;
}

bool db_error_is_victim(unsigned number)
{
	return number == DB_RECORD_CHANGED || number == DB_DEADLOCK || number == DB_LOCK_WAIT;
}

bool db_error_is_slow(unsigned number)
{
	return number == DB_STATEMENT_TIMEOUT;
}

static enum meter_database_error counts_as(unsigned number)
{
	switch (number) {
	case DB_NO_SOCKET:
	case DB_NO_HOST:
	case DB_UNKNOWN_HOST:
	case DB_HANDSHAKE:
	case DB_TLS:
		return METER_DATABASE_UNREACHABLE;
	case DB_TOO_MANY_CONNECTIONS:
	case DB_TOO_MANY_USER_CONNECTIONS:
	case DB_USER_LIMIT:
	case DB_HOST_BLOCKED:
	case DB_NO_MEMORY:
	case DB_NO_SORT_MEMORY:
	case DB_NO_RESOURCES:
	case DB_NO_THREAD:
		return METER_DATABASE_CROWDED;
	case DB_UNKNOWN_COMMAND:
	case DB_OPTION_PREVENTS:
	case DB_READ_ONLY:
	case DB_READ_ONLY_MODE:
		return METER_DATABASE_READ_ONLY;
	case DB_DISK_FULL:
	case DB_TABLE_FULL:
	case DB_CANNOT_WRITE:
	case DB_ENGINE_ERROR:
		return METER_DATABASE_FULL;
	default:
		break;
	}
	if (db_error_is_victim(number))
		return METER_DATABASE_VICTIM;
	if (db_error_is_slow(number))
		return METER_DATABASE_SLOW;
	if (db_error_breaks(number))
		return METER_DATABASE_LOST;
	return db_error_kind(number) == RIDA_ERROR_FORBIDDEN ? METER_DATABASE_DENIED
							     : METER_DATABASE_OTHER;
}

void db_error_count(unsigned number)
{
	if (db_error_kind(number) != RIDA_ERROR_CONFLICT)
		meter_add(METER_DATABASE_ERRORS, counts_as(number), 0, 1);
}

bool db_error_set(RidaError kind, unsigned number, const char *text, GError **error)
{
	if (number == DB_SILENT)
		text = "an answer broke off";
	if (number == DB_PATIENCE_OVER)
		text = "its answers take too long";
	if (db_error_is_slow(number))
		return fail(error, kind,
			    "the database takes too long for this: ask for less, or later");
	if (db_error_is_unwritable(number))
		return fail(error, kind, "this database node cannot be written: %s (%u)", text,
			    number);
	if (kind == RIDA_ERROR_UNAVAILABLE)
		return fail(error, kind, "the database is not available: %s (%u)", text, number);
	return fail(error, kind, "the database says: %s (%u)", text, number);
}
