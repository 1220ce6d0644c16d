/* SPDX-License-Identifier: MIT */
#ifndef CONTRACT_BUILDER_CONTRACT_H
#define CONTRACT_BUILDER_CONTRACT_H

/*
 * What every builder keeps to, whatever builds behind it. A backend takes part with one row in
 * test_builder.c: a fixture that makes a world of its own for each test, with a module whose
 * components build, fail and run until they are cancelled.
 */

#include "ports/builder/builder.h"

struct builder_world {
	const struct builder_ops *ops;
	struct builder_options options;
	char *folder;        /* temporary; removed after the test */
	struct build *build; /* with the components "good", "bad" and "long", attempt 1 each */
	char *modulemd;
	unsigned wait;    /* seconds within which "good" and "bad" end */
	bool has_no_logs; /* those of tasks are elsewhere */
	void *data;       /* of the fixture */
};

struct builder_fixture {
	const struct builder_ops *ops;
	/* NULL, or why this backend cannot be tested here. */
	const char *(*check)(void);
	/* ops and folder are set; fills in the rest. */
	void (*set_up)(struct builder_world *world);
	void (*tear_down)(struct builder_world *world);
};

/* A build in state build with the three components, for fixtures to complete. */
struct build *contract_build_new(void);

/* Runs all tests against one backend; the number of failed ones. */
int builder_contract_run(const struct builder_fixture *fixture);

#endif
