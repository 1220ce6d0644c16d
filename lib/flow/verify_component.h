/* SPDX-License-Identifier: MIT */
#ifndef FLOW_VERIFY_COMPONENT_H
#define FLOW_VERIFY_COMPONENT_H

/* The check of one component, in a thread of its own; for verify.c. */

#include "base/config.h"
#include "flow/verify.h"
#include "model/build.h"
#include "ports/sandbox/sandbox.h"
#include "ports/scm/scm.h"

/* What one check learns; read by others when its thread has ended. */
struct check {
	const struct config *config;
	struct component *component;
	const struct sandbox_user *user;
	bool spec_must_parse;
	int64_t deadline;
	struct scm_url *url; /* NULL: its repository is not allowed, and the check has ended */
	enum verify_outcome outcome;
	GPtrArray *reasons;  /* char * */
	GPtrArray *warnings; /* char * */
	GPtrArray *late;     /* char *: servers */
	GPtrArray *files;    /* struct source_file of its lookaside cache; NULL: none */
};

/* The rules of source control, with no more time than is left until the deadline. */
struct scm_rules check_rules(const struct config *config, int64_t deadline);

/* Whole seconds until the deadline, at least 1, at most max. */
unsigned check_seconds(int64_t deadline, uint64_t max);

/* Reads the component's URL: check->url, or a reason. */
void check_open(struct check *check);
void check_clear(struct check *check);

/* Fetches and looks; after check_open() left a url. */
void check_run(struct check *check);

/* Records a failure by its error: bad, away, or late after the deadline. what may be NULL. */
void check_fail(struct check *check, const char *server, const char *what, const GError *problem);

/* Records that a server did not answer in time. */
void check_late(struct check *check, const char *server);

/* Records "component NAME: text" as bad. */
void check_bad(struct check *check, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
