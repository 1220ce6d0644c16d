/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_COMPONENT_WORDS_H
#define CGI_VIEW_COMPONENT_WORDS_H

/* How components are spoken of: their words, how many of them have come how far, their logs. */

#include "cgi/build_details.h"
#include "cgi/request.h"

/* A word for a badge. A component that failed with its build and never had a task was not built. */
const char *component_word(const struct component *component);

/* Whether the component itself failed, rather than with its build. */
bool component_is_culprit(const struct component *component);

struct tally {
	uint64_t all;
	uint64_t complete;
	uint64_t building;
	uint64_t failed;
	uint64_t canceled;
	uint64_t unbuilt;
};

/* Counts the component. */
void tally_add(struct tally *tally, const struct component *component);

/* "3 of 5 built, 1 building, 1 failed" */
void tally_write(const struct tally *tally, GString *out);

/* <a href="…/logs/foo/1/build.log">, with no end. */
void component_log_link(const struct web_request *request, const struct component *component,
			const char *file, GString *out);

/* How long its latest attempt took, or takes; 0: nobody knows. Microseconds. */
int64_t component_duration(const struct build_details *details, guint index);

#endif
