/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/meter_table.h"

#define FILES_MAX 64

struct meter_sums {
	GPtrArray *files; /* struct meter_file */
};

/* Reads, never maps: whoever owns the file may cut it short at any time. */
static struct meter_file *read_file(const char *path, const unsigned char *digest)
{
	g_autofree struct meter_file *file = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat facts;
	bool is_good;

	if (fd < 0)
		return NULL;
	file = g_new(struct meter_file, 1);
	is_good = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
		  read(fd, file, sizeof *file) == sizeof *file &&
		  memcmp(file->header.magic, METER_FILE_MAGIC, sizeof file->header.magic) == 0 &&
		  memcmp(file->header.digest, digest, METER_DIGEST) == 0;
	close(fd);
	for (unsigned i = 0; i < METER_ROUTES; i++)
		file->header.routes[i][METER_NAME_MAX - 1] = '\0';
	for (unsigned i = 0; i < METER_STATUSES; i++)
		file->header.statuses[i][METER_NAME_MAX - 1] = '\0';
	return is_good ? g_steal_pointer(&file) : NULL;
}

struct meter_sums *meter_sums_read(const char *folder)
{
	struct meter_sums *sums = g_new0(struct meter_sums, 1);
	unsigned char digest[METER_DIGEST];
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *entry;

	meter_table_digest(digest);
	sums->files = g_ptr_array_new_with_free_func(g_free);
	while (dir && sums->files->len < FILES_MAX && (entry = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, entry, NULL);
		struct meter_file *file =
			g_str_has_suffix(entry, ".meter") ? read_file(path, digest) : NULL;

		if (file)
			g_ptr_array_add(sums->files, file);
	}
	return sums;
}

void meter_sums_free(struct meter_sums *sums)
{
	if (sums)
		g_ptr_array_unref(sums->files);
	g_free(sums);
}

static uint64_t cell_of(const struct meter_sums *sums, guint file, size_t cell)
{
	const struct meter_file *one = g_ptr_array_index(sums->files, file);

	return atomic_load_explicit(&one->cells[cell], memory_order_relaxed);
}

int64_t meter_sums_latest(const struct meter_sums *sums, enum meter meter, unsigned *ret_label)
{
	uint64_t latest = 0;

	for (guint file = 0; file < sums->files->len; file++) {
		for (unsigned i = 0; i < meter_rows[meter].labels[0].count; i++) {
			const uint64_t moment = cell_of(sums, file, meter_cell(meter, i, 0));

			if (moment <= latest)
				continue;
			latest = moment;
			*ret_label = i;
		}
	}
	/* A spoilt file's moment can still be told in microseconds. */
	return (int64_t)MIN(latest, INT64_MAX / G_USEC_PER_SEC);
}

/* One line of labels and what all files hold of it. */
struct series {
	char *labels; /* a="b",c="d" */
	uint64_t cells[METER_WIDTH];
};

static void series_free(gpointer data)
{
	struct series *series = data;

	g_free(series->labels);
	g_free(series);
}

static void append_label(GString *labels, const struct meter_label *label, const char *value)
{
	if (!label->count)
		return;
	g_string_append_printf(labels, "%s%s=\"", labels->len ? "," : "", label->name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			g_string_append_c(labels, '\\');
		g_string_append_c(labels, g_ascii_isprint(*value) ? *value : '?');
	}
	g_string_append_c(labels, '"');
}

static struct series *series_of(GPtrArray *all, const char *labels)
{
	struct series *series;

	for (guint i = 0; i < all->len; i++) {
		series = g_ptr_array_index(all, i);
		if (strcmp(series->labels, labels) == 0)
			return series;
	}
	series = g_new0(struct series, 1);
	series->labels = g_strdup(labels);
	g_ptr_array_add(all, series);
	return series;
}

/* Adds what one file has under one pair of labels. Pairs of told names that never occurred are left
 * out; the others are shown from the beginning, so that a first error is seen as an increase. */
