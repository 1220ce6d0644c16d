/* SPDX-License-Identifier: MIT */
#ifndef FLOW_BASE_MODULES_H
#define FLOW_BASE_MODULES_H

/* What the distribution is made from, like platform: documents that the operator gives. */

#include <glib.h>
#include <stdbool.h>

#include "mmd/document.h"

/*
 * Reads and checks the files. Each document has a name, a stream of its own, and a marking, which
 * is its stream unless it says otherwise. The caller owns the array of struct document. Errors:
 * any, with the file's name, and the line where there is one: an operator must look.
 */
bool base_modules_read(char *const *files, GPtrArray **ret, GError **error);

/* The one of that name and stream, or NULL. */
const struct document *base_modules_find(const GPtrArray *documents, const char *name,
					 const char *stream);

#endif
