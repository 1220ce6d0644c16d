/* SPDX-License-Identifier: MIT */
#include "flow/announcer.h"

#include "base/log.h"
#include "flow/announce.h"
#include "flow/session.h"

struct announcer {
	const struct config *config;
	const char *holder;
	const volatile sig_atomic_t *stop;
	GThread *thread; /* NULL: nobody has asked yet */
	struct db *db;   /* the thread's; NULL: not open */

	GMutex mutex; /* of what follows */
	GCond news;
	bool is_wanted, is_running, is_ending;
	unsigned sent;
};

struct announcer *announcer_new(const struct config *config, const char *holder,
				const volatile sig_atomic_t *stop)
{
	struct announcer *announcer = g_new0(struct announcer, 1);

	announcer->config = config;
	announcer->holder = holder;
	announcer->stop = stop;
	g_mutex_init(&announcer->mutex);
	g_cond_init(&announcer->news);
	return announcer;
}

/* A connection that broke is closed, so that the next drain opens a new one. */
static unsigned drain(struct announcer *announcer)
{
	const struct announce_wants wants = {
		.config = announcer->config,
		.holder = announcer->holder,
		.deadline = g_get_monotonic_time() +
			    (int64_t)announcer->config->bus_budget * G_USEC_PER_SEC,
		.stop = announcer->stop,
	};
	g_autoptr(GError) problem = NULL;
	unsigned sent = 0;

	if (!announcer->db)
		announcer->db = session_open(announcer->config, ACCOUNT_SCHEDULER, &problem);
	if (!announcer->db || !announce_run(announcer->db, &wants, &sent, &problem)) {
		log_warning("announcing-failed", log_error_text(problem));
		g_clear_pointer(&announcer->db, db_close);
	}
	return sent;
}

static gpointer run(gpointer data)
{
	struct announcer *announcer = data;

	g_mutex_lock(&announcer->mutex);
	for (;;) {
		unsigned sent;

		while (!announcer->is_wanted && !announcer->is_ending)
			g_cond_wait(&announcer->news, &announcer->mutex);
		if (!announcer->is_wanted)
			break;
		announcer->is_wanted = false;
		announcer->is_running = true;
		g_mutex_unlock(&announcer->mutex);
		sent = drain(announcer);
		g_mutex_lock(&announcer->mutex);
		announcer->is_running = false;
		announcer->sent += sent;
		g_cond_broadcast(&announcer->news);
	}
	g_mutex_unlock(&announcer->mutex);
	g_clear_pointer(&announcer->db, db_close);
	return NULL;
}

void announcer_free(struct announcer *announcer)
{
	if (!announcer)
		return;
	g_mutex_lock(&announcer->mutex);
	announcer->is_ending = true;
	g_cond_broadcast(&announcer->news);
	g_mutex_unlock(&announcer->mutex);
	if (announcer->thread)
		g_thread_join(announcer->thread);
	g_mutex_clear(&announcer->mutex);
	g_cond_clear(&announcer->news);
	g_free(announcer);
}

void announcer_wake(struct announcer *announcer)
{
	g_mutex_lock(&announcer->mutex);
	announcer->is_wanted = true;
	if (!announcer->thread)
		announcer->thread = g_thread_new("announcer", run, announcer);
	g_cond_broadcast(&announcer->news);
	g_mutex_unlock(&announcer->mutex);
}

static unsigned take_sent(struct announcer *announcer)
{
	unsigned sent = announcer->sent;

	announcer->sent = 0;
	return sent;
}

unsigned announcer_sent(struct announcer *announcer)
{
	unsigned sent;

	g_mutex_lock(&announcer->mutex);
	sent = take_sent(announcer);
	g_mutex_unlock(&announcer->mutex);
	return sent;
}

unsigned announcer_finish(struct announcer *announcer)
{
	unsigned sent;

	g_mutex_lock(&announcer->mutex);
	while (announcer->is_wanted || announcer->is_running)
		g_cond_wait(&announcer->news, &announcer->mutex);
	sent = take_sent(announcer);
	g_mutex_unlock(&announcer->mutex);
	return sent;
}
