/* SPDX-License-Identifier: MIT */
/*
 * Runs the scenarios of the machine and the batches. A file has three parts:
 *
 *	given
 *	  build state=build prepared repo_batch=1
 *	  component bash batch=2 state=complete tagged weight=3
 *	when decide slot_is_free        (or: choose N, assign, resume, abandon REASON)
 *	expect
 *	  step start-batch
 *
 * The lines after "expect" are compared with what comes out; a difference is printed as a diff.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/batch.h"
#include "model/machine.h"
#include "tests/scenario/scenario.h"

struct scenario {
	const char *file;
	struct build *build;
	char **when; /* words */
	GString *expected;
	GString *got;
};

static void complain(const struct scenario *scenario, const char *words)
{
	fprintf(stderr, "%s: what is \"%s\"?\n", scenario->file, words);
	exit(EXIT_FAILURE);
}

/* The text behind "key=", or NULL when the word is another. */
static const char *value_of(const char *word, const char *key)
{
	const size_t length = strlen(key);

	return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static uint32_t number(const char *text)
{
	return (uint32_t)g_ascii_strtoull(text, NULL, 10);
}

static void read_build(struct scenario *scenario, char **words)
{
	struct build *build = scenario->build;
	const char *value;

	for (; *words; words++) {
		if ((value = value_of(*words, "state"))) {
			if (!build_state_read(value, &build->state))
				complain(scenario, value);
		} else if ((value = value_of(*words, "repo_batch"))) {
			build->repo_batch = number(value);
		} else if ((value = value_of(*words, "repo_task"))) {
			build->repo_task_id = number(value);
		} else if ((value = value_of(*words, "verification"))) {
			build->verification = strcmp(value, "good") == 0  ? VERIFICATION_GOOD
					      : strcmp(value, "bad") == 0 ? VERIFICATION_BAD
									  : VERIFICATION_OPEN;
		} else if ((value = value_of(*words, "dist"))) {
			text_set(&build->dist, value);
		} else if (strcmp(*words, "prepared") == 0) {
			build->is_prepared = true;
		} else if (strcmp(*words, "finished") == 0) {
			build->is_finished = true;
		} else if (strcmp(*words, "cleaned") == 0) {
			build->is_cleaned = true;
		} else if (strcmp(*words, "discarded") == 0) {
			build->is_discarded = true;
		} else {
			complain(scenario, *words);
		}
	}
}

static enum component_state read_state(const struct scenario *scenario, const char *text)
{
	for (int state = COMPONENT_WAITING; state <= COMPONENT_CANCELED; state++)
		if (g_ascii_strcasecmp(component_state_name((enum component_state)state), text) ==
		    0)
			return (enum component_state)state;
	complain(scenario, text);
	return COMPONENT_WAITING;
}

static void read_component(struct scenario *scenario, char **words)
{
	struct component *component = component_new(*words);
	const char *value;

	g_ptr_array_add(scenario->build->components, component);
	for (words++; *words; words++) {
		if ((value = value_of(*words, "batch")))
			component->batch = number(value);
		else if ((value = value_of(*words, "order")))
			component->build_order = (int)g_ascii_strtoll(value, NULL, 10);
		else if ((value = value_of(*words, "state")))
			component->state = read_state(scenario, value);
		else if ((value = value_of(*words, "weight")))
			component->weight = g_ascii_strtod(value, NULL);
		else if ((value = value_of(*words, "task")))
			component->task_id = number(value);
		else if (strcmp(*words, "tagged") == 0)
			component->tagged = true;
		else if (strcmp(*words, "macros") == 0)
			component->build_time_only = true;
		else
			complain(scenario, *words);
	}
}

static void read_line(struct scenario *scenario, const char *line)
{
	g_auto(GStrv) words = NULL;
	g_autofree char *text = g_strstrip(g_strdup(line));

	if (!*text || *text == '#' || strcmp(text, "given") == 0)
		return;
	words = g_strsplit_set(text, " \t", 0);
	if (scenario->expected)
		g_string_append_printf(scenario->expected, "%s\n", text);
	else if (strcmp(*words, "build") == 0)
		read_build(scenario, words + 1);
	else if (strcmp(*words, "component") == 0)
		read_component(scenario, words + 1);
	else if (strcmp(*words, "when") == 0)
		scenario->when = g_strdupv(words + 1);
	else if (strcmp(*words, "expect") == 0)
		scenario->expected = g_string_new(NULL);
	else
		complain(scenario, text);
}

static void print_components(const struct scenario *scenario, bool with_batch)
{
	for (guint i = 0; i < scenario->build->components->len; i++) {
		const struct component *component =
			g_ptr_array_index(scenario->build->components, i);
		g_autofree char *state =
			g_ascii_strdown(component_state_name(component->state), -1);

		if (with_batch)
			g_string_append_printf(scenario->got, "%s %u\n", component->name,
					       component->batch);
		else
			g_string_append_printf(scenario->got, "%s %s%s\n", component->name, state,
					       component->tagged ? " tagged" : "");
	}
}

/* The words after "decide" are facts of the surroundings. */
static struct situation situation_in(const struct scenario *scenario)
{
	struct surroundings surroundings = { .stuck_age = 1, .stale_age = 1 };
	struct situation now;

	for (char **word = scenario->when + 1; *word; word++)
		if (strcmp(*word, "gate") == 0)
			surroundings.has_gate = true;
	now = situation_of(scenario->build, &surroundings);
	for (char **word = scenario->when + 1; *word; word++)
		for (size_t i = 0; i < situation_facts_count; i++)
			if (strcmp(*word, situation_facts[i].name) == 0)
				situation_set(&now, i, true);
	return now;
}

static void run_decide(const struct scenario *scenario)
{
	const struct situation now = situation_in(scenario);
	const struct rule *rule = machine_decide(&now);

	if (!rule)
		g_string_append(scenario->got, "wait\n");
	else if (rule_is_move(rule))
		g_string_append_printf(scenario->got, "move %s by %s\n",
				       build_states[rule->next].name, rule->guard);
	else
		g_string_append_printf(scenario->got, "step %s\n", step_name(rule->step));
}

static void run_choose(const struct scenario *scenario)
{
	g_autoptr(GPtrArray) chosen = batch_choose(scenario->build, number(scenario->when[1]));

	for (guint i = 0; i < chosen->len; i++) {
		const struct component *component = g_ptr_array_index(chosen, i);

		g_string_append_printf(scenario->got, "%s\n", component->name);
	}
}

static void run_when(const struct scenario *scenario)
{
	const char *verb = scenario->when ? scenario->when[0] : "";

	if (strcmp(verb, "decide") == 0) {
		run_decide(scenario);
	} else if (strcmp(verb, "choose") == 0) {
		run_choose(scenario);
	} else if (strcmp(verb, "assign") == 0) {
		batch_assign(scenario->build->components);
		print_components(scenario, true);
	} else if (strcmp(verb, "resume") == 0) {
		batch_resume(scenario->build);
		g_string_append_printf(scenario->got, "epoch %u\nbatch %u\n",
				       scenario->build->epoch, scenario->build->batch);
		print_components(scenario, false);
	} else if (strcmp(verb, "abandon") == 0) {
		batch_abandon(scenario->build, "gone");
		print_components(scenario, false);
	} else {
		complain(scenario, verb);
	}
}

static void print_diff(const struct scenario *scenario)
{
	g_auto(GStrv) expected = g_strsplit(scenario->expected->str, "\n", 0);
	g_auto(GStrv) got = g_strsplit(scenario->got->str, "\n", 0);

	fprintf(stderr, "FAILED %s\n", scenario->file);
	for (char **line = expected; *line; line++)
		if (**line && !g_strv_contains((const char *const *)got, *line))
			fprintf(stderr, "  - %s\n", *line);
	for (char **line = got; *line; line++)
		if (**line && !g_strv_contains((const char *const *)expected, *line))
			fprintf(stderr, "  + %s\n", *line);
	fprintf(stderr, "  all of it:\n%s", scenario->got->str);
}

static bool run_file(const char *file)
{
	struct scenario scenario = { .file = file, .build = build_new() };
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	bool is_good;

	scenario.got = g_string_new(NULL);
	if (!scenario.build->components)
		scenario.build->components =
			g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	scenario.build->epoch = 1;
	if (!g_file_get_contents(file, &text, NULL, NULL))
		complain(&scenario, "this file");
	lines = g_strsplit(text, "\n", 0);
	for (char **line = lines; *line; line++)
		read_line(&scenario, *line);
	if (!scenario.expected || g_strv_length(lines) > 31)
		complain(&scenario, "a scenario without expectation, or of more than 30 lines");
	run_when(&scenario);
	is_good = strcmp(scenario.expected->str, scenario.got->str) == 0;
	if (!is_good)
		print_diff(&scenario);
	build_free(scenario.build);
	g_strfreev(scenario.when);
	g_string_free(scenario.expected, TRUE);
	g_string_free(scenario.got, TRUE);
	return is_good;
}

int main(void)
{
	return scenarios_run((const char *const[]){ "machine", "batch", NULL }, run_file);
}
