/* SPDX-License-Identifier: MIT */

/*
 * Drives the local builder without a scheduler: one slot, or a whole module.
 *
 *	drive_local OPTION… SLOT NAME|BATCH|REPOSITORY|COMMIT[|complete]…
 *
 * SLOT is prepare, submit, poll, recover, tag, cancel, finish, clean, discard, wait (polls until
 * all have ended) or all (the module, batch by batch). Prints one line per component:
 * NAME STATE NVR REASON; ends with 0 when nothing failed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include <glib.h>

#include "model/names.h"
#include "ports/builder/builder.h"

#define POLL_MICROS 20000

static char *base, *job_program, *uuid, *lookaside, *user = NULL, *modulemd_file, *allow;
static int timeout = 60, attempt = 1;
static gint64 memory = INT64_C(4) << 30, disk = INT64_C(1) << 30, processes = 256,
	      log_size = INT64_C(64) << 20;

static GOptionEntry entries[] = {
	{ "base", 0, 0, G_OPTION_ARG_FILENAME, &base, "the folder for everything", "DIR" },
	{ "job", 0, 0, G_OPTION_ARG_FILENAME, &job_program, "rida-job", "FILE" },
	{ "uuid", 0, 0, G_OPTION_ARG_STRING, &uuid, "the build's", "UUID" },
	{ "lookaside", 0, 0, G_OPTION_ARG_STRING, &lookaside, "URL template", "URL" },
	{ "allow", 0, 0, G_OPTION_ARG_STRING, &allow, "allowed SCM URL", "URL" },
	{ "user", 0, 0, G_OPTION_ARG_STRING, &user, "sandbox user", "NAME" },
	{ "modulemd", 0, 0, G_OPTION_ARG_FILENAME, &modulemd_file, "the document", "FILE" },
	{ "timeout", 0, 0, G_OPTION_ARG_INT, &timeout, "seconds of a build", "N" },
	{ "attempt", 0, 0, G_OPTION_ARG_INT, &attempt, "its number", "N" },
	{ "memory", 0, 0, G_OPTION_ARG_INT64, &memory, "bytes", "N" },
	{ "disk", 0, 0, G_OPTION_ARG_INT64, &disk, "bytes", "N" },
	{ "log", 0, 0, G_OPTION_ARG_INT64, &log_size, "bytes", "N" },
	{ "processes", 0, 0, G_OPTION_ARG_INT64, &processes, "at most", "N" },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static struct {
	const struct builder_ops *ops;
	struct builder *builder;
	struct build *build;
	char *modulemd;
	unsigned failures;
} drive;

static G_GNUC_NORETURN void die(const char *what, const GError *error)
{
	fprintf(stderr, "drive_local: %s: %s\n", what, error ? error->message : "");
	exit(2);
}

static char *key_of(const struct component *component)
{
	return idempotency_key(drive.build->uuid, component->name, "build", (uint32_t)attempt);
}

static struct component *component_read(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "|", -1);
	struct component *component;

	if (g_strv_length(parts) < 4)
		die("NAME|BATCH|REPOSITORY|COMMIT is wanted", NULL);
	component = component_new(parts[0]);
	component->batch = (uint32_t)g_ascii_strtoull(parts[1], NULL, 10);
	component->build_time_only = component->batch == 1;
	text_set(&component->repository, parts[2]);
	text_set(&component->commit, parts[3]);
	component->attempt = (uint32_t)attempt;
	component->task_id = 1;
	if (parts[4] && strcmp(parts[4], "complete") == 0)
		component->state = COMPONENT_COMPLETE;
	return component;
}

static void component_destroy(gpointer component)
{
	component_free(component);
}

static struct build *build_read(char **components)
{
	struct build *build = build_new();

	build->id = 7;
	text_set(&build->uuid, uuid);
	text_set(&build->name, "greetings");
	text_set(&build->stream, "main");
	text_set(&build->context, "00000000");
	text_set(&build->dist, ".module+7+abcdef01");
	build->version = 20260101000000;
	build->submitted_at = INT64_C(1767225600) * G_USEC_PER_SEC;
	if (!build->components)
		build->components = g_ptr_array_new_with_free_func(component_destroy);
	for (; *components; components++)
		g_ptr_array_add(build->components, component_read(*components));
	return build;
}

static bool report(const char *name, struct outcome *outcome)
{
	const bool is_bad = outcome->error || outcome->task_state == TASK_FAILED ||
			    outcome->task_state == TASK_CANCELED;

	printf("%s %s %s %s\n", name,
	       outcome->error                      ? "error"
	       : outcome->is_known || outcome->nvr ? task_state_name(outcome->task_state)
	       : outcome->is_ready                 ? "ready"
						   : "unknown",
	       outcome->nvr ? outcome->nvr : "-",
	       outcome->error    ? outcome->error->message
	       : outcome->reason ? outcome->reason
				 : "");
	fflush(stdout);
	drive.failures += is_bad;
	outcomes_clear(outcome, 1);
	return !is_bad;
}

typedef void wants_slot(struct builder *builder, const struct build_want *wants, size_t count,
			struct outcome *outcomes);

static bool run_want(wants_slot *slot, const char *name)
{
	const struct build_want want = { .build = drive.build,
					 .modulemd = drive.modulemd,
					 .idem_key = "0123456789abcdef" };
	struct outcome outcome = { 0 };

	slot(drive.builder, &want, 1, &outcome);
	if (outcome.modulemd)
		outcome.is_ready = true;
	return report(name, &outcome);
}

static struct outcome submission_outcome(struct component *component, bool is_recovery)
{
	g_autofree char *key = key_of(component);
	const struct submission submission = { .build = drive.build,
					       .component = component,
					       .modulemd = drive.modulemd,
					       .idem_key = key,
					       .attempt_id = 100 };
	struct outcome outcome = { 0 };

	(is_recovery ? drive.ops->recover_many : drive.ops->submit_many)(drive.builder, &submission,
									 1, &outcome);
	return outcome;
}

static struct outcome task_outcome(struct component *component, bool is_cancel)
{
	g_autofree char *key = key_of(component);
	const struct task_ref task = { drive.build, component, key, 100, 100 };
	struct outcome outcome = { 0 };

	(is_cancel ? drive.ops->cancel_many : drive.ops->poll_many)(drive.builder, &task, 1,
								    &outcome);
	return outcome;
}

static bool wait_for(struct component *component)
{
	struct outcome outcome = task_outcome(component, false);

	while (!outcome.error && outcome.is_known && outcome.task_state == TASK_OPEN) {
		outcomes_clear(&outcome, 1);
		g_usleep(POLL_MICROS);
		outcome = task_outcome(component, false);
	}
	if (outcome.task_state == TASK_CLOSED && outcome.is_known)
		component->state = COMPONENT_COMPLETE;
	return report(component->name, &outcome) && component->state == COMPONENT_COMPLETE;
}

static void run_batch(uint32_t batch)
{
	GPtrArray *components = drive.build->components;

	for (unsigned i = 0; i < components->len; i++) {
		struct component *component = components->pdata[i];
		struct outcome outcome;

		if (component->batch != batch)
			continue;
		outcome = submission_outcome(component, false);
		if (outcome.error)
			report(component->name, &outcome);
		outcomes_clear(&outcome, 1);
	}
	for (unsigned i = 0; i < components->len; i++) {
		struct component *component = components->pdata[i];

		if (component->batch == batch)
			wait_for(component);
	}
}

static void run_all(void)
{
	uint32_t last = 0;

	for (unsigned i = 0; i < drive.build->components->len; i++)
		last = MAX(last, ((struct component *)drive.build->components->pdata[i])->batch);
	if (!run_want(drive.ops->prepare_many, "prepare"))
		return;
	for (uint32_t batch = 1; batch <= last && !drive.failures; batch++) {
		run_batch(batch);
		if (!drive.failures)
			run_want(drive.ops->tag_many, "tag");
	}
	if (!drive.failures)
		run_want(drive.ops->finish_many, "finish");
}

static void run_slot(const char *name)
{
	const struct {
		const char *name;
		wants_slot *slot;
	} slots[] = {
		{ "prepare", drive.ops->prepare_many }, { "tag", drive.ops->tag_many },
		{ "finish", drive.ops->finish_many },   { "clean", drive.ops->clean_many },
		{ "discard", drive.ops->discard_many },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(slots); i++)
		if (strcmp(name, slots[i].name) == 0) {
			run_want(slots[i].slot, name);
			return;
		}
	for (unsigned i = 0; i < drive.build->components->len; i++) {
		struct component *component = drive.build->components->pdata[i];
		struct outcome outcome;

		if (strcmp(name, "wait") == 0) {
			wait_for(component);
			continue;
		}
		outcome = strcmp(name, "submit") == 0 ? submission_outcome(component, false)
			  : strcmp(name, "recover") == 0
				  ? submission_outcome(component, true)
				  : task_outcome(component, strcmp(name, "cancel") == 0);
		report(component->name, &outcome);
	}
}

/* A key of whoever starts builds, which they are to find nowhere. Where there are no keys, there is
 * nothing to find. */
