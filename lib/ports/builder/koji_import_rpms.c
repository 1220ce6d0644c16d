/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import_content.h"

#include <string.h>

#include "base/error.h"
#include "model/names.h"
#include "ports/builder/koji_answer.h"
#include "text/json.h"

/* The answers of one import. */
struct questions {
	size_t tag, rpms, owner;
	size_t headers; /* of the first RPM; the others follow */
};

static bool not_understood(GError **error, const char *what)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE,
		    "%s: the hub does not answer as it should; nothing was imported", what);
}

static bool has_built_components(const struct build *build)
{
	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		if (!component->build_time_only && component->state == COMPONENT_COMPLETE)
			return true;
	}
	return false;
}

/* ---- RPMs ------------------------------------------------------------------------------- */

static struct json_object *component_of(struct json_object *value)
{
	static const char *const members[] = { "name", "version", "release", "arch" };
	struct json_object *component = json_object_new_object();
	struct json_object *epoch = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		json_object_object_add(component, members[i],
				       json_object_new_string(koji_text(value, members[i])));
	json_object_object_get_ex(value, "epoch", &epoch);
	json_object_object_add(component, "epoch", json_object_get(epoch));
	json_object_object_add(component, "sigmd5",
			       json_object_new_string(koji_text(value, "payloadhash")));
	json_object_object_add(component, "type", json_object_new_string("rpm"));
	return component;
}

static bool is_rpm(struct json_object *value)
{
	static const char *const members[] = { "name", "version", "release", "arch",
					       "payloadhash" };
	struct json_object *epoch = NULL;
	int64_t number;

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
		if (!koji_text(value, members[i]))
			return false;
	return koji_number(value, "id", &number) && koji_number(value, "build_id", &number) &&
	       (!json_object_object_get_ex(value, "epoch", &epoch) || !epoch ||
		(koji_number(value, "epoch", &number) && number >= 0));
}

static struct import_rpm *rpm_read(struct json_object *value)
{
	struct import_rpm *rpm = g_new0(struct import_rpm, 1);
	struct rpm_name *name = &rpm->content.name;
	int64_t epoch = 0;

	koji_number(value, "id", &rpm->id);
	koji_number(value, "build_id", &rpm->build_id);
	koji_number(value, "epoch", &epoch);
	name->name = g_strdup(koji_text(value, "name"));
	name->epoch = (uint64_t)epoch;
	name->version = g_strdup(koji_text(value, "version"));
	name->release = g_strdup(koji_text(value, "release"));
	name->arch = g_strdup(koji_text(value, "arch"));
	rpm->component = component_of(value);
	return rpm;
}

static bool is_source(const struct import_rpm *rpm)
{
	return strcmp(rpm->content.name.arch, "src") == 0;
}

/* Each RPM learns what it was built from: the source RPM of the same build. */
static bool find_sources(GPtrArray *rpms, GError **error)
{
	g_autoptr(GHashTable) sources = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < rpms->len; i++) {
		struct import_rpm *rpm = g_ptr_array_index(rpms, i);

		if (is_source(rpm))
			g_hash_table_insert(sources, &rpm->build_id, rpm);
	}
	for (guint i = 0; i < rpms->len; i++) {
		struct import_rpm *rpm = g_ptr_array_index(rpms, i);
		const struct import_rpm *source = g_hash_table_lookup(sources, &rpm->build_id);

		if (!source)
			return fail(error, RIDA_ERROR_UNAVAILABLE,
				    "the hub has %s, but not the source package it was built from",
				    rpm->content.name.name);
		rpm->content.source = &source->content;
	}
	return true;
}

