/* SPDX-License-Identifier: MIT */
#ifndef BASE_METER_TABLE_H
#define BASE_METER_TABLE_H

/*
 * The meters, each one row, and how their cells lie in a file: for meter.c and meter_sums.c only.
 * A histogram has for each pair of labels METER_BOUNDS + 1 buckets (not cumulated) and the sum in
 * microseconds; a counter and a moment have one cell.
 */

#include <stdatomic.h>
#include <stddef.h>

#include "base/meter.h"

#define METER_BOUNDS 14 /* what a histogram's bounds are, at most */
#define METER_WIDTH  (METER_BOUNDS + 2)

enum meter_type { METER_COUNTER, METER_HISTOGRAM, METER_MOMENT };

/* A dimension of a meter: its label's name and what it can be; count 0: there is none. */
struct meter_label {
	const char *name;
	const char *const *values; /* NULL: of a list of names */
	enum meter_names list;
	unsigned count;
};

struct meter_row {
	const char *name;
	const char *help;
	enum meter_type type;
	struct meter_label labels[2];
	const int64_t *bounds; /* microseconds, METER_BOUNDS of them */
};
extern const struct meter_row meter_rows[METER__COUNT];

#define METER_FILE_MAGIC "ridamtr1"
#define METER_DIGEST     32

struct meter_header {
	char magic[8];
	unsigned char digest[METER_DIGEST]; /* of the table */
	char routes[METER_ROUTES][METER_NAME_MAX];
	char statuses[METER_STATUSES][METER_NAME_MAX];
};

/* More cells than the table needs, so that their number is no sum to be kept by hand. */
#define METER_CELLS (METER_ROUTES * METER_STATUSES * METER_WIDTH + 256)

struct meter_file {
	struct meter_header header;
	_Atomic uint64_t cells[METER_CELLS];
};

/* The first cell of a meter under these labels; too great an index is that of the last one. */
size_t meter_cell(enum meter meter, unsigned first, unsigned second);

/* A label's value in a file, or NULL when it has no name there. */
const char *meter_label_value(const struct meter_file *file, const struct meter_label *label,
			      unsigned i);

/* What makes two tables the same: everything that gives a cell its meaning but the names told. */
void meter_table_digest(unsigned char *ret);

#endif