static void plant_key(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		syscall(SYS_add_key, "user", "planted", "key", 3, KEY_SPEC_SESSION_KEYRING);
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("SLOT COMPONENT…");
	g_autoptr(GError) error = NULL;
	g_autofree char *spec_path = g_strdup("{name}.spec");
	g_autofree char *state = NULL, *logs = NULL, *repos = NULL, *cache = NULL;
	char *spec_paths[] = { spec_path, NULL };
	char *allowed[] = { NULL, NULL };
	struct builder_options options = { .git_timeout = 20,
					   .git_max_bytes = 64 << 20,
					   .source_max_bytes = 64 << 20,
					   .private_addresses = true };

	plant_key();
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || argc < 2 || !base ||
	    !job_program)
		die("usage", error);
	allowed[0] = allow;
	options.state_dir = state = g_build_filename(base, "state", NULL);
	options.log_dir = logs = g_build_filename(base, "logs", NULL);
	options.repo_dir = repos = g_build_filename(base, "repos", NULL);
	options.cache_dir = cache = g_build_filename(base, "cache", NULL);
	options.job_program = job_program;
	options.sandbox_user = user ? user : "nobody";
	options.lookaside_url = lookaside;
	options.spec_paths = spec_paths;
	options.scm_allow = allowed;
	options.build_timeout = (unsigned)timeout;
	options.build_max_memory = (uint64_t)memory;
	options.build_max_disk = (uint64_t)disk;
	options.build_max_log = (uint64_t)log_size;
	options.build_max_processes = (uint64_t)processes;
	options.build_max_file = UINT64_C(1) << 30;
	if (!uuid)
		uuid = g_strdup("0d2f7c5e-1111-4222-8333-444455556666");
	if (modulemd_file && !g_file_get_contents(modulemd_file, &drive.modulemd, NULL, &error))
		die("modulemd", error);
	drive.build = build_read(argv + 2);
	drive.ops = &builder_local;
	if (!drive.ops->open(&options, &drive.builder, &error))
		die("open", error);
	if (strcmp(argv[1], "all") == 0)
		run_all();
	else
		run_slot(argv[1]);
	drive.ops->close(drive.builder);
	build_free(drive.build);
	g_free(drive.modulemd);
	return drive.failures ? 1 : 0;
}
