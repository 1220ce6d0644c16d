/* SPDX-License-Identifier: MIT */
#include "flow/requires.h"

#include <string.h>

#include "base/error.h"
#include "flow/base_modules.h"
#include "flow/effects.h"
#include "flow/requests.h"
#include "flow/submit.h"
#include "mmd/document.h"
#include "ports/builder/builder.h"
#include "store/request_store.h"
#include "store/require_store.h"

#define CONTEXT_FALLBACK "00000000"

/* A module that can be built with. */
struct offer {
	struct build *build;
	struct document *document;
};

/* The builds that are settled together. */
struct settling {
	struct pass *pass;
	GPtrArray *works;
	GHashTable *documents; /* struct work -> struct document */
	GHashTable *offers;    /* "name:stream" -> struct offer, ready builds */
};

static void offer_free(void *data)
{
	struct offer *offer = data;

	build_free(offer->build);
	document_free(offer->document);
	g_free(offer);
}

bool requires_are_open(const struct work *work)
{
	const struct build *build = work->build;
	const struct builder_ops *builder = builder_find(build->builder, NULL);

	if (!builder || !builder->has_tags || build->verification != VERIFICATION_GOOD)
		return false;
	if (build->state == BUILD_INIT)
		return !work->requires;
	/* It failed before it was given names: it goes through init again. */
	return build->state == BUILD_FAILED && !(build->dist && *build->dist);
}

static bool is_to_settle(const struct work *work)
{
	return work->is_in_round && !work->error && work->build->state == BUILD_INIT &&
	       requires_are_open(work) && !request_find(work, REQUEST_CANCEL);
}

/* The one stream that is asked for; NULL: none, several, or what is not wanted. */
static const char *wanted_stream(const struct document_require *require)
{
	const char *first = *require->streams;

	return first && *first != '-' && !require->streams[1] ? first : NULL;
}

/* The documents of the builds; those that cannot be read have the error and leave. */
static void read_documents(struct settling *settling)
{
	works_need_modulemd(settling->pass, settling->works);
	for (guint i = settling->works->len; i > 0; i--) {
		struct work *work = g_ptr_array_index(settling->works, i - 1);
		struct document *document = NULL;
		GError *problem = NULL;

		pass_renew(settling->pass);
		if (document_read(work->modulemd, strlen(work->modulemd), &document, &problem)) {
			g_hash_table_insert(settling->documents, work, document);
			continue;
		}
		work_fail(work, problem);
		g_ptr_array_remove_index(settling->works, i - 1);
	}
}

/* Base modules are read when a build of the pass first requires anything. Files that cannot be read
 * are no build's fault, and hold up all of them. */
static void read_base_modules(struct settling *settling)
{
	struct pass *pass = settling->pass;
	g_autoptr(GError) problem = NULL;

	for (guint i = settling->works->len; i > 0; i--) {
		struct work *work = g_ptr_array_index(settling->works, i - 1);
		const struct document *document = g_hash_table_lookup(settling->documents, work);

		if (!document->build_requires->len || pass->base_modules)
			continue;
		if (!problem &&
		    base_modules_read(pass->config->base_modules, &pass->base_modules, &problem))
			continue;
		work->is_uncounted = true;
		work_fail(work, g_error_copy(problem));
		g_ptr_array_remove_index(settling->works, i - 1);
	}
}

static char *offer_key(const char *name, const char *stream)
{
	return g_strdup_printf("%s:%s", name, stream);
}

/* What no base module is, each once. */
static GArray *wishes_of(const struct settling *settling)
{
	GArray *wishes = g_array_new(FALSE, FALSE, sizeof(struct require_wish));
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < settling->works->len; i++) {
		const struct document *document = g_hash_table_lookup(
			settling->documents, g_ptr_array_index(settling->works, i));

		for (guint k = 0; k < document->build_requires->len; k++) {
			const struct document_require *require =
				g_ptr_array_index(document->build_requires, k);
			const struct require_wish wish = { require->name, wanted_stream(require) };

			if (wish.stream &&
			    !base_modules_find(settling->pass->base_modules, wish.name,
					       wish.stream) &&
			    g_hash_table_add(known, offer_key(wish.name, wish.stream)))
				g_array_append_val(wishes, wish);
		}
	}
	return wishes;
}

/* A ready build whose document cannot be read cannot be built with. */
static bool read_offers(struct settling *settling, GPtrArray *builds, GError **error)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GHashTable) by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GPtrArray) texts = NULL;

	for (guint i = 0; i < builds->len; i++) {
		struct build *build = g_ptr_array_index(builds, i);
		struct offer *offer = g_new0(struct offer, 1);

		offer->build = build;
		g_array_append_val(ids, build->id);
		g_hash_table_insert(by_id, &build->id, offer);
		g_hash_table_insert(settling->offers, offer_key(build->name, build->stream), offer);
	}
	g_ptr_array_set_free_func(builds, NULL);
	if (!modulemd_store_load(settling->pass->db, MODULEMD_STORED,
				 (const uint64_t *)(void *)ids->data, ids->len, &texts, error))
		return false;
	for (guint i = 0; i < texts->len; i++) {
		const struct modulemd *text = g_ptr_array_index(texts, i);
		struct offer *offer = g_hash_table_lookup(by_id, &text->build_id);

		document_read(text->text, strlen(text->text), &offer->document, NULL);
	}
	return true;
}

