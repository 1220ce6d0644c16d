/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_tagging.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_place.h"
#include "text/rpm_name.h"

#define BUILD_COMPLETE 1

#define FAILURES_MAX 3
/* Older failures are forgotten, so that it is tried again after an operator was at work. */
#define FAILURES_SECONDS 3600

static struct koji_missing *missing_at(const GPtrArray *missing, guint i)
{
	return g_ptr_array_index(missing, i);
}

static void ask(struct koji_batch *batch, struct koji_missing *one)
{
	one->tag_call = koji_batch_once(batch, "getTag", one->tag);
	one->build_call = koji_batch_once(batch, "getBuild", one->nvr);
	one->packages_call = koji_batch_once(batch, "listPackages", one->build_tag);
}

/* Only what is there, and complete, is tagged. */
static bool see(const struct koji_batch *batch, struct koji_missing *one)
{
	struct json_object *tag = NULL, *build = NULL;
	int64_t state = -1;

	if (!koji_expect_tag(batch, one->tag_call, one->tag, one->outcome, &tag) ||
	    !koji_expect(batch, one->build_call, json_type_object, one->nvr, one->outcome, &build))
		return false;
	if (!tag || !build)
		return fail(&one->outcome->error, RIDA_ERROR_MISSING, "the hub knows no %s %s",
			    tag ? "build" : "tag", tag ? one->nvr : one->tag);
	if (g_strcmp0(koji_text(build, "nvr"), one->nvr) != 0 ||
	    !koji_number(build, "id", &one->build_id) || !koji_number(build, "state", &state) ||
	    !koji_number(tag, "id", &one->tag_id))
		return koji_nonsense(one->outcome, one->nvr);
	if (state != BUILD_COMPLETE)
		return fail(&one->outcome->error, RIDA_ERROR_CONFLICT,
			    "build %s cannot be tagged: it is not complete (state %" PRId64 ")",
			    one->nvr, state);
	return true;
}

/* What our tasks do, by the numbers of tag and build. */
struct doings {
	bool is_active;
	unsigned failures;
	int64_t last;
};

/* A tagBuild task's request begins with the numbers of its tag and its build; NULL: it does not. */
static char *doing_key(struct json_object *task)
{
	struct json_object *request = koji_array(task, "request");
	struct json_object *tag = NULL, *build = NULL;

	if (request && json_object_array_length(request) >= 2) {
		tag = json_object_array_get_idx(request, 0);
		build = json_object_array_get_idx(request, 1);
	}
	if (!json_object_is_type(tag, json_type_int) || !json_object_is_type(build, json_type_int))
		return NULL;
	return g_strdup_printf("%" PRId64 " %" PRId64, json_object_get_int64(tag),
			       json_object_get_int64(build));
}

/* That of a key, which is taken. */
static struct doings *doing_of(GHashTable *doings, char *key)
{
	struct doings *doing = g_hash_table_lookup(doings, key);

	if (doing) {
		g_free(key);
		return doing;
	}
	doing = g_new0(struct doings, 1);
	g_hash_table_insert(doings, key, doing);
	return doing;
}

static void add_doings(GHashTable *doings, struct json_object *tasks, bool is_active)
{
	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		char *key = doing_key(task);
		struct doings *doing = key ? doing_of(doings, key) : NULL;
		int64_t id = 0;

		if (!doing || !koji_number(task, "id", &id))
			continue;
		doing->is_active |= is_active;
		doing->failures += !is_active;
		doing->last = MAX(doing->last, id);
	}
}

static char *missing_key(const struct koji_missing *one)
{
	return g_strdup_printf("%" PRId64 " %" PRId64, one->tag_id, one->build_id);
}

static void see_doings(const struct koji_builder *koji, struct koji_missing *one)
{
	const struct doings *doing = doing_of(koji->doings, missing_key(one));

	one->is_active = doing->is_active;
	one->failures = doing->failures;
	one->failed_task = doing->last;
}

static bool is_given_up(const struct koji_missing *one)
{
	return !one->is_active && one->failures >= FAILURES_MAX;
}

/* Says of each that was given up what its last task said. */
static void explain(struct koji_builder *koji, const GPtrArray *missing)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();

	for (guint i = 0; i < missing->len; i++) {
		struct koji_missing *one = missing_at(missing, i);

		if (!one->outcome->error && is_given_up(one))
			one->result_call =
				koji_batch_add(batch, "getTaskResult", "i", one->failed_task);
	}
	koji_batch_read(batch, koji->session);
	for (guint i = 0; i < missing->len; i++) {
		const struct koji_missing *one = missing_at(missing, i);
		const struct koji_answer *answer;

		if (one->outcome->error || !is_given_up(one))
			continue;
		answer = koji_batch_answer(batch, one->result_call);
		one->outcome->is_outage = answer->is_outage;
		fail(&one->outcome->error,
		     answer->is_outage ? RIDA_ERROR_UNAVAILABLE : RIDA_ERROR_CONFLICT,
		     "build %s cannot be put into tag %s: %u tasks have failed, the last one is "
		     "%" PRId64 ": %s",
		     one->nvr, one->tag, one->failures, one->failed_task,
		     answer->error ? answer->error->message : "it does not say why");
	}
}

