/* SPDX-License-Identifier: MIT */
#include "flow/work_notes.h"

void work_intend(struct work *work, const struct effect *effect)
{
	struct effect *copy = g_new(struct effect, 1);

	*copy = *effect;
	copy->idem_key = g_strdup(effect->idem_key);
	copy->problem = g_strdup(effect->problem);
	copy->reservation = g_strdup(effect->reservation);
	g_hash_table_replace(work->intents, copy->idem_key, copy);
}

void work_end_effect(struct work *work, const struct effect_end *end)
{
	struct effect_end *copy = g_new(struct effect_end, 1);
	struct effect *intent;

	*copy = *end;
	copy->idem_key = g_strdup(end->idem_key);
	copy->problem = g_strdup(end->problem);
	copy->reservation = g_strdup(end->reservation);
	g_ptr_array_add(work->ended_effects, copy);
	intent = g_hash_table_lookup(work->intents, end->idem_key);
	if (end->state != EFFECT_INTENDED)
		g_hash_table_remove(work->intents, end->idem_key);
	else if (intent && end->reservation)
		text_set(&intent->reservation, end->reservation);
}

void work_abandon_intents(struct work *work)
{
	g_autoptr(GList) keys = g_hash_table_get_keys(work->intents);

	for (GList *key = keys; key; key = key->next) {
		const struct effect_end end = { .idem_key = key->data, .state = EFFECT_ABANDONED };
		const struct effect *intent = g_hash_table_lookup(work->intents, key->data);

		if (intent->kind != EFFECT_SUBMIT)
			work_end_effect(work, &end);
	}
}

static bool is_alive(const struct build *build)
{
	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		if (component->state == COMPONENT_BUILDING)
			return true;
	}
	return false;
}

void work_settle_cancels(struct work *work)
{
	g_autoptr(GList) keys = g_hash_table_get_keys(work->intents);

	for (GList *key = keys; key && !is_alive(work->build); key = key->next) {
		const struct effect_end end = { .idem_key = key->data, .state = EFFECT_DONE };
		const struct effect *intent = g_hash_table_lookup(work->intents, key->data);

		if (intent->kind == EFFECT_CANCEL)
			work_end_effect(work, &end);
	}
}

void work_end_request(struct work *work, uint64_t id, const char *outcome)
{
	struct request_end *end = g_new(struct request_end, 1);

	end->id = id;
	end->outcome = g_strdup(outcome);
	g_ptr_array_add(work->ended_requests, end);
}
