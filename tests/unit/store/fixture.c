/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include "store/db_internal.h"
#include "store/schema.h"

static const struct db_column number_column[] = { { "number", DB_INTO_U64, 0 } };

static struct db *open_database(const char *name)
{
	const struct db_options options = {
		.socket = g_getenv("RIDA_TEST_SOCKET"),
		.name = name,
		.user = "root",
		.password = "",
		.connect_timeout = 5,
		.timeout = 20,
		.statement_timeout = 20000,
	};
	GError *error = NULL;
	struct db *db = db_open(&options, &error);

	assert_good(db);
	return db;
}

/* Each program has a database of its own, called after it. */
static char *database_name(void)
{
	g_autofree char *name = g_path_get_basename(g_get_prgname());

	return g_strdelimit(g_strconcat("unit_", name, NULL), "-.", '_');
}

struct db *fixture_open(void)
{
	g_autofree char *name = database_name();

	return open_database(name);
}

char *fixture_sql_folder(void)
{
	return g_build_filename(g_getenv("top_srcdir"), "sql", NULL);
}

int fixture_set_up(void **state)
{
	g_autofree char *name = database_name();
	g_autofree char *drop = g_strdup_printf("DROP DATABASE IF EXISTS %s", name);
	g_autofree char *create = g_strdup_printf("CREATE DATABASE %s", name);
	g_autofree char *folder = fixture_sql_folder();
	GError *error = NULL;
	unsigned applied;
	struct db *db = open_database(NULL);

	fixture_run(db, drop);
	fixture_run(db, create);
	db_close(db);
	db = open_database(name);
	assert_good(schema_migrate(db, folder, &applied, &error));
	*state = db;
	return 0;
}

int fixture_tear_down(void **state)
{
	db_close(*state);
	return 0;
}

void fixture_run(struct db *db, const char *sql)
{
	GError *error = NULL;

	assert_good(db_execute_text(db, sql, &error));
}

uint64_t fixture_number(struct db *db, const char *sql)
{
	uint64_t number = 0;
	GError *error = NULL;

	assert_good(db_select_one(db, sql, DB_NO_ARGS, DB_COLUMNS(number_column), &number, &error));
	return number;
}

static void component_destroy(void *data)
{
	component_free(data);
}

static void add_component(struct build *build, unsigned number)
{
	g_autofree char *name = g_strdup_printf("component-%03u", number);
	struct component *component = component_new(name);

	component->repository = g_strdup_printf("git://localhost/rpms/%s.git", name);
	component->ref = g_strdup("master");
	component->commit = g_strnfill(40, 'a');
	component->batch = 2;
	component->weight = 1.5;
	g_ptr_array_add(build->components, component);
}

struct build *fixture_build(unsigned number, unsigned components)
{
	struct build *build = build_new();

	build->uuid = g_uuid_string_random();
	build->name = g_strdup_printf("module-%u", number);
	build->stream = g_strdup("master");
	build->version = UINT64_C(20260101000000);
	build->context = g_strdup("00000000");
	build->owner = g_strdup("alice");
	build->scmurl = g_strdup("git://localhost/modules/m.git");
	build->commit = g_strnfill(40, 'b');
	build->builder = g_strdup("memory");
	build->gen = 1;
	build->event_seq = 1;
	build->components = g_ptr_array_new_with_free_func(component_destroy);
	for (unsigned i = 0; i < components; i++)
		add_component(build, i);
	return build;
}

static bool insert(struct db *db, void *data, GError **error)
{
	return build_store_insert(db, data, error);
}

struct build *fixture_insert(struct db *db, unsigned number, unsigned components)
{
	struct build *build = fixture_build(number, components);
	GError *error = NULL;

	assert_good(db_transact(db, insert, build, &error));
	return build;
}

struct claim fixture_claim(struct db *db, uint64_t build_id, const char *holder)
{
	const struct claim_terms terms = {
		.holder = holder,
		.lease = 60,
		.backoff_base = 15,
		.backoff_max = 1800,
		.limit = 1,
		.attempts_max = UINT32_MAX,
		.build_id = build_id,
	};
	g_autoptr(GArray) claims = NULL;
	GError *error = NULL;

	assert_good(claim_store_take(db, &terms, &claims, &error));
	assert_int_equal(claims->len, 1);
	return g_array_index(claims, struct claim, 0);
}

bool fixture_save(struct db *db, struct build *build, const struct fence *fence, GError **error)
{
	g_auto(DbWork) work = { NULL };

	return db_begin(db, &work, error) &&
	       build_store_save(db, &(struct build_save){ build, *fence }, 1, error) &&
	       db_commit(&work, error);
}

void assert_good_at(bool good, GError **error, const char *file, int line)
{
	if (good && !*error)
		return;
	print_error("%s\n", *error ? (*error)->message : "no error was set");
	_fail(file, line);
}

void assert_fails_at(bool good, GError **error, RidaError code, const char *file, int line)
{
	if (good || !*error) {
		print_error("this was to fail with %s\n", error_code_name(code));
		_fail(file, line);
		return;
	}
	if (error_code(*error) != code) {
		print_error("this was to fail with %s: %s\n", error_code_name(code),
			    (*error)->message);
		_fail(file, line);
	}
	g_clear_error(error);
}
