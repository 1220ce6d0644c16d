/* SPDX-License-Identifier: MIT */
#include "flow/rounds.h"

#include <inttypes.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/meter.h"
#include "flow/builders.h"
#include "flow/effects.h"
#include "flow/observe.h"
#include "flow/record.h"
#include "flow/requests.h"
#include "flow/requires.h"
#include "flow/work_notes.h"
#include "model/batch.h"
#include "model/names.h"
#include "store/component_store.h"
#include "store/request_store.h"

/* A wrong clock must not fail every build at once. */
#define OVERDUE_PER_PASS 5
/* So many builds are recorded between two looks at the time. */
#define PORTION 256
#define HOUR    (INT64_C(3600) * G_USEC_PER_SEC)
#define DAY     (24 * HOUR)
#define ACTOR   "rida-scheduler"

static struct work *work_at(const struct pass *pass, guint i)
{
	return g_ptr_array_index(pass->works, i);
}

static struct surroundings surroundings_of(const struct pass *pass, const struct work *work,
					   uint64_t free_slots)
{
	return (struct surroundings){
		.cancel_requested = request_find(work, REQUEST_CANCEL) != NULL,
		.resume_requested = request_find(work, REQUEST_RESUME) != NULL,
		.retire_requested = request_find(work, REQUEST_RETIRE) != NULL,
		.requires_open = requires_are_open(work),
		.step_refused = work->refusal != NULL,
		.slot_is_free = free_slots > 0,
		.has_gate = pass->config->gate == GATE_EXTERNAL,
		.now = pass->overdue < OVERDUE_PER_PASS ? pass_now(pass) : 0,
		.stuck_age = (int64_t)pass->config->stuck_days * DAY,
		/* Logs and artifacts are removed in one step, when the first of them is too old. */
		.target_age = (int64_t)pass->config->koji_target_hours * HOUR,
		.stale_age = (int64_t)MIN(pass->config->stale_days, pass->config->log_days) * DAY,
	};
}

/* How many of the free slots the build is about to take, so that younger ones do not count on them.
 */
static uint64_t slots_wanted(const struct work *work)
{
	const struct rule *rule = work->rule;
	g_autoptr(GPtrArray) chosen = NULL;

	if (!rule)
		return 0;
	if (rule->next == BUILD_BUILD && rule_is_move(rule))
		return 1;
	if (work->build->state != BUILD_BUILD || rule_is_move(rule))
		return 0;
	if (rule->step != STEP_START)
		return 1;
	chosen = batch_choose(work->build, G_MAXINT);
	return chosen->len;
}

/* Builds that are building come first, each kind with the oldest first: pass->works is in that
 * order. */
static void decide_states(struct pass *pass, bool is_building, uint64_t *free_slots)
{
	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = work_at(pass, i);
		struct surroundings surroundings;
		struct situation situation;

		if (!work->is_in_round || work->is_torn ||
		    (work->build->state == BUILD_BUILD) != is_building)
			continue;
		surroundings = surroundings_of(pass, work, *free_slots);
		situation = situation_of(work->build, &surroundings);
		work->rule = machine_decide(&situation);
		work->wait = machine_wait(&situation);
		if (work->error && work->rule && !rule_is_move(work->rule))
			work->rule = NULL;
		*free_slots -= MIN(*free_slots, slots_wanted(work));
		if (work->rule &&
		    (work->rule->cause == CAUSE_STUCK || work->rule->cause == CAUSE_STALE))
			pass->overdue++;
	}
}

static bool free_slots_now(struct pass *pass, uint64_t *ret, GError **error)
{
	const uint64_t limit = pass->config->num_concurrent_builds;
	uint64_t building;

	*ret = UINT64_MAX;
	if (!limit)
		return true;
	if (!build_store_count_building(pass->db, &building, error))
		return false;
	*ret = building < limit ? limit - building : 0;
	return true;
}

