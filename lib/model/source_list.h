/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SOURCE_LIST_H
#define MODEL_SOURCE_LIST_H

/*
 * The file "sources" of a component's repository: which files its lookaside cache holds. Lines are
 * "SHA512 (file) = hex" (SHA256 and MD5 likewise) or the old "md5  file".
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define SOURCE_LIST_MAX 1000 /* files */

struct source_file {
	char *name;            /* a clean NAME_FILE */
	const char *hash_type; /* "sha512", "sha256" or "md5" */
	GChecksumType digest;
	char *hash; /* lower-case hex of the type's length */
};
void source_file_free(struct source_file *file);

/* The files of the text, an array of struct source_file. Errors: UNACCEPTABLE with the line. */
bool source_list_read(const char *text, GPtrArray **ret, GError **error);

/*
 * The URL of a file: {name}, {filename}, {hashtype} and {hash} of the template are replaced,
 * values escaped as path segments. name is the component's. The caller frees it.
 */
char *source_file_url(const struct source_file *file, const char *template, const char *name);

#endif
