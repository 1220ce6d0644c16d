/* SPDX-License-Identifier: MIT */
#include "flow/effects.h"

#include "base/error.h"
#include "base/log.h"
#include "flow/record.h"
#include "model/batch.h"
#include "model/names.h"

/* The tasks that one call is about, and whose they are. */
struct calls {
	GArray *submissions; /* struct submission */
	GPtrArray *works;    /* of each */
};

static struct calls calls_new(void)
{
	return (struct calls){ g_array_new(FALSE, TRUE, sizeof(struct submission)),
			       g_ptr_array_new() };
}

static void calls_clear(struct calls *calls)
{
	g_array_unref(calls->submissions);
	g_ptr_array_unref(calls->works);
}

static const struct submission *calls_array(const struct calls *calls)
{
	return (const struct submission *)(const void *)calls->submissions->data;
}

static struct component *call_component(const struct calls *calls, guint i)
{
	const struct work *work = g_ptr_array_index(calls->works, i);

	return build_component(work->build, calls_array(calls)[i].component->name);
}

static void calls_add(struct calls *calls, struct work *work, const struct component *component)
{
	const struct attempt *attempt = work_attempt(work, component);
	const struct submission submission = { .build = work->build,
					       .component = component,
					       .modulemd = work->modulemd,
					       .idem_key = attempt->idem_key,
					       .attempt_id = attempt->id };

	g_array_append_val(calls->submissions, submission);
	g_ptr_array_add(calls->works, work);
}

/* A task that exists: its number is recorded and the intent ends. */
static void task_begin(struct work *work, struct component *component,
		       const struct outcome *outcome)
{
	struct attempt *attempt = work_attempt(work, component);
	const struct effect_end end = { .idem_key = attempt->idem_key,
					.state = EFFECT_DONE,
					.external_id = outcome->task_id };

	component->task_id = outcome->task_id;
	component->is_changed = true;
	work->is_changed = true;
	attempt->task_id = outcome->task_id;
	g_ptr_array_add(work->saved_attempts, attempt);
	work_end_effect(work, &end);
	task_learn(work, component, outcome);
}

/* What a submission came to. A doubtful one stays an intent: it is looked for before it is
 * repeated. */
static void submission_learn(struct work *work, struct component *component,
			     struct outcome *outcome)
{
	const struct task_end refused = {
		.component_state = COMPONENT_FAILED,
		.attempt_state = COMPONENT_FAILED,
		.task_state = TASK_NONE,
		.reason = outcome->error ? outcome->error->message : NULL,
		.effect_state = EFFECT_ABANDONED,
	};

	if (!outcome->error)
		task_begin(work, component, outcome);
	else if (error_is_final(outcome->error))
		task_end(work, component, &refused);
}

/* Submits, and records each build once: its tasks first, then the first error that is worth another
 * try. */
static void calls_submit(struct pass *pass, struct builder *builder, const struct calls *calls)
{
	const guint count = calls->submissions->len;
	g_autofree struct outcome *outcomes = g_new0(struct outcome, count ? count : 1);

	if (!count)
		return;
	builder->ops->submit_many(builder, calls_array(calls), count, outcomes);
	pass_renew(pass);
	for (guint i = 0; i < count; i++)
		submission_learn(g_ptr_array_index(calls->works, i), call_component(calls, i),
				 &outcomes[i]);
	for (guint i = 0; i < count; i++) {
		struct work *work = g_ptr_array_index(calls->works, i);

		record_work(pass, work, NULL);
		if (outcomes[i].error && !error_is_final(outcomes[i].error))
			work_fail(work, g_steal_pointer(&outcomes[i].error));
	}
	pass->report->performed += count;
	outcomes_clear(outcomes, count);
}

/* The transaction that takes slots: it may run again, so it begins by putting everything back. */
struct taking {
	struct pass *pass;
	struct work *work;
	const struct build_memory *memory;
	GPtrArray *attempts; /* struct attempt: new */
	GPtrArray *chosen;   /* their components, in the same order */
};

static bool taking_free_slots(struct db *db, const struct pass *pass, size_t *ret, GError **error)
{
	const uint64_t limit = pass->config->num_concurrent_builds;
	uint64_t building;

	*ret = G_MAXINT;
	if (!limit)
		return true;
	if (!build_store_lock_limits(db, error) ||
	    !build_store_count_building(db, &building, error))
		return false;
	*ret = building < limit ? limit - building : 0;
	return true;
}

static void taking_attempt(struct taking *taking, struct component *component)
{
	const struct build *build = taking->work->build;
	struct attempt *attempt = g_new0(struct attempt, 1);

	g_ptr_array_add(taking->attempts, attempt);
	component->state = COMPONENT_BUILDING;
	component->attempt++;
	component->is_changed = true;
	attempt->build_id = build->id;
	attempt->component_id = component->id;
	attempt->attempt = component->attempt;
	attempt->epoch = build->epoch;
	attempt->state = COMPONENT_BUILDING;
	attempt->state_reason = g_strdup("");
	attempt->idem_key =
		idempotency_key(build->uuid, component->name, "submit", component->attempt);
}

