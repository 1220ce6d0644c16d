/* SPDX-License-Identifier: MIT */
#include "model/machine.h"

#include "model/batch.h"

#define GUARD(name, expression)                                                                    \
	static bool name(const struct situation *now)                                              \
	{                                                                                          \
		return expression;                                                                 \
	}

GUARD(cancel_requested, now->cancel_requested)
GUARD(verification_open, now->verification_open)
GUARD(verification_bad, now->verification_bad)
GUARD(verification_good, !now->verification_open && !now->verification_bad)
GUARD(build_stuck, now->is_overdue)
GUARD(limits_allow, now->slot_is_free)
GUARD(step_refused, now->step_refused)
GUARD(intents_orphaned, now->intents_orphaned)
GUARD(buildroot_missing, now->buildroot_missing)
GUARD(batch_failed, now->batch_failed)
GUARD(batch_untagged, now->untagged)
GUARD(repo_outdated, now->repo_outdated)
GUARD(batch_can_start, now->components_startable && now->slot_is_free)
GUARD(module_unfinished, now->all_built && !now->is_finished)
GUARD(module_finished, now->all_built && now->is_finished)
GUARD(gate_open, now->gate_is_open)
GUARD(tasks_alive, now->tasks_alive)
GUARD(buildroot_left, now->buildroot_left)
GUARD(resume_unverified, now->resume_requested && !verification_good(now))
GUARD(resume_requested, now->resume_requested)
GUARD(artifacts_left, now->artifacts_left)
GUARD(stale_artifacts_left, now->is_overdue && now->artifacts_left)
GUARD(stale, now->is_overdue)
GUARD(retire_requested, now->retire_requested)

#define WHEN(guard) guard, #guard

/* clang-format off */
const struct rule machine_rules[] = {
	/* state        guard                       next           step             cause */
	{ BUILD_INIT,   WHEN(cancel_requested),     BUILD_FAILED,  STEP_NONE,       CAUSE_CANCELED },
	{ BUILD_INIT,   WHEN(verification_bad),     BUILD_FAILED,  STEP_NONE,       CAUSE_REJECTED },
	{ BUILD_INIT,   WHEN(verification_good),    BUILD_WAIT,    STEP_NONE,       CAUSE_PROGRESS },
	{ BUILD_INIT,   WHEN(build_stuck),          BUILD_FAILED,  STEP_NONE,       CAUSE_STUCK },
	{ BUILD_INIT,   WHEN(verification_open),    BUILD_INIT,    STEP_VERIFY,     CAUSE_PROGRESS },

	{ BUILD_WAIT,   WHEN(cancel_requested),     BUILD_FAILED,  STEP_NONE,       CAUSE_CANCELED },
	{ BUILD_WAIT,   WHEN(build_stuck),          BUILD_FAILED,  STEP_NONE,       CAUSE_STUCK },
	{ BUILD_WAIT,   WHEN(limits_allow),         BUILD_BUILD,   STEP_NONE,       CAUSE_PROGRESS },

	{ BUILD_BUILD,  WHEN(cancel_requested),     BUILD_FAILED,  STEP_NONE,       CAUSE_CANCELED },
	{ BUILD_BUILD,  WHEN(step_refused),         BUILD_FAILED,  STEP_NONE,       CAUSE_REFUSED },
	{ BUILD_BUILD,  WHEN(build_stuck),          BUILD_FAILED,  STEP_NONE,       CAUSE_STUCK },
	{ BUILD_BUILD,  WHEN(intents_orphaned),     BUILD_BUILD,   STEP_RECOVER,    CAUSE_PROGRESS },
	{ BUILD_BUILD,  WHEN(batch_failed),         BUILD_FAILED,  STEP_NONE,       CAUSE_BATCH },
	{ BUILD_BUILD,  WHEN(buildroot_missing),    BUILD_BUILD,   STEP_PREPARE,    CAUSE_PROGRESS },
	{ BUILD_BUILD,  WHEN(batch_untagged),       BUILD_BUILD,   STEP_TAG,        CAUSE_PROGRESS },
	{ BUILD_BUILD,  WHEN(repo_outdated),        BUILD_BUILD,   STEP_REGENERATE, CAUSE_PROGRESS },
	{ BUILD_BUILD,  WHEN(batch_can_start),      BUILD_BUILD,   STEP_START,      CAUSE_PROGRESS },
	{ BUILD_BUILD,  WHEN(module_unfinished),    BUILD_BUILD,   STEP_FINISH,     CAUSE_PROGRESS },
	{ BUILD_BUILD,  WHEN(module_finished),      BUILD_DONE,    STEP_NONE,       CAUSE_PROGRESS },

	{ BUILD_DONE,   WHEN(gate_open),            BUILD_READY,   STEP_NONE,       CAUSE_PROGRESS },

	{ BUILD_FAILED, WHEN(tasks_alive),          BUILD_FAILED,  STEP_CANCEL,     CAUSE_PROGRESS },
	{ BUILD_FAILED, WHEN(buildroot_left),       BUILD_FAILED,  STEP_CLEAN,      CAUSE_PROGRESS },
	{ BUILD_FAILED, WHEN(resume_unverified),    BUILD_INIT,    STEP_NONE,       CAUSE_RESUMED },
	{ BUILD_FAILED, WHEN(resume_requested),     BUILD_WAIT,    STEP_NONE,       CAUSE_RESUMED },
	{ BUILD_FAILED, WHEN(stale_artifacts_left), BUILD_FAILED,  STEP_DISCARD,    CAUSE_PROGRESS },
	{ BUILD_FAILED, WHEN(stale),                BUILD_GARBAGE, STEP_NONE,       CAUSE_STALE },

	{ BUILD_READY,  WHEN(retire_requested),     BUILD_GARBAGE, STEP_NONE,       CAUSE_RETIRED },
	{ BUILD_READY,  WHEN(buildroot_left),       BUILD_READY,   STEP_CLEAN,      CAUSE_PROGRESS },

	{ BUILD_GARBAGE, WHEN(artifacts_left),      BUILD_GARBAGE, STEP_DISCARD,    CAUSE_PROGRESS },
};
/* clang-format on */
const size_t machine_rules_count = G_N_ELEMENTS(machine_rules);

