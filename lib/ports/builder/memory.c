/* SPDX-License-Identifier: MIT */
#include "ports/builder/builder.h"

#include <inttypes.h>

#include "base/error.h"
#include "ports/builder/memory_ledger.h"
#include "ports/builder/memory_plan.h"

struct memory_builder {
	struct builder base;
	struct memory_ledger *ledger;
	int64_t now; /* of the running call */
};

/* What a slot does with one element; outcome is empty before. */
typedef void element_fn(struct memory_builder *memory, const void *element,
			struct outcome *outcome);

static bool memory_open(const struct builder_options *options, struct builder **ret, GError **error)
{
	struct memory_builder *memory;
	struct memory_ledger *ledger;

	if (!options->memory_file || !*options->memory_file)
		return fail(error, RIDA_ERROR_UNSUPPORTED,
			    "the memory builder needs a file: set memory_builder_file");
	if (!memory_ledger_open(options->memory_file, &ledger, error))
		return false;
	memory = g_new0(struct memory_builder, 1);
	memory->base.ops = &builder_memory;
	memory->ledger = ledger;
	*ret = &memory->base;
	return true;
}

static void memory_close(struct builder *builder)
{
	struct memory_builder *memory = (struct memory_builder *)builder;

	if (memory)
		memory_ledger_close(memory->ledger);
	g_free(memory);
}

/* Nothing of a call counts when its lines could not be written. */
static void fail_all(struct outcome *outcomes, size_t count, GError *problem)
{
	outcomes_clear(outcomes, count);
	for (size_t i = 0; i < count; i++)
		outcomes[i].error = g_error_copy(problem);
	g_error_free(problem);
}

/* Runs a slot over its elements under one lock, with one write. */
static void for_each(struct builder *builder, const void *elements, size_t size, size_t count,
		     struct outcome *outcomes, element_fn *function)
{
	struct memory_builder *memory = (struct memory_builder *)builder;
	GError *problem = NULL;

	for (size_t i = 0; i < count; i++)
		outcomes[i] = (struct outcome){ .task_state = TASK_NONE };
	if (!memory_ledger_lock(memory->ledger, &problem)) {
		fail_all(outcomes, count, problem);
		return;
	}
	memory->now = g_get_real_time();
	for (size_t i = 0; i < count; i++)
		function(memory, (const char *)elements + i * size, &outcomes[i]);
	if (!memory_ledger_unlock(memory->ledger, &problem))
		fail_all(outcomes, count, problem);
}

/* Ends an element in the error that a test planned for it. */
static bool take_fault(struct memory_builder *memory, const char *slot, const struct build *build,
		       const struct component *component, struct outcome *outcome)
{
	int code = memory_ledger_take_fault(memory->ledger, slot, build->name,
					    component ? component->name : "");

	if (code >= 0)
		fail(&outcome->error, (RidaError)code, "%s: a planned fault", slot);
	return code >= 0;
}

static struct json_object *line_new(const char *event, const struct build *build)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "event", json_object_new_string(event));
	json_object_object_add(line, "build", json_object_new_uint64(build->id));
	return line;
}

static char *mark_of(const char *what, const struct build *build)
{
	return g_strdup_printf("%s %s", what, build->uuid);
}

static void add_mark_line(struct memory_builder *memory, const char *event,
			  const struct build *build, const char *mark)
{
	struct json_object *line = line_new(event, build);

	json_object_object_add(line, "mark", json_object_new_string(mark));
	memory_ledger_add(memory->ledger, line);
}

/* Something becomes so; it is written down only when it was not so before. */
static void set_mark(struct memory_builder *memory, const struct build *build, const char *mark)
{
	if (!memory_ledger_has_mark(memory->ledger, mark))
		add_mark_line(memory, "mark", build, mark);
}

static void end_mark(struct memory_builder *memory, const struct build *build, const char *mark)
{
	if (memory_ledger_has_mark(memory->ledger, mark))
		add_mark_line(memory, "unmark", build, mark);
}

static void add_task_line(struct memory_builder *memory, const char *event,
			  const struct build *build, const struct memory_task *task)
{
	struct json_object *line = line_new(event, build);

	json_object_object_add(line, "task", json_object_new_uint64(task->id));
	memory_ledger_add(memory->ledger, line);
}

static bool task_has_ended(const struct memory_builder *memory, const struct memory_task *task)
{
	if (task->is_canceled)
		return true;
	if (task->polls)
		return task->polled >= task->polls;
	return task->ms >= 0 && memory->now >= task->at + task->ms * 1000;
}

static enum task_state task_state(const struct memory_builder *memory,
				  const struct memory_task *task)
{
	if (!task_has_ended(memory, task))
		return TASK_OPEN;
	if (task->is_canceled)
		return TASK_CANCELED;
	return task->fails ? TASK_FAILED : TASK_CLOSED;
}

