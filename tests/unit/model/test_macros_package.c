/* SPDX-License-Identifier: MIT */
#include "model/macros_package.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "model/build.h"

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
	assert_true(macros_package_new(build, NULL, &package, NULL));
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

static void the_authors_macros_are_in_the_source_file_alone(void **state)
{
	g_autoptr(Build) build = sample();
	g_autoptr(MacrosPackage) package = NULL;

	(void)state;
	assert_true(macros_package_new(build, "%evil %(touch /tmp/x)", &package, NULL));
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
		assert_false(macros_package_new(build, NULL, &package, &error));
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

		assert_false(macros_package_new(build, refused[i], &package, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
	}
	assert_true(macros_package_new(build, full, &package, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_spec_carries_the_modules_identity),
		cmocka_unit_test(the_authors_macros_are_in_the_source_file_alone),
		cmocka_unit_test(parts_that_could_be_code_are_refused),
		cmocka_unit_test(an_authors_text_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