static void gather_pair(const struct meter_row *row, GPtrArray *all, const struct meter_file *file,
			const unsigned *label)
{
	const enum meter meter = (enum meter)(row - meter_rows);
	const size_t width = row->type == METER_HISTOGRAM ? METER_WIDTH : 1;
	const size_t first = meter_cell(meter, label[0], label[1]);
	g_autoptr(GString) labels = g_string_new(NULL);
	struct series *series;
	uint64_t sum = 0;

	for (size_t i = 0; i < width; i++)
		sum |= atomic_load_explicit(&file->cells[first + i], memory_order_relaxed);
	for (unsigned i = 0; i < 2; i++) {
		const struct meter_label *one = &row->labels[i];
		const char *value = one->count ? meter_label_value(file, one, label[i]) : NULL;

		if (one->count && !one->values && (!sum || !value))
			return;
		append_label(labels, one, value);
	}
	series = series_of(all, labels->str);
	for (size_t i = 0; i < width; i++) {
		const uint64_t value =
			atomic_load_explicit(&file->cells[first + i], memory_order_relaxed);

		series->cells[i] = row->type == METER_MOMENT ? MAX(series->cells[i], value)
							     : series->cells[i] + value;
	}
}

static GPtrArray *gather(const struct meter_sums *sums, const struct meter_row *row)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(series_free);

	for (guint file = 0; file < sums->files->len; file++)
		for (unsigned i = 0; i < MAX(row->labels[0].count, 1); i++)
			for (unsigned j = 0; j < MAX(row->labels[1].count, 1); j++)
				gather_pair(row, all, g_ptr_array_index(sums->files, file),
					    (const unsigned[]){ i, j });
	return all;
}

/* Microseconds as seconds, as short as they are exact. */
static void append_seconds(GString *out, uint64_t microseconds)
{
	g_string_append_printf(out, "%" PRIu64, microseconds / G_USEC_PER_SEC);
	microseconds %= G_USEC_PER_SEC;
	if (!microseconds)
		return;
	g_string_append_printf(out, ".%06" PRIu64, microseconds);
	while (out->str[out->len - 1] == '0')
		g_string_truncate(out, out->len - 1);
}

static void print_histogram(const struct meter_row *row, const struct series *series, GString *out)
{
	uint64_t count = 0;

	for (unsigned i = 0; i <= METER_BOUNDS; i++) {
		count += series->cells[i];
		g_string_append_printf(out, "%s_bucket{%s,le=\"", row->name, series->labels);
		if (i < METER_BOUNDS)
			append_seconds(out, (uint64_t)row->bounds[i]);
		else
			g_string_append(out, "+Inf");
		g_string_append_printf(out, "\"} %" PRIu64 "\n", count);
	}
	g_string_append_printf(out, "%s_sum{%s} ", row->name, series->labels);
	append_seconds(out, series->cells[METER_BOUNDS + 1]);
	g_string_append_printf(out, "\n%s_count{%s} %" PRIu64 "\n", row->name, series->labels,
			       count);
}

static void print_series(const struct meter_row *row, const struct series *series, GString *out)
{
	if (row->type == METER_HISTOGRAM) {
		print_histogram(row, series, out);
		return;
	}
	g_string_append(out, row->name);
	if (series->labels[0])
		g_string_append_printf(out, "{%s}", series->labels);
	g_string_append_printf(out, " %" PRIu64 "\n", series->cells[0]);
}

void meter_sums_print(const struct meter_sums *sums, GString *out)
{
	static const char *const types[] = {
		[METER_COUNTER] = "counter",
		[METER_HISTOGRAM] = "histogram",
		[METER_MOMENT] = "gauge",
	};

	for (unsigned meter = 0; meter < METER__COUNT; meter++) {
		const struct meter_row *row = &meter_rows[meter];
		g_autoptr(GPtrArray) all = gather(sums, row);

		g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help,
				       row->name, types[row->type]);
		for (guint i = 0; i < all->len; i++)
			print_series(row, g_ptr_array_index(all, i), out);
	}
}
