/* SPDX-License-Identifier: MIT */
#include "flow/verify.h"

#include <string.h>

#include "flow/verify_component.h"
#include "flow/verify_lookaside.h"

/* Checks that wait for a thread, and how many are at each server. */
struct crew {
	GMutex lock;
	GCond moved;           /* a check has ended */
	GPtrArray *waiting;    /* struct check */
	GHashTable *at_server; /* "host:port" to the number of checks there */
	unsigned per_server;
	int64_t deadline;
};

void verify_result_clear(struct verify_result *result)
{
	g_clear_pointer(&result->reasons, g_ptr_array_unref);
	g_clear_pointer(&result->warnings, g_ptr_array_unref);
	g_clear_pointer(&result->late, g_ptr_array_unref);
}

static unsigned count_at(const struct crew *crew, const char *server)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(crew->at_server, server));
}

/* Takes the first waiting check whose server has room, or NULL. */
static struct check *take_check(struct crew *crew)
{
	for (guint i = 0; i < crew->waiting->len; i++) {
		struct check *check = g_ptr_array_index(crew->waiting, i);
		unsigned count = count_at(crew, check->url->server);

		if (count >= crew->per_server)
			continue;
		g_hash_table_insert(crew->at_server, check->url->server,
				    GUINT_TO_POINTER(count + 1));
		g_ptr_array_remove_index(crew->waiting, i);
		return check;
	}
	return NULL;
}

static void give_back(struct crew *crew, const struct check *check)
{
	const char *server = check->url->server;

	g_hash_table_insert(crew->at_server, check->url->server,
			    GUINT_TO_POINTER(count_at(crew, server) - 1));
	g_cond_broadcast(&crew->moved);
}

/* A thread: one check after the other, until none waits or the time is over. */
static void *work(void *data)
{
	struct crew *crew = data;

	g_mutex_lock(&crew->lock);
	while (crew->waiting->len > 0 && g_get_monotonic_time() < crew->deadline) {
		struct check *check = take_check(crew);

		if (!check) {
			g_cond_wait_until(&crew->moved, &crew->lock, crew->deadline);
			continue;
		}
		g_mutex_unlock(&crew->lock);
		check_run(check);
		g_mutex_lock(&crew->lock);
		give_back(crew, check);
	}
	g_mutex_unlock(&crew->lock);
	return NULL;
}

static void run_checks(const struct config *config, struct check *checks, size_t count,
		       int64_t deadline)
{
	g_autoptr(GPtrArray) threads = g_ptr_array_new();
	struct crew crew = {
		.waiting = g_ptr_array_new(),
		.at_server = g_hash_table_new(g_str_hash, g_str_equal),
		.per_server = (unsigned)config->verify_parallel_per_server,
		.deadline = deadline,
	};

	g_mutex_init(&crew.lock);
	g_cond_init(&crew.moved);
	for (size_t i = 0; i < count; i++)
		if (checks[i].url)
			g_ptr_array_add(crew.waiting, &checks[i]);
	for (guint wanted = MIN(crew.waiting->len, (guint)config->verify_parallel); wanted > 0;
	     wanted--)
		g_ptr_array_add(threads, g_thread_new("verify", work, &crew));
	for (guint i = 0; i < threads->len; i++)
		g_thread_join(g_ptr_array_index(threads, i));
	for (guint i = 0; i < crew.waiting->len; i++) {
		struct check *check = g_ptr_array_index(crew.waiting, i);

		check_late(check, check->url->server);
	}
	g_ptr_array_unref(crew.waiting);
	g_hash_table_unref(crew.at_server);
	g_cond_clear(&crew.moved);
	g_mutex_clear(&crew.lock);
}

static void add_once(GPtrArray *lines, const char *line)
{
	if (!g_ptr_array_find_with_equal_func(lines, line, g_str_equal, NULL))
		g_ptr_array_add(lines, g_strdup(line));
}

static void gather(const struct check *checks, size_t count, struct verify_result *ret)
{
	bool has[VERIFY_AWAY + 1] = { false };

	for (size_t i = 0; i < count; i++) {
		has[checks[i].outcome] = true;
		for (guint k = 0; k < checks[i].reasons->len; k++)
			add_once(ret->reasons, g_ptr_array_index(checks[i].reasons, k));
		for (guint k = 0; k < checks[i].warnings->len; k++)
			add_once(ret->warnings, g_ptr_array_index(checks[i].warnings, k));
		for (guint k = 0; k < checks[i].late->len; k++)
			add_once(ret->late, g_ptr_array_index(checks[i].late, k));
	}
	ret->outcome = has[VERIFY_BAD]    ? VERIFY_BAD
		       : has[VERIFY_LATE] ? VERIFY_LATE
		       : has[VERIFY_AWAY] ? VERIFY_AWAY
					  : VERIFY_GOOD;
}

void verify_components(const struct config *config, const char *builder, GPtrArray *components,
		       int64_t deadline, struct verify_result *ret)
{
	g_autofree struct check *checks = g_new0(struct check, components->len + 1);
	g_autoptr(GError) problem = NULL;
	struct sandbox_user user;
	size_t count = 0;

	ret->reasons = g_ptr_array_new_with_free_func(g_free);
	ret->warnings = g_ptr_array_new_with_free_func(g_free);
	ret->late = g_ptr_array_new_with_free_func(g_free);
	if (!sandbox_user_find(config->sandbox_user, &user, &problem)) {
		g_ptr_array_add(ret->reasons, g_strdup(problem->message));
		ret->outcome = VERIFY_AWAY;
		return;
	}
	for (guint i = 0; i < components->len; i++) {
		struct component *component = g_ptr_array_index(components, i);

		if (component->build_time_only)
			continue;
		checks[count] = (struct check){ .config = config,
						.component = component,
						.user = &user,
						.spec_must_parse = strcmp(builder, "local") == 0,
						.deadline = deadline };
		check_open(&checks[count++]);
	}
	run_checks(config, checks, count, deadline);
	lookaside_check(config, checks, count, deadline);
	gather(checks, count, ret);
	for (size_t i = 0; i < count; i++)
		check_clear(&checks[i]);
}
