/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PORTS_KOJI_MUTANT_H
#define TESTS_UNIT_PORTS_KOJI_MUTANT_H

/* Nonsense: one place of a value becomes something else. */

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* Numbers from one seed. */
uint64_t mutant_random(uint64_t *seed, uint64_t below);

/*
 * Changes one member or element somewhere below the value (nil, another type, gone, twice, in
 * another order, another number), or the value as a whole; the new value takes its place. Texts
 * never become other texts: no reader could tell.
 */
struct json_object *mutant(struct json_object *value, uint64_t *seed);

#endif