static const char *who_asked(const struct work *work)
{
	static const struct {
		enum cause cause;
		int kind;
	} askers[] = {
		{ CAUSE_CANCELED, REQUEST_CANCEL },
		{ CAUSE_RESUMED, REQUEST_RESUME },
		{ CAUSE_RETIRED, REQUEST_RETIRE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(askers); i++) {
		const struct request *request = NULL;

		if (work->rule->cause == askers[i].cause)
			request = request_find(work, askers[i].kind);
		if (request)
			return request->caller;
	}
	return ACTOR;
}

static bool has_tags(const struct build *build)
{
	const struct builder_ops *builder = builder_find(build->builder, NULL);

	return builder && builder->has_tags;
}

/* The names that the build has from now on, whatever the configuration becomes. */
static void names_give(const struct pass *pass, struct work *work)
{
	const struct config *config = pass->config;
	const char *prefix = config->koji_tag_prefixes[0];
	struct build *build = work->build;
	const char *marking = NULL;

	if (work->requires)
		marking = requires_marking(work->requires,
					   (const char *const *)config->koji_privileged_modules);
	g_free(build->dist);
	build->dist = dist_tag(build, config->dist_prefix, marking);
	if (!has_tags(build) || !prefix)
		return;
	g_free(build->tag);
	build->tag = tag_name(build, prefix);
	g_free(build->target);
	build->target = target_name(build, prefix);
}

/* What a move means for the build and its components. */
static void move_apply(const struct pass *pass, struct work *work, const char *reason)
{
	struct build *build = work->build;
	const struct rule *rule = work->rule;

	if (rule->next == BUILD_FAILED)
		work_abandon_intents(work);
	if (rule->next == BUILD_FAILED && build->state != BUILD_INIT)
		batch_abandon(build, reason);
	if (build->state == BUILD_FAILED && rule->next != BUILD_GARBAGE)
		batch_resume(build);
	if (rule->next == BUILD_INIT) {
		build->verification = VERIFICATION_OPEN;
		g_clear_pointer(&work->requires, g_ptr_array_unref);
		g_clear_pointer(&work->modulemd, g_free);
	}
	if (rule->next == BUILD_WAIT && (!build->dist || !*build->dist))
		names_give(pass, work);
}

static enum failure_type failure_of(const struct work *work)
{
	if (work->rule->next == BUILD_GARBAGE)
		return work->build->failure_type;
	if (work->rule->cause == CAUSE_REFUSED)
		return work->refusal_type;
	return cause_failure_type(work->rule->cause);
}

/* A change of state with its words. */
struct moving {
	struct move move;
	char *reason;
	char *actor;
	char *topdir;
};

/* Where the module is from now on; a builder that cannot be opened holds up no move. */
static char *topdir_of(const struct pass *pass, const struct work *work)
{
	struct builder *builder;

	if (work->rule->next != BUILD_DONE && work->rule->next != BUILD_READY)
		return NULL;
	builder = builders_get(pass->builders, work->build->builder, NULL);
	return builder ? builder->ops->location(builder, work->build) : NULL;
}

static void moving_init(struct pass *pass, struct work *work, struct moving *moving)
{
	moving->actor = g_strdup(who_asked(work));
	moving->reason = cause_reason(work->rule->cause, work->build, moving->actor, work->refusal);
	moving->move = (struct move){
		.to = work->rule->next,
		.reason = moving->reason,
		.failure_type = failure_of(work),
		.actor = moving->actor,
		.now = pass_now(pass),
	};
	move_apply(pass, work, moving->reason);
	moving->topdir = topdir_of(pass, work);
	moving->move.topdir = moving->topdir;
	moving->move.requires = work->requires;
	requests_fulfil(work, moving->move.to);
	work->move = &moving->move;
}

static void moving_end(struct pass *pass, struct work *work, struct moving *moving)
{
	work->move = NULL;
	if (!work->is_torn) {
		g_clear_pointer(&work->refusal, g_free);
		pass->report->moved++;
		meter_add(METER_STATE_CHANGES, 0, 0, 1);
		log_info("build-moved", log_u64("build", work->build->id),
			 log_text("from", build_states[work->rule->state].name),
			 log_text("to", build_states[work->rule->next].name),
			 log_text("by", moving->actor),
			 log_text("reason", moving->reason ? moving->reason : ""));
	}
	g_free(moving->reason);
	g_free(moving->actor);
	g_free(moving->topdir);
}

static void print_plan(const struct pass *pass)
{
	for (guint i = 0; i < pass->works->len; i++) {
		const struct work *work = work_at(pass, i);
		g_autofree char *wait = wait_words(work->wait, pass->config->num_concurrent_builds);
		const char *what = wait;

		if (work->error)
			what = work->error->message;
		else if (work->rule && work->rule->step)
			what = step_name(work->rule->step);
		else if (work->rule)
			what = build_states[work->rule->next].name;
		printf("build %" PRIu64 " in %s: %s%s\n", work->build->id,
		       build_states[work->build->state].name,
		       work->rule && rule_is_move(work->rule) ? "to " : "", what);
	}
}

static bool is_to_move(const struct work *work)
{
	return work->rule && rule_is_move(work->rule) && !work->is_torn;
}

/* The messages of builds that are beyond init tell what they are built with. */
static void recall_requires(struct pass *pass, const GPtrArray *works)
{
	g_autoptr(GPtrArray) some = g_ptr_array_new();

	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		if (is_to_move(work) && work->build->state != BUILD_INIT && has_tags(work->build))
			g_ptr_array_add(some, work);
	}
	works_need_requires(pass, some);
}

