/* SPDX-License-Identifier: MIT */
#include "ports/scm/scm_git.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

/* What git's words mean. The first row that fits counts; "the repository X" stands before the text.
 */
static const struct reading {
	const char *words;
	RidaError code;
	const char *text;
} readings[] = {
	{ "File too large", RIDA_ERROR_UNACCEPTABLE, "is larger than is allowed" },
	{ "ut of memory", RIDA_ERROR_UNACCEPTABLE, "needs more memory than is allowed" },
	{ "Cannot allocate memory", RIDA_ERROR_UNACCEPTABLE, "needs more memory than is allowed" },
	{ "No space left", RIDA_ERROR_UNAVAILABLE, "cannot be fetched now: our disk is full" },
	{ "fsck error", RIDA_ERROR_UNACCEPTABLE,
	  "has objects that git refuses; run \"git fsck\" in it" },
	{ "error in object", RIDA_ERROR_UNACCEPTABLE,
	  "has objects that git refuses; run \"git fsck\" in it" },
	{ "not exported", RIDA_ERROR_UNACCEPTABLE,
	  "does not exist on its server, or is not public there" },
	{ "no such repository", RIDA_ERROR_UNACCEPTABLE, "does not exist on its server" },
	{ "not appear to be a git repo", RIDA_ERROR_UNACCEPTABLE, "does not exist on its server" },
	{ "' not found", RIDA_ERROR_UNACCEPTABLE, "does not exist on its server" },
	{ "returned error: 404", RIDA_ERROR_UNACCEPTABLE, "does not exist on its server" },
	{ "could not read Username", RIDA_ERROR_UNACCEPTABLE,
	  "does not exist on its server, or is not public there: a password is asked for" },
	{ "Authentication failed", RIDA_ERROR_UNACCEPTABLE,
	  "does not exist on its server, or is not public there: a password is asked for" },
	{ "Permission denied", RIDA_ERROR_UNACCEPTABLE,
	  "is not public: its server wants a key that we do not have" },
	{ "returned error: 403", RIDA_ERROR_UNACCEPTABLE, "is not public" },
	{ "returned error: 429", RIDA_ERROR_UNAVAILABLE,
	  "cannot be fetched now: its server asks for a pause" },
	{ "returned error: 3", RIDA_ERROR_UNACCEPTABLE,
	  "has moved: its server redirects to another URL, which is not followed; give the new one" },
	{ "returned error: 4", RIDA_ERROR_UNACCEPTABLE, "is refused by its server" },
	{ "dumb http", RIDA_ERROR_UNACCEPTABLE,
	  "is not served by git but as plain files, which is not supported" },
	{ "mismatched algorithms", RIDA_ERROR_UNACCEPTABLE,
	  "has commits of another length; name a full commit instead of a branch" },
	{ "certificate", RIDA_ERROR_UNAVAILABLE,
	  "cannot be fetched: the certificate of its server is not valid" },
	{ "Host key verification failed", RIDA_ERROR_UNAVAILABLE,
	  "cannot be fetched: the key of its server is not among our known hosts" },
	{ "Operation too slow", RIDA_ERROR_UNAVAILABLE,
	  "cannot be fetched now: its server is too slow; try again later" },
	{ "", RIDA_ERROR_UNAVAILABLE,
	  "cannot be fetched now: its server is not reachable or breaks off; try again later" },
};

/* A git that hits the limit of a file is killed without a word. */
static bool pack_is_full(const struct scm_commit *commit)
{
	g_autofree char *folder = g_build_filename(commit->folder.path, "objects", "pack", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat status;

		if (lstat(path, &status) == 0 && (uint64_t)status.st_size >= commit->max_bytes)
			return true;
	}
	return false;
}

bool git_fail(const struct scm_commit *commit, const char *words, GError **error)
{
	size_t i = 0;

	if (pack_is_full(commit))
		words = "File too large";

	while (!strstr(words, readings[i].words))
		i++;
	return fail(error, readings[i].code, "the repository %s %s", commit->repository,
		    readings[i].text);
}
