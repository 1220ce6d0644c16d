/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PORTS_KOJI_FAKE_HUB_H
#define TESTS_UNIT_PORTS_KOJI_FAKE_HUB_H

/* The tasks of a hub in this process, for koji_fake_session.h, and a builder that talks to it. */

#include "ports/builder/builder.h"
#include "tests/unit/ports/koji_fake_session.h"

#define FAKE_TARGET  "module-foo-master-1-aaaa0000"
#define FAKE_DIST    ".module+f30+1+0123abcd"
#define FAKE_RELEASE "1" FAKE_DIST

struct fake_task {
	int64_t id;
	const char *component;
	const char *key; /* NULL: of somebody else */
	int state;
	const char *method; /* NULL: build */
	unsigned builds;    /* of a closed task; complete ones */
};

/* The tasks; the hub changes their states. Untagged builds and build records are those of the
 * component named lonely, NULL: none. */
struct fake_hub {
	struct fake_task *tasks;
	size_t count;
	const char *lonely;
	const char *fault;              /* the method that is refused; NULL: none */
	unsigned canceled;              /* calls of cancelTask */
	unsigned built;                 /* calls of build */
	unsigned lists;                 /* of what a tag holds */
	struct json_object *last_build; /* parameters of the latest */
};
extern struct fake_hub fake_hub;

/* Every answer goes through it, when there is one. */
typedef struct json_object *fake_filter_fn(const char *method, struct json_object *answer);
extern fake_filter_fn *fake_filter;

/* A build of three components, and a builder with these options; cmocka's set up and tear down:
 * *state is the builder. */
int fake_set_up(void **state);
int fake_tear_down(void **state);
extern struct builder_options fake_options;
extern struct build *fake_build;

/* A component of the build by its number. */
struct component *fake_component(guint i);

#endif
