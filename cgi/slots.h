/* SPDX-License-Identifier: MIT */
#ifndef CGI_SLOTS_H
#define CGI_SLOTS_H

/*
 * Submission slots: files below run_dir, each held by one submission at a time with a lock that
 * ends with its process. Works across workers, pools and plain CGI alike.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Takes a free slot: a descriptor that the caller closes. Errors: UNAVAILABLE when all are taken.
 */
bool slot_take(const char *run_dir, uint64_t slots, int *ret_fd, GError **error);

#endif
