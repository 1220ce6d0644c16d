/* SPDX-License-Identifier: MIT */
#include "flow/listener.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "flow/bus_settings.h"
#include "flow/session.h"
#include "model/incoming.h"
#include "ports/bus/bus.h"
#include "store/hint_store.h"

#define PAUSE     G_USEC_PER_SEC        /* between two looks at the queue */
#define REST_MAX  (60 * G_USEC_PER_SEC) /* after failures in a row */
#define HINTS_MAX 1000                  /* of one look */
#define BODY_MAX  (256 * 1024)

struct listener {
	const struct config *config;
	GThread *thread;
	struct db *db; /* the thread's, as the next; NULL: not open */
	struct bus *bus;

	GMutex mutex; /* of what follows */
	GCond news;
	bool is_ending;
};

static void close_all(struct listener *listener)
{
	if (listener->bus)
		listener->bus->ops->close(listener->bus);
	listener->bus = NULL;
	g_clear_pointer(&listener->db, db_close);
}

static bool open_all(struct listener *listener, GError **error)
{
	const struct bus_ops *ops = bus_find(listener->config->bus, error);
	struct bus_options options;

	if (!ops)
		return false;
	options = bus_settings(listener->config, ops);
	if (!listener->bus && !ops->open(&options, &listener->bus, error))
		return false;
	if (!listener->db)
		listener->db = session_open(listener->config, ACCOUNT_SCHEDULER, error);
	return listener->db != NULL;
}

/* A message that is too long for a hint is none. */
static void add_hint(GArray *hints, const struct bus_hint *said)
{
	struct incoming hint = { 0 };

	if (strlen(said->body) <= BODY_MAX)
		hint = incoming_read(said->topic, said->body);
	if (hint.kind == INCOMING_NOTHING)
		incoming_clear(&hint);
	else
		g_array_append_val(hints, hint);
}

static void clear_hint(gpointer hint)
{
	incoming_clear(hint);
}

/* Takes what has come; it is acknowledged when the builds are due, also where the bus took only
 * what is no hint. */
static bool hear(struct listener *listener, bool *ret_more, GError **error)
{
	g_autoptr(GArray) hints = g_array_new(FALSE, FALSE, sizeof(struct incoming));
	g_autoptr(GPtrArray) said = NULL;
	uint64_t due = 0;

	g_array_set_clear_func(hints, clear_hint);
	if (!open_all(listener, error) ||
	    !listener->bus->ops->receive_many(listener->bus, HINTS_MAX, &said, error))
		return false;
	for (guint i = 0; i < said->len; i++)
		add_hint(hints, g_ptr_array_index(said, i));
	if (!hint_store_apply(listener->db, (const struct incoming *)(void *)hints->data,
			      hints->len, &due, error))
		return false;
	if (due)
		log_debug("builds-made-due", log_u64("builds", due), log_u64("hints", hints->len));
	*ret_more = said->len == HINTS_MAX;
	return listener->bus->ops->acknowledge(listener->bus, error);
}

/* True when the listener is to end. */
static bool sleep_until(struct listener *listener, int64_t until)
{
	bool is_ending;

	g_mutex_lock(&listener->mutex);
	while (!listener->is_ending && g_cond_wait_until(&listener->news, &listener->mutex, until))
		continue;
	is_ending = listener->is_ending;
	g_mutex_unlock(&listener->mutex);
	return is_ending;
}

static gpointer run(gpointer data)
{
	struct listener *listener = data;
	int64_t pause = PAUSE;

	do {
		g_autoptr(GError) problem = NULL;
		bool has_more = false;

		if (hear(listener, &has_more, &problem)) {
			pause = has_more ? 0 : PAUSE;
			continue;
		}
		log_warning("listening-failed", log_error_text(problem));
		close_all(listener);
		pause = CLAMP(pause * 2, PAUSE, REST_MAX);
	} while (!sleep_until(listener, g_get_monotonic_time() + pause));
	close_all(listener);
	return NULL;
}

struct listener *listener_new(const struct config *config)
{
	struct listener *listener;

	if (!*config->bus_listen_queue)
		return NULL;
	listener = g_new0(struct listener, 1);
	listener->config = config;
	g_mutex_init(&listener->mutex);
	g_cond_init(&listener->news);
	listener->thread = g_thread_new("listener", run, listener);
	return listener;
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	g_mutex_lock(&listener->mutex);
	listener->is_ending = true;
	g_cond_broadcast(&listener->news);
	g_mutex_unlock(&listener->mutex);
	g_thread_join(listener->thread);
	g_mutex_clear(&listener->mutex);
	g_cond_clear(&listener->news);
	g_free(listener);
}
