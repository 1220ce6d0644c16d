/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include "store/request_store.h"

#define HOLDER "host boot 1 1"
#define OTHER  "host boot 2 2"

static const struct claim_terms terms = {
	.holder = HOLDER,
	.lease = 60,
	.backoff_base = 15,
	.backoff_max = 1800,
	.limit = 1000,
	.attempts_max = UINT32_MAX,
};

static GArray *take(struct db *db, const struct claim_terms *wanted)
{
	GArray *claims = NULL;
	GError *error = NULL;

	assert_good(claim_store_take(db, wanted, &claims, &error));
	return claims;
}

static void release(struct db *db, const struct claim_release *wanted)
{
	GError *error = NULL;

	assert_good(claim_store_release(db, HOLDER, wanted, 1, &error));
}

/* Each test starts without builds that are due. */
static int nothing_is_due(void **state)
{
	fixture_run(*state, "UPDATE claims SET due_at = NULL, holder = '', lease_until = NULL");
	return 0;
}

static void a_due_build_is_claimed_once(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 1, 0);
	g_autoptr(GArray) due = NULL;
	g_autoptr(GArray) first = NULL;
	g_autoptr(GArray) second = NULL;
	struct claim_terms other = terms;
	GError *error = NULL;

	assert_good(claim_store_due(db, &terms, &due, &error));
	assert_int_equal(due->len, 1);
	first = take(db, &terms);
	assert_int_equal(first->len, 1);
	assert_int_equal(g_array_index(first, struct claim, 0).build_id, build->id);
	assert_int_equal(g_array_index(first, struct claim, 0).attempts, 1);
	other.holder = OTHER;
	second = take(db, &other);
	assert_int_equal(second->len, 0);
}

static void a_second_taking_does_not_return_the_first(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) one = fixture_insert(db, 2, 0);
	g_autoptr(GArray) first = take(db, &terms);
	g_autoptr(Build) two = fixture_insert(db, 3, 0);
	g_autoptr(GArray) second = take(db, &terms);

	assert_int_equal(first->len, 1);
	assert_int_equal(second->len, 1);
	assert_int_equal(g_array_index(second, struct claim, 0).build_id, two->id);
}

struct taker {
	const char *holder;
	GArray *claims; /* uint64_t */
};

static gpointer take_all(gpointer data)
{
	struct taker *taker = data;
	struct db *db = fixture_open();
	struct claim_terms wanted = terms;
	guint taken = 1;

	wanted.holder = taker->holder;
	wanted.limit = 7;
	while (taken) {
		g_autoptr(GArray) claims = take(db, &wanted);

		taken = claims->len;
		for (guint i = 0; i < taken; i++)
			g_array_append_val(taker->claims,
					   g_array_index(claims, struct claim, i).build_id);
	}
	db_close(db);
	return NULL;
}

static void holders_at_the_same_time_never_share_a_build(void **state)
{
	enum { BUILDS = 200, TAKERS = 4 };
	static const char *const holders[TAKERS] = { "a", "b", "c", "d" };
	struct db *db = *state;
	struct taker takers[TAKERS];
	GThread *threads[TAKERS];
	g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
	guint all = 0;

	for (unsigned i = 0; i < BUILDS; i++)
		build_free(fixture_insert(db, 1000 + i, 0));
	for (size_t i = 0; i < TAKERS; i++) {
		takers[i] =
			(struct taker){ holders[i], g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
		threads[i] = g_thread_new("taker", take_all, &takers[i]);
	}
	for (size_t i = 0; i < TAKERS; i++) {
		g_thread_join(threads[i]);
		all += takers[i].claims->len;
		for (guint k = 0; k < takers[i].claims->len; k++)
			g_hash_table_add(seen, &g_array_index(takers[i].claims, uint64_t, k));
	}
	assert_int_equal(all, BUILDS);
	assert_int_equal(g_hash_table_size(seen), BUILDS);
	g_hash_table_remove_all(seen);
	for (size_t i = 0; i < TAKERS; i++)
		g_array_unref(takers[i].claims);
}

/* The seconds until the only build of that name is due. */
static int64_t due_in(struct db *db, const char *name)
{
	g_autofree char *sql = g_strdup_printf(
		"SELECT CAST(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), due_at) AS SIGNED) + 1000000 "
		"FROM claims JOIN builds ON id = build_id WHERE name = '%s'",
		name);

	return (int64_t)fixture_number(db, sql) - 1000000;
}

static void attempts_are_counted_and_double_the_wait(void **state)
{
	static const int64_t waits[] = { 15, 30, 60, 120, 240, 480, 960, 1800, 1800 };
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 20, 0);

	for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
		g_autoptr(GArray) claims = NULL;
		const struct claim *claim;
		int64_t wait;

		fixture_run(db,
			    "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL");
		claims = take(db, &terms);
		assert_int_equal(claims->len, 1);
		claim = &g_array_index(claims, struct claim, 0);
		assert_int_equal(claim->attempts, i + 1);
		release(db, &(struct claim_release){ .build_id = build->id,
						     .token = claim->token,
						     .keep_backoff = true,
						     .last_error = "away" });
		wait = due_in(db, "module-20");
		assert_in_range(wait, waits[i] - 2, waits[i]);
	}
}

