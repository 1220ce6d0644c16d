/* SPDX-License-Identifier: MIT */
#ifndef PORTS_SCM_SCM_FOLDER_H
#define PORTS_SCM_SCM_FOLDER_H

/*
 * Temporary folders that do not outlive their use for long: each is locked while its process
 * lives, and one that is old and not locked, because its process was killed, is removed by the
 * next who makes one.
 */

#include <glib.h>
#include <stdbool.h>

/* Zero is no folder. */
struct scm_folder {
	char *path;
	int lock_fd;
};

/* Makes a folder below work_dir, which is made as well. Errors: UNAVAILABLE. */
bool scm_folder_open(const char *work_dir, struct scm_folder *ret, GError **error);
/* Removes it with all that is in it. */
void scm_folder_close(struct scm_folder *folder);

/* Removes what processes that are gone left below work_dir longer than so many seconds ago. */
void scm_folder_sweep(const char *work_dir, unsigned age);

#endif
