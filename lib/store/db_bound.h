/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_BOUND_H
#define STORE_DB_BOUND_H

/* The arguments of a statement as the client library takes them. The one door to that library. */

#include <mysql.h>

#include "store/db_types.h"

/* Of one execution, column by column. */
struct db_bound {
	MYSQL_BIND *binds;
	size_t width;
	GPtrArray *owned; /* everything allocated here */
};

/* Of one row, or of an array of them; the values are borrowed until it is cleared. */
void db_bound_init(struct db_bound *bound, const struct db_matrix *args);
void db_bound_clear(struct db_bound *bound);

#endif
