/* SPDX-License-Identifier: MIT */
/*
 * What builds are built with, over a real database, with a builder that has tags and whose build
 * system is away: nothing of this needs it. Run by run-flow, which starts the server.
 */
#include "tests/unit/flow/pass_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "flow/change.h"
#include "store/misc_store.h"
#include "store/request_store.h"
#include "store/require_store.h"

#define HEAD                                                                                       \
	"document: modulemd\nversion: 2\ndata:\n  summary: s\n  description: d\n"                  \
	"  license: {module: [MIT]}\n"
#define REQUIRES(list) HEAD "  dependencies:\n  - buildrequires: {" list "}\n"

/* Rows that this connection has read. */
#define READS                                                                                      \
	"SELECT SUM(VARIABLE_VALUE) FROM information_schema.SESSION_STATUS "                       \
	"WHERE VARIABLE_NAME LIKE 'HANDLER_READ_%'"

static unsigned checks;

void verify_components(const struct config *config G_GNUC_UNUSED, const char *builder G_GNUC_UNUSED,
		       GPtrArray *components G_GNUC_UNUSED, int64_t deadline G_GNUC_UNUSED,
		       struct verify_result *ret)
{
	g_atomic_int_inc(&checks);
	ret->outcome = VERIFY_GOOD;
	ret->reasons = lines_of(NULL);
	ret->warnings = lines_of(NULL);
	ret->late = lines_of(NULL);
}

static const char platform[] = HEAD
	"  name: platform\n  stream: f28\n  version: 3\n  context: '00000000'\n"
	"  profiles:\n    buildroot: {rpms: [bash, gcc]}\n    srpm-buildroot: {rpms: [rpm-build]}\n"
	"  filter: {rpms: [secret]}\n  xmd: {mbs: {koji_tag: module-f28-build}}\n";

/* A file that the tests write. */
static char *file_of(const char *name)
{
	return g_build_filename(g_getenv("T"), name, NULL);
}

