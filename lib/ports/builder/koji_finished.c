/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_finished.h"

#include <string.h>

#include "base/error.h"
#include "model/macros_package.h"
#include "model/names.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_task.h"

#define BUILD_COMPLETE_STATE 1

static bool is_open(const struct koji_orphan *orphan)
{
	return !orphan->outcome->error && !orphan->outcome->is_known;
}

/* What every release of the module's packages ends with; NULL: it is not known yet. */
static const char *release_end(const struct koji_orphan *orphan)
{
	const char *dist = orphan->submission->build->dist;

	return dist && dist[0] == '.' && dist[1] ? dist + 1 : NULL;
}

static bool is_of_module(const struct koji_orphan *orphan, struct json_object *build)
{
	const char *end = release_end(orphan);
	const char *release = koji_text(build, "release");

	return end && release && g_str_has_suffix(release, end) &&
	       g_strcmp0(koji_text(build, "name"), orphan->submission->component->name) == 0;
}

static void adopt(const struct koji_orphan *orphan, struct json_object *build)
{
	struct outcome *outcome = orphan->outcome;
	int64_t state, task_id;
	char *nvr;

	if (outcome->is_known || !is_of_module(orphan, build) ||
	    !koji_number(build, "state", &state) || state != BUILD_COMPLETE_STATE ||
	    !koji_number(build, "task_id", &task_id) || task_id <= 0 || task_id > KOJI_ID_MAX)
		return;
	nvr = koji_nvr(build);
	if (!nvr)
		return;
	outcome->nvr = nvr;
	outcome->is_known = true;
	outcome->task_id = (uint64_t)task_id;
	outcome->task_state = TASK_CLOSED;
}

/* ---- in the module's tags ---------------------------------------------------------------- */

/* A tag that is not there holds nothing. */
static void find_in_tag(struct koji_builder *koji, const struct koji_orphan *orphan,
			const char *tag)
{
	struct outcome problem = { 0 };
	struct koji_tagged tagged = { 0 };
	GHashTableIter iterator;
	gpointer entry;

	if (koji_tagged_read(koji, tag, &problem, &tagged)) {
		g_hash_table_iter_init(&iterator, tagged.entries);
		while (g_hash_table_iter_next(&iterator, NULL, &entry))
			adopt(orphan, entry);
	}
	koji_tagged_clear(&tagged);
	if (problem.error && error_code(problem.error) != RIDA_ERROR_MISSING) {
		orphan->outcome->error = g_steal_pointer(&problem.error);
		orphan->outcome->is_outage = problem.is_outage;
	}
	outcomes_clear(&problem, 1);
}

static bool has_tag(const struct koji_orphan *orphan)
{
	const char *tag = orphan->submission->build->tag;

	return tag && *tag;
}

static void find_in_tags(struct koji_builder *koji, const struct koji_orphan *orphans, size_t count)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < count; i++)
		if (has_tag(&orphans[i]))
			g_ptr_array_add(tags, koji_build_tag(orphans[i].submission->build));
	koji_list_tags(koji, (const char *const *)tags->pdata, tags->len);
	for (size_t i = 0; i < count; i++) {
		g_autofree char *tag = NULL;

		if (!has_tag(&orphans[i]))
			continue;
		tag = koji_build_tag(orphans[i].submission->build);
		find_in_tag(koji, &orphans[i], tag);
	}
}

/* ---- by name and release ----------------------------------------------------------------- */

static bool is_macros(const struct koji_orphan *orphan)
{
	return strcmp(orphan->submission->component->name, MACROS_PACKAGE_NAME) == 0;
}

/* Every module has macros of the same name: theirs are many, and their NVR is known. */
static void ask_for(struct koji_batch *batch, const struct koji_orphan *orphan)
{
	const struct component *component = orphan->submission->component;
	g_autofree char *nvr = NULL;

	if (is_macros(orphan)) {
		nvr = g_strdup_printf("%s-0.1-1.%s", component->name, release_end(orphan));
		koji_batch_add(batch, "getBuild", "s", nvr);
	} else {
		koji_batch_add(batch, "untaggedBuilds", "*s", "name", component->name);
	}
}

/* The number of the module's build among untagged ones, the youngest of several; 0: there is none.
 */
static int64_t untagged_id(const struct koji_orphan *orphan, struct json_object *builds)
{
	int64_t youngest = 0;

	for (size_t i = 0; i < json_object_array_length(builds); i++) {
		struct json_object *build = json_object_array_get_idx(builds, i);
		int64_t id;

		if (is_of_module(orphan, build) && koji_number(build, "id", &id))
			youngest = MAX(youngest, id);
	}
	return youngest;
}

/* The builds whose numbers are known now. */
struct named {
	GPtrArray *orphans; /* struct koji_orphan, of each call */
	struct koji_batch *batch;
};

static void answer_take(const struct koji_orphan *orphan, struct koji_answer *answer,
			struct named *named)
{
	struct json_object *value = answer->value;
	int64_t id;

	koji_blame(orphan->outcome, answer, orphan->submission->component->name);
	if (orphan->outcome->error)
		return;
	if (is_macros(orphan)) {
		adopt(orphan, value);
		return;
	}
	if (!json_object_is_type(value, json_type_array)) {
		fail(&orphan->outcome->error, RIDA_ERROR_UNAVAILABLE,
		     "Koji does not list the untagged builds of %s",
		     orphan->submission->component->name);
		return;
	}
	id = untagged_id(orphan, value);
	if (id > 0) {
		koji_batch_add(named->batch, "getBuild", "i", id);
		g_ptr_array_add(named->orphans, (gpointer)(uintptr_t)orphan);
	}
}

static void find_by_release(struct koji_builder *koji, const struct koji_orphan *orphans,
			    size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	g_autoptr(KojiBatch) builds = koji_batch_new();
	g_autoptr(GPtrArray) asked = g_ptr_array_new();
	g_autoptr(GPtrArray) adoptable = g_ptr_array_new();
	struct named named = { adoptable, builds };

	for (size_t i = 0; i < count; i++) {
		if (!is_open(&orphans[i]) || !release_end(&orphans[i]))
			continue;
		ask_for(batch, &orphans[i]);
		g_ptr_array_add(asked, (gpointer)(uintptr_t)&orphans[i]);
	}
	koji_batch_read(batch, koji->session);
	for (guint i = 0; i < asked->len; i++)
		answer_take(asked->pdata[i], koji_batch_answer(batch, i), &named);
	koji_batch_read(builds, koji->session);
	for (guint i = 0; i < adoptable->len; i++) {
		const struct koji_orphan *orphan = adoptable->pdata[i];
		struct koji_answer *answer = koji_batch_answer(builds, i);

		koji_blame(orphan->outcome, answer, orphan->submission->component->name);
		if (!orphan->outcome->error)
			adopt(orphan, answer->value);
	}
}

void koji_find_finished(struct koji_builder *koji, const struct koji_orphan *orphans, size_t count)
{
	if (!count)
		return;
	find_in_tags(koji, orphans, count);
	find_by_release(koji, orphans, count);
}
