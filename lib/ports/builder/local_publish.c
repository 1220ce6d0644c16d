/* SPDX-License-Identifier: MIT */
#include "ports/builder/local.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "mmd/document.h"
#include "model/names.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_rpms.h"
#include "text/rpm_name.h"

#define MODULES_FILE "modules.yaml"

/* One module on its way into its repository. */
struct publication {
	const struct local *local;
	const struct build *build;
	const char *folder;            /* not yet in its final place */
	char *const *filter;           /* names of packages that stay out */
	GHashTable *nevras, *licenses; /* sets of char * */
};

static bool is_published(const struct component *component)
{
	return component->state == COMPONENT_COMPLETE && !component->build_time_only;
}

/* Debug packages share the fate of the package that they belong to. */
static bool is_filtered(const struct publication *publication, const struct component *component,
			const struct local_rpm *rpm)
{
	g_autofree char *name = g_strdup(rpm->name);

	if (local_rpm_is_debug(rpm))
		*strrchr(name, '-') = '\0';
	return component->build_only ||
	       (publication->filter &&
		g_strv_contains((const char *const *)publication->filter, name));
}

static char *nevra_of(const struct local_rpm *rpm)
{
	const struct rpm_name name = { .name = rpm->name,
				       .epoch = rpm->epoch,
				       .version = rpm->version,
				       .release = rpm->release,
				       .arch = rpm->arch };

	return rpm_name_nevra(&name);
}

static bool publish_rpm(struct publication *publication, const char *results,
			const struct local_rpm *rpm, GError **error)
{
	g_autofree char *source = g_build_filename(results, rpm->file, NULL);
	g_autofree char *target = g_build_filename(publication->folder, rpm->file, NULL);

	g_hash_table_add(publication->nevras, nevra_of(rpm));
	if (rpm->license[0])
		g_hash_table_add(publication->licenses, g_strdup(rpm->license));
	return file_link(source, target, error);
}

/* The source package goes along when any of its packages does. */
static bool publish_rpms(struct publication *publication, const struct component *component,
			 GError **error)
{
	g_autofree char *results =
		local_results_place(publication->local, publication->build, component);
	g_autoptr(GPtrArray) rpms = NULL;
	const struct local_rpm *source = NULL;
	bool is_any = false;

	if (!local_rpms_read(results, &rpms, error))
		return false;
	for (unsigned i = 0; i < rpms->len; i++) {
		const struct local_rpm *rpm = rpms->pdata[i];

		if (local_rpm_is_source(rpm))
			source = rpm;
		else if (!is_filtered(publication, component, rpm)) {
			is_any = true;
			if (!publish_rpm(publication, results, rpm, error))
				return false;
		}
	}
	return !source || !is_any || publish_rpm(publication, results, source, error);
}

static bool publish_logs(const struct publication *publication, const struct component *component,
			 GError **error)
{
	g_autofree char *from = g_build_filename(publication->local->options.log_dir, NULL);
	g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, publication->build->id);
	g_autofree char *attempt = g_strdup_printf("%u", MAX(component->attempt, 1));
	g_autofree char *logs = g_build_filename(from, id, component->name, attempt, NULL);
	g_autofree char *target =
		g_build_filename(publication->folder, "logs", component->name, NULL);

	return folder_copy(logs, target, error);
}

