/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_work.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "model/names.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_job.h"
#include "ports/builder/local_rpms.h"
#include "ports/builder/local_sandbox.h"
#include "scheduler/rida_job_log.h"
#include "scheduler/rida_job_sources.h"

#define QUERY_SECONDS   120
#define GRACE_SECONDS   60 /* the supervisor ends a slow build before this limit does */
#define RPMBUILD_MISSES 11 /* build requirements are missing */
#define SIGNAL_STATUS   128

#define OUTPUT_MAX 4096

/* Adds up what the archives in the packages hold, an entry being a block at least. */
static const char size_script[] =
	"awk=$(command -v gawk || command -v mawk) || exit\n"
	"for package in /rpms/*.rpm; do\n"
	"	rpm2archive -n - <\"$package\" || echo bad\n"
	"done | (tar --ignore-zeros --numeric-owner -tvf - || echo bad) | $awk -v max=\"$1\" '$1 == \"bad\" { exit 1 }\n"
	"	{ sum += $3 + 4096; if (sum > max) exit 1 }'\n";

/* One job at work; paths below its folder. */
struct work {
	const char *dir;
	const struct local_job *job;
	struct sandbox_user user;
	char *program; /* ourselves, for overlays */
	char *home;    /* the sandbox's writable folder */
	char *sources;
	char *results;
	char *spec;
	char *nvr;
};

static void work_clear(struct work *work)
{
	g_free(work->program);
	g_free(work->home);
	g_free(work->sources);
	g_free(work->results);
	g_free(work->spec);
	g_free(work->nvr);
}

static bool work_init(struct work *work, GError **error)
{
	g_autofree char *tmp = NULL;

	work->program = g_file_read_link("/proc/self/exe", NULL);
	work->home = g_build_filename(work->dir, "work", "home", NULL);
	work->sources = g_build_filename(work->dir, "work", "sources", NULL);
	work->results = g_build_filename(work->dir, "work", "results", NULL);
	tmp = g_build_filename(work->home, "tmp", NULL);
	if (!work->program)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "/proc is not there");
	if (!sandbox_user_find(work->job->sandbox_user, &work->user, error))
		return false;
	if (geteuid() != 0)
		work->user = (struct sandbox_user){ .uid = geteuid(), .gid = getegid() };
	return folder_make(work->sources, error) && folder_make(work->results, error) &&
	       folder_make(tmp, error) &&
	       folder_give(work->home, work->user.uid, work->user.gid, error) &&
	       folder_give(tmp, work->user.uid, work->user.gid, error);
}

static struct local_sandbox sandbox_of(const struct work *work)
{
	const struct local_job *job = work->job;

	return (struct local_sandbox){ .user = &work->user,
				       .overlay_program = job->overlay ? work->program : NULL,
				       .timeout = QUERY_SECONDS,
				       .max_memory = job->max_memory,
				       .max_file = job->max_file,
				       .max_processes = job->max_processes };
}

/* Says what the build said first of its trouble; the whole is in the log. */
static bool build_failed(const struct work *work, int status, GError **error)
{
	gsize length;
	g_autofree char *text = job_log_read(work->job->log_dir, JOB_LOG_BUILD, &length);
	g_autofree char *trouble = job_log_trouble(text, length);

	if (status == RPMBUILD_MISSES)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "build requirements are missing: %s",
			    trouble ? trouble : "see build.log");
	if (status > SIGNAL_STATUS)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "rpmbuild was ended by signal %d: %s",
			    status - SIGNAL_STATUS, trouble ? trouble : "see build.log");
	return fail(error, RIDA_ERROR_UNACCEPTABLE, "rpmbuild ended with %d: %s", status,
		    trouble ? trouble : "see build.log");
}

static bool run_rpmbuild(const struct work *work, const char *root, int log, GError **error)
{
	g_autofree char *spec = g_build_filename("/sources", work->spec, NULL);
	const char *const argv[] = { "rpmbuild", "-ba",
				     "--define", "_topdir " SANDBOX_HOME "/rpmbuild",
				     "--define", "_sourcedir /sources",
				     "--define", "_specdir /sources",
				     "--define", "_dbpath " SANDBOX_DATABASE,
				     "--define", "_buildhost rida",
				     spec,       NULL };
	const struct sandbox_bind bind = { work->sources, "/sources", false };
	struct local_sandbox sandbox = sandbox_of(work);
	g_auto(ProcessResult) result = { 0 };

	sandbox.root = root;
	sandbox.home = work->home;
	sandbox.binds = &bind;
	sandbox.binds_count = 1;
	sandbox.output_fd = log;
	sandbox.timeout = (unsigned)work->job->build_timeout + GRACE_SECONDS;
	if (!local_sandbox_run(&sandbox, argv, &result, error))
		return false;
	job_log_note(work->job->log_dir, "rpmbuild ended with %d", result.status);
	return result.status == 0 || build_failed(work, result.status, error);
}

