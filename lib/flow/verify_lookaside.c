/* SPDX-License-Identifier: MIT */
#include "flow/verify_lookaside.h"

#include "base/error.h"
#include "text/sources_list.h"
#include "wire/http.h"

#define SECONDS_MAX 60

/* One file to ask for. */
struct ask {
	struct check *check;
	const struct source_file *file;
	char *url;
};

static void ask_clear(void *data)
{
	g_free(((struct ask *)data)->url);
}

static void take_answer(const struct ask *ask, unsigned status, const GError *problem)
{
	g_autoptr(GError) away = NULL;

	if (problem) {
		check_fail(ask->check, "the lookaside cache", ask->file->name, problem);
		return;
	}
	if (status == 200)
		return;
	if (status >= 500) {
		fail(&away, RIDA_ERROR_UNAVAILABLE, "the lookaside cache answers %u for %s", status,
		     ask->url);
		check_fail(ask->check, "the lookaside cache", ask->file->name, away);
		return;
	}
	check_bad(ask->check, "%s is not in the lookaside cache (%s answers %u)", ask->file->name,
		  ask->url, status);
}

/* As many at once as one server is asked; the next ones only when there is time left. */
static void ask_some(const struct config *config, const struct ask *asks, unsigned count,
		     int64_t deadline)
{
	g_autofree struct http_wants *wants = g_new0(struct http_wants, count);
	g_autofree unsigned *statuses = g_new0(unsigned, count);
	g_autofree GError **problems = g_new0(GError *, count);

	for (unsigned i = 0; i < count; i++) {
		wants[i].url = asks[i].url;
		wants[i].timeout = check_seconds(deadline, SECONDS_MAX);
		wants[i].private_addresses = config->scm_private_addresses;
	}
	http_head_many(wants, count, count, statuses, problems);
	for (unsigned i = 0; i < count; i++) {
		take_answer(&asks[i], statuses[i], problems[i]);
		g_clear_error(&problems[i]);
	}
}

static void collect(const struct config *config, struct check *check, GArray *asks)
{
	for (guint i = 0; check->files && i < check->files->len; i++) {
		struct ask ask = { .check = check, .file = g_ptr_array_index(check->files, i) };
		g_autoptr(GError) problem = NULL;

		if (!source_file_url(ask.file, config->lookaside_url, check->component->name,
				     &ask.url, &problem))
			check_fail(check, "the lookaside cache", "lookaside_url", problem);
		else if (!*ask.url)
			check_bad(check, "%s would be in a lookaside cache, and there is none here",
				  ask.file->name);
		if (ask.url)
			g_array_append_val(asks, ask);
	}
}

void lookaside_check(const struct config *config, struct check *checks, size_t count,
		     int64_t deadline)
{
	g_autoptr(GArray) asks = g_array_new(FALSE, FALSE, sizeof(struct ask));
	unsigned many = (unsigned)config->verify_parallel_per_server;

	g_array_set_clear_func(asks, ask_clear);
	for (size_t i = 0; i < count; i++)
		collect(config, &checks[i], asks);
	for (guint i = 0; i < asks->len; i += many) {
		const struct ask *ask = &g_array_index(asks, struct ask, i);

		if (g_get_monotonic_time() < deadline)
			ask_some(config, ask, MIN(many, asks->len - i), deadline);
		else
			check_late(ask->check, "the lookaside cache");
	}
}
