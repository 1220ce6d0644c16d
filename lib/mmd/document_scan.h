/* SPDX-License-Identifier: MIT */
#ifndef MMD_DOCUMENT_SCAN_H
#define MMD_DOCUMENT_SCAN_H

/*
 * What a text must pass before libmodulemd sees it: the caps of base/yaml_events, the two
 * places where that library loses what was written (a buildorder that does not fit 32 bits, and
 * lists in xmd whose elements are of different kinds), and those where it breaks: a date that is
 * none, and what is no build option or no list of RPMs.
 */

#include <glib.h>
#include <stdbool.h>

/* Errors: UNACCEPTABLE with line and column. */
bool document_scan(const char *text, size_t length, GError **error);

#endif
