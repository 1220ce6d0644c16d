/* SPDX-License-Identifier: MIT */
#include "flow/pass.h"

#include <string.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/meter.h"
#include "flow/announce.h"
#include "flow/announcer.h"
#include "flow/builders.h"
#include "flow/effects.h"
#include "flow/holder.h"
#include "flow/housekeeping.h"
#include "flow/recorders.h"
#include "flow/rounds.h"
#include "flow/verify_jobs.h"
#include "flow/work_notes.h"
#include "store/component_store.h"
#include "store/housekeeping_store.h"
#include "store/writer_store.h"

/* Claims of processes on this host that are gone, and our own of a pass that the database ended. */
static bool take_over(struct db *db, const struct config *config, const char *self, GError **error)
{
	g_autofree char *host = holder_host(self);
	g_autoptr(GPtrArray) holders = NULL;

	if (!claim_store_holders(db, host, &holders, error))
		return false;
	for (guint i = 0; i < holders->len; i++) {
		const char *holder = g_ptr_array_index(holders, i);
		uint64_t count;

		if (strcmp(holder, self) != 0 && !holder_is_gone(holder, self))
			continue;
		if (!claim_store_take_over(db, holder, config->quarantine_attempts, &count, error))
			return false;
		log_info("claims-taken-over", log_text("holder", holder), log_u64("builds", count));
	}
	return true;
}

/*
 * A pass that dies has counted an attempt for each build that it held, and may have died of any of
 * them. Those are worked on after the others, in ever smaller portions, so that the one that is
 * deadly is soon alone, and takes nobody else with it.
 */
static const struct portion {
	uint32_t attempts_min, attempts_max;
	unsigned share; /* of the builds that are claimed at once */
} portions[] = {
	{ 0, 0, 1 },
	{ 1, 1, 8 },
	{ 2, 2, 64 },
	{ 3, UINT32_MAX, UINT32_MAX },
};

/* The builds of this pass as claims; a dry run only looks at what it would claim. */
static bool claim(struct pass *pass, const struct portion *portion, int64_t due_for, GArray **ret,
		  GError **error)
{
	const struct config *config = pass->config;
	const struct claim_terms terms = {
		.holder = pass->wants->holder,
		.lease = config->lease,
		.backoff_base = config->backoff_base,
		.backoff_max = config->backoff_max,
		.limit = MAX(config->claim_batch / portion->share, 1),
		.attempts_min = portion->attempts_min,
		.attempts_max = portion->attempts_max,
		.build_id = pass->wants->build_id,
		.due_for = due_for,
	};
	g_autoptr(GArray) ids = NULL;

	if (!pass->wants->is_dry)
		return claim_store_take(pass->db, &terms, ret, error);
	if (!claim_store_due(pass->db, &terms, &ids, error))
		return false;
	*ret = g_array_new(FALSE, TRUE, sizeof(struct claim));
	for (guint i = 0; i < ids->len; i++) {
		const struct claim one = { .build_id = g_array_index(ids, uint64_t, i) };

		g_array_append_val(*ret, one);
	}
	return true;
}

static gint by_build_id(gconstpointer a, gconstpointer b)
{
	const struct work *one = *(struct work *const *)a;
	const struct work *other = *(struct work *const *)b;

	return (one->build->id > other->build->id) - (one->build->id < other->build->id);
}

static struct work *work_of(GHashTable *works, uint64_t build_id)
{
	return g_hash_table_lookup(works, &build_id);
}

/* What is open of the builds: attempts and intents. */
static bool load_open(struct pass *pass, const uint64_t *ids, size_t count, GError **error)
{
	g_autoptr(GHashTable) works = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GPtrArray) attempts = NULL;
	g_autoptr(GPtrArray) effects = NULL;

	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = g_ptr_array_index(pass->works, i);

		g_hash_table_insert(works, &work->build->id, work);
	}
	if (!attempt_store_open(pass->db, ids, count, &attempts, error) ||
	    !effect_store_open(pass->db, ids, count, &effects, error))
		return false;
	g_ptr_array_set_free_func(attempts, NULL);
	for (guint i = 0; i < attempts->len; i++) {
		struct attempt *attempt = g_ptr_array_index(attempts, i);
		struct work *work = work_of(works, attempt->build_id);

		if (work)
			g_ptr_array_add(work->attempts, attempt);
		else
			attempt_free(attempt);
	}
	for (guint i = 0; i < effects->len; i++) {
		struct effect *effect = g_ptr_array_index(effects, i);
		struct work *work = work_of(works, effect->build_id);

		if (work)
			work_intend(work, effect);
	}
	return true;
}

