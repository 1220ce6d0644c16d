/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_tasks.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_slots.h"
#include "ports/builder/koji_task.h"

#define TASKS_PER_CALL 1000u

/* Nothing is known of a task after an error. */
static void forget(struct outcome *outcome)
{
	outcome->is_known = false;
	outcome->task_state = TASK_NONE;
}

static char *task_words(const struct koji_look *look)
{
	return g_strdup_printf("task %" PRIu64 " of component %s", look->task_id, look->component);
}

/* Whether it was submitted with that key. A number may belong to another task: of a hub whose
 * database was set up anew, or of another hub. */
static bool check_key(const struct koji_look *look, struct json_object *info)
{
	const char *key = koji_task_key(info);

	if (!*look->idem_key || g_strcmp0(key, look->idem_key) == 0)
		return true;
	forget(look->outcome);
	return fail(&look->outcome->error, RIDA_ERROR_UNAVAILABLE,
		    "Koji's task %" PRIu64 " is not the one of component %s: it was submitted "
		    "with %s",
		    look->task_id, look->component, key ? "another key" : "no key of ours");
}

static void look_at_info(const struct koji_look *look, struct json_object *info, bool with_keys)
{
	struct outcome *outcome = look->outcome;
	enum task_state state;

	outcome->task_id = look->task_id;
	if (!info)
		return;
	if (!koji_task_state(info, look->task_id, &state, &outcome->error))
		g_prefix_error(&outcome->error, "component %s: ", look->component);
	else if (!with_keys || check_key(look, info)) {
		outcome->is_known = true;
		outcome->task_state = state;
	}
}

static void look_at_infos(const struct koji_look *const *looks, guint count, bool with_keys,
			  struct koji_answer *answer)
{
	const bool is_list = !answer->error &&
			     json_object_is_type(answer->value, json_type_array) &&
			     json_object_array_length(answer->value) == count;

	for (guint i = 0; i < count; i++) {
		struct outcome *outcome = looks[i]->outcome;
		g_autofree char *what = task_words(looks[i]);

		koji_blame(outcome, answer, what);
		if (is_list)
			look_at_info(looks[i], json_object_array_get_idx(answer->value, i),
				     with_keys);
		else if (!outcome->error)
			fail(&outcome->error, RIDA_ERROR_UNAVAILABLE,
			     "%s: Koji does not answer about as many tasks as it was asked about",
			     what);
	}
}

/* One call is one request, and its answer is gone before the next one: it is large. */
static void look_at_some(struct koji_builder *koji, const struct koji_look *const *looks,
			 guint count, bool with_keys)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	struct json_object *ids = json_object_new_array();

	for (guint i = 0; i < count; i++)
		json_object_array_add(ids, json_object_new_int64((int64_t)looks[i]->task_id));
	koji_batch_add(batch, "getTaskInfo", with_keys ? "o*b" : "o", ids, "request", with_keys);
	koji_batch_read(batch, koji->session);
	look_at_infos(looks, count, with_keys, koji_batch_answer(batch, 0));
}

void koji_look_at_tasks(struct koji_builder *koji, const struct koji_look *looks, size_t count,
			bool with_keys)
{
	g_autoptr(GPtrArray) asked = g_ptr_array_new();

	/* The hub would refuse all of a list for one number that it has no room for. */
	for (size_t i = 0; i < count; i++) {
		forget(looks[i].outcome);
		looks[i].outcome->task_id = looks[i].task_id;
		if (looks[i].task_id > 0 && looks[i].task_id <= KOJI_ID_MAX)
			g_ptr_array_add(asked, (gpointer)(uintptr_t)&looks[i]);
	}
	for (guint i = 0; i < asked->len; i += TASKS_PER_CALL)
		look_at_some(koji, (const struct koji_look *const *)asked->pdata + i,
			     MIN(TASKS_PER_CALL, asked->len - i), with_keys);
}

/* ---- tasks that have ended --------------------------------------------------------------- */

/* Which answers are about one of them; those that were not asked for have no number. */
struct end {
	const struct koji_look *look;
	size_t info;
	size_t builds;      /* of a closed one */
	size_t result;      /* of a failed one */
	size_t descendents; /* of a failed one */
};

static struct end end_ask(struct koji_batch *batch, const struct koji_look *look)
{
	const int64_t id = (int64_t)look->task_id;
	struct end end = { .look = look };

	end.info = koji_batch_add(batch, "getTaskInfo", "i*b", id, "request", true);
	if (look->outcome->task_state == TASK_CLOSED)
		end.builds = koji_batch_add(batch, "listBuilds", "*i", "taskID", id);
	if (look->outcome->task_state == TASK_FAILED) {
		end.result =
			koji_batch_add(batch, "getTaskResult", "i*b", id, "raise_fault", false);
		end.descendents = koji_batch_add(batch, "getTaskDescendents", "i", id);
	}
	return end;
}

static void learn_nvr(const struct end *end, struct koji_batch *batch)
{
	const struct koji_look *look = end->look;
	struct koji_answer *answer = koji_batch_answer(batch, end->builds);
	g_autofree char *what = task_words(look);

	koji_blame(look->outcome, answer, what);
	if (!look->outcome->error && !koji_task_nvr(answer->value, look->task_id,
						    &look->outcome->nvr, &look->outcome->error))
		g_prefix_error(&look->outcome->error, "component %s: ", look->component);
}

/* The task's own fault may come as that of the call: old hubs do not know the argument. */
static void learn_reason(const struct end *end, struct koji_batch *batch)
{
	struct outcome *outcome = end->look->outcome;
	struct koji_answer *result = koji_batch_answer(batch, end->result);
	struct koji_answer *descendents = koji_batch_answer(batch, end->descendents);
	g_autofree char *what = task_words(end->look);

	if (result->error && (result->is_outage || result->fault_code == 0))
		koji_blame(outcome, result, what);
	else if (result->error)
		outcome->reason = g_strdup(result->error->message);
	else
		outcome->reason = koji_task_reason(result->value, descendents->value);
}

static void end_learn(const struct end *end, struct koji_batch *batch)
{
	struct outcome *outcome = end->look->outcome;
	struct koji_answer *answer = koji_batch_answer(batch, end->info);
	const enum task_state seen = outcome->task_state;
	g_autofree char *what = task_words(end->look);

	koji_blame(outcome, answer, what);
	if (!outcome->error)
		look_at_info(end->look, answer->value, true);
	if (!outcome->error && outcome->task_state != seen)
		fail(&outcome->error, RIDA_ERROR_UNAVAILABLE,
		     "%s was %s and is %s: Koji's tasks end once", what, task_state_name(seen),
		     outcome->is_known ? task_state_name(outcome->task_state) : "gone");
	if (!outcome->error && seen == TASK_CLOSED)
		learn_nvr(end, batch);
	else if (!outcome->error && seen == TASK_FAILED)
		learn_reason(end, batch);
	else if (!outcome->error)
		outcome->reason = g_strdup("the task was canceled in Koji");
	if (outcome->error)
		forget(outcome);
}

void koji_look_at_ends(struct koji_builder *koji, const struct koji_look *looks, size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(struct end));

	for (size_t i = 0; i < count; i++) {
		const struct outcome *outcome = looks[i].outcome;

		if (!outcome->error && outcome->is_known &&
		    !task_state_is_active(outcome->task_state)) {
			const struct end end = end_ask(batch, &looks[i]);

			g_array_append_val(ends, end);
		}
	}
	koji_batch_read(batch, koji->session);
	for (guint i = 0; i < ends->len; i++)
		end_learn(&g_array_index(ends, struct end, i), batch);
}
