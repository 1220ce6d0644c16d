/* SPDX-License-Identifier: MIT */
#include "store/overview_store.h"

#include "store/build_store.h"
#include "store/db_internal.h"

#define COUNTER(name) "(SELECT value FROM counters WHERE name = '" name "')"
#define COUNT(rows)   "(SELECT COUNT(*) FROM (SELECT 1 FROM " rows " LIMIT 10000) AS some)"

/* Numbers are given to messages in their order, to those without one by the next drain. */
#define WAITING  "outbox FORCE INDEX (outbox_waiting) WHERE sent_at IS NULL AND dead_at IS NULL"
#define IS_DUE   "due_at <= UTC_TIMESTAMP(6) AND quarantined_at IS NULL"
#define IS_FREE  "(lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6))"
#define IS_DRAIN "FROM leases WHERE name = 'outbox'"

static const char overview_sql[] = SQL(
	"SELECT UTC_TIMESTAMP(6) AS now, " COUNTER("state_init") ", " COUNTER("state_wait") ", " COUNTER("state_build") ", " COUNTER("state_done") ", " COUNTER("state_failed") ", " COUNTER("state_ready") ", " COUNTER("state_garbage") ", " COUNTER(
		"maintenance") ", "
			       "@@global.read_only, " COUNT(WAITING) ", " COUNT("outbox WHERE sent_at IS NULL AND dead_at IS NOT NULL") ", " COUNT("effects FORCE INDEX (effects_open) WHERE state = 0") ", " COUNT("claims FORCE INDEX (claims_quarantined) WHERE quarantined_at IS NOT NULL") ", " COUNT(
				       "claims WHERE " IS_DUE
				       " AND " IS_FREE) ", "
							"COALESCE((SELECT created_at FROM " WAITING
							" AND event_no IS NOT NULL "
							"ORDER BY event_no LIMIT 1), (SELECT created_at FROM " WAITING
							" AND event_no IS NULL "
							"ORDER BY id LIMIT 1)), "
							"(SELECT due_at FROM claims WHERE " IS_DUE
							" AND " IS_FREE
							" ORDER BY due_at LIMIT 1), "
							"(SELECT failures " IS_DRAIN
							"), (SELECT retry_at " IS_DRAIN "), "
							"(SELECT problem " IS_DRAIN ")");

#define STATE(i) OFFSET_OF(struct overview, uint64_t, states[i])

static const struct db_column overview_columns[] = {
	{ "now", DB_INTO_TIME, OFFSET_OF(struct overview, int64_t, now) },
	{ "init", DB_INTO_U64, STATE(BUILD_INIT) },
	{ "wait", DB_INTO_U64, STATE(BUILD_WAIT) },
	{ "build", DB_INTO_U64, STATE(BUILD_BUILD) },
	{ "done", DB_INTO_U64, STATE(BUILD_DONE) },
	{ "failed", DB_INTO_U64, STATE(BUILD_FAILED) },
	{ "ready", DB_INTO_U64, STATE(BUILD_READY) },
	{ "garbage", DB_INTO_U64, STATE(BUILD_GARBAGE) },
	{ "maintenance", DB_INTO_BOOL, OFFSET_OF(struct overview, bool, is_in_maintenance) },
	{ "read_only", DB_INTO_BOOL, OFFSET_OF(struct overview, bool, is_read_only) },
	{ "waiting", DB_INTO_U64, OFFSET_OF(struct overview, uint64_t, waiting_messages) },
	{ "dead", DB_INTO_U64, OFFSET_OF(struct overview, uint64_t, dead_messages) },
	{ "effects", DB_INTO_U64, OFFSET_OF(struct overview, uint64_t, open_effects) },
	{ "quarantined", DB_INTO_U64, OFFSET_OF(struct overview, uint64_t, quarantined) },
	{ "due", DB_INTO_U64, OFFSET_OF(struct overview, uint64_t, due) },
	{ "oldest_message", DB_INTO_TIME, OFFSET_OF(struct overview, int64_t, oldest_message_at) },
	{ "oldest_due", DB_INTO_TIME, OFFSET_OF(struct overview, int64_t, oldest_due_at) },
	{ "failures", DB_INTO_U32, OFFSET_OF(struct overview, uint32_t, bus_failures) },
	{ "retry_at", DB_INTO_TIME, OFFSET_OF(struct overview, int64_t, bus_retry_at) },
	{ "problem", DB_INTO_TEXT, OFFSET_OF(struct overview, char *, bus_problem) },
};

#define WAITING_FIELDS                                                                             \
	"b.id, b.name, b.stream, b.version, b.owner, b.state, c.waits_for, b.modified_at, "        \
	"c.waits_since, c.looked_at, c.due_at, c.quarantined_at, c.lease_until, c.attempts, "      \
	"c.last_error"
