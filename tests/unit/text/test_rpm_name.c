/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "text/rpm_name.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void an_nvr_is_split_from_its_end(void **state)
{
	static const struct {
		const char *text, *name, *version, *release;
	} cases[] = {
		{ "bash-5.2-1.el9", "bash", "5.2", "1.el9" },
		{ "module-build-macros-0.1-1.module+2+814cfa39", "module-build-macros", "0.1",
		  "1.module+2+814cfa39" },
		{ "perl-List-Compare-0.53-9", "perl-List-Compare", "0.53", "9" },
		{ "gtk+-2~rc1^git1-0.1", "gtk+", "2~rc1^git1", "0.1" },
		{ "libstdc++-12-1", "libstdc++", "12", "1" },
		{ "a-1-1", "a", "1", "1" },
		{ "_x-1-1", "_x", "1", "1" },
		{ "0ad-0.0.26-1", "0ad", "0.0.26", "1" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(RpmName) name = NULL;
		g_autofree char *nvr = NULL;

		if (!rpm_name_read_nvr(cases[i].text, &name, NULL))
			fail_msg("%s", cases[i].text);
		assert_string_equal(name->name, cases[i].name);
		assert_string_equal(name->version, cases[i].version);
		assert_string_equal(name->release, cases[i].release);
		assert_null(name->arch);
		nvr = rpm_name_nvr(name);
		assert_string_equal(nvr, cases[i].text);
	}
}

static void a_nevra_is_read_with_and_without_an_epoch(void **state)
{
	static const struct {
		const char *text, *nevra;
	} cases[] = {
		{ "bash-0:5.2-1.el9.x86_64", "bash-0:5.2-1.el9.x86_64" },
		{ "bash-5.2-1.el9.x86_64", "bash-0:5.2-1.el9.x86_64" },
		{ "perl-4:5.36-1.noarch", "perl-4:5.36-1.noarch" },
		{ "a-b-4294967295:1-1.src", "a-b-4294967295:1-1.src" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(RpmName) name = NULL;
		g_autofree char *nevra = NULL;

		if (!rpm_name_read_nevra(cases[i].text, &name, NULL))
			fail_msg("%s", cases[i].text);
		nevra = rpm_name_nevra(name);
		assert_string_equal(nevra, cases[i].nevra);
	}
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const nvrs[] = {
		"",
		"-",
		"--",
		"---",
		"bash",
		"bash-5",
		"bash--1",
		"-5-1",
		"bash-5-",
		"bash-5-1 ",
		"ba sh-5-1",
		"bash-5/../x-1",
		"../bash-5-1",
		"bash-5-%(id)",
		"bash-5-1\n",
		"b\xc3\xa9-1-1",
		".bash-5-1",
		"bash-0:5-1",
		"bash-5-1:1",
		"+bash-5-1",
		"bash-.5-1",
		"bash-5-.1",
		"ba$h-5-1",
	};
	static const char *const nevras[] = {
		"",
		"bash-5-1",
		"bash-0:5-1",
		"bash-0:5-1.",
		"bash-:5-1.x86_64",
		"bash-a:5-1.x86_64",
		"bash-4294967296:5-1.x86_64",
		"bash-0:0:5-1.x86_64",
		"0:bash-5-1.x86_64",
		"bash-0:5.x86_64",
		"bash-0:5-1.x86-64",
		"bash-0:5-1.%{x}",
		"bash-0:-1.x86_64",
		"-0:5-1.x86_64",
	};
	g_autofree char *tail = g_strnfill(300, 'a');
	g_autofree char *too_long = g_strconcat("bash-1-", tail, NULL);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(nvrs) + G_N_ELEMENTS(nevras) + 1; i++) {
		g_autoptr(RpmName) name = NULL;
		g_autoptr(GError) error = NULL;
		const char *text = i < G_N_ELEMENTS(nvrs) ? nvrs[i] : too_long;
		bool is_nevra = i > G_N_ELEMENTS(nvrs);
		bool is_good;

		text = is_nevra ? nevras[i - G_N_ELEMENTS(nvrs) - 1] : text;
		is_good = is_nevra ? rpm_name_read_nevra(text, &name, &error)
				   : rpm_name_read_nvr(text, &name, &error);
		if (is_good)
			fail_msg("was read: %s", text);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_nvr_is_split_from_its_end),
		cmocka_unit_test(a_nevra_is_read_with_and_without_an_epoch),
		cmocka_unit_test(what_is_no_name_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
