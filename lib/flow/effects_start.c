/* SPDX-License-Identifier: MIT */
#include "flow/effects.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "flow/observe.h"
#include "flow/record.h"
#include "flow/requires.h"
#include "flow/work_notes.h"
#include "model/batch.h"
#include "model/names.h"

/* So many builds take slots in one transaction, which holds up other passes that want some. */
#define TAKERS 128u

/* The tasks that one call is about, and whose they are. */
struct calls {
	GArray *submissions;   /* struct submission */
	GPtrArray *works;      /* of each */
	GPtrArray *components; /* of each */
};

static struct calls calls_new(void)
{
	return (struct calls){ g_array_new(FALSE, TRUE, sizeof(struct submission)),
			       g_ptr_array_new(), g_ptr_array_new() };
}

static void calls_clear(struct calls *calls)
{
	g_array_unref(calls->submissions);
	g_ptr_array_unref(calls->works);
	g_ptr_array_unref(calls->components);
}

static const struct submission *calls_array(const struct calls *calls)
{
	return (const struct submission *)(const void *)calls->submissions->data;
}

/* Whether the build system may know a task of this intent although no row does: the database has
 * lost changes since the build is there, and it was not looked for since. */
static bool is_doubtful(const struct pass *pass, const struct work *work,
			const struct effect *intent)
{
	return work->build->id <= pass->doubt_id && (!intent || !intent->tries);
}

static void calls_add(struct calls *calls, const struct pass *pass, struct work *work,
		      struct component *component)
{
	const struct attempt *attempt = work_attempt(work, component);
	const struct effect *intent = g_hash_table_lookup(work->intents, attempt->idem_key);
	struct submission submission = {
		.build = work->build,
		.component = component,
		.modulemd = work->modulemd,
		.requires = work->requires,
		.idem_key = attempt->idem_key,
		.attempt_id = attempt->id,
		.session_id = intent ? intent->session_id : 0,
		.sent_at = intent ? intent->intended_at : attempt->started_at,
		.now = pass_now(pass),
	};

	/* The session that it was made in is lost, too: only time ends it. */
	if (is_doubtful(pass, work, intent)) {
		submission.session_id = 0;
		submission.sent_at = pass->doubt_at;
		submission.since = work->build->submitted_at;
	}
	g_array_append_val(calls->submissions, submission);
	g_ptr_array_add(calls->works, work);
	g_ptr_array_add(calls->components, component);
}

/* A task that exists: its number is recorded and the intent ends. The attempt gets it when it ends.
 */
static void task_begin(struct work *work, struct component *component,
		       const struct outcome *outcome)
{
	const struct attempt *attempt = work_attempt(work, component);
	const struct effect_end end = { .idem_key = attempt->idem_key,
					.state = EFFECT_DONE,
					.external_id = outcome->task_id };

	component->task_id = outcome->task_id;
	component->is_changed = true;
	work->is_changed = true;
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

	if (!outcome->error && !outcome->task_id)
		fail(&outcome->error, RIDA_ERROR_INTERNAL,
		     "the builder has started %s, it says, but has no task for it",
		     component->name);
	else if (!outcome->error)
		task_begin(work, component, outcome);
	else if (error_is_final(outcome->error))
		task_end(work, component, &refused);
}

/* Submits, and records each build once: its tasks first, then the first error that is worth another
 * try. */
static void calls_submit(struct pass *pass, struct builder *builder, GPtrArray *works,
			 const struct calls *calls)
{
	const guint count = calls->submissions->len;
	g_autofree struct outcome *outcomes = g_new0(struct outcome, count ? count : 1);

	if (!count)
		return;
	builder->ops->submit_many(builder, calls_array(calls), count, outcomes);
	pass_renew(pass);
	for (guint i = 0; i < count; i++)
		submission_learn(g_ptr_array_index(calls->works, i),
				 g_ptr_array_index(calls->components, i), &outcomes[i]);
	record_works(pass, works);
	for (guint i = 0; i < count; i++)
		if (outcomes[i].error && !error_is_final(outcomes[i].error))
			work_outcome_failed(g_ptr_array_index(calls->works, i), &outcomes[i]);
	pass->report->performed += count;
	outcomes_clear(outcomes, count);
}

