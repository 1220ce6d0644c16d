/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_place.h"

#include <math.h>

#include "ports/builder/koji_answer.h"

/* Koji's own figures: what a task weighs, and what a long one adds. */
#define WEIGHT_BASE    1.5
#define WEIGHT_LONG    4.5
#define WEIGHT_SECONDS 4800.0

#define BUILD_COMPLETE 1

/* What is learned of one package, whoever builds it. */
struct package {
	size_t call; /* of the question that is being asked */
	bool is_asked;
	int64_t id;      /* 0: the hub has no such package */
	int64_t task;    /* of our last build of it; 0: none */
	double weight;   /* of that task's children; 0: not known */
	double duration; /* of builds on average, in seconds; 0: not known */
};

/* A question about packages: whether it is to be asked, how, and what its answer means. */
typedef bool ask_fn(struct koji_batch *batch, struct package *package, const char *name,
		    uint64_t user);
typedef void learn_fn(struct package *package, struct json_object *answer);

static bool ask_id(struct koji_batch *batch, struct package *package, const char *name,
		   uint64_t user G_GNUC_UNUSED)
{
	package->call = koji_batch_add(batch, "getPackageID", "s", name);
	return true;
}

static void learn_id(struct package *package, struct json_object *answer)
{
	if (json_object_is_type(answer, json_type_int))
		package->id = json_object_get_int64(answer);
}

static bool ask_last_build(struct koji_batch *batch, struct package *package,
			   const char *name G_GNUC_UNUSED, uint64_t user)
{
	struct json_object *newest;

	if (package->id <= 0 || !user)
		return false;
	newest = json_object_new_object();
	json_object_object_add(newest, "order", json_object_new_string("-build_id"));
	json_object_object_add(newest, "limit", json_object_new_int(1));
	package->call = koji_batch_add(batch, "listBuilds", "*iiio", "packageID", package->id,
				       "userID", (int64_t)user, "state", (int64_t)BUILD_COMPLETE,
				       "queryOpts", newest);
	return true;
}

static void learn_last_build(struct package *package, struct json_object *answer)
{
	if (json_object_is_type(answer, json_type_array) && json_object_array_length(answer))
		koji_number(json_object_array_get_idx(answer, 0), "task_id", &package->task);
}

static bool ask_children(struct koji_batch *batch, struct package *package,
			 const char *name G_GNUC_UNUSED, uint64_t user G_GNUC_UNUSED)
{
	if (package->task <= 0)
		return false;
	package->call = koji_batch_add(batch, "getTaskDescendents", "i", package->task);
	return true;
}

static void learn_children(struct package *package, struct json_object *answer)
{
	if (!json_object_is_type(answer, json_type_object))
		return;
	json_object_object_foreach(answer, id, children)
	{
		const bool is_list = *id && json_object_is_type(children, json_type_array);
		const size_t count = is_list ? json_object_array_length(children) : 0;

		for (size_t i = 0; i < count; i++) {
			double weight = 0;

			koji_fraction(json_object_array_get_idx(children, i), "weight", &weight);
			package->weight += MAX(weight, 0);
		}
	}
}

static bool ask_duration(struct koji_batch *batch, struct package *package, const char *name,
			 uint64_t user G_GNUC_UNUSED)
{
	if (package->weight > 0 || package->id <= 0)
		return false;
	package->call = koji_batch_add(batch, "getAverageBuildDuration", "s", name);
	return true;
}

static void learn_duration(struct package *package, struct json_object *answer)
{
	if (json_object_is_type(answer, json_type_double) ||
	    json_object_is_type(answer, json_type_int))
		package->duration = json_object_get_double(answer);
}

/* In this order, each of all packages together; one that fails is as if it were not known. */
static const struct {
	ask_fn *ask;
	learn_fn *learn;
} questions[] = {
	{ ask_id, learn_id },
	{ ask_last_build, learn_last_build },
	{ ask_children, learn_children },
	{ ask_duration, learn_duration },
};

static void ask_all(struct koji_builder *koji, GHashTable *packages, uint64_t user, size_t question)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	GHashTableIter iterator;
	gpointer name, value;

	g_hash_table_iter_init(&iterator, packages);
	while (g_hash_table_iter_next(&iterator, &name, &value)) {
		struct package *package = value;

		package->is_asked = questions[question].ask(batch, package, name, user);
	}
	koji_batch_read(batch, koji->session);
	g_hash_table_iter_init(&iterator, packages);
	while (g_hash_table_iter_next(&iterator, &name, &value)) {
		struct package *package = value;

		if (package->is_asked && !koji_batch_answer(batch, package->call)->error)
			questions[question].learn(package,
						  koji_batch_answer(batch, package->call)->value);
	}
}

static double weight_of(const struct package *package, size_t arches)
{
	if (package->weight > 0)
		return package->weight;
	if (!(package->duration > 0) || !isfinite(package->duration))
		return WEIGHT_BASE;
	return (WEIGHT_BASE + MIN(WEIGHT_LONG, package->duration / WEIGHT_SECONDS)) *
		       (double)arches +
	       WEIGHT_BASE;
}

void koji_weigh(struct koji_builder *koji, const struct koji_weighing *weighings, size_t count)
{
	g_autoptr(GHashTable) packages =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	uint64_t user = 0;

	for (size_t i = 0; i < count; i++) {
		const GPtrArray *components = weighings[i].build->components;

		for (guint j = 0; j < components->len; j++)
			g_hash_table_replace(packages,
					     ((struct component *)components->pdata[j])->name,
					     g_new0(struct package, 1));
	}
	if (count && !koji_user_id(koji->session, &user, NULL))
		user = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(questions); i++)
		ask_all(koji, packages, user, i);
	for (size_t i = 0; i < count; i++) {
		const GPtrArray *components = weighings[i].build->components;

		weighings[i].outcome->weights = g_new(double, components->len + 1);
		for (guint j = 0; j < components->len; j++) {
			const struct component *component = g_ptr_array_index(components, j);

			weighings[i].outcome->weights[j] =
				weight_of(g_hash_table_lookup(packages, component->name),
					  weighings[i].arches);
		}
	}
}
