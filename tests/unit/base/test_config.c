/* SPDX-License-Identifier: MIT */
#include "base/config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config_options.h"
#include "base/error.h"
#include "tests/unit/file_fixture.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct config *load(const struct file_fixture *fixture, const char *text, GError **error)
{
	struct config *config = NULL;

	assert_true(g_file_set_contents(fixture->file, text, -1, NULL));
	return config_load(fixture->file, &config, error) ? config : NULL;
}

static struct config *load_good(const struct file_fixture *fixture, const char *text)
{
	g_autoptr(GError) error = NULL;
	struct config *config = load(fixture, text, &error);

	if (!config)
		fail_msg("%s: %s", text, error->message);
	return config;
}

static void the_defaults_are_valid_and_safe(void **state)
{
	g_autoptr(Config) config = config_new();

	(void)state;
	assert_int_equal(config->submit_by, SUBMIT_BY_NOBODY);
	assert_int_equal(config->auth, AUTH_NONE);
	assert_int_equal(config->gate, GATE_NONE);
	assert_int_equal(config->num_concurrent_builds, 5);
	assert_false(config->scm_private_addresses);
	assert_string_equal(config->builder, "local");
	assert_string_equal(config->arches[0], "x86_64");
	assert_null(config->admins[0]);
	assert_string_not_equal(config->auth_marker, "");
}

static void each_option_has_a_name_of_its_own_and_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_options_count; i++) {
		assert_true(strlen(config_options[i].help) > 10);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(config_options[i].name, config_options[j].name);
			assert_int_not_equal(config_options[i].offset, config_options[j].offset);
		}
	}
}

static void a_file_overrides_the_defaults(void **state)
{
	g_autoptr(Config) config = load_good(*state, "# rida\n"
						     "submit_by: identified\n"
						     "auth: front\n"
						     "gate: external\n"
						     "log_level: debug\n"
						     "num_concurrent_builds: 0\n"
						     "scm_private_addresses: true\n"
						     "state_dir: /srv/rida\n"
						     "dist_prefix: \"module_\"\n"
						     "db_socket:\n");

	assert_int_equal(config->submit_by, SUBMIT_BY_IDENTIFIED);
	assert_int_equal(config->auth, AUTH_FRONT);
	assert_int_equal(config->gate, GATE_EXTERNAL);
	assert_int_equal(config->log_level, 3);
	assert_int_equal(config->num_concurrent_builds, 0);
	assert_true(config->scm_private_addresses);
	assert_string_equal(config->state_dir, "/srv/rida");
	assert_string_equal(config->dist_prefix, "module_");
	assert_string_equal(config->db_socket, "");
	assert_string_equal(config->builder, "local");
}

static void lists_are_written_in_brackets_or_line_by_line(void **state)
{
	static const struct {
		const char *text, *joined;
	} cases[] = {
		{ "scm_allow: [git://127.0.0.1:9418/, https://h/x/]\n",
		  "git://127.0.0.1:9418/ https://h/x/" },
		{ "scm_allow: [ \"git://a/\" ]\n", "git://a/" },
		{ "scm_allow:\n  - git://a/\n  - https://b:1/c/\n", "git://a/ https://b:1/c/" },
		{ "scm_allow:\n- git://a/\n", "git://a/" },
		{ "scm_allow: []\n", "" },
		{ "scm_allow:\n", "" },
		{ "scm_allow: \"\"\n", "" },
		{ "scm_allow: [a, b]\nadmins: [c]\n", "a b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Config) config = load_good(*state, cases[i].text);
		g_autofree char *joined = g_strjoinv(" ", config->scm_allow);

		assert_string_equal(joined, cases[i].joined);
	}
}

static void a_file_of_comments_means_the_defaults(void **state)
{
	static const char *const cases[] = { "", "\n", "# log: stderr\n", "  # a\n\n# b" };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Config) config = load_good(*state, cases[i]);

		assert_string_equal(config->log, "stderr");
	}
}

