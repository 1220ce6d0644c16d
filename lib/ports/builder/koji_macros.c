/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_macros.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "mmd/document.h"
#include "model/macros_package.h"
#include "model/names.h"
#include "ports/builder/koji_source.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_sandbox.h"
#include "wire/koji_fault.h"
#include "wire/koji_upload.h"

#define RPMBUILD_SECONDS 60
#define OUTPUT_MAX       65536
#define SPEC             MACROS_PACKAGE_NAME ".spec"
#define SOURCE_PACKAGES  "SRPMS" /* below the sandbox's home */

static const char *const rpmbuild[] = {
	"rpmbuild",
	"-bs",
	"--define",
	"_topdir " SANDBOX_HOME,
	"--define",
	"_sourcedir " SANDBOX_HOME,
	"--define",
	"_specdir " SANDBOX_HOME,
	"--define",
	"_dbpath " SANDBOX_HOME "/rpmdb",
	"--define",
	"_buildhost rida",
	SANDBOX_HOME "/" SPEC,
	NULL,
};

/* The user that sandboxes run as. */
static bool user_find(const struct builder_options *options, struct sandbox_user *ret,
		      GError **error)
{
	if (!sandbox_user_find(options->sandbox_user, ret, error))
		return false;
	if (geteuid() != 0)
		*ret = (struct sandbox_user){ .uid = geteuid(), .gid = getegid() };
	return true;
}

static bool write_package(const struct submission *submission, const GArray *conflicts,
			  const char *home, GError **error)
{
	g_autofree char *spec = g_build_filename(home, SPEC, NULL);
	g_autofree char *macros = g_build_filename(home, MACROS_PACKAGE_SOURCE, NULL);
	g_autoptr(MacrosPackage) package = NULL;
	g_autoptr(Document) document = NULL;

	return document_read(submission->modulemd, strlen(submission->modulemd), &document,
			     error) &&
	       macros_package_new(submission->build, document->macros,
				  (const struct macros_conflicts *)(const void *)conflicts->data,
				  conflicts->len, &package, error) &&
	       file_write(spec, package->spec, error) && file_write(macros, package->macros, error);
}

/* The package is ours, and its parts were checked: what fails here is the machine's fault. */
static bool run_rpmbuild(const struct builder_options *options, const struct sandbox_user *user,
			 const char *home, GError **error)
{
	const struct local_sandbox sandbox = { .user = user,
					       .home = home,
					       .timeout = RPMBUILD_SECONDS,
					       .max_memory = options->build_max_memory,
					       .max_file = options->build_max_file,
					       .max_processes = options->build_max_processes,
					       .output_max = OUTPUT_MAX };
	g_auto(ProcessResult) result = { 0 };
	g_autofree char *words = NULL;

	if (!local_sandbox_run(&sandbox, rpmbuild, &result, error))
		return false;
	words = koji_words(result.problem);
	if (result.is_timeout)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "rpmbuild does not end within %d seconds", RPMBUILD_SECONDS);
	return result.status == 0 ||
	       fail(error, RIDA_ERROR_INTERNAL,
		    "rpmbuild cannot make the source package of " MACROS_PACKAGE_NAME
		    " in a sandbox (it ended with %d): %s",
		    result.status, words);
}

/* The one package that is there, out of the sandbox's reach: its name. */
static bool take_package(const char *home, const char *work, char **ret, GError **error)
{
	g_autofree char *folder = g_build_filename(home, SOURCE_PACKAGES, NULL);
	g_auto(GStrv) names = folder_list(folder);
	g_autofree char *from = NULL, *to = NULL;

	if (g_strv_length(names) != 1 || !name_is_valid(NAME_FILE, names[0]) ||
	    !g_str_has_prefix(names[0], MACROS_PACKAGE_NAME "-") ||
	    !g_str_has_suffix(names[0], ".src.rpm"))
		return fail(error, RIDA_ERROR_INTERNAL,
			    "rpmbuild does not make one source package of " MACROS_PACKAGE_NAME);
	from = g_build_filename(SOURCE_PACKAGES, names[0], NULL);
	to = g_build_filename(work, names[0], NULL);
	if (!file_copy(home, from, to, error))
		return false;
	*ret = g_strdup(names[0]);
	return true;
}

static bool make(const struct builder_options *options, const struct submission *submission,
		 const GArray *conflicts, const char *work, char **ret_name, GError **error)
{
	g_autofree char *home = g_build_filename(work, "home", NULL);
	g_autofree char *tmp = g_build_filename(home, "tmp", NULL);
	struct sandbox_user user;

	return user_find(options, &user, error) && folder_remove(work, error) &&
	       folder_make(tmp, error) && write_package(submission, conflicts, home, error) &&
	       folder_give(home, user.uid, user.gid, error) &&
	       folder_give(tmp, user.uid, user.gid, error) &&
	       run_rpmbuild(options, &user, home, error) &&
	       take_package(home, work, ret_name, error);
}

static bool put(struct koji_session *session, const char *path, const char *directory,
		const char *name, GError **error)
{
	struct koji_upload upload = { .directory = directory, .name = name };
	bool is_put;

	upload.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (upload.fd < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", path, g_strerror(errno));
	is_put = koji_upload(session, &upload, error);
	close(upload.fd);
	return is_put;
}

static bool make_and_put(struct koji_builder *koji, const struct submission *submission,
			 const GArray *conflicts, const char *work, char **ret, GError **error)
{
	g_autofree char *directory =
		koji_upload_folder(submission->build->submitted_at, submission->idem_key);
	g_autofree char *name = NULL, *path = NULL;

	if (!make(koji->options, submission, conflicts, work, &name, error))
		return false;
	path = g_build_filename(work, name, NULL);
	if (!put(koji->session, path, directory, name, error))
		return false;
	*ret = g_strconcat(directory, "/", name, NULL);
	return true;
}

bool koji_macros_source(struct koji_builder *koji, const struct submission *submission,
			const GArray *conflicts, char **ret, GError **error)
{
	g_autofree char *work = NULL;
	bool is_made;

	if (!name_check(NAME_FILE, "the key", submission->idem_key, error))
		return false;
	work = g_build_filename(koji->options->state_dir, "koji", submission->idem_key, NULL);
	is_made = make_and_put(koji, submission, conflicts, work, ret, error);
	folder_remove(work, NULL);
	return is_made;
}
