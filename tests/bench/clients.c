/* SPDX-License-Identifier: MIT */
/*
 * So many clients at once, each with a connection of its own that it keeps, asking for one path
 * again and again. Prints how many answers each of them got, the fewest first: a load generator
 * that only counts answers does not see a client that never gets one.
 *
 *	clients PORT PATH CLIENTS SECONDS
 */
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An answer that takes longer than this, in seconds, never comes. */
#define PATIENCE 5

struct plan {
	uint16_t port;
	char *request;
	int64_t until;
};

struct client {
	const struct plan *plan;
	GThread *thread;
	GString *answer; /* what has arrived */
	int socket;      /* -1: not connected */
	long count;
};

static int by_count(gconstpointer one, gconstpointer other)
{
	const struct client *a = one, *b = other;

	return (a->count > b->count) - (a->count < b->count);
}

static void hang_up(struct client *client)
{
	if (client->socket >= 0)
		close(client->socket);
	client->socket = -1;
}

static bool call(struct client *client)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(client->plan->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct timeval patience = { .tv_sec = PATIENCE };

	if (client->socket >= 0)
		return true;
	client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return connect(client->socket, (const struct sockaddr *)&address, sizeof address) == 0;
}

/* The length of head and body as far as it is known; 0: the head is not whole yet. */
static size_t whole_length(const GString *answer)
{
	const char *end = strstr(answer->str, "\r\n\r\n");
	const char *length = strcasestr(answer->str, "\r\nContent-Length:");

	if (!end)
		return 0;
	return (size_t)(end + 4 - answer->str) +
	       (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

/* One answer, to its last byte: 200 or nothing. */
static bool read_answer(struct client *client)
{
	char buffer[16384];

	g_string_truncate(client->answer, 0);
	while (!whole_length(client->answer) ||
	       client->answer->len < whole_length(client->answer)) {
		ssize_t got = recv(client->socket, buffer, sizeof buffer, 0);

		if (got <= 0)
			return false;
		g_string_append_len(client->answer, buffer, got);
	}
	return g_str_has_prefix(client->answer->str, "HTTP/1.1 200 ");
}

/* A server may end a kept connection after an answer: then the client calls again. */
static void *ask_on(void *data)
{
	struct client *client = data;
	const char *request = client->plan->request;

	while (g_get_monotonic_time() < client->plan->until) {
		bool is_good = call(client) &&
			       send(client->socket, request, strlen(request), MSG_NOSIGNAL) > 0 &&
			       read_answer(client);

		client->count += is_good ? 1 : 0;
		if (!is_good || strcasestr(client->answer->str, "\r\nConnection: close"))
			hang_up(client);
	}
	hang_up(client);
	return NULL;
}

int main(int argc, char **argv)
{
	g_autoptr(GArray) clients = g_array_new(FALSE, TRUE, sizeof(struct client));
	struct plan plan = { 0 };

	if (argc != 5)
		return EXIT_FAILURE;
	g_array_set_size(clients, (guint)strtoul(argv[3], NULL, 10));
	plan.port = (uint16_t)strtoul(argv[1], NULL, 10);
	plan.request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
	plan.until = g_get_monotonic_time() + strtol(argv[4], NULL, 10) * G_USEC_PER_SEC;
	for (guint i = 0; i < clients->len; i++) {
		struct client *client = &g_array_index(clients, struct client, i);

		client->plan = &plan;
		client->socket = -1;
		client->answer = g_string_new(NULL);
		client->thread = g_thread_new("client", ask_on, client);
	}
	for (guint i = 0; i < clients->len; i++) {
		struct client *client = &g_array_index(clients, struct client, i);

		g_thread_join(client->thread);
		g_string_free(client->answer, TRUE);
	}
	g_array_sort(clients, by_count);
	for (guint i = 0; i < clients->len; i++)
		printf("%ld\n", g_array_index(clients, struct client, i).count);
	g_free(plan.request);
	return EXIT_SUCCESS;
}