static void write_file(const char *name, const char *text)
{
	g_autofree char *path = file_of(name);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* With base modules of these files, separated by blanks, in the test's folder. */
static struct config *config_for_test(const char *files)
{
	struct config *config = config_new();
	g_auto(GStrv) names = g_strsplit(files, " ", -1);

	for (char **name = names; *name; name++) {
		g_autofree char *path = file_of(*name);

		g_free(*name);
		*name = g_steal_pointer(&path);
	}
	g_strfreev(config->base_modules);
	config->base_modules = g_steal_pointer(&names);
	g_free(config->koji_config);
	config->koji_config = file_of("no-such-profile");
	g_free(config->memory_builder_file);
	config->memory_builder_file = file_of("memory.jsonl");
	config->due_init = 0;
	return config;
}

struct insertion {
	struct build *build;
	const char *document;
};

static bool insert(struct db *db, void *data, GError **error)
{
	const struct insertion *insertion = data;
	struct build *build = insertion->build;
	const bool is_inserted = build->state == BUILD_INIT
					 ? change_insert(db, build, "alice", error)
					 : build_store_insert(db, build, error);

	return is_inserted &&
	       modulemd_store_put(db, build->id, MODULEMD_SOURCE, insertion->document, error) &&
	       modulemd_store_put(db, build->id, MODULEMD_STORED, insertion->document, error);
}

/* A checked build in init; each is another module. */
static uint64_t insert_build(struct db *db, const char *builder, const char *document)
{
	static unsigned number;
	g_autoptr(Build) build = fixture_build(++number, 1);
	struct insertion insertion = { build, document };
	GError *error = NULL;

	build->verification = VERIFICATION_GOOD;
	text_set(&build->builder, builder);
	assert_good(db_transact(db, insert, &insertion, &error));
	return build->id;
}

/* A build of tools:1.0 that nobody works on. */
static void insert_tools(struct db *db, uint64_t version, enum build_state state, const char *tag)
{
	g_autoptr(Build) build = fixture_build(0, 0);
	struct insertion insertion = { build,
				       HEAD "  profiles:\n    buildroot: {rpms: [tools-macros]}\n"
					    "  filter: {rpms: [tools-static, tools-tests]}\n" };
	GError *error = NULL;

	text_set(&build->name, "tools");
	text_set(&build->stream, "1.0");
	text_set(&build->builder, "koji");
	text_set(&build->tag, tag);
	build->version = version;
	build->state = state;
	assert_good(db_transact(db, insert, &insertion, &error));
	fixture_run(db, "UPDATE claims SET due_at = NULL ORDER BY build_id DESC LIMIT 1");
}

static void pass_again(struct db *db, const struct config *config, uint64_t id)
{
	g_autofree char *sql = g_strdup_printf("UPDATE claims SET due_at = IF(build_id = "
					       "%" G_GUINT64_FORMAT ", UTC_TIMESTAMP(6), NULL)",
					       id);

	fixture_run(db, sql);
	run_pass(db, config);
}

static void ask(struct db *db, uint64_t id, int kind)
{
	GError *error = NULL;

	assert_good(request_store_insert(db, id, kind, "alice", &error));
}

static GPtrArray *requires_of(struct db *db, uint64_t id)
{
	GPtrArray *requires = NULL;
	GError *error = NULL;

	assert_good(require_store_load(db, &id, 1, &requires, &error));
	return requires;
}

/* What the latest message of the build's move to that state says. */
static void assert_message(struct db *db, uint64_t id, enum build_state state, const char *part)
{
	g_autofree char *sql = g_strdup_printf(
		"SELECT COUNT(*) FROM outbox JOIN trace USING (build_id, seq) "
		"WHERE build_id = %" G_GUINT64_FORMAT " AND to_state = %d AND body LIKE '%%%s%%'",
		id, (int)state, part);

	if (fixture_number(db, sql) == 0)
		_fail(sql, __LINE__);
}

/* One pass with a build that asks for this, and the build afterwards. */
static struct build *settle(struct db *db, const char *document)
{
	g_autoptr(Config) config = config_for_test("platform.yaml");
	const uint64_t id = insert_build(db, "koji", document);

	run_pass(db, config);
	return load(db, id);
}

static void a_build_leaves_init_with_what_it_is_built_with(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = NULL;
	g_autoptr(GPtrArray) requires = NULL;
	const struct build_require *base;
	const struct build_require *tools;
	g_autofree char *begin = NULL;
	g_autofree char *stored = NULL;
	GError *error = NULL;

	insert_tools(db, 20260101000000, BUILD_READY, "module-tools-1");
	insert_tools(db, 20260301000000, BUILD_READY, "module-tools-3");
	insert_tools(db, 20260201000000, BUILD_READY, "module-tools-2");
	insert_tools(db, 20260401000000, BUILD_FAILED, "module-tools-4");
	insert_tools(db, 20260501000000, BUILD_READY, "");
	build = settle(db, REQUIRES("tools: ['1.0'], platform: [f28]"));
	assert_int_equal(build->state, BUILD_BUILD);
	requires = requires_of(db, build->id);
	assert_int_equal(requires->len, 2);
	base = g_ptr_array_index(requires, 0);
	assert_string_equal(base->name, "platform");
	assert_string_equal(base->stream, "f28");
	assert_int_equal(base->version, 3);
	assert_string_equal(base->context, "00000000");
	assert_string_equal(base->tag, "module-f28-build");
	assert_true(base->is_base);
	assert_string_equal(base->marking, "f28");
	assert_string_equal(base->buildroot, "bash gcc");
	assert_string_equal(base->srpm_buildroot, "rpm-build");
	assert_string_equal(base->filter, "secret");
	tools = g_ptr_array_index(requires, 1);
	assert_string_equal(tools->name, "tools");
	assert_int_equal(tools->version, 20260301000000);
	assert_string_equal(tools->tag, "module-tools-3");
	assert_false(tools->is_base);
	assert_string_equal(tools->marking, "");
	assert_string_equal(tools->buildroot, "tools-macros");
	assert_string_equal(tools->srpm_buildroot, "");
	assert_string_equal(tools->filter, "tools-static tools-tests");
	begin = g_strdup_printf(".module+f28+%" G_GUINT64_FORMAT "+", build->id);
	assert_true(g_str_has_prefix(build->dist, begin));
	assert_string_equal(build->tag, "module-module-1-master-20260101000000-00000000");
	assert_string_equal(build->target, "module-module-1-master-20260101000000-00000000");
	assert_good(modulemd_store_get(db, build->id, MODULEMD_STORED, &stored, &error));
	assert_non_null(strstr(stored, "koji_tag: module-tools-3"));
	assert_message(db, build->id, BUILD_INIT, "\"buildrequires\":{}");
	assert_message(db, build->id, BUILD_WAIT,
		       "\"koji_tag\":\"module-module-1-master-20260101000000-00000000\"");
	assert_message(db, build->id, BUILD_WAIT, "\"koji_tag\":\"module-tools-3\"");
	assert_message(db, build->id, BUILD_BUILD,
		       "\"buildrequires\":{\"platform\":{\"stream\":\"f28\",\"version\":\"3\"");
}

static void a_later_pass_announces_what_was_recorded(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test("platform.yaml");
	g_autoptr(Build) build = settle(db, REQUIRES("platform: [f28]"));

	ask(db, build->id, REQUEST_CANCEL);
	pass_again(db, config, build->id);
	assert_message(db, build->id, BUILD_FAILED,
		       "\"buildrequires\":{\"platform\":{\"stream\":\"f28\"");
}

static void a_base_module_says_how_it_marks_dist_tags(void **state)
{
	struct db *db = *state;
	g_autofree char *text = g_strconcat(HEAD "  name: platform\n  stream: el-8\n"
						 "  xmd: {mbs: {disttag_marking: el8}}\n",
					    NULL);
	g_autoptr(Config) config = config_for_test("platform.yaml el8.yaml");
	const uint64_t id = insert_build(db, "koji", REQUIRES("platform: [el-8]"));
	g_autoptr(GPtrArray) requires = NULL;
	g_autoptr(Build) build = NULL;

	write_file("el8.yaml", text);
	run_pass(db, config);
	build = load(db, id);
	assert_true(g_str_has_prefix(build->dist, ".module+el8+"));
	requires = requires_of(db, id);
	assert_string_equal(((struct build_require *)requires->pdata[0])->tag, "");
	assert_string_equal(((struct build_require *)requires->pdata[0])->context, "00000000");
}

static void what_cannot_be_had_is_refused_with_all_reasons(void **state)
{
	static const char *const lines[] = {
		"any is required for building without a certain stream (any): name exactly one, "
		"streams are not expanded yet",
		"away:1.0 is required for building, and there is no such base module, and no ready "
		"build of it",
		"many is required for building without a certain stream (1.0, 2.0): ",
		"not is required for building without a certain stream (-3): ",
		"platform:f99 is required for building, and there is no such base module, and",
	};
	g_autoptr(Build) build =
		settle(*state, REQUIRES("away: ['1.0'], not: ['-3'], many: ['1.0', '2.0'], "
					"platform: [f99], any: [], tools: ['1.0']"));
	g_autoptr(GPtrArray) requires = requires_of(*state, build->id);
	g_auto(GStrv) reasons = g_strsplit(build->state_reason, "\n", -1);

	assert_int_equal(build->state, BUILD_FAILED);
	assert_int_equal(build->verification, VERIFICATION_BAD);
	assert_int_equal(build->failure_type, FAILURE_USER);
	assert_string_equal(build->dist, "");
	assert_string_equal(build->tag, "");
	assert_int_equal(requires->len, 0);
	assert_int_equal(g_strv_length(reasons), G_N_ELEMENTS(lines));
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		if (!g_str_has_prefix(reasons[i], lines[i]))
			_fail(reasons[i], __LINE__);
	assert_message(*state, build->id, BUILD_FAILED, "\"buildrequires\":{}");
}

static void several_builds_of_one_document_are_refused(void **state)
{
	g_autoptr(Build) build = settle(*state, REQUIRES("platform: [f28]") "  - buildrequires: "
									    "{platform: [f29]}\n");

	assert_int_equal(build->state, BUILD_FAILED);
	assert_string_equal(build->state_reason,
			    "the blocks of dependencies have different build requirements: several "
			    "builds of one document are not supported yet");
}

/* Base modules that cannot be read are of no importance to them. */
static void builds_that_need_nothing_leave_init_without(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test("none.yaml");
	const uint64_t with_tags = insert_build(db, "koji", HEAD);
	const uint64_t without = insert_build(db, "memory", REQUIRES("away: [], platform: [f28]"));
	g_autoptr(Build) build = NULL;
	g_autoptr(GPtrArray) requires = requires_of(db, with_tags);

	run_pass(db, config);
	assert_int_equal(requires->len, 0);
	build = load(db, with_tags);
	assert_int_equal(build->state, BUILD_BUILD);
	assert_true(g_str_has_prefix(build->dist, ".module+") && *build->tag && *build->target);
	g_clear_pointer(&build, build_free);
	build = load(db, without);
	assert_true(build->state == BUILD_BUILD || build->state == BUILD_READY);
	assert_string_equal(build->tag, "");
}

/* Base modules of which the operator has to mend a file. */
static void unreadable_base_modules_hold_builds_up_and_fail_none(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ NULL, "mended.yaml" },
		{ "", "mended.yaml: the modulemd is not valid" },
		{ HEAD "  name: platform\n  stream: f27\n  xmd: [a]\n",
		  "mended.yaml: the modulemd is not valid: line 9" },
		{ HEAD "  stream: f27\n", "mended.yaml: a base module must have a name" },
		{ HEAD "  name: platform\n  stream: f28\n", "has platform:f28 already" },
		{ HEAD "  name: platform\n  stream: f-27\n", "mended.yaml: the stream \"f-27\"" },
		{ HEAD "  name: platform\n  stream: f27\n  xmd: {mbs: {koji_tag: 'a b'}}\n",
		  "mended.yaml: koji_tag \"a b\"" },
	};
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test("platform.yaml mended.yaml");
	const uint64_t id = insert_build(db, "koji", REQUIRES("platform: [f27]"));
	g_autoptr(Build) build = NULL;

	config->quarantine_attempts = 2;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *sql =
			g_strdup_printf("SELECT COUNT(*) FROM claims WHERE last_error LIKE "
					"'%%%s%%' AND due_at IS NOT NULL AND build_id = "
					"%" G_GUINT64_FORMAT,
					cases[i].words, id);

		if (cases[i].text)
			write_file("mended.yaml", cases[i].text);
		pass_again(db, config, id);
		if (fixture_number(db, sql) != 1)
			_fail(cases[i].words, __LINE__);
	}
	build = load(db, id);
	assert_int_equal(build->state, BUILD_INIT);
	write_file("mended.yaml", HEAD "  name: platform\n  stream: f27\n");
	pass_again(db, config, id);
	g_clear_pointer(&build, build_free);
	build = load(db, id);
	assert_int_equal(build->state, BUILD_BUILD);
}

