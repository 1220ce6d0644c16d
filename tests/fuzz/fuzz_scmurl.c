/* SPDX-License-Identifier: MIT */
/*
 * Reaches scm_url_read(): what is allowed is on an allowed server and below an allowed path, in
 * libcurl's eyes too, and what goes to git is read the same again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "model/names.h"
#include "ports/scm/scm.h"
#include "tests/fuzz/curl_reading.h"
#include "text/url.h"

static char *allow[] = { (char[]){ "https://good.example/modules/" },
			 (char[]){ "git://good.example/modules" },
			 (char[]){ "https://good.example:8443/" },
			 (char[]){ "ssh://git.example/" },
			 (char[]){ "https://[2001:db8::1]/x/" },
			 (char[]){ "http://plain.example/" },
			 NULL };
static const struct scm_rules rules = { .allow = allow };

/* The server and path that libcurl would ask, written as an entry of the list is. */
static void check_allowed(const char *repository)
{
	CURLU *parsed = curl_url();
	g_autofree char *place = NULL;
	bool is_allowed = false;
	char *part[4];

	g_assert_cmpint(curl_url_set(parsed, CURLUPART_URL, repository, CURLU_NON_SUPPORT_SCHEME),
			==, CURLUE_OK);
	part[0] = curl_part(parsed, CURLUPART_SCHEME);
	part[1] = curl_part(parsed, CURLUPART_HOST);
	part[2] = curl_part(parsed, CURLUPART_PORT);
	part[3] = curl_part(parsed, CURLUPART_PATH);
	place = g_strdup_printf("%s://%s%s%s%s", part[0], part[1], part[2] ? ":" : "",
				part[2] ? part[2] : "", part[3]);
	for (size_t i = 0; allow[i]; i++) {
		bool is_folder = g_str_has_suffix(allow[i], "/");
		g_autofree char *folder = g_strconcat(allow[i], is_folder ? "" : "/", NULL);

		is_allowed = is_allowed || g_str_has_prefix(place, folder) ||
			     (!is_folder && g_str_equal(place, allow[i]));
	}
	g_assert_true(is_allowed);
	g_assert_null(strstr(part[3], "/../"));
	g_assert_null(strpbrk(part[3], "%\\@:"));
	for (size_t i = 0; i < G_N_ELEMENTS(part); i++)
		curl_free(part[i]);
	curl_url_cleanup(parsed);
}

/* The host of the text as it came must be the one that git is sent to. */
static void check_origin(const char *text, const char *repository)
{
	g_autoptr(Url) url = NULL;

	g_assert_true(url_read(repository, &url, NULL));
	if (g_ascii_strncasecmp(text, "git+", 4) == 0)
		text += 4;
	curl_reads_the_same(text, url->host, url->port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(ScmUrl) url = NULL;
	g_autoptr(ScmUrl) again = NULL;

	if (!scm_url_read(text, &rules, &url, NULL))
		return 0;
	check_allowed(url->repository);
	check_origin(text, url->repository);
	g_assert_true(name_is_valid(NAME_COMPONENT, url->name));
	g_assert_true(!url->ref || commit_is_full(url->ref) || name_is_valid(NAME_REF, url->ref));
	g_assert_true(!url->path || (url->path[0] != '/' && url->path[0] != '-'));
	g_assert_true(scm_repository_check(url->repository, &rules, &again, NULL));
	g_assert_cmpstr(url->repository, ==, again->repository);
	g_assert_cmpstr(url->server, ==, again->server);
	g_assert_cmpstr(url->name, ==, again->name);
	return 0;
}
