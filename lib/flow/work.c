/* SPDX-License-Identifier: MIT */
#include "flow/work.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/meter.h"
#include "ports/builder/builder.h"
#include "store/request_store.h"

static void effect_end_free(gpointer data)
{
	struct effect_end *end = data;

	g_free(end->idem_key);
	g_free(end->problem);
	g_free(end->reservation);
	g_free(end);
}

static void request_end_free(gpointer data)
{
	struct request_end *end = data;

	g_free(end->outcome);
	g_free(end);
}

static void excerpt_free(gpointer data)
{
	log_excerpt_clear(data);
	g_free(data);
}

static void warning_free(gpointer data)
{
	warning_clear(data);
	g_free(data);
}

struct work *work_new(struct build *build, const struct claim *claim)
{
	struct work *work = g_new0(struct work, 1);

	work->build = build;
	work->claim = *claim;
	work->is_active = true;
	work->requests = g_ptr_array_new_with_free_func((GDestroyNotify)request_free);
	work->attempts = g_ptr_array_new_with_free_func((GDestroyNotify)attempt_free);
	work->intents =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)effect_free);
	work->ended_effects = g_ptr_array_new_with_free_func(effect_end_free);
	work->ended_requests = g_ptr_array_new_with_free_func(request_end_free);
	work->saved_attempts = g_ptr_array_new();
	work->excerpts = g_ptr_array_new_with_free_func(excerpt_free);
	work->warnings = g_ptr_array_new_with_free_func(warning_free);
	return work;
}

void work_free(struct work *work)
{
	if (!work)
		return;
	build_free(work->build);
	g_ptr_array_unref(work->requests);
	g_ptr_array_unref(work->saved_attempts);
	g_ptr_array_unref(work->attempts);
	g_hash_table_unref(work->intents);
	g_ptr_array_unref(work->ended_effects);
	g_ptr_array_unref(work->ended_requests);
	g_ptr_array_unref(work->excerpts);
	g_ptr_array_unref(work->warnings);
	for (size_t i = 0; i < G_N_ELEMENTS(work->documents); i++)
		g_free(work->documents[i]);
	g_free(work->modulemd);
	g_clear_pointer(&work->requires, g_ptr_array_unref);
	g_free(work->refusal);
	g_clear_error(&work->error);
	g_free(work);
}

void work_fail(struct work *work, GError *problem)
{
	work->is_active = false;
	if (work->error)
		g_error_free(problem);
	else
		work->error = problem;
}

void work_tear(struct work *work, GError *problem)
{
	work_fail(work, problem);
	work->is_torn = true;
}

void work_outcome_failed(struct work *work, struct outcome *outcome)
{
	work->is_uncounted |= outcome->is_outage;
	work_fail(work, g_steal_pointer(&outcome->error));
}

void work_step_failed(struct work *work, struct outcome *outcome)
{
	GError *problem;

	if (outcome->is_outage || !error_is_final(outcome->error) ||
	    work->build->state != BUILD_BUILD) {
		work_outcome_failed(work, outcome);
		return;
	}
	problem = g_steal_pointer(&outcome->error);
	g_free(work->refusal);
	work->refusal = g_strdup(problem->message);
	work->refusal_type =
		error_code(problem) == RIDA_ERROR_UNACCEPTABLE ? FAILURE_USER : FAILURE_INFRA;
	work->is_active = true;
	g_error_free(problem);
}

struct attempt *work_attempt(const struct work *work, const struct component *component)
{
	for (guint i = 0; i < work->attempts->len; i++) {
		struct attempt *attempt = g_ptr_array_index(work->attempts, i);

		if (attempt->component_id == component->id &&
		    attempt->attempt == component->attempt)
			return attempt;
	}
	return NULL;
}

int64_t pass_now(const struct pass *pass)
{
	return pass->started_at + (g_get_monotonic_time() - pass->started);
}

bool pass_is_over(const struct pass *pass)
{
	return pass->is_lost || (pass->wants->stop && *pass->wants->stop) ||
	       g_get_monotonic_time() >= pass->deadline || db_is_broken(pass->db) ||
	       db_is_unwritable(pass->db);
}

void pass_renew(struct pass *pass)
{
	const int64_t age = g_get_monotonic_time() - pass->renewed;
	g_autoptr(GError) problem = NULL;
	uint64_t count = 0;

	if (pass->wants->is_dry || age < (int64_t)(pass->config->lease * G_USEC_PER_SEC / 3))
		return;
	if (fault_point(FAULT_BEFORE_RENEW, &problem) &&
	    claim_store_renew(pass->db, pass->wants->holder, pass->config->lease, &count,
			      &problem) &&
	    fault_point(FAULT_AFTER_RENEW, &problem)) {
		pass->renewed = g_get_monotonic_time();
		if (count >= pass->works->len)
			return;
		fail(&problem, RIDA_ERROR_CONFLICT,
		     "others have taken %" G_GUINT64_FORMAT
		     " of the builds: this pass slept too long",
		     pass->works->len - count);
	}
	log_warning("leases-lost", log_error_text(problem));
	meter_add(METER_CLAIMS_LOST, 0, 0, pass->works->len - count);
	pass->is_lost = true;
}
