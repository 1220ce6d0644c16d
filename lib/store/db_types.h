/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_TYPES_H
#define STORE_DB_TYPES_H

/* What goes into a statement and comes out of it: texts, arguments, columns. Included by
 * store/db.h. */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A statement's text: literals only, by construction. */
#define SQL(literal) ("" literal)

enum db_kind { DB_KIND_NULL, DB_KIND_U64, DB_KIND_I64, DB_KIND_DOUBLE, DB_KIND_TEXT, DB_KIND_TIME };
struct db_value {
	enum db_kind kind;
	union {
		uint64_t u64;
		int64_t i64; /* also microseconds of a time */
		double real;
		const char *text;
	};
};
static inline struct db_value db_value_u64(uint64_t value)
{
	return (struct db_value){ .kind = DB_KIND_U64, .u64 = value };
}
static inline struct db_value db_value_i64(int64_t value)
{
	return (struct db_value){ .kind = DB_KIND_I64, .i64 = value };
}
static inline struct db_value db_value_double(double value)
{
	return (struct db_value){ .kind = DB_KIND_DOUBLE, .real = value };
}
static inline struct db_value db_value_text(const char *value) /* NULL: SQL NULL */
{
	return (struct db_value){ .kind = value ? DB_KIND_TEXT : DB_KIND_NULL, .text = value };
}
static inline struct db_value db_value_time(int64_t value) /* 0: SQL NULL */
{
	return (struct db_value){ .kind = value ? DB_KIND_TIME : DB_KIND_NULL, .i64 = value };
}
#define DB_U64(v)    db_value_u64(v)
#define DB_I64(v)    db_value_i64(v)
#define DB_DOUBLE(v) db_value_double(v)
#define DB_TEXT(v)   db_value_text(v)
#define DB_TIME(v)   db_value_time(v)
#define DB_NULL      ((struct db_value){ .kind = DB_KIND_NULL })

struct db_args {
	const struct db_value *values;
	size_t count;
};
#define DB_ARGS(...)                                                                               \
	((struct db_args){ (const struct db_value[]){ __VA_ARGS__ },                               \
			   sizeof((const struct db_value[]){ __VA_ARGS__ }) /                      \
				   sizeof(struct db_value) })
#define DB_NO_ARGS ((struct db_args){ NULL, 0 })

/*
 * Arguments for many rows: rows * width values, row by row. The kinds of a column may differ only
 * by NULL.
 */
struct db_matrix {
	const struct db_value *values;
	size_t rows, width;
};

/* Where a column of a row goes. The order is that of the SELECT list. */
enum db_into {
	DB_INTO_U64,
	DB_INTO_U32,
	DB_INTO_I64,
	DB_INTO_INT, /* int or an enum; NULL becomes -1 */
	DB_INTO_BOOL,
	DB_INTO_DOUBLE,
	DB_INTO_TEXT, /* char *, owned by the struct, the old value freed; NULL stays NULL */
	DB_INTO_TIME  /* int64_t microseconds; NULL becomes 0 */
};
struct db_column {
	const char *name;
	enum db_into into;
	size_t offset;
};
struct db_columns {
	const struct db_column *columns;
	size_t count;
};
#define DB_COLUMNS(table) ((struct db_columns){ (table), sizeof(table) / sizeof((table)[0]) })

/* offsetof() that does not compile when the member has another type. */
#define OFFSET_OF(type, member_type, member)                                                       \
	(offsetof(type, member) +                                                                  \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member),             \
						      member_type)                                 \
				 ? 1                                                               \
				 : -1]))

/*
 * A set of ids as one argument: a table "ids" of one column "id" that the server reads from the
 * text. The caller frees the text.
 *
 *	SQL("SELECT … FROM " DB_ID_SET " STRAIGHT_JOIN builds AS b ON b.id = ids.id")
 */
#define DB_ID_SET "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS ids"
char *db_id_set(const uint64_t *ids, size_t count);

#endif
