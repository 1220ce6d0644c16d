/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "model/macros_package.h"
#include "model/names.h"
#include "ports/builder/koji_conflicts.h"
#include "ports/builder/koji_finished.h"
#include "ports/builder/koji_macros.h"
#include "ports/builder/koji_source.h"
#include "ports/builder/koji_task.h"

#define MAKING_SECONDS 20 /* of one call; the others' turn comes later */

/* One submission on its way. */
struct parcel {
	const struct submission *submission;
	struct outcome *outcome;
	char *source; /* NULL: there is nothing to be sent */
};

static bool is_macros(const struct submission *submission)
{
	const struct component *component = submission->component;

	return strcmp(component->name, MACROS_PACKAGE_NAME) == 0 &&
	       (!component->repository || !*component->repository);
}

/* What the task is for; only the operator names a target that is not one of ours. */
static const char *target_of(const struct koji_builder *koji, const struct submission *submission)
{
	const char *shared = koji->options->koji.macros_target;

	return is_macros(submission) && shared && *shared ? shared : submission->build->target;
}

/* What was sent by this builder is not sent again: it is the same task. */
static bool is_submitted(const struct koji_builder *koji, const struct parcel *parcel)
{
	const uint64_t *task_id =
		g_hash_table_lookup(koji->submitted, parcel->submission->idem_key);

	if (!task_id)
		return false;
	parcel->outcome->is_known = true;
	parcel->outcome->task_id = *task_id;
	parcel->outcome->task_state = TASK_FREE;
	return true;
}

static bool check(const struct koji_builder *koji, const struct submission *submission,
		  GError **error)
{
	const char *target = submission->build->target;

	return build_names_check(submission->build, error) &&
	       name_check(NAME_COMPONENT, "the component", submission->component->name, error) &&
	       koji_name_check(koji, target ? target : "", error);
}

/* ---- sources ----------------------------------------------------------------------------- */

static void find_source(struct parcel *parcel)
{
	const struct component *component = parcel->submission->component;

	if (!koji_source(component->repository ? component->repository : "",
			 component->commit ? component->commit : "", &parcel->source,
			 &parcel->outcome->error))
		g_prefix_error(&parcel->outcome->error, "%s: ", component->name);
}

static void make_source(struct koji_builder *koji, const struct koji_contents *contents,
			struct parcel *parcel)
{
	const struct submission *submission = parcel->submission;
	g_autoptr(GArray) conflicts =
		koji_conflicts(contents, submission->requires, parcel->outcome);
	GError *error = NULL;

	if (conflicts && !koji_macros_source(koji, submission, conflicts, &parcel->source, &error))
		koji_take_error(koji, parcel->outcome, error);
}

/* Nobody is to wait so long that he takes our builds for abandoned. */
static void postpone(struct parcel *parcel)
{
	parcel->outcome->is_outage = true;
	fail(&parcel->outcome->error, RIDA_ERROR_UNAVAILABLE,
	     "source packages of " MACROS_PACKAGE_NAME
	     " were made for %d seconds: this one is next",
	     MAKING_SECONDS);
}

static void make_sources(struct koji_builder *koji, struct parcel *const *parcels, size_t count)
{
	g_autofree const GPtrArray **lists = g_new0(const GPtrArray *, count + 1);
	const gint64 until = g_get_monotonic_time() + MAKING_SECONDS * G_USEC_PER_SEC;
	g_autoptr(KojiContents) contents = NULL;

	for (size_t i = 0; i < count; i++)
		lists[i] = parcels[i]->submission->requires;
	contents = koji_contents_new(koji, lists, count);
	for (size_t i = 0; i < count; i++)
		if (g_get_monotonic_time() < until)
			make_source(koji, contents, parcels[i]);
		else
			postpone(parcels[i]);
}

static bool is_open(const struct parcel *parcel)
{
	return !parcel->outcome->error && !parcel->outcome->is_known;
}

static void find_sources(struct koji_builder *koji, struct parcel *parcels, size_t count)
{
	g_autofree struct parcel **macros = g_new0(struct parcel *, count + 1);
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_open(&parcels[i]))
			continue;
		if (is_macros(parcels[i].submission))
			macros[made++] = &parcels[i];
		else
			find_source(&parcels[i]);
	}
	make_sources(koji, macros, made);
}

/* An earlier attempt may have ended well after nobody looked any more: Koji would not build the
 * same once more. */
static void find_finished(struct koji_builder *koji, const struct parcel *parcels, size_t count)
{
	g_autofree struct koji_orphan *orphans = g_new0(struct koji_orphan, count + 1);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (is_open(&parcels[i]) && parcels[i].submission->component->attempt > 1)
			orphans[kept++] =
				(struct koji_orphan){ parcels[i].submission, parcels[i].outcome };
	koji_find_finished(koji, orphans, kept);
	for (size_t i = 0; i < kept; i++)
		if (orphans[i].outcome->error && error_is_final(orphans[i].outcome->error))
			orphans[i].outcome->error->code = RIDA_ERROR_UNAVAILABLE;
}

