/* SPDX-License-Identifier: MIT */
#include "contract/peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <cmocka.h>

#include "tests/unit/ports/json_lines.h"

#define WAIT_MICROS 10000
#define WAIT_TRIES  2000

static struct peer receiver, amqp1;
static bool is_prepared;

static void must(bool is_fine, const char *what)
{
	if (!is_fine) {
		fprintf(stderr, "the other side of the bus: %s\n", what);
		exit(1);
	}
}

static void stop(struct peer *peer)
{
	const char *argv[] = { "rm", "-rf", peer->folder, NULL };

	if (!peer->pid)
		return;
	kill(peer->pid, SIGTERM);
	waitpid(peer->pid, NULL, 0);
	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
		     NULL, NULL, NULL);
	g_free(peer->folder);
	g_free(peer->url);
	g_free(peer->secret);
}

static void stop_all(void)
{
	stop(&receiver);
	stop(&amqp1);
}

static void prepare(struct peer *peer)
{
	peer->folder = g_dir_make_tmp("rida-contract-bus.XXXXXX", NULL);
	must(peer->folder != NULL, "folder");
	peer->secret = g_build_filename(peer->folder, "secret", NULL);
	must(g_file_set_contents_full(peer->secret, "correct horse battery staple\n", -1,
				      G_FILE_SET_CONTENTS_NONE, 0600, NULL),
	     "secret");
}

static void wait_for_url(struct peer *peer)
{
	g_autofree char *file = g_build_filename(peer->folder, "url", NULL);

	for (unsigned i = 0; i < WAIT_TRIES && !peer->url; i++) {
		if (!g_file_get_contents(file, &peer->url, NULL, NULL))
			g_usleep(WAIT_MICROS);
	}
	must(peer->url != NULL, "it does not start");
	g_strchomp(peer->url);
}

static const struct peer *start(struct peer *peer, const char *program)
{
	g_autofree char *path =
		g_build_filename(g_getenv("top_srcdir"), "tests", "stub", program, NULL);
	const char *argv[] = { "python3", "-B", path, NULL, NULL, NULL };

	if (peer->pid)
		return peer;
	prepare(peer);
	argv[3] = peer->folder;
	argv[4] = peer->secret;
	must(g_spawn_async(NULL, (char **)(uintptr_t)argv, NULL,
			   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &peer->pid,
			   NULL),
	     program);
	if (!is_prepared)
		atexit(stop_all);
	is_prepared = true;
	wait_for_url(peer);
	return peer;
}

const struct peer *peer_receiver(void)
{
	return start(&receiver, "receiver.py");
}

const struct peer *peer_amqp1(void)
{
	return start(&amqp1, "amqp1_broker.py");
}

GPtrArray *peer_heard(const struct peer *peer, const char *member)
{
	g_autofree char *file = g_build_filename(peer->folder, "log", NULL);

	if (!g_file_test(file, G_FILE_TEST_EXISTS))
		return g_ptr_array_new();
	return json_lines_member(file, member);
}

void peer_has_heard(const struct peer *peer, const char *member, const char *text)
{
	g_autoptr(GPtrArray) texts = peer_heard(peer, member);

	assert_int_equal(texts->len, 1);
	assert_string_equal(texts->pdata[0], text);
}

void peer_forget_log(const struct peer *peer)
{
	g_autofree char *file = g_build_filename(peer->folder, "log", NULL);

	g_unlink(file);
}
