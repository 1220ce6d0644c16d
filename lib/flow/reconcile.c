/* SPDX-License-Identifier: MIT */
#include "flow/reconcile.h"

#include <inttypes.h>

#include "flow/builders.h"
#include "model/names.h"
#include "store/build_store.h"
#include "store/survey_store.h"
#include "text/json.h"

/* Keys that are looked up in one statement. */
#define KEYS_AT_ONCE 1000
/* So many attempts of a component may be lost. */
#define LOST_ATTEMPTS 8

/* One build system and what is said about it. */
struct comparison {
	struct db *db;
	const char *name;
	GPtrArray *builds; /* struct build: whose tags were looked at */
	struct survey *survey;
	GHashTable *unknown; /* key -> struct survey_task that no row knows, both borrowed */
	GHashTable *keys;    /* a set: all that were surveyed, borrowed */
	GPtrArray *sentences;
};

static void say(const struct comparison *comparison, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(const struct comparison *comparison, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(comparison->sentences, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* "task 12 of bash for TARGET in koji (open)"; the caller frees it. */
static char *task_words(const struct comparison *comparison, const struct survey_task *task)
{
	GString *words = g_string_new("task");

	if (task->task_id)
		g_string_append_printf(words, " %" PRIu64, task->task_id);
	if (task->component)
		g_string_append_printf(words, " of %s", task->component);
	if (task->place)
		g_string_append_printf(words, " for %s", task->place);
	g_string_append_printf(words, " in %s (%s)", comparison->name,
			       task_state_name(task->state));
	return g_string_free(words, FALSE);
}

/* What the rows should hold of a task in that state, once they are up to date. */
static bool states_agree(const struct known_attempt *known, const struct survey_task *task)
{
	if (known->is_open)
		return true;
	switch (known->state) {
	case COMPONENT_COMPLETE:
		return task->state == TASK_CLOSED;
	case COMPONENT_FAILED:
	case COMPONENT_CANCELED:
		return !task_state_is_active(task->state);
	default:
		return true;
	}
}

static void compare_known(const struct comparison *comparison, const struct known_attempt *known)
{
	struct survey_task *task = g_hash_table_lookup(comparison->unknown, known->key);
	g_autofree char *words = NULL;

	if (!task)
		return;
	g_hash_table_remove(comparison->unknown, known->key);
	words = task_words(comparison, task);
	if (!states_agree(known, task))
		say(comparison, "build %" PRIu64 ": attempt %u of component %s is %s, but its %s",
		    known->build_id, known->attempt, known->component,
		    component_state_name((enum component_state)known->state), words);
	else if (known->task_id && task->task_id && known->task_id != task->task_id)
		say(comparison,
		    "build %" PRIu64 ": attempt %u of component %s has task %" PRIu64
		    ", but the %s has its key: it was built twice",
		    known->build_id, known->attempt, known->component, known->task_id, words);
}

static bool counts(const struct survey_task *task)
{
	return task_state_is_active(task->state) || task->state == TASK_CLOSED;
}

/* Of two tasks with a key, one may have failed or been ended. */
static void note_key(struct comparison *comparison, struct survey_task *task)
{
	const struct survey_task *other = g_hash_table_lookup(comparison->unknown, task->key);
	g_autofree char *words = NULL;

	if (other && counts(other) && counts(task)) {
		words = task_words(comparison, task);
		say(comparison, "the %s has the key of task %" PRIu64 ", too: it was built twice",
		    words, other->task_id);
	}
	if (!other || !counts(other))
		g_hash_table_replace(comparison->unknown, task->key, task);
	g_hash_table_add(comparison->keys, task->key);
}

static bool compare_keys(const struct comparison *comparison, struct json_object *keys,
			 GError **error)
{
	g_autoptr(GPtrArray) known = NULL;

	if (!survey_store_known(comparison->db, json_object_to_json_string(keys), &known, error))
		return false;
	for (guint i = 0; i < known->len; i++)
		compare_known(comparison, known->pdata[i]);
	return true;
}

static void note_keys(struct comparison *comparison)
{
	const GPtrArray *tasks = comparison->survey->tasks;

	for (guint i = 0; i < tasks->len; i++) {
		struct survey_task *task = tasks->pdata[i];

		if (task->key)
			note_key(comparison, task);
	}
}

static bool is_unknown(const struct comparison *comparison, const struct survey_task *task)
{
	return task->key && g_hash_table_lookup(comparison->unknown, task->key) == task;
}

/* Takes the tasks that rows know out of the unknown ones. */
static bool find_known(const struct comparison *comparison, GError **error)
{
	const GPtrArray *tasks = comparison->survey->tasks;

	for (guint i = 0; i < tasks->len;) {
		g_autoptr(JsonObject) keys = json_object_new_array();

		for (; i < tasks->len && json_object_array_length(keys) < KEYS_AT_ONCE; i++) {
			const struct survey_task *task = tasks->pdata[i];

			if (is_unknown(comparison, task))
				json_object_array_add(keys, json_object_new_string(task->key));
		}
		if (!compare_keys(comparison, keys, error))
			return false;
	}
	return true;
}

static bool find_missing(const struct comparison *comparison, GError **error)
{
	g_autoptr(GPtrArray) open = NULL;

	if (!survey_store_open(comparison->db, comparison->name, &open, error))
		return false;
	for (guint i = 0; i < open->len; i++) {
		const struct known_attempt *known = open->pdata[i];

		if (!g_hash_table_contains(comparison->keys, known->key))
			say(comparison,
			    "build %" PRIu64 ": %s does not know task %" PRIu64 " of component %s",
			    known->build_id, comparison->name, known->task_id, known->component);
	}
	return true;
}

/* A task of an attempt that this component comes to. */
static void find_lost(const struct comparison *comparison, const struct known_component *component)
{
	for (uint32_t number = 1; number <= component->attempt + LOST_ATTEMPTS; number++) {
		g_autofree char *key =
			idempotency_key(component->uuid, component->name, "submit", number);
		const struct survey_task *task = g_hash_table_lookup(comparison->unknown, key);
		g_autofree char *words = NULL;

		if (!task)
			continue;
		words = task_words(comparison, task);
		say(comparison,
		    "build %" PRIu64 ": no row knows attempt %u of component %s, the %s; it is "
		    "adopted when the build comes to it",
		    component->build_id, number, component->name, words);
		g_hash_table_remove(comparison->unknown, key);
	}
}

static bool find_all_lost(const struct comparison *comparison, GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	struct known_component component = { 0 };
	int got;

	if (!g_hash_table_size(comparison->unknown))
		return true;
	if (!survey_store_components(comparison->db, comparison->name, &rows, error))
		return false;
	while ((got = db_next(rows, &component, error)) > 0)
		find_lost(comparison, &component);
	known_component_clear(&component);
	return got == 0;
}

static void tell_orphans(const struct comparison *comparison)
{
	const GPtrArray *tasks = comparison->survey->tasks;

	for (guint i = 0; i < tasks->len; i++) {
		const struct survey_task *task = tasks->pdata[i];
		g_autofree char *words = task_words(comparison, task);

		if (!task->key)
			say(comparison, "the %s has no key that can be read", words);
		else if (is_unknown(comparison, task))
			say(comparison,
			    "the %s belongs to no build here: its build is lost, or somebody else "
			    "uses the same account (key %s)",
			    words, task->key);
	}
}

static void compare_tag(const struct comparison *comparison, const struct build *build)
{
	GHashTable *nvrs = g_hash_table_lookup(comparison->survey->tagged, build->uuid);
	GHashTableIter iterator;
	gpointer nvr;

	if (!nvrs)
		return;
	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = build->components->pdata[i];
		const bool is_there = component->nvr && g_hash_table_remove(nvrs, component->nvr);

		if (component->tagged && !is_there)
			say(comparison, "build %" PRIu64 ": %s is tagged, but %s does not list it",
			    build->id, component->nvr ? component->nvr : component->name,
			    comparison->name);
		else if (is_there && !component->tagged && build->state != BUILD_BUILD)
			say(comparison, "build %" PRIu64 ": %s is not tagged, but %s lists it",
			    build->id, component->nvr, comparison->name);
	}
	g_hash_table_iter_init(&iterator, nvrs);
	while (g_hash_table_iter_next(&iterator, &nvr, NULL))
		say(comparison,
		    "build %" PRIu64 ": %s lists %s in its tag, and no component is that",
		    build->id, comparison->name, (const char *)nvr);
}

static bool compare(struct comparison *comparison, GError **error)
{
	/* All of them first: tasks with the same key may be far apart. */
	note_keys(comparison);
	if (!find_known(comparison, error) || !find_missing(comparison, error) ||
	    !find_all_lost(comparison, error))
		return false;
	tell_orphans(comparison);
	for (guint i = 0; i < comparison->builds->len; i++)
		compare_tag(comparison, comparison->builds->pdata[i]);
	return true;
}

/* A build system that cannot be asked is a sentence, not an error. */
static bool ask(struct builders *builders, struct comparison *comparison, int64_t since)
{
	const struct survey_wants wants = { .since = since, .builds = comparison->builds };
	g_autoptr(GError) problem = NULL;
	struct builder *builder = builders_get(builders, comparison->name, &problem);

	if (builder && builder->ops->survey(builder, &wants, comparison->survey, &problem))
		return true;
	say(comparison, "builder %s cannot be asked: %s", comparison->name, problem->message);
	return false;
}

static bool compare_builder(struct builders *builders, struct comparison *comparison,
			    GError **error)
{
	g_autoptr(GArray) ids = NULL;
	g_autoptr(GPtrArray) builds = NULL;
	int64_t since;

	if (!survey_store_since(comparison->db, comparison->name, &since, error) ||
	    !survey_store_recent(comparison->db, comparison->name, &ids, error) ||
	    !build_store_load_many(comparison->db, (uint64_t *)(void *)ids->data, ids->len, &builds,
				   error))
		return false;
	comparison->builds = builds;
	return !ask(builders, comparison, since) || compare(comparison, error);
}

bool reconcile_check(struct db *db, const struct config *config, GPtrArray *sentences,
		     GError **error)
{
	g_autoptr(Builders) builders = builders_new(config);
	g_autoptr(GPtrArray) names = NULL;
	bool is_good;

	is_good = survey_store_builders(db, &names, error);
	for (guint i = 0; is_good && i < names->len; i++) {
		g_auto(Survey) survey = { 0 };
		struct comparison comparison = {
			.db = db, .name = names->pdata[i], .survey = &survey, .sentences = sentences
		};

		survey_init(&survey);
		comparison.unknown = g_hash_table_new(g_str_hash, g_str_equal);
		comparison.keys = g_hash_table_new(g_str_hash, g_str_equal);
		is_good = compare_builder(builders, &comparison, error);
		g_hash_table_unref(comparison.unknown);
		g_hash_table_unref(comparison.keys);
	}
	return is_good;
}
