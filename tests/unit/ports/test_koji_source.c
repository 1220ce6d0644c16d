/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_source.h"

#include <string.h>

#include "base/error.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COMMIT "45b016bc3308ed649e0065fc1188c3d7463ddc35"

static const struct {
	const char *repository, *commit;
	const char *source; /* NULL: it is refused */
} sources[] = {
	{ "git+https://src.example.org/rpms/foo", COMMIT,
	  "git+https://src.example.org/rpms/foo?#" COMMIT },
	{ "https://src.example.org/rpms/foo.git", COMMIT,
	  "git+https://src.example.org/rpms/foo.git?#" COMMIT },
	{ "HTTPS://src.example.org/rpms/foo", COMMIT,
	  "git+https://src.example.org/rpms/foo?#" COMMIT },
	{ "http://src.example.org/rpms/foo", COMMIT,
	  "git+http://src.example.org/rpms/foo?#" COMMIT },
	{ "git+http://src.example.org/rpms/foo", COMMIT,
	  "git+http://src.example.org/rpms/foo?#" COMMIT },
	{ "ssh://git@src.example.org/rpms/foo", COMMIT,
	  "git+ssh://git@src.example.org/rpms/foo?#" COMMIT },
	{ "git+ssh://src.example.org:22/rpms/foo", COMMIT,
	  "git+ssh://src.example.org:22/rpms/foo?#" COMMIT },
	{ "git://127.0.0.1:19418/rpms/foo", COMMIT, "git://127.0.0.1:19418/rpms/foo?#" COMMIT },
	{ "git://[::1]:19418/rpms/foo", COMMIT, "git://[::1]:19418/rpms/foo?#" COMMIT },
	{ "git://example.org/rpms/foo", COMMIT "0123456789abcdef01234567",
	  "git://example.org/rpms/foo?#" COMMIT "0123456789abcdef01234567" },
	{ "cli-build/1795360870.307420.abcdefgh/foo-1-1.src.rpm", "",
	  "cli-build/1795360870.307420.abcdefgh/foo-1-1.src.rpm" },
	{ "cli-build/../secret", "", NULL },
	{ "cli-build/a b", "", NULL },
	{ "git://example.org/rpms/foo", "45b016b", NULL },
	{ "git://example.org/rpms/foo", "", NULL },
	{ "git://example.org/rpms/foo", "45B016BC3308ED649E0065FC1188C3D7463DDC35", NULL },
	{ "git://example.org/rpms/foo?#main", COMMIT, NULL },
	{ "git://example.org/rpms/foo?x=1", COMMIT, NULL },
	{ "git://example.org/rpms/foo bar", COMMIT, NULL },
	{ "git://example.org/rpms/foo\n", COMMIT, NULL },
	{ "git://example.org/rpms/../foo", COMMIT, NULL },
	{ "git://example.org", COMMIT, NULL },
	{ "git://example.org/", COMMIT, NULL },
	{ "git:///rpms/foo", COMMIT, NULL },
	{ "git://-oProxyCommand=x/rpms/foo", COMMIT, NULL },
	{ "file:///srv/git/foo", COMMIT, NULL },
	{ "svn://example.org/foo", COMMIT, NULL },
	{ "/srv/git/foo", COMMIT, NULL },
	{ "", COMMIT, NULL },
};

static void sources_are_written_as_builders_know_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *source = NULL;
		const bool is_good =
			koji_source(sources[i].repository, sources[i].commit, &source, &error);

		if (is_good != (sources[i].source != NULL))
			fail_msg("\"%s\" is %s", sources[i].repository,
				 is_good ? "taken" : error->message);
		if (is_good)
			assert_string_equal(source, sources[i].source);
		else
			assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
	}
}

static void an_effect_has_one_folder_for_its_upload(void **state)
{
	g_autofree char *one = koji_upload_folder(1795360870307420, "key-1");
	g_autofree char *again = koji_upload_folder(1795360870307420, "key-1");
	g_autofree char *other = koji_upload_folder(1795360870307420, "key-2");

	(void)state;
	assert_string_equal(one, again);
	assert_string_not_equal(one, other);
	assert_true(g_regex_match_simple("^cli-build/1795360870\\.307420\\.[a-z]{8}$", one, 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_written_as_builders_know_them),
		cmocka_unit_test(an_effect_has_one_folder_for_its_upload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