static bool publish_components(struct publication *publication, GError **error)
{
	const GPtrArray *components = publication->build->components;

	for (unsigned i = 0; components && i < components->len; i++) {
		const struct component *component = components->pdata[i];

		if (!is_published(component))
			continue;
		if (!publish_rpms(publication, component, error) ||
		    !publish_logs(publication, component, error)) {
			g_prefix_error(error, "%s: ", component->name);
			return false;
		}
	}
	return true;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that the same packages give the same document; the texts stay the set's. */
static const char **sorted(GHashTable *set)
{
	unsigned length;
	const char **list = (const char **)g_hash_table_get_keys_as_array(set, &length);

	qsort(list, length, sizeof *list, compare_texts);
	return list;
}

static bool finish_document(const struct publication *publication, const char *stored, char **ret,
			    GError **error)
{
	g_autofree const char **nevras = sorted(publication->nevras);
	g_autofree const char **licenses = sorted(publication->licenses);
	struct utsname machine;
	struct document_artifacts artifacts = { .nevras = nevras, .licenses = licenses };

	uname(&machine);
	artifacts.arch = machine.machine;
	return document_finish(stored, &artifacts, ret, error);
}

static bool copy_folder(const char *from, const char *to, GError **error)
{
	g_auto(GStrv) names = folder_list(from);

	if (!folder_make(to, error))
		return false;
	for (size_t i = 0; names[i]; i++) {
		g_autofree char *target = g_build_filename(to, names[i], NULL);

		if (!file_copy(from, names[i], target, error))
			return false;
	}
	return true;
}

/* The tools read strangers' packages, so they do it in the sandbox, and what they wrote is copied.
 */
static bool run_tools(const struct publication *publication, const char *home, GError **error)
{
	static const char *const create[] = {
		"createrepo_c", "--quiet", "--no-database", "--outputdir", SANDBOX_HOME,
		"/repo",        NULL
	};
	static const char *const modify[] = { "modifyrepo_c", "--mdtype=modules",
					      "/repo/" MODULES_FILE, SANDBOX_HOME "/repodata",
					      NULL };
	const struct sandbox_bind bind = { publication->folder, "/repo", false };
	struct local_sandbox sandbox = local_sandbox_plain(publication->local);
	g_auto(ProcessResult) first = { 0 }, second = { 0 };

	sandbox.home = home;
	sandbox.binds = &bind;
	sandbox.binds_count = 1;
	return local_sandbox_check(&sandbox, create, &first, error) &&
	       local_sandbox_check(&sandbox, modify, &second, error);
}

static bool make_metadata(const struct publication *publication, const char *home, GError **error)
{
	const struct sandbox_user *user = &publication->local->user;
	g_autofree char *tmp = g_build_filename(home, "tmp", NULL);
	g_autofree char *from = g_build_filename(home, "repodata", NULL);
	g_autofree char *to = g_build_filename(publication->folder, "repodata", NULL);

	return folder_remove(home, error) && folder_make(tmp, error) &&
	       folder_give(home, user->uid, user->gid, error) &&
	       folder_give(tmp, user->uid, user->gid, error) &&
	       run_tools(publication, home, error) && copy_folder(from, to, error) &&
	       folder_remove(home, error);
}

static bool publish(struct publication *publication, const char *stored, char **ret, GError **error)
{
	g_autofree char *list = g_build_filename(publication->folder, MODULES_FILE, NULL);
	g_autofree char *home =
		local_build_place(publication->local, publication->build, "publish");

	return folder_remove(publication->folder, error) &&
	       folder_make(publication->folder, error) && publish_components(publication, error) &&
	       finish_document(publication, stored, ret, error) && file_write(list, *ret, error) &&
	       make_metadata(publication, home, error);
}

/* The packages are in the repository now; what they were built in is not needed any more. */
static void remove_roots(const struct local *local, const struct build *build)
{
	struct build_want want = { .build = build };
	struct outcome outcome = { 0 };

	builder_local.clean_many((struct builder *)(uintptr_t)local, &want, 1, &outcome);
	g_clear_error(&outcome.error);
}

bool local_repository_check(const char *folder, const struct build *build, GError **error)
{
	g_autofree char *path = g_build_filename(folder, MODULES_FILE, NULL);
	g_autofree char *text = NULL;
	g_autoptr(Document) document = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, NULL))
		return true;
	if (!document_read(text, length, &document, error)) {
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	if (g_strcmp0(document->name, build->name) == 0 &&
	    g_strcmp0(document->stream, build->stream) == 0)
		return true;
	return fail(
		error, RIDA_ERROR_UNACCEPTABLE,
		"the repository of this module would take the place of that of the module %s, stream "
		"%s: choose another name or stream, or make a new commit",
		document->name, document->stream);
}

bool local_publish(const struct local *local, const struct build_want *want, char **ret_modulemd,
		   GError **error)
{
	g_autofree char *name = build_directory_name(want->build);
	g_autofree char *hidden = g_strconcat(".", name, NULL);
	g_autofree char *folder = g_build_filename(local->options.repo_dir, hidden, NULL);
	g_autofree char *final = g_build_filename(local->options.repo_dir, name, NULL);
	g_autoptr(Document) document = NULL;
	g_autoptr(GHashTable) nevras = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) licenses =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct publication publication = { .local = local,
					   .build = want->build,
					   .folder = folder,
					   .nevras = nevras,
					   .licenses = licenses };
	g_autofree char *modulemd = NULL;

	if (!name_check(NAME_FILE, "the module's folder", name, error) ||
	    !local_repository_check(final, want->build, error) ||
	    !document_read(want->modulemd, strlen(want->modulemd), &document, error))
		return false;
	publication.filter = document->filter;
	if (!publish(&publication, want->modulemd, &modulemd, error) ||
	    !folder_replace(folder, final, error))
		return false;
	remove_roots(local, want->build);
	*ret_modulemd = g_steal_pointer(&modulemd);
	return true;
}
