/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_host.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_host_facts.h"

#define MAKE_SECONDS 120
#define FACT_MAX     250
#define FORMAT       "1" /* rises when the package is made otherwise */

static const char spec_head[] = "Name: " LOCAL_HOST_PACKAGE "\n"
				"Version: 1\n"
				"Release: 1\n"
				"Summary: What the host brings into local builds\n"
				"License: MIT\n"
				"BuildArch: noarch\n"
				"AutoReqProv: no\n";
static const char spec_tail[] = "%description\nGenerated from the host's packages.\n%files\n";

/* No percent sign, no blank but those around "=": rpm expands what it reads. */
static bool fact_is_clean(const char *fact)
{
	const size_t length = strlen(fact);

	if (length == 0 || length > FACT_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(fact[i]) && !strchr("._+~^:()/@=- ", fact[i]))
			return false;
	return g_ascii_isalnum(fact[0]) || fact[0] == '/';
}

char *local_host_spec(char *const *provides)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GString *spec = g_string_new(spec_head);

	for (; *provides; provides++)
		if (fact_is_clean(*provides) && g_hash_table_add(seen, *provides))
			g_string_append_printf(spec, "Provides: %s\n", *provides);
	g_string_append(spec, spec_tail);
	return g_string_free(spec, FALSE);
}

static char *cache_key(char *const *aliases, const struct sandbox_user *user)
{
	g_autoptr(GString) text = g_string_new(FORMAT);
	const char *database = local_host_database();
	struct stat status = { 0 };

	if (database)
		stat(database, &status);
	g_string_append_printf(text, "|%u|%lld|%lld.%ld", user->uid, (long long)status.st_size,
			       (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	for (; aliases && *aliases; aliases++)
		g_string_append_printf(text, "|%s", *aliases);
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
}

static bool make_package(const struct local_sandbox *sandbox, char *const *aliases, GError **error)
{
	static const char *const argv[] = { "rpmbuild",
					    "-bb",
					    "--define",
					    "_topdir " SANDBOX_HOME "/rpm",
					    "--define",
					    "_dbpath /tmp/none",
					    SANDBOX_HOME "/host.spec",
					    NULL };
	g_autofree char *path = g_build_filename(sandbox->home, "host.spec", NULL);
	g_auto(ProcessResult) result = { 0 };
	g_autofree char *spec = NULL;
	g_auto(GStrv) facts = NULL;

	if (!local_host_facts(aliases, &facts, error))
		return false;
	spec = local_host_spec(facts);
	return file_write(path, spec, error) && local_sandbox_check(sandbox, argv, &result, error);
}

static bool make_database(const struct local_sandbox *sandbox, GError **error)
{
	const char *const argv[] = { "rpm",
				     "--dbpath",
				     SANDBOX_HOME "/db",
				     "-i",
				     "--justdb",
				     "--nodigest",
				     "--nosignature",
				     "--noscripts",
				     "--notriggers",
				     SANDBOX_HOME "/rpm/RPMS/noarch/" LOCAL_HOST_PACKAGE
						  "-1-1.noarch.rpm",
				     local_host_is_debian() ? "--force-debian" : NULL,
				     NULL };
	g_auto(ProcessResult) result = { 0 };

	return local_sandbox_check(sandbox, argv, &result, error);
}

/* Out of the folder that the sandbox wrote, into one that it cannot write. */
static bool keep(const char *home, const char *folder, GError **error)
{
	g_autofree char *made = g_build_filename(home, "rpm", "RPMS", "noarch", NULL);
	g_autofree char *package = g_build_filename(folder, LOCAL_HOST_PACKAGE ".rpm", NULL);
	g_autofree char *from = g_build_filename(home, "db", NULL);
	g_autofree char *to = g_build_filename(folder, "db", NULL);

	return file_copy(made, LOCAL_HOST_PACKAGE "-1-1.noarch.rpm", package, error) &&
	       folder_copy(from, to, error);
}

static bool make(const struct local_sandbox *base, char *const *aliases, const char *fresh,
		 GError **error)
{
	struct local_sandbox sandbox = *base;
	g_autofree char *home = g_build_filename(fresh, "home", NULL);
	g_autofree char *tmp = g_build_filename(home, "tmp", NULL);

	sandbox.home = home;
	sandbox.root = NULL;
	sandbox.timeout = MAKE_SECONDS;
	sandbox.output_max = 1 << 20;
	return folder_make(tmp, error) &&
	       folder_give(home, base->user->uid, base->user->gid, error) &&
	       folder_give(tmp, base->user->uid, base->user->gid, error) &&
	       make_package(&sandbox, aliases, error) && make_database(&sandbox, error) &&
	       keep(home, fresh, error) && folder_remove(home, error);
}

/* States of the host that are past; somebody who still reads one has copied its database by then.
 */
static void remove_others(const char *folder, const char *key)
{
	g_auto(GStrv) names = folder_list(folder);

	for (size_t i = 0; names[i]; i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);

		if (strcmp(names[i], key) != 0)
			folder_remove(path, NULL);
	}
}

/* A new state of the host in its place; nothing is left of one that could not be made. */
static bool make_in_place(const struct local_sandbox *sandbox, char *const *aliases,
			  const char *folder, const char *final, GError **error)
{
	g_autofree char *fresh = g_build_filename(folder, ".new-XXXXXX", NULL);

	if (!g_mkdtemp(fresh))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", fresh, g_strerror(errno));
	if ((chmod(fresh, 0755) == 0 ||
	     fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", fresh, g_strerror(errno))) &&
	    make(sandbox, aliases, fresh, error) && folder_replace(fresh, final, error))
		return true;
	folder_remove(fresh, NULL);
	return false;
}

/* Whatever is wrong with the host is not the module's fault: it is tried again. */
static bool blame_host(GError *problem, GError **error)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE,
		    "the host's packages cannot be listed for builds: %s", problem->message);
}

bool local_host_ensure(const struct local_sandbox *sandbox, const char *cache_dir,
		       char *const *aliases, char **ret, GError **error)
{
	g_autofree char *folder = g_build_filename(cache_dir, "host", NULL);
	g_autofree char *key = cache_key(aliases, sandbox->user);
	g_autofree char *final = g_build_filename(folder, key, NULL);
	g_autoptr(GError) problem = NULL;

	if (!g_file_test(final, G_FILE_TEST_IS_DIR)) {
		if (!folder_make(folder, error))
			return false;
		if (!make_in_place(sandbox, aliases, folder, final, &problem))
			return blame_host(problem, error);
		remove_others(folder, key);
	}
	*ret = g_steal_pointer(&final);
	return true;
}