/* Of settled builds, only what is being built: the rest follows when there is news of it. */
static bool load_components(struct pass *pass, GError **error)
{
	g_autoptr(GPtrArray) settled = g_ptr_array_new();
	g_autoptr(GPtrArray) others = g_ptr_array_new();

	for (guint i = 0; i < pass->works->len; i++) {
		const struct work *work = g_ptr_array_index(pass->works, i);

		if (work->build->components)
			continue;
		g_ptr_array_add(work->claim.settled_gen == work->build->gen ? settled : others,
				work->build);
	}
	return component_store_load(pass->db, settled, COMPONENTS_BUILDING, error) &&
	       component_store_load(pass->db, others, COMPONENTS_ALL, error);
}

static bool load(struct pass *pass, const GArray *claims, GError **error)
{
	g_autofree uint64_t *ids = g_new(uint64_t, claims->len + 1);
	g_autoptr(GHashTable) by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GPtrArray) builds = NULL;

	for (guint i = 0; i < claims->len; i++) {
		struct claim *one = &g_array_index(claims, struct claim, i);

		ids[i] = one->build_id;
		g_hash_table_insert(by_id, &one->build_id, one);
	}
	if (!build_store_load_rows(pass->db, ids, claims->len, &builds, error))
		return false;
	g_ptr_array_set_free_func(builds, NULL);
	for (guint i = 0; i < builds->len; i++) {
		struct build *build = g_ptr_array_index(builds, i);

		g_ptr_array_add(pass->works,
				work_new(build, g_hash_table_lookup(by_id, &build->id)));
	}
	g_ptr_array_sort(pass->works, by_build_id);
	if (!load_components(pass, error) || !load_open(pass, ids, claims->len, error))
		return false;
	for (guint i = 0; i < pass->works->len; i++)
		rounds_check_names(g_ptr_array_index(pass->works, i));
	return true;
}

/* A ready build with a target is looked at once more, when that is to go. */
static int64_t due_to_clean(const struct pass *pass, const struct build *build)
{
	const int64_t kept = (int64_t)pass->config->koji_target_hours * 3600;
	const int64_t age = (pass_now(pass) - build->completed_at) / G_USEC_PER_SEC;

	if (!build->is_prepared || !build->target || !*build->target)
		return -1;
	return MAX(kept - age, 0) + 1;
}

/* When to look at the build again, in seconds; -1: when somebody asks. */
static int64_t due_in(const struct pass *pass, const struct work *work)
{
	const struct config *config = pass->config;
	const struct surroundings nothing = { 0 };
	const struct situation now = situation_of(work->build, &nothing);
	/* How often a builder is asked. */
	const int64_t pace =
		(int64_t)(strcmp(work->build->builder, "koji") == 0 ? config->due_koji
								    : config->due_local);

	if (work->is_active)
		return 0;
	switch (work->build->state) {
	case BUILD_INIT:
	case BUILD_WAIT:
		return (int64_t)config->due_init;
	case BUILD_BUILD:
		return pace;
	case BUILD_DONE:
		return (int64_t)config->due_gate;
	case BUILD_FAILED:
		return now.tasks_alive || now.buildroot_left ? pace : -1;
	case BUILD_GARBAGE:
		return now.artifacts_left ? pace : -1;
	case BUILD_READY:
		return due_to_clean(pass, work->build);
	case BUILD_STATE__COUNT:
		break;
	}
	return -1;
}

static enum wait wait_after(const struct work *work)
{
	if (!work->error)
		return work->wait;
	return work->is_uncounted ? WAIT_OUTAGE : WAIT_RETRY;
}

