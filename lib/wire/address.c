/* SPDX-License-Identifier: MIT */
#include "wire/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"

#define ADDRESSES_MAX  8
#define CONNECT_MICROS (3 * G_USEC_PER_SEC) /* of one address, when there are others */

/* The first bits of an address. */
struct prefix {
	uint8_t bytes[8];
	unsigned bits;
};

/* What is not public in IPv4, by the registry of special purpose addresses. */
static const struct prefix special_v4[] = {
	{ { 0 }, 8 },             /* this network */
	{ { 10 }, 8 },            /* private */
	{ { 100, 64 }, 10 },      /* carrier-grade NAT */
	{ { 127 }, 8 },           /* loopback */
	{ { 169, 254 }, 16 },     /* link-local, and the clouds' metadata */
	{ { 172, 16 }, 12 },      /* private */
	{ { 192, 0, 0 }, 24 },    /* protocol assignments */
	{ { 192, 0, 2 }, 24 },    /* documentation */
	{ { 192, 88, 99 }, 24 },  /* 6to4 relays */
	{ { 192, 168 }, 16 },     /* private */
	{ { 198, 18 }, 15 },      /* benchmarks */
	{ { 198, 51, 100 }, 24 }, /* documentation */
	{ { 203, 0, 113 }, 24 },  /* documentation */
	{ { 224 }, 4 },           /* multicast */
	{ { 240 }, 4 },           /* reserved, and broadcast */
};

/* What is not public although it lies in 2000::/3. */
static const struct prefix special_v6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },       /* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x3f, 0xff, 0x00 }, 20 },       /* documentation */
};

/* Prefixes after which an IPv4 address stands, which then counts. */
static const struct embedding {
	uint8_t bytes[12];
	unsigned length; /* bytes of the prefix */
} embeddings[] = {
	{ { [10] = 0xff, [11] = 0xff }, 12 },           /* mapped: ::ffff:0:0/96 */
	{ { [1] = 0x64, [2] = 0xff, [3] = 0x9b }, 12 }, /* NAT64: 64:ff9b::/96 */
	{ { 0x20, 0x02 }, 2 },                          /* 6to4: 2002::/16 */
};

static const struct prefix global_v6 = { { 0x20 }, 3 };

static bool prefix_fits(const struct prefix *prefix, const uint8_t *bytes)
{
	const unsigned whole = prefix->bits / 8;
	const unsigned rest = prefix->bits % 8;
	const uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(prefix->bytes, bytes, whole) == 0 &&
	       (rest == 0 || ((prefix->bytes[whole] ^ bytes[whole]) & mask) == 0);
}

static bool any_fits(const struct prefix *prefixes, size_t count, const uint8_t *bytes)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_fits(&prefixes[i], bytes))
			return true;
	return false;
}

static bool is_private_v4(const uint8_t *bytes)
{
	return any_fits(special_v4, G_N_ELEMENTS(special_v4), bytes);
}

static bool is_private_v6(const uint8_t *bytes)
{
	for (size_t i = 0; i < G_N_ELEMENTS(embeddings); i++)
		if (memcmp(embeddings[i].bytes, bytes, embeddings[i].length) == 0)
			return is_private_v4(bytes + embeddings[i].length);
	return !prefix_fits(&global_v6, bytes) ||
	       any_fits(special_v6, G_N_ELEMENTS(special_v6), bytes);
}

bool address_is_private(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof v4);
		return is_private_v4((const uint8_t *)&v4.sin_addr);
	}
	if (address->sa_family != AF_INET6)
		return true;
	memcpy(&v6, address, sizeof v6);
	return is_private_v6(v6.sin6_addr.s6_addr);
}

/* NULL at the end. */
static GPtrArray *all_allowed(const struct addrinfo *list, bool private_addresses)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
	char text[INET6_ADDRSTRLEN];

	for (; list && texts->len < ADDRESSES_MAX; list = list->ai_next) {
		if (!private_addresses && address_is_private(list->ai_addr))
			continue;
		/* Without the zone of a link-local address, which no public server has. */
		if (getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof text, NULL, 0,
				NI_NUMERICHOST) == 0 &&
		    !g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL))
			g_ptr_array_add(texts, g_strdup(text));
	}
	g_ptr_array_add(texts, NULL);
	return texts;
}

/* One question to the name service. Both the asker and the thread that waits for the answer hold
 * it. */
