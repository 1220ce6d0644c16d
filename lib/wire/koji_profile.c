/* SPDX-License-Identifier: MIT */
#include "wire/koji_profile.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/strict.h"
#include "text/ini.h"
#include "text/url.h"

/* Koji's client waits half a day by default; a pass, and what it has claimed, are over before. */
#define TIMEOUT_DEFAULT 30
#define TIMEOUT_MAX     600

enum kind { TEXT, PATH, NUMBER, SIZE, SWITCH };

struct option {
	const char *key;
	enum kind kind;
	size_t offset;
	uint64_t fallback;
	uint64_t min, max;
	bool is_clamped; /* what is larger than max is max */
};

#define KEY(key_, kind_, member_)                                                                  \
	.key = key_, .kind = kind_, .offset = offsetof(struct koji_profile, member_)

/* clang-format off */
static const struct option options[] = {
	{ KEY("server", TEXT, server) },
	{ KEY("weburl", TEXT, weburl) },
	{ KEY("topurl", TEXT, topurl) },
	{ KEY("user", TEXT, user) },
	{ KEY("password", TEXT, password) },
	{ KEY("cert", PATH, cert) },
	{ KEY("serverca", PATH, serverca) },
	{ KEY("principal", TEXT, principal) },
	{ KEY("keytab", PATH, keytab) },
	{ KEY("max_retries", NUMBER, max_retries), .fallback = 30, .max = G_MAXINT32 },
	{ KEY("retry_interval", NUMBER, retry_interval), .fallback = 20, .max = G_MAXINT32 },
	{ KEY("anon_retry", SWITCH, anon_retry) },
	{ KEY("offline_retry", SWITCH, offline_retry) },
	{ KEY("timeout", NUMBER, timeout), .fallback = TIMEOUT_DEFAULT, .min = 1, .max = TIMEOUT_MAX, .is_clamped = true },
	{ KEY("auth_timeout", NUMBER, login_timeout), .fallback = 60, .min = 1, .max = TIMEOUT_MAX, .is_clamped = true },
	{ KEY("upload_blocksize", SIZE, upload_blocksize), .fallback = 1 << 20, .min = 1024, .max = 64 << 20 },
};
/* clang-format on */

static const struct {
	const char *word;
	enum koji_auth auth;
} auths[] = {
	{ "noauth", KOJI_AUTH_NONE },     { "password", KOJI_AUTH_PASSWORD },
	{ "ssl", KOJI_AUTH_SSL },         { "kerberos", KOJI_AUTH_KERBEROS },
	{ "gssapi", KOJI_AUTH_KERBEROS },
};

static const struct {
	const char *word;
	bool value;
} switches[] = {
	{ "1", true },  { "yes", true }, { "true", true },   { "on", true },
	{ "0", false }, { "no", false }, { "false", false }, { "off", false },
};

void koji_profile_free(struct koji_profile *profile)
{
	if (!profile)
		return;
	g_free(profile->name);
	g_free(profile->server);
	g_free(profile->weburl);
	g_free(profile->topurl);
	g_free(profile->user);
	secret_free(profile->password);
	g_free(profile->cert);
	g_free(profile->serverca);
	g_free(profile->principal);
	g_free(profile->keytab);
	g_free(profile);
}

/* ---- files ------------------------------------------------------------------------------ */

/* A standard file may be absent; one that is named may not. */
static bool read_file(struct ini *ini, const char *path, bool is_named, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autofree char *text = NULL;
	struct stat facts;
	size_t length;
	bool is_good;

	if (stat(path, &facts) == 0 && facts.st_size > INI_BYTES_MAX)
		return fail(error, RIDA_ERROR_MALFORMED, "%s is larger than %d bytes", path,
			    INI_BYTES_MAX);
	if (!g_file_get_contents(path, &text, &length, &problem)) {
		if (!is_named && g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return true;
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the Koji configuration cannot be read: %s", problem->message);
	}
	is_good = ini_read(ini, path, text, length, error);
	explicit_bzero(text, length); /* it may hold a password */
	return is_good;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool read_folder(struct ini *ini, const char *folder, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	bool is_good = true;
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".conf"))
			g_ptr_array_add(names, g_build_filename(folder, name, NULL));
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; is_good && i < names->len; i++)
		is_good = read_file(ini, names->pdata[i], false, error);
	return is_good;
}

/* As a shell does with "~/": whose home that is the system's list of users says. */
static char *expand(const char *path)
{
	if (g_str_has_prefix(path, "~/"))
		return g_build_filename(g_get_home_dir(), path + 2, NULL);
	return g_strdup(path);
}

static bool read_files(struct ini *ini, const char *etc, const char *file, GError **error)
{
	g_autofree char *folder = g_build_filename(etc, "koji.conf.d", NULL);
	g_autofree char *standard = g_build_filename(etc, "koji.conf", NULL);
	g_autofree char *named = file && *file ? expand(file) : NULL;

	return read_folder(ini, folder, error) && read_file(ini, standard, false, error) &&
	       (!named || read_file(ini, named, true, error));
}

/* ---- values ----------------------------------------------------------------------------- */