static void describe(const struct memory_builder *memory, const struct memory_task *task,
		     struct outcome *outcome)
{
	outcome->is_lost = task->vanishes && !task->is_canceled && task_has_ended(memory, task);
	if (outcome->is_lost)
		return;
	outcome->is_known = true;
	outcome->task_id = task->id;
	outcome->task_state = task_state(memory, task);
	if (outcome->task_state == TASK_CLOSED)
		outcome->nvr = g_strdup(task->nvr);
	if (outcome->task_state == TASK_CANCELED)
		outcome->reason = g_strdup("the task was canceled");
	if (outcome->task_state == TASK_FAILED) {
		outcome->reason =
			g_strdup_printf("%s does not build: its plan says so", task->component);
		outcome->log_file = g_strdup("build.log");
		outcome->excerpt = g_strdup("error: this build was planned to fail\n");
	}
}

static void prepare(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct build *build = ((const struct build_want *)element)->build;
	g_autofree char *mark = mark_of("prepare", build);

	if (!take_fault(memory, "prepare", build, NULL, outcome))
		set_mark(memory, build, mark);
}

static struct json_object *task_line(const struct memory_builder *memory, const char *event,
				     const struct build *build, const char *key)
{
	struct json_object *line = line_new(event, build);
	uint64_t id = memory_ledger_next_id(memory->ledger);

	json_object_object_add(line, "task", json_object_new_uint64(id));
	json_object_object_add(line, "key", json_object_new_string(key));
	json_object_object_add(line, "at", json_object_new_int64(memory->now));
	return line;
}

static void start_task(struct memory_builder *memory, const struct submission *submission)
{
	const struct component *component = submission->component;
	struct memory_plan plan = memory_plan_read(component);
	struct json_object *line =
		task_line(memory, "submit", submission->build, submission->idem_key);
	const char *dist = submission->build->dist;
	g_autofree char *nvr = g_strdup_printf("%s-1.0-1%s", component->name, dist ? dist : "");

	json_object_object_add(line, "component", json_object_new_string(component->name));
	json_object_object_add(line, "attempt", json_object_new_uint64(submission->attempt_id));
	json_object_object_add(line, "nvr", json_object_new_string(nvr));
	json_object_object_add(line, "fails", json_object_new_boolean(plan.fails));
	json_object_object_add(line, "vanishes", json_object_new_boolean(plan.vanishes));
	json_object_object_add(line, "ms", json_object_new_int64(plan.ms));
	json_object_object_add(line, "polls", json_object_new_uint64(plan.polls));
	memory_ledger_add(memory->ledger, line);
}

static void submit(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct submission *submission = element;
	struct memory_task *task;

	/* An answer that is lost is lost after the task was started. */
	if (take_fault(memory, "submit", submission->build, submission->component, outcome) &&
	    error_code(outcome->error) != RIDA_ERROR_UNKNOWN_OUTCOME)
		return;
	if (!memory_ledger_find(memory->ledger, submission->idem_key))
		start_task(memory, submission);
	if (outcome->error)
		return;
	task = memory_ledger_find(memory->ledger, submission->idem_key);
	describe(memory, task, outcome);
}

static void poll_task(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct task_ref *ref = element;
	const struct memory_task *task = memory_ledger_task(memory->ledger, ref->task_id);

	if (take_fault(memory, "poll", ref->build, ref->component, outcome) || !task)
		return;
	if (task->polls && !task_has_ended(memory, task))
		add_task_line(memory, "poll", ref->build, task);
	describe(memory, task, outcome);
}

static void recover(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct submission *submission = element;
	const struct memory_task *task = memory_ledger_find(memory->ledger, submission->idem_key);

	if (!take_fault(memory, "recover", submission->build, submission->component, outcome) &&
	    task)
		describe(memory, task, outcome);
}

static void tag(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct build *build = ((const struct build_want *)element)->build;

	if (take_fault(memory, "tag", build, NULL, outcome))
		return;
	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = build->components->pdata[i];
		g_autofree char *mark = NULL;

		if (component->state != COMPONENT_COMPLETE || component->tagged)
			continue;
		mark = g_strdup_printf("tag %s %s", build->uuid, component->nvr);
		set_mark(memory, build, mark);
	}
	outcome->is_ready = true;
}

static void regenerate(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct build_want *want = element;

	if (take_fault(memory, "regenerate", want->build, NULL, outcome))
		return;
	if (!memory_ledger_find(memory->ledger, want->idem_key))
		memory_ledger_add(memory->ledger,
				  task_line(memory, "repo", want->build, want->idem_key));
	outcome->is_known = true;
	outcome->task_id = memory_ledger_find(memory->ledger, want->idem_key)->id;
	outcome->task_state = TASK_OPEN;
}

