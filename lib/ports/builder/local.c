/* SPDX-License-Identifier: MIT */
#include "ports/builder/local.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "mmd/document.h"
#include "model/macros_package.h"
#include "model/names.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_job.h"
#include "ports/builder/local_survivors.h"

#define SANDBOX_SECONDS   900
#define SANDBOX_OUTPUT    (8 << 20)
#define SANDBOX_PROCESSES 256
#define PROBE_AGE_MAX     600 /* seconds that a look at the kernel holds */

static const char *const programs[][2] = {
	{ "bwrap", "bubblewrap" },
	{ "rpmbuild", "rpm (rpm-build)" },
	{ "createrepo_c", "createrepo-c" },
	{ "modifyrepo_c", "createrepo-c" },
	{ "git", "git" },
	{ "prlimit", "util-linux" },
};

static struct local *local_of(struct builder *builder)
{
	return (struct local *)builder;
}

char *local_build_place(const struct local *local, const struct build *build, const char *name)
{
	return g_build_filename(local->options.state_dir, "builds", build->uuid, name, NULL);
}

char *local_results_place(const struct local *local, const struct build *build,
			  const struct component *component)
{
	return g_build_filename(local->options.state_dir, "builds", build->uuid, "results",
				component->name, NULL);
}

static char *job_place(const struct local *local, const struct build *build, const char *key)
{
	return g_build_filename(local->options.state_dir, "builds", build->uuid, "jobs", key, NULL);
}

struct local_sandbox local_sandbox_plain(const struct local *local)
{
	return (struct local_sandbox){ .user = &local->user,
				       .overlay_program = local->overlay_program,
				       .timeout = SANDBOX_SECONDS,
				       .max_memory = local->options.build_max_memory,
				       .max_processes = SANDBOX_PROCESSES,
				       .output_max = SANDBOX_OUTPUT };
}

/* What becomes part of a path was checked when it came in; it is checked where it is used, too. */
static bool names_check(const struct build *build, const struct component *component,
			const char *key, GError **error)
{
	if (!build_names_check(build, error))
		return false;
	if (component && !name_check(NAME_COMPONENT, "the component", component->name, error))
		return false;
	return !key || name_check(NAME_FILE, "the key", key, error);
}

static bool programs_check(GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
		g_autofree char *path = g_find_program_in_path(programs[i][0]);

		if (!path)
			return fail(error, RIDA_ERROR_UNSUPPORTED,
				    "the local builder needs %s: install %s", programs[i][0],
				    programs[i][1]);
	}
	return true;
}

/* Overlays take options separated by these. */
static bool places_check(const struct builder_options *options, GError **error)
{
	if (strpbrk(options->state_dir, ":,\\\""))
		return fail(error, RIDA_ERROR_UNSUPPORTED,
			    "state_dir: the local builder wants a path without : , \\ and \"");
	return folder_make(options->state_dir, error) && folder_make(options->cache_dir, error);
}

/* What is remembered of a look at the kernel: it costs two processes, and passes are many. */
static char *probe_words(const struct local *local)
{
	g_autofree char *boot = NULL;

	if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
		return g_strdup("");
	return g_strdup_printf("%s %u %s", g_strchomp(boot), local->user.uid,
			       local->options.job_program);
}

static bool probe_is_fresh(const char *path)
{
	GStatBuf status;

	return g_stat(path, &status) == 0 &&
	       g_get_real_time() / G_USEC_PER_SEC - status.st_mtime < PROBE_AGE_MAX;
}

static bool probe(struct local *local, const char *path, const char *words, GError **error)
{
	g_autofree char *scratch = g_build_filename(local->options.cache_dir, "probe", NULL);
	g_autofree char *text = NULL;
	bool has_overlay;

	if (!sandbox_check(&local->user, error) || !folder_make(scratch, error))
		return false;
	has_overlay = local_overlay_works(local->options.job_program, &local->user, scratch);
	text = g_strdup_printf("%s\n%s", words, has_overlay ? "overlay" : "binds");
	return file_write(path, text, error);
}

