/* SPDX-License-Identifier: MIT */
#include "model/waits.h"

#include <inttypes.h>

#define LIMIT "{limit}"

/* clang-format off */
static const struct {
	const char *name;
	const char *words;
} waits[WAIT__COUNT] = {
	[WAIT_UNSEEN]         = { "unseen", "The scheduler has not looked at it yet." },
	[WAIT_VERIFICATION]   = { "verification", "Its components are being checked: repositories, commits, spec files and sources." },
	[WAIT_SLOT]           = { "slot", "It waits for a free place: the limit of concurrent component builds (" LIMIT ") is reached." },
	[WAIT_TASKS]          = { "tasks", "Its components are being built." },
	[WAIT_TASKS_AND_SLOT] = { "tasks-and-slot", "Its components are being built; others wait for a free place: the limit of concurrent component builds (" LIMIT ") is reached." },
	[WAIT_RECOVERY]       = { "recovery", "Nobody knows yet whether the builder got some of its components: that is found out before they are handed over again." },
	[WAIT_BUILDROOT]      = { "buildroot", "The buildroot is being prepared." },
	[WAIT_TAGS]           = { "tags", "What was built is being made available to the next batch." },
	[WAIT_REPO]           = { "repo", "The buildroot\xe2\x80\x99s repository is being made anew for the next batch." },
	[WAIT_PUBLISHING]     = { "publishing", "Everything is built; the module is being published." },
	[WAIT_GATE]           = { "gate", "All components were built. Its gate has to let it through." },
	[WAIT_OUTAGE]         = { "outage", "Something that builds need does not answer. It goes on by itself when that is back." },
	[WAIT_RETRY]          = { "retry", "Its last step failed; it is tried again after a while." },
	[WAIT_OPERATOR]       = { "operator", "It was set aside. An operator has to look at it and release it." },
	[WAIT_TURN]           = { "turn", "It goes on with the next pass of the scheduler." },
	[WAIT_CANCELING]      = { "canceling", "The tasks of its components are being ended." },
	[WAIT_CLEANING]       = { "cleaning", "Its buildroot is being removed." },
	[WAIT_DISCARDING]     = { "discarding", "Its results and logs are being removed." },
	[WAIT_NOTHING]        = { "nothing", "It waits for nothing." },
};

/* While a step is not done. */
static const enum wait step_waits[STEP__COUNT] = {
	[STEP_NONE]       = WAIT_TURN,
	[STEP_VERIFY]     = WAIT_VERIFICATION,
	[STEP_RECOVER]    = WAIT_RECOVERY,
	[STEP_PREPARE]    = WAIT_BUILDROOT,
	[STEP_TAG]        = WAIT_TAGS,
	[STEP_REGENERATE] = WAIT_REPO,
	[STEP_START]      = WAIT_SLOT,
	[STEP_FINISH]     = WAIT_PUBLISHING,
	[STEP_CANCEL]     = WAIT_CANCELING,
	[STEP_CLEAN]      = WAIT_CLEANING,
	[STEP_DISCARD]    = WAIT_DISCARDING,
};
/* clang-format on */

static bool slots_taken(const struct situation *now)
{
	return !now->slot_is_free;
}

static bool more_startable(const struct situation *now)
{
	return now->tasks_alive && now->components_startable;
}

static bool tasks_alive(const struct situation *now)
{
	return now->tasks_alive;
}

static bool components_startable(const struct situation *now)
{
	return now->components_startable;
}

static bool always(const struct situation *now)
{
	(void)now;
	return true;
}

#define WHEN(guard) guard, #guard

/* Where no rule fits; the first that does counts. */
/* clang-format off */
static const struct wait_rule {
	enum build_state state;
	guard_fn *when;
	const char *guard;
	enum wait wait;
} wait_rules[] = {
	{ BUILD_WAIT,    WHEN(slots_taken),          WAIT_SLOT },
	{ BUILD_BUILD,   WHEN(more_startable),       WAIT_TASKS_AND_SLOT },
	{ BUILD_BUILD,   WHEN(tasks_alive),          WAIT_TASKS },
	{ BUILD_BUILD,   WHEN(components_startable), WAIT_SLOT },
	{ BUILD_BUILD,   WHEN(always),               WAIT_REPO },
	{ BUILD_DONE,    WHEN(always),               WAIT_GATE },
	{ BUILD_FAILED,  WHEN(always),               WAIT_NOTHING },
	{ BUILD_READY,   WHEN(always),               WAIT_NOTHING },
	{ BUILD_GARBAGE, WHEN(always),               WAIT_NOTHING },
};
/* clang-format on */

enum wait machine_wait(const struct situation *now)
{
	const struct rule *rule = machine_decide(now);

	if (rule)
		return step_waits[rule->step];
	for (size_t i = 0; i < G_N_ELEMENTS(wait_rules); i++)
		if (wait_rules[i].state == now->state && wait_rules[i].when(now))
			return wait_rules[i].wait;
	g_assert_not_reached();
}

enum wait wait_of(int recorded, bool is_set_aside)
{
	if (is_set_aside)
		return WAIT_OPERATOR;
	return recorded > WAIT_UNSEEN && recorded < WAIT__COUNT ? (enum wait)recorded : WAIT_UNSEEN;
}

const char *wait_name(enum wait wait)
{
	g_assert(wait < WAIT__COUNT);
	return waits[wait].name;
}

char *wait_words(enum wait wait, uint64_t limit)
{
	g_autoptr(GString) words = g_string_new(NULL);
	g_autofree char *number = g_strdup_printf("%" PRIu64, limit);

	g_assert(wait < WAIT__COUNT);
	g_string_append(words, waits[wait].words);
	g_string_replace(words, LIMIT, number, 0);
	return g_string_free(g_steal_pointer(&words), FALSE);
}

void waits_print(FILE *out)
{
	fputs("\n| state | when no rule fits and | waits for |\n|---|---|---|\n", out);
	for (size_t i = 0; i < G_N_ELEMENTS(wait_rules); i++)
		fprintf(out, "| %s | %s | %s |\n", build_states[wait_rules[i].state].name,
			wait_rules[i].guard, waits[wait_rules[i].wait].name);
	fputs("\n| step that is not done | waits for |\n|---|---|\n", out);
	for (int step = STEP_NONE + 1; step < STEP__COUNT; step++)
		fprintf(out, "| %s | %s |\n", step_name((enum step)step),
			waits[step_waits[step]].name);
	fputs("\n| number | waits for | in words |\n|---|---|---|\n", out);
	for (int i = 0; i < WAIT__COUNT; i++)
		fprintf(out, "| %d | %s | %s |\n", i, waits[i].name, waits[i].words);
}
