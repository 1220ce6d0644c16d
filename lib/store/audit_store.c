/* SPDX-License-Identifier: MIT */
#include "store/audit_store.h"

#include <inttypes.h>

#include "store/build_store.h"
#include "store/db_internal.h"

/* Builds whose views are mended in one go. */
#define VIEWS_AT_ONCE 100

/* Each check selects sentences about rows that do not agree. */
static const char *const checks[] = {
	/* A state that was announced again, after changes were lost, skips as many numbers. */
	SQL("SELECT CONCAT('build ', b.id, ': ', b.event_seq, ' events were announced, the trace holds ', "
	    "COALESCE(t.rows_there, 0), ', the last one numbered ', COALESCE(t.last, 0)) FROM builds AS b "
	    "LEFT JOIN (SELECT build_id, MAX(seq) AS last, COUNT(*) + "
	    "COALESCE(SUM(from_state = to_state), 0) * (" G_STRINGIFY(
		    BUILD_SKIP) " - 1) AS rows_there "
				"FROM trace GROUP BY build_id) AS t ON t.build_id = b.id "
				"WHERE COALESCE(t.rows_there, 0) <> b.event_seq OR COALESCE(t.last, 0) <> b.event_seq "
				"ORDER BY b.id LIMIT 1000"),
	SQL("SELECT CONCAT('build ', b.id, ': its state is ', b.state, ', the last one in its trace is ', "
	    "t.to_state) FROM builds AS b JOIN trace AS t ON t.build_id = b.id AND t.seq = b.event_seq "
	    "WHERE t.to_state <> b.state ORDER BY b.id LIMIT 1000"),
	SQL("SELECT CONCAT('build ', t.build_id, ': event ', t.seq, ' of the last day has no message') "
	    "FROM trace AS t LEFT JOIN outbox AS o ON o.build_id = t.build_id AND o.seq = t.seq "
	    "WHERE o.id IS NULL AND t.at > UTC_TIMESTAMP(6) - INTERVAL 1 DAY "
	    "ORDER BY t.build_id, t.seq LIMIT 1000"),
	SQL("SELECT CONCAT('build ', o.build_id, ': message ', o.seq, ' has no event') "
	    "FROM outbox AS o LEFT JOIN trace AS t ON t.build_id = o.build_id AND t.seq = o.seq "
	    "WHERE t.seq IS NULL ORDER BY o.build_id LIMIT 1000"),
	SQL("SELECT CONCAT('build ', b.id, ': it has no claim, so that no pass ever sees it') "
	    "FROM builds AS b LEFT JOIN claims AS c ON c.build_id = b.id WHERE c.build_id IS NULL "
	    "ORDER BY b.id LIMIT 1000"),
	SQL("SELECT CONCAT('build ', b.id, ': it is not finished and never due') "
	    "FROM builds AS b JOIN claims AS c ON c.build_id = b.id WHERE b.state IN (0, 1, 2) "
	    "AND c.due_at IS NULL AND c.lease_until IS NULL AND c.quarantined_at IS NULL "
	    "ORDER BY b.id LIMIT 1000"),
	SQL("SELECT CONCAT('build ', build_id, ': in quarantine since ', quarantined_at, ' after ', "
	    "attempts, ' attempts: ', last_error) FROM claims WHERE quarantined_at IS NOT NULL "
	    "ORDER BY build_id LIMIT 1000"),
	SQL("SELECT CONCAT('build ', b.id, ': generation ', b.gen, ' has ', "
	    "COALESCE(CONCAT('a view of generation ', v.gen), 'no view')) FROM builds AS b "
	    "LEFT JOIN build_views AS v ON v.build_id = b.id WHERE v.gen IS NULL OR v.gen <> b.gen "
	    "ORDER BY b.id LIMIT 1000"),
	SQL("SELECT CONCAT('build ', b.id, ': component ', c.name, ' is building in a finished module') "
	    "FROM components AS c JOIN builds AS b ON b.id = c.build_id "
	    "WHERE c.state = 0 AND b.state IN (3, 5, 6) ORDER BY b.id LIMIT 1000"),
	SQL("SELECT CONCAT('counter ', c.name, ': it says ', c.value, ', there are ', COALESCE(r.number, 0)) "
	    "FROM counters AS c LEFT JOIN (SELECT CONCAT('state_', ELT(state + 1, 'init', 'wait', 'build', "
	    "'done', 'failed', 'ready', 'garbage')) AS name, COUNT(*) AS number FROM builds GROUP BY state "
	    "UNION ALL SELECT 'builds', COUNT(*) FROM builds) AS r ON r.name = c.name "
	    "WHERE (c.name = 'builds' OR c.name LIKE 'state!_%' ESCAPE '!') "
	    "AND c.value <> COALESCE(r.number, 0) ORDER BY c.name"),
};

static const char stale_views_sql[] =
	SQL("SELECT b.id FROM builds AS b LEFT JOIN build_views AS v ON v.build_id = b.id "
	    "WHERE b.id > ? AND (v.gen IS NULL OR v.gen <> b.gen) ORDER BY b.id LIMIT ?");