static bool learn_kernel(struct local *local, GError **error)
{
	g_autofree char *path = g_build_filename(local->options.cache_dir, "sandbox", NULL);
	g_autofree char *words = probe_words(local);
	g_autofree char *known = NULL;
	g_auto(GStrv) lines = NULL;

	if (probe_is_fresh(path))
		g_file_get_contents(path, &known, NULL, NULL);
	lines = g_strsplit(known ? known : "", "\n", 2);
	if (g_strcmp0(lines[0], words) != 0) {
		if (!probe(local, path, words, error))
			return false;
		return learn_kernel(local, error);
	}
	local->overlay_program =
		g_strcmp0(lines[1], "overlay") == 0 ? local->options.job_program : NULL;
	return true;
}

static bool local_open(const struct builder_options *options, struct builder **ret, GError **error)
{
	g_autofree struct local *local = g_new0(struct local, 1);

	local->base.ops = &builder_local;
	local->options = *options;
	if (!programs_check(error) || !places_check(options, error) ||
	    !sandbox_user_find(options->sandbox_user, &local->user, error))
		return false;
	if (geteuid() != 0)
		local->user = (struct sandbox_user){ .uid = geteuid(), .gid = getegid() };
	if (access(options->job_program, X_OK))
		return fail(error, RIDA_ERROR_UNSUPPORTED, "job_program: %s cannot be run",
			    options->job_program);
	if (!learn_kernel(local, error))
		return false;
	*ret = &g_steal_pointer(&local)->base;
	return true;
}

static void local_close(struct builder *builder)
{
	g_free(local_of(builder));
}

static void local_prepare_many(struct builder *builder, const struct build_want *wants,
			       size_t count, struct outcome *outcomes)
{
	for (size_t i = 0; i < count; i++)
		if (names_check(wants[i].build, NULL, NULL, &outcomes[i].error))
			local_root_make(local_of(builder), wants[i].build, &outcomes[i].error);
}

static char *log_place(const struct local *local, const struct submission *submission)
{
	g_autofree char *build = g_strdup_printf("%" PRIu64, submission->build->id);
	g_autofree char *attempt = g_strdup_printf("%u", MAX(submission->component->attempt, 1));

	return g_build_filename(local->options.log_dir, build, submission->component->name, attempt,
				NULL);
}

/* The one component without a repository is made here, from the module itself. */
static bool add_macros(const struct submission *submission, struct local_job *job, GError **error)
{
	g_autoptr(MacrosPackage) package = NULL;
	g_autoptr(Document) document = NULL;

	if (!document_read(submission->modulemd, strlen(submission->modulemd), &document, error) ||
	    !macros_package_new(submission->build, document->macros, NULL, 0, &package, error))
		return false;
	job->spec = g_steal_pointer(&package->spec);
	job->macros = g_steal_pointer(&package->macros);
	return true;
}

static char **copy_list(char *const *list)
{
	GPtrArray *copy = g_ptr_array_new();

	for (; list && *list; list++)
		g_ptr_array_add(copy, g_strdup(*list));
	g_ptr_array_add(copy, NULL);
	return (char **)g_ptr_array_free(copy, FALSE);
}

static struct local_job *job_new(const struct local *local, const struct submission *submission)
{
	const struct builder_options *options = &local->options;
	struct local_job *job = g_new0(struct local_job, 1);

	job->component = g_strdup(submission->component->name);
	job->build_dir = local_build_place(local, submission->build, NULL);
	job->log_dir = log_place(local, submission);
	job->cache_dir = g_strdup(options->cache_dir);
	job->sandbox_user = g_strdup(options->sandbox_user);
	job->overlay = local->overlay_program != NULL;
	job->lookaside_url = g_strdup(options->lookaside_url);
	job->spec_paths = copy_list(options->spec_paths);
	job->scm_allow = copy_list(options->scm_allow);
	job->private_addresses = options->private_addresses;
	job->git_timeout = options->git_timeout;
	job->git_max_bytes = options->git_max_bytes;
	job->source_max_bytes = options->source_max_bytes;
	job->build_timeout = options->build_timeout;
	job->max_memory = options->build_max_memory;
	job->max_disk = options->build_max_disk;
	job->max_log = options->build_max_log;
	job->max_processes = options->build_max_processes;
	job->max_file = options->build_max_file;
	return job;
}

static bool submit(const struct local *local, const struct submission *submission, GError **error)
{
	const struct component *component = submission->component;
	g_autoptr(LocalJob) job = NULL;
	g_autofree char *jobs = NULL;

	if (!names_check(submission->build, component, submission->idem_key, error))
		return false;
	job = job_new(local, submission);
	jobs = local_build_place(local, submission->build, "jobs");
	if (component->repository && component->repository[0]) {
		job->repository = g_strdup(component->repository);
		job->commit = g_strdup(component->commit);
	} else if (!add_macros(submission, job, error)) {
		return false;
	}
	return folder_make(jobs, error) &&
	       local_job_start(jobs, submission->idem_key, job, local->options.job_program, error);
}

