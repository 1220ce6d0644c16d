/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_INTERNAL_H
#define STORE_DB_INTERNAL_H

/* What db.c tells its neighbours in this room only. */

#include "store/db.h"

/* Whether a statement since the beginning of the transaction lost against another transaction. */
bool db_is_victim(const struct db *db);

/* A statement of a migration file, which need not be a literal and cannot be prepared. */
bool db_execute_text(struct db *db, const char *sql, GError **error);

/* What rows are collected into. */
struct db_shape {
	struct db_columns columns;
	size_t size;         /* of the struct */
	GDestroyNotify free; /* of a struct on the heap; NULL: plain structs in a GArray */
};

/* All rows as structs on the heap. The caller owns the array, which owns them. */
bool db_collect(struct db *db, const char *sql, struct db_args args, const struct db_shape *shape,
		GPtrArray **ret, GError **error);

/* All rows as structs in an array, for structs that own nothing. */
bool db_collect_plain(struct db *db, const char *sql, struct db_args args,
		      const struct db_shape *shape, GArray **ret, GError **error);

/* The values gathered in an array, as so many rows. */
static inline struct db_matrix db_matrix_of(const GArray *values, size_t rows)
{
	return (struct db_matrix){ (const struct db_value *)(const void *)values->data, rows,
				   rows ? values->len / rows : 0 };
}

#endif
