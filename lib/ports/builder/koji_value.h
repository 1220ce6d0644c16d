/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_VALUE_H
#define PORTS_BUILDER_KOJI_VALUE_H

/* Strict looks at what a hub says: a member that is absent, nil or of another type is not there. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* Members of an answer's struct, lent: NULL, or false, when it is not there as such. */
const char *koji_text(struct json_object *value, const char *member);
bool koji_number(struct json_object *value, const char *member, int64_t *ret);
bool koji_truth(struct json_object *value, const char *member, bool *ret);
struct json_object *koji_array(struct json_object *value, const char *member);

/* A number that may be written with a fraction. */
bool koji_fraction(struct json_object *value, const char *member, double *ret);

#endif
