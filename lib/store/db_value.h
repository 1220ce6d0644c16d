/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_VALUE_H
#define STORE_DB_VALUE_H

/* Values between us and the server: points in time, and the cells of a row. Pure. */

#include "store/db.h"

struct db_calendar {
	unsigned year, month, day;
	unsigned hour, minute, second;
	unsigned microsecond;
};

/* The literal of a DATETIME(6); the caller frees it. */
char *db_time_text(int64_t time);

/* A column's value as it was fetched; the column's kind says which member counts. */
struct db_cell {
	bool is_null;
	uint64_t number; /* also the bits of a negative one */
	double real;
	const char *text; /* not terminated */
	size_t length;
	struct db_calendar time;
};

/* Puts the cell into its member of the struct. */
void db_cell_store(const struct db_cell *cell, const struct db_column *column, void *ret_struct);

#endif
