/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "model/macros_package.h"
#include "ports/builder/local_cache.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_job.h"
#include "ports/scm/scm.h"
#include "scheduler/rida_job_log.h"
#include "text/sources_list.h"
#include "wire/http.h"

#define SPEC_MAX      ((size_t)16 << 20)
#define FETCH_SECONDS 3600
#define TRIES         3
#define TRY_PAUSE_US  (3 * G_USEC_PER_SEC)

static bool macros_sources(const struct local_job *job, const char *folder, char **ret_spec,
			   GError **error)
{
	g_autofree char *name = g_strconcat(job->component, ".spec", NULL);
	g_autofree char *spec = g_build_filename(folder, name, NULL);
	g_autofree char *macros = g_build_filename(folder, MACROS_PACKAGE_SOURCE, NULL);

	if (!file_write(spec, job->spec, error) ||
	    !file_write(macros, job->macros ? job->macros : "", error))
		return false;
	*ret_spec = g_steal_pointer(&name);
	return true;
}

static bool fetch_commit(const struct local_job *job, const struct scm_rules *rules,
			 struct scm_commit **ret, GError **error)
{
	g_autoptr(ScmUrl) url = NULL;

	if (!scm_repository_check(job->repository, rules, &url, error))
		return false;
	for (unsigned i = 1;; i++) {
		g_autoptr(GError) why = NULL;

		job_log_note(job->log_dir, "fetching %s at %s", job->repository, job->commit);
		if (scm_fetch(url, job->commit, rules, ret, &why))
			return true;
		job_log_note(job->log_dir, "%s", why->message);
		if (error_code(why) != RIDA_ERROR_UNAVAILABLE || i >= TRIES) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
		g_usleep(TRY_PAUSE_US * i);
	}
}

/* The first of the configured places where the spec is; it is put beside the sources. */
static bool find_spec(const struct local_job *job, struct scm_commit *commit, const char *folder,
		      char **ret_spec, GError **error)
{
	for (size_t i = 0; job->spec_paths && job->spec_paths[i]; i++) {
		g_autoptr(GString) path = g_string_new(job->spec_paths[i]);
		g_autofree char *text = NULL, *name = NULL, *target = NULL;
		size_t length;
		g_autoptr(GError) why = NULL;

		g_string_replace(path, "{name}", job->component, 0);
		if (scm_commit_read(commit, path->str, SPEC_MAX, &text, &length, &why)) {
			name = g_path_get_basename(path->str);
			target = g_build_filename(folder, name, NULL);
			*ret_spec = g_steal_pointer(&name);
			return file_write(target, text, error);
		}
		if (error_code(why) != RIDA_ERROR_MISSING) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
	}
	return fail(error, RIDA_ERROR_UNACCEPTABLE, "%s has no spec file at %s", job->repository,
		    job->commit);
}

static bool fetch_into(const struct local_job *job, const struct source_file *file, int fd,
		       GError **error)
{
	struct http_wants wants = { .timeout = (unsigned)MIN(job->build_timeout, FETCH_SECONDS),
				    .private_addresses = job->private_addresses,
				    .max_bytes = job->source_max_bytes };
	g_autofree char *url = NULL, *hash = NULL;

	if (!source_file_url(file, job->lookaside_url, job->component, &url, error))
		return false;
	job_log_note(job->log_dir, "fetching %s", url);
	wants.url = url;
	if (!http_fetch(&wants, fd, file->digest, &hash, error)) {
		g_prefix_error(error, "%s: ", file->name);
		return false;
	}
	if (strcmp(hash, file->hash) != 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "%s from the lookaside cache has the %s hash %s, not %s", file->name,
			    file->hash_type, hash, file->hash);
	return fsync(fd) == 0 && fchmod(fd, 0644) == 0
		       ? true
		       : fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", file->name,
			      g_strerror(errno));
}

/* Only what was fetched whole and has the right hash gets its name, and our link comes first: it
 * may leave the cache at once. */
static bool fetch_to_cache(const struct local_job *job, const struct source_file *file,
			   const char *cached, const char *target, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(cached);
	g_autofree char *fresh = g_build_filename(folder, ".new-XXXXXX", NULL);
	bool is_fetched;
	int fd;

	if (!job->lookaside_url || !job->lookaside_url[0])
		return fail(
			error, RIDA_ERROR_UNACCEPTABLE,
			"the file sources names %s, but there is no lookaside cache (lookaside_url)",
			file->name);
	if (!folder_make(folder, error))
		return false;
	fd = g_mkstemp_full(fresh, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", fresh, g_strerror(errno));
	is_fetched = fetch_into(job, file, fd, error) && file_link(fresh, target, error);
	close(fd);
	if (is_fetched && g_rename(fresh, cached) == 0)
		return true;
	g_unlink(fresh);
	return is_fetched ? fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", cached, g_strerror(errno))
			  : false;
}

static bool add_cached(const struct local_job *job, const struct source_file *file,
		       const char *folder, GError **error)
{
	g_autofree char *cached = local_cache_place(job->cache_dir, file->hash_type, file->hash);
	g_autofree char *target = g_build_filename(folder, file->name, NULL);
	g_autoptr(GError) why = NULL;

	if (g_access(target, F_OK) == 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "%s is in the repository and in its file sources", file->name);
	if (local_cache_link(cached, target, &why))
		return true;
	if (why) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	return fetch_to_cache(job, file, cached, target, error);
}

static bool add_lookaside(const struct local_job *job, struct scm_commit *commit,
			  const char *folder, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) files = NULL;
	g_autofree char *text = NULL;
	size_t length;

	if (!scm_commit_read(commit, "sources", SOURCES_LIST_BYTES_MAX, &text, &length, &why)) {
		if (error_code(why) == RIDA_ERROR_MISSING)
			return true;
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (!sources_list_read(text, length, &files, error))
		return false;
	for (unsigned i = 0; i < files->len; i++)
		if (!add_cached(job, files->pdata[i], folder, error))
			return false;
	return true;
}

bool job_sources(const struct local_job *job, const char *folder, char **ret_spec, GError **error)
{
	g_autofree char *above = g_path_get_dirname(folder);
	g_autofree char *work_dir = g_build_filename(above, "scm", NULL);
	const struct scm_rules rules = { .allow = job->scm_allow,
					 .private_addresses = job->private_addresses,
					 .timeout = (unsigned)job->git_timeout,
					 .max_bytes = job->git_max_bytes,
					 .work_dir = work_dir };
	g_autoptr(ScmCommit) commit = NULL;
	g_autofree char *spec = NULL;

	if (job->spec)
		return macros_sources(job, folder, ret_spec, error);
	if (!fetch_commit(job, &rules, &commit, error) ||
	    !scm_commit_export(commit, folder, job->git_max_bytes, error) ||
	    !find_spec(job, commit, folder, &spec, error) ||
	    !add_lookaside(job, commit, folder, error))
		return false;
	*ret_spec = g_steal_pointer(&spec);
	return true;
}
