/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONTRACT_PEER_H
#define TESTS_CONTRACT_PEER_H

/* Programs of tests/stub that play the other side of a bus; each is started when it is first asked
 * for, and stopped when the test ends. */

#include <glib.h>

struct peer {
	char *folder;
	char *url;    /* without a path */
	char *secret; /* the file of the secret that it knows us by */
	GPid pid;
};

/* The receiver of webhooks, and the broker of AMQP 1.0. */
const struct peer *peer_receiver(void);
const struct peer *peer_amqp1(void);

/* The texts of that member in what it wrote down so far; the caller frees them. */
GPtrArray *peer_heard(const struct peer *peer, const char *member);
/* It wrote one thing down, in which the member is this text. */
void peer_has_heard(const struct peer *peer, const char *member, const char *text);
void peer_forget_log(const struct peer *peer);

#endif
