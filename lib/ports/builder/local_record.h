/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_RECORD_H
#define PORTS_BUILDER_LOCAL_RECORD_H

/*
 * Flat structs as JSON files: what a pass tells a job, and what the job answers. One table of
 * fields per struct serves writing, reading and freeing.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum record_type {
	RECORD_TEXT,  /* char *, may be NULL: then it is not written */
	RECORD_LIST,  /* char ** */
	RECORD_NUMBER /* uint64_t */
};

struct record_field {
	const char *key;
	enum record_type type;
	size_t offset;
};

/* The record as JSON text; the caller frees it. */
char *record_write(const void *record, const struct record_field *fields, size_t count);

/* Fills a zeroed record; absent keys leave zero. Errors: MALFORMED. */
bool record_read(const char *text, const struct record_field *fields, size_t count, void *record,
		 GError **error);

/* Frees the texts and lists of a record, not the record. */
void record_clear(void *record, const struct record_field *fields, size_t count);

#endif