/* A task that takes a slot. */
struct taken {
	struct work *work;
	struct component *component;
};

/* The transaction that takes slots: it may run again, so it begins by putting everything back. */
struct taking {
	struct pass *pass;
	uint64_t session_id;
	struct work *const *works;
	struct build_memory **memories; /* of each work */
	guint count;
	GArray *taken;       /* struct taken */
	GPtrArray *attempts; /* struct attempt: new, of each */
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

static void taking_attempt(struct taking *taking, struct work *work, struct component *component)
{
	const struct build *build = work->build;
	const struct taken taken = { work, component };
	struct attempt *attempt = g_new0(struct attempt, 1);

	g_array_append_val(taking->taken, taken);
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

/* What the build may start of so many slots; how many it takes. */
static size_t taking_choose(struct taking *taking, struct work *work, size_t slots)
{
	g_autoptr(GPtrArray) chosen = batch_choose(work->build, slots);

	if (chosen->len)
		work->build->batch = batch_view(work->build).current;
	for (guint i = 0; i < chosen->len; i++)
		taking_attempt(taking, work, g_ptr_array_index(chosen, i));
	return chosen->len;
}

static bool taking_intend(struct db *db, const struct taking *taking, GError **error)
{
	g_autofree struct effect *effects = g_new0(struct effect, taking->attempts->len);

	for (guint i = 0; i < taking->attempts->len; i++) {
		const struct attempt *attempt = g_ptr_array_index(taking->attempts, i);
		const struct taken *taken = &g_array_index(taking->taken, struct taken, i);

		effects[i] = (struct effect){ .build_id = attempt->build_id,
					      .component_id = attempt->component_id,
					      .kind = EFFECT_SUBMIT,
					      .number = attempt->attempt,
					      .idem_key = attempt->idem_key,
					      .token = taken->work->claim.token,
					      .session_id = taking->session_id };
	}
	return effect_store_intend(db, effects, taking->attempts->len, error);
}

/* The oldest build first: the works are in that order. */
static bool take_slots(struct db *db, void *data, GError **error)
{
	struct taking *taking = data;
	g_autofree struct build_save *saves = g_new0(struct build_save, taking->count);
	size_t slots;
	size_t count = 0;

	for (guint i = 0; i < taking->count; i++)
		build_memory_restore(taking->memories[i], taking->works[i]->build);
	g_array_set_size(taking->taken, 0);
	g_ptr_array_set_size(taking->attempts, 0);
	if (!taking_free_slots(db, taking->pass, &slots, error))
		return false;
	for (guint i = 0; i < taking->count && slots; i++) {
		struct work *work = taking->works[i];
		const size_t wanted = taking_choose(taking, work, slots);

		slots -= wanted;
		if (wanted)
			saves[count++] = (struct build_save){
				work->build, { taking->pass->wants->holder, work->claim.token }
			};
	}
	return !count ||
	       (attempt_store_insert_many(db, taking->attempts, error) &&
		taking_intend(db, taking, error) && build_store_save(db, saves, count, error) &&
		fault_point(FAULT_IN_SLOTS, error));
}

/* What was taken is added to the calls. */
static void taking_end(struct taking *taking, struct calls *calls)
{
	g_ptr_array_set_free_func(taking->attempts, NULL);
	for (guint i = 0; i < taking->attempts->len; i++) {
		const struct taken *taken = &g_array_index(taking->taken, struct taken, i);

		taken->work->has_moved = true;
		taken->work->is_active = true;
		g_ptr_array_add(taken->work->attempts, g_ptr_array_index(taking->attempts, i));
		calls_add(calls, taking->pass, taken->work, taken->component);
	}
}

/*
 * Takes slots for what these builds may start now. When that fails, each build tries alone: what is
 * wrong with one of them must not touch the others.
 */
static void start_some(struct pass *pass, struct work *const *works, guint count,
		       uint64_t session_id, struct calls *calls)
{
	g_autoptr(GPtrArray) memories =
		g_ptr_array_new_with_free_func((GDestroyNotify)build_memory_free);
	g_autoptr(GPtrArray) attempts =
		g_ptr_array_new_with_free_func((GDestroyNotify)attempt_free);
	g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(struct taken));
	struct taking taking = { pass, session_id, works, NULL, count, taken, attempts };
	GError *problem = NULL;

	for (guint i = 0; i < count; i++)
		g_ptr_array_add(memories, build_memory_new(works[i]->build));
	taking.memories = (struct build_memory **)memories->pdata;
	if (db_transact(pass->db, take_slots, &taking, &problem) &&
	    fault_point(FAULT_AFTER_SLOTS, &problem)) {
		taking_end(&taking, calls);
	} else if (count == 1) {
		work_tear(works[0], problem);
	} else {
		log_warning("builds-start-alone", log_u64("builds", count),
			    log_error_text(problem));
		g_error_free(problem);
		for (guint i = 0; i < count; i++) {
			build_memory_restore(taking.memories[i], works[i]->build);
			start_some(pass, &works[i], 1, session_id, calls);
		}
	}
}

/* The builder's session, to be noted with the intents; false: the builds have the error. */
static bool open_session(struct builder *builder, const GPtrArray *works, uint64_t *ret)
{
	struct outcome outcome = { 0 };

	builder->ops->session(builder, &outcome);
	*ret = outcome.session_id;
	for (guint i = 0; outcome.error && i < works->len; i++) {
		struct outcome own = { .error = g_error_copy(outcome.error),
				       .is_outage = outcome.is_outage };

		work_outcome_failed(g_ptr_array_index(works, i), &own);
	}
	if (!outcome.error)
		return true;
	outcomes_clear(&outcome, 1);
	return false;
}

/* The submissions of these builds that have no task; a component without its attempt is our error.
 */
static void calls_add_orphans(struct pass *pass, GPtrArray *works, struct calls *calls)
{
	works_need_modulemd(pass, works);
	works_need_requires(pass, works);
	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		for (guint j = 0; j < work->build->components->len; j++) {
			struct component *component = g_ptr_array_index(work->build->components, j);

			if (component->state != COMPONENT_BUILDING || component->task_id)
				continue;
			if (work_attempt(work, component))
				calls_add(calls, pass, work, component);
			else
				work_fail(work, g_error_new(RIDA_ERROR, RIDA_ERROR_INTERNAL,
							    "component %s is building but has no "
							    "open attempt",
							    component->name));
		}
	}
}

