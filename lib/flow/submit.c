/* SPDX-License-Identifier: MIT */
#include "flow/submit.h"

#include <string.h>

#include "base/error.h"
#include "flow/session.h"
#include "flow/submit_read.h"
#include "flow/submit_record.h"
#include "flow/verify.h"
#include "mmd/document.h"
#include "store/build_store.h"

void submit_answer_clear(struct submit_answer *answer)
{
	g_clear_pointer(&answer->reasons, g_free);
}

bool submit_document(const struct build *build, const char *source, const GPtrArray *requires,
		     char **ret, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) commits = g_ptr_array_new();
	struct document_identity identity = {
		.name = build->name,
		.stream = build->stream,
		.version = build->version,
		.context = build->context,
		.scmurl = build->scmurl,
		.commit = build->commit,
		.requires = requires,
	};

	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		if (component->build_time_only || !component->commit || !*component->commit)
			continue;
		g_ptr_array_add(names, component->name);
		g_ptr_array_add(commits, component->commit);
	}
	g_ptr_array_add(names, NULL);
	g_ptr_array_add(commits, NULL);
	identity.component_names = (const char *const *)names->pdata;
	identity.component_commits = (const char *const *)commits->pdata;
	return document_store(source, &identity, ret, error);
}

/* The build that has this identity already; NULL in *ret: none. */
static bool find_tracked(struct db *db, const struct build *build, struct build **ret,
			 GError **error)
{
	g_autoptr(GError) problem = NULL;

	*ret = NULL;
	if (build_store_find_nsvc(db, build, ret, &problem) ||
	    error_code(problem) == RIDA_ERROR_MISSING)
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static bool refuse_tracked(const struct build *tracked, GError **error)
{
	g_autofree char *nsvc = build_nsvc(tracked);

	return fail(error, RIDA_ERROR_CONFLICT,
		    "%s is already tracked as build %" G_GUINT64_FORMAT
		    ", state %s: only a new commit, or a failed build, can be submitted",
		    nsvc, tracked->id, build_states[tracked->state].name);
}

/* A request with the same key may be faster: then its answer is this one's. */
static bool resume(struct db *db, const struct submit_wants *wants, uint64_t build_id,
		   struct submit_answer *ret, GError **error)
{
	g_autoptr(GError) problem = NULL;
	bool is_known = false;

	if (submit_record_resume(db, wants, build_id, ret, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_CONFLICT &&
	    !submit_recall(db, wants, &is_known, ret, error))
		return false;
	if (!is_known)
		g_propagate_error(error, g_steal_pointer(&problem));
	return is_known;
}

/* What there is already decides: nothing, a failed build to resume, or one that is in the way. */
static bool settle_tracked(struct db *db, const struct submit_wants *wants,
			   const struct build *build, bool *ret_is_settled,
			   struct submit_answer *ret, GError **error)
{
	g_autoptr(Build) tracked = NULL;

	*ret_is_settled = false;
	if (!find_tracked(db, build, &tracked, error))
		return false;
	if (!tracked)
		return true;
	if (tracked->state != BUILD_FAILED)
		return refuse_tracked(tracked, error);
	*ret_is_settled = true;
	return resume(db, wants, tracked->id, ret, error);
}

static char *join_reasons(const struct submit_source *source, const struct verify_result *result)
{
	GString *text = g_string_new(NULL);
	const GPtrArray *lists[] = { source->reasons, result->reasons };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint k = 0; k < lists[i]->len; k++)
			g_string_append_printf(text, "%s%s", text->len ? "\n" : "",
					       (const char *)g_ptr_array_index(lists[i], k));
	return g_string_free(text, FALSE);
}

/* Verdict and, when that is bad, state and reason of the build that is going to be inserted. */
static void learn(struct submit_source *source, const struct verify_result *result)
{
	struct build *build = source->build;
	bool is_bad = source->reasons->len > 0 || result->outcome == VERIFY_BAD;

	if (!is_bad && result->outcome == VERIFY_GOOD)
		build->verification = VERIFICATION_GOOD;
	else if (!is_bad && result->outcome == VERIFY_LATE)
		build->verification = VERIFICATION_OPEN;
	else {
		build->verification = VERIFICATION_BAD;
		build->state = BUILD_FAILED;
		build->failure_type = is_bad ? FAILURE_USER : FAILURE_INFRA;
		g_free(build->state_reason);
		build->state_reason = join_reasons(source, result);
	}
}

/* Another submission may have won the race for the same module, or the same key. */
static bool settle_race(struct db *db, const struct submit_wants *wants, const struct build *build,
			struct submit_answer *ret, GError **error)
{
	bool is_settled;

	submit_answer_clear(ret);
	if (!submit_recall(db, wants, &is_settled, ret, error))
		return false;
	if (is_settled)
		return true;
	if (!settle_tracked(db, wants, build, &is_settled, ret, error))
		return false;
	return is_settled || fail(error, RIDA_ERROR_CONFLICT,
				  "another submission of this module was faster: ask again");
}

static bool record(struct db *db, const struct submit_wants *wants, struct submit_source *source,
		   const struct verify_result *result, struct submit_answer *ret, GError **error)
{
	g_autoptr(GError) problem = NULL;

	learn(source, result);
	if (submit_record_new(db, wants, source, result->warnings, ret, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_CONFLICT)
		return settle_race(db, wants, source->build, ret, error);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

/* The connection broke while this submission was committed: a new one tells what there is. */
static bool settle_unknown(const struct config *config, const struct submit_wants *wants,
			   const struct build *build, struct submit_answer *ret, GError **error)
{
	g_autoptr(Db) db = session_open(config, ACCOUNT_WEB, error);
	g_autoptr(Build) tracked = NULL;

	if (!db || !find_tracked(db, build, &tracked, error))
		return false;
	if (!tracked)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the database went away and has no record of this: submit it again");
	if (strcmp(tracked->uuid, build->uuid) != 0)
		return settle_race(db, wants, build, ret, error);
	ret->id = tracked->id;
	return true;
}

/* With what was read: settles it by what there is, or checks and records it. */
static bool conclude(struct db *db, const struct config *config, const struct submit_wants *wants,
		     struct submit_source *source, struct submit_answer *ret, GError **error)
{
	struct verify_result result = { 0 };
	bool is_settled;
	bool is_recorded;

	if (!settle_tracked(db, wants, source->build, &is_settled, ret, error))
		return false;
	if (is_settled)
		return true;
	verify_components(config, source->build->builder, source->permitted, source->deadline,
			  &result);
	is_recorded = record(db, wants, source, &result, ret, error);
	verify_result_clear(&result);
	return is_recorded;
}

bool submit(struct db *db, const struct config *config, const struct submit_wants *wants,
	    struct submit_answer *ret, GError **error)
{
	g_auto(SubmitSource) source = {
		.deadline =
			g_get_monotonic_time() + (int64_t)config->submit_deadline * G_USEC_PER_SEC,
	};
	g_autoptr(GError) problem = NULL;
	bool is_settled;

	if (!submit_recall(db, wants, &is_settled, ret, error))
		return false;
	if (is_settled)
		return true;
	if (!submit_read(config, wants, &source, error))
		return false;
	if (conclude(db, config, wants, &source, ret, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_UNKNOWN_OUTCOME)
		return settle_unknown(config, wants, source.build, ret, error);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}
