/* SPDX-License-Identifier: MIT */
#include "ports/builder/survey.h"

static void task_destroy(gpointer data)
{
	struct survey_task *task = data;

	g_free(task->key);
	g_free(task->component);
	g_free(task->place);
	g_free(task);
}

static void set_destroy(gpointer set)
{
	g_hash_table_unref(set);
}

void survey_init(struct survey *survey)
{
	survey->tasks = g_ptr_array_new_with_free_func(task_destroy);
	survey->tagged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, set_destroy);
}

void survey_clear(struct survey *survey)
{
	g_clear_pointer(&survey->tasks, g_ptr_array_unref);
	g_clear_pointer(&survey->tagged, g_hash_table_unref);
}

struct survey_task *survey_add(struct survey *survey, const struct survey_task *task)
{
	struct survey_task *copy = g_new(struct survey_task, 1);

	*copy = (struct survey_task){
		.key = g_strdup(task->key),
		.task_id = task->task_id,
		.state = task->state,
		.component = g_strdup(task->component),
		.place = g_strdup(task->place),
	};
	g_ptr_array_add(survey->tasks, copy);
	return copy;
}

GHashTable *survey_tagged(struct survey *survey, const char *uuid)
{
	GHashTable *set = g_hash_table_lookup(survey->tagged, uuid);

	if (set)
		return set;
	set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_insert(survey->tagged, g_strdup(uuid), set);
	return set;
}
