/* SPDX-License-Identifier: MIT */
#ifndef PORTS_SANDBOX_SANDBOX_H
#define PORTS_SANDBOX_SANDBOX_H

/*
 * What is parsed or built from strangers' text runs here: bubblewrap without network, with /usr
 * only, an empty environment, no descriptor above 2, as an unprivileged user.
 */

#include <glib.h>
#include <stdbool.h>

/* Who a root process becomes before it starts a sandbox; unused otherwise. */
struct sandbox_user {
	unsigned uid;
	unsigned gid;
};
/* Errors: MALFORMED when there is no such user, or it is root. */
bool sandbox_user_find(const char *name, struct sandbox_user *ret, GError **error);

/* What rpmspec says of a spec. */
struct spec_facts {
	char *name;         /* of the source package */
	GPtrArray *sources; /* char *: file names of Source and Patch tags, URLs cut to their last
			       part */
};
typedef struct spec_facts SpecFacts;
void spec_facts_free(struct spec_facts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpecFacts, spec_facts_free)

/*
 * Parses a spec with rpmspec in the sandbox, within 5 seconds. Errors: UNACCEPTABLE with rpm's
 * words when it does not parse; UNAVAILABLE when the sandbox cannot be started.
 */
bool spec_parse(const char *text, size_t length, const struct sandbox_user *user,
		struct spec_facts **ret, GError **error);

/* Reads what spec_parse() has rpmspec print, among which a spec may mix lines of its own. Errors:
 * UNACCEPTABLE. */
bool spec_facts_read(const char *output, struct spec_facts **ret, GError **error);

/* Whether sandboxes work here; the message says what is missing and what to do. Errors:
 * UNSUPPORTED. */
bool sandbox_check(const struct sandbox_user *user, GError **error);

#endif