/* What the module brings itself is no longer blocked. */
static void plan(const struct koji_batch *reads, struct koji_missing *one,
		 struct koji_batch *writes)
{
	g_autoptr(GHashTable) packages = NULL;
	g_autoptr(RpmName) name = NULL;
	struct json_object *list = NULL;

	if (!koji_expect(reads, one->packages_call, json_type_array, one->build_tag, one->outcome,
			 &list))
		return;
	packages = koji_listed_packages(list, one->build_tag, one->outcome);
	if (!packages || !rpm_name_read_nvr(one->nvr, &name, &one->outcome->error))
		return;
	if (strcmp(one->tag, one->build_tag) == 0 &&
	    g_hash_table_lookup(packages, name->name) == GINT_TO_POINTER(KOJI_BLOCKED)) {
		one->is_unblocked = true;
		one->unblock_call =
			koji_batch_add(writes, "packageListUnblock", "ss", one->tag, name->name);
	}
	koji_batch_add(writes, "tagBuild", "ss", one->tag, one->nvr);
}

/* Where somebody else was quicker it is as we want it. */
static void learn(struct koji_builder *koji, const struct koji_missing *one, size_t call,
		  struct koji_answer *answer)
{
	const bool is_unblocking = one->is_unblocked && call == one->unblock_call;

	if (!answer->error && !is_unblocking)
		doing_of(koji->doings, missing_key(one))->is_active = true;
	if (answer->error &&
	    error_code(answer->error) != (is_unblocking ? RIDA_ERROR_MISSING : RIDA_ERROR_CONFLICT))
		koji_blame(one->outcome, answer, one->nvr);
}

static void request(struct koji_builder *koji, const struct koji_batch *reads,
		    const GPtrArray *missing)
{
	g_autoptr(KojiBatch) writes = koji_batch_new();
	g_autoptr(GPtrArray) owners = g_ptr_array_new();

	for (guint i = 0; i < missing->len; i++) {
		struct koji_missing *one = missing_at(missing, i);

		if (!one->outcome->error && !one->is_active)
			plan(reads, one, writes);
		while (owners->len < koji_batch_count(writes))
			g_ptr_array_add(owners, one);
	}
	koji_batch_write(writes, koji->session);
	for (guint i = 0; i < owners->len; i++)
		learn(koji, g_ptr_array_index(owners, i), i, koji_batch_answer(writes, i));
}

bool koji_learn_doings(struct koji_builder *koji, struct outcome *outcome)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	const int64_t now = koji->options->now ? koji->options->now : g_get_real_time();
	const int64_t since = now / G_USEC_PER_SEC - FAILURES_SECONDS;
	struct json_object *alive = NULL, *failed = NULL;
	GError *problem = NULL;
	uint64_t user = 0;
	size_t alive_call, failed_call;

	if (koji->doings)
		return true;
	if (!koji_user_id(koji->session, &user, &problem)) {
		koji_take_error(koji, outcome, problem);
		return false;
	}
	alive_call = koji_ask_alive_tasks(batch, "tagBuild", user);
	failed_call = koji_ask_failed_tasks(batch, "tagBuild", user, since);
	koji_batch_read(batch, koji->session);
	if (!koji_expect_tasks(batch, alive_call, "tagBuild", outcome, &alive) ||
	    !koji_expect_tasks(batch, failed_call, "tagBuild", outcome, &failed))
		return false;
	koji->doings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	add_doings(koji->doings, alive, true);
	add_doings(koji->doings, failed, false);
	return true;
}

void koji_tag_missing(struct koji_builder *koji, const GPtrArray *missing)
{
	g_autoptr(KojiBatch) reads = koji_batch_new();

	for (guint i = 0; i < missing->len; i++)
		ask(reads, missing_at(missing, i));
	koji_batch_read(reads, koji->session);
	for (guint i = 0; i < missing->len; i++) {
		struct koji_missing *one = missing_at(missing, i);

		if (!one->outcome->error && see(reads, one))
			see_doings(koji, one);
	}
	explain(koji, missing);
	request(koji, reads, missing);
}
