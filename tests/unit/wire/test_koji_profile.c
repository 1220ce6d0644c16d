/* SPDX-License-Identifier: MIT */
#include "wire/koji_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"

#include <cmocka.h>

#define SERVER "server = https://hub.example.org/kojihub\n"

static char *etc;

static char *write_file(const char *name, const char *text)
{
	char *path = g_build_filename(etc, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static int make_folder(void **state)
{
	g_autofree char *folder = NULL;

	(void)state;
	etc = g_dir_make_tmp("rida-test.XXXXXX", NULL);
	folder = g_build_filename(etc, "koji.conf.d", NULL);
	return g_mkdir(folder, 0700);
}

static void remove_files(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_remove(path);
	}
	g_clear_pointer(&dir, g_dir_close);
	g_rmdir(folder);
}

static int remove_folder(void **state)
{
	g_autofree char *folder = g_build_filename(etc, "koji.conf.d", NULL);

	(void)state;
	remove_files(folder);
	remove_files(etc);
	g_free(etc);
	return 0;
}

static struct koji_profile *profile_of(const char *text)
{
	g_autofree char *path = write_file("named.conf", text);
	g_autoptr(GError) error = NULL;
	struct koji_profile *profile = NULL;

	if (!koji_profile_read_below(etc, "lab", path, &profile, &error))
		fail_msg("%s: %s", text, error->message);
	return profile;
}

static void all_keys_are_read(void **state)
{
	g_autofree char *cert = write_file("client.pem", "");
	g_autofree char *text =
		g_strdup_printf("[lab]\n" SERVER "weburl = https://web/koji\n"
				"topurl = https://files/\nauthtype = ssl\ncert = %s\n"
				"serverca = ~/ca.pem\nprincipal = rida@LAB\nkeytab = /k\n"
				"user = rida\npassword = word\nmax_retries = 3\n"
				"retry_interval = 0\nanon_retry = True\noffline_retry = no\n"
				"timeout = 43200\nauth_timeout = 7\nupload_blocksize = 4096\n"
				"krb_rdns = false\ntopdir = /mnt/koji\nunknown = x\n",
				cert);
	g_autofree char *authority = g_build_filename(g_get_home_dir(), "ca.pem", NULL);
	g_autoptr(KojiProfile) profile = profile_of(text);

	(void)state;
	assert_string_equal(profile->name, "lab");
	assert_string_equal(profile->server, "https://hub.example.org/kojihub");
	assert_string_equal(profile->weburl, "https://web/koji");
	assert_string_equal(profile->topurl, "https://files/");
	assert_int_equal(profile->auth, KOJI_AUTH_SSL);
	assert_string_equal(profile->cert, cert);
	assert_string_equal(profile->serverca, authority);
	assert_string_equal(profile->principal, "rida@LAB");
	assert_string_equal(profile->keytab, "/k");
	assert_string_equal(profile->user, "rida");
	assert_string_equal(profile->password, "word");
	assert_int_equal(profile->max_retries, 3);
	assert_int_equal(profile->retry_interval, 0);
	assert_true(profile->anon_retry);
	assert_false(profile->offline_retry);
	assert_int_equal(profile->timeout, 600);
	assert_int_equal(profile->login_timeout, 7);
	assert_int_equal(profile->upload_blocksize, 4096);
}

static void what_is_not_said_has_a_default(void **state)
{
	g_autoptr(KojiProfile) profile =
		profile_of("[lab]\nserver = HTTP://Hub.example.org/KojiHub//\nauthtype = noauth\n");

	(void)state;
	assert_string_equal(profile->server, "http://hub.example.org/KojiHub");
	assert_string_equal(profile->weburl, "");
	assert_string_equal(profile->serverca, "");
	assert_int_equal(profile->auth, KOJI_AUTH_NONE);
	assert_int_equal(profile->max_retries, 30);
	assert_int_equal(profile->retry_interval, 20);
	assert_false(profile->anon_retry);
	assert_int_equal(profile->timeout, 30);
	assert_int_equal(profile->login_timeout, 60);
	assert_int_equal(profile->upload_blocksize, 1 << 20);
}

static void the_way_to_log_in_is_told_or_guessed(void **state)
{
	g_autofree char *cert = write_file("client.pem", "");
	g_autofree char *with_cert = g_strdup_printf("cert = %s\nuser = me\n", cert);
	const struct {
		const char *text;
		enum koji_auth auth;
	} cases[] = {
		{ "authtype = kerberos\n", KOJI_AUTH_KERBEROS },
		{ "authtype = gssapi\n", KOJI_AUTH_KERBEROS },
		{ "authtype = password\nuser = me\n", KOJI_AUTH_PASSWORD },
		{ "authtype = noauth\nuser = me\n", KOJI_AUTH_NONE },
		{ with_cert, KOJI_AUTH_SSL },
		{ "cert = /absent\nuser = me\n", KOJI_AUTH_PASSWORD },
		{ "cert = /absent\n", KOJI_AUTH_KERBEROS },
		{ "", KOJI_AUTH_KERBEROS },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat("[lab]\n" SERVER, cases[i].text, NULL);
		g_autoptr(KojiProfile) profile = profile_of(text);

		if (profile->auth != cases[i].auth)
			fail_msg("%s: %d", cases[i].text, profile->auth);
	}
}

static void later_files_are_read_over_earlier_ones(void **state)
{
	g_autofree char *first = write_file("koji.conf.d/10.conf",
					    "[lab]\n" SERVER "user = 10\nweburl = 10\ntopurl = 10\n"
					    "principal = 10\n");
	g_autofree char *second = write_file("koji.conf.d/20.conf", "[lab]\nuser = 20\n"
								    "weburl = 20\ntopurl = 20\n");
	g_autofree char *ignored = write_file("koji.conf.d/30.conf~", "[lab]\nuser = 30\n");
	g_autofree char *standard = write_file("koji.conf", "[lab]\nweburl = etc\ntopurl = etc\n");
	g_autoptr(KojiProfile) with_file = profile_of("[lab]\ntopurl = named\n");
	g_autoptr(KojiProfile) without = NULL;

	(void)state;
	assert_true(koji_profile_read_below(etc, "lab", "", &without, NULL));
	assert_string_equal(without->topurl, "etc");
	assert_string_equal(with_file->principal, "10");
	assert_string_equal(with_file->user, "20");
	assert_string_equal(with_file->weburl, "etc");
	assert_string_equal(with_file->topurl, "named");
	g_remove(first);
	g_remove(second);
	g_remove(ignored);
	g_remove(standard);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *text;
		RidaError code;
		const char *words;
	} cases[] = {
		{ "[lab]\nword\n", RIDA_ERROR_MALFORMED, "named.conf:2: " },
		{ "[lab]\nuser = x\n", RIDA_ERROR_MALFORMED, "names no server" },
		{ "[lab]\nserver = hub\n", RIDA_ERROR_MALFORMED, "Koji profile lab, server: " },
		{ "[lab]\nserver = ftp://hub/x\n", RIDA_ERROR_MALFORMED, "server must be https" },
		{ "[lab]\nserver = https://a:b@hub/x\n", RIDA_ERROR_MALFORMED, "server: " },
		{ "[lab]\nserver = https://hub/x?y=z\n", RIDA_ERROR_MALFORMED, "server must be" },
		{ "[lab]\nserver = http://hub/x\nauthtype = kerberos\n", RIDA_ERROR_MALFORMED,
		  "needs a server with https" },
		{ "[lab]\n" SERVER "authtype = ssl\n", RIDA_ERROR_MALFORMED, "needs cert" },
		{ "[lab]\n" SERVER "authtype = password\n", RIDA_ERROR_MALFORMED, "needs user" },
		{ "[lab]\n" SERVER "authtype = magic\n", RIDA_ERROR_UNSUPPORTED, "magic" },
		{ "[lab]\n" SERVER "timeout = soon\n", RIDA_ERROR_MALFORMED, "lab, timeout: " },
		{ "[lab]\n" SERVER "timeout = 0\n", RIDA_ERROR_MALFORMED, "lab, timeout: " },
		{ "[lab]\n" SERVER "anon_retry = maybe\n", RIDA_ERROR_MALFORMED,
		  "lab, anon_retry: " },
		{ "[lab]\n" SERVER "upload_blocksize = 1\n", RIDA_ERROR_MALFORMED,
		  "lab, upload_blocksize: " },
		{ "[other]\n[more]\n", RIDA_ERROR_MISSING, "there are: more, other" },
		{ "", RIDA_ERROR_MISSING, "there is none at all" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = write_file("named.conf", cases[i].text);
		g_autoptr(GError) error = NULL;
		struct koji_profile *profile = NULL;

		assert_false(koji_profile_read_below(etc, "lab", path, &profile, &error));
		if (error->code != (int)cases[i].code || !strstr(error->message, cases[i].words))
			fail_msg("%s: %s (%d)", cases[i].text, error->message, error->code);
	}
}

static void a_named_file_must_be_there(void **state)
{
	g_autoptr(GError) error = NULL;
	struct koji_profile *profile = NULL;

	(void)state;
	assert_false(koji_profile_read_below(etc, "lab", "/absent/koji.conf", &profile, &error));
	assert_int_equal(error->code, RIDA_ERROR_UNAVAILABLE);
	assert_non_null(strstr(error->message, "/absent/koji.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys_are_read),
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(the_way_to_log_in_is_told_or_guessed),
		cmocka_unit_test(later_files_are_read_over_earlier_ones),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(a_named_file_must_be_there),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