static void local_submit_many(struct builder *builder, const struct submission *submissions,
			      size_t count, struct outcome *outcomes)
{
	for (size_t i = 0; i < count; i++) {
		if (!submit(local_of(builder), &submissions[i], &outcomes[i].error))
			continue;
		outcomes[i].is_known = true;
		outcomes[i].task_id = submissions[i].attempt_id;
		outcomes[i].task_state = TASK_OPEN;
	}
}

/* A lost job is none only when nothing of it is left. */
static bool look(const char *dir, enum job_life *ret, struct local_result *ret_result,
		 GError **error)
{
	return local_job_look(dir, ret, ret_result, error) &&
	       (*ret != JOB_LOST || local_survivors_end(dir, error));
}

static void learn(const char *dir, uint64_t task_id, struct outcome *outcome)
{
	g_auto(LocalResult) result = { 0 };
	enum job_life life;

	if (!look(dir, &life, &result, &outcome->error))
		return;
	outcome->is_known = life == JOB_RUNNING || life == JOB_ENDED;
	outcome->is_lost = !outcome->is_known;
	outcome->task_id = task_id;
	outcome->task_state = TASK_OPEN;
	if (life != JOB_ENDED)
		return;
	outcome->task_state = (enum task_state)result.state;
	outcome->nvr = g_steal_pointer(&result.nvr);
	outcome->reason = g_steal_pointer(&result.reason);
	outcome->log_file = g_steal_pointer(&result.log_file);
	outcome->excerpt = g_steal_pointer(&result.excerpt);
}

static void cancel(const char *dir, uint64_t task_id G_GNUC_UNUSED, struct outcome *outcome)
{
	g_auto(LocalResult) result = { 0 };
	enum job_life life;

	if (!look(dir, &life, &result, &outcome->error))
		return;
	outcome->is_ready = life != JOB_RUNNING;
	if (life == JOB_RUNNING)
		local_job_cancel(dir, &outcome->error);
}

typedef void job_fn(const char *dir, uint64_t task_id, struct outcome *outcome);

/* Calls the function with the folder of each task's job. */
static void for_each_job(const struct local *local, const struct task_ref *tasks, size_t count,
			 struct outcome *outcomes, job_fn *function)
{
	for (size_t i = 0; i < count; i++) {
		g_autofree char *dir = NULL;

		if (!names_check(tasks[i].build, tasks[i].component, tasks[i].idem_key,
				 &outcomes[i].error))
			continue;
		dir = job_place(local, tasks[i].build, tasks[i].idem_key);
		function(dir, tasks[i].task_id, &outcomes[i]);
	}
}

static void local_poll_many(struct builder *builder, const struct task_ref *tasks, size_t count,
			    struct outcome *outcomes)
{
	for_each_job(local_of(builder), tasks, count, outcomes, learn);
}

static void local_cancel_many(struct builder *builder, const struct task_ref *tasks, size_t count,
			      struct outcome *outcomes)
{
	for_each_job(local_of(builder), tasks, count, outcomes, cancel);
}

/* Nothing is late here: a job exists under its key from its first moment, or never will. */
static void local_recover_many(struct builder *builder, const struct submission *submissions,
			       size_t count, struct outcome *outcomes)
{
	g_autofree struct task_ref *tasks = g_new0(struct task_ref, count);

	for (size_t i = 0; i < count; i++)
		tasks[i] = (struct task_ref){ .build = submissions[i].build,
					      .component = submissions[i].component,
					      .idem_key = submissions[i].idem_key,
					      .attempt_id = submissions[i].attempt_id,
					      .task_id = submissions[i].attempt_id };
	for_each_job(local_of(builder), tasks, count, outcomes, learn);
}

static void local_tag_many(struct builder *builder, const struct build_want *wants, size_t count,
			   struct outcome *outcomes)
{
	local_prepare_many(builder, wants, count, outcomes);
	for (size_t i = 0; i < count; i++)
		outcomes[i].is_ready = !outcomes[i].error;
}