static void a_resumed_build_keeps_what_it_has(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test("platform.yaml");
	g_autoptr(Build) build = settle(db, REQUIRES("platform: [f28], tools: ['1.0']"));
	g_autoptr(GPtrArray) before = requires_of(db, build->id);
	g_autoptr(GPtrArray) after = NULL;
	const uint64_t id = build->id;

	checks = 0;
	ask(db, id, REQUEST_CANCEL);
	pass_again(db, config, id);
	insert_tools(db, 20260601000000, BUILD_READY, "module-tools-6");
	fixture_run(db, "UPDATE builds SET gen = gen + 1, is_cleaned = 1 WHERE state = 4");
	ask(db, id, REQUEST_RESUME);
	pass_again(db, config, id);
	g_clear_pointer(&build, build_free);
	build = load(db, id);
	assert_int_equal(build->state, BUILD_BUILD);
	assert_int_equal(build->epoch, 2);
	assert_int_equal(checks, 0);
	after = requires_of(db, id);
	assert_int_equal(after->len, 2);
	assert_int_equal(((struct build_require *)after->pdata[1])->version,
			 ((struct build_require *)before->pdata[1])->version);
}

static void a_refused_build_is_resumed_when_it_can_be_had(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test("platform.yaml late.yaml");
	const uint64_t id = insert_build(db, "koji", REQUIRES("late: [f28]"));
	g_autoptr(GPtrArray) requires = NULL;
	g_autoptr(Build) build = NULL;

	write_file("late.yaml", HEAD "  name: late\n  stream: f29\n");
	pass_again(db, config, id);
	build = load(db, id);
	assert_int_equal(build->state, BUILD_FAILED);
	write_file("late.yaml", HEAD "  name: late\n  stream: f28\n");
	checks = 0;
	ask(db, id, REQUEST_RESUME);
	pass_again(db, config, id);
	assert_int_equal(checks, 1);
	g_clear_pointer(&build, build_free);
	build = load(db, id);
	assert_int_equal(build->state, BUILD_BUILD);
	requires = requires_of(db, id);
	assert_int_equal(requires->len, 1);
}

