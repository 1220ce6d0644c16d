/* SPDX-License-Identifier: MIT */
#include "store/db_value.h"

#include <inttypes.h>
#include <string.h>

/* GDate's day number of 1970-01-01. */
#define JULIAN_OF_1970 719163

char *db_time_text(int64_t time)
{
	g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);
	g_autofree char *seconds = NULL;

	g_assert(moment);
	seconds = g_date_time_format(moment, "%Y-%m-%d %H:%M:%S");
	return g_strdup_printf("%s.%06d", seconds, (int)(time % G_USEC_PER_SEC));
}

/* 0 when the fields are no date. */
static int64_t time_join(const struct db_calendar *calendar)
{
	GDate date;
	int64_t days;

	if (!g_date_valid_dmy((GDateDay)calendar->day, (GDateMonth)calendar->month,
			      (GDateYear)calendar->year))
		return 0;
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)calendar->day, (GDateMonth)calendar->month,
		       (GDateYear)calendar->year);
	days = (int64_t)g_date_get_julian(&date) - JULIAN_OF_1970;
	return (((days * 24 + calendar->hour) * 60 + calendar->minute) * 60 + calendar->second) *
		       G_USEC_PER_SEC +
	       calendar->microsecond;
}

void db_cell_store(const struct db_cell *cell, const struct db_column *column, void *ret_struct)
{
	char *place = (char *)ret_struct + column->offset;
	const uint64_t number = cell->is_null ? 0 : cell->number;
	const double real = cell->is_null ? 0 : cell->real;
	int64_t time;

	switch (column->into) {
	case DB_INTO_U64:
	case DB_INTO_I64:
		memcpy(place, &number, sizeof(number));
		break;
	case DB_INTO_U32:
		*(uint32_t *)(void *)place = (uint32_t)number;
		break;
	case DB_INTO_INT:
		*(int *)(void *)place = cell->is_null ? -1 : (int)(int64_t)number;
		break;
	case DB_INTO_BOOL:
		*(bool *)place = number != 0;
		break;
	case DB_INTO_DOUBLE:
		memcpy(place, &real, sizeof(real));
		break;
	case DB_INTO_TEXT:
		g_free(*(char **)(void *)place);
		*(char **)(void *)place =
			cell->is_null ? NULL : g_strndup(cell->text, cell->length);
		break;
	case DB_INTO_TIME:
		time = cell->is_null ? 0 : time_join(&cell->time);
		memcpy(place, &time, sizeof(time));
		break;
	}
}

char *db_id_set(const uint64_t *ids, size_t count)
{
	GString *set = g_string_new("[");

	for (size_t i = 0; i < count; i++)
		g_string_append_printf(set, "%s%" PRIu64, i ? "," : "", ids[i]);
	g_string_append_c(set, ']');
	return g_string_free(set, FALSE);
}
