/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_MERGE_H
#define PORTS_BUILDER_LOCAL_MERGE_H

/*
 * For kernels without overlays: bubblewrap's options that show two trees as one /usr, by one bind
 * per entry in the folders that both have and one bind per whole tree elsewhere.
 */

#include <glib.h>

/* Appends NUL-terminated options that make /usr: what over holds lies over the host's. */
void local_merge_options(const char *over, GString *options);

#endif