/* It was checked, and never had what it is built with looked for. */
static void a_build_that_was_cancelled_in_init_goes_through_it_again(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test("platform.yaml");
	const uint64_t id = insert_build(db, "koji", REQUIRES("platform: [f28]"));
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GPtrArray) requires = NULL;
	g_autoptr(Build) build = NULL;

	ask(db, id, REQUEST_CANCEL);
	pass_again(db, config, id);
	build = load(db, id);
	assert_int_equal(build->state, BUILD_FAILED);
	assert_int_equal(build->verification, VERIFICATION_GOOD);
	none = requires_of(db, id);
	assert_int_equal(none->len, 0);
	ask(db, id, REQUEST_RESUME);
	pass_again(db, config, id);
	g_clear_pointer(&build, build_free);
	build = load(db, id);
	assert_int_equal(build->state, BUILD_BUILD);
	assert_true(g_str_has_prefix(build->dist, ".module+f28+"));
	requires = requires_of(db, id);
	assert_int_equal(requires->len, 1);
}

static void rows_that_nobody_let_in_reach_no_builder(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test("platform.yaml");
	g_autoptr(Build) build = settle(db, REQUIRES("platform: [f28]"));

	fixture_run(db,
		    "UPDATE build_requires SET tag = 'f28 build' ORDER BY build_id DESC LIMIT 1");
	ask(db, build->id, REQUEST_CANCEL);
	pass_again(db, config, build->id);
	assert_int_equal(fixture_number(db,
					"SELECT COUNT(*) FROM claims WHERE last_error LIKE "
					"'%hold what no document lets in: the tag \"f28 build\"%'"),
			 1);
	fixture_run(db, "UPDATE build_requires SET tag = ''");
	fixture_run(db, "UPDATE builds SET gen = gen + 1, tag = '../x' ORDER BY id DESC LIMIT 1");
	pass_again(db, config, build->id);
	assert_int_equal(fixture_number(db,
					"SELECT COUNT(*) FROM claims WHERE last_error LIKE "
					"'%hold what no submission lets in: the tag \"../x\"%'"),
			 1);
	fixture_run(db, "UPDATE builds SET gen = gen + 1, tag = '' ORDER BY id DESC LIMIT 1");
}

