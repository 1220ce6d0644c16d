/* SPDX-License-Identifier: MIT */
#include "model/build.h"

#include <inttypes.h>
#include <string.h>

#include "text/json.h"

void text_set(char **place, const char *value)
{
	char *copy = g_strdup(value); /* value may be a part of the old text */

	g_free(*place);
	*place = copy;
}

struct build *build_new(void)
{
	return g_new0(struct build, 1);
}

void build_clear(struct build *build)
{
	g_free(build->uuid);
	g_free(build->name);
	g_free(build->stream);
	g_free(build->context);
	g_free(build->state_reason);
	g_free(build->owner);
	g_free(build->scmurl);
	g_free(build->commit);
	g_free(build->branch);
	g_free(build->builder);
	g_free(build->dist);
	g_free(build->tag);
	g_free(build->target);
	g_clear_pointer(&build->components, g_ptr_array_unref);
	*build = (struct build){ 0 };
}

void build_free(struct build *build)
{
	if (build)
		build_clear(build);
	g_free(build);
}

struct component *component_new(const char *name)
{
	struct component *component = g_new0(struct component, 1);

	component->name = g_strdup(name);
	component->state = COMPONENT_WAITING;
	component->task_state = TASK_NONE;
	return component;
}

void component_free(struct component *component)
{
	if (!component)
		return;
	g_free(component->name);
	g_free(component->repository);
	g_free(component->ref);
	g_free(component->commit);
	g_free(component->arches);
	g_free(component->state_reason);
	g_free(component->nvr);
	g_free(component);
}

struct component *build_component(const struct build *build, const char *name)
{
	for (guint i = 0; build->components && i < build->components->len; i++) {
		struct component *component = build->components->pdata[i];

		if (strcmp(component->name, name) == 0)
			return component;
	}
	return NULL;
}

char *build_nsvc(const struct build *build)
{
	return g_strdup_printf("%s:%s:%" PRIu64 ":%s", build->name, build->stream, build->version,
			       build->context);
}

char *build_directory_name(const struct build *build)
{
	return g_strdup_printf("%s-%s-%" PRIu64 "-%s", build->name, build->stream, build->version,
			       build->context);
}

bool component_is_unsuccessful(const struct component *component)
{
	return component->state == COMPONENT_FAILED || component->state == COMPONENT_CANCELED;
}

bool component_is_unbuilt(const struct component *component)
{
	return component->state == COMPONENT_WAITING || component->state == COMPONENT_BUILDING;
}

char *build_tasks_json(const struct build *build)
{
	g_autoptr(GString) key = g_string_new(NULL);
	GString *text = g_string_new("{");

	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = build->components->pdata[i];

		g_string_printf(key, "rpms/%s", component->nvr ? component->nvr : component->name);
		g_string_append(text, i ? ", " : "");
		append_json_text(text, key->str);
		g_string_append_printf(text, ": \"%" PRIu64 "/%s\"", component->task_id,
				       task_state_name(component->task_state));
	}
	g_string_append_c(text, '}');
	return g_string_free(text, FALSE);
}
