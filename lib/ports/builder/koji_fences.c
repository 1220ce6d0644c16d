/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_fences.h"

#include <inttypes.h>

#include "text/timestamp.h"

/* What became of a session: neither over nor an error, when the hub cannot do that. */
struct fence {
	bool is_over;
	struct outcome problem;
};

static void fence_free(gpointer data)
{
	struct fence *fence = data;

	outcomes_clear(&fence->problem, 1);
	g_free(fence);
}

static struct fence *fence_new(struct koji_builder *koji, uint64_t session_id)
{
	struct fence *fence = g_new0(struct fence, 1);
	GError *error = NULL;

	fence->is_over = koji_fence(koji->session, session_id, &error);
	if (error) {
		g_prefix_error(&error, "Koji session %" PRIu64 " cannot be ended: ", session_id);
		koji_take_error(koji, &fence->problem, error);
	}
	return fence;
}

static const struct fence *fence_of(struct koji_builder *koji, GHashTable *fences,
				    uint64_t session_id)
{
	struct fence *fence = g_hash_table_lookup(fences, &session_id);
	uint64_t *key;

	if (fence)
		return fence;
	fence = fence_new(koji, session_id);
	key = g_new(uint64_t, 1);
	*key = session_id;
	g_hash_table_insert(fences, key, fence);
	return fence;
}

static int64_t settled_at(const struct koji_builder *koji, const struct submission *submission)
{
	return submission->sent_at +
	       (int64_t)koji->options->koji.settle_seconds * (int64_t)G_USEC_PER_SEC;
}

void koji_end_sessions(struct koji_builder *koji, const struct submission *submissions,
		       size_t count, bool *may_come, struct outcome *outcomes)
{
	g_autoptr(GHashTable) fences =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, fence_free);

	for (size_t i = 0; i < count; i++) {
		const struct submission *submission = &submissions[i];
		const struct fence *fence = NULL;

		if (submission->session_id)
			fence = fence_of(koji, fences, submission->session_id);
		if (fence && fence->problem.error) {
			outcomes[i].error = g_error_copy(fence->problem.error);
			outcomes[i].is_outage = fence->problem.is_outage;
		}
		may_come[i] = !(fence && fence->is_over) && submission->sent_at &&
			      submission->now < settled_at(koji, submission);
	}
}

char *koji_settled_at(const struct koji_builder *koji, const struct submission *submission)
{
	return timestamp_write(settled_at(koji, submission));
}