static const char *const step_names[STEP__COUNT] = {
	[STEP_NONE] = "none",
	[STEP_VERIFY] = "verify",
	[STEP_RECOVER] = "recover",
	[STEP_PREPARE] = "prepare-buildroot",
	[STEP_TAG] = "tag-batch",
	[STEP_REGENERATE] = "regenerate-repo",
	[STEP_START] = "start-batch",
	[STEP_FINISH] = "finish",
	[STEP_CANCEL] = "cancel-tasks",
	[STEP_CLEAN] = "clean-buildroot",
	[STEP_DISCARD] = "discard-artifacts",
};

/* What a cause is called, and whose fault a failure by it is. */
static const struct {
	enum failure_type failure_type;
	const char *name;
} causes[CAUSE__COUNT] = {
	[CAUSE_PROGRESS] = { FAILURE_NONE, "progress" },
	[CAUSE_CANCELED] = { FAILURE_UNSPEC, "canceled" },
	[CAUSE_REJECTED] = { FAILURE_USER, "rejected" },
	[CAUSE_REFUSED] = { FAILURE_INFRA, "refused" },
	[CAUSE_STUCK] = { FAILURE_USER, "stuck" },
	[CAUSE_BATCH] = { FAILURE_USER, "batch failed" },
	[CAUSE_RESUMED] = { FAILURE_NONE, "resumed" },
	[CAUSE_STALE] = { FAILURE_NONE, "stale" },
	[CAUSE_RETIRED] = { FAILURE_NONE, "retired" },
};

bool rule_is_move(const struct rule *rule)
{
	return rule->next != rule->state;
}

const struct rule *machine_decide(const struct situation *now)
{
	for (size_t i = 0; i < machine_rules_count; i++) {
		const struct rule *rule = &machine_rules[i];

		if (rule->state == now->state && rule->when(now))
			return rule;
	}
	return NULL;
}

bool machine_is_settled(const struct build *build)
{
	const struct surroundings with_slots = { .slot_is_free = true };
	const struct situation now = situation_of(build, &with_slots);

	return build->state == BUILD_BUILD && now.tasks_alive && !build->repo_task_id &&
	       !machine_decide(&now);
}

const char *step_name(enum step step)
{
	g_assert(step < STEP__COUNT);
	return step_names[step];
}

enum failure_type cause_failure_type(enum cause cause)
{
	g_assert(cause < CAUSE__COUNT);
	return causes[cause].failure_type;
}

char *cause_reason(enum cause cause, const struct build *build, const char *who, const char *detail)
{
	g_autofree char *names = NULL;

	switch (cause) {
	case CAUSE_CANCELED:
		return g_strdup_printf("Canceled by %s.", who);
	case CAUSE_RESUMED:
		return g_strdup_printf("Resumed by %s.", who);
	case CAUSE_RETIRED:
		return g_strdup_printf("Retired by %s.", who);
	case CAUSE_STUCK:
		return g_strdup_printf("The build stayed in state %s for too long.",
				       build_states[build->state].name);
	case CAUSE_BATCH:
		names = batch_failed_names(build);
		return g_strdup_printf("Component(s) %s failed to build.", names);
	case CAUSE_STALE:
		return g_strdup("The artifacts of the failed build were removed.");
	case CAUSE_REJECTED:
	case CAUSE_REFUSED:
		return g_strdup(detail);
	case CAUSE_PROGRESS:
	case CAUSE__COUNT:
		break;
	}
	return NULL;
}

static void print_facts(FILE *out)
{
	fputs("| fact | meaning |\n|---|---|\n", out);
	for (size_t i = 0; i < situation_facts_count; i++)
		fprintf(out, "| %s | %s |\n", situation_facts[i].name, situation_facts[i].meaning);
}

static void print_rules(FILE *out)
{
	fputs("\n| state | when | next | step | cause |\n|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < machine_rules_count; i++) {
		const struct rule *rule = &machine_rules[i];

		fprintf(out, "| %s | %s | %s | %s | %s |\n", build_states[rule->state].name,
			rule->guard, rule_is_move(rule) ? build_states[rule->next].name : "",
			rule->step ? step_names[rule->step] : "",
			rule_is_move(rule) ? causes[rule->cause].name : "");
	}
}

static void print_graph(FILE *out)
{
	fputs("\n```dot\ndigraph machine {\n", out);
	for (size_t i = 0; i < machine_rules_count; i++) {
		const struct rule *rule = &machine_rules[i];

		fprintf(out, "\t%s -> %s [label=\"%s%s%s\"%s];\n", build_states[rule->state].name,
			build_states[rule->next].name, rule->guard, rule->step ? "\\n" : "",
			rule->step ? step_names[rule->step] : "",
			rule->step ? ", style=dashed" : "");
	}
	fputs("}\n```\n", out);
}

void machine_print(FILE *out)
{
	print_facts(out);
	print_rules(out);
	print_graph(out);
}
