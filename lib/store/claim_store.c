/* SPDX-License-Identifier: MIT */
#include "store/claim_store.h"

#include "base/error.h"
#include "store/db_internal.h"

/* Assignments run from left to right: the back-off sees the attempts before this one. */
static const char take_sql[] = SQL(
	"UPDATE claims SET holder = ?, taking = ?, token = token + 1, "
	"lease_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND, "
	"due_at = UTC_TIMESTAMP(6) + INTERVAL LEAST(?, ? * POW(2, LEAST(attempts, 32))) SECOND, "
	"attempts = attempts + 1 "
	"WHERE due_at <= UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND AND quarantined_at IS NULL "
	"AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6)) AND (? = 0 OR build_id = ?) "
	"AND attempts BETWEEN ? AND ? ORDER BY due_at LIMIT ?");

static const char taken_sql[] = SQL(
	"SELECT build_id, token, attempts, settled_gen FROM claims WHERE holder = ? AND taking = ? "
	"ORDER BY build_id");

static const char due_sql[] = SQL(
	"SELECT build_id FROM claims WHERE due_at <= UTC_TIMESTAMP(6) AND quarantined_at IS NULL "
	"AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6)) AND (? = 0 OR build_id = ?) "
	"ORDER BY due_at LIMIT ?");

static const char holders_sql[] =
	SQL("SELECT DISTINCT holder FROM claims WHERE holder >= ? "
	    "AND LEFT(holder, CHAR_LENGTH(?)) = ? AND lease_until IS NOT NULL");

static const char take_over_sql[] =
	SQL("UPDATE claims SET holder = '', lease_until = NULL, due_at = UTC_TIMESTAMP(6), "
	    "last_error = CASE WHEN attempts < ? THEN last_error "
	    "ELSE 'the scheduler dies whenever it works on this build' END, "
	    "quarantined_at = CASE WHEN attempts < ? THEN quarantined_at "
	    "ELSE UTC_TIMESTAMP(6) END WHERE holder = ?");

static const char suspects_sql[] =
	SQL("SELECT EXISTS (SELECT 1 FROM claims WHERE due_at <= UTC_TIMESTAMP(6) AND attempts > 0 "
	    "AND quarantined_at IS NULL) AS suspects");

static const char renew_sql[] = SQL(
	"UPDATE claims SET lease_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND WHERE holder = ?");

/* Something must change in each row, so that the rows that there are can be counted. */
static const char prove_sql[] =
	SQL("UPDATE claims SET lease_until = lease_until + INTERVAL 1 MICROSECOND "
	    "WHERE build_id = ? AND token = ? AND lease_until > UTC_TIMESTAMP(6)");

/*
 * A request that arrived while the build was claimed found it "due" already: it is looked for here.
 * After an error the back-off stands, or the time the request itself set; the latter says that the
 * request is newer than the error, which then is no reason to set the build aside.
 */
static const char release_sql[] = SQL(
	"UPDATE claims SET holder = '', lease_until = NULL, "
	"due_at = CASE WHEN ? THEN due_at "
	"WHEN EXISTS (SELECT 1 FROM requests WHERE requests.build_id = claims.build_id "
	"AND requests.done_at IS NULL) THEN UTC_TIMESTAMP(6) "
	"WHEN ? < 0 THEN NULL ELSE UTC_TIMESTAMP(6) + INTERVAL ? SECOND END, "
	"attempts = CASE WHEN ? THEN 0 ELSE attempts - LEAST(attempts, ?) END, "
	"quarantined_at = CASE WHEN ? AND due_at > UTC_TIMESTAMP(6) THEN UTC_TIMESTAMP(6) "
	"ELSE quarantined_at END, settled_gen = ?, last_error = ?, looked_at = UTC_TIMESTAMP(6), "
	"waits_since = CASE WHEN waits_for = ? THEN waits_since ELSE UTC_TIMESTAMP(6) END, "
	"waits_for = ? "
	"WHERE build_id = ? AND holder = ? AND token = ?");

static const char make_due_sql[] = SQL(
	"UPDATE claims SET due_at = UTC_TIMESTAMP(6), attempts = CASE WHEN ? THEN 0 ELSE attempts END, "
	"quarantined_at = CASE WHEN ? THEN NULL ELSE quarantined_at END WHERE build_id = ?");

static const char hold_sql[] = SQL("UPDATE claims SET quarantined_at = UTC_TIMESTAMP(6), "
				   "last_error = ? WHERE build_id = ?");

static const struct db_column claim_columns[] = {
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct claim, uint64_t, build_id) },
	{ "token", DB_INTO_U64, OFFSET_OF(struct claim, uint64_t, token) },
	{ "attempts", DB_INTO_U32, OFFSET_OF(struct claim, uint32_t, attempts) },
	{ "settled_gen", DB_INTO_U64, OFFSET_OF(struct claim, uint64_t, settled_gen) },
};

static const struct db_column id_column[] = { { "build_id", DB_INTO_U64, 0 } };

static const struct db_column suspects_column[] = { { "suspects", DB_INTO_U64, 0 } };

static const struct db_column holder_column[] = { { "holder", DB_INTO_TEXT, 0 } };

struct taking {
	const struct claim_terms *terms;
	uint64_t number; /* tells this taking's claims from earlier ones of the holder */
};

