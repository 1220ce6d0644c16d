/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "ports/builder/local_aliases.h"
#include "ports/builder/local_cache.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_host.h"
#include "ports/builder/local_host_facts.h"
#include "ports/builder/local_merge.h"
#include "ports/builder/local_rpms.h"
#include "tests/unit/ports/folder_fixture.h"
#include "tests/unit/swapper.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void debian_versions_become_rpms(void **state)
{
	static const char *const cases[][2] = {
		{ "1.2.13.dfsg-1", "1.2.13.dfsg-1" },
		{ "2:8.39-15", "2:8.39-15" },
		{ "1:1-2-3-4", "1:1.2.3-4" },
		{ "1:2:3", "1:2.3" },
		{ "5", "5" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *version = local_host_version(cases[i][0]);

		assert_string_equal(version, cases[i][1]);
	}
}

static void what_rpm_could_expand_is_not_provided(void **state)
{
	char *provides[] = {
		(char *)(uintptr_t) "gcc = 12",
		(char *)(uintptr_t) "gcc = 12",
		(char *)(uintptr_t) "/usr/bin/%(id)",
		(char *)(uintptr_t) "a\nb",
		(char *)(uintptr_t) "/usr/bin/[",
		(char *)(uintptr_t) "",
		(char *)(uintptr_t) "libz.so.1(Z_1)(64bit)",
		NULL,
	};
	g_autofree char *spec = local_host_spec(provides);

	(void)state;
	assert_non_null(strstr(
		spec, "\nProvides: gcc = 12\nProvides: libz.so.1(Z_1)(64bit)\n%description"));
	assert_null(strstr(spec, "%("));
}

static void the_alias_table_names_each_name_once(void **state)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	(void)state;
	for (size_t i = 0; i < local_aliases_count; i++)
		if (!g_hash_table_add(seen, (char *)(uintptr_t)local_aliases[i].name))
			fail_msg("twice: %s", local_aliases[i].name);
}

static void links_and_special_files_are_not_copied(void **state)
{
	static const char *const names[] = { "link",   "through/file", "fifo",
					     "folder", "../file",      "none" };
	g_autofree char *target = below(state, "copy");
	g_autofree char *folder = below(state, "folder"), *link = below(state, "link");
	g_autofree char *through = below(state, "through"), *fifo = below(state, "fifo");

	put(state, "file", "text");
	assert_int_equal(g_mkdir(folder, 0755), 0);
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(symlink(".", through), 0);
	assert_int_equal(mkfifo(fifo, 0644), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		if (file_copy(*state, names[i], target, &error))
			fail_msg("copied: %s", names[i]);
		assert_int_equal(g_access(target, F_OK), -1);
	}
	assert_true(file_copy(*state, "file", target, NULL));
}

static void a_folder_is_replaced_at_once(void **state)
{
	g_autofree char *old = below(state, "old"), *fresh = below(state, "new");
	g_autofree char *in_old = below(state, "old/a"), *in_new = below(state, "new/b");
	g_autofree char *moved = below(state, "old/b");

	assert_true(folder_make(old, NULL) && folder_make(fresh, NULL));
	assert_true(file_write(in_old, "", NULL) && file_write(in_new, "", NULL));
	assert_true(folder_replace(fresh, old, NULL));
	assert_int_equal(g_access(moved, F_OK), 0);
	assert_int_equal(g_access(in_old, F_OK), -1);
	assert_int_equal(g_access(fresh, F_OK), -1);
}

static void folders_that_forbid_it_are_removed(void **state)
{
	g_autofree char *outer = below(state, "outer"), *inner = below(state, "outer/inner");

	assert_true(folder_make(inner, NULL));
	assert_int_equal(chmod(inner, 0), 0);
	assert_int_equal(chmod(outer, 0500), 0);
	assert_true(folder_remove(outer, NULL));
	assert_int_equal(g_access(outer, F_OK), -1);
	assert_true(folder_remove(outer, NULL));
}

