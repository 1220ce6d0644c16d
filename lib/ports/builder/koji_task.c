/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_task.h"

#include <string.h>

#include "base/error.h"
#include "model/names.h"
#include "ports/builder/koji_batch.h"
#include "wire/koji_fault.h"

#define BUILD_COMPLETE_STATE 1
#define METHOD               "build"

static bool number_is(struct json_object *value, const char *member, int64_t wanted)
{
	int64_t number;

	return koji_number(value, member, &number) && number == wanted;
}

bool koji_task_state(struct json_object *info, uint64_t task_id, enum task_state *ret,
		     GError **error)
{
	const char *method = koji_text(info, "method");
	int64_t state;

	if (!number_is(info, "id", (int64_t)task_id))
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "asked about task %" G_GUINT64_FORMAT ", Koji speaks of something else",
			    task_id);
	if (g_strcmp0(method, METHOD) != 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji's task %" G_GUINT64_FORMAT " builds nothing: it is not ours",
			    task_id);
	if (!koji_number(info, "state", &state) || state < 0 || state >= TASK_STATE__COUNT)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji does not say the state of task %" G_GUINT64_FORMAT, task_id);
	*ret = (enum task_state)state;
	return true;
}

const char *koji_task_key(struct json_object *info)
{
	struct json_object *request = koji_array(info, "request");

	for (size_t i = request ? json_object_array_length(request) : 0; i > 0; i--) {
		const char *key = koji_text(json_object_array_get_idx(request, i - 1), KOJI_KEY);

		if (key)
			return key;
	}
	return NULL;
}

/* The request is the source, the target, and the options. */
bool koji_task_is_foreign(struct json_object *info, GHashTable *targets)
{
	struct json_object *request = koji_array(info, "request");
	struct json_object *target;

	if (!request || json_object_array_length(request) < 2)
		return false;
	target = json_object_array_get_idx(request, 1);
	return !json_object_is_type(target, json_type_string) ||
	       !g_hash_table_contains(targets, json_object_get_string(target));
}

char *koji_nvr(struct json_object *build)
{
	const char *name = koji_text(build, "name");
	const char *version = koji_text(build, "version");
	const char *release = koji_text(build, "release");
	const char *said = koji_text(build, "nvr");
	g_autofree char *nvr = NULL;

	if (!name || !version || !release || !*version || !*release || strchr(version, '-') ||
	    strchr(release, '-') || !name_is_valid(NAME_COMPONENT, name))
		return NULL;
	nvr = g_strdup_printf("%s-%s-%s", name, version, release);
	if (!name_is_valid(NAME_FILE, nvr) || (said && strcmp(said, nvr) != 0))
		return NULL;
	return g_steal_pointer(&nvr);
}

bool koji_task_nvr(struct json_object *builds, uint64_t task_id, char **ret, GError **error)
{
	g_autofree char *nvr = NULL;
	size_t found = 0;

	if (!json_object_is_type(builds, json_type_array))
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji does not list the builds of task %" G_GUINT64_FORMAT, task_id);
	for (size_t i = 0; i < json_object_array_length(builds); i++) {
		struct json_object *build = json_object_array_get_idx(builds, i);

		if (!number_is(build, "task_id", (int64_t)task_id) ||
		    !number_is(build, "state", BUILD_COMPLETE_STATE))
			continue;
		g_free(nvr);
		nvr = koji_nvr(build);
		found++;
	}
	if (found != 1)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji's task %" G_GUINT64_FORMAT
			    " is closed, but has %zu complete builds of the %zu that are listed: "
			    "one is wanted",
			    task_id, found, json_object_array_length(builds));
	if (!nvr)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji's build of task %" G_GUINT64_FORMAT
			    " has no clean name, version and release",
			    task_id);
	*ret = g_steal_pointer(&nvr);
	return true;
}

/* The youngest failed task of those that are listed. */
static struct json_object *failed_child(struct json_object *descendents, int64_t *ret_id)
{
	struct json_object *found = NULL;

	*ret_id = 0;
	if (!json_object_is_type(descendents, json_type_object))
		return NULL;
	json_object_object_foreach(descendents, parent, children)
	{
		const size_t count = json_object_is_type(children, json_type_array)
					     ? json_object_array_length(children)
					     : 0;
		(void)parent;
		for (size_t i = 0; i < count; i++) {
			struct json_object *child = json_object_array_get_idx(children, i);
			int64_t id;

			if (!number_is(child, "state", TASK_FAILED) ||
			    !koji_number(child, "id", &id) || id <= *ret_id)
				continue;
			*ret_id = id;
			found = child;
		}
	}
	return found;
}

char *koji_task_reason(struct json_object *result, struct json_object *descendents)
{
	g_autofree char *words = koji_words(koji_text(result, "faultString"));
	GString *reason = g_string_new(*words ? words : "the task failed, Koji does not say why");
	int64_t id;
	struct json_object *child = failed_child(descendents, &id);
	g_autofree char *method = koji_words(koji_text(child, "method"));
	g_autofree char *arch = koji_words(koji_text(child, "arch"));

	if (child)
		g_string_append_printf(reason, " (task %" G_GINT64_FORMAT ", %s for %s)", id,
				       method, arch);
	return g_string_free(reason, FALSE);
}
