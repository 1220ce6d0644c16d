/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_PLACE_H
#define PORTS_BUILDER_KOJI_PLACE_H

/*
 * Where a build is made on a hub: its tags with packages, groups and inheritance, and its target.
 * What the hub says of them and what is wanted make the calls that are missing: pure functions, so
 * that a place that was half made, whoever did it, is mended like one that is new.
 */

#include "mmd/document.h"
#include "ports/builder/koji.h"

struct koji_place {
	const struct build_want *want;
	const struct koji_options *options;
	char *build_tag;
	struct document *document;
	GPtrArray
		*requires; /* struct build_require with a tag, lent, in the order of inheritance */
	struct outcome *outcome;
	/* What the hub says, lent; NULL: nil, or not asked for because it cannot be there. */
	struct json_object *tag, *build_tag_info;
	struct json_object *packages, *build_packages;
	struct json_object *groups; /* of the build tag, those it inherits included */
	struct json_object *links;  /* to the build tag's parents */
	struct json_object *target;
	struct json_object *permissions;
	struct json_object **parents; /* of requires */
	/* What follows from it. */
	char *arches;
	int64_t owner; /* the number of the packages' owner; 0: the hub does not know the build's */
};

/* Everything that is to be known before anything is written: names, requires and document. False:
 * the outcome has the error. */
bool koji_place_init(struct koji_place *place, const struct koji_builder *koji,
		     const struct build_want *want, struct outcome *outcome);
void koji_place_clear(struct koji_place *place);

/* The names of the packages that the tags list, sorted; the caller frees the array. */
GPtrArray *koji_place_packages(const struct koji_place *place);

/* The architectures of its tags, sorted; the caller frees the text. Errors: INTERNAL: none. */
char *koji_place_arches(const struct koji_place *place, GError **error);

/* Each adds the calls that are missing. False: the outcome has the error. */
typedef bool koji_plan(struct koji_place *place, struct koji_batch *writes);
koji_plan koji_plan_tags, koji_plan_packages, koji_plan_groups, koji_plan_parents, koji_plan_target,
	koji_plan_blocked;

/* A tag's package list (NULL: it is empty) as name -> one of these; the names are lent, the caller
 * frees the table. NULL: the outcome has the error. */
enum { KOJI_LISTED = 1, KOJI_BLOCKED };
GHashTable *koji_listed_packages(struct json_object *list, const char *tag,
				 struct outcome *outcome);

/* Whether what getTagGroups says of the tag can be read. False: the outcome has the error. */
bool koji_groups_check(struct json_object *groups, const char *tag, struct outcome *outcome);

/* One group of a build tag: it exists, with these packages. Whether calls were added. */
bool koji_plan_group(struct json_object *groups, const char *build_tag, const char *name,
		     const GPtrArray *packages, struct koji_batch *writes);

/* How heavy each component is, by what its last build took; never fails. */
struct koji_weighing {
	const struct build *build;
	size_t arches; /* how many */
	struct outcome *outcome;
};
void koji_weigh(struct koji_builder *koji, const struct koji_weighing *weighings, size_t count);

#endif
