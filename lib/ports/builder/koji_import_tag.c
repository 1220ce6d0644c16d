/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"

/* Where the builds of one import are tagged: the first of these tags that Koji has. */
#define CANDIDATES 2

struct tagging {
	char *names[CANDIDATES]; /* NULL: there is none */
	size_t tags[CANDIDATES]; /* calls */
	size_t listings[IMPORT_PARTS];
	const char *name; /* the chosen one; NULL: none exists */
	size_t calls[IMPORT_PARTS];
	bool is_called[IMPORT_PARTS];
};

static void tagging_clear(struct tagging *tagging)
{
	for (size_t i = 0; i < CANDIDATES; i++)
		g_free(tagging->names[i]);
}

/* The template with the stream of the first base module; NULL: it needs one and there is none. */
static char *tag_by_template(const char *template, const GPtrArray *requires)
{
	GString *name = g_string_new(template);
	const char *stream = NULL;

	for (guint i = 0; requires && i < requires->len && !stream; i++) {
		const struct build_require *require = g_ptr_array_index(requires, i);

		if (require->is_base)
			stream = require->stream;
	}
	if (!strstr(template, "{}") || stream) {
		g_string_replace(name, "{}", stream ? stream : "", 0);
		return g_string_free(name, FALSE);
	}
	g_string_free(name, TRUE);
	return NULL;
}

static bool is_taggable(const struct import *import)
{
	return import->parts_count && import_goes_on(import);
}

static void look(struct koji_builder *koji, const struct import *import, struct koji_batch *batch,
		 struct tagging *tagging)
{
	const struct koji_options *options = &koji->options->koji;

	if (*options->import_tag_template)
		tagging->names[0] =
			tag_by_template(options->import_tag_template, import->want->requires);
	if (*options->import_default_tag)
		tagging->names[1] = g_strdup(options->import_default_tag);
	for (size_t i = 0; i < CANDIDATES; i++)
		if (tagging->names[i])
			tagging->tags[i] = koji_batch_add(batch, "getTag", "s", tagging->names[i]);
	for (size_t i = 0; i < import->parts_count; i++)
		tagging->listings[i] =
			koji_batch_add(batch, "listTags", "*s", "build", import->parts[i].nvr);
}

static void choose(struct import *import, struct koji_batch *batch, struct tagging *tagging)
{
	struct outcome *outcome = import->outcome;
	struct json_object *tag = NULL;

	for (size_t i = 0; i < CANDIDATES && !tagging->name; i++) {
		if (!tagging->names[i])
			continue;
		if (!koji_expect_tag(batch, tagging->tags[i], tagging->names[i], outcome, &tag))
			return;
		if (tag)
			tagging->name = tagging->names[i];
	}
	if (!tagging->name)
		outcome->reason = g_strdup_printf(
			"%s is not tagged: Koji has no tag %s%s%s", import->parts[0].nvr,
			tagging->names[0] ? tagging->names[0] : "",
			tagging->names[0] && tagging->names[1] ? " or " : "",
			tagging->names[1] ? tagging->names[1] : "");
}

static bool is_tagged(struct json_object *tags, const char *name)
{
	const size_t count = tags ? json_object_array_length(tags) : 0;

	for (size_t i = 0; i < count; i++)
		if (g_strcmp0(koji_text(json_object_array_get_idx(tags, i), "name"), name) == 0)
			return true;
	return false;
}

static void ask(struct import *import, struct koji_batch *listed, struct koji_batch *batch,
		struct tagging *tagging)
{
	if (!tagging->name)
		return;
	for (size_t i = 0; i < import->parts_count; i++) {
		struct json_object *tags;

		if (!koji_expect(listed, tagging->listings[i], json_type_array,
				 import->parts[i].nvr, import->outcome, &tags))
			return;
		if (is_tagged(tags, tagging->name))
			continue;
		tagging->is_called[i] = true;
		tagging->calls[i] = koji_batch_add(batch, "tagBuild", "ss", tagging->name,
						   import->parts[i].nvr);
	}
}

/* A hub that has understood and does not want to. */
static bool is_refused(const struct koji_answer *answer)
{
	const RidaError code = error_code(answer->error);

	return answer->fault_code && !answer->is_outage && code != RIDA_ERROR_UNAVAILABLE &&
	       code != RIDA_ERROR_UNKNOWN_OUTCOME;
}

/* The module is imported: a tag that does not take it is for people to mend. What may have been
 * done is looked at the next time. */
static void judge(struct import *import, struct koji_batch *batch, const struct tagging *tagging)
{
	struct outcome *outcome = import->outcome;

	for (size_t i = 0; i < import->parts_count; i++) {
		struct koji_answer *answer;

		if (!tagging->is_called[i])
			continue;
		answer = koji_batch_answer(batch, tagging->calls[i]);
		if (!answer->error && !json_object_is_type(answer->value, json_type_int))
			koji_nonsense(outcome, import->parts[i].nvr);
		if (!answer->error || error_code(answer->error) == RIDA_ERROR_CONFLICT)
			continue;
		if (!is_refused(answer)) {
			answer->error->code = RIDA_ERROR_UNAVAILABLE;
			koji_blame(outcome, answer, import->parts[i].nvr);
		} else if (!outcome->reason) {
			outcome->reason = g_strdup_printf("%s is not tagged into %s: %s",
							  import->parts[i].nvr, tagging->name,
							  answer->error->message);
		}
	}
}

void import_tag_many(struct koji_builder *koji, struct import *imports, size_t count)
{
	g_autofree struct tagging *taggings = g_new0(struct tagging, count);
	g_autoptr(KojiBatch) looks = koji_batch_new();
	g_autoptr(KojiBatch) calls = koji_batch_new();

	for (size_t i = 0; i < count; i++)
		if (is_taggable(&imports[i]))
			look(koji, &imports[i], looks, &taggings[i]);
	koji_batch_read(looks, koji->session);
	for (size_t i = 0; i < count; i++)
		if (is_taggable(&imports[i])) {
			choose(&imports[i], looks, &taggings[i]);
			ask(&imports[i], looks, calls, &taggings[i]);
		}
	koji_batch_write(calls, koji->session);
	for (size_t i = 0; i < count; i++) {
		judge(&imports[i], calls, &taggings[i]);
		tagging_clear(&taggings[i]);
	}
}
