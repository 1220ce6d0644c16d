/* SPDX-License-Identifier: MIT */
#include "store/db_bound.h"

#include <string.h>

#include "store/db_value.h"

static void *bound_new(struct db_bound *bound, size_t count, size_t size)
{
	void *block = g_malloc0_n(count, size);

	g_ptr_array_add(bound->owned, block);
	return block;
}

static const char *bound_text(struct db_bound *bound, const struct db_value *value)
{
	char *text;

	if (value->kind == DB_KIND_TEXT)
		return value->text;
	text = db_time_text(value->i64);
	g_ptr_array_add(bound->owned, text);
	return text;
}

/* The kind of a column: that of its first value that is not NULL. */
static enum db_kind column_kind(const struct db_value *values, size_t rows, size_t width)
{
	for (size_t row = 0; row < rows; row++) {
		if (values[row * width].kind != DB_KIND_NULL)
			return values[row * width].kind;
	}
	return DB_KIND_NULL;
}

static void bind_texts(struct db_bound *bound, MYSQL_BIND *bind, const struct db_value *values,
		       size_t rows)
{
	const char **texts = bound_new(bound, rows, sizeof(*texts));
	unsigned long *lengths = bound_new(bound, rows, sizeof(*lengths));

	for (size_t row = 0; row < rows; row++) {
		const struct db_value *value = &values[row * bound->width];

		if (value->kind == DB_KIND_NULL)
			continue;
		texts[row] = bound_text(bound, value);
		lengths[row] = strlen(texts[row]);
	}
	bind->buffer_type = MYSQL_TYPE_STRING;
	bind->buffer = texts;
	bind->length = lengths;
}

static void bind_numbers(struct db_bound *bound, MYSQL_BIND *bind, const struct db_value *values,
			 size_t rows, enum db_kind kind)
{
	uint64_t *numbers = bound_new(bound, rows, sizeof(*numbers));

	/* The members of the value's union are all eight bytes, read by the type named below. */
	for (size_t row = 0; row < rows; row++)
		memcpy(&numbers[row], &values[row * bound->width].u64, sizeof(*numbers));
	bind->buffer_type = kind == DB_KIND_DOUBLE ? MYSQL_TYPE_DOUBLE : MYSQL_TYPE_LONGLONG;
	bind->is_unsigned = kind == DB_KIND_U64;
	bind->buffer = numbers;
}

/* One execution is not an array: texts are named directly, and NULL is a type. */
static void bound_single(struct db_bound *bound)
{
	for (size_t column = 0; column < bound->width; column++) {
		MYSQL_BIND *bind = &bound->binds[column];

		if (*bind->u.indicator == STMT_INDICATOR_NULL)
			bind->buffer_type = MYSQL_TYPE_NULL;
		else if (bind->buffer_type == MYSQL_TYPE_STRING)
			bind->buffer = *(void **)bind->buffer;
		bind->u.indicator = NULL;
	}
}

/* Values lie row by row; the library takes columns, with an indicator for each NULL. */
void db_bound_init(struct db_bound *bound, const struct db_matrix *args)
{
	const size_t rows = args->rows, width = args->width;

	bound->owned = g_ptr_array_new_with_free_func(g_free);
	bound->width = width;
	bound->binds = bound_new(bound, width, sizeof(MYSQL_BIND));
	for (size_t column = 0; column < width; column++) {
		const struct db_value *first = args->values + column;
		const enum db_kind kind = column_kind(first, rows, width);
		MYSQL_BIND *bind = &bound->binds[column];
		char *indicators = bound_new(bound, rows, 1);

		if (kind == DB_KIND_TEXT || kind == DB_KIND_TIME || kind == DB_KIND_NULL)
			bind_texts(bound, bind, first, rows);
		else
			bind_numbers(bound, bind, first, rows, kind);
		for (size_t row = 0; row < rows; row++)
			indicators[row] = first[row * width].kind == DB_KIND_NULL
						  ? STMT_INDICATOR_NULL
						  : STMT_INDICATOR_NONE;
		bind->u.indicator = indicators;
	}
	if (rows == 1)
		bound_single(bound);
}

void db_bound_clear(struct db_bound *bound)
{
	g_ptr_array_free(bound->owned, TRUE);
}
