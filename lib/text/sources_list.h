/* SPDX-License-Identifier: MIT */
#ifndef TEXT_SOURCES_LIST_H
#define TEXT_SOURCES_LIST_H

/*
 * The file "sources" of a package's repository: which files are kept in the lookaside cache, one a
 * line, as "SHA512 (name) = hash" (also SHA384, SHA256, SHA1, MD5) or the old "md5  name".
 * Hashes are lower-case hexadecimal digits. Blank lines are skipped; anything else is refused.
 */

#include <glib.h>
#include <stdbool.h>

#define SOURCES_LIST_BYTES_MAX (256 << 10)
#define SOURCES_LIST_LINES_MAX 2000

struct source_file {
	char *name;
	GChecksumType digest;
	const char *hash_type; /* "sha512" or "md5", …: as lookaside URLs spell it; a constant */
	char *hash;
};
typedef struct source_file SourceFile; /* the name that g_autoptr needs */
void source_file_free(struct source_file *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourceFile, source_file_free)

/*
 * Reads the list into an array of struct source_file, freed with it, in the order of the lines.
 * Errors: MALFORMED with the line, also for a name that occurs twice and for text over a cap.
 */
bool sources_list_read(const char *text, size_t length, GPtrArray **ret, GError **error);

/*
 * Where a package's file is in the lookaside cache: the template's {name}, {filename}, {hashtype}
 * and {hash} filled in, each escaped as a path segment. The caller frees it. Errors: INTERNAL for
 * another {place}.
 */
bool source_file_url(const struct source_file *file, const char *template, const char *package,
		     char **ret, GError **error);

#endif
