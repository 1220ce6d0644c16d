/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "text/json.h"

#define RESERVATION_MAX 255 /* bytes that are kept of it */
#define FAULT_NO_ACCESS 1002

void import_explain(struct outcome *outcome, const struct koji_answer *answer)
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
		import_explain(outcome, answer);
		return;
	}
	if (!token || !koji_number(answer->value, "build_id", &part->build_id)) {
		koji_nonsense(outcome, part->nvr);
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
		json_object_object_add(kept, part->key, object);
	}
	append_json(text, kept);
	if (text->len > RESERVATION_MAX)
		fail(&import->outcome->error, RIDA_ERROR_INTERNAL,
		     "the hub's tokens are too long to be kept: %zu bytes", text->len);
	else
		import->outcome->reservation = g_strdup(text->str);
}

void import_reserve_many(struct koji_builder *koji, struct import *imports, size_t count)
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

/* ---- giving up -------------------------------------------------------------------------- */

/* Nothing is reserved before everything is built. */
static bool may_be_reserved(const struct build *build)
{
	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		if (component->state != COMPONENT_COMPLETE)
			return false;
	}
	return !build->is_finished;
}

static bool is_reserved(const struct import_part *part)
{
	return part->state == IMPORT_LOST || part->state == IMPORT_RESERVED;
}

static void abandon(struct koji_builder *koji, struct import *imports, size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	size_t next = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < imports[i].parts_count; j++)
			if (is_reserved(&imports[i].parts[j]))
				koji_batch_add(batch, "cancelBuild", "i",
					       imports[i].parts[j].build_id);
	koji_batch_write(batch, koji->session);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < imports[i].parts_count; j++)
			if (is_reserved(&imports[i].parts[j]))
				koji_blame(imports[i].outcome, koji_batch_answer(batch, next++),
					   imports[i].parts[j].nvr);
}

void import_abandon_many(struct koji_builder *koji, const struct build_want *wants, size_t count,
			 struct outcome *outcomes)
{
	g_autofree struct import *imports = g_new0(struct import, count);
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		if (!outcomes[i].error && may_be_reserved(wants[i].build))
			import_init(&imports[left++], &koji->options->koji, &wants[i],
				    &outcomes[i]);
	import_look_many(koji, imports, left);
	abandon(koji, imports, left);
	for (size_t i = 0; i < left; i++) {
		if (imports[i].outcome->error &&
		    error_code(imports[i].outcome->error) == RIDA_ERROR_CONFLICT)
			g_clear_error(&imports[i].outcome->error);
		import_clear(&imports[i]);
	}
}
