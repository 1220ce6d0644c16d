/* SPDX-License-Identifier: MIT */
#include "ports/builder/local.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_host.h"
#include "ports/builder/local_host_facts.h"
#include "ports/builder/local_rpms.h"

#define FILL_SECONDS 900

/*
 * Runs in the sandbox, because packages are strangers' archives. What cannot be installed (a
 * requirement is missing, files conflict) stays out of the database and of the tree, as it would
 * stay out of a buildroot elsewhere; a component that wants it fails and names it. One tar reads
 * all archives: it restricts folders at its end, so that later packages can still write there.
 */
static const char fill_script[] =
	"set -eu\n"
	"force=$1; shift\n"
	"cp /host/db/* /buildroot/db/\n"
	"cd /buildroot/inst\n"
	"enter() {\n"
	"	rpm --dbpath /buildroot/db $force -i --justdb --nodigest --nosignature \\\n"
	"		--noscripts --notriggers --ignorearch --ignoreos --ignoresize \"$@\"\n"
	"}\n"
	"entered=\n"
	"left=\n"
	"if [ $# -gt 0 ]; then\n"
	"	if enter \"$@\"; then entered=$*; else left=\" $*\"; fi\n"
	"fi\n"
	"while [ -n \"$left\" ]; do\n"
	"	again=\n"
	"	for package in $left; do\n"
	"		if enter \"$package\"; then entered=\"$entered $package\"; else again=\"$again $package\"; fi\n"
	"	done\n"
	"	[ \"$again\" != \"$left\" ] || break\n"
	"	left=$again\n"
	"done\n"
	"[ -z \"$entered\" ] || for package in $entered; do\n"
	"	rpm2archive -n - <\"$package\"\n"
	"done | tar -xf - --ignore-zeros --keep-directory-symlink --no-same-owner\n"
	"chmod -R u+rwX .\n"
	"cp -a /host/etc/. /buildroot/etc/\n"
	"[ ! -d etc ] || cp -a --remove-destination etc/. /buildroot/etc/\n";

/* Libraries in rpm's own folder are found as well as the host's. */
static const char loader_script[] =
	"program=/sbin/ldconfig.real\n"
	"[ -x $program ] || program=/sbin/ldconfig\n"
	"exec $program -X -C /buildroot/etc/ld.so.cache -f /buildroot/etc/ld.so.conf\n";

static const struct {
	const char *name;
	const char *text;
} made_up_files[] = {
	{ "passwd", "root:x:0:0:root:/root:/bin/sh\n"
		    "build:x:1000:1000:build:" SANDBOX_HOME ":/bin/sh\n"
		    "nobody:x:65534:65534:nobody:/:/bin/false\n" },
	{ "group", "root:x:0:\nbuild:x:1000:\nnogroup:x:65534:\n" },
	{ "hosts", "127.0.0.1 localhost\n" },
	{ "ld.so.conf", "include ld.so.conf.d/*.conf\n/usr/lib64\n" },
};

static const char *const taken_from_host[] = { "alternatives", "ld.so.conf.d" };

/* The packages of the complete components, as paths below /results of the sandbox. */
static bool packages_of(const struct local *local, const struct build *build, GPtrArray *ret,
			GError **error)
{
	for (unsigned i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = build->components->pdata[i];
		g_autofree char *folder = NULL;
		g_autoptr(GPtrArray) rpms = NULL;

		if (component->state != COMPONENT_COMPLETE)
			continue;
		folder = local_results_place(local, build, component);
		if (!local_rpms_read(folder, &rpms, error)) {
			g_prefix_error(error, "%s: ", component->name);
			return false;
		}
		for (unsigned k = 0; k < rpms->len; k++) {
			const struct local_rpm *rpm = rpms->pdata[k];

			if (!local_rpm_is_source(rpm) && !local_rpm_is_debug(rpm))
				g_ptr_array_add(ret, g_build_filename("/results", component->name,
								      rpm->file, NULL));
		}
	}
	return true;
}

