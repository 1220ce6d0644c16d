/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include <string.h>

#include "base/error.h"
#include "model/names.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_listing.h"
#include "ports/builder/koji_task.h"

#define SLACK 3600 /* seconds: the hub's clock and ours */

static const char *request_text(struct json_object *info, size_t i)
{
	struct json_object *request = koji_array(info, "request");
	struct json_object *value;

	if (!request || i >= json_object_array_length(request))
		return NULL;
	value = json_object_array_get_idx(request, i);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* The package of "git+https://HOST/PATH/NAME.git#COMMIT"; the macros' source is an uploaded file.
 * NULL: it says nothing of that kind. */
static char *component_of(const char *source)
{
	g_auto(GStrv) parts = g_strsplit(source ? source : "", "#", 2);
	g_auto(GStrv) path = g_strsplit(parts[0] ? parts[0] : "", "?", 2);
	g_autofree char *name = path[0] ? g_path_get_basename(path[0]) : NULL;

	if (name && g_str_has_suffix(name, ".git"))
		name[strlen(name) - strlen(".git")] = 0;
	if (!name || g_str_has_suffix(name, ".src.rpm") || !name_is_valid(NAME_COMPONENT, name))
		return NULL;
	return g_steal_pointer(&name);
}

/* What cannot be read is listed without a key: somebody has to look at it. */
static void take(struct json_object *info, void *data)
{
	g_autofree char *component = component_of(request_text(info, 0));
	struct survey_task task = { .key = (char *)(uintptr_t)koji_task_key(info),
				    .state = TASK_NONE,
				    .component = component,
				    .place = (char *)(uintptr_t)request_text(info, 1) };
	int64_t id;

	if (!koji_number(info, "id", &id) || id <= 0 || id > KOJI_ID_MAX)
		return;
	task.task_id = (uint64_t)id;
	koji_task_state(info, task.task_id, &task.state, NULL);
	survey_add(data, &task);
}

/* A tag that is not there holds nothing. */
static bool take_tag(struct koji_builder *koji, const struct build *build, struct survey *survey,
		     GError **error)
{
	g_autofree char *tag = koji_build_tag(build);
	GHashTable *nvrs = survey_tagged(survey, build->uuid);
	struct koji_tagged tagged = { 0 };
	struct outcome problem = { 0 };
	GHashTableIter iterator;
	gpointer nvr;
	bool is_good = koji_tagged_read(koji, tag, &problem, &tagged);

	if (is_good) {
		g_hash_table_iter_init(&iterator, tagged.entries);
		while (g_hash_table_iter_next(&iterator, &nvr, NULL))
			g_hash_table_add(nvrs, g_strdup(nvr));
	} else if (error_code(problem.error) == RIDA_ERROR_MISSING) {
		is_good = true;
	} else {
		g_propagate_error(error, g_steal_pointer(&problem.error));
	}
	koji_tagged_clear(&tagged);
	outcomes_clear(&problem, 1);
	return is_good;
}

static bool has_tag(const struct build *build)
{
	return build->tag && *build->tag;
}

bool koji_survey(struct builder *builder, const struct survey_wants *wants, struct survey *ret,
		 GError **error)
{
	struct koji_builder *koji = koji_of(builder);
	g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
	const int64_t since = MAX(wants->since / G_USEC_PER_SEC - SLACK, 0);
	struct outcome problem = { 0 };

	if (!koji_list_builds(koji, since, take, ret, &problem)) {
		g_propagate_error(error, g_steal_pointer(&problem.error));
		return false;
	}
	for (guint i = 0; i < wants->builds->len; i++)
		if (has_tag(wants->builds->pdata[i]))
			g_ptr_array_add(tags, koji_build_tag(wants->builds->pdata[i]));
	koji_list_tags(koji, (const char *const *)tags->pdata, tags->len);
	for (guint i = 0; i < wants->builds->len; i++)
		if (has_tag(wants->builds->pdata[i]) &&
		    !take_tag(koji, wants->builds->pdata[i], ret, error))
			return false;
	return true;
}
