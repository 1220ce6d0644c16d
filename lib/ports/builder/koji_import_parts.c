/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "text/json.h"

/* Koji's states of builds. */
enum { BUILDING = 0, COMPLETE = 1, FAILED = 3, CANCELED = 4 };

static void part_init(struct import_part *part, const struct build *build, bool is_devel)
{
	*part = (struct import_part){ .is_devel = is_devel, .key = is_devel ? "devel" : "main" };
	part->name = g_strconcat(build->name, is_devel ? DOCUMENT_DEVEL_SUFFIX : "", NULL);
	part->version = g_strdelimit(g_strdup(build->stream), "-", '_');
	part->release = g_strdup_printf("%" G_GUINT64_FORMAT ".%s", build->version, build->context);
	part->nvr = g_strdup_printf("%s-%s-%s", part->name, part->version, part->release);
}

static void part_clear(struct import_part *part)
{
	g_free(part->name);
	g_free(part->version);
	g_free(part->release);
	g_free(part->nvr);
	g_free(part->token);
}

static void rpm_free(gpointer data)
{
	struct import_rpm *rpm = data;

	content_rpm_clear(&rpm->content);
	json_object_put(rpm->component);
	g_free(rpm);
}

void import_init(struct import *import, const struct koji_options *options,
		 const struct build_want *want, struct outcome *outcome)
{
	*import = (struct import){ .want = want, .outcome = outcome };
	import->rpms = g_ptr_array_new_with_free_func(rpm_free);
	if (options->with_import)
		part_init(&import->parts[import->parts_count++], want->build, false);
	if (options->with_import && options->with_devel)
		part_init(&import->parts[import->parts_count++], want->build, true);
}

void import_clear(struct import *import)
{
	for (size_t i = 0; i < import->parts_count; i++)
		part_clear(&import->parts[i]);
	document_free(import->document);
	g_strfreev(import->arches);
	g_clear_pointer(&import->rpms, g_ptr_array_unref);
}

/* ---- what Koji has ---------------------------------------------------------------------- */

static struct json_object *member(struct json_object *value, const char *name)
{
	struct json_object *found = NULL;

	if (json_object_is_type(value, json_type_object))
		json_object_object_get_ex(value, name, &found);
	return found;
}

/* Whether the complete build was made of this build of the module. False: that cannot be said. */
static bool is_our_result(const struct build *build, struct json_object *value, bool *ret)
{
	struct json_object *module = member(member(member(value, "extra"), "typeinfo"), "module");
	const char *tag = koji_text(module, "content_koji_tag");
	int64_t id = 0;

	*ret = false;
	if (!module)
		return true;
	if (!tag || !koji_number(module, "module_build_service_id", &id))
		return false;
	*ret = g_strcmp0(tag, build->tag) == 0 && id == (int64_t)build->id;
	return true;
}

/* Whether the build is reserved by us; likewise. */
static bool is_our_reservation(uint64_t user, struct json_object *value, bool *ret)
{
	const char *generator = koji_text(value, "cg_name");
	int64_t owner = 0;

	if (!koji_number(value, "owner_id", &owner) || (!generator && member(value, "cg_id")))
		return false;
	*ret = (uint64_t)owner == user && g_strcmp0(generator, CONTENT_GENERATOR) == 0;
	return true;
}

/* The token that was kept for the part. The caller frees it; NULL: none. */
static char *kept_token(const struct import *import, const struct import_part *part)
{
	const char *text = import->want->reservation;
	g_autoptr(JsonObject) reservation = NULL;
	struct json_object *kept;
	int64_t id = 0;

	if (!text || !read_json(text, strlen(text), &reservation, NULL))
		return NULL;
	kept = member(reservation, part->key);
	return koji_number(kept, "id", &id) && id == part->build_id
		       ? g_strdup(koji_text(kept, "token"))
		       : NULL;
}

static bool not_ours(const struct import_part *part, struct json_object *value, GError **error)
{
	const char *owner = koji_text(value, "owner_name");

	return fail(error, RIDA_ERROR_CONFLICT,
		    "Koji already has a build %s, number %" G_GINT64_FORMAT
		    " of %s, that is not of this module build: delete it there, or submit the "
		    "module with another version",
		    part->nvr, part->build_id, owner ? owner : "somebody");
}

/* The part's state by that of its build. False: the outcome has the error. */
static bool judge(struct koji_builder *koji, const struct import *import, struct import_part *part,
		  struct json_object *value, struct outcome *outcome)
{
	int64_t state = -1;
	bool is_ours = false;
	uint64_t user;

	if (g_strcmp0(koji_text(value, "nvr"), part->nvr) != 0 ||
	    !koji_number(value, "state", &state) || !koji_number(value, "id", &part->build_id))
		return koji_nonsense(outcome, part->nvr);
	if (state == FAILED || state == CANCELED)
		return true;
	if (state == BUILDING && !koji_user_id(koji->session, &user, &outcome->error))
		return false;
	if (state == BUILDING && !is_our_reservation(user, value, &is_ours))
		return koji_nonsense(outcome, part->nvr);
	if (state == COMPLETE && !is_our_result(import->want->build, value, &is_ours))
		return koji_nonsense(outcome, part->nvr);
	if (!is_ours)
		return not_ours(part, value, &outcome->error);
	part->token = state == BUILDING ? kept_token(import, part) : NULL;
	part->state = state == COMPLETE ? IMPORT_DONE : part->token ? IMPORT_RESERVED : IMPORT_LOST;
	return true;
}

bool import_look(struct koji_builder *koji, const struct import *import, struct import_part *part,
		 const struct koji_batch *batch, size_t call, struct outcome *outcome)
{
	struct json_object *value;

	g_clear_pointer(&part->token, g_free);
	part->state = IMPORT_ABSENT;
	return koji_expect(batch, call, json_type_object, part->nvr, outcome, &value) &&
	       (!value || judge(koji, import, part, value, outcome));
}

void import_look_many(struct koji_builder *koji, struct import *imports, size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	size_t next = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < imports[i].parts_count; j++)
			koji_batch_add(batch, "getBuild", "s", imports[i].parts[j].nvr);
	koji_batch_read(batch, koji->session);
	for (size_t i = 0; i < count; i++) {
		struct outcome *outcome = imports[i].outcome;
		const size_t first = next;

		next += imports[i].parts_count;
		for (size_t j = 0; j < imports[i].parts_count && !outcome->error; j++)
			import_look(koji, &imports[i], &imports[i].parts[j], batch, first + j,
				    outcome);
	}
}
