/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_slots.h"
#include "text/json.h"

/*
 * Koji itself says how far an import is: without a build, one is reserved; a build that is reserved
 * is imported with the token that was kept; a complete one of ours is done. So each call looks
 * first and goes one step on, wherever the last one ended. A reservation whose token was lost is
 * cancelled and made anew.
 */

#define RESERVATION_MAX 255         /* bytes that are kept of it */
#define METADATA_MAX    (192 << 10) /* bytes in the call itself: as XML it has five times as many */
#define METADATA_FILE   "metadata.json"
#define FAULT_NO_ACCESS 1002

/* Koji's states of builds. */
enum { BUILDING = 0, COMPLETE = 1, FAILED = 3, CANCELED = 4 };

static const char *part_key(const struct import_part *part)
{
	return part->is_devel ? "devel" : "main";
}

static void part_init(struct import_part *part, const struct build *build, bool is_devel)
{
	*part = (struct import_part){ .is_devel = is_devel };
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

/* ---- how far it is ---------------------------------------------------------------------- */

static struct json_object *member(struct json_object *value, const char *name)
{
	struct json_object *found = NULL;

	if (json_object_is_type(value, json_type_object))
		json_object_object_get_ex(value, name, &found);
	return found;
}

/* Whether the complete build was made of this build of the module. */
static bool is_our_result(const struct build *build, struct json_object *value)
{
	struct json_object *module = member(member(member(value, "extra"), "typeinfo"), "module");
	int64_t id = 0;

	return g_strcmp0(koji_text(module, "content_koji_tag"), build->tag) == 0 &&
	       koji_number(module, "module_build_service_id", &id) && id == (int64_t)build->id;
}

static bool is_our_reservation(struct koji_builder *koji, struct json_object *value, bool *ret,
			       GError **error)
{
	uint64_t user;
	int64_t owner = 0;

	if (!koji_user_id(koji->session, &user, error))
		return false;
	*ret = koji_number(value, "owner_id", &owner) && (uint64_t)owner == user &&
	       g_strcmp0(koji_text(value, "cg_name"), CONTENT_GENERATOR) == 0;
	return true;
}

/* The token that was kept for the part; lent by the reservation. */
static const char *kept_token(struct json_object *reservation, const struct import_part *part)
{
	struct json_object *kept = member(reservation, part_key(part));
	int64_t id = 0;

	return koji_number(kept, "id", &id) && id == part->build_id ? koji_text(kept, "token")
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

/* What getBuild says of the part. */
static bool judge_part(struct koji_builder *koji, const struct import *import,
		       struct import_part *part, struct json_object *value, GError **error)
{
	g_autoptr(JsonObject) reservation = NULL;
	const char *kept = import->want->reservation;
	int64_t state = 0;
	bool is_ours;

	part->state = IMPORT_ABSENT;
	if (!value)
		return true;
	if (!koji_number(value, "state", &state) || !koji_number(value, "id", &part->build_id))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "the hub does not say what became of %s",
			    part->nvr);
	if (state == FAILED || state == CANCELED)
		return true;
	is_ours = state == COMPLETE && is_our_result(import->want->build, value);
	if (state == BUILDING && !is_our_reservation(koji, value, &is_ours, error))
		return false;
	if (!is_ours)
		return not_ours(part, value, error);
	if (kept)
		read_json(kept, strlen(kept), &reservation, NULL);
	part->token = g_strdup(kept_token(reservation, part));
	part->state = state == COMPLETE ? IMPORT_DONE : part->token ? IMPORT_RESERVED : IMPORT_LOST;
	return true;
}

static void look(struct koji_builder *koji, struct import *imports, size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	size_t next = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < imports[i].parts_count; j++)
			koji_batch_add(batch, "getBuild", "s", imports[i].parts[j].nvr);
	koji_batch_read(batch, koji->session);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < imports[i].parts_count; j++) {
			struct koji_answer *answer = koji_batch_answer(batch, next++);
			struct outcome *outcome = imports[i].outcome;

			koji_blame(outcome, answer, imports[i].parts[j].nvr);
			if (!outcome->error)
				judge_part(koji, &imports[i], &imports[i].parts[j], answer->value,
					   &outcome->error);
		}
}

/* ---- reserving -------------------------------------------------------------------------- */