/* The buildroot's name: it changes with the host's packages and with any of the build's. */
static char *root_name(const char *results, const char *host, const GPtrArray *packages)
{
	g_autoptr(GString) text = g_string_new(host);
	g_autofree char *hash = NULL;

	for (unsigned i = 0; i < packages->len; i++) {
		const char *below = (const char *)packages->pdata[i] + strlen("/results/");
		g_autofree char *path = g_build_filename(results, below, NULL);
		struct stat status = { 0 };

		lstat(path, &status);
		g_string_append_printf(text, "\n%s %llu %lld", below,
				       (unsigned long long)status.st_ino,
				       (long long)status.st_mtim.tv_nsec);
	}
	hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
	hash[16] = '\0';
	return g_strconcat("root.", hash, NULL);
}

static bool make_folders(const struct local *local, const char *root, GError **error)
{
	static const char *const folders[] = { "inst/usr/bin", "inst/usr/sbin", "inst/usr/lib",
					       "inst/usr/lib64" };
	static const char *const links[][2] = { { "usr/bin", "inst/bin" },
						{ "usr/sbin", "inst/sbin" },
						{ "usr/lib", "inst/lib" },
						{ "usr/lib64", "inst/lib64" } };
	static const char *const given[] = { "inst",          "inst/usr",     "inst/usr/bin",
					     "inst/usr/sbin", "inst/usr/lib", "inst/usr/lib64",
					     "etc",           "db",           "mnt" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(root, folders[i], NULL);

		if (!folder_make(path, error))
			return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *path = g_build_filename(root, links[i][1], NULL);

		if (symlink(links[i][0], path))
			return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", path,
				    g_strerror(errno));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(given); i++) {
		g_autofree char *path = g_build_filename(root, given[i], NULL);

		if (!folder_make(path, error) ||
		    !folder_give(path, local->user.uid, local->user.gid, error))
			return false;
	}
	return true;
}

static bool make_up_files(const char *root, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(made_up_files); i++) {
		g_autofree char *path = g_build_filename(root, "etc", made_up_files[i].name, NULL);

		if (!file_write(path, made_up_files[i].text, error))
			return false;
	}
	return true;
}

/* An archive cannot have put a link where we shall mount from. */
static bool folders_are_whole(const char *root, GError **error)
{
	static const char *const folders[] = { "inst", "inst/usr", "etc", "db", "mnt" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(root, folders[i], NULL);
		struct stat status;

		if (lstat(path, &status) || !S_ISDIR(status.st_mode))
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "a package replaced the buildroot's folder %s", folders[i]);
	}
	return true;
}

static char **fill_argv(const GPtrArray *packages)
{
	GPtrArray *argv = g_ptr_array_new();
	const char *const before[] = { "sh", "-c", fill_script, "fill",
				       local_host_is_debian() ? "--force-debian" : "" };

	for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
		g_ptr_array_add(argv, g_strdup(before[i]));
	for (unsigned i = 0; i < packages->len; i++)
		g_ptr_array_add(argv, g_strdup(packages->pdata[i]));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* Which packages stayed out, and why, for whoever wonders. */
static bool keep_words(const char *root, const struct process_result *result, GError **error)
{
	g_autofree char *path = g_build_filename(root, "fill.log", NULL);
	g_autofree char *words = g_utf8_make_valid(result->problem, -1);

	return file_write(path, words, error);
}

static bool fill(const struct local *local, const char *root, const char *results, const char *host,
		 const GPtrArray *packages, GError **error)
{
	struct local_sandbox sandbox = local_sandbox_plain(local);
	g_autofree char *inst = g_build_filename(root, "inst", NULL);
	g_autofree char *etc = g_build_filename(root, "etc", NULL);
	g_autofree char *db = g_build_filename(root, "db", NULL);
	g_autofree char *host_db = g_build_filename(host, "db", NULL);
	struct sandbox_bind binds[5 + G_N_ELEMENTS(taken_from_host)] = {
		{ inst, "/buildroot/inst", true }, { etc, "/buildroot/etc", true },
		{ db, "/buildroot/db", true },     { results, "/results", false },
		{ host_db, "/host/db", false },
	};
	char *kept[G_N_ELEMENTS(taken_from_host) * 2] = { 0 };
	g_auto(GStrv) argv = fill_argv(packages);
	g_auto(ProcessResult) result = { 0 };
	bool is_done;

	sandbox.binds = binds;
	sandbox.binds_count = 5;
	for (size_t i = 0; i < G_N_ELEMENTS(taken_from_host); i++) {
		kept[2 * i] = g_build_filename("/etc", taken_from_host[i], NULL);
		kept[2 * i + 1] = g_build_filename("/host/etc", taken_from_host[i], NULL);
		if (g_file_test(kept[2 * i], G_FILE_TEST_IS_DIR))
			binds[sandbox.binds_count++] =
				(struct sandbox_bind){ kept[2 * i], kept[2 * i + 1], false };
	}
	is_done = local_sandbox_check(&sandbox, (const char *const *)argv, &result, error) &&
		  keep_words(root, &result, error);
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
		g_free(kept[i]);
	return is_done;
}

static bool has_libraries(const char *root)
{
	static const char *const folders[] = { "lib", "lib64" };
	bool is_any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(root, "inst", "usr", folders[i], NULL);
		g_auto(GStrv) names = folder_list(path);

		is_any |= names[0] != NULL;
	}
	return is_any;
}