/* What the message must hold besides the file's path. */
static const struct {
	const char *text, *place, *allowed;
} refused[] = {
	{ "log: stderr\nlogg: x\n", "line 2", "there is no option \"logg\"" },
	{ "Log: x\n", "line 1", "there is no option \"Log\"" },
	{ "\"\": x\n", "line 1", "there is no option" },
	{ "db_port: x\n", "line 1: db_port: ", "from 1 to 65535" },
	{ "\n\ndb_port: 0\n", "line 3: db_port: ", "from 1 to 65535" },
	{ "db_port: 65536\n", "line 1: db_port: ", "from 1 to 65535" },
	{ "db_port: -1\n", "line 1: db_port: ", "from 1 to 65535" },
	{ "db_port: 0x10\n", "line 1: db_port: ", "from 1 to 65535" },
	{ "db_port: 3306.0\n", "line 1: db_port: ", "from 1 to 65535" },
	{ "db_port: 99999999999999999999\n", "line 1: db_port: ", "from 1 to 65535" },
	{ "db_port:\n", "line 1: db_port: ", "from 1 to 65535" },
	{ "db_port: [1]\n", "line 1: db_port: ", "one value is wanted" },
	{ "db_port: {a: b}\n", "line 1", "mapping is not wanted" },
	{ "num_concurrent_builds: 100001\n", "num_concurrent_builds: ", "from 0 to 100000" },
	{ "submit_by: everybody\n", "line 1: submit_by: ", "nobody, anyone, identified" },
	{ "submit_by: 1\n", "line 1: submit_by: ", "nobody, anyone, identified" },
	{ "submit_by: Anyone\n", "line 1: submit_by: ", "nobody, anyone, identified" },
	{ "log_level: 3\n", "line 1: log_level: ", "error, warning, info, debug" },
	{ "scm_private_addresses: yes\n", "line 1: scm_private_addresses: ", "true or false" },
	{ "scm_private_addresses: 1\n", "line 1: scm_private_addresses: ", "true or false" },
	{ "state_dir: var/rida\n", "line 1: state_dir: ", "an absolute path" },
	{ "state_dir:\n", "line 1: state_dir: ", "an absolute path" },
	{ "state_dir: ~/rida\n", "line 1: state_dir: ", "an absolute path" },
	{ "scm_allow: git://a/\n", "line 1: scm_allow: ", "a list is wanted" },
	{ "scm_allow: [[a]]\n", "line 1", "nested more than" },
	{ "scm_allow: [a, \"\"]\n", "line 1: scm_allow: ", "empty" },
	{ "scm_allow: {a: b}\n", "line 1", "mapping is not wanted" },
	{ "log: stderr\nlog: stderr\n", "line 2", "twice" },
	{ "log: &a stderr\n", "line 1", "anchors" },
	{ "log: *a\n", "line 1", "alias" },
	{ "log: !!str stderr\n", "line 1", "tags" },
	{ "log: stderr\n---\nlog: stderr\n", "line 2", "one document" },
	{ "log\n", "line 1", "key: value" },
	{ "- log\n", "line 1", "a list" },
	{ "log: [\n", "line", "" },
	{ "log: \"a\\0b\"\n", "line 1", "NUL" },
};

static void a_mistake_is_named_with_file_line_and_key(void **state)
{
	const struct file_fixture *fixture = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		if (load(fixture, refused[i].text, &error))
			fail_msg("was read: %s", refused[i].text);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
		if (!g_str_has_prefix(error->message, fixture->file) ||
		    !strstr(error->message, refused[i].place) ||
		    !strstr(error->message, refused[i].allowed))
			fail_msg("%s: %s", refused[i].text, error->message);
	}
}

static void an_absent_file_is_named(void **state)
{
	g_autoptr(GError) error = NULL;
	struct config *config = NULL;

	(void)state;
	assert_false(config_load("/nonexistent/rida.yaml", &config, &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
	assert_non_null(strstr(error->message, "/nonexistent/rida.yaml"));
}

static char *shown(const struct config *config)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	config_show(config, out);
	fclose(out);
	return text;
}

static void what_is_shown_reads_back_the_same(void **state)
{
	g_autoptr(Config) first = config_new();
	g_autoptr(Config) second = NULL;
	char *before, *after;

	g_free(first->log);
	first->log = g_strdup(
		"a \"b\" \\ c: # {d} \xc3\xa9\xc2\x85\xc2\x8f\xe2\x80\xa8\xef\xbb\xbf\n\t\x01");
	g_strfreev(first->scm_allow);
	first->scm_allow = g_strsplit("git://127.0.0.1:1/ https://x/{y}/", " ", -1);
	first->submit_by = SUBMIT_BY_ANYONE;
	first->scm_private_addresses = true;
	first->num_concurrent_builds = 0;
	before = shown(first);
	second = load_good(*state, before);
	after = shown(second);
	assert_string_equal(before, after);
	assert_string_equal(second->log, first->log);
	assert_string_equal(second->scm_allow[1], "https://x/{y}/");
	free(before);
	free(after);
}

static void the_manual_names_every_option(void **state)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	config_manual(out);
	fclose(out);
	for (size_t i = 0; i < config_options_count; i++)
		assert_non_null(strstr(text, config_options[i].name));
	assert_non_null(strstr(text, "Range: 1 to 65535."));
	assert_non_null(strstr(text, "One of: nobody, anyone, identified."));
	free(text);
}

static void h1_a_configuration_that_anyone_may_write_is_refused(void **state)
{
	const struct file_fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = NULL;

	assert_true(g_file_set_contents(fixture->file, "lease: 60\n", -1, NULL));
	assert_int_equal(g_chmod(fixture->file, 0646), 0);
	assert_false(config_load(fixture->file, &config, &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_FORBIDDEN));
	assert_non_null(strstr(error->message, fixture->file));
	assert_int_equal(g_chmod(fixture->file, 0644), 0);
	assert_true(config_load(fixture->file, &config, NULL));
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, file_set_up, file_tear_down)
	const struct CMUnitTest tests[] = {
		WORLD(the_defaults_are_valid_and_safe),
		WORLD(each_option_has_a_name_of_its_own_and_help),
		WORLD(a_file_overrides_the_defaults),
		WORLD(lists_are_written_in_brackets_or_line_by_line),
		WORLD(a_file_of_comments_means_the_defaults),
		WORLD(a_mistake_is_named_with_file_line_and_key),
		WORLD(an_absent_file_is_named),
		WORLD(what_is_shown_reads_back_the_same),
		WORLD(the_manual_names_every_option),
		WORLD(h1_a_configuration_that_anyone_may_write_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
