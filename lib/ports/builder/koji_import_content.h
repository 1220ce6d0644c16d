/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_IMPORT_CONTENT_H
#define PORTS_BUILDER_KOJI_IMPORT_CONTENT_H

/* What is imported: RPMs (_rpms.c), the files made of them (_files.c), and metadata that describe
 * these (_metadata.c) and us (_host.c). */

#include "ports/builder/koji_import.h"

/* Reads documents, architectures and RPMs of those that go on. */
void import_read(struct koji_builder *koji, struct import *imports, size_t count);

/* Takes what listTaggedRPMS says; licenses and the like are not there yet. Errors: UNAVAILABLE. */
bool import_take_rpms(struct import *import, struct json_object *value, GError **error);

/* What belongs into the module, or its complement, for one architecture; see content_select(). */
void import_select(const struct import *import, const char *arch, bool is_devel,
		   struct content *ret);

/* The final document of what was selected; the caller frees it. */
bool import_document(const struct import *import, const char *arch, bool is_devel,
		     const struct content *content, char **ret, GError **error);

/* One file of a build in Koji. */
struct import_file {
	char *name;
	const char *arch;
	char *text;
	struct json_object *components; /* NULL: a log */
};

/* The files of a part, struct import_file; the caller frees them. */
bool import_files(const struct import *import, const struct import_part *part, GPtrArray **ret,
		  GError **error);

/* Sends a text as a file. */
bool import_send(struct koji_builder *koji, const char *directory, const char *name,
		 const char *text, GError **error);

/* What an import says of itself, and of the host that it is made on; the caller owns it. */
struct json_object *import_metadata(const struct import *import, const struct import_part *part,
				    const GPtrArray *files);
struct json_object *import_host(void);

/* The RPMs that the host has, of what rpm says of them: a line each, NAME VERSION RELEASE ARCH
 * SIGMD5 EPOCH SIGNATURE with tabs between. The caller owns the list. */
struct json_object *import_installed(const char *text);

#endif
