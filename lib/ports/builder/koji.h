/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_H
#define PORTS_BUILDER_KOJI_H

/*
 * The builder on a Koji hub: its parts. Each slot of the contract is a function of this name in the
 * file that it belongs to. A slot asks for all its elements together; what it makes, it looks for
 * first.
 */

#include "ports/builder/builder.h"
#include "ports/builder/koji_batch.h"

struct koji_builder {
	struct builder base;
	const struct builder_options *options;
	struct koji_profile *profile;
	struct koji_session *session;
	uint64_t session_id;   /* that was noted with the latest intents; 0: none was asked for */
	GHashTable *submitted; /* idempotency key -> number of the task that was made of it */
	GHashTable *listings;  /* name of a tag -> what listTagged says of it */
	GHashTable *doings;    /* what our tasks that tag builds are at; NULL: not asked for yet */
};

static inline struct koji_builder *koji_of(struct builder *builder)
{
	return (struct koji_builder *)(void *)builder;
}

/* Where a build's components are built from: its tag with "-build". The caller frees it. */
char *koji_build_tag(const struct build *build);

/* Whether rida may touch this tag or target: it has one of the configured prefixes. Errors:
 * FORBIDDEN, naming it. */
bool koji_name_check(const struct koji_builder *koji, const char *name, GError **error);

/* An answer's error becomes the outcome's; what says what was to be done, with the component or
 * tag. The first error stays. */
void koji_blame(struct outcome *outcome, struct koji_answer *answer, const char *what);

/* The error, which is taken, becomes the outcome's; an outage when the session cannot go on. The
 * first error stays. */
void koji_take_error(struct koji_builder *koji, struct outcome *outcome, GError *error);

/*
 * What is in these tags (listTagged), each asked for once in the life of the builder unless it was
 * forgotten since; an answer is lent, NULL: the outcome has the error.
 */
void koji_list_tags(struct koji_builder *koji, const char *const *tags, size_t count);
struct json_object *koji_listing(const struct koji_builder *koji, const char *tag,
				 struct outcome *outcome);
void koji_forget_listing(struct koji_builder *koji, const char *tag);

#endif