static bool take(struct db *db, void *data, GError **error)
{
	const struct taking *taking = data;
	const struct claim_terms *terms = taking->terms;

	return db_execute(db, take_sql,
			  DB_ARGS(DB_TEXT(terms->holder), DB_U64(taking->number),
				  DB_U64(terms->lease), DB_U64(terms->backoff_max),
				  DB_U64(terms->backoff_base), DB_I64(terms->due_for),
				  DB_U64(terms->build_id), DB_U64(terms->build_id),
				  DB_U64(terms->attempts_min), DB_U64(terms->attempts_max),
				  DB_U64(terms->limit)),
			  NULL, NULL, error);
}

bool claim_store_take(struct db *db, const struct claim_terms *terms, GArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(claim_columns), sizeof(struct claim), NULL };
	struct taking taking = { terms, ((uint64_t)g_random_int() << 32) | g_random_int() };

	return db_transact(db, take, &taking, error) &&
	       db_collect_plain(db, taken_sql,
				DB_ARGS(DB_TEXT(terms->holder), DB_U64(taking.number)), &shape, ret,
				error);
}

bool claim_store_due(struct db *db, const struct claim_terms *terms, GArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(id_column), sizeof(uint64_t), NULL };

	return db_collect_plain(
		db, due_sql,
		DB_ARGS(DB_U64(terms->build_id), DB_U64(terms->build_id), DB_U64(terms->limit)),
		&shape, ret, error);
}

bool claim_store_holders(struct db *db, const char *host_prefix, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) holders = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(DbRows) rows = NULL;
	char *holder = NULL;
	int got;

	if (!db_select(db, holders_sql,
		       DB_ARGS(DB_TEXT(host_prefix), DB_TEXT(host_prefix), DB_TEXT(host_prefix)),
		       DB_COLUMNS(holder_column), &rows, error))
		return false;
	while ((got = db_next(rows, &holder, error)) > 0)
		g_ptr_array_add(holders, g_steal_pointer(&holder));
	if (got < 0)
		return false;
	*ret = g_steal_pointer(&holders);
	return true;
}

bool claim_store_take_over(struct db *db, const char *gone_holder, uint64_t attempts_max,
			   uint64_t *ret_count, GError **error)
{
	return db_execute(db, take_over_sql,
			  DB_ARGS(DB_U64(attempts_max), DB_U64(attempts_max), DB_TEXT(gone_holder)),
			  ret_count, NULL, error);
}

bool claim_store_has_suspects(struct db *db, bool *ret, GError **error)
{
	uint64_t suspects = 0;

	if (!db_select_one(db, suspects_sql, DB_NO_ARGS, DB_COLUMNS(suspects_column), &suspects,
			   error))
		return false;
	*ret = suspects > 0;
	return true;
}

bool claim_store_renew(struct db *db, const char *holder, uint64_t lease, uint64_t *ret_count,
		       GError **error)
{
	return db_execute(db, renew_sql, DB_ARGS(DB_U64(lease), DB_TEXT(holder)), ret_count, NULL,
			  error);
}

bool claim_store_prove(struct db *db, const struct claim *claims, size_t count, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
	uint64_t changed;

	for (size_t i = 0; i < count; i++) {
		const struct db_value row[] = { DB_U64(claims[i].build_id),
						DB_U64(claims[i].token) };

		g_array_append_vals(values, row, G_N_ELEMENTS(row));
	}
	if (!db_execute_many(db, prove_sql, db_matrix_of(values, count), &changed, error))
		return false;
	return changed == count || fail(error, RIDA_ERROR_CONFLICT,
					"others have taken %" G_GUINT64_FORMAT
					" of %" G_GSIZE_FORMAT " builds: they are left to them",
					count - changed, count);
}

static void add_release(GArray *all, const char *holder, const struct claim_release *release)
{
	const struct db_value values[] = {
		DB_U64(release->keep_backoff),
		DB_I64(release->due_in),
		DB_I64(release->due_in),
		DB_U64(release->has_progress),
		DB_U64(release->is_uncounted),
		DB_U64(release->quarantine),
		DB_U64(release->settled_gen),
		DB_TEXT(release->last_error ? release->last_error : ""),
		DB_I64(release->waits_for),
		DB_I64(release->waits_for),
		DB_U64(release->build_id),
		DB_TEXT(holder),
		DB_U64(release->token),
	};

	g_array_append_vals(all, values, G_N_ELEMENTS(values));
}

bool claim_store_release(struct db *db, const char *holder, const struct claim_release *releases,
			 size_t count, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));

	for (size_t i = 0; i < count; i++)
		add_release(values, holder, &releases[i]);
	return db_execute_many(db, release_sql, db_matrix_of(values, count), NULL, error);
}

/* Changes the claim of one build that must be there. */
static bool change_one(struct db *db, const char *sql, struct db_args args, GError **error)
{
	uint64_t changed;

	if (!db_execute(db, sql, args, &changed, NULL, error))
		return false;
	return changed || fail(error, RIDA_ERROR_MISSING, "there is no such build");
}

bool claim_store_make_due(struct db *db, uint64_t build_id, bool end_quarantine, GError **error)
{
	return change_one(db, make_due_sql,
			  DB_ARGS(DB_U64(end_quarantine), DB_U64(end_quarantine), DB_U64(build_id)),
			  error);
}

bool claim_store_hold(struct db *db, uint64_t build_id, const char *reason, GError **error)
{
	return change_one(db, hold_sql, DB_ARGS(DB_TEXT(reason), DB_U64(build_id)), error);
}