static bool find_offers(struct settling *settling, GError **error)
{
	g_autoptr(GArray) wishes = wishes_of(settling);
	g_autoptr(GPtrArray) builds = NULL;

	if (!wishes->len)
		return true;
	return require_store_find_ready(settling->pass->db,
					(const struct require_wish *)(void *)wishes->data,
					wishes->len, &builds, error) &&
	       (!builds->len || read_offers(settling, builds, error));
}

static char *names_text(char **names)
{
	return names ? g_strjoinv(" ", names) : g_strdup("");
}

static struct build_require *require_new(const struct document *document)
{
	struct build_require *require = g_new0(struct build_require, 1);

	require->buildroot = names_text(document->buildroot);
	require->srpm_buildroot = names_text(document->srpm_buildroot);
	require->filter = names_text(document->filter);
	return require;
}

static struct build_require *require_of_base(const struct document *document)
{
	struct build_require *require = require_new(document);

	require->name = g_strdup(document->name);
	require->stream = g_strdup(document->stream);
	require->version = document->version;
	require->context = g_strdup(document->context ? document->context : CONTEXT_FALLBACK);
	require->tag = g_strdup(document->koji_tag ? document->koji_tag : "");
	require->marking = g_strdup(document->marking);
	require->is_base = true;
	return require;
}

static struct build_require *require_of_offer(const struct offer *offer)
{
	struct build_require *require = require_new(offer->document);
	const char *marking = offer->document->marking;

	require->name = g_strdup(offer->build->name);
	require->stream = g_strdup(offer->build->stream);
	require->version = offer->build->version;
	require->context = g_strdup(offer->build->context);
	require->tag = g_strdup(offer->build->tag);
	require->marking = g_strdup(marking ? marking : "");
	return require;
}

static void refuse_streams(const struct document_require *require, GString *reasons)
{
	g_autofree char *streams = g_strjoinv(", ", require->streams);

	g_string_append_printf(reasons,
			       "%s is required for building without a certain stream (%s): name "
			       "exactly one, streams are not expanded yet\n",
			       require->name, *streams ? streams : "any");
}

/* What is required, or NULL with a line of words. */
static struct build_require *find(const struct settling *settling,
				  const struct document_require *wanted, GString *reasons)
{
	const char *stream = wanted_stream(wanted);
	g_autofree char *key = NULL;
	const struct document *base;
	const struct offer *offer;

	if (!stream) {
		refuse_streams(wanted, reasons);
		return NULL;
	}
	base = base_modules_find(settling->pass->base_modules, wanted->name, stream);
	if (base)
		return require_of_base(base);
	key = offer_key(wanted->name, stream);
	offer = g_hash_table_lookup(settling->offers, key);
	if (offer && offer->document)
		return require_of_offer(offer);
	g_string_append_printf(reasons,
			       "%s is required for building, and there is no such base module, and "
			       "no ready build of it\n",
			       key);
	return NULL;
}

/* The document tells what it is built with, too. */
static void keep(struct work *work, GPtrArray *requires)
{
	char **stored = &work->documents[MODULEMD_STORED];
	GError *problem = NULL;

	if (requires->len &&
	    !submit_document(work->build, work->modulemd, requires, stored, &problem)) {
		work_fail(work, problem);
		return;
	}
	if (*stored) {
		g_free(work->modulemd);
		work->modulemd = g_strdup(*stored);
	}
	work->requires = g_ptr_array_ref(requires);
	work->has_new_requires = true;
}

static void refuse(struct work *work, GString *reasons)
{
	text_set(&work->build->state_reason, g_strchomp(reasons->str));
	work->build->verification = VERIFICATION_BAD;
	work->is_changed = true;
}

/* All of what the build requires, or the reasons why it cannot be built. */
static void settle(const struct settling *settling, struct work *work)
{
	const struct document *document = g_hash_table_lookup(settling->documents, work);
	g_autoptr(GPtrArray) requires =
		g_ptr_array_new_with_free_func((GDestroyNotify)build_require_free);
	g_autoptr(GString) reasons = g_string_new(NULL);

	if (document->has_variants)
		g_string_append(reasons,
				"the blocks of dependencies have different build requirements: "
				"several builds of one document are not supported yet\n");
	for (guint i = 0; i < document->build_requires->len; i++) {
		struct build_require *require =
			find(settling, g_ptr_array_index(document->build_requires, i), reasons);

		if (!require)
			continue;
		require->build_id = work->build->id;
		g_ptr_array_add(requires, require);
	}
	if (reasons->len)
		refuse(work, reasons);
	else
		keep(work, requires);
}

bool requires_settle(struct pass *pass, GError **error)
{
	g_autoptr(GPtrArray) works = g_ptr_array_new();
	g_autoptr(GHashTable) documents =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)document_free);
	g_autoptr(GHashTable) offers =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, offer_free);
	struct settling settling = { pass, works, documents, offers };

	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = g_ptr_array_index(pass->works, i);

		if (is_to_settle(work))
			g_ptr_array_add(works, work);
	}
	if (!works->len)
		return true;
	read_documents(&settling);
	read_base_modules(&settling);
	if (!find_offers(&settling, error))
		return false;
	for (guint i = 0; i < works->len; i++) {
		pass_renew(pass);
		settle(&settling, g_ptr_array_index(works, i));
	}
	return true;
}
