/* SPDX-License-Identifier: MIT */
#include "flow/effects.h"

#include <string.h>

#include "base/error.h"
#include "base/fault.h"
#include "flow/record.h"
#include "flow/requests.h"
#include "flow/submit.h"
#include "flow/verify_jobs.h"
#include "flow/verify_permissions.h"
#include "store/request_store.h"

/* A signal to stop is seen after so long. */
#define WAIT_MILLISECONDS 100
/* After so long without news the other builds have their turn. */
#define WAITS_MAX 5

static char *join_lines(const GPtrArray *lines)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; lines && i < lines->len; i++)
		g_string_append_printf(text, "%s%s", text->len ? "\n" : "",
				       (const char *)g_ptr_array_index(lines, i));
	return g_string_free(text, FALSE);
}

/* A warning "component: text" as a row. */
static void warnings_keep(struct work *work, const GPtrArray *lines)
{
	for (guint i = 0; lines && i < lines->len; i++) {
		const char *line = g_ptr_array_index(lines, i);
		const char *colon = strstr(line, ": ");
		struct warning *warning = g_new(struct warning, 1);

		warning->component =
			g_strndup(colon ? line : "", colon ? (gsize)(colon - line) : 0);
		warning->text = g_strdup(colon ? colon + 2 : line);
		g_ptr_array_add(work->warnings, warning);
	}
}

/* A build that was refused for what its components name may be resumed, and is refused again. */
static bool check_permissions(const struct config *config, const char *source,
			      struct verify_result *result, GError **error)
{
	g_autoptr(Document) document = NULL;

	if (!document_read(source, strlen(source), &document, error))
		return false;
	verify_permissions(config, document, result->reasons);
	if (result->reasons->len > 0)
		result->outcome = VERIFY_BAD;
	return true;
}

/* Good or bad; the document of a good one is stored with the commits that the check has found. */
static bool settle(struct pass *pass, struct work *work, struct verify_result *result,
		   GError **error)
{
	struct build *build = work->build;
	g_autofree char *source = NULL;
	g_autofree char *reasons = NULL;

	if (!modulemd_store_get(pass->db, build->id, MODULEMD_SOURCE, &source, error) ||
	    !check_permissions(pass->config, source, result, error))
		return false;
	if (result->outcome == VERIFY_BAD) {
		reasons = join_lines(result->reasons);
		text_set(&build->state_reason, reasons);
		build->verification = VERIFICATION_BAD;
	} else {
		if (!submit_document(build, source, NULL, &work->documents[MODULEMD_STORED], error))
			return false;
		build->verification = VERIFICATION_GOOD;
	}
	work->is_changed = true;
	warnings_keep(work, result->warnings);
	return true;
}

static void verification_learn(struct pass *pass, struct work *work, struct verify_result *result)
{
	g_autofree char *reasons = join_lines(result->reasons);
	g_autofree char *late = join_lines(result->late);
	GError *problem = NULL;

	if (result->outcome == VERIFY_LATE || result->outcome == VERIFY_AWAY)
		fail(&problem, RIDA_ERROR_UNAVAILABLE,
		     "the components could not be checked yet: %s%s%s", late,
		     *late && *reasons ? "; " : "", reasons);
	else if (fault_point(FAULT_AFTER_VERIFY, &problem))
		settle(pass, work, result, &problem);
	record_work(pass, work);
	if (problem)
		work_fail(work, problem);
	pass->report->performed++;
}

/* The commits that the check has found. */
static void commits_learn(struct work *work, const GPtrArray *components)
{
	for (guint i = 0; i < components->len; i++) {
		const struct component *checked = g_ptr_array_index(components, i);
		struct component *component = build_component(work->build, checked->name);

		if (g_strcmp0(component->commit, checked->commit) == 0)
			continue;
		text_set(&component->commit, checked->commit);
		component->is_changed = true;
		work->is_changed = true;
	}
}

static void job_learn(struct pass *pass, struct verify_job *job)
{
	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = g_ptr_array_index(pass->works, i);

		if (work->build->id != job->build_id)
			continue;
		work->is_verifying = false;
		if (pass->is_lost)
			continue;
		commits_learn(work, job->components);
		verification_learn(pass, work, &job->result);
	}
}

void perform_verify(struct pass *pass, struct builder *builder G_GNUC_UNUSED, GPtrArray *works)
{
	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);
		GError *problem = NULL;

		if (!fault_point(FAULT_BEFORE_VERIFY, &problem)) {
			work_fail(work, problem);
			continue;
		}
		work->is_verifying = verify_jobs_start(pass->verify_jobs, work->build);
	}
}

bool effects_heed_cancels(struct pass *pass, GError **error)
{
	if (!verify_jobs_running(pass->verify_jobs))
		return true;
	if (!requests_load(pass, error))
		return false;
	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = g_ptr_array_index(pass->works, i);

		if (!work->is_verifying || !request_find(work, REQUEST_CANCEL))
			continue;
		verify_jobs_forget(pass->verify_jobs, work->build->id);
		work->is_verifying = false;
		work->is_active = true;
	}
	return true;
}

bool effects_await_verifications(struct pass *pass)
{
	const bool has_running = verify_jobs_running(pass->verify_jobs) > 0;
	bool has_news = false;

	for (unsigned i = 0; has_running && !has_news && i < WAITS_MAX; i++) {
		g_autoptr(VerifyJob) job = verify_jobs_take(pass->verify_jobs, WAIT_MILLISECONDS);

		pass_renew(pass);
		has_news = job != NULL;
		if (job)
			job_learn(pass, job);
	}
	return has_running;
}