static bool read_switch(const char *text, bool *ret, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(switches); i++)
		if (g_ascii_strcasecmp(text, switches[i].word) == 0) {
			*ret = switches[i].value;
			return true;
		}
	return fail(error, RIDA_ERROR_MALFORMED, "it is neither true nor false");
}

static bool read_number(const struct option *option, const char *text, uint64_t *ret,
			GError **error)
{
	const uint64_t most = option->is_clamped ? G_MAXINT32 : option->max;

	*ret = option->fallback;
	if (text && !strict_u64(text, option->min, most, ret, error))
		return false;
	*ret = MIN(*ret, option->max);
	return true;
}

static bool read_option(const struct option *option, const char *text, struct koji_profile *profile,
			GError **error)
{
	char *member = (char *)profile + option->offset;
	uint64_t number = 0;

	switch (option->kind) {
	case TEXT:
		*(char **)(void *)member = g_strdup(text ? text : "");
		return true;
	case PATH:
		*(char **)(void *)member = expand(text ? text : "");
		return true;
	case SWITCH:
		return !text || !*text || read_switch(text, (bool *)member, error);
	case NUMBER:
		if (!read_number(option, text, &number, error))
			return false;
		*(unsigned *)(void *)member = (unsigned)number;
		return true;
	case SIZE:
		if (!read_number(option, text, &number, error))
			return false;
		*(uint64_t *)(void *)member = number;
		return true;
	}
	return true;
}

/* Without authtype Koji's client takes what it finds. */
static enum koji_auth guess_auth(const struct koji_profile *profile)
{
	if (*profile->cert && g_file_test(profile->cert, G_FILE_TEST_IS_REGULAR))
		return KOJI_AUTH_SSL;
	return *profile->user ? KOJI_AUTH_PASSWORD : KOJI_AUTH_KERBEROS;
}

static bool read_auth(const char *text, struct koji_profile *profile, GError **error)
{
	if (!text || !*text) {
		profile->auth = guess_auth(profile);
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(auths); i++)
		if (g_str_equal(text, auths[i].word)) {
			profile->auth = auths[i].auth;
			return true;
		}
	return fail(
		error, RIDA_ERROR_UNSUPPORTED,
		"Koji profile %s: authtype %s is none of ssl, kerberos, gssapi, password, noauth",
		profile->name, text);
}

static bool judge_server(struct koji_profile *profile, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(Url) url = NULL;

	for (size_t length = strlen(profile->server); g_str_has_suffix(profile->server, "/");)
		profile->server[--length] = '\0';
	if (!*profile->server)
		return fail(error, RIDA_ERROR_MALFORMED, "Koji profile %s names no server",
			    profile->name);
	if (!url_read(profile->server, &url, &problem))
		return fail(error, RIDA_ERROR_MALFORMED, "Koji profile %s, server: %s",
			    profile->name, problem->message);
	if (url->query || url->fragment ||
	    (!g_str_equal(url->scheme, "https") && !g_str_equal(url->scheme, "http")))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "Koji profile %s: server must be https://host/path", profile->name);
	if (profile->auth >= KOJI_AUTH_SSL && !g_str_equal(url->scheme, "https"))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "Koji profile %s: a login by certificate or Kerberos needs a server "
			    "with https",
			    profile->name);
	g_free(profile->server);
	profile->server = url_write(url);
	return true;
}

static bool judge_auth(const struct koji_profile *profile, GError **error)
{
	if (profile->auth == KOJI_AUTH_SSL && !*profile->cert)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "Koji profile %s: authtype ssl needs cert, a PEM file", profile->name);
	if (profile->auth == KOJI_AUTH_PASSWORD && !*profile->user)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "Koji profile %s: authtype password needs user", profile->name);
	return true;
}

static bool read_profile(const struct ini *ini, struct koji_profile *profile, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (!read_option(&options[i], ini_value(ini, profile->name, options[i].key),
				 profile, error)) {
			g_prefix_error(error, "Koji profile %s, %s: ", profile->name,
				       options[i].key);
			return false;
		}
	return read_auth(ini_value(ini, profile->name, "authtype"), profile, error) &&
	       judge_auth(profile, error) && judge_server(profile, error);
}

static bool complain_of_name(const struct ini *ini, const char *name, GError **error)
{
	g_auto(GStrv) names = ini_sections(ini);
	g_autofree char *list = g_strjoinv(", ", names);

	return fail(error, RIDA_ERROR_MISSING, "there is no Koji profile \"%s\"; there %s %s", name,
		    *list ? "are:" : "is", *list ? list : "none at all");
}

bool koji_profile_read_below(const char *folder, const char *name, const char *file,
			     struct koji_profile **ret, GError **error)
{
	g_autoptr(Ini) ini = ini_new();
	g_autoptr(KojiProfile) profile = NULL;

	if (!read_files(ini, folder, file, error))
		return false;
	if (!ini_has_section(ini, name))
		return complain_of_name(ini, name, error);
	profile = g_new0(struct koji_profile, 1);
	profile->name = g_strdup(name);
	if (!read_profile(ini, profile, error))
		return false;
	*ret = g_steal_pointer(&profile);
	return true;
}

bool koji_profile_read(const char *name, const char *file, struct koji_profile **ret,
		       GError **error)
{
	return koji_profile_read_below("/etc", name, file, ret, error);
}
