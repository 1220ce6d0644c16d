/* SPDX-License-Identifier: MIT */
#include "flow/submit_read.h"

#include "base/error.h"
#include "base/yaml_events.h"
#include "flow/verify_component.h"
#include "flow/verify_permissions.h"
#include "mmd/document.h"
#include "model/batch.h"
#include "model/macros_package.h"
#include "model/names.h"
#include "ports/scm/scm.h"
#include "text/timestamp.h"
#include "text/url.h"

#define CONTEXT_PLAIN  "00000000" /* until streams are expanded */
#define REF_FALLBACK   "master"
#define WEIGHT_DEFAULT 1.5

void submit_source_clear(struct submit_source *source)
{
	g_clear_pointer(&source->build, build_free);
	g_clear_pointer(&source->text, g_free);
	g_clear_pointer(&source->reasons, g_ptr_array_unref);
	g_clear_pointer(&source->permitted, g_ptr_array_unref);
}

static void component_destroy(void *component)
{
	component_free(component);
}

static bool read_text(const struct scm_url *url, struct scm_commit *commit, char **ret,
		      size_t *ret_length, GError **error)
{
	g_autofree char *standard = g_strdup_printf("%s.yaml", url->name);
	const char *path = url->path ? url->path : standard;
	g_autoptr(GError) problem = NULL;

	if (scm_commit_read(commit, path, yaml_caps_document.bytes, ret, ret_length, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_MISSING)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "there is no modulemd %s in %s at %s",
			    path, url->repository, scm_commit_hash(commit));
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static bool add_component(const struct config *config, const struct document_component *wanted,
			  struct submit_source *source, GError **error)
{
	struct component *component = component_new(wanted->name);
	g_autofree char *segment = url_segment(wanted->name);
	const char *const pairs[] = { "name", segment, NULL };

	g_ptr_array_add(source->build->components, component);
	if (!wanted->repository || config->rpms_allow_repository)
		g_ptr_array_add(source->permitted, component);
	if (wanted->repository)
		component->repository = g_strdup(wanted->repository);
	else if (!template_fill(config->rpms_repository, pairs, &component->repository, error))
		return false;
	text_set(&component->ref, wanted->ref && *wanted->ref ? wanted->ref : REF_FALLBACK);
	text_set(&component->arches, wanted->arches ? wanted->arches : "");
	component->build_order = wanted->build_order;
	component->build_only = wanted->build_only;
	component->weight = WEIGHT_DEFAULT;
	return true;
}

static void add_macros_package(struct build *build)
{
	struct component *component = component_new(MACROS_PACKAGE_NAME);

	component->build_time_only = true;
	component->weight = WEIGHT_DEFAULT;
	g_ptr_array_add(build->components, component);
}

static bool add_components(const struct config *config, const struct document *document,
			   struct submit_source *source, GError **error)
{
	struct build *build = source->build;

	verify_permissions(config, document, source->reasons);
	build->components = g_ptr_array_new_with_free_func(component_destroy);
	for (guint i = 0; i < document->components->len; i++) {
		const struct document_component *wanted =
			g_ptr_array_index(document->components, i);

		if (!add_component(config, wanted, source, error))
			return false;
	}
	if (build->components->len > 0)
		add_macros_package(build);
	batch_assign(build->components);
	return true;
}

static struct build *new_build(const struct config *config, const struct submit_wants *wants,
			       const struct scm_url *url, const struct scm_commit *commit)
{
	struct build *build = build_new();

	build->uuid = g_uuid_string_random();
	build->state = BUILD_INIT;
	build->gen = 1;
	build->epoch = 1;
	build->version = timestamp_version(scm_commit_time(commit));
	text_set(&build->name, url->name);
	text_set(&build->context, CONTEXT_PLAIN);
	text_set(&build->owner, wants->owner);
	text_set(&build->scmurl, wants->scmurl);
	text_set(&build->commit, scm_commit_hash(commit));
	text_set(&build->branch, url->ref && !commit_is_full(url->ref) ? url->ref : "");
	text_set(&build->builder, config->builder);
	return build;
}

bool submit_read(const struct config *config, const struct submit_wants *wants,
		 struct submit_source *source, GError **error)
{
	struct scm_rules rules = check_rules(config, source->deadline);
	g_autoptr(ScmUrl) url = NULL;
	g_autoptr(ScmCommit) commit = NULL;
	g_autoptr(Document) document = NULL;
	struct document_place place = { 0 };
	size_t length;

	if (!scm_url_read(wants->scmurl, &rules, &url, error) ||
	    !scm_fetch(url, url->ref, &rules, &commit, error) ||
	    !read_text(url, commit, &source->text, &length, error) ||
	    !document_read(source->text, length, &document, error))
		return false;
	source->reasons = g_ptr_array_new_with_free_func(g_free);
	source->permitted = g_ptr_array_new();
	source->build = new_build(config, wants, url, commit);
	place.repository = url->name;
	place.branch = *source->build->branch ? source->build->branch : NULL;
	return document_check(document, &place, &source->build->stream, error) &&
	       add_components(config, document, source, error);
}