/* Its own libraries are seen in its own /usr; without any, the host's alone is quicker to have. */
static bool make_loader_cache(const struct local *local, const char *root, GError **error)
{
	static const char *const argv[] = { "sh", "-c", loader_script, NULL };
	struct local_sandbox sandbox = local_sandbox_plain(local);
	g_autofree char *etc = g_build_filename(root, "etc", NULL);
	const struct sandbox_bind bind = { etc, "/buildroot/etc", true };
	g_auto(ProcessResult) result = { 0 };

	sandbox.root = has_libraries(root) ? root : NULL;
	sandbox.binds = &bind;
	sandbox.binds_count = 1;
	return local_sandbox_check(&sandbox, argv, &result, error);
}

static bool point_to(const char *build_dir, const char *name, GError **error)
{
	g_autofree char *link = g_build_filename(build_dir, "root", NULL);
	g_autofree char *fresh = g_build_filename(build_dir, ".root", NULL);

	if ((unlink(fresh) && errno != ENOENT) || symlink(name, fresh) || g_rename(fresh, link) ||
	    !folder_sync(build_dir))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", link, g_strerror(errno));
	return true;
}

static void remove_others(const char *build_dir, const char *name)
{
	g_auto(GStrv) names = folder_list(build_dir);

	for (size_t i = 0; names[i]; i++) {
		g_autofree char *path = g_build_filename(build_dir, names[i], NULL);

		if (g_str_has_prefix(names[i], "root.") && strcmp(names[i], name) != 0)
			folder_remove(path, NULL);
	}
}

static bool make(const struct local *local, const char *build_dir, const char *name,
		 const char *host, const GPtrArray *packages, GError **error)
{
	g_autofree char *results = g_build_filename(build_dir, "results", NULL);
	g_autofree char *final = g_build_filename(build_dir, name, NULL);
	g_autofree char *fresh = g_build_filename(build_dir, "root.new", NULL);

	return folder_remove(fresh, error) && make_folders(local, fresh, error) &&
	       make_up_files(fresh, error) && fill(local, fresh, results, host, packages, error) &&
	       folders_are_whole(fresh, error) && make_loader_cache(local, fresh, error) &&
	       folder_replace(fresh, final, error) && point_to(build_dir, name, error);
}

bool local_root_make(const struct local *local, const struct build *build, GError **error)
{
	const struct local_sandbox sandbox = local_sandbox_plain(local);
	g_autofree char *build_dir = local_build_place(local, build, NULL);
	g_autofree char *results = local_build_place(local, build, "results");
	g_autofree char *link = local_build_place(local, build, "root");
	g_autofree char *now = g_file_read_link(link, NULL);
	g_autoptr(GPtrArray) packages = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *host = NULL, *name = NULL;

	if (!folder_make(results, error) || !packages_of(local, build, packages, error) ||
	    !local_host_ensure(&sandbox, local->options.cache_dir, local->options.host_aliases,
			       &host, error))
		return false;
	name = root_name(results, host, packages);
	if (g_strcmp0(now, name) == 0)
		return true;
	if (!make(local, build_dir, name, host, packages, error))
		return false;
	remove_others(build_dir, name);
	return true;
}
