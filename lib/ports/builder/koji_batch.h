/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_BATCH_H
#define PORTS_BUILDER_KOJI_BATCH_H

/* Calls to a hub that are gathered, made together, and then looked at one by one. */

#include "ports/builder/koji_value.h"
#include "wire/koji_session.h"

struct koji_batch;
typedef struct koji_batch KojiBatch;
struct koji_batch *koji_batch_new(void);
void koji_batch_free(struct koji_batch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KojiBatch, koji_batch_free)

/*
 * Adds a call; its number is returned. Parameters by letters: s a text (const char *), i a number
 * (int64_t), b a truth (int), o an object (struct json_object *, taken; NULL: nil), n at the end
 * the named ones (an object, taken), or after a "*", named ones, each with its name (const char *)
 * before it:
 *
 *	koji_batch_add(batch, "listTagged", "s*bs", tag, "latest", true, "package", name);
 */
size_t koji_batch_add(struct koji_batch *batch, const char *method, const char *letters, ...);
/* A call with this one text (none where it is empty), which is added only once. */
size_t koji_batch_once(struct koji_batch *batch, const char *method, const char *name);
size_t koji_batch_count(const struct koji_batch *batch);

/* Makes the calls that were not made yet; see koji_read_many() and koji_write_many(). */
void koji_batch_read(struct koji_batch *batch, struct koji_session *session);
void koji_batch_write(struct koji_batch *batch, struct koji_session *session);
/* As koji_write_within(). */
void koji_batch_write_within(struct koji_batch *batch, struct koji_session *session,
			     uint64_t session_id);

/* What call number i came to, lent. */
struct koji_answer *koji_batch_answer(const struct koji_batch *batch, size_t i);

#endif