static void repo_ready(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct build *build = ((const struct build_want *)element)->build;
	const struct memory_task *task = memory_ledger_task(memory->ledger, build->repo_task_id);

	if (take_fault(memory, "repo-ready", build, NULL, outcome))
		return;
	if (!task)
		fail(&outcome->error, RIDA_ERROR_MISSING, "there is no repository task %" PRIu64,
		     build->repo_task_id);
	else
		outcome->is_ready = task_has_ended(memory, task);
}

static void cancel(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct task_ref *ref = element;
	const struct memory_task *task = memory_ledger_task(memory->ledger, ref->task_id);

	if (take_fault(memory, "cancel", ref->build, ref->component, outcome))
		return;
	if (task && !task_has_ended(memory, task))
		add_task_line(memory, "cancel", ref->build, task);
	outcome->is_ready = true;
	if (task)
		describe(memory, task, outcome);
}

static void finish(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct build_want *want = element;
	g_autofree char *mark = mark_of("finish", want->build);

	if (take_fault(memory, "finish", want->build, NULL, outcome))
		return;
	set_mark(memory, want->build, mark);
	outcome->modulemd = g_strdup(want->modulemd);
	outcome->is_ready = true;
}

static void clean(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct build *build = ((const struct build_want *)element)->build;
	g_autofree char *mark = mark_of("prepare", build);

	if (!take_fault(memory, "clean", build, NULL, outcome))
		end_mark(memory, build, mark);
}

static void discard(struct memory_builder *memory, const void *element, struct outcome *outcome)
{
	const struct build *build = ((const struct build_want *)element)->build;
	g_autofree char *mark = mark_of("discard", build);

	if (!take_fault(memory, "discard", build, NULL, outcome))
		set_mark(memory, build, mark);
}

struct surveying {
	const struct memory_builder *memory;
	struct survey *survey;
};

/* Repositories are tasks too, of no component. */
static void survey_task(const struct memory_task *task, void *data)
{
	const struct surveying *surveying = data;
	const struct survey_task found = { .key = task->key,
					   .task_id = task->id,
					   .state = task_state(surveying->memory, task),
					   .component = task->component };

	if (task->component && *task->component)
		survey_add(surveying->survey, &found);
}

/* "tag UUID NVR" */
static void survey_mark(const char *mark, void *data)
{
	const struct surveying *surveying = data;
	g_auto(GStrv) words = g_strsplit(mark, " ", 3);

	if (g_strv_length(words) == 3)
		g_hash_table_add(survey_tagged(surveying->survey, words[1]), g_strdup(words[2]));
}

static bool memory_survey(struct builder *builder, const struct survey_wants *wants,
			  struct survey *ret, GError **error)
{
	struct memory_builder *memory = (struct memory_builder *)builder;
	struct surveying surveying = { memory, ret };

	if (!memory_ledger_lock(memory->ledger, error))
		return false;
	memory->now = g_get_real_time();
	for (guint i = 0; i < wants->builds->len; i++)
		survey_tagged(ret, ((const struct build *)wants->builds->pdata[i])->uuid);
	memory_ledger_each_task(memory->ledger, survey_task, &surveying);
	memory_ledger_each_mark(memory->ledger, "tag ", survey_mark, &surveying);
	return memory_ledger_unlock(memory->ledger, error);
}

/* Each slot is its element function over the slot's kind of elements. */
#define SLOT(slot, type)                                                                           \
	static void memory_##slot##_many(struct builder *builder, const struct type *elements,     \
					 size_t count, struct outcome *outcomes)                   \
	{                                                                                          \
		for_each(builder, elements, sizeof *elements, count, outcomes, slot);              \
	}

SLOT(prepare, build_want)
SLOT(submit, submission)
SLOT(poll_task, task_ref)
SLOT(recover, submission)
SLOT(tag, build_want)
SLOT(regenerate, build_want)
SLOT(repo_ready, build_want)
SLOT(cancel, task_ref)
SLOT(finish, build_want)
SLOT(clean, build_want)
SLOT(discard, build_want)

const struct builder_ops builder_memory = {
	.name = "memory",
	.open = memory_open,
	.close = memory_close,
	.session = builder_no_session,
	.survey = memory_survey,
	.location = builder_nowhere,
	.prepare_many = memory_prepare_many,
	.submit_many = memory_submit_many,
	.poll_many = memory_poll_task_many,
	.recover_many = memory_recover_many,
	.tag_many = memory_tag_many,
	.regenerate_many = memory_regenerate_many,
	.repo_ready_many = memory_repo_ready_many,
	.cancel_many = memory_cancel_many,
	.finish_many = memory_finish_many,
	.clean_many = memory_clean_many,
	.discard_many = memory_discard_many,
};