static void progress_resets_attempts_and_an_outage_is_not_counted(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 21, 0);
	struct claim claim;

	fixture_run(db, "UPDATE claims SET attempts = 5 WHERE due_at IS NOT NULL");
	claim = fixture_claim(db, build->id, HOLDER);
	assert_int_equal(claim.attempts, 6);
	release(db, &(struct claim_release){
			    .build_id = build->id, .token = claim.token, .is_uncounted = true });
	assert_int_equal(
		fixture_number(db, "SELECT MAX(attempts) FROM claims WHERE due_at IS NOT NULL"), 5);
	claim = fixture_claim(db, build->id, HOLDER);
	release(db, &(struct claim_release){ .build_id = build->id,
					     .token = claim.token,
					     .has_progress = true,
					     .due_in = 60 });
	assert_int_equal(
		fixture_number(db, "SELECT MAX(attempts) FROM claims WHERE due_at IS NOT NULL"), 0);
	assert_in_range(due_in(db, "module-21"), 58, 60);
}

static void a_release_says_when_it_is_due_again(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 22, 0);
	struct claim claim = fixture_claim(db, build->id, HOLDER);

	release(db, &(struct claim_release){
			    .build_id = build->id, .token = claim.token, .due_in = -1 });
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM claims WHERE due_at IS NOT NULL"),
			 0);
}

static void a_release_with_an_open_request_is_due_at_once(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 23, 0);
	struct claim claim = fixture_claim(db, build->id, HOLDER);
	g_autoptr(GArray) due = NULL;
	GError *error = NULL;

	assert_good(request_store_insert(db, build->id, REQUEST_CANCEL, "alice", &error));
	release(db, &(struct claim_release){ .build_id = build->id,
					     .token = claim.token,
					     .has_progress = true,
					     .due_in = 600 });
	assert_good(claim_store_due(db, &terms, &due, &error));
	assert_int_equal(due->len, 1);
}

static void a_lost_claim_is_left_alone(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 24, 0);
	struct claim claim = fixture_claim(db, build->id, HOLDER);

	fixture_run(db, "UPDATE claims SET holder = 'b', token = token + 1 WHERE holder = '" HOLDER
			"'");
	release(db, &(struct claim_release){
			    .build_id = build->id, .token = claim.token, .due_in = 0 });
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM claims WHERE holder = 'b'"), 1);
}

static void a_gone_holders_builds_are_taken_over(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 25, 0);
	const struct claim before = fixture_claim(db, build->id, "host_ boot 9 9");
	struct claim after;
	g_autoptr(GPtrArray) holders = NULL;
	uint64_t count;
	GError *error = NULL;

	assert_good(claim_store_holders(db, "host_ boot ", &holders, &error));
	assert_int_equal(holders->len, 1);
	assert_string_equal(g_ptr_array_index(holders, 0), "host_ boot 9 9");
	g_clear_pointer(&holders, g_ptr_array_unref);
	assert_good(claim_store_holders(db, "host% ", &holders, &error));
	assert_int_equal(holders->len, 0);
	assert_good(claim_store_take_over(db, "host_ boot 9 9", 12, &count, &error));
	assert_int_equal(count, 1);
	after = fixture_claim(db, build->id, HOLDER);
	assert_int_equal(after.token, before.token + 1);
	assert_int_equal(after.attempts, before.attempts + 1);
}

