/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONTENT_H
#define MODEL_CONTENT_H

/*
 * Which of the RPMs that a module's components were built into belong into the module, for one
 * architecture, and which into its complement, the -devel module: every binary RPM that the
 * architecture can have is in one of the two.
 */

#include <glib.h>
#include <stdbool.h>

#include "text/rpm_name.h"

struct content_rpm {
	struct rpm_name name; /* owned; the architecture is there, "src" for a source RPM */
	char *license;
	const struct content_rpm *source; /* what it was built from; of a source RPM itself */
	char **exclusive; /* of source RPMs: architectures that it is for; empty or NULL: all */
	char **excluded;  /* and that it is not for */
};
void content_rpm_clear(struct content_rpm *rpm);

/* A component as the module's document has it; all is borrowed. */
struct content_component {
	char *const *multilib; /* architectures that also get RPMs of smaller ones; NULL: none */
	bool build_only;       /* its RPMs stay out */
};

/* What the module's document says. */
struct content_rules {
	GHashTable *components; /* name -> struct content_component */
	char *const *filter;    /* names of RPMs that stay out; NULL: none */
	char *const *whitelist; /* names of source RPMs, in the place of the components'; empty or
				   NULL: there is none */
};

/* Of one module and architecture. */
struct content {
	GPtrArray *rpms; /* struct content_rpm, lent, by NEVRA */
	char **nevras;   /* of these, in this order */
	char **licenses; /* of the binary ones, each once, sorted */
};
void content_clear(struct content *content);
typedef struct content Content; /* the name that g_auto needs */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Content, content_clear)

/* Selects from all RPMs of a build's tag (struct content_rpm, in any order). */
void content_select(const struct content_rules *rules, const GPtrArray *rpms, const char *arch,
		    bool is_devel, struct content *ret);

#endif
