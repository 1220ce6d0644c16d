/* SPDX-License-Identifier: MIT */
#ifndef MODEL_MESSAGE_H
#define MODEL_MESSAGE_H

/* The message of a state change: what the outbox holds and the bus carries. */

#include <glib.h>

#include "model/states.h"

struct build;

/* The topic "PREFIX.module.state.change" is the bus's business; rows hold this suffix. */
#define MESSAGE_TOPIC_STATE "module.state.change"

/* The body of the build as it is now, as JSON text; the caller frees it. Needs its components.
 * requires: what it is built with (struct build_require), NULL: not known yet. topdir: where what
 * it has published can be had, told of done and ready builds; NULL: not known. */
char *message_body(const struct build *build, const GPtrArray *requires, const char *topdir);

/* What a change to that state is to its readers, in fedora-messaging's numbers: 20, information, or
 * 30, a warning. */
int message_severity(enum build_state state);

#endif