static void explain_refusal(struct outcome *outcome, const struct koji_answer *answer)
{
	GError *error = outcome->error;

	if (!error || outcome->is_outage)
		return;
	if (answer->fault_code == FAULT_NO_ACCESS || strstr(error->message, "No such entry")) {
		error->code = RIDA_ERROR_INTERNAL;
		g_prefix_error(&outcome->error,
			       "Koji's administrators must let us import builds (koji "
			       "grant-cg-access USER " CONTENT_GENERATOR
			       ", and the build type module): ");
	} else if (error_code(error) == RIDA_ERROR_UNKNOWN_OUTCOME ||
		   strstr(error->message, "already")) {
		error->code = RIDA_ERROR_UNAVAILABLE; /* the next look decides */
	}
}

static struct json_object *build_of(const struct import_part *part)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(part->name));
	json_object_object_add(object, "version", json_object_new_string(part->version));
	json_object_object_add(object, "release", json_object_new_string(part->release));
	return object;
}

static bool is_to_be_reserved(const struct import *import, const struct import_part *part)
{
	return !import->outcome->error &&
	       (part->state == IMPORT_ABSENT || part->state == IMPORT_LOST);
}

/* Calls are made in order: what was cancelled can be reserved at once. */
static void ask_reservations(const struct import *imports, size_t count, struct koji_batch *batch)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < imports[i].parts_count; j++) {
			const struct import_part *part = &imports[i].parts[j];

			if (!is_to_be_reserved(&imports[i], part))
				continue;
			if (part->state == IMPORT_LOST)
				koji_batch_add(batch, "cancelBuild", "i", part->build_id);
			koji_batch_add(batch, "CGInitBuild", "so", CONTENT_GENERATOR,
				       build_of(part));
		}
}

static void take_reservation(struct import *import, struct import_part *part,
			     struct koji_answer *answer)
{
	struct outcome *outcome = import->outcome;
	const char *token = koji_text(answer->value, "token");

	if (outcome->error)
		return;
	if (answer->error) {
		koji_blame(outcome, answer, part->nvr);
		explain_refusal(outcome, answer);
		return;
	}
	if (!token || !koji_number(answer->value, "build_id", &part->build_id)) {
		fail(&outcome->error, RIDA_ERROR_UNAVAILABLE,
		     "the hub has reserved %s, but does not say how", part->nvr);
		return;
	}
	part->token = g_strdup(token);
	part->state = IMPORT_RESERVED;
	import->was_reserved = true;
}

/* What is to be kept: {"main": {"id": 8, "token": "…"}, "devel": …} */
static void keep_reservation(struct import *import)
{
	g_autoptr(JsonObject) kept = json_object_new_object();
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < import->parts_count; i++) {
		const struct import_part *part = &import->parts[i];
		struct json_object *object;

		if (part->state != IMPORT_RESERVED)
			continue;
		object = json_object_new_object();
		json_object_object_add(object, "id", json_object_new_int64(part->build_id));
		json_object_object_add(object, "token", json_object_new_string(part->token));
		json_object_object_add(kept, part_key(part), object);
	}
	append_json(text, kept);
	if (text->len > RESERVATION_MAX)
		fail(&import->outcome->error, RIDA_ERROR_INTERNAL,
		     "the hub's tokens are too long to be kept: %zu bytes", text->len);
	else
		import->outcome->reservation = g_strdup(text->str);
}

static void reserve(struct koji_builder *koji, struct import *imports, size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	size_t next = 0;

	ask_reservations(imports, count, batch);
	koji_batch_write(batch, koji->session);
	for (size_t i = 0; i < count; i++) {
		const bool was_good = !imports[i].outcome->error;

		for (size_t j = 0; was_good && j < imports[i].parts_count; j++) {
			struct import_part *part = &imports[i].parts[j];

			if (part->state != IMPORT_ABSENT && part->state != IMPORT_LOST)
				continue;
			next += part->state == IMPORT_LOST;
			take_reservation(&imports[i], part, koji_batch_answer(batch, next++));
		}
		if (imports[i].was_reserved && !imports[i].outcome->error)
			keep_reservation(&imports[i]);
	}
}

/* ---- importing -------------------------------------------------------------------------- */

static char *directory_of(const struct import *import, const struct import_part *part)
{
	return g_strdup_printf("mbs/%s.%" G_GUINT64_FORMAT "%s", import->want->idem_key,
			       import->want->build->id, part->is_devel ? ".devel" : "");
}

/* The metadata as the call takes them: large ones go the way of the files. */
static bool metadata_argument(struct koji_builder *koji, const char *directory,
			      struct json_object *metadata, struct json_object **ret,
			      GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_json(text, metadata);
	if (text->len <= METADATA_MAX) {
		*ret = json_object_get(metadata);
		return true;
	}
	*ret = json_object_new_string(METADATA_FILE);
	return import_send(koji, directory, METADATA_FILE, text->str, error);
}