static struct claim_release release_of(const struct pass *pass, const struct work *work)
{
	const struct config *config = pass->config;
	const bool has_progress = !work->error || work->has_moved;
	const bool is_counted = work->error && !work->is_uncounted;
	struct claim_release release = {
		.build_id = work->build->id,
		.token = work->claim.token,
		.has_progress = has_progress,
		.keep_backoff = is_counted,
		.is_uncounted = work->error && work->is_uncounted,
		.quarantine = is_counted && (work->is_exhausted ||
					     (!has_progress &&
					      work->claim.attempts >= config->quarantine_attempts)),
		.waits_for = (int)wait_after(work),
		.last_error = work->error ? work->error->message : NULL,
	};

	if (!work->error && !work->is_active && machine_is_settled(work->build))
		release.settled_gen = work->build->gen;
	if (work->error)
		release.due_in = (int64_t)config->backoff_base;
	else
		release.due_in = due_in(pass, work);
	return release;
}

struct releasing {
	const char *holder;
	const struct claim_release *releases;
	size_t count;
};

static bool release_claims(struct db *db, void *data, GError **error)
{
	const struct releasing *releasing = data;

	return claim_store_release(db, releasing->holder, releasing->releases, releasing->count,
				   error) &&
	       fault_point(FAULT_IN_RELEASE, error);
}

static void log_failure(struct pass *pass, const struct work *work,
			const struct claim_release *release)
{
	pass->report->failed++;
	meter_add(release->quarantine ? METER_QUARANTINED : METER_RETRIES, 0, 0, 1);
	if (work->is_torn && error_code(work->error) == RIDA_ERROR_CONFLICT)
		meter_add(METER_CLAIMS_LOST, 0, 0, 1);
	log_warning("build-step-failed", log_u64("build", work->build->id),
		    log_u64("attempts", work->claim.attempts), log_error_text(work->error));
	if (release->quarantine)
		log_error("build-quarantined", log_u64("build", work->build->id));
}

static void forget_released(struct pass *pass)
{
	for (guint i = pass->works->len; i > 0; i--) {
		const struct work *work = g_ptr_array_index(pass->works, i - 1);

		if (!work->is_verifying)
			g_ptr_array_remove_index(pass->works, i - 1);
	}
}

/*
 * Gives back all builds but those that are being checked. In one transaction: a commit for each
 * claim would take longer than all the rest of a quiet pass.
 */
static bool release_idle(struct pass *pass, GError **error)
{
	g_autofree struct claim_release *releases =
		g_new0(struct claim_release, pass->works->len + 1);
	struct releasing releasing = { pass->wants->holder, releases, 0 };

	if (!fault_point(FAULT_BEFORE_RELEASE, error))
		return false;
	for (guint i = 0; i < pass->works->len; i++) {
		const struct work *work = g_ptr_array_index(pass->works, i);
		struct claim_release *release = &releases[releasing.count];

		if (work->is_verifying)
			continue;
		*release = release_of(pass, work);
		releasing.count++;
		if (work->error)
			log_failure(pass, work, release);
	}
	if (releasing.count && !pass->wants->is_dry &&
	    !db_transact(pass->db, release_claims, &releasing, error))
		return false;
	forget_released(pass);
	return fault_point(FAULT_AFTER_RELEASE, error);
}

/* Whoever is interested hears of it while the pass goes on. */
static bool announce(struct pass *pass, GError **error)
{
	bool is_wanted = false;

	if (pass->wants->is_dry)
		return true;
	if (!announce_is_wanted(pass->db, &is_wanted, error))
		return false;
	if (is_wanted)
		announcer_wake(pass->announcer);
	return true;
}

/* Works on what is claimed now, together with what was claimed before. */
static bool work_turn(struct pass *pass, const GArray *claims, GError **error)
{
	if (!effects_heed_cancels(pass, error) ||
	    (claims && claims->len &&
	     (!fault_point(FAULT_AFTER_CLAIM, error) || !load(pass, claims, error) ||
	      !fault_point(FAULT_AFTER_LOAD, error))))
		return false;
	return rounds_run(pass, error) && release_idle(pass, error) && announce(pass, error);
}