static void a_lease_that_ended_may_be_taken_and_a_renewed_one_not(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 26, 0);
	g_autoptr(GArray) none = NULL;
	g_autoptr(GArray) one = NULL;
	struct claim_terms other = terms;
	uint64_t count;
	GError *error = NULL;

	fixture_claim(db, build->id, HOLDER);
	fixture_run(db, "UPDATE claims SET due_at = UTC_TIMESTAMP(6), "
			"lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE holder = '" HOLDER
			"'");
	assert_good(claim_store_renew(db, HOLDER, 60, &count, &error));
	assert_int_equal(count, 1);
	other.holder = OTHER;
	none = take(db, &other);
	assert_int_equal(none->len, 0);
	fixture_run(db, "UPDATE claims SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND "
			"WHERE holder = '" HOLDER "'");
	one = take(db, &other);
	assert_int_equal(one->len, 1);
}

static void a_request_that_comes_during_the_last_error_is_not_set_aside(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 31, 0);
	const struct claim claim = fixture_claim(db, build->id, HOLDER);
	g_autoptr(GArray) due = NULL;
	GError *error = NULL;

	assert_good(request_store_insert(db, build->id, REQUEST_CANCEL, "alice", &error));
	release(db, &(struct claim_release){ .build_id = build->id,
					     .token = claim.token,
					     .keep_backoff = true,
					     .quarantine = true,
					     .last_error = "away" });
	assert_good(claim_store_due(db, &terms, &due, &error));
	assert_int_equal(due->len, 1);
}

static void a_build_in_quarantine_waits_for_an_operator(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 27, 0);
	struct claim claim = fixture_claim(db, build->id, HOLDER);
	g_autoptr(GArray) none = NULL;
	GError *error = NULL;

	release(db, &(struct claim_release){ .build_id = build->id,
					     .token = claim.token,
					     .keep_backoff = true,
					     .quarantine = true,
					     .last_error = "twelve times" });
	none = take(db, &terms);
	assert_int_equal(none->len, 0);
	assert_good(claim_store_make_due(db, build->id, false, &error));
	g_clear_pointer(&none, g_array_unref);
	none = take(db, &terms);
	assert_int_equal(none->len, 0);
	assert_good(claim_store_make_due(db, build->id, true, &error));
	claim = fixture_claim(db, build->id, HOLDER);
	assert_int_equal(claim.attempts, 1);
	assert_good(claim_store_hold(db, build->id, "held", &error));
	assert_fails(claim_store_hold(db, 999999, "held", &error), RIDA_ERROR_MISSING);
	assert_fails(claim_store_make_due(db, 999999, false, &error), RIDA_ERROR_MISSING);
}

static void a_claim_proves_itself_until_somebody_takes_it_over(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 71, 0);
	g_autoptr(GArray) claims = take(db, &terms);
	struct claim claim = g_array_index(claims, struct claim, 0);
	g_autoptr(GError) problem = NULL;
	GError *error = NULL;
	uint64_t count;

	assert_good(claim_store_prove(db, &claim, 1, &error));
	assert_good(claim_store_prove(db, &claim, 1, &error));
	claim.token++;
	assert_false(claim_store_prove(db, &claim, 1, &problem));
	assert_int_equal(error_code(problem), RIDA_ERROR_CONFLICT);
	g_clear_error(&problem);
	claim.token--;
	assert_good(claim_store_take_over(db, HOLDER, 12, &count, &error));
	assert_false(claim_store_prove(db, &claim, 1, &problem));
	assert_int_equal(error_code(problem), RIDA_ERROR_CONFLICT);
}

#define CLAIM_TEST(function) cmocka_unit_test_setup(function, nothing_is_due)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM_TEST(a_claim_proves_itself_until_somebody_takes_it_over),
		CLAIM_TEST(a_due_build_is_claimed_once),
		CLAIM_TEST(a_second_taking_does_not_return_the_first),
		CLAIM_TEST(holders_at_the_same_time_never_share_a_build),
		CLAIM_TEST(attempts_are_counted_and_double_the_wait),
		CLAIM_TEST(progress_resets_attempts_and_an_outage_is_not_counted),
		CLAIM_TEST(a_release_says_when_it_is_due_again),
		CLAIM_TEST(a_release_with_an_open_request_is_due_at_once),
		CLAIM_TEST(a_lost_claim_is_left_alone),
		CLAIM_TEST(a_gone_holders_builds_are_taken_over),
		CLAIM_TEST(a_lease_that_ended_may_be_taken_and_a_renewed_one_not),
		CLAIM_TEST(a_request_that_comes_during_the_last_error_is_not_set_aside),
		CLAIM_TEST(a_build_in_quarantine_waits_for_an_operator),
	};

	g_set_prgname("claims");
	return cmocka_run_group_tests_name("claims", tests, fixture_set_up, fixture_tear_down);
}
