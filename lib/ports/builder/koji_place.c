/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_place.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"

/* Modules come before what the distribution is made from, and so win over it. */
static gint by_precedence(gconstpointer a, gconstpointer b)
{
	const struct build_require *one = *(struct build_require *const *)a;
	const struct build_require *other = *(struct build_require *const *)b;

	if (one->is_base != other->is_base)
		return one->is_base ? 1 : -1;
	return strcmp(one->tag, other->tag);
}

static GPtrArray *sorted_requires(const GPtrArray *requires)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *sorted = g_ptr_array_new();

	for (guint i = 0; requires && i < requires->len; i++) {
		struct build_require *require = g_ptr_array_index(requires, i);

		if (require->tag && *require->tag && g_hash_table_add(seen, require->tag))
			g_ptr_array_add(sorted, require);
	}
	g_ptr_array_sort(sorted, by_precedence);
	return sorted;
}

static bool names_check(const struct koji_builder *koji, const struct build *build, GError **error)
{
	const char *const names[] = { build->tag, build->target };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (!koji_name_check(koji, names[i] ? names[i] : "", error))
			return false;
	return true;
}

bool koji_place_init(struct koji_place *place, const struct koji_builder *koji,
		     const struct build_want *want, struct outcome *outcome)
{
	*place = (struct koji_place){ .want = want,
				      .options = &koji->options->koji,
				      .outcome = outcome };
	place->requires = sorted_requires(want->requires);
	place->parents = g_new0(struct json_object *, place->requires->len + 1);
	if (!names_check(koji, want->build, &outcome->error))
		return false;
	place->build_tag = koji_build_tag(want->build);
	return document_read(want->modulemd, strlen(want->modulemd), &place->document,
			     &outcome->error);
}

void koji_place_clear(struct koji_place *place)
{
	g_free(place->build_tag);
	document_free(place->document);
	if (place->requires)
		g_ptr_array_unref(place->requires);
	g_free(place->parents);
	g_free(place->arches);
	*place = (struct koji_place){ 0 };
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The different ones of the words, sorted, lent. */
static GPtrArray *distinct(char *const *words)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *sorted = g_ptr_array_new();

	for (size_t i = 0; words[i]; i++)
		if (*words[i] && g_hash_table_add(seen, words[i]))
			g_ptr_array_add(sorted, words[i]);
	g_ptr_array_sort(sorted, by_text);
	return sorted;
}

/* Architectures as the hub keeps them: different, sorted, separated by blanks. */
static char *arches_text(char *const *words)
{
	g_autoptr(GPtrArray) sorted = distinct(words);

	g_ptr_array_add(sorted, NULL);
	return g_strjoinv(" ", (char **)sorted->pdata);
}

/* What is configured for builds that require that module. */
static char *arches_of_requires(const struct koji_place *place)
{
	for (guint i = 0; i < place->requires->len; i++) {
		const struct build_require *require = g_ptr_array_index(place->requires, i);
		g_autofree char *start = g_strdup_printf("%s:%s=", require->name, require->stream);
		char *const *row = place->options->module_arches;

		for (; row && *row; row++) {
			g_auto(GStrv) words = NULL;

			if (!g_str_has_prefix(*row, start))
				continue;
			words = g_strsplit(*row + strlen(start), ",", -1);
			return arches_text(words);
		}
	}
	return g_strdup("");
}

static bool is_privileged(const struct koji_place *place, const struct build_require *require)
{
	char *const *names = place->options->privileged_modules;

	return names && g_strv_contains((const char *const *)names, require->name);
}

/* Those of the tags of privileged modules, else of base modules. */
static char *arches_of_parents(const struct koji_place *place)
{
	for (int base = 0; base < 2; base++) {
		for (guint i = 0; i < place->requires->len; i++) {
			const struct build_require *require = g_ptr_array_index(place->requires, i);
			const char *text = koji_text(place->parents[i], "arches");
			g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);
			g_autofree char *arches = arches_text(words);

			if (*arches && (base ? require->is_base : is_privileged(place, require)))
				return g_steal_pointer(&arches);
		}
	}
	return g_strdup("");
}

char *koji_place_arches(const struct koji_place *place, GError **error)
{
	g_autofree char *arches = arches_of_requires(place);

	if (!*arches) {
		g_free(arches);
		arches = arches_of_parents(place);
	}
	if (!*arches && place->options->arches) {
		g_free(arches);
		arches = arches_text(place->options->arches);
	}
	if (*arches)
		return g_steal_pointer(&arches);
	fail(error, RIDA_ERROR_INTERNAL,
	     "no architectures are known for module %s: set the option arches",
	     place->want->build->name);
	return NULL;
}

GPtrArray *koji_place_packages(const struct koji_place *place)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const GPtrArray *components = place->want->build->components;

	for (guint i = 0; i < components->len; i++)
		g_ptr_array_add(names, ((struct component *)components->pdata[i])->name);
	for (char **name = place->document->whitelist; name && *name; name++)
		g_ptr_array_add(names, *name);
	g_ptr_array_add(names, NULL);
	return distinct((char **)names->pdata);
}

bool koji_plan_target(struct koji_place *place, struct koji_batch *writes)
{
	const struct build *build = place->want->build;
	const char *build_tag = koji_text(place->target, "build_tag_name");
	const char *tag = koji_text(place->target, "dest_tag_name");

	if (!place->target) {
		koji_batch_add(writes, "createBuildTarget", "sss", build->target, place->build_tag,
			       build->tag);
		return true;
	}
	if (!build_tag || !tag || g_strcmp0(koji_text(place->target, "name"), build->target) != 0)
		return koji_nonsense(place->outcome, build->target);
	if (strcmp(build_tag, place->build_tag) == 0 && strcmp(tag, build->tag) == 0)
		return true;
	return fail(&place->outcome->error, RIDA_ERROR_INTERNAL,
		    "target %s exists with other tags than %s and %s: an operator of Koji must "
		    "remove it or edit it",
		    build->target, place->build_tag, build->tag);
}
