/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_SOURCE_H
#define PORTS_BUILDER_KOJI_SOURCE_H

/* What components are built from, in words that Koji's builders understand. */

#include <glib.h>
#include <stdbool.h>

#define KOJI_UPLOADS "cli-build/" /* the folder of source packages that were put on the hub */

/*
 * "git+https://host/path?#commit" of a repository and its full commit; a file in KOJI_UPLOADS stays
 * as it is. Builders know git://, git+http://, git+https:// and git+ssh://; https:// alone is a
 * way to write the second of these. The caller frees it. Errors: UNACCEPTABLE, naming the
 * repository.
 */
bool koji_source(const char *repository, const char *commit, char **ret, GError **error);

/*
 * Where the source package of the effect with that key is put on the hub: the same folder each
 * time, so that doing it again makes no second one. The time is in microseconds since 1970. The
 * caller frees it.
 */
char *koji_upload_folder(int64_t time, const char *idem_key);

#endif
