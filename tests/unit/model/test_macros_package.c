/* SPDX-License-Identifier: MIT */
#include "model/macros_package.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "model/build.h"
#include "text/rpm_name.h"

static struct build *sample(void)
{
	struct build *build = build_new();

	text_set(&build->name, "testmodule");
	text_set(&build->stream, "master");
	text_set(&build->context, "7c29193d");
	text_set(&build->dist, ".module+2+b8645bbb");
	build->version = 20170109091357;
	build->submitted_at = INT64_C(1483953237) * G_USEC_PER_SEC;
	return build;
}

static void the_spec_carries_the_modules_identity(void **state)
{
	g_autoptr(Build) build = sample();
	g_autoptr(MacrosPackage) package = NULL;

	(void)state;
	assert_true(macros_package_new(build, NULL, NULL, 0, &package, NULL));
	assert_true(g_str_has_prefix(
		package->spec,
		"%global dist .module+2+b8645bbb\n"
		"%global modularitylabel testmodule:master:20170109091357:7c29193d\n"));
	assert_non_null(strstr(package->spec, "\n* Mon Jan 09 2017 rida"));
	assert_non_null(strstr(package->spec, "\n/etc/rpm/macros.zz-modules\n"));
	assert_string_equal(package->macros,
			    "# Macros of one module; the author's own come last and win.\n"
			    "%dist .module+2+b8645bbb\n"
			    "%modularitylabel testmodule:master:20170109091357:7c29193d\n"
			    "%_module_name testmodule\n"
			    "%_module_stream master\n"
			    "%_module_version 20170109091357\n"
			    "%_module_context 7c29193d\n"
			    "%_module_build 1\n");
}

static GPtrArray *rpms_of(const char *const *nevras)
{
	GPtrArray *rpms = g_ptr_array_new_with_free_func((GDestroyNotify)rpm_name_free);

	for (; *nevras; nevras++) {
		struct rpm_name *rpm = NULL;

		assert_true(rpm_name_read_nevra(*nevras, &rpm, NULL));
		g_ptr_array_add(rpms, rpm);
	}
	return rpms;
}

static void what_is_filtered_conflicts_once_for_all_architectures(void **state)
{
	static const char *const one[] = { "zlib-1.2-3.fc28.x86_64", "bash-1:5.2~rc1-1.el9.noarch",
					   "zlib-1.2-3.fc28.i686", NULL };
	static const char *const other[] = { "zlib-0:1.2-3.fc28.src", NULL };
	static const char *const third[] = { "zlib-1:1.2-3.fc28.src", "a-1-1.noarch", NULL };
	g_autoptr(Build) build = sample();
	g_autoptr(GPtrArray) rpms = rpms_of(one);
	g_autoptr(GPtrArray) other_rpms = rpms_of(other);
	g_autoptr(GPtrArray) third_rpms = rpms_of(third);
	const struct macros_conflicts conflicts[] = { { "platform:f28:3:00000000", rpms },
						      { "tools:1.0:20260101:c0ffee", other_rpms },
						      { "more:x-1:7:c_1", third_rpms } };
	g_autoptr(MacrosPackage) package = NULL;

	(void)state;
	assert_true(macros_package_new(build, NULL, conflicts, 3, &package, NULL));
	assert_non_null(strstr(package->spec, "\nSource1: macros.modules\n"
					      "# Filtered out of platform:f28:3:00000000:\n"
					      "Conflicts: bash = 1:5.2~rc1-1.el9\n"
					      "Conflicts: zlib = 0:1.2-3.fc28\n"
					      "# Filtered out of more:x-1:7:c_1:\n"
					      "Conflicts: a = 0:1-1\n"
					      "Conflicts: zlib = 1:1.2-3.fc28\n"
					      "\n%description\n"));
}

static void a_conflict_that_is_code_is_refused(void **state)
{
	static char name[] = "bash", version[] = "5.2", release[] = "1.el9", code[] = "%(id)";
	struct rpm_name rpm[] = {
		{ .name = code, .version = version, .release = release },
		{ .name = name, .version = code, .release = release },
		{ .name = name, .version = version, .release = code },
		{ .name = name, .version = version },
		{ .name = name, .version = version, .release = release },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rpm); i++) {
		const bool is_last = i + 1 == G_N_ELEMENTS(rpm);
		g_autoptr(Build) build = sample();
		g_autoptr(GPtrArray) rpms = g_ptr_array_new();
		g_autoptr(MacrosPackage) package = NULL;
		struct macros_conflicts conflicts = { is_last ? code : "a:b:1:c", rpms };
		g_autoptr(GError) error = NULL;

		g_ptr_array_add(rpms, &rpm[i]);
		assert_false(macros_package_new(build, NULL, &conflicts, 1, &package, &error));
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNACCEPTABLE));
	}
}

static void the_authors_macros_are_in_the_source_file_alone(void **state)
{
	g_autoptr(Build) build = sample();
	g_autoptr(MacrosPackage) package = NULL;

	(void)state;
	assert_true(macros_package_new(build, "%evil %(touch /tmp/x)", NULL, 0, &package, NULL));
	assert_null(strstr(package->spec, "evil"));
	assert_true(
		g_str_has_suffix(package->macros, "%_module_build 1\n\n%evil %(touch /tmp/x)\n"));
}

static void parts_that_could_be_code_are_refused(void **state)
{
	static const struct {
		size_t offset;
		const char *value;
	} cases[] = {
		{ offsetof(struct build, name), "a%(id)" },
		{ offsetof(struct build, name), "" },
		{ offsetof(struct build, stream), "%{lua:os.exit()}" },
		{ offsetof(struct build, stream), "a\nb" },
		{ offsetof(struct build, context), "a b" },
		{ offsetof(struct build, dist), ".%(id)" },
		{ offsetof(struct build, dist), "module" },
		{ offsetof(struct build, dist), "" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Build) build = sample();
		g_autoptr(MacrosPackage) package = NULL;
		g_autoptr(GError) error = NULL;

		text_set((char **)((char *)build + cases[i].offset), cases[i].value);
		assert_false(macros_package_new(build, NULL, NULL, 0, &package, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
	}
}

static void an_authors_text_has_limits(void **state)
{
	g_autoptr(Build) build = sample();
	g_autofree char *full = g_strnfill(MACROS_PACKAGE_AUTHOR_MAX, 'a');
	g_autofree char *over = g_strnfill(MACROS_PACKAGE_AUTHOR_MAX + 1, 'a');
	const char *const refused[] = { over, "a\033b", "\xff" };
	g_autoptr(MacrosPackage) package = NULL;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(macros_package_new(build, refused[i], NULL, 0, &package, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
	}
	assert_true(macros_package_new(build, full, NULL, 0, &package, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_spec_carries_the_modules_identity),
		cmocka_unit_test(what_is_filtered_conflicts_once_for_all_architectures),
		cmocka_unit_test(a_conflict_that_is_code_is_refused),
		cmocka_unit_test(the_authors_macros_are_in_the_source_file_alone),
		cmocka_unit_test(parts_that_could_be_code_are_refused),
		cmocka_unit_test(an_authors_text_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
