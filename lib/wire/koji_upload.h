/* SPDX-License-Identifier: MIT */
#ifndef WIRE_KOJI_UPLOAD_H
#define WIRE_KOJI_UPLOAD_H

/* Files for a Koji hub. */

#include "wire/koji_session.h"

/* Puts the file (from its start) on the hub as directory/name, and checks it there. */
struct koji_upload {
	const char *directory; /* relative, "cli-build/..." */
	const char *name;
	int fd;
};
bool koji_upload(struct koji_session *session, const struct koji_upload *upload, GError **error);

#endif