/* A view that a pass has written meanwhile is newer and stays. */
static const char mend_view_sql[] = SQL(
	"INSERT INTO build_views (build_id, gen, tasks) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE "
	"tasks = CASE WHEN gen <= VALUES(gen) THEN VALUES(tasks) ELSE tasks END, "
	"gen = GREATEST(gen, VALUES(gen))");

static const char mend_claims_sql[] =
	SQL("INSERT INTO claims (build_id, due_at, last_error) SELECT b.id, UTC_TIMESTAMP(6), '' "
	    "FROM builds AS b LEFT JOIN claims AS c ON c.build_id = b.id WHERE c.build_id IS NULL");

static const char wake_sql[] = SQL(
	"UPDATE claims AS c JOIN builds AS b ON b.id = c.build_id SET c.due_at = UTC_TIMESTAMP(6) "
	"WHERE b.state IN (0, 1, 2) AND c.due_at IS NULL AND c.lease_until IS NULL "
	"AND c.quarantined_at IS NULL");

/* Who changes a build moves this counter first: holding it, the others stand still. */
static const char hold_counters_sql[] =
	SQL("UPDATE counters SET value = value + 1 WHERE name = 'changes'");

static const char mend_counters_sql[] = SQL(
	"UPDATE counters AS c LEFT JOIN (SELECT CONCAT('state_', ELT(state + 1, 'init', 'wait', "
	"'build', 'done', 'failed', 'ready', 'garbage')) AS name, COUNT(*) AS number FROM builds "
	"GROUP BY state UNION ALL SELECT 'builds', COUNT(*) FROM builds) AS r ON r.name = c.name "
	"SET c.value = COALESCE(r.number, 0) "
	"WHERE c.name = 'builds' OR c.name LIKE 'state!_%' ESCAPE '!'");

static const struct db_column sentence_column[] = { { "sentence", DB_INTO_TEXT, 0 } };

static const struct db_column id_column[] = { { "id", DB_INTO_U64, 0 } };

static bool add_sentences(struct db *db, const char *sql, GPtrArray *all, GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	char *sentence = NULL;
	int got;

	if (!db_select(db, sql, DB_NO_ARGS, DB_COLUMNS(sentence_column), &rows, error))
		return false;
	while ((got = db_next(rows, &sentence, error)) > 0)
		g_ptr_array_add(all, g_steal_pointer(&sentence));
	return got == 0;
}

bool audit_store_check(struct db *db, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
		if (!add_sentences(db, checks[i], all, error))
			return false;
	}
	*ret = g_steal_pointer(&all);
	return true;
}

static void add_done(GPtrArray *all, uint64_t number, const char *what)
{
	if (number)
		g_ptr_array_add(all, g_strdup_printf("%" PRIu64 " %s", number, what));
}

static bool mend_views(struct db *db, uint64_t *last, uint64_t *mended, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(id_column), sizeof(uint64_t), NULL };
	g_autoptr(GArray) ids = NULL;
	g_autoptr(GPtrArray) builds = NULL;

	if (!db_collect_plain(db, stale_views_sql, DB_ARGS(DB_U64(*last), DB_U64(VIEWS_AT_ONCE)),
			      &shape, &ids, error) ||
	    !build_store_load_many(db, (uint64_t *)(void *)ids->data, ids->len, &builds, error))
		return false;
	for (guint i = 0; i < builds->len; i++) {
		const struct build *build = g_ptr_array_index(builds, i);
		g_autofree char *tasks = build_tasks_json(build);

		if (!db_execute(db, mend_view_sql,
				DB_ARGS(DB_U64(build->id), DB_U64(build->gen), DB_TEXT(tasks)),
				NULL, NULL, error))
			return false;
	}
	*mended += builds->len;
	*last = ids->len ? g_array_index(ids, uint64_t, ids->len - 1) : 0;
	return true;
}

static bool mend_counters(struct db *db, void *data, GError **error)
{
	return db_execute(db, hold_counters_sql, DB_NO_ARGS, NULL, NULL, error) &&
	       db_execute(db, mend_counters_sql, DB_NO_ARGS, data, NULL, error);
}

bool audit_store_repair(struct db *db, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	uint64_t claims, woken, counters;
	uint64_t views = 0;
	uint64_t last = 0;

	if (!db_execute(db, mend_claims_sql, DB_NO_ARGS, &claims, NULL, error) ||
	    !db_execute(db, wake_sql, DB_NO_ARGS, &woken, NULL, error))
		return false;
	do {
		if (!mend_views(db, &last, &views, error))
			return false;
	} while (last);
	if (!db_transact(db, mend_counters, &counters, error))
		return false;
	add_done(all, claims, "missing claims were written");
	add_done(all, woken, "forgotten builds are due now");
	add_done(all, views, "views were written anew");
	add_done(all, counters, "counters were set right");
	*ret = g_steal_pointer(&all);
	return true;
}