/* Of some thousand builds, a few are read. */
static void the_newest_ready_builds_are_found_by_index(void **state)
{
	struct db *db = *state;
	g_autoptr(GPtrArray) found = NULL;
	const struct require_wish wishes[] = {
		{ "tools", "1.0" }, { "tools", "2.0" }, { "nothing", "1.0" }, { "busy", "7" }
	};
	const struct build *build;
	uint64_t before, read;
	GError *error = NULL;

	fixture_run(db,
		    "INSERT INTO builds (uuid, name, stream, version, context, state, "
		    "state_reason, failure_type, verification, owner, scmurl, `commit`, branch, "
		    "builder, dist, tag, target, gen, event_seq, epoch, batch, submitted_at, "
		    "modified_at) SELECT UUID(), 'busy', '7', seq, 'c', 5, '', 0, 1, 'a', '', "
		    "'', '', 'koji', '', CONCAT('t', seq), '', 1, 1, 1, 0, UTC_TIMESTAMP(6), "
		    "UTC_TIMESTAMP(6) FROM seq_1_to_3000");
	before = fixture_number(db, READS);
	assert_good(require_store_find_ready(db, wishes, G_N_ELEMENTS(wishes), &found, &error));
	read = fixture_number(db, READS) - before;
	assert_int_equal(found->len, 2);
	build = g_ptr_array_index(found, 0);
	assert_string_equal(build->tag, "module-tools-6");
	build = g_ptr_array_index(found, 1);
	assert_int_equal(build->version, 3000);
	assert_true(read < 100);
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_build_leaves_init_with_what_it_is_built_with),
		cmocka_unit_test(a_later_pass_announces_what_was_recorded),
		cmocka_unit_test(a_base_module_says_how_it_marks_dist_tags),
		cmocka_unit_test(what_cannot_be_had_is_refused_with_all_reasons),
		cmocka_unit_test(several_builds_of_one_document_are_refused),
		cmocka_unit_test(builds_that_need_nothing_leave_init_without),
		cmocka_unit_test(unreadable_base_modules_hold_builds_up_and_fail_none),
		cmocka_unit_test(a_resumed_build_keeps_what_it_has),
		cmocka_unit_test(a_refused_build_is_resumed_when_it_can_be_had),
		cmocka_unit_test(a_build_that_was_cancelled_in_init_goes_through_it_again),
		cmocka_unit_test(rows_that_nobody_let_in_reach_no_builder),
		cmocka_unit_test(the_newest_ready_builds_are_found_by_index),
	};

	if (!g_getenv("RIDA_TEST_SOCKET")) {
		fputs("this is run by run-flow\n", stderr);
		return 77;
	}
	g_set_prgname(argv[0]);
	write_file("platform.yaml", platform);
	return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
