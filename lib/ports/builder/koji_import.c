/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import_content.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_slots.h"
#include "text/json.h"

/*
 * Koji itself says how far an import is: without a build, one is reserved; a build that is reserved
 * is imported with the token that was kept; a complete one of ours is done. So each call looks
 * first and goes one step on, wherever the last one ended. A reservation whose token was lost is
 * cancelled and made anew.
 */

#define METADATA_MAX  (192 << 10) /* bytes in the call itself: as XML it has five times as many */
#define METADATA_FILE "metadata.json"

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
	struct outcome seen = { 0 };
	bool is_done;

	koji_batch_add(batch, "getBuild", "s", part->nvr);
	koji_batch_read(batch, koji->session);
	is_done = import_look(koji, import, part, batch, 0, &seen) && part->state == IMPORT_DONE;
	outcomes_clear(&seen, 1);
	if (is_done)
		return;
	if (!refused->error)
		koji_nonsense(import->outcome, part->nvr);
	koji_blame(import->outcome, refused, part->nvr);
	import_explain(import->outcome, refused);
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
	if (g_strcmp0(koji_text(answer->value, "nvr"), part->nvr) == 0) {
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
	import_look_many(koji, imports, count);
	import_reserve_many(koji, imports, count);
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
