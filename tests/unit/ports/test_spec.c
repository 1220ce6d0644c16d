/* SPDX-License-Identifier: MIT */
#include "ports/sandbox/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#include <cmocka.h>

#define SECONDS_MAX 12 /* of a hostile spec, on a busy machine */
#define SECRET      "a-secret-of-the-service"

#define SPEC(name)                                                                                 \
	"Name: " name "\nVersion: 1\nRelease: 1%{?dist}\nSummary: s\nLicense: MIT\n"               \
	"%description\n"

static struct sandbox_user user;

static bool parse(const char *text, struct spec_facts **ret, GError **error)
{
	return spec_parse(text, strlen(text), &user, ret, error);
}

static void name_sources_and_patches_are_learnt(void **state)
{
	static const char text[] =
		"%global real foo\n"
		"Name: %{real}\nVersion: 1\nRelease: 1%{?dist}\nSummary: s\nLicense: MIT\n"
		"Source1: two.txt\n"
		"Source0: https://host.example/x/%{name}-%{version}.tar.gz\n"
		"Patch3: http://host.example/fix.patch\n"
		"Source2: https://host.example/get?a=b#/three.tgz\n"
		"BuildRequires: what-nobody-has\n%description\n%prep\n%autosetup\n%files\n";
	static const char *const wanted[] = { "two.txt", "foo-1.tar.gz", "fix.patch", "three.tgz" };
	g_autoptr(SpecFacts) facts = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	if (!parse(text, &facts, &error))
		fail_msg("%s", error->message);
	assert_string_equal(facts->name, "foo");
	assert_int_equal(facts->sources->len, G_N_ELEMENTS(wanted));
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		if (!g_ptr_array_find_with_equal_func(facts->sources, wanted[i], g_str_equal, NULL))
			fail_msg("%s is missing", wanted[i]);
}

static void what_does_not_parse_is_refused_with_rpms_words(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "does not parse" },
		{ "hello\n", "Unknown tag" },
		{ "Name: foo\n%description\n", "Version" },
		{ "%if 1\n" SPEC("foo"), "%if" },
		{ "%include /etc/shadow\n" SPEC("foo"), "/etc/shadow" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(SpecFacts) facts = NULL;
		g_autoptr(GError) error = NULL;

		if (parse(cases[i].text, &facts, &error))
			fail_msg("case %zu was parsed", i);
		assert_int_equal(error->code, RIDA_ERROR_UNACCEPTABLE);
		if (!strstr(error->message, cases[i].words))
			fail_msg("case %zu: %s", i, error->message);
		assert_null(strchr(error->message, '\n'));
	}
}

/* What a spec can see is told by the name it gives itself. */
static void nothing_of_ours_can_be_seen(void **state)
{
	static const char *const looks[] = {
		"x%(cat /proc/1/environ | tr -dc 'a-z-')",
		"x%(cat /proc/self/environ | tr -dc 'a-z-')",
		"x%(cat /proc/*/fd/* /dev/fd/* 2>/dev/null </dev/null | tr -dc 'a-z-' | head -c 300)",
		"x%(cat /etc/shadow /root/* /home/*/* /var/lib/* 2>/dev/null | grep -v Name | head -c 300 | tr -dc a-z)",
		"x%(ls /tmp /var/tmp /run /srv 2>/dev/null | tr -dc 'a-z-' | head -c 300)",
		"x%(id -G)",
	};
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	fputs(SECRET, file);
	rewind(file);
	g_setenv("RIDA_TEST_SECRET", SECRET, TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(looks); i++) {
		g_autofree char *text =
			g_strdup_printf("Name: %s\nVersion: 1\nRelease: 1\nSummary: s\n"
					"License: MIT\n%%description\n",
					looks[i]);
		g_autoptr(SpecFacts) facts = NULL;
		g_autoptr(GError) error = NULL;

		if (!parse(text, &facts, &error))
			continue;
		if (strstr(facts->name, SECRET) || strstr(facts->name, "root") ||
		    strstr(facts->name, "rida-"))
			fail_msg("%s showed %s", looks[i], facts->name);
	}
	fclose(file);
}

struct attack {
	const char *name;
	const char *text; /* %s is the folder */
	bool is_refused;  /* else it may parse */
	char *problem;    /* what went wrong in the test, or NULL */
	const char *folder;
};

