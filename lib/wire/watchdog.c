/* SPDX-License-Identifier: MIT */
#include "wire/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

/* A deadline moves forward with each use, so the thread sleeps until the one that it knows and
 * looks then: setting a later one wakes nobody. */
struct watchdog {
	GThread *thread;
	GMutex mutex;
	GCond changed;
	int64_t deadline; /* INT64_MAX: at rest */
	int64_t alarm;    /* when the thread looks next */
	int socket;
	bool has_bitten;
	bool is_ending;
};

static void bite(struct watchdog *dog)
{
	shutdown(dog->socket, SHUT_RDWR);
	dog->has_bitten = true;
	dog->deadline = INT64_MAX;
}

static gpointer watch(gpointer data)
{
	struct watchdog *dog = data;

	g_mutex_lock(&dog->mutex);
	while (!dog->is_ending) {
		if (dog->deadline <= g_get_monotonic_time())
			bite(dog);
		dog->alarm = dog->deadline;
		if (dog->alarm == INT64_MAX)
			g_cond_wait(&dog->changed, &dog->mutex);
		else
			g_cond_wait_until(&dog->changed, &dog->mutex, dog->alarm);
	}
	g_mutex_unlock(&dog->mutex);
	return NULL;
}

bool watchdog_new(int socket, struct watchdog **ret, GError **error)
{
	struct watchdog *dog = g_new0(struct watchdog, 1);
	g_autoptr(GError) problem = NULL;

	dog->socket = fcntl(socket, F_DUPFD_CLOEXEC, 0);
	if (dog->socket < 0) {
		g_free(dog);
		return fail(error, RIDA_ERROR_UNAVAILABLE, "no descriptor is left: %s",
			    g_strerror(errno));
	}

	g_mutex_init(&dog->mutex);
	g_cond_init(&dog->changed);
	dog->deadline = INT64_MAX;
	dog->alarm = INT64_MAX;
	dog->thread = g_thread_try_new("watchdog", watch, dog, &problem);
	if (!dog->thread) {
		watchdog_free(dog);
		return fail(error, RIDA_ERROR_UNAVAILABLE, "no thread can be started: %s",
			    problem->message);
	}
	*ret = dog;
	return true;
}

void watchdog_free(struct watchdog *dog)
{
	if (!dog)
		return;
	if (dog->thread) {
		g_mutex_lock(&dog->mutex);
		dog->is_ending = true;
		g_cond_signal(&dog->changed);
		g_mutex_unlock(&dog->mutex);
		g_thread_join(dog->thread);
	}
	close(dog->socket);
	g_mutex_clear(&dog->mutex);
	g_cond_clear(&dog->changed);
	g_free(dog);
}

void watchdog_watch(struct watchdog *dog, int64_t deadline)
{
	g_mutex_lock(&dog->mutex);
	dog->deadline = deadline;
	if (deadline < dog->alarm)
		g_cond_signal(&dog->changed);
	g_mutex_unlock(&dog->mutex);
}

void watchdog_rest(struct watchdog *dog)
{
	g_mutex_lock(&dog->mutex);
	dog->deadline = INT64_MAX;
	g_mutex_unlock(&dog->mutex);
}

bool watchdog_has_bitten(struct watchdog *dog)
{
	bool has_bitten;

	g_mutex_lock(&dog->mutex);
	has_bitten = dog->has_bitten;
	g_mutex_unlock(&dog->mutex);
	return has_bitten;
}
