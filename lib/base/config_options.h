/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_OPTIONS_H
#define BASE_CONFIG_OPTIONS_H

/* The one table of configuration options; for config.c and its tests. */

#include "base/config.h"

#include <stddef.h>

enum option_type {
	OPTION_TEXT,
	OPTION_PATH, /* absolute, or empty where that is the default */
	OPTION_NUMBER,
	OPTION_SWITCH, /* true or false */
	OPTION_CHOICE, /* the index into choices */
	OPTION_LIST
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset;        /* into struct config */
	const char *fallback; /* as in the file; a list's elements are separated by spaces */
	uint64_t min, max;    /* of a number */
	const char *const *choices;
	const char *unit;
	const char *help;
};

extern const struct option config_options[];
extern const size_t config_options_count;

#endif
