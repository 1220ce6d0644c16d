/* SPDX-License-Identifier: MIT */
#ifndef FLOW_VERIFY_PERMISSIONS_H
#define FLOW_VERIFY_PERMISSIONS_H

/* What a document may name, by the configuration: part of each check of its components. */

#include "base/config.h"
#include "mmd/document.h"

/* Adds what is forbidden to the document's components as one line (char *) each. */
void verify_permissions(const struct config *config, const struct document *document,
			GPtrArray *reasons);

#endif