struct repeating {
	GArray *effects; /* struct effect */
	GArray *claims;  /* struct claim: of their builds, each once */
};

static bool intend_repeats(struct db *db, void *data, GError **error)
{
	const struct repeating *repeating = data;

	return claim_store_prove(db, (const struct claim *)(const void *)repeating->claims->data,
				 repeating->claims->len, error) &&
	       effect_store_intend(db,
				   (const struct effect *)(const void *)repeating->effects->data,
				   repeating->effects->len, error) &&
	       fault_point(FAULT_IN_REPEAT, error);
}

/* What is sent again has the same key, and the session that it is sent in now. */
static bool repeats_intend(struct pass *pass, struct builder *builder, const GPtrArray *works,
			   const struct calls *repeats)
{
	g_autoptr(GArray) effects = g_array_new(FALSE, TRUE, sizeof(struct effect));
	g_autoptr(GArray) claims = g_array_new(FALSE, FALSE, sizeof(struct claim));
	struct repeating repeating = { effects, claims };
	g_autoptr(GError) problem = NULL;
	uint64_t session_id;

	if (!repeats->submissions->len)
		return true;
	if (!open_session(builder, works, &session_id))
		return false;
	for (guint i = 0; i < repeats->submissions->len; i++) {
		const struct work *work = g_ptr_array_index(repeats->works, i);
		const struct component *component = g_ptr_array_index(repeats->components, i);
		const struct attempt *attempt = work_attempt(work, component);
		const struct effect effect = { .build_id = work->build->id,
					       .component_id = component->id,
					       .kind = EFFECT_SUBMIT,
					       .number = attempt->attempt,
					       .idem_key = attempt->idem_key,
					       .token = work->claim.token,
					       .session_id = session_id };

		g_array_append_val(effects, effect);
	}
	for (guint i = 0; i < works->len; i++)
		g_array_append_val(claims, ((const struct work *)works->pdata[i])->claim);
	if (db_transact(pass->db, intend_repeats, &repeating, &problem) &&
	    fault_point(FAULT_AFTER_REPEAT, &problem)) {
		pass_renew(pass);
		return !pass->is_lost;
	}
	for (guint i = 0; i < works->len; i++)
		work_fail(g_ptr_array_index(works, i), g_error_copy(problem));
	return false;
}