static bool send_files(struct koji_builder *koji, const char *directory, const GPtrArray *files,
		       GError **error)
{
	for (guint i = 0; i < files->len; i++) {
		const struct import_file *file = g_ptr_array_index(files, i);

		if (!import_send(koji, directory, file->name, file->text, error))
			return false;
	}
	return true;
}

/* What was refused may be done: then somebody of us was here before. */
static void look_again(struct koji_builder *koji, struct import *import, struct import_part *part,
		       struct koji_answer *refused)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	g_autoptr(GError) problem = NULL;
	struct koji_answer *answer;

	if (!refused->is_outage) {
		koji_batch_add(batch, "getBuild", "s", part->nvr);
		koji_batch_read(batch, koji->session);
		answer = koji_batch_answer(batch, 0);
		g_clear_pointer(&part->token, g_free);
		if (!answer->error && judge_part(koji, import, part, answer->value, &problem) &&
		    part->state == IMPORT_DONE)
			return;
	}
	koji_blame(import->outcome, refused, part->nvr);
	explain_refusal(import->outcome, refused);
}

/* The token is not the hub's any more: without it, the next call reserves anew. */
static void give_up_token(struct koji_builder *koji, struct import *import,
			  const struct import_part *part)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	GError *error = import->outcome->error;

	if (!error || import->outcome->is_outage ||
	    (part->state == IMPORT_RESERVED && !strstr(error->message, "Token doesn't match")))
		return;
	error->code = RIDA_ERROR_UNAVAILABLE;
	if (part->state != IMPORT_RESERVED)
		return;
	koji_batch_add(batch, "cancelBuild", "i", part->build_id);
	koji_batch_write(batch, koji->session);
}

static void call_import(struct koji_builder *koji, struct import *import, struct import_part *part,
			struct json_object *metadata, const char *directory)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	struct koji_answer *answer;

	koji_batch_add(batch, "CGImport", "oss", metadata, directory, part->token);
	koji_batch_write(batch, koji->session);
	answer = koji_batch_answer(batch, 0);
	if (!answer->error) {
		part->state = IMPORT_DONE;
		return;
	}
	look_again(koji, import, part, answer);
	give_up_token(koji, import, part);
}

static void import_part(struct koji_builder *koji, struct import *import, struct import_part *part)
{
	g_autofree char *directory = directory_of(import, part);
	g_autoptr(GPtrArray) files = NULL;
	g_autoptr(JsonObject) metadata = NULL;
	struct json_object *argument = NULL;
	GError **error = &import->outcome->error;
	uint64_t session_id;

	if (!import_files(import, part, &files, error))
		return;
	metadata = import_metadata(import, part, files);
	if (send_files(koji, directory, files, error) &&
	    metadata_argument(koji, directory, metadata, &argument, error)) {
		call_import(koji, import, part, argument, directory);
		return;
	}
	json_object_put(argument);
	g_prefix_error(error, "%s: ", part->nvr);
	import->outcome->is_outage = !koji_login(koji->session, &session_id, NULL);
}

/* The module's document is that of its first architecture. */
static void finish(struct koji_builder *koji, struct import *import)
{
	struct outcome *outcome = import->outcome;
	g_auto(Content) content = { 0 };

	import_select(import, import->arches[0], false, &content);
	if (!import_document(import, import->arches[0], false, &content, &outcome->modulemd,
			     &outcome->error))
		return;
	for (size_t i = 0; i < import->parts_count && !outcome->error; i++)
		if (import->parts[i].state == IMPORT_RESERVED)
			import_part(koji, import, &import->parts[i]);
}

void koji_finish_many(struct builder *builder, const struct build_want *wants, size_t count,
		      struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	const struct koji_options *options = &koji->options->koji;
	g_autofree struct import *imports = g_new0(struct import, count);

	for (size_t i = 0; i < count; i++)
		import_init(&imports[i], options, &wants[i], &outcomes[i]);
	look(koji, imports, count);
	reserve(koji, imports, count);
	import_read(koji, imports, count);
	for (size_t i = 0; i < count; i++)
		if (import_goes_on(&imports[i]))
			finish(koji, &imports[i]);
	if (options->with_import_tag)
		import_tag_many(koji, imports, count);
	for (size_t i = 0; i < count; i++) {
		outcomes[i].is_ready = import_goes_on(&imports[i]);
		import_clear(&imports[i]);
	}
}
