/* SPDX-License-Identifier: MIT */
#ifndef WIRE_KOJI_PROFILE_H
#define WIRE_KOJI_PROFILE_H

/* Where a Koji hub is and how to log in, from the files that Koji's own client reads. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum koji_auth { KOJI_AUTH_NONE, KOJI_AUTH_PASSWORD, KOJI_AUTH_SSL, KOJI_AUTH_KERBEROS };

struct koji_profile {
	char *name;
	char *server; /* URL of the hub, without a slash at its end */
	char *weburl; /* of its pages; empty: not known */
	char *topurl; /* of its files; empty: not known */
	enum koji_auth auth;
	char *user, *password;     /* password; for labs only */
	char *cert, *serverca;     /* PEM files; empty serverca: the system's */
	char *principal, *keytab;  /* empty: the keytab's first one, the system's keytab */
	unsigned max_retries;      /* of a request that may be sent again */
	unsigned retry_interval;   /* seconds between them; the first one is at once */
	bool anon_retry;           /* requests without a session are sent again as well */
	bool offline_retry;        /* as are those that a hub answers with "offline" */
	unsigned timeout;          /* seconds of one request */
	unsigned login_timeout;    /* seconds of one login */
	uint64_t upload_blocksize; /* bytes */
};
typedef struct koji_profile KojiProfile; /* the name that g_autoptr needs */
void koji_profile_free(struct koji_profile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KojiProfile, koji_profile_free)

/*
 * The profile of that name: from directory koji.conf.d (its *.conf by name) and koji.conf below
 * /etc, then the file, each over the one before; NULL or empty: no file. Errors: MALFORMED with
 * file and line, MISSING (no such profile; those there are), UNAVAILABLE (a named file that cannot
 * be read), UNSUPPORTED (authtype).
 */
bool koji_profile_read(const char *name, const char *file, struct koji_profile **ret,
		       GError **error);

/* As koji_profile_read(), with another folder in the place of /etc. */
bool koji_profile_read_below(const char *folder, const char *name, const char *file,
			     struct koji_profile **ret, GError **error);

#endif
