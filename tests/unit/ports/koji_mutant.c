/* SPDX-License-Identifier: MIT */
#include "tests/unit/ports/koji_mutant.h"

/* Where a value is: in an object by name, in an array by number, or nowhere. */
struct place {
	struct json_object *above;
	const char *name;
	size_t number;
};

uint64_t mutant_random(uint64_t *seed, uint64_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static size_t count_places(struct json_object *value)
{
	size_t count = 0;

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			(void)name;
			count += 1 + count_places(member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			count += 1 + count_places(json_object_array_get_idx(value, i));
	}
	return count;
}

/* Counts down to the place that is wanted. */
static bool find_place(struct json_object *value, size_t *wanted, struct place *ret)
{
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			*ret = (struct place){ value, name, 0 };
			if ((*wanted)-- == 0 || find_place(member, wanted, ret))
				return true;
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			*ret = (struct place){ value, NULL, i };
			if ((*wanted)-- == 0 ||
			    find_place(json_object_array_get_idx(value, i), wanted, ret))
				return true;
		}
	}
	return false;
}

static struct json_object *other_number(struct json_object *old, uint64_t *seed)
{
	static const int64_t numbers[] = { 0, -1, 1, 2, 3, 4, 5, 6, 2147483648, G_MAXINT64 };
	const uint64_t choice = mutant_random(seed, G_N_ELEMENTS(numbers) + 1);

	return json_object_new_int64(
		choice < G_N_ELEMENTS(numbers) ? numbers[choice] : json_object_get_int64(old) + 1);
}

static struct json_object *something_else(struct json_object *old, uint64_t *seed)
{
	switch (mutant_random(seed, 8)) {
	case 0:
	case 1:
		return NULL;
	case 2:
		return json_object_new_boolean(true);
	case 3:
		return json_object_new_double(2.5);
	case 4:
		return json_object_new_array();
	case 5:
		return json_object_new_object();
	case 6:
		return json_object_is_type(old, json_type_string) ? json_object_new_int64(3)
								  : json_object_new_string("2");
	default:
		return other_number(old, seed);
	}
}

static struct json_object *at(const struct place *place)
{
	return place->name ? json_object_object_get(place->above, place->name)
			   : json_object_array_get_idx(place->above, place->number);
}

static void put(const struct place *place, struct json_object *value)
{
	if (place->name)
		json_object_object_add(place->above, place->name, value);
	else
		json_object_array_put_idx(place->above, place->number, value);
}

static void change(const struct place *place, uint64_t *seed)
{
	struct json_object *old = at(place);

	switch (mutant_random(seed, 6)) {
	case 0:
		if (place->name)
			json_object_object_del(place->above, place->name);
		else
			json_object_array_del_idx(place->above, place->number, 1);
		break;
	case 1:
		if (!place->name) {
			const size_t other =
				mutant_random(seed, json_object_array_length(place->above));
			struct json_object *there =
				json_object_get(json_object_array_get_idx(place->above, other));

			json_object_array_put_idx(place->above, other, json_object_get(old));
			put(place, there);
			break;
		}
		put(place, NULL);
		break;
	case 2:
		if (!place->name) {
			json_object_array_add(place->above, json_object_get(old));
			break;
		}
		put(place, NULL);
		break;
	default:
		put(place, something_else(old, seed));
	}
}

struct json_object *mutant(struct json_object *value, uint64_t *seed)
{
	const size_t count = count_places(value);
	size_t wanted = mutant_random(seed, count + 1);
	struct place place;
	struct json_object *other;

	if (wanted < count && find_place(value, &wanted, &place)) {
		change(&place, seed);
		return value;
	}
	other = something_else(value, seed);
	json_object_put(value);
	return other;
}