/* Batch after batch of what is due by then: what becomes due meanwhile is for the next time. */
static bool work_portions(struct pass *pass, const struct portion *portion, int64_t started,
			  GError **error)
{
	const uint64_t limit = MAX(pass->config->claim_batch / portion->share, 1);
	bool is_full;

	do {
		g_autoptr(GArray) claims = NULL;

		if (!claim(pass, portion, g_get_monotonic_time() - started, &claims, error))
			return false;
		pass->report->claimed += claims->len;
		is_full = claims->len == limit && !pass->wants->is_dry;
		if (!work_turn(pass, claims, error))
			return false;
	} while (is_full && !pass_is_over(pass));
	return true;
}

static bool work_due(struct pass *pass, GError **error)
{
	const int64_t started = g_get_monotonic_time();
	bool has_suspects = false;

	if (!work_portions(pass, &portions[0], started, error))
		return false;
	if (!pass->wants->is_dry && !claim_store_has_suspects(pass->db, &has_suspects, error))
		return false;
	for (size_t i = 1; has_suspects && i < G_N_ELEMENTS(portions) && !pass_is_over(pass); i++)
		if (!work_portions(pass, &portions[i], started, error))
			return false;
	return true;
}

/* While components are being checked, the other builds go on. */
static bool work_all(struct pass *pass, GError **error)
{
	if (!pass->wants->is_dry &&
	    (!fault_point(FAULT_BEFORE_TAKE_OVER, error) ||
	     !take_over(pass->db, pass->config, pass->wants->holder, error) ||
	     !fault_point(FAULT_AFTER_TAKE_OVER, error)))
		return false;
	if (!work_due(pass, error))
		return false;
	while (effects_await_verifications(pass))
		if (!(pass_is_over(pass) ? work_turn(pass, NULL, error) : work_due(pass, error)))
			return false;
	return true;
}

static bool work_after(struct pass *pass, GError **error)
{
	const struct pass_wants *wants = pass->wants;

	if (wants->is_dry || !wants->with_housekeeping || (wants->stop && *wants->stop))
		return true;
	return fault_point(FAULT_BEFORE_HOUSEKEEPING, error) &&
	       housekeeping_run(pass->db, pass->config, error) &&
	       fault_point(FAULT_AFTER_HOUSEKEEPING, error);
}

/* Nothing is done where it may not be written, or before it is certain what was. */
static bool check_writer(struct pass *pass, GError **error)
{
	g_auto(Writer) writer = { 0 };

	if (!writer_store_read(pass->db, &writer, error))
		return false;
	pass->doubt_id = writer.doubt_id;
	pass->doubt_at = writer.doubt_at;
	return pass->wants->is_dry || writer_check(&writer, pass->config->db_watch_server, error);
}

static bool learn_time(struct pass *pass, GError **error)
{
	if (!clock_store_now(pass->db, &pass->started_at, error))
		return false;
	builders_tell_time(pass->builders, pass->started_at);
	return true;
}

bool pass_run(struct db *db, const struct config *config, const struct pass_wants *wants,
	      struct pass_report *ret, GError **error)
{
	g_autoptr(Builders) builders = builders_new(config);
	g_autoptr(Recorders) recorders = recorders_new(config);
	g_autoptr(VerifyJobs) verify_jobs = verify_jobs_new(config);
	g_autoptr(Announcer) own = announcer_new(config, wants->holder, wants->stop);
	g_autoptr(GPtrArray) works = g_ptr_array_new_with_free_func((GDestroyNotify)work_free);
	struct pass_report report = { 0 };
	struct pass pass = {
		.db = db,
		.config = config,
		.wants = wants,
		.report = &report,
		.works = works,
		.builders = builders,
		.recorders = recorders,
		.verify_jobs = verify_jobs,
		.announcer = wants->announcer ? wants->announcer : own,
		.started = g_get_monotonic_time(),
	};
	bool is_good;

	pass.renewed = pass.started;
	pass.deadline = pass.started + (int64_t)(config->pass_budget * G_USEC_PER_SEC);
	is_good = check_writer(&pass, error) && learn_time(&pass, error) &&
		  work_all(&pass, error) && work_after(&pass, error);
	g_clear_pointer(&pass.base_modules, g_ptr_array_unref);
	report.sent = wants->announcer ? announcer_sent(wants->announcer) : announcer_finish(own);
	if (is_good)
		*ret = report;
	return is_good;
}
