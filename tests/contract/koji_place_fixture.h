/* SPDX-License-Identifier: MIT */
#ifndef CONTRACT_KOJI_PLACE_FIXTURE_H
#define CONTRACT_KOJI_PLACE_FIXTURE_H

/* A build of module "contract" on the stand-in hub, which requires platform:f30 and perl:5.30, and
 * what the hub says of it, looked at from beside the builder. */

#include "contract/koji_fixture.h"
#include "text/json.h"

#define PLACE_TAG       "module-contract-master-20260101000000-00000000"
#define PLACE_BUILD_TAG PLACE_TAG "-build"

struct place_world {
	struct builder_world world;
	struct builder *builder;
	GPtrArray *requires;
};

/* For cmocka; *state is the world. */
int place_set_up(void **state);
int place_tear_down(void **state);

/* The next slots are called by a builder of another pass. */
void place_reopen(struct place_world *place);

/* Calls a slot for the build; the outcome is the caller's. */
typedef void place_slot(struct builder *builder, const struct build_want *wants, size_t count,
			struct outcome *outcomes);
void place_call(struct place_world *place, place_slot *slot, struct outcome *ret);

/* Calls it and clears the outcome: whether it was ready, or the code of its error, which has that
 * word; -1: it worked. */
bool place_is_ready(struct place_world *place, place_slot *slot);
int place_error(struct place_world *place, place_slot *slot, const char *word);

/* What a call says to an administrator; the caller puts it. Parameters are a JSON array. */
struct json_object *place_ask(const char *method, const char *parameters);

/* The same as text, the caller frees it; and whether it is that text. */
char *place_text(const char *method, const char *parameters);

/* How often a method was called by the builder, and all calls that change something. */
int64_t place_count(const char *method);
int64_t place_writes(void);

/* A command of the hub whose answer does not matter. */
void place_tell(const char *json);

/* Everything that a preparation makes, as text; the caller frees it. */
char *place_picture(void);

#endif
