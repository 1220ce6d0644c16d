/* SPDX-License-Identifier: MIT */
#include "ports/builder/faulty.h"

#include "base/error.h"
#include "base/fault.h"

struct faulty_builder {
	struct builder base;
	struct builder_ops ops; /* with the real one's name */
	struct builder *real;
};

/* What a call is about: each kind of element begins with its build. */
struct elements {
	const void *first;
	size_t size;
	size_t count;
};
struct element {
	const struct build *build;
};
G_STATIC_ASSERT(G_STRUCT_OFFSET(struct build_want, build) == 0);
G_STATIC_ASSERT(G_STRUCT_OFFSET(struct submission, build) == 0);
G_STATIC_ASSERT(G_STRUCT_OFFSET(struct task_ref, build) == 0);

static struct builder *real_of(struct builder *builder)
{
	return ((struct faulty_builder *)builder)->real;
}

static bool strikes(enum fault point, const struct elements *elements, GError **error)
{
	if (!fault_point(point, error))
		return true;
	for (size_t i = 0; i < elements->count; i++) {
		const struct element *element =
			(const void *)((const char *)elements->first + i * elements->size);

		if (!fault_reach(point, element->build->name, error))
			return true;
	}
	return false;
}

/* The call was not made. */
static bool strikes_before(enum fault point, const struct elements *elements,
			   struct outcome *outcomes)
{
	g_autoptr(GError) problem = NULL;

	if (!strikes(point, elements, &problem))
		return false;
	for (size_t i = 0; i < elements->count; i++)
		outcomes[i] = (struct outcome){ .error = g_error_copy(problem) };
	return true;
}

/* The call was made, and its answer is lost. */
static void strikes_after(enum fault point, const struct elements *elements,
			  struct outcome *outcomes)
{
	g_autoptr(GError) problem = NULL;

	if (!strikes(point, elements, &problem))
		return;
	outcomes_clear(outcomes, elements->count);
	for (size_t i = 0; i < elements->count; i++)
		outcomes[i] = (struct outcome){ .error = g_error_new_literal(
							RIDA_ERROR, RIDA_ERROR_UNKNOWN_OUTCOME,
							problem->message) };
}

#define SLOT(slot, type, BEFORE, AFTER)                                                            \
	static void faulty_##slot(struct builder *builder, const struct type *wants, size_t count, \
				  struct outcome *outcomes)                                        \
	{                                                                                          \
		const struct elements elements = { wants, sizeof *wants, count };                  \
                                                                                                   \
		if (strikes_before(BEFORE, &elements, outcomes))                                   \
			return;                                                                    \
		real_of(builder)->ops->slot(real_of(builder), wants, count, outcomes);             \
		strikes_after(AFTER, &elements, outcomes);                                         \
	}
SLOT(prepare_many, build_want, FAULT_BEFORE_PREPARE, FAULT_AFTER_PREPARE)
SLOT(submit_many, submission, FAULT_BEFORE_SUBMIT, FAULT_AFTER_SUBMIT)
SLOT(poll_many, task_ref, FAULT_BEFORE_POLL, FAULT_AFTER_POLL)
SLOT(recover_many, submission, FAULT_BEFORE_RECOVER, FAULT_AFTER_RECOVER)
SLOT(tag_many, build_want, FAULT_BEFORE_TAG, FAULT_AFTER_TAG)
SLOT(regenerate_many, build_want, FAULT_BEFORE_REGENERATE, FAULT_AFTER_REGENERATE)
SLOT(repo_ready_many, build_want, FAULT_BEFORE_REPO_READY, FAULT_AFTER_REPO_READY)
SLOT(cancel_many, task_ref, FAULT_BEFORE_CANCEL, FAULT_AFTER_CANCEL)
SLOT(finish_many, build_want, FAULT_BEFORE_FINISH, FAULT_AFTER_FINISH)
SLOT(clean_many, build_want, FAULT_BEFORE_CLEAN, FAULT_AFTER_CLEAN)
SLOT(discard_many, build_want, FAULT_BEFORE_DISCARD, FAULT_AFTER_DISCARD)

static void faulty_session(struct builder *builder, struct outcome *outcome)
{
	const struct elements nothing = { 0 };
	g_autoptr(GError) problem = NULL;

	if (strikes(FAULT_BEFORE_SESSION, &nothing, &problem)) {
		*outcome = (struct outcome){ .error = g_steal_pointer(&problem) };
		return;
	}
	real_of(builder)->ops->session(real_of(builder), outcome);
	if (strikes(FAULT_AFTER_SESSION, &nothing, &problem)) {
		outcomes_clear(outcome, 1);
		*outcome = (struct outcome){ .error = g_steal_pointer(&problem) };
	}
}

static void faulty_close(struct builder *builder)
{
	real_of(builder)->ops->close(real_of(builder));
	g_free(builder);
}

static bool faulty_survey(struct builder *builder, const struct survey_wants *wants,
			  struct survey *ret, GError **error)
{
	struct builder *real = real_of(builder);

	return real->ops->survey(real, wants, ret, error);
}

static char *faulty_location(struct builder *builder, const struct build *build)
{
	struct builder *real = real_of(builder);

	return real->ops->location(real, build);
}

struct builder *faulty_builder_new(struct builder *real)
{
	struct faulty_builder *faulty = g_new0(struct faulty_builder, 1);

	faulty->real = real;
	faulty->base.ops = &faulty->ops;
	faulty->ops = (struct builder_ops){
		.name = real->ops->name,
		.has_tags = real->ops->has_tags,
		.open = real->ops->open,
		.close = faulty_close,
		.session = faulty_session,
		.survey = faulty_survey,
		.location = faulty_location,
		.prepare_many = faulty_prepare_many,
		.submit_many = faulty_submit_many,
		.poll_many = faulty_poll_many,
		.recover_many = faulty_recover_many,
		.tag_many = faulty_tag_many,
		.regenerate_many = faulty_regenerate_many,
		.repo_ready_many = faulty_repo_ready_many,
		.cancel_many = faulty_cancel_many,
		.finish_many = faulty_finish_many,
		.clean_many = faulty_clean_many,
		.discard_many = faulty_discard_many,
	};
	return &faulty->base;
}
