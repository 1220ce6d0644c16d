/* SPDX-License-Identifier: MIT */
#ifndef TEXT_RPM_NAME_H
#define TEXT_RPM_NAME_H

/* Names of RPM packages, N-V-R and N-E:V-R.A, taken apart and put together. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct rpm_name {
	char *name;
	uint64_t epoch;
	char *version;
	char *release;
	char *arch; /* NULL when the text has none */
};
typedef struct rpm_name RpmName; /* the name that g_autoptr needs */

/* Reads "bash-5.2-1.el9". Errors: MALFORMED. */
bool rpm_name_read_nvr(const char *text, struct rpm_name **ret, GError **error);

/* Reads "bash-0:5.2-1.el9.x86_64"; the epoch may be missing. Errors: MALFORMED. */
bool rpm_name_read_nevra(const char *text, struct rpm_name **ret, GError **error);

void rpm_name_free(struct rpm_name *name);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpmName, rpm_name_free)

/* "name-epoch:version-release.arch", as modulemd artifacts are written; the caller frees it. */
char *rpm_name_nevra(const struct rpm_name *name);
char *rpm_name_nvr(const struct rpm_name *name);

#endif