/* Moves and what was learned of some builds: each in one transaction. */
static void record_some(struct pass *pass, GPtrArray *works)
{
	g_autofree struct moving *movings = g_new0(struct moving, works->len);

	recall_requires(pass, works);
	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		work->is_active = false;
		if (is_to_move(work))
			moving_init(pass, work, &movings[i]);
	}
	record_works(pass, works);
	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		if (work->move)
			moving_end(pass, work, &movings[i]);
	}
}

static void record_all(struct pass *pass)
{
	for (guint i = 0; i < pass->works->len && !pass_is_over(pass);) {
		g_autoptr(GPtrArray) some = g_ptr_array_new();

		for (; i < pass->works->len && some->len < PORTION; i++)
			if (work_at(pass, i)->is_in_round)
				g_ptr_array_add(some, work_at(pass, i));
		record_some(pass, some);
	}
}

void rounds_check_names(struct work *work)
{
	GError *problem = NULL;

	if (!work->error && !build_names_check(work->build, &problem))
		work_fail(work, problem);
}

/* Loads the rest of partial builds that have news or something to do. */
static bool complete(struct pass *pass, GError **error)
{
	g_autoptr(GPtrArray) works = g_ptr_array_new();
	g_autoptr(GPtrArray) builds = g_ptr_array_new();

	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = work_at(pass, i);
		const struct build *build = work->build;

		if (!build->is_partial ||
		    !(work->rule || record_has_news(work) || !build->components->len))
			continue;
		g_ptr_array_add(works, work);
		g_ptr_array_add(builds, work->build);
	}
	if (!component_store_load(pass->db, builds, COMPONENTS_REST, error))
		return false;
	for (guint i = 0; i < works->len; i++)
		rounds_check_names(g_ptr_array_index(works, i));
	return true;
}

static bool any_active(const struct pass *pass)
{
	for (guint i = 0; i < pass->works->len; i++)
		if (work_at(pass, i)->is_active)
			return true;
	return false;
}

static bool round_run(struct pass *pass, GError **error)
{
	uint64_t free_slots;

	pass->report->rounds++;
	if (!requests_load(pass, error) || !free_slots_now(pass, &free_slots, error))
		return false;
	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = work_at(pass, i);

		work->rule = NULL;
		work->is_in_round = work->is_active;
		if (work->is_active)
			requests_execute(work);
	}
	if (!fault_point(FAULT_AFTER_REQUESTS, error))
		return false;
	observe_all(pass);
	if (!fault_point(FAULT_AFTER_OBSERVE, error) || !complete(pass, error) ||
	    !requires_settle(pass, error))
		return false;
	decide_states(pass, true, &free_slots);
	decide_states(pass, false, &free_slots);
	if (!complete(pass, error) || !fault_point(FAULT_AFTER_DECIDE, error))
		return false;
	if (pass->wants->is_dry) {
		print_plan(pass);
		return true;
	}
	record_all(pass);
	effects_perform(pass);
	return true;
}

bool rounds_run(struct pass *pass, GError **error)
{
	while (any_active(pass) && !pass_is_over(pass)) {
		if (!round_run(pass, error))
			return false;
		if (pass->wants->is_dry)
			break;
	}
	return true;
}