/* The link is resolved once: a newer buildroot must not change under a build. */
static bool build(const struct work *work, GError **error)
{
	g_autofree char *link = g_build_filename(work->job->build_dir, "root", NULL);
	g_autofree char *name = g_file_read_link(link, NULL);
	g_autofree char *root = g_build_filename(work->job->build_dir, name ? name : "", NULL);
	g_autofree char *path = g_build_filename(work->job->log_dir, JOB_LOG_BUILD, NULL);
	bool is_built;
	int log;

	if (!name)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: the buildroot is not there", link);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (log < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", path, g_strerror(errno));
	job_log_note(work->job->log_dir, "building %s in %s", work->spec, name);
	is_built = run_rpmbuild(work, root, log, error);
	close(log);
	return is_built;
}

static bool collect_folder(const struct work *work, const char *folder, unsigned *count,
			   GError **error)
{
	g_autofree char *path = g_build_filename(work->home, folder, NULL);
	g_auto(GStrv) names = folder_list(path);

	for (size_t i = 0; names[i]; i++) {
		g_autofree char *from = g_build_filename(folder, names[i], NULL);
		g_autofree char *target = g_build_filename(work->results, names[i], NULL);

		if (!g_str_has_suffix(names[i], ".rpm"))
			continue;
		if (++*count > LOCAL_RPMS_MAX)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "more than %d packages were built", LOCAL_RPMS_MAX);
		if (!name_check(NAME_FILE, "a built package's name", names[i], error) ||
		    !file_copy(work->home, from, target, error))
			return false;
	}
	return true;
}

/* Copies what was built out of the folder that the build could write. */
static bool collect(const struct work *work, GError **error)
{
	g_autofree char *above = g_build_filename(work->home, "rpmbuild", "RPMS", NULL);
	g_auto(GStrv) arches = folder_list(above);
	unsigned count = 0;

	if (!collect_folder(work, "rpmbuild/SRPMS", &count, error))
		return false;
	for (size_t i = 0; arches[i]; i++) {
		g_autofree char *folder = g_build_filename("rpmbuild/RPMS", arches[i], NULL);

		if (!collect_folder(work, folder, &count, error))
			return false;
	}
	return count > 0 || fail(error, RIDA_ERROR_UNACCEPTABLE, "no package was built");
}

static bool check_source(struct work *work, const GPtrArray *rpms, GError **error)
{
	const struct local_rpm *source = NULL;

	for (unsigned i = 0; i < rpms->len; i++) {
		const struct local_rpm *rpm = rpms->pdata[i];

		if (!local_rpm_is_source(rpm))
			continue;
		if (source)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "two source packages were built");
		source = rpm;
	}
	if (!source)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "no source package was built");
	if (strcmp(source->name, work->job->component) != 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the source package's name is %s, not that of the component, %s",
			    source->name, work->job->component);
	work->nvr = g_strdup_printf("%s-%s-%s", source->name, source->version, source->release);
	return true;
}

/* What is small here may be huge once it is unpacked in the buildroots of other components. */
static bool check_size(const struct work *work, GError **error)
{
	const struct sandbox_bind bind = { work->results, "/rpms", false };
	struct local_sandbox sandbox = sandbox_of(work);
	g_autofree char *max = g_strdup_printf("%" PRIu64, work->job->max_disk);
	const char *const argv[] = { "sh", "-c", size_script, "size", max, NULL };
	g_auto(ProcessResult) result = { 0 };

	sandbox.binds = &bind;
	sandbox.binds_count = 1;
	sandbox.output_max = OUTPUT_MAX;
	if (!local_sandbox_run(&sandbox, argv, &result, error))
		return false;
	return result.status == 0 ||
	       fail(error, RIDA_ERROR_UNACCEPTABLE,
		    "the packages cannot be unpacked, or take more than %" PRIu64 " MiB then",
		    work->job->max_disk >> 20);
}

static bool keep_results(struct work *work, GError **error)
{
	g_autofree char *final =
		g_build_filename(work->job->build_dir, "results", work->job->component, NULL);
	const struct local_sandbox sandbox = sandbox_of(work);
	g_autoptr(GPtrArray) rpms = NULL;

	return collect(work, error) && local_rpms_query(&sandbox, work->results, &rpms, error) &&
	       check_source(work, rpms, error) && check_size(work, error) &&
	       local_rpms_write(work->results, rpms, error) && folder_sync(work->results) &&
	       folder_replace(work->results, final, error);
}

int work_on_job(const char *dir, const struct local_job *job)
{
	struct work work = { .dir = dir, .job = job };
	g_auto(LocalResult) result = { .state = TASK_CLOSED };
	g_autoptr(GError) why = NULL, error = NULL;
	bool is_written;

	if (!folder_make(job->log_dir, &why) || !work_init(&work, &why) ||
	    !job_sources(job, work.sources, &work.spec, &why) || !build(&work, &why) ||
	    !keep_results(&work, &why)) {
		result.state = TASK_FAILED;
		result.reason = g_strdup(why ? why->message : "the disk refused something");
		job_log_note(job->log_dir, "failed: %s", result.reason);
	} else {
		job_log_note(job->log_dir, "built %s", work.nvr);
		result.nvr = g_steal_pointer(&work.nvr);
	}
	job_log_describe(job->log_dir, &result);
	is_written = local_result_write(dir, "outcome.json", &result, &error);
	if (!is_written)
		fprintf(stderr, "rida-job: %s\n", error->message);
	work_clear(&work);
	return is_written ? 0 : 1;
}
