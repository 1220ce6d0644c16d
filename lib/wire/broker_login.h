/* SPDX-License-Identifier: MIT */
#ifndef WIRE_BROKER_LOGIN_H
#define WIRE_BROKER_LOGIN_H

/* Whom we connect to and what proves who both are: the same with each version of AMQP. All of it is
 * borrowed; texts that are not set are NULL or empty. */

#include <stdbool.h>

#include "wire/broker_url.h"

struct broker_login {
	const struct broker_url *url;
	const char *user; /* empty: the certificate says who we are */
	const char *password;
	const char *ca_file; /* empty: the system's authorities */
	const char *certificate_file;
	const char *key_file; /* empty: it is in the certificate's file */
	const char *name;     /* of ours, among the broker's connections */
};

/* What is set, or what stands for it. The place is for messages; the caller frees it. */
bool broker_login_has_user(const struct broker_login *login);
bool broker_login_has_certificate(const struct broker_login *login);
const char *broker_login_authorities(const struct broker_login *login);
const char *broker_login_key(const struct broker_login *login);
char *broker_login_place(const struct broker_login *login);

#endif
