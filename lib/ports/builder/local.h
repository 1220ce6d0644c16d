/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_H
#define PORTS_BUILDER_LOCAL_H

/*
 * The parts of the local builder share this. A build's places:
 *
 *	STATE_DIR/builds/UUID/root -> root.HASH   buildroot: inst (unpacked packages), etc, db, mnt
 *	STATE_DIR/builds/UUID/results/COMPONENT/  packages of a component, and rpms.list
 *	STATE_DIR/builds/UUID/jobs/KEY/           one attempt, see local_job.h
 */

#include "ports/builder/builder.h"
#include "ports/builder/local_sandbox.h"

struct local {
	struct builder base;
	struct builder_options options; /* its texts are the configuration's */
	struct sandbox_user user;
	const char *overlay_program; /* NULL: the kernel has no overlays for us */
};

/* Paths; the caller frees them. name is "root", "results" or "jobs", or NULL. */
char *local_build_place(const struct local *local, const struct build *build, const char *name);
char *local_results_place(const struct local *local, const struct build *build,
			  const struct component *component);

/* A sandbox of this builder without root, home and binds. */
struct local_sandbox local_sandbox_plain(const struct local *local);

/* Makes the build's buildroot hold what the host provides and its complete components. */
bool local_root_make(const struct local *local, const struct build *build, GError **error);

/* The slot: every job whose folder is there. There are no tags. */
bool local_survey(struct builder *builder, const struct survey_wants *wants, struct survey *ret,
		  GError **error);

/* Publishes the module's repository; the final modulemd is the caller's. */
bool local_publish(const struct local *local, const struct build_want *want, char **ret_modulemd,
		   GError **error);

/*
 * Whether a repository's folder is free for the build, or already its module's own: dashes in names
 * let two modules have one folder. Errors: UNACCEPTABLE, naming the module that has it.
 */
bool local_repository_check(const char *folder, const struct build *build, GError **error);

#endif
