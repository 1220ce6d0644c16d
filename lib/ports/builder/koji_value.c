/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_value.h"

#include <math.h>

static struct json_object *member_of(struct json_object *value, const char *member,
				     enum json_type type)
{
	struct json_object *found = NULL;

	if (!json_object_is_type(value, json_type_object) ||
	    !json_object_object_get_ex(value, member, &found) || !json_object_is_type(found, type))
		return NULL;
	return found;
}

const char *koji_text(struct json_object *value, const char *member)
{
	struct json_object *found = member_of(value, member, json_type_string);

	return found ? json_object_get_string(found) : NULL;
}

bool koji_number(struct json_object *value, const char *member, int64_t *ret)
{
	struct json_object *found = member_of(value, member, json_type_int);

	if (found)
		*ret = json_object_get_int64(found);
	return found != NULL;
}

bool koji_truth(struct json_object *value, const char *member, bool *ret)
{
	struct json_object *found = member_of(value, member, json_type_boolean);

	if (found)
		*ret = json_object_get_boolean(found);
	return found != NULL;
}

struct json_object *koji_array(struct json_object *value, const char *member)
{
	return member_of(value, member, json_type_array);
}

bool koji_fraction(struct json_object *value, const char *member, double *ret)
{
	struct json_object *found = NULL;

	if (!json_object_is_type(value, json_type_object) ||
	    !json_object_object_get_ex(value, member, &found) ||
	    (!json_object_is_type(found, json_type_double) &&
	     !json_object_is_type(found, json_type_int)) ||
	    !isfinite(json_object_get_double(found)))
		return false;
	*ret = json_object_get_double(found);
	return true;
}