static bool taking_intend(struct db *db, const struct taking *taking, GError **error)
{
	g_autofree struct effect *effects = g_new0(struct effect, taking->attempts->len);

	for (guint i = 0; i < taking->attempts->len; i++) {
		const struct attempt *attempt = g_ptr_array_index(taking->attempts, i);

		effects[i] = (struct effect){ .build_id = attempt->build_id,
					      .component_id = attempt->component_id,
					      .kind = EFFECT_SUBMIT,
					      .number = attempt->attempt,
					      .idem_key = attempt->idem_key,
					      .token = taking->work->claim.token };
	}
	return effect_store_intend(db, effects, taking->attempts->len, error);
}

static bool take_slots(struct db *db, void *data, GError **error)
{
	struct taking *taking = data;
	struct build *build = taking->work->build;
	const struct fence fence = { taking->pass->wants->holder, taking->work->claim.token };
	g_autoptr(GPtrArray) chosen = NULL;
	size_t slots;

	build_memory_restore(taking->memory, build);
	g_ptr_array_set_size(taking->attempts, 0);
	g_ptr_array_set_size(taking->chosen, 0);
	if (!taking_free_slots(db, taking->pass, &slots, error))
		return false;
	chosen = batch_choose(build, slots);
	if (!chosen->len)
		return true;
	g_ptr_array_extend(taking->chosen, chosen, NULL, NULL);
	build->batch = batch_view(build).current;
	for (guint i = 0; i < chosen->len; i++)
		taking_attempt(taking, g_ptr_array_index(chosen, i));
	return attempt_store_insert_many(db, taking->attempts, error) &&
	       taking_intend(db, taking, error) && build_store_save(db, build, &fence, error);
}

/* Takes slots for what the build may start now; what it got is added to the calls. */
static void start_one(struct pass *pass, struct work *work, struct calls *calls)
{
	g_autoptr(BuildMemory) memory = build_memory_new(work->build);
	g_autoptr(GPtrArray) attempts =
		g_ptr_array_new_with_free_func((GDestroyNotify)attempt_free);
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();
	struct taking taking = { pass, work, memory, attempts, chosen };
	GError *problem = NULL;

	if (!work_modulemd(pass, work))
		return;
	if (!db_transact(pass->db, take_slots, &taking, &problem)) {
		work_tear(work, problem);
		return;
	}
	if (!attempts->len)
		return;
	work->has_moved = true;
	work->is_active = true;
	g_ptr_array_set_free_func(attempts, NULL);
	for (guint i = 0; i < attempts->len; i++) {
		g_ptr_array_add(work->attempts, g_ptr_array_index(attempts, i));
		calls_add(calls, work, g_ptr_array_index(chosen, i));
	}
}

void perform_start(struct pass *pass, struct builder *builder, GPtrArray *works)
{
	struct calls calls = calls_new();

	for (guint i = 0; i < works->len && !pass_is_over(pass); i++)
		start_one(pass, g_ptr_array_index(works, i), &calls);
	pass_renew(pass);
	if (!pass->is_lost)
		calls_submit(pass, builder, &calls);
	calls_clear(&calls);
}

/* The submissions of these builds that have no task; a component without its attempt is our error.
 */
static void calls_add_orphans(struct pass *pass, GPtrArray *works, struct calls *calls)
{
	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		if (!work_modulemd(pass, work))
			continue;
		for (guint j = 0; j < work->build->components->len; j++) {
			const struct component *component =
				g_ptr_array_index(work->build->components, j);

			if (component->state != COMPONENT_BUILDING || component->task_id)
				continue;
			if (work_attempt(work, component))
				calls_add(calls, work, component);
			else
				work_fail(work, g_error_new(RIDA_ERROR, RIDA_ERROR_INTERNAL,
							    "component %s is building but has no "
							    "open attempt",
							    component->name));
		}
	}
}

void perform_recover(struct pass *pass, struct builder *builder, GPtrArray *works)
{
	struct calls calls = calls_new();
	struct calls repeats = calls_new();
	g_autofree struct outcome *outcomes = NULL;

	calls_add_orphans(pass, works, &calls);
	outcomes = g_new0(struct outcome, calls.submissions->len + 1);
	if (calls.submissions->len)
		builder->ops->recover_many(builder, calls_array(&calls), calls.submissions->len,
					   outcomes);
	for (guint i = 0; i < calls.submissions->len; i++) {
		struct work *work = g_ptr_array_index(calls.works, i);

		if (outcomes[i].error)
			work_fail(work, g_steal_pointer(&outcomes[i].error));
		else if (outcomes[i].is_known)
			task_begin(work, call_component(&calls, i), &outcomes[i]);
		else
			calls_add(&repeats, work, calls_array(&calls)[i].component);
	}
	for (guint i = 0; i < calls.works->len; i++)
		record_work(pass, g_ptr_array_index(calls.works, i), NULL);
	log_info("submissions-recovered", log_u64("looked", calls.submissions->len),
		 log_u64("repeated", repeats.submissions->len));
	outcomes_clear(outcomes, calls.submissions->len);
	calls_submit(pass, builder, &repeats);
	calls_clear(&repeats);
	calls_clear(&calls);
}