#define UNFINISHED(state)                                                                          \
	"(SELECT id, 1 AS kind FROM builds FORCE INDEX (builds_state) WHERE state = " state        \
	" AND id > ? AND NOT EXISTS (SELECT 1 FROM claims WHERE build_id = builds.id "             \
	"AND quarantined_at IS NOT NULL) ORDER BY id LIMIT ?)"

/* What was set aside, then each state's first ones: of all that, the first. */
static const char waiting_sql[] = SQL(
	"SELECT " WAITING_FIELDS " FROM ("
	"(SELECT build_id AS id, 0 AS kind FROM claims FORCE INDEX (claims_quarantined) "
	"WHERE quarantined_at IS NOT NULL AND NOT ? AND build_id > ? ORDER BY build_id LIMIT ?) "
	"UNION ALL " UNFINISHED("0") " UNION ALL " UNFINISHED("1") " UNION ALL " UNFINISHED(
		"2") " UNION ALL " UNFINISHED("3") ") AS chosen "
						   "STRAIGHT_JOIN builds AS b ON b.id = chosen.id STRAIGHT_JOIN claims AS c ON c.build_id = b.id "
						   "ORDER BY chosen.kind, b.id LIMIT ?");

static const struct db_column waiting_columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct waiting_build, uint64_t, id) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct waiting_build, char *, name) },
	{ "stream", DB_INTO_TEXT, OFFSET_OF(struct waiting_build, char *, stream) },
	{ "version", DB_INTO_U64, OFFSET_OF(struct waiting_build, uint64_t, version) },
	{ "owner", DB_INTO_TEXT, OFFSET_OF(struct waiting_build, char *, owner) },
	{ "state", DB_INTO_INT, OFFSET_OF(struct waiting_build, enum build_state, state) },
	{ "waits_for", DB_INTO_INT, OFFSET_OF(struct waiting_build, enum wait, wait) },
	{ "modified_at", DB_INTO_TIME, OFFSET_OF(struct waiting_build, int64_t, modified_at) },
	{ "waits_since", DB_INTO_TIME, OFFSET_OF(struct waiting_build, int64_t, waits_since) },
	{ "looked_at", DB_INTO_TIME, OFFSET_OF(struct waiting_build, int64_t, looked_at) },
	{ "due_at", DB_INTO_TIME, OFFSET_OF(struct waiting_build, int64_t, due_at) },
	{ "quarantined_at", DB_INTO_TIME,
	  OFFSET_OF(struct waiting_build, int64_t, quarantined_at) },
	{ "lease_until", DB_INTO_TIME, OFFSET_OF(struct waiting_build, int64_t, lease_until) },
	{ "attempts", DB_INTO_U32, OFFSET_OF(struct waiting_build, uint32_t, attempts) },
	{ "last_error", DB_INTO_TEXT, OFFSET_OF(struct waiting_build, char *, problem) },
};

void overview_clear(struct overview *overview)
{
	g_free(overview->bus_problem);
	*overview = (struct overview){ 0 };
}

static int64_t age(const struct overview *overview, int64_t since)
{
	return since ? MAX(overview->now - since, 0) : 0;
}

int64_t overview_due_age(const struct overview *overview)
{
	return age(overview, overview->oldest_due_at);
}

int64_t overview_message_age(const struct overview *overview)
{
	return age(overview, overview->oldest_message_at);
}

bool overview_store_read(struct db *db, struct overview *ret, GError **error)
{
	g_auto(Overview) overview = { 0 };

	if (!db_select_one(db, overview_sql, DB_NO_ARGS, DB_COLUMNS(overview_columns), &overview,
			   error) ||
	    !build_store_count_building(db, &overview.building, error))
		return false;
	*ret = overview;
	overview = (struct overview){ 0 };
	return true;
}

void waiting_build_free(struct waiting_build *build)
{
	if (!build)
		return;
	g_free(build->name);
	g_free(build->stream);
	g_free(build->owner);
	g_free(build->problem);
	g_free(build);
}

static void waiting_build_destroy(void *data)
{
	waiting_build_free(data);
}

bool overview_store_waiting(struct db *db, const struct waiting_page *page, GPtrArray **ret,
			    GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(waiting_columns), sizeof(struct waiting_build),
					waiting_build_destroy };
	const struct db_value limit = DB_U64(page->limit);
	const struct db_value after = DB_U64(page->is_beyond_quarantined ? page->after : 0);

	if (!db_collect(db, waiting_sql,
			DB_ARGS(DB_U64(page->is_beyond_quarantined), DB_U64(page->after), limit,
				after, limit, after, limit, after, limit, after, limit, limit),
			&shape, ret, error))
		return false;
	for (guint i = 0; i < (*ret)->len; i++) {
		struct waiting_build *build = g_ptr_array_index(*ret, i);

		build->wait = wait_of((int)build->wait, build->quarantined_at != 0);
	}
	return true;
}
