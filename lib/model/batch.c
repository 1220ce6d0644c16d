/* SPDX-License-Identifier: MIT */
#include "model/batch.h"

#include <string.h>

#define BATCH_FIRST_OWN 2

static const struct component *component_at(const GPtrArray *components, guint i)
{
	return g_ptr_array_index(components, i);
}

static gint by_build_order(gconstpointer a, gconstpointer b)
{
	const struct component *one = *(struct component *const *)a;
	const struct component *other = *(struct component *const *)b;

	if (one->build_time_only != other->build_time_only)
		return one->build_time_only ? -1 : 1;
	if (one->build_order != other->build_order)
		return one->build_order < other->build_order ? -1 : 1;
	return strcmp(one->name, other->name);
}

static gint by_weight(gconstpointer a, gconstpointer b)
{
	const struct component *one = *(struct component *const *)a;
	const struct component *other = *(struct component *const *)b;

	if (one->weight > other->weight)
		return -1;
	if (one->weight < other->weight)
		return 1;
	return strcmp(one->name, other->name);
}

void batch_assign(GPtrArray *components)
{
	const struct component *previous = NULL;
	uint32_t batch = BATCH_FIRST_OWN;

	g_ptr_array_sort(components, by_build_order);
	for (guint i = 0; i < components->len; i++) {
		struct component *component = g_ptr_array_index(components, i);

		if (component->build_time_only) {
			component->batch = 1;
			continue;
		}
		if (previous && previous->build_order != component->build_order)
			batch++;
		component->batch = batch;
		previous = component;
	}
}

static bool is_complete(const struct component *component)
{
	return component->state == COMPONENT_COMPLETE;
}

/* The lowest batch with a component that is not complete; 0: all are. */
static uint32_t first_incomplete(const GPtrArray *components)
{
	uint32_t lowest = 0;

	for (guint i = 0; i < components->len; i++) {
		const struct component *component = component_at(components, i);

		if (!is_complete(component) && (!lowest || component->batch < lowest))
			lowest = component->batch;
	}
	return lowest;
}

/* The highest batch below the limit; 0: none. */
static uint32_t highest_below(const GPtrArray *components, uint32_t limit)
{
	uint32_t highest = 0;

	for (guint i = 0; i < components->len; i++) {
		const uint32_t batch = component_at(components, i)->batch;

		if (batch < limit && batch > highest)
			highest = batch;
	}
	return highest;
}

static bool has_untagged(const GPtrArray *components, uint32_t up_to)
{
	for (guint i = 0; i < components->len; i++) {
		const struct component *component = component_at(components, i);

		if (component->batch <= up_to && is_complete(component) && !component->tagged)
			return true;
	}
	return false;
}

struct batch_view batch_view(const struct build *build)
{
	const GPtrArray *components = build->components;
	const uint32_t incomplete = first_incomplete(components);
	struct batch_view view = { 0 };
	bool has_unsuccessful = false;
	bool has_unbuilt = false;

	view.usable = highest_below(components, incomplete ? incomplete : UINT32_MAX);
	view.has_untagged = has_untagged(components, view.usable);
	view.current = incomplete;
	if (!incomplete && view.has_untagged)
		view.current = view.usable;
	for (guint i = 0; i < components->len; i++) {
		const struct component *component = component_at(components, i);

		view.is_running |= component->state == COMPONENT_BUILDING;
		if (component->batch != incomplete)
			continue;
		has_unsuccessful |= component_is_unsuccessful(component);
		has_unbuilt |= component_is_unbuilt(component);
		view.has_waiting |= component->state == COMPONENT_WAITING;
	}
	view.has_waiting = view.has_waiting && !view.has_untagged;
	view.has_failed = has_unsuccessful && !has_unbuilt;
	view.needs_repo = incomplete ? view.usable : 0;
	return view;
}

GPtrArray *batch_choose(const struct build *build, size_t limit)
{
	const struct batch_view view = batch_view(build);
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();

	for (guint i = 0; view.has_waiting && i < build->components->len; i++) {
		struct component *component = g_ptr_array_index(build->components, i);

		if (component->batch == view.current && component->state == COMPONENT_WAITING)
			g_ptr_array_add(chosen, component);
	}
	g_ptr_array_sort(chosen, by_weight);
	if (chosen->len > limit)
		g_ptr_array_set_size(chosen, (gint)limit);
	return g_steal_pointer(&chosen);
}

char *batch_failed_names(const struct build *build)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = component_at(build->components, i);

		if (component_is_unsuccessful(component))
			g_string_append_printf(names, "%s%s", names->len ? ", " : "",
					       component->name);
	}
	return g_string_free(names, FALSE);
}

void batch_abandon(struct build *build, const char *reason)
{
	for (guint i = 0; i < build->components->len; i++) {
		struct component *component = g_ptr_array_index(build->components, i);

		if (component->state != COMPONENT_WAITING)
			continue;
		component->state = COMPONENT_FAILED;
		text_set(&component->state_reason, reason);
		component->is_changed = true;
	}
}

/* Forgets what became of the component's last attempt; the attempt itself stays as evidence. */
static void component_reset(struct component *component)
{
	component->state = COMPONENT_WAITING;
	component->task_id = 0;
	component->task_state = TASK_NONE;
	component->tagged = false;
	text_set(&component->state_reason, "");
	text_set(&component->nvr, NULL);
	component->is_changed = true;
}

void batch_resume(struct build *build)
{
	build->epoch++;
	build->repo_batch = 0;
	build->repo_task_id = 0;
	build->is_prepared = false;
	build->is_finished = false;
	build->is_cleaned = false;
	build->is_gate_open = false;
	build->completed_at = 0;
	for (guint i = 0; i < build->components->len; i++) {
		struct component *component = g_ptr_array_index(build->components, i);

		if (build->is_discarded || !is_complete(component)) {
			component_reset(component);
		} else if (component->tagged) {
			component->tagged = false;
			component->is_changed = true;
		}
	}
	build->is_discarded = false;
	build->batch = batch_view(build).usable;
}
