/* SPDX-License-Identifier: MIT */
#ifndef FLOW_METRICS_H
#define FLOW_METRICS_H

/* What the service tells about itself in the text format 0.0.4 of Prometheus: what the processes of
 * this host counted, and what the database knows of all hosts. */

#include "base/config.h"
#include "store/overview_store.h"

/* Appends all of it; overview is NULL while the database is away. */
void metrics_append(GString *out, const struct config *config, const struct overview *overview);

#endif
