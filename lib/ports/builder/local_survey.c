/* SPDX-License-Identifier: MIT */
#include "ports/builder/local.h"

#include "ports/builder/local_files.h"
#include "ports/builder/local_job.h"

static enum task_state state_of(enum job_life life, const struct local_result *result)
{
	switch (life) {
	case JOB_RUNNING:
		return TASK_OPEN;
	case JOB_ENDED:
		return (enum task_state)result->state;
	case JOB_LOST:
		return TASK_FAILED;
	case JOB_ABSENT:
		break;
	}
	return TASK_NONE;
}

static bool add_job(const char *jobs, const char *key, const char *uuid, struct survey *survey,
		    GError **error)
{
	g_autofree char *dir = g_build_filename(jobs, key, NULL);
	g_auto(LocalResult) result = { 0 };
	g_autoptr(LocalJob) job = NULL;
	struct survey_task task = { .key = (char *)(uintptr_t)key,
				    .place = (char *)(uintptr_t)uuid };
	enum job_life life;

	if (!local_job_look(dir, &life, &result, error))
		return false;
	task.state = state_of(life, &result);
	if (local_job_read(dir, &job, NULL))
		task.component = job->component;
	survey_add(survey, &task);
	return true;
}

bool local_survey(struct builder *builder, const struct survey_wants *wants, struct survey *ret,
		  GError **error)
{
	const struct local *local = (const struct local *)(const void *)builder;
	g_autofree char *place = g_build_filename(local->options.state_dir, "builds", NULL);
	g_auto(GStrv) uuids = folder_list(place);

	(void)wants;
	for (size_t i = 0; uuids[i]; i++) {
		g_autofree char *jobs = g_build_filename(place, uuids[i], "jobs", NULL);
		g_auto(GStrv) keys = folder_list(jobs);

		for (size_t j = 0; keys[j]; j++)
			if (!add_job(jobs, keys[j], uuids[i], ret, error))
				return false;
	}
	return true;
}
