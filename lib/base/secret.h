/* SPDX-License-Identifier: MIT */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

/*
 * Secrets: each is the one line of a file that its program alone reads. Programs that read any
 * hide their memory first.
 */

#include <glib.h>
#include <stdbool.h>

/* From now on this process leaves no core and shows its memory to none but root. */
void secret_hide_memory(void);

/*
 * Reads a secret's file: one line, its end removed. Errors: FORBIDDEN when others may read or
 * change it, or it belongs to another user than root and this one; MALFORMED when it holds
 * anything else; UNAVAILABLE.
 */
bool secret_read(const char *path, char **ret, GError **error);

/*
 * Whether a stranger's text is the secret. How long that takes tells nothing about where the two
 * differ: what is compared are their digests, each byte of them.
 */
bool secret_is(const char *secret, const char *text);

/* Overwrites it first. */
void secret_free(char *secret);
typedef char Secret; /* the name that g_autoptr needs */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)

#endif
