/* SPDX-License-Identifier: MIT */
#ifndef FLOW_BUS_SETTINGS_H
#define FLOW_BUS_SETTINGS_H

#include "base/config.h"
#include "ports/bus/bus.h"

/* What of the configuration a backend is told; borrowed from the configuration. */
struct bus_options bus_settings(const struct config *config, const struct bus_ops *ops);

#endif