/* ---- the calls --------------------------------------------------------------------------- */

static struct json_object *options_of(const struct koji_builder *koji,
				      const struct submission *submission)
{
	const struct component *component = submission->component;
	struct json_object *options = json_object_new_object();

	json_object_object_add(options, "skip_tag", json_object_new_boolean(true));
	json_object_object_add(options, "mbs_artifact_name",
			       json_object_new_string(component->name));
	json_object_object_add(options, "mbs_module_target",
			       json_object_new_string(target_of(koji, submission)));
	json_object_object_add(options, KOJI_KEY, json_object_new_string(submission->idem_key));
	if (koji->options->koji.allow_arch_override && component->arches && *component->arches)
		json_object_object_add(options, "arch_override",
				       json_object_new_string(component->arches));
	return options;
}

static void learn(struct koji_builder *koji, const struct parcel *parcel,
		  struct koji_answer *answer)
{
	struct outcome *outcome = parcel->outcome;
	const int64_t id = json_object_get_int64(answer->value);
	uint64_t *task_id;

	koji_blame(outcome, answer, parcel->submission->component->name);
	if (outcome->error)
		return;
	if (!json_object_is_type(answer->value, json_type_int) || id <= 0 || id > KOJI_ID_MAX) {
		fail(&outcome->error, RIDA_ERROR_UNKNOWN_OUTCOME,
		     "%s: Koji does not answer with the number of a task",
		     parcel->submission->component->name);
		return;
	}
	outcome->is_known = true;
	outcome->task_id = (uint64_t)id;
	outcome->task_state = TASK_FREE;
	task_id = g_new(uint64_t, 1);
	*task_id = outcome->task_id;
	g_hash_table_insert(koji->submitted, g_strdup(parcel->submission->idem_key), task_id);
}

/* In the session that was noted with the intents, or not at all: recovery relies on its end. */
static void send(struct koji_builder *koji, struct parcel *const *parcels, size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();

	for (size_t i = 0; i < count; i++) {
		const struct submission *submission = parcels[i]->submission;

		koji_batch_add(batch, "build", "sso*i", parcels[i]->source,
			       target_of(koji, submission), options_of(koji, submission),
			       "priority", (int64_t)koji->options->koji.priority);
	}
	koji_batch_write_within(batch, koji->session, koji->session_id);
	for (size_t i = 0; i < count; i++)
		learn(koji, parcels[i], koji_batch_answer(batch, i));
}

static void send_all(struct koji_builder *koji, struct parcel *parcels, size_t count)
{
	g_autofree struct parcel **ready = g_new0(struct parcel *, count + 1);
	struct outcome session = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (parcels[i].source)
			ready[kept++] = &parcels[i];
	if (kept && !koji->session_id)
		koji->base.ops->session(&koji->base, &session);
	for (size_t i = 0; session.error && i < kept; i++) {
		ready[i]->outcome->error = g_error_copy(session.error);
		ready[i]->outcome->is_outage = session.is_outage;
	}
	if (kept && !session.error)
		send(koji, ready, kept);
	outcomes_clear(&session, 1);
}

/*
 * The first task in a tag without a repository would wait until somebody else happens to ask for
 * one. It is asked for now and that task waits for it; whether it can be had is not for us to say
 * yet.
 */
static void ask_first_repos(struct koji_builder *koji, const struct parcel *parcels, size_t count)
{
	g_autofree struct build_want *wants = g_new0(struct build_want, count + 1);
	g_autofree struct outcome *asked = g_new0(struct outcome, count + 1);
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct submission *submission = parcels[i].submission;

		if (parcels[i].source && is_macros(submission) &&
		    target_of(koji, submission) == submission->build->target)
			wants[used++].build = submission->build;
	}
	if (used)
		koji_regenerate_many(&koji->base, wants, used, asked);
	outcomes_clear(asked, used);
}

void koji_submit_many(struct builder *builder, const struct submission *submissions, size_t count,
		      struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct parcel *parcels = g_new0(struct parcel, count + 1);

	for (size_t i = 0; i < count; i++) {
		outcomes[i].task_state = TASK_NONE;
		parcels[i] = (struct parcel){ &submissions[i], &outcomes[i], NULL };
	}
	for (size_t i = 0; i < count; i++)
		if (!is_submitted(koji, &parcels[i]))
			check(koji, &submissions[i], &outcomes[i].error);
	find_finished(koji, parcels, count);
	find_sources(koji, parcels, count);
	ask_first_repos(koji, parcels, count);
	send_all(koji, parcels, count);
	for (size_t i = 0; i < count; i++)
		g_free(parcels[i].source);
}
