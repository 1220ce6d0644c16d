/* SPDX-License-Identifier: MIT */
#include "flow/verify_jobs.h"

/* So many builds are checked at once; each asks a server only so much as the options allow. */
#define JOBS_MAX 8
/* One check may take this long; it leaves time to end when the pass is stopped. */
#define JOB_SECONDS 25

struct verify_jobs {
	const struct config *config;
	GAsyncQueue *ended; /* struct job */
	GPtrArray *running; /* struct job: not taken yet, the queue's and the threads' */
};

/* What a thread works on; the queue hands it back. */
struct job {
	struct verify_job found; /* the first member: what is taken */
	const struct config *config;
	char *builder;
	int64_t deadline;
	GAsyncQueue *ended;
	GThread *thread;
	bool is_forgotten; /* for the thread of the pass alone */
};

static void component_destroy(void *data)
{
	component_free(data);
}

/* What the check of a component reads. */
static struct component *component_copy(const struct component *component)
{
	struct component *copy = component_new(component->name);

	text_set(&copy->repository, component->repository);
	text_set(&copy->ref, component->ref);
	text_set(&copy->commit, component->commit);
	copy->build_time_only = component->build_time_only;
	return copy;
}

static void *run(void *data)
{
	struct job *job = data;

	verify_components(job->config, job->builder, job->found.components, job->deadline,
			  &job->found.result);
	g_async_queue_push(job->ended, job);
	return NULL;
}

struct verify_jobs *verify_jobs_new(const struct config *config)
{
	struct verify_jobs *jobs = g_new0(struct verify_jobs, 1);

	jobs->config = config;
	jobs->ended = g_async_queue_new();
	jobs->running = g_ptr_array_new();
	return jobs;
}

void verify_jobs_free(struct verify_jobs *jobs)
{
	if (!jobs)
		return;
	while (jobs->running->len)
		verify_job_free(verify_jobs_take(jobs, JOB_SECONDS * 1000));
	g_async_queue_unref(jobs->ended);
	g_ptr_array_unref(jobs->running);
	g_free(jobs);
}

bool verify_jobs_start(struct verify_jobs *jobs, const struct build *build)
{
	struct job *job;

	if (jobs->running->len >= JOBS_MAX)
		return false;
	job = g_new0(struct job, 1);
	job->found.build_id = build->id;
	job->found.components = g_ptr_array_new_with_free_func(component_destroy);
	for (guint i = 0; i < build->components->len; i++)
		g_ptr_array_add(job->found.components,
				component_copy(g_ptr_array_index(build->components, i)));
	job->config = jobs->config;
	job->builder = g_strdup(build->builder);
	job->deadline = g_get_monotonic_time() + JOB_SECONDS * G_USEC_PER_SEC;
	job->ended = jobs->ended;
	job->thread = g_thread_new("verify-build", run, job);
	g_ptr_array_add(jobs->running, job);
	return true;
}

void verify_jobs_forget(struct verify_jobs *jobs, uint64_t build_id)
{
	for (guint i = 0; i < jobs->running->len; i++) {
		struct job *job = g_ptr_array_index(jobs->running, i);

		job->is_forgotten |= job->found.build_id == build_id;
	}
}

unsigned verify_jobs_running(const struct verify_jobs *jobs)
{
	return jobs->running->len;
}

struct verify_job *verify_jobs_take(struct verify_jobs *jobs, unsigned milliseconds)
{
	struct job *job =
		g_async_queue_timeout_pop(jobs->ended, milliseconds * G_GUINT64_CONSTANT(1000));

	if (!job)
		return NULL;
	g_thread_join(job->thread);
	g_ptr_array_remove_fast(jobs->running, job);
	if (!job->is_forgotten)
		return &job->found;
	verify_job_free(&job->found);
	return NULL;
}

void verify_job_free(struct verify_job *found)
{
	struct job *job = (struct job *)found;

	if (!job)
		return;
	g_ptr_array_unref(found->components);
	verify_result_clear(&found->result);
	g_free(job->builder);
	g_free(job);
}
