/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_CACHE_H
#define PORTS_BUILDER_LOCAL_CACHE_H

/*
 * The files that builds have fetched from lookaside caches, by their hashes, below
 * CACHE_DIR/lookaside. A build gets a link of its own, so a file may leave the cache at any moment;
 * its time of access says when it was last wanted.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Where a file is, or belongs; the caller frees it. */
char *local_cache_place(const char *cache_dir, const char *hash_type, const char *hash);

/* Links the cached file to the target. False: it is not in the cache, or error is set. */
bool local_cache_link(const char *cached, const char *target, GError **error);

struct cache_terms {
	const char *cache_dir;
	uint64_t max_bytes; /* of all files, 0: any */
	uint64_t max_age;   /* seconds since it was last wanted, 0: any */
};

/* Removes what is too old, and what was longest not wanted while there is too much; and what a
 * fetch left that did not end. Errors: UNAVAILABLE. */
bool local_cache_trim(const struct cache_terms *terms, uint64_t *ret_removed, GError **error);

#endif