/* What was built and is not in the tag must not be missing in the module. */
static bool check_builds(const struct build *build, struct json_object *builds, GError **error)
{
	g_autoptr(GHashTable) nvrs = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < json_object_array_length(builds); i++) {
		const char *nvr = koji_text(json_object_array_get_idx(builds, i), "nvr");

		if (nvr)
			g_hash_table_add(nvrs, (gpointer)(uintptr_t)nvr);
	}
	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		if (component->nvr && !component->build_time_only &&
		    component->state == COMPONENT_COMPLETE &&
		    !g_hash_table_contains(nvrs, component->nvr))
			return fail(error, RIDA_ERROR_UNAVAILABLE,
				    "%s is not in tag %s: the module is not imported without it",
				    component->nvr, build->tag);
	}
	return true;
}

bool import_take_rpms(struct import *import, struct json_object *value, GError **error)
{
	struct json_object *rpms = NULL;
	struct json_object *builds = NULL;

	if (json_object_is_type(value, json_type_array) && json_object_array_length(value) == 2) {
		rpms = json_object_array_get_idx(value, 0);
		builds = json_object_array_get_idx(value, 1);
	}
	if (!json_object_is_type(rpms, json_type_array) ||
	    !json_object_is_type(builds, json_type_array))
		return not_understood(error, "listTaggedRPMS");
	for (size_t i = 0; i < json_object_array_length(rpms); i++) {
		struct json_object *element = json_object_array_get_idx(rpms, i);

		if (!is_rpm(element))
			return not_understood(error, "listTaggedRPMS");
		g_ptr_array_add(import->rpms, rpm_read(element));
	}
	return find_sources(import->rpms, error) &&
	       check_builds(import->want->build, builds, error);
}

/* ---- tags ------------------------------------------------------------------------------- */

/* The tag's own, else those that are configured. */
static void read_arches(struct koji_builder *koji, struct import *import, struct json_object *tag)
{
	const char *text = koji_text(tag, "arches");
	g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \t", -1);
	g_autoptr(GPtrArray) arches = g_ptr_array_new();

	for (char **word = words; *word; word++)
		if (**word)
			g_ptr_array_add(arches, g_strdup(*word));
	for (char *const *arch = koji->options->koji.arches; !arches->len && arch && *arch; arch++)
		g_ptr_array_add(arches, g_strdup(*arch));
	g_ptr_array_add(arches, NULL);
	import->arches = (char **)g_ptr_array_steal(arches, NULL);
}

/* They become names of files. */
static bool are_names(char **arches)
{
	for (; *arches; arches++)
		if (!name_is_valid(NAME_FILE, *arches))
			return false;
	return true;
}

/* A module without components may have no tag. */
static void read_tag(struct koji_builder *koji, struct import *import, struct koji_batch *batch,
		     const struct questions *asked)
{
	const struct build *build = import->want->build;
	struct outcome *outcome = import->outcome;
	struct json_object *tag, *owner, *rpms;

	if (!koji_expect_tag(batch, asked->tag, build->tag, outcome, &tag) ||
	    !koji_expect(batch, asked->owner, json_type_object, build->owner, outcome, &owner))
		return;
	import->has_owner = owner != NULL;
	read_arches(koji, import, tag);
	if ((tag && !koji_text(tag, "arches")) || !are_names(import->arches))
		koji_nonsense(outcome, build->tag);
	else if (!*import->arches)
		fail(&outcome->error, RIDA_ERROR_INTERNAL,
		     "neither tag %s nor the configuration (arches) names an architecture",
		     build->tag);
	else if (!tag && has_built_components(build))
		fail(&outcome->error, RIDA_ERROR_MISSING,
		     "there is no tag %s any more, which had all that was built", build->tag);
	else if (tag &&
		 koji_expect(batch, asked->rpms, json_type_array, build->tag, outcome, &rpms))
		import_take_rpms(import, rpms, &outcome->error);
}

/* ---- headers ---------------------------------------------------------------------------- */

static struct json_object *header_names(bool of_source)
{
	static const char *const names[] = { "license", "exclusivearch", "excludearch" };
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < (of_source ? G_N_ELEMENTS(names) : 1); i++)
		json_object_array_add(list, json_object_new_string(names[i]));
	return list;
}

