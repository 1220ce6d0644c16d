/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import_content.h"

#include <string.h>

#include "text/json.h"

#define METADATA_VERSION 0

static void add_text(struct json_object *object, const char *member, const char *text)
{
	json_object_object_add(object, member, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *member, int64_t number)
{
	json_object_object_add(object, member, json_object_new_int64(number));
}

/* {"typeinfo": {"module": module}} */
static struct json_object *type_info(struct json_object *module)
{
	struct json_object *extra = json_object_new_object();
	struct json_object *info = json_object_new_object();

	json_object_object_add(info, "module", module);
	json_object_object_add(extra, "typeinfo", info);
	return extra;
}

static struct json_object *module_info(const struct build *build, const struct import_part *part,
				       const char *modulemd)
{
	struct json_object *module = json_object_new_object();
	g_autofree char *version = g_strdup_printf("%" G_GUINT64_FORMAT, build->version);

	add_number(module, "module_build_service_id", (int64_t)build->id);
	add_text(module, "content_koji_tag", build->tag);
	add_text(module, "modulemd_str", modulemd);
	add_text(module, "name", part->name);
	add_text(module, "stream", build->stream);
	add_text(module, "version", version);
	add_text(module, "context", build->context);
	return module;
}

/* A build is completed by this very import, so that it may have no time of that yet. */
static struct json_object *build_part(const struct import *import, const struct import_part *part,
				      const char *modulemd)
{
	const struct build *build = import->want->build;
	const int64_t ended = build->completed_at ? build->completed_at : g_get_real_time();
	struct json_object *object = json_object_new_object();

	add_text(object, "name", part->name);
	add_text(object, "version", part->version);
	add_text(object, "release", part->release);
	add_number(object, "build_id", part->build_id);
	add_text(object, "source", build->scmurl);
	add_number(object, "start_time", build->submitted_at / G_USEC_PER_SEC);
	add_number(object, "end_time", ended / G_USEC_PER_SEC);
	if (import->has_owner)
		add_text(object, "owner", build->owner);
	json_object_object_add(object, "extra", type_info(module_info(build, part, modulemd)));
	return object;
}

/* The hub compares size and checksum with what was uploaded: both are of bytes. */
static struct json_object *output_of(const struct import_file *file)
{
	struct json_object *object = json_object_new_object();
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_MD5, file->text, -1);

	add_number(object, "buildroot_id", IMPORT_BUILDROOT);
	add_text(object, "arch", file->arch);
	add_text(object, "type", file->components ? "file" : "log");
	add_text(object, "filename", file->name);
	add_number(object, "filesize", (int64_t)strlen(file->text));
	add_text(object, "checksum_type", "md5");
	add_text(object, "checksum", sum);
	if (!file->components)
		return object;
	json_object_object_add(object, "extra", type_info(json_object_new_object()));
	json_object_object_add(object, "components", json_object_get(file->components));
	return object;
}

struct json_object *import_metadata(const struct import *import, const struct import_part *part,
				    const GPtrArray *files)
{
	struct json_object *metadata = json_object_new_object();
	struct json_object *hosts = json_object_new_array();
	struct json_object *output = json_object_new_array();
	const char *modulemd = "";

	for (guint i = 0; i < files->len; i++) {
		const struct import_file *file = g_ptr_array_index(files, i);

		json_object_array_add(output, output_of(file));
		if (strcmp(file->name, IMPORT_STORED_FILE) == 0)
			modulemd = file->text;
	}
	json_object_array_add(hosts, import_host());
	add_number(metadata, "metadata_version", METADATA_VERSION);
	json_object_object_add(metadata, "buildroots", hosts);
	json_object_object_add(metadata, "build", build_part(import, part, modulemd));
	json_object_object_add(metadata, "output", output);
	return metadata;
}
