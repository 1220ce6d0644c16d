/* SPDX-License-Identifier: MIT */
#ifndef FLOW_REQUESTS_H
#define FLOW_REQUESTS_H

/*
 * What people ask of builds. A request that fits the state becomes a fact for the machine and is
 * closed in the transaction of the move; one that does not fit is closed with the reason.
 */

#include "flow/work.h"

/* The open request of that kind, or NULL. */
const struct request *request_find(const struct work *work, int kind);

/* Loads the open requests of the pass's builds that are active or being checked. */
bool requests_load(struct pass *pass, GError **error);

/* Executes what needs no move, and refuses what does not fit; to be recorded with the rest. */
void requests_execute(struct work *work);

/* Closes those that a move to the state fulfils. */
void requests_fulfil(struct work *work, enum build_state to);

#endif
