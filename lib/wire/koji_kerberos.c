/* SPDX-License-Identifier: MIT */
#include "wire/koji_internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CACHE_VERSION 0x0504
#define NAME_TYPE     1 /* the name of a user, or of a service */

static void append_u16(GString *out, uint16_t number)
{
	const uint16_t wire = GUINT16_TO_BE(number);

	g_string_append_len(out, (const char *)&wire, sizeof wire);
}

static void append_u32(GString *out, size_t number)
{
	const uint32_t wire = GUINT32_TO_BE((uint32_t)number);

	g_string_append_len(out, (const char *)&wire, sizeof wire);
}

static void append_text(GString *out, const char *text)
{
	append_u32(out, strlen(text));
	g_string_append(out, text);
}

/* A cache of no tickets yet, which says whose they are: NULL when the principal names no realm. */
static GString *empty_cache(const char *principal)
{
	g_auto(GStrv) halves = g_strsplit(principal, "@", 2);
	g_auto(GStrv) names = g_strsplit(halves[0] ? halves[0] : "", "/", -1);
	GString *cache;

	if (g_strv_length(halves) < 2)
		return NULL;
	cache = g_string_new(NULL);
	append_u16(cache, CACHE_VERSION);
	append_u16(cache, 0); /* no more headers */
	append_u32(cache, NAME_TYPE);
	append_u32(cache, g_strv_length(names));
	append_text(cache, halves[1]);
	for (char **name = names; *name; name++)
		append_text(cache, *name);
	return cache;
}

/* Where it is there already, it stays as it is; where it cannot be made, the login says so. */
static void make_cache(const char *path, const char *principal)
{
	GString *cache = empty_cache(principal);
	int fd = cache ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;

	if (fd >= 0) {
		if (write(fd, cache->str, cache->len) != (ssize_t)cache->len)
			unlink(path);
		close(fd);
	}
	if (cache)
		g_string_free(cache, TRUE);
}

/*
 * libcurl takes keytab and credential cache from the environment of the process and nowhere else,
 * and the principal from the cache: without one it is the first in the keytab. The cache is ours
 * alone, and a file: one that is shared with other programs is overwritten by them.
 */
void koji_kerberos_prepare(const struct koji_profile *profile, const char *run_dir)
{
	g_autofree char *principal = g_strdelimit(g_strdup(profile->principal), "/", '_');
	g_autofree char *name = NULL, *path = NULL, *cache = NULL;

	if (*profile->keytab)
		g_setenv("KRB5_CLIENT_KTNAME", profile->keytab, TRUE);
	if (!run_dir)
		return;
	name = g_strdup_printf("koji-%s%s%s.ccache", profile->name, *principal ? "-" : "",
			       principal);
	path = g_build_filename(run_dir, name, NULL);
	cache = g_strconcat("FILE:", path, NULL);
	if (*principal)
		make_cache(path, profile->principal);
	g_setenv("KRB5CCNAME", cache, TRUE);
}