static void a_list_of_packages_is_read_as_written(void **state)
{
	g_autoptr(GPtrArray) first = NULL, second = NULL;
	const struct local_rpm *rpm;

	put(state, LOCAL_RPMS_LIST,
	    "a-1-2.src.rpm\ta\t0\t1\t2\tsrc\tMIT\n"
	    "a-debuginfo-1-2.x86_64.rpm\ta-debuginfo\t3\t1\t2\tx86_64\tMIT AND GPL\n");
	assert_true(local_rpms_read(*state, &first, NULL));
	assert_true(local_rpms_write(*state, first, NULL));
	assert_true(local_rpms_read(*state, &second, NULL));
	assert_int_equal(second->len, 2);
	assert_true(local_rpm_is_source(second->pdata[0]));
	rpm = second->pdata[1];
	assert_true(local_rpm_is_debug(rpm) && !local_rpm_is_source(rpm));
	assert_int_equal(rpm->epoch, 3);
	assert_string_equal(rpm->license, "MIT AND GPL");
}

static void headers_that_do_not_fit_the_files_name_are_refused(void **state)
{
	static const char *const lines[] = {
		"a-1-2.noarch.rpm\tb\t0\t1\t2\tnoarch\tMIT\n",
		"../a-1-2.noarch.rpm\t../a\t0\t1\t2\tnoarch\tMIT\n",
		"a-1-2.noarch.rpm\ta\t-1\t1\t2\tnoarch\tMIT\n",
		"a-1-2.noarch.rpm\ta\t0\t1\t2\tnoarch\n",
		"a-1%(id)-2.noarch.rpm\ta\t0\t1%(id)\t2\tnoarch\tMIT\n",
		"a-/1-2.noarch.rpm\ta\t0\t/1\t2\tnoarch\tMIT\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GPtrArray) rpms = NULL;
		g_autoptr(GError) error = NULL;

		put(state, LOCAL_RPMS_LIST, lines[i]);
		if (local_rpms_read(*state, &rpms, &error))
			fail_msg("accepted: %s", lines[i]);
		assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
	}
}

static bool has_option(const GString *options, const char *a, const char *b, const char *c)
{
	const char *const words[] = { a, b, c };
	const char *place = options->str;

	for (; place < options->str + options->len; place += strlen(place) + 1) {
		const char *word = place;
		size_t i = 0;

		while (i < G_N_ELEMENTS(words) && strcmp(word, words[i]) == 0) {
			word += strlen(word) + 1;
			i++;
		}
		if (i == G_N_ELEMENTS(words))
			return true;
	}
	return false;
}

static void trees_are_merged_entry_by_entry(void **state)
{
	g_autofree char *bin = below(state, "bin"), *lib = below(state, "lib");
	g_autofree char *program = below(state, "bin/rida-test-tool");
	g_autoptr(GString) options = g_string_new(NULL);

	assert_true(folder_make(bin, NULL) && folder_make(lib, NULL));
	assert_true(file_write(program, "", NULL));
	local_merge_options(*state, options);
	assert_true(has_option(options, "--ro-bind", program, "/usr/bin/rida-test-tool"));
	assert_true(has_option(options, "--ro-bind", "/usr/bin/env", "/usr/bin/env"));
	/* Nothing is added to it. */
	assert_true(has_option(options, "--ro-bind", "/usr/lib", "/usr/lib"));
}

static const struct {
	const char *name;
	int hours; /* since it was wanted */
	bool is_kept_by_size, is_kept_by_age;
} cached_files[] = {
	{ "sha512/aaaa", 1, true, true },       { "sha512/bbbb", 49, false, false },
	{ "md5/cccc", 2, true, true },          { "md5/dddd", 3, false, true },
	{ "sha512/.new-young", 1, true, true }, { "sha512/.new-old", 25, false, false },
};

