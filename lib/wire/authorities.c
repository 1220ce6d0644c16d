/* SPDX-License-Identifier: MIT */
#include "wire/authorities.h"

#include <glib.h>
#include <unistd.h>

/* Where distributions keep them: Debian, Fedora and its kin, SUSE. */
static const char *const files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
};

const char *authorities_file(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return files[0];
}