/* The buildroot is the repository: there is nothing to wait for. */
static void local_repo_many(struct builder *builder, const struct build_want *wants, size_t count,
			    struct outcome *outcomes)
{
	(void)builder;
	(void)wants;
	for (size_t i = 0; i < count; i++)
		outcomes[i].is_ready = true;
}

static void local_finish_many(struct builder *builder, const struct build_want *wants, size_t count,
			      struct outcome *outcomes)
{
	for (size_t i = 0; i < count; i++)
		if (names_check(wants[i].build, NULL, NULL, &outcomes[i].error))
			outcomes[i].is_ready =
				local_publish(local_of(builder), &wants[i], &outcomes[i].modulemd,
					      &outcomes[i].error);
}

/* A job that still runs is not cut down from below; it is asked to end, and cleaned next time. */
static bool clean_job(const char *dir, GError **error)
{
	g_autofree char *work = g_build_filename(dir, "work", NULL);
	g_auto(LocalResult) result = { 0 };
	enum job_life life;

	if (!look(dir, &life, &result, error))
		return false;
	if (life != JOB_RUNNING)
		return folder_remove(work, error);
	return local_job_cancel(dir, error) &&
	       fail(error, RIDA_ERROR_UNAVAILABLE, "a task of this build is still ending");
}

static bool clean(const struct local *local, const struct build *build, GError **error)
{
	g_autofree char *place = local_build_place(local, build, NULL);
	g_autofree char *jobs = local_build_place(local, build, "jobs");
	g_autofree char *link = local_build_place(local, build, "root");
	g_auto(GStrv) names = folder_list(place);
	g_auto(GStrv) keys = folder_list(jobs);

	for (size_t i = 0; keys[i]; i++) {
		g_autofree char *dir = g_build_filename(jobs, keys[i], NULL);

		if (!clean_job(dir, error))
			return false;
	}
	g_unlink(link);
	for (size_t i = 0; names[i]; i++) {
		g_autofree char *path = g_build_filename(place, names[i], NULL);

		if (g_str_has_prefix(names[i], "root.") && !folder_remove(path, error))
			return false;
	}
	return true;
}

static void local_clean_many(struct builder *builder, const struct build_want *wants, size_t count,
			     struct outcome *outcomes)
{
	for (size_t i = 0; i < count; i++)
		if (names_check(wants[i].build, NULL, NULL, &outcomes[i].error))
			clean(local_of(builder), wants[i].build, &outcomes[i].error);
}

static bool discard(const struct local *local, const struct build *build, GError **error)
{
	g_autofree char *place = local_build_place(local, build, NULL);
	g_autofree char *id = g_strdup_printf("%" PRIu64, build->id);
	g_autofree char *logs = g_build_filename(local->options.log_dir, id, NULL);
	g_autofree char *name = build_directory_name(build);
	g_autofree char *repo = g_build_filename(local->options.repo_dir, name, NULL);

	if (!clean(local, build, error) || !folder_remove(place, error) ||
	    !folder_remove(logs, error))
		return false;
	/* What another module has published there stays. */
	return !local_repository_check(repo, build, NULL) || folder_remove(repo, error);
}

static char *local_location(struct builder *builder, const struct build *build)
{
	const struct builder_options *options = &local_of(builder)->options;
	g_autofree char *name = build_directory_name(build);

	if (options->repo_url)
		return g_strconcat(options->repo_url, "/", name, "/", NULL);
	return g_build_filename(options->repo_dir, name, NULL);
}

static void local_discard_many(struct builder *builder, const struct build_want *wants,
			       size_t count, struct outcome *outcomes)
{
	for (size_t i = 0; i < count; i++)
		if (names_check(wants[i].build, NULL, NULL, &outcomes[i].error))
			discard(local_of(builder), wants[i].build, &outcomes[i].error);
}

const struct builder_ops builder_local = {
	.name = "local",
	.open = local_open,
	.close = local_close,
	.session = builder_no_session,
	.survey = local_survey,
	.location = local_location,
	.prepare_many = local_prepare_many,
	.submit_many = local_submit_many,
	.poll_many = local_poll_many,
	.recover_many = local_recover_many,
	.tag_many = local_tag_many,
	.regenerate_many = local_repo_many,
	.repo_ready_many = local_repo_many,
	.cancel_many = local_cancel_many,
	.finish_many = local_finish_many,
	.clean_many = local_clean_many,
	.discard_many = local_discard_many,
};