static void make_cache(const char *cache_dir)
{
	g_autofree char *bytes = g_strnfill(65536, 'x');

	for (size_t i = 0; i < G_N_ELEMENTS(cached_files); i++) {
		g_autofree char *path =
			g_build_filename(cache_dir, "lookaside", cached_files[i].name, NULL);
		g_autofree char *folder = g_path_get_dirname(path);
		const struct timespec then = { .tv_sec = g_get_real_time() / G_USEC_PER_SEC -
							 cached_files[i].hours * 3600 };
		const struct timespec times[] = { then, then };

		assert_true(folder_make(folder, NULL));
		assert_true(file_write(path, bytes, NULL));
		assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	}
}

static void assert_cache(const char *cache_dir, bool by_size)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cached_files); i++) {
		g_autofree char *path =
			g_build_filename(cache_dir, "lookaside", cached_files[i].name, NULL);

		assert_int_equal(g_access(path, F_OK) == 0,
				 by_size ? cached_files[i].is_kept_by_size
					 : cached_files[i].is_kept_by_age);
	}
}

static void the_cache_keeps_what_was_wanted_last(void **state)
{
	struct cache_terms terms = { .cache_dir = *state, .max_bytes = 150000 };
	g_autofree char *cached = local_cache_place(*state, "sha512", "bbbb");
	g_autofree char *target = g_build_filename(*state, "target", NULL);
	uint64_t removed;
	struct stat status;

	assert_true(local_cache_trim(&terms, &removed, NULL));
	assert_int_equal(removed, 0);
	make_cache(*state);
	assert_true(local_cache_trim(&terms, &removed, NULL));
	assert_int_equal(removed, 3);
	assert_cache(*state, true);
	assert_false(local_cache_link(cached, target, NULL));

	make_cache(*state);
	terms = (struct cache_terms){ .cache_dir = *state, .max_age = 48 * 3600 };
	assert_true(local_cache_trim(&terms, &removed, NULL));
	assert_cache(*state, false);

	make_cache(*state);
	terms.max_age = 0;
	assert_true(local_cache_link(cached, target, NULL));
	terms.max_bytes = 65536;
	assert_true(local_cache_trim(&terms, &removed, NULL));
	assert_int_equal(g_access(cached, F_OK), 0);
	assert_int_equal(removed, 4);
	terms.max_bytes = 1;
	assert_true(local_cache_trim(&terms, &removed, NULL));
	assert_int_equal(removed, 1);
	assert_int_equal(stat(target, &status), 0);
	assert_int_equal(status.st_size, 65536);
}

/* What a build leaves is copied while something of the build still runs and swaps it for a link. */
static void m6_a_link_in_the_place_of_a_result_is_never_copied(void **state)
{
	g_autofree char *folder = below(state, ".");
	g_autofree char *result = below(state, "result.rpm");
	g_autofree char *link = below(state, "link");
	g_autofree char *secret = below(state, "secret");
	g_autofree char *target = below(state, "copy");
	struct swapper swapper = { .one = result, .other = link };
	unsigned copied = 0, refused = 0;

	put(state, "result.rpm", "good");
	put(state, "secret", "evil");
	assert_int_equal(symlink(secret, link), 0);
	swapper_start(&swapper);
	while (swapper_waits(&swapper, copied >= 50 && refused >= 50)) {
		g_autofree char *text = NULL;

		g_unlink(target);
		if (!file_copy(folder, "result.rpm", target, NULL)) {
			refused++;
			continue;
		}
		copied++;
		assert_true(g_file_get_contents(target, &text, NULL, NULL));
		assert_string_equal(text, "good");
	}
	assert_true(swapper_stop(&swapper) > 0);
	assert_true(copied > 0 && refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_versions_become_rpms),
		cmocka_unit_test(what_rpm_could_expand_is_not_provided),
		cmocka_unit_test(the_alias_table_names_each_name_once),
		cmocka_unit_test_setup_teardown(links_and_special_files_are_not_copied,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(m6_a_link_in_the_place_of_a_result_is_never_copied,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(a_folder_is_replaced_at_once, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(folders_that_forbid_it_are_removed, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(a_list_of_packages_is_read_as_written,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(headers_that_do_not_fit_the_files_name_are_refused,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(the_cache_keeps_what_was_wanted_last, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(trees_are_merged_entry_by_entry, folder_set_up,
						folder_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
