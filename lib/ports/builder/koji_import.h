/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_IMPORT_H
#define PORTS_BUILDER_KOJI_IMPORT_H

/*
 * Finished modules on their way into Koji, as builds of the content generator: what the files of
 * an import share. koji_import.c finds out what is done and does the next step, _rpms.c reads what
 * was built, _files.c makes and sends the files, _metadata.c describes them, _host.c describes us,
 * and _tag.c tags what was imported.
 */

#include "mmd/document.h"
#include "model/content.h"
#include "ports/builder/koji.h"

#define CONTENT_GENERATOR  "module-build-service"
#define IMPORT_STORED_FILE "modulemd.txt"
#define IMPORT_BUILDROOT   1 /* the number that our host has in metadata */

/* An RPM of the build's tag. */
struct import_rpm {
	struct content_rpm content; /* the first member: selections lend it */
	int64_t id;
	int64_t build_id;
	struct json_object *component; /* as metadata has it */
};

enum import_state {
	IMPORT_ABSENT,   /* Koji does not have it */
	IMPORT_LOST,     /* it was reserved by us, and the token is lost */
	IMPORT_RESERVED, /* we may import it */
	IMPORT_DONE,
};

/* The module's own build in Koji, or that of its complement. */
struct import_part {
	bool is_devel;
	char *name, *version, *release, *nvr;
	enum import_state state;
	int64_t build_id;
	char *token; /* with RESERVED */
};

#define IMPORT_PARTS 2

struct import {
	const struct build_want *want;
	struct outcome *outcome;
	struct import_part parts[IMPORT_PARTS];
	size_t parts_count; /* 0: it is not imported */
	bool was_reserved;  /* just now: nothing else is done before that is recorded */
	bool has_owner;     /* Koji knows the build's owner */
	struct document *document;
	char **arches;
	GPtrArray *rpms; /* struct import_rpm */
};

void import_init(struct import *import, const struct koji_options *options,
		 const struct build_want *want, struct outcome *outcome);
void import_clear(struct import *import);

/* Whether the next step may be done. */
static inline bool import_goes_on(const struct import *import)
{
	return !import->outcome->error && !import->was_reserved;
}

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

/* Tags what was imported and is not tagged yet. What the hub refuses is no failure of the module:
 * it becomes the outcome's reason. */
void import_tag_many(struct koji_builder *koji, struct import *imports, size_t count);

#endif
