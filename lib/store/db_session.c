/* SPDX-License-Identifier: MIT */
#include "store/db_session.h"

/* Seconds that a transaction may sit idle, and that a statement waits for another's lock. */
#define IDLE_TRANSACTION "15"
#define LOCK_WAIT        "5"

char *db_session_settings(unsigned statement_timeout)
{
	return g_strdup_printf(
		"SET time_zone = '+00:00', "
		"sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
		"ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
		"collation_connection = 'utf8mb4_nopad_bin', innodb_lock_wait_timeout = " LOCK_WAIT
		", lock_wait_timeout = " LOCK_WAIT ", idle_transaction_timeout = " IDLE_TRANSACTION
		", max_statement_time = %u.%03u",
		statement_timeout / 1000, statement_timeout % 1000);
}

bool db_patience_is_over(const struct db_patience *patience)
{
	return patience->limit && patience->spent >= patience->limit;
}

int64_t db_patience_clock(const struct db_patience *patience)
{
	return patience->limit ? g_get_monotonic_time() : 0;
}

void db_patience_spend(struct db_patience *patience, int64_t began)
{
	patience->spent += db_patience_clock(patience) - began;
}
