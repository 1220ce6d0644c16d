/* SPDX-License-Identifier: MIT */

/*
 * The slots of the Koji builder that are about tasks, for tests in shell:
 *
 *	koji_tasks_probe --config FILE [--state-dir DIR] [--settle S] [COMMAND ELEMENTS]...
 *
 * Elements are separated by commas, their parts by slashes. Commands:
 *
 *	session -                          the session that is noted with intents
 *	submit KEY/COMPONENT[/REF[/ATTEMPT]]  module-build-macros is made here
 *	recover KEY/COMPONENT/SESSION/AGE  sent so many seconds ago
 *	poll ID/KEY/COMPONENT[/STATE]      the state that is known so far, as a number
 *	cancel ID/KEY/COMPONENT
 *	range FIRST/COUNT                  polls so many tasks at once, prints their states counted
 *	counts -
 *
 * An outcome is a line: "KEY task N STATE[ ready][ NVR][: reason]", "KEY unknown", or
 * "KEY CODE[ outage]: message".
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ports/builder/koji.h"

#define COMMIT "45b016bc3308ed649e0065fc1188c3d7463ddc35"

struct probe {
	struct builder *builder;
	struct build *build;
	GPtrArray *requires;
	size_t count;
	char ***parts; /* of each element */
	struct outcome *outcomes;
};

static const char *part(const struct probe *probe, size_t i, guint number)
{
	return g_strv_length(probe->parts[i]) > number ? probe->parts[i][number] : "";
}

static uint64_t number(const struct probe *probe, size_t i, guint which)
{
	return g_ascii_strtoull(part(probe, i, which), NULL, 10);
}

static struct component *component_of(const struct probe *probe, const char *name, const char *ref)
{
	struct component *component = build_component(probe->build, name);

	if (component)
		return component;
	component = component_new(name);
	component->state = COMPONENT_BUILDING;
	component->arches = g_strdup("");
	component->repository = strcmp(name, "module-build-macros") == 0
					? g_strdup("")
					: g_strdup_printf("git://127.0.0.1:9/rpms/%s", name);
	component->commit = g_strdup(*ref ? ref : COMMIT);
	g_ptr_array_add(probe->build->components, component);
	return component;
}

static void print_outcome(const char *key, const struct outcome *outcome)
{
	if (outcome->error) {
		printf("%s %s%s: %s\n", key, error_code_name(error_code(outcome->error)),
		       outcome->is_outage ? " outage" : "", outcome->error->message);
	} else if (!outcome->is_known) {
		printf("%s unknown%s\n", key, outcome->is_ready ? " ready" : "");
	} else {
		printf("%s task %" PRIu64 " %s%s", key, outcome->task_id,
		       task_state_name(outcome->task_state), outcome->is_ready ? " ready" : "");
		if (outcome->nvr)
			printf(" %s", outcome->nvr);
		if (outcome->reason)
			printf(": %s", outcome->reason);
		putchar('\n');
	}
}

static void print_outcomes(const struct probe *probe, guint key)
{
	for (size_t i = 0; i < probe->count; i++)
		print_outcome(part(probe, i, key), &probe->outcomes[i]);
}

static const char modulemd[] = "document: modulemd\nversion: 2\ndata:\n"
			       "  name: foo\n  stream: master\n  summary: s\n  description: d\n"
			       "  license:\n    module: [MIT]\n"
			       "  buildopts:\n    rpms:\n      macros: |\n        %of_mine 1\n"
			       "  components:\n    rpms:\n      good:\n        rationale: r\n";

static struct submission *submissions_of(const struct probe *probe, bool was_sent)
{
	struct submission *submissions = g_new0(struct submission, probe->count + 1);

	for (size_t i = 0; i < probe->count; i++) {
		struct submission *submission = &submissions[i];

		*submission = (struct submission){
			.build = probe->build,
			.component = component_of(probe, part(probe, i, 1),
						  was_sent ? "" : part(probe, i, 2)),
			.modulemd = modulemd,
			.requires = probe->requires,
			.idem_key = part(probe, i, 0),
			.now = g_get_real_time(),
		};
		if (!was_sent) {
			component_of(probe, part(probe, i, 1), "")->attempt =
				MAX((uint32_t)number(probe, i, 3), 1);
			continue;
		}
		submission->session_id = number(probe, i, 2);
		submission->sent_at =
			submission->now - (int64_t)number(probe, i, 3) * (int64_t)G_USEC_PER_SEC;
	}
	return submissions;
}

static void run_submit(struct probe *probe)
{
	g_autofree struct submission *submissions = submissions_of(probe, false);

	builder_koji.submit_many(probe->builder, submissions, probe->count, probe->outcomes);
	print_outcomes(probe, 0);
}

static void run_recover(struct probe *probe)
{
	g_autofree struct submission *submissions = submissions_of(probe, true);

	builder_koji.recover_many(probe->builder, submissions, probe->count, probe->outcomes);
	print_outcomes(probe, 0);
}

static struct task_ref *refs_of(const struct probe *probe)
{
	struct task_ref *refs = g_new0(struct task_ref, probe->count + 1);

	for (size_t i = 0; i < probe->count; i++) {
		struct component *component = component_of(probe, part(probe, i, 2), "");

		component->task_state =
			*part(probe, i, 3) ? (enum task_state)number(probe, i, 3) : TASK_NONE;
		refs[i] = (struct task_ref){ .build = probe->build,
					     .component = component,
					     .idem_key = part(probe, i, 1),
					     .task_id = number(probe, i, 0) };
	}
	return refs;
}

static void run_poll(struct probe *probe)
{
	g_autofree struct task_ref *refs = refs_of(probe);

	builder_koji.poll_many(probe->builder, refs, probe->count, probe->outcomes);
	print_outcomes(probe, 1);
}

