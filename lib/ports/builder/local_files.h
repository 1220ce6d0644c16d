/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_FILES_H
#define PORTS_BUILDER_LOCAL_FILES_H

/*
 * Files and folders of the local builder. Whatever a build could have written is opened without
 * following links, and only regular files are taken.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Writes a file, mode 0644: temporary file, fsync, rename. Errors: UNAVAILABLE. */
bool file_write(const char *path, const char *text, GError **error);

/* Makes a folder and those above it, mode 0755 whatever the umask. Errors: UNAVAILABLE. */
bool folder_make(const char *path, GError **error);

/* Gives a folder to a user, when we are root. Errors: UNAVAILABLE. */
bool folder_give(const char *path, unsigned uid, unsigned gid, GError **error);

/* Removes a folder and all below it, also folders that forbid it; one that is not there is fine. */
bool folder_remove(const char *path, GError **error);

/* Writes a folder's entries to the disk. */
bool folder_sync(const char *path);

/* The names in a folder, sorted, without those that begin with a dot; an empty list when it is not
 * there or a link. */
char **folder_list(const char *path);

/*
 * Copies a regular file that may be hostile: no component of name below folder is a link. The
 * copy is new, mode 0644, on the disk. Errors: UNACCEPTABLE, UNAVAILABLE.
 */
bool file_copy(const char *folder, const char *name, const char *target, GError **error);

/* Copies the files of a folder, as file_copy() does, into one that is made where it is missing. */
bool folder_copy(const char *folder, const char *target, GError **error);

/* Makes target the same file, or a copy where the filesystems differ. */
bool file_link(const char *source, const char *target, GError **error);

/* Swaps a complete folder into its final place at once; what was there is removed. */
bool folder_replace(const char *fresh, const char *final, GError **error);

#endif
