/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUS_ACCOUNT_H
#define PORTS_BUS_ACCOUNT_H

/* What the buses with a broker know it by, and it them. */

#include "ports/bus/bus.h"
#include "wire/broker_login.h"

/* The login points into the rest: an account stays where it was made. */
struct bus_account {
	struct broker_url url;
	char *password;
	char *name;
	struct broker_login login;
};

/* Reads URL and password; the other options are borrowed. It is cleared after an error, too.
 * Errors: UNACCEPTABLE, MALFORMED and what secret_read() means. */
bool bus_account_init(struct bus_account *account, const struct bus_options *options,
		      const char *name, GError **error);
void bus_account_clear(struct bus_account *account);

#endif
