/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_ALIASES_H
#define PORTS_BUILDER_LOCAL_ALIASES_H

/* What Fedora calls packages that a Debian host has under another name. */

#include <stddef.h>

struct local_alias {
	const char *name;    /* Fedora's */
	const char *package; /* Debian's */
};

extern const struct local_alias local_aliases[];
extern const size_t local_aliases_count;

#endif
