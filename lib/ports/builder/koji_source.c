/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_source.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/names.h"

#define FOLDER_LETTERS 8

/* How repositories are written, and what builders call that. */
static const struct {
	const char *ours;
	const char *theirs;
} schemes[] = {
	{ "git+https://", "git+https://" }, { "git+http://", "git+http://" },
	{ "git+ssh://", "git+ssh://" },     { "git://", "git://" },
	{ "https://", "git+https://" },     { "http://", "git+http://" },
	{ "ssh://", "git+ssh://" },
};

/* What a host and path may be made of: nothing that ends a part of the URL, no blank, no quote. */
static const struct strict_charset place_set = { .first = "[", .rest = "._~+-/:@[]%", .max = 1024 };
static const struct strict_charset upload_set = { .first = "", .rest = "._~+^-/", .max = 1024 };

static bool refuse(const char *repository, const char *why, GError **error)
{
	g_autofree char *shown = strict_shown(repository);

	return fail(error, RIDA_ERROR_UNACCEPTABLE,
		    "Koji's builders cannot take sources from \"%s\": %s", shown, why);
}

static bool place_is_clean(const char *place)
{
	const char *path = strchr(place, '/');

	return strict_name(place, &place_set) && path && path[1] && !strstr(path, "..");
}

bool koji_source(const char *repository, const char *commit, char **ret, GError **error)
{
	if (g_str_has_prefix(repository, KOJI_UPLOADS)) {
		if (!strict_name(repository, &upload_set) || strstr(repository, ".."))
			return refuse(repository, "it is no file that was put on the hub", error);
		*ret = g_strdup(repository);
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
		const size_t length = strlen(schemes[i].ours);

		if (g_ascii_strncasecmp(repository, schemes[i].ours, length) != 0)
			continue;
		if (!place_is_clean(repository + length))
			return refuse(repository, "no clean host and path follow the scheme",
				      error);
		if (!commit_is_full(commit))
			return refuse(repository, "its commit is not known", error);
		*ret = g_strconcat(schemes[i].theirs, repository + length, "?#", commit, NULL);
		return true;
	}
	return refuse(repository, "they know git, git+https, git+http and git+ssh", error);
}

char *koji_upload_folder(int64_t time, const char *idem_key)
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, idem_key, -1);
	char letters[FOLDER_LETTERS + 1] = { 0 };

	for (size_t i = 0; i < FOLDER_LETTERS; i++) {
		const int value = 16 * g_ascii_xdigit_value(hash[2 * i]) +
				  g_ascii_xdigit_value(hash[2 * i + 1]);

		letters[i] = (char)('a' + value % 26);
	}
	return g_strdup_printf(KOJI_UPLOADS "%" G_GINT64_FORMAT ".%06" G_GINT64_FORMAT ".%s",
			       time / G_USEC_PER_SEC, time % G_USEC_PER_SEC, letters);
}
