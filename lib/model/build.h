/* SPDX-License-Identifier: MIT */
#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

/*
 * A module build and its components, as the tables hold them. Zero is the empty value of each
 * member; times are microseconds since 1970 (UTC), 0 for never. Component states are Koji's and
 * BUILDING is 0 there, so "not submitted yet" is a constant of its own, NULL in the database.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/states.h"

struct component {
	uint64_t id;
	uint64_t build_id;
	char *name;
	char *repository;
	char *ref;    /* as the module names it */
	char *commit; /* full hash; empty until resolved */
	char *arches; /* separated by blanks; empty: the configured ones */
	int build_order;
	uint32_t batch; /* 1 is module-build-macros, the module's own start at 2 */
	double weight;
	bool build_only;      /* its RPMs are filtered from the module */
	bool build_time_only; /* module-build-macros: only in the buildroot */
	enum component_state state;
	char *state_reason;
	char *nvr;        /* NULL until known */
	uint64_t task_id; /* 0: none */
	enum task_state task_state;
	uint32_t attempt; /* the number of the latest attempt; 0: none */
	bool tagged;      /* its RPMs can be used by later batches */
	bool is_changed;  /* differs from its row; cleared by saving */
};

struct build {
	uint64_t id;
	char *uuid; /* 36 characters; keys of external effects are made from it */
	char *name;
	char *stream;
	uint64_t version;
	char *context;
	enum build_state state;
	char *state_reason;
	enum failure_type failure_type;
	enum verification verification;
	char *owner;
	char *scmurl;
	char *commit;
	char *branch; /* empty: none was named */
	char *builder;
	char *dist;   /* the dist tag with its leading dot; empty until wait */
	char *tag;    /* of the build system: what is built gets it; empty until wait, or for ever
			 where    the builder has none */
	char *target; /* of the build system: what tasks are for */
	uint64_t gen;
	uint32_t event_seq;
	uint32_t epoch;      /* rises with each resume */
	uint32_t batch;      /* 0: nothing started */
	uint32_t repo_batch; /* the buildroot's repository holds what was built up to this batch */
	uint64_t repo_task_id;
	bool is_prepared;  /* the buildroot exists */
	bool is_finished;  /* the module's repository or import is made */
	bool is_cleaned;   /* tasks and buildroot of a failed build are gone */
	bool is_discarded; /* its results, logs and repository are gone too */
	bool is_gate_open;
	int64_t submitted_at;
	int64_t modified_at;
	int64_t completed_at;
	GPtrArray *components; /* struct component, by batch then name; owned. NULL: not loaded */
	bool is_partial;       /* only the components that are being built are loaded */
};
typedef struct build Build; /* the names that g_autoptr needs */
typedef struct component Component;

struct build *build_new(void);
/* Frees the members of a build that is part of another struct. */
void build_clear(struct build *build);
void build_free(struct build *build);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Build, build_free)

/* A component in state WAITING without a task. */
struct component *component_new(const char *name);
void component_free(struct component *component);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Component, component_free)

/* Replaces an owned text. */
void text_set(char **place, const char *value);

/* The component of that name, or NULL. */
struct component *build_component(const struct build *build, const char *name);

/* "name:stream:version:context", and the same joined by dashes (the repository's directory); the
 * caller frees. */
char *build_nsvc(const struct build *build);
char *build_directory_name(const struct build *build);

/* Whether it failed or was canceled; whether it waits or is being built. */
bool component_is_unsuccessful(const struct component *component);
bool component_is_unbuilt(const struct component *component);

/*
 * The tasks of the API as JSON text: {"rpms/foo": "6378/closed"}. The key is type/NVR, or the
 * package's name until the NVR is known. The caller frees it.
 */
char *build_tasks_json(const struct build *build);

#endif
