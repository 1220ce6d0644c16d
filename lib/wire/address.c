/* SPDX-License-Identifier: MIT */
#include "wire/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "base/error.h"

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

static char *first_allowed(const struct addrinfo *list, bool private_addresses)
{
	char text[INET6_ADDRSTRLEN];

	for (; list; list = list->ai_next) {
		if (!private_addresses && address_is_private(list->ai_addr))
			continue;
		/* Without the zone of a link-local address, which no public server has. */
		if (getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof text, NULL, 0,
				NI_NUMERICHOST) == 0)
			return g_strdup(text);
	}
	return NULL;
}

bool address_resolve(const char *host, unsigned port, bool private_addresses, char **ret,
		     GError **error)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	g_autofree char *service = g_strdup_printf("%u", port);
	struct addrinfo *list = NULL;
	char *text;
	int code;

	code = getaddrinfo(host, service, &hints, &list);
	if (code)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the server %s cannot be found: %s; check its name, or try again later",
			    host, gai_strerror(code));
	text = first_allowed(list, private_addresses);
	freeaddrinfo(list);
	if (!text)
		return fail(
			error, RIDA_ERROR_FORBIDDEN,
			"the server %s has no public address; servers on private addresses are used "
			"only where the configuration allows them",
			host);
	*ret = text;
	return true;
}
