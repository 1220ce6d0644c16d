/* SPDX-License-Identifier: MIT */
#include "flow/change.h"

#include "model/message.h"
#include "model/names.h"
#include "store/event_store.h"
#include "store/housekeeping_store.h"

/* Writes trace and outbox of the state that the build has now, under its event_seq. */
static bool change_announce(struct db *db, const struct build *build, int from_state,
			    const struct move *move, GError **error)
{
	g_autofree char *body = message_body(build, move->requires, move->topdir);
	g_autofree char *id = message_id(build->uuid, build->event_seq);
	const struct event event = {
		.build = build,
		.from_state = from_state,
		.reason = build->state_reason ? build->state_reason : "",
		.actor = move->actor,
		.msg_id = id,
		.body = body,
	};

	return event_store_insert(db, &event, error);
}

/* Announces the states that a new build has had: each with its own number, ending where it was. */
static bool change_announce_new(struct db *db, struct build *build, const char *actor,
				GError **error)
{
	const struct move arrival = { .actor = actor };
	const enum build_state final = build->state;
	char *const reason = build->state_reason;
	bool is_announced;

	build->state = BUILD_INIT;
	build->event_seq = 1;
	if (final != BUILD_INIT)
		build->state_reason = NULL;
	is_announced = change_announce(db, build, -1, &arrival, error);
	build->state = final;
	build->state_reason = reason;
	if (!is_announced || final == BUILD_INIT)
		return is_announced;
	build->event_seq = 2;
	return change_announce(db, build, BUILD_INIT, &arrival, error);
}

bool change_insert(struct db *db, struct build *build, const char *actor, GError **error)
{
	int64_t now;

	g_assert(build->state == BUILD_INIT || build->state == BUILD_FAILED);
	if (!clock_store_now(db, &now, error))
		return false;
	build->submitted_at = now;
	build->modified_at = now;
	build->completed_at = build->state == BUILD_FAILED ? now : 0;
	build->event_seq = build->state == BUILD_FAILED ? 2 : 1;
	return build_store_insert(db, build, error) && change_announce_new(db, build, actor, error);
}

bool change_move(struct db *db, struct build *build, const struct move *move,
		 const struct fence *fence, GError **error)
{
	const int from_state = build->state;
	int64_t now = move->now;

	if (!now && !clock_store_now(db, &now, error))
		return false;
	build->state = move->to;
	build->failure_type = move->failure_type;
	build->event_seq++;
	build->modified_at = now;
	if (move->reason)
		text_set(&build->state_reason, move->reason);
	if (move->to == BUILD_DONE || move->to == BUILD_FAILED)
		build->completed_at = now;
	return build_store_save(db, &(struct build_save){ build, *fence }, 1, error) &&
	       change_announce(db, build, from_state, move, error);
}

bool change_repeat(struct db *db, struct build *build, const GPtrArray *requires, GError **error)
{
	const struct move again = { .actor = "rida-admin", .requires = requires };

	return build_store_skip(db, build, error) &&
	       change_announce(db, build, (int)build->state, &again, error);
}