struct question {
	gint holders;
	char *host;
	char *service;
	GMutex mutex;
	GCond answered;
	bool is_answered;
	int code;
	struct addrinfo *list;
};

static void question_release(struct question *question)
{
	if (!g_atomic_int_dec_and_test(&question->holders))
		return;
	if (question->list)
		freeaddrinfo(question->list);
	g_mutex_clear(&question->mutex);
	g_cond_clear(&question->answered);
	g_free(question->host);
	g_free(question->service);
	g_free(question);
}

static int look_up(const struct question *question, int flags, struct addrinfo **ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICSERV | flags };

	return getaddrinfo(question->host, question->service, &hints, ret);
}

static void *ask(void *data)
{
	struct question *question = data;
	struct addrinfo *list = NULL;
	int code = look_up(question, 0, &list);

	g_mutex_lock(&question->mutex);
	question->code = code;
	question->list = list;
	question->is_answered = true;
	g_cond_signal(&question->answered);
	g_mutex_unlock(&question->mutex);
	question_release(question);
	return NULL;
}

/* getaddrinfo() knows no deadline: it is left to a thread, which is not waited for any longer. */
static bool wait_for_answer(struct question *question, unsigned timeout)
{
	const int64_t deadline = g_get_monotonic_time() + timeout * G_USEC_PER_SEC;
	bool is_waiting = true;

	g_atomic_int_inc(&question->holders);
	g_thread_unref(g_thread_new("resolve", ask, question));
	g_mutex_lock(&question->mutex);
	while (!question->is_answered && is_waiting)
		is_waiting = g_cond_wait_until(&question->answered, &question->mutex, deadline);
	is_waiting = !question->is_answered;
	g_mutex_unlock(&question->mutex);
	return !is_waiting;
}

static bool answer_question(struct question *question, unsigned timeout, GError **error)
{
	if (look_up(question, AI_NUMERICHOST, &question->list) == 0)
		return true;
	if (!wait_for_answer(question, timeout))
		return fail(
			error, RIDA_ERROR_UNAVAILABLE,
			"the server %s cannot be found: the name service does not answer; try again "
			"later",
			question->host);
	if (question->code)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the server %s cannot be found: %s; check its name, or try again later",
			    question->host, gai_strerror(question->code));
	return true;
}

bool address_resolve(const struct address_wants *wants, char ***ret, GError **error)
{
	struct question *question = g_new0(struct question, 1);
	g_autoptr(GPtrArray) texts = NULL;
	bool is_answered;

	question->holders = 1;
	question->host = g_strdup(wants->host);
	question->service = g_strdup_printf("%u", wants->port);
	g_mutex_init(&question->mutex);
	g_cond_init(&question->answered);
	is_answered = answer_question(question, wants->timeout, error);
	if (is_answered)
		texts = all_allowed(question->list, wants->private_addresses);
	question_release(question);
	if (!is_answered)
		return false;
	if (!texts->pdata[0])
		return fail(
			error, RIDA_ERROR_FORBIDDEN,
			"the server %s has no public address; servers on private addresses are used "
			"only where the configuration allows them",
			wants->host);
	*ret = (char **)g_ptr_array_steal(texts, NULL);
	return true;
}

static bool connects(const struct addrinfo *address, int64_t micros)
{
	/* In Linux this is the time of connect() as well. */
	const struct timeval time = { .tv_sec = micros / G_USEC_PER_SEC,
				      .tv_usec = micros % G_USEC_PER_SEC };
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_connected;

	if (fd < 0)
		return false;
	is_connected = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0 &&
		       connect(fd, address->ai_addr, address->ai_addrlen) == 0;
	close(fd);
	return is_connected;
}

const char *address_reachable(char **addresses, const struct address_wants *wants)
{
	/* All of them leave a share of the time to whoever speaks to the server then. */
	const int64_t share =
		(int64_t)wants->timeout * G_USEC_PER_SEC / (g_strv_length(addresses) + 1);
	g_autofree char *service = g_strdup_printf("%u", wants->port);

	for (; addresses[1]; addresses++) {
		const struct question question = { .host = *addresses, .service = service };
		struct addrinfo *address = NULL;
		bool is_connected;

		if (look_up(&question, AI_NUMERICHOST, &address))
			continue;
		is_connected = connects(address, CLAMP(share, 1, CONNECT_MICROS));
		freeaddrinfo(address);
		if (is_connected)
			break;
	}
	return *addresses;
}