static struct attack attacks[] = {
	{ "touch", "%%(touch %s/canary; touch ~/canary)\n" SPEC("foo"), false, NULL, NULL },
	{ "lua file",
	  "%%{lua: f = io.open('%s/canary', 'w'); if f then f:close() end}\n" SPEC("foo"), false,
	  NULL, NULL },
	{ "lua command", "%%{lua: os.execute('touch %s/canary')}\n" SPEC("foo"), false, NULL,
	  NULL },
	{ "comment", "# %%(touch %s/canary)\n" SPEC("foo"), false, NULL, NULL },
	{ "network", "%%(exec 3<>/dev/tcp/127.0.0.1/22 && touch %s/canary)\n" SPEC("foo"), false,
	  NULL, NULL },
	{ "shell loop", "%%(while :; do :; done)%s\n" SPEC("foo"), true, NULL, NULL },
	{ "sleep", "%%(trap '' TERM INT; sleep 1000; sleep 1000)%s\n" SPEC("foo"), true, NULL,
	  NULL },
	{ "lua loop", "%%{lua: while true do end}%s\n" SPEC("foo"), true, NULL, NULL },
	{ "lua memory",
	  "%%{lua: t = {} while true do t[#t + 1] = string.rep('x', 1000000) end}%s\n" SPEC("foo"),
	  true, NULL, NULL },
	{ "recursion", "%%define a %%{a}%%{a}\n%%{a}%s\n" SPEC("foo"), true, NULL, NULL },
	{ "fork bomb", "%%(b() { b | b & }; b; sleep 20)%s\n" SPEC("foo"), false, NULL, NULL },
	{ "output",
	  "%%{lua: while true do io.stdout:write(string.rep('x', 100000)) end}%s\n" SPEC("foo"),
	  true, NULL, NULL },
	{ "disk", "%%(dd if=/dev/zero of=/tmp/fill bs=1M count=4000 2>/dev/null)%s\n" SPEC("foo"),
	  false, NULL, NULL },
	{ "detached", "%%(setsid sh -c 'sleep 7; touch %s/canary' >/dev/null 2>&1 &)\n" SPEC("foo"),
	  false, NULL, NULL },
};

static void *attack(void *data)
{
	struct attack *attack = data;
	g_autofree char *text = NULL;
	g_auto(GStrv) parts = g_strsplit(attack->text, "%s", -1);
	g_autoptr(SpecFacts) facts = NULL;
	g_autoptr(GError) error = NULL;
	int64_t start = g_get_monotonic_time();
	GString *plain = g_string_new(NULL);

	text = g_strjoinv(attack->folder, parts);
	for (const char *c = text; *c; c++) {
		g_string_append_c(plain, *c);
		if (c[0] == '%' && c[1] == '%')
			c++;
	}
	if (parse(plain->str, &facts, &error) && attack->is_refused)
		attack->problem = g_strdup("it was parsed");
	else if (error && error->code != RIDA_ERROR_UNACCEPTABLE)
		attack->problem = g_strdup(error->message);
	else if (g_get_monotonic_time() - start > SECONDS_MAX * G_USEC_PER_SEC)
		attack->problem = g_strdup("it took too long");
	g_string_free(plain, TRUE);
	return NULL;
}

static void hostile_specs_end_in_time_and_touch_nothing(void **state)
{
	g_autofree char *folder = g_dir_make_tmp("rida-spec-XXXXXX", NULL);
	g_autofree char *canary = g_build_filename(folder, "canary", NULL);
	GThread *threads[G_N_ELEMENTS(attacks)];
	unsigned problems = 0;

	(void)state;
	assert_non_null(folder);
	assert_int_equal(chmod(folder, 0777), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(attacks); i++) {
		attacks[i].folder = folder;
		threads[i] = g_thread_new(NULL, attack, &attacks[i]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(attacks); i++) {
		g_thread_join(threads[i]);
		if (attacks[i].problem)
			print_error("%s: %s\n", attacks[i].name, attacks[i].problem);
		problems += attacks[i].problem != NULL;
		g_free(attacks[i].problem);
	}
	assert_int_equal(problems, 0);
	assert_false(g_file_test(canary, G_FILE_TEST_EXISTS));
	assert_int_equal(rmdir(folder), 0);
}

static void sandbox_users_are_real_and_unprivileged(void **state)
{
	struct sandbox_user found;
	g_autoptr(GError) no_user = NULL;
	g_autoptr(GError) root = NULL;

	(void)state;
	assert_false(sandbox_user_find("no-such-user-here", &found, &no_user));
	assert_int_equal(no_user->code, RIDA_ERROR_MALFORMED);
	assert_false(sandbox_user_find("root", &found, &root));
	assert_int_equal(root->code, RIDA_ERROR_MALFORMED);
	assert_true(sandbox_user_find("nobody", &found, NULL));
	assert_int_not_equal(found.uid, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_sources_and_patches_are_learnt),
		cmocka_unit_test(what_does_not_parse_is_refused_with_rpms_words),
		cmocka_unit_test(nothing_of_ours_can_be_seen),
		cmocka_unit_test(hostile_specs_end_in_time_and_touch_nothing),
		cmocka_unit_test(sandbox_users_are_real_and_unprivileged),
	};
	g_autofree char *rpmspec = g_find_program_in_path("rpmspec");
	g_autoptr(GError) error = NULL;

	if (!sandbox_user_find("nobody", &user, &error) || !sandbox_check(&user, &error) ||
	    !rpmspec) {
		fprintf(stderr, "skipped: %s\n", error ? error->message : "rpmspec is missing");
		return getenv("CI") ? EXIT_FAILURE : 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
