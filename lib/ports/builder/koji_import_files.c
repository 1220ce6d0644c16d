/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import_content.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "text/json.h"
#include "wire/koji_upload.h"

void import_select(const struct import *import, const char *arch, bool is_devel,
		   struct content *ret)
{
	const GPtrArray *listed = import->document->components;
	g_autoptr(GHashTable) components =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	const struct content_rules rules = { .components = components,
					     .filter = import->document->filter,
					     .whitelist = import->document->whitelist };

	for (guint i = 0; i < listed->len; i++) {
		const struct document_component *from = g_ptr_array_index(listed, i);
		struct content_component *component = g_new0(struct content_component, 1);

		component->multilib = from->multilib;
		component->build_only = from->build_only;
		g_hash_table_insert(components, from->name, component);
	}
	content_select(&rules, import->rpms, arch, is_devel, ret);
}

bool import_document(const struct import *import, const char *arch, bool is_devel,
		     const struct content *content, char **ret, GError **error)
{
	const struct document_artifacts artifacts = {
		.arch = arch,
		.is_devel = is_devel,
		.nevras = (const char *const *)content->nevras,
		.licenses = (const char *const *)content->licenses,
	};

	return document_finish(import->want->modulemd, &artifacts, ret, error);
}

/* ---- files ------------------------------------------------------------------------------ */

static void file_free(gpointer data)
{
	struct import_file *file = data;

	g_free(file->name);
	g_free(file->text);
	json_object_put(file->components);
	g_free(file);
}

/* What stands in metadata of these RPMs. */
static struct json_object *components_of(const GPtrArray *rpms)
{
	struct json_object *list = json_object_new_array();

	for (guint i = 0; i < rpms->len; i++) {
		const struct import_rpm *rpm = g_ptr_array_index(rpms, i);

		json_object_array_add(list, json_object_get(rpm->component));
	}
	return list;
}

static struct import_file *add_file(GPtrArray *files, const char *name, const char *arch)
{
	struct import_file *file = g_new0(struct import_file, 1);

	file->name = g_strdup(name);
	file->arch = arch;
	g_ptr_array_add(files, file);
	return file;
}

static bool add_arch(const struct import *import, bool is_devel, const char *arch, GPtrArray *files,
		     GError **error)
{
	g_autofree char *name = g_strdup_printf("modulemd.%s.txt", arch);
	g_auto(Content) content = { 0 };
	struct import_file *file;

	import_select(import, arch, is_devel, &content);
	file = add_file(files, name, arch);
	file->components = components_of(content.rpms);
	return import_document(import, arch, is_devel, &content, &file->text, error);
}

static bool add_stored(const struct import *import, bool is_devel, GPtrArray *files, GError **error)
{
	struct import_file *file = add_file(files, IMPORT_STORED_FILE, "noarch");

	file->components = components_of(import->rpms);
	if (is_devel)
		return document_devel(import->want->modulemd, &file->text, error);
	file->text = g_strdup(import->want->modulemd);
	return true;
}

/* As it came from its repository. */
static void add_source(const struct import *import, GPtrArray *files)
{
	struct import_file *file;

	if (!import->want->source)
		return;
	file = add_file(files, "modulemd.src.txt", "src");
	file->components = components_of(import->rpms);
	file->text = g_strdup(import->want->source);
}

/* The service keeps no log of a module by itself: what was built of what, and by which tasks. */
static void add_log(const struct import *import, GPtrArray *files)
{
	const struct build *build = import->want->build;
	g_autofree char *nsvc = build_nsvc(build);
	GString *log = g_string_new(NULL);

	g_string_append_printf(log, "%s\nbuild %" G_GUINT64_FORMAT " of %s at %s\ntag %s\n", nsvc,
			       build->id, build->scmurl, build->commit, build->tag);
	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		g_string_append_printf(
			log, "batch %u: %s task %" G_GUINT64_FORMAT "\n", component->batch,
			component->nvr ? component->nvr : component->name, component->task_id);
	}
	add_file(files, "build.log", "noarch")->text = g_string_free(log, FALSE);
}

bool import_files(const struct import *import, const struct import_part *part, GPtrArray **ret,
		  GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_free);

	for (char **arch = import->arches; *arch; arch++)
		if (!add_arch(import, part->is_devel, *arch, files, error))
			return false;
	if (!add_stored(import, part->is_devel, files, error))
		return false;
	add_source(import, files);
	add_log(import, files);
	*ret = g_steal_pointer(&files);
	return true;
}

static bool write_all(int fd, const char *text)
{
	for (size_t length = strlen(text); length > 0;) {
		const ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			return false;
		text += MAX(written, 0);
		length -= (size_t)MAX(written, 0);
	}
	return true;
}

bool import_send(struct koji_builder *koji, const char *directory, const char *name,
		 const char *text, GError **error)
{
	const int fd = memfd_create(name, MFD_CLOEXEC);
	const struct koji_upload upload = { directory, name, fd };
	bool is_good;

	if (fd < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be made: %s", name,
			    g_strerror(errno));
	is_good = write_all(fd, text);
	if (!is_good)
		fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be written: %s", name,
		     g_strerror(errno));
	is_good = is_good && koji_upload(koji->session, &upload, error);
	close(fd);
	return is_good;
}
