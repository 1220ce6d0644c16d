/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_IMPORT_H
#define PORTS_BUILDER_KOJI_IMPORT_H

/*
 * Finished modules on their way into Koji, as builds of the content generator: what the files of
 * an import share. koji_import.c does the next step, _parts.c finds out which, _reserve.c reserves
 * builds, _rpms.c reads what was built, _files.c makes and sends the files, _metadata.c describes
 * them, _host.c describes us, and _tag.c tags what was imported.
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
	const char *key; /* in reservations */
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

/* Finds out how far the part is, by the getBuild that was made of it. False: the outcome has the
 * error; CONFLICT: it is not ours. */
bool import_look(struct koji_builder *koji, const struct import *import, struct import_part *part,
		 const struct koji_batch *batch, size_t call, struct outcome *outcome);
void import_look_many(struct koji_builder *koji, struct import *imports, size_t count);

/* Reserves what is absent or lost; the outcome has what is to be kept of that. */
void import_reserve_many(struct koji_builder *koji, struct import *imports, size_t count);

/* Says in the outcome what can be done about it that the hub refuses us. */
void import_explain(struct outcome *outcome, const struct koji_answer *answer);

/* Gives reservations of builds back that have failed. */
void import_abandon_many(struct koji_builder *koji, const struct build_want *wants, size_t count,
			 struct outcome *outcomes);

/* Tags what was imported and is not tagged yet. What the hub refuses is no failure of the module:
 * it becomes the outcome's reason. */
void import_tag_many(struct koji_builder *koji, struct import *imports, size_t count);

#endif