static void run_cancel(struct probe *probe)
{
	g_autofree struct task_ref *refs = refs_of(probe);

	builder_koji.cancel_many(probe->builder, refs, probe->count, probe->outcomes);
	print_outcomes(probe, 1);
}

static void run_range(struct probe *probe)
{
	const size_t count = number(probe, 0, 1);
	g_autofree struct task_ref *refs = g_new0(struct task_ref, count + 1);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, count + 1);
	size_t seen[TASK_STATE__COUNT + 1] = { 0 };

	for (size_t i = 0; i < count; i++)
		refs[i] = (struct task_ref){ .build = probe->build,
					     .component = component_of(probe, "many", ""),
					     .idem_key = "",
					     .task_id = number(probe, 0, 0) + i };
	builder_koji.poll_many(probe->builder, refs, count, outcomes);
	for (size_t i = 0; i < count; i++)
		seen[outcomes[i].error || !outcomes[i].is_known ? TASK_STATE__COUNT
								: outcomes[i].task_state]++;
	for (size_t i = 0; i < TASK_STATE__COUNT; i++)
		if (seen[i])
			printf("%zu %s\n", seen[i], task_state_name((enum task_state)i));
	if (seen[TASK_STATE__COUNT])
		printf("%zu not seen\n", seen[TASK_STATE__COUNT]);
	outcomes_clear(outcomes, count);
}

static void run_session(struct probe *probe)
{
	struct outcome outcome = { 0 };

	builder_koji.session(probe->builder, &outcome);
	if (outcome.error)
		print_outcome("session", &outcome);
	else
		printf("%" PRIu64 "\n", outcome.session_id);
	outcomes_clear(&outcome, 1);
}

static void run_counts(struct probe *probe)
{
	printf("%" PRIu64 " requests\n",
	       koji_session_counts(koji_of(probe->builder)->session).requests);
}

static const struct command {
	const char *name;
	void (*run)(struct probe *probe);
} commands[] = {
	{ "session", run_session }, { "submit", run_submit }, { "recover", run_recover },
	{ "poll", run_poll },       { "cancel", run_cancel }, { "range", run_range },
	{ "counts", run_counts },
};

static bool run(struct probe *probe, const char *name, const char *elements)
{
	g_auto(GStrv) list = g_strsplit(elements, ",", -1);
	const struct command *command = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			command = &commands[i];
	if (!command)
		return false;
	probe->count = g_strv_length(list);
	probe->parts = g_new0(char **, probe->count + 1);
	probe->outcomes = g_new0(struct outcome, probe->count + 1);
	for (size_t i = 0; i < probe->count; i++)
		probe->parts[i] = g_strsplit(list[i], "/", -1);
	command->run(probe);
	fflush(stdout);
	outcomes_clear(probe->outcomes, probe->count);
	g_free(probe->outcomes);
	for (size_t i = 0; i < probe->count; i++)
		g_strfreev(probe->parts[i]);
	g_free(probe->parts);
	return true;
}

static struct build *build_of(void)
{
	struct build *build = build_new();

	build->uuid = g_strdup("0b3c4a52-8f6d-4a0e-9d7e-5d9d7f0e9a11");
	build->version = 1;
	build->submitted_at = 1795360870307420;
	text_set(&build->name, "foo");
	text_set(&build->stream, "master");
	text_set(&build->context, "aaaa0000");
	text_set(&build->dist, ".module+f30+1+0123abcd");
	text_set(&build->tag, "module-foo-master-1-aaaa0000");
	text_set(&build->target, "module-foo-master-1-aaaa0000");
	build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	return build;
}

/* A module that keeps two packages for itself. */
static GPtrArray *requires_of(void)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)build_require_free);
	struct build_require *require = g_new0(struct build_require, 1);

	require->name = g_strdup("base");
	require->stream = g_strdup("f30");
	require->version = 1;
	require->context = g_strdup("00000000");
	require->tag = g_strdup("module-base-f30-1-00000000");
	require->filter = g_strdup("secret absent");
	g_ptr_array_add(list, require);
	return list;
}

int main(int argc, char **argv)
{
	static char *file, *state_dir, *user;
	static int settle = 900;
	static char *prefixes[] = { (char *)(uintptr_t) "module", NULL };
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &file, "Koji configuration", "FILE" },
		{ "state-dir", 's', 0, G_OPTION_ARG_FILENAME, &state_dir, "for work", "FOLDER" },
		{ "user", 'u', 0, G_OPTION_ARG_STRING, &user, "of sandboxes", "NAME" },
		{ "settle", 't', 0, G_OPTION_ARG_INT, &settle, "seconds", "N" },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("[COMMAND ELEMENTS]...");
	struct builder_options options = { 0 };
	g_autoptr(GError) error = NULL;
	struct probe probe = { 0 };
	bool is_good = true;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		g_error("%s", error->message);
	options = (struct builder_options){ .state_dir = state_dir,
					    .sandbox_user = user ? user : "nobody" };
	options.koji = (struct koji_options){ .config_file = file,
					      .profile = "hub",
					      .tag_prefixes = prefixes,
					      .priority = 10,
					      .settle_seconds = (unsigned)settle };
	if (!builder_koji.open(&options, &probe.builder, &error))
		g_error("%s", error->message);
	probe.build = build_of();
	probe.requires = requires_of();
	for (int i = 1; is_good && i + 1 < argc; i += 2)
		is_good = run(&probe, argv[i], argv[i + 1]);
	g_ptr_array_unref(probe.requires);
	build_free(probe.build);
	builder_koji.close(probe.builder);
	return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
