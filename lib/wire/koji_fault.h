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

/* What the session does about it before the caller hears of it. */
enum koji_remedy {
	KOJI_REMEDY_NONE,
	KOJI_REMEDY_LOGIN,  /* the session is over, nothing was done: another one */
	KOJI_REMEDY_OUTAGE, /* the hub is away, for everybody */
	KOJI_REMEDY_BARRED, /* the hub lets us do nothing for now; others it does */
};

struct koji_meaning {
	RidaError code;
	enum koji_remedy remedy;
};

/* Of a fault; text decides where one number has several meanings. */
struct koji_meaning koji_fault_meaning(int64_t code, const char *text);

/* Of an HTTP status other than 200. What an UNKNOWN_OUTCOME was asked may have been done. */
struct koji_meaning koji_status_meaning(unsigned status);

/* A hub's words, for a message: one line, valid UTF-8, not long. The caller frees it. */
char *koji_words(const char *text);

/* The fault as an error: method, number, the hub's words. */
GError *koji_fault_error(const char *method, int64_t code, const char *text);

#endif
