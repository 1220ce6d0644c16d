/* SPDX-License-Identifier: MIT */
#include "store/maintenance_store.h"

#include <stddef.h>

static const char is_on_sql[] =
	SQL("SELECT COALESCE(MAX(value), 0) FROM counters WHERE name = 'maintenance'");
static const char set_sql[] = SQL("INSERT INTO counters (name, value) VALUES ('maintenance', ?) "
				  "ON DUPLICATE KEY UPDATE value = VALUES(value)");

struct switch_row {
	uint64_t value;
};
static const struct db_column switch_columns[] = {
	{ "value", DB_INTO_U64, OFFSET_OF(struct switch_row, uint64_t, value) },
};

bool maintenance_store_is_on(struct db *db, bool *ret, GError **error)
{
	struct switch_row row = { 0 };

	if (!db_select_one(db, is_on_sql, DB_NO_ARGS, DB_COLUMNS(switch_columns), &row, error))
		return false;
	*ret = row.value != 0;
	return true;
}

bool maintenance_store_set(struct db *db, bool is_on, GError **error)
{
	return db_execute(db, set_sql, DB_ARGS(DB_U64(is_on)), NULL, NULL, error);
}
