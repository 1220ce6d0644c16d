/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_FLOW_PASS_FIXTURE_H
#define TESTS_UNIT_FLOW_PASS_FIXTURE_H

/*
 * What tests of passes share. A test program has a verify_components() of its own, in place of that
 * of flow/verify.c, which wants servers.
 */
#include "tests/unit/store/fixture.h"

#include "base/config.h"
#include "flow/pass.h"
#include "flow/verify.h"

/* One pass over what is due. */
struct pass_report run_pass(struct db *db, const struct config *config);

/* The build with its components, as its rows have it. */
struct build *load(struct db *db, uint64_t id);

/* What a check of components has found: a line, or none. */
GPtrArray *lines_of(const char *line);

#endif
