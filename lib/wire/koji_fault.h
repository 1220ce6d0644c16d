/* SPDX-License-Identifier: MIT */
#ifndef WIRE_KOJI_FAULT_H
#define WIRE_KOJI_FAULT_H

/*
 * What a hub's fault, or the failure of an exchange with it, means to the caller: one table.
 *
 *	unavailable      the same call may work later; it was not done
 *	unknown outcome  it may have been done: look before repeating
 *	user             what was asked for cannot be had: UNACCEPTABLE, MISSING, CONFLICT
 *	internal         we, or the hub's configuration, are wrong: an operator must look
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* What the session does about a fault before the caller hears of it. */
enum koji_remedy {
	KOJI_REMEDY_NONE,
	KOJI_REMEDY_RENEW,  /* the session has expired */
	KOJI_REMEDY_LOGIN,  /* the session is gone: another one */
	KOJI_REMEDY_OUTAGE, /* the hub is away, for everybody */
};

struct koji_meaning {
	RidaError code;
	enum koji_remedy remedy;
};

/* Of a fault; text decides where one number has several meanings. */
struct koji_meaning koji_fault_meaning(int64_t code, const char *text);

/* The fault as an error: method, number, the hub's words (cut, cleaned of control bytes). */
GError *koji_fault_error(const char *method, int64_t code, const char *text);

#endif