static bool read_list(struct json_object *value, const char *member, char ***ret)
{
	struct json_object *list = koji_array(value, member);
	const size_t count = list ? json_object_array_length(list) : 0;
	char **texts = g_new0(char *, count + 1);

	for (size_t i = 0; i < count; i++) {
		struct json_object *element = json_object_array_get_idx(list, i);

		if (!json_object_is_type(element, json_type_string)) {
			g_strfreev(texts);
			return false;
		}
		texts[i] = g_strdup(json_object_get_string(element));
	}
	*ret = texts;
	return list != NULL;
}

/* An answer without a licence is what hubs give that cannot read the RPM just now. */
static bool read_header(struct import_rpm *rpm, struct json_object *value, const char *nevra,
			GError **error)
{
	const char *license = koji_text(value, "license");

	if (!license)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the hub does not say the license of %s; nothing was imported", nevra);
	rpm->content.license = g_strdup(license);
	if (is_source(rpm) && (!read_list(value, "exclusivearch", &rpm->content.exclusive) ||
			       !read_list(value, "excludearch", &rpm->content.excluded)))
		return not_understood(error, "getRPMHeaders");
	return true;
}

static void read_headers(struct import *import, struct koji_batch *batch, size_t first)
{
	struct outcome *outcome = import->outcome;

	for (guint i = 0; i < import->rpms->len && !outcome->error; i++) {
		struct import_rpm *rpm = g_ptr_array_index(import->rpms, i);
		struct koji_answer *answer = koji_batch_answer(batch, first + i);

		g_autofree char *nevra = rpm_name_nevra(&rpm->content.name);

		koji_blame(outcome, answer, nevra);
		if (!outcome->error)
			read_header(rpm, answer->value, nevra, &outcome->error);
	}
}

/* ---- all of it -------------------------------------------------------------------------- */

static void ask_tags(struct koji_builder *koji, struct import *imports, size_t count,
		     struct questions *questions)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();

	for (size_t i = 0; i < count; i++) {
		const struct build *build = imports[i].want->build;

		if (!import_goes_on(&imports[i]))
			continue;
		questions[i].tag = koji_batch_add(batch, "getTag", "s", build->tag);
		questions[i].rpms =
			koji_batch_add(batch, "listTaggedRPMS", "s*b", build->tag, "latest", true);
		questions[i].owner = koji_batch_add(batch, "getUser", "s", build->owner);
	}
	koji_batch_read(batch, koji->session);
	for (size_t i = 0; i < count; i++)
		if (import_goes_on(&imports[i]))
			read_tag(koji, &imports[i], batch, &questions[i]);
}

static void ask_headers(struct koji_builder *koji, struct import *imports, size_t count,
			struct questions *questions)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();

	for (size_t i = 0; i < count; i++) {
		if (!import_goes_on(&imports[i]))
			continue;
		questions[i].headers = koji_batch_count(batch);
		for (guint j = 0; j < imports[i].rpms->len; j++) {
			const struct import_rpm *rpm = g_ptr_array_index(imports[i].rpms, j);

			koji_batch_add(batch, "getRPMHeaders", "*io", "rpmID", rpm->id, "headers",
				       header_names(is_source(rpm)));
		}
	}
	koji_batch_read(batch, koji->session);
	for (size_t i = 0; i < count; i++)
		if (import_goes_on(&imports[i]))
			read_headers(&imports[i], batch, questions[i].headers);
}

void import_read(struct koji_builder *koji, struct import *imports, size_t count)
{
	g_autofree struct questions *questions = g_new0(struct questions, count);

	for (size_t i = 0; i < count; i++) {
		const char *text = imports[i].want->modulemd;

		if (import_goes_on(&imports[i]))
			document_read(text, strlen(text), &imports[i].document,
				      &imports[i].outcome->error);
	}
	ask_tags(koji, imports, count, questions);
	ask_headers(koji, imports, count, questions);
}