/* Looks for what may have been submitted: what is there is adopted, the rest is sent again. */
static void calls_recover(struct pass *pass, struct builder *builder, GPtrArray *works,
			  const struct calls *calls)
{
	const guint count = calls->submissions->len;
	g_autofree struct outcome *outcomes = g_new0(struct outcome, count + 1);
	struct calls repeats = calls_new();

	if (count)
		builder->ops->recover_many(builder, calls_array(calls), count, outcomes);
	for (guint i = 0; i < count; i++) {
		struct work *work = g_ptr_array_index(calls->works, i);

		if (outcomes[i].error)
			work_outcome_failed(work, &outcomes[i]);
		else if (outcomes[i].is_lost)
			observe_lost(work, g_ptr_array_index(calls->components, i));
		else if (outcomes[i].is_known)
			task_begin(work, g_ptr_array_index(calls->components, i), &outcomes[i]);
		else
			calls_add(&repeats, pass, work, g_ptr_array_index(calls->components, i));
	}
	record_works(pass, works);
	log_info("submissions-recovered", log_u64("looked", count),
		 log_u64("repeated", repeats.submissions->len));
	outcomes_clear(outcomes, count);
	if (repeats_intend(pass, builder, works, &repeats))
		calls_submit(pass, builder, works, &repeats);
	calls_clear(&repeats);
}

/* The calls of builds whose tasks may be more than their rows know, and the rest. */
static void calls_part(const struct pass *pass, const struct calls *calls, struct calls *doubtful,
		       struct calls *sure)
{
	for (guint i = 0; i < calls->submissions->len; i++) {
		struct work *work = g_ptr_array_index(calls->works, i);

		calls_add(work->build->id <= pass->doubt_id ? doubtful : sure, pass, work,
			  g_ptr_array_index(calls->components, i));
	}
}

/* After the database has lost changes, tasks of its older builds are looked for first. */
static void calls_begin(struct pass *pass, struct builder *builder, GPtrArray *works,
			const struct calls *calls)
{
	struct calls doubtful = calls_new();
	struct calls sure = calls_new();

	calls_part(pass, calls, &doubtful, &sure);
	calls_submit(pass, builder, works, &sure);
	if (doubtful.submissions->len)
		calls_recover(pass, builder, works, &doubtful);
	calls_clear(&sure);
	calls_clear(&doubtful);
}

void perform_start(struct pass *pass, struct builder *builder, GPtrArray *works)
{
	struct calls calls = calls_new();
	uint64_t session_id;

	works_need_modulemd(pass, works);
	works_need_requires(pass, works);
	if (!open_session(builder, works, &session_id))
		g_ptr_array_set_size(works, 0);
	for (guint i = 0; i < works->len && !pass_is_over(pass); i += TAKERS)
		start_some(pass, (struct work **)works->pdata + i, MIN(TAKERS, works->len - i),
			   session_id, &calls);
	pass_renew(pass);
	if (!pass->is_lost)
		calls_begin(pass, builder, works, &calls);
	calls_clear(&calls);
}

void perform_recover(struct pass *pass, struct builder *builder, GPtrArray *works)
{
	struct calls calls = calls_new();

	calls_add_orphans(pass, works, &calls);
	calls_recover(pass, builder, works, &calls);
	calls_clear(&calls);
}
