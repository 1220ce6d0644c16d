/* SPDX-License-Identifier: MIT */
#include "model/content.h"

#include <stdlib.h>
#include <string.h>

#include "model/arch.h"

/* One selection on its way. */
struct selection {
	const struct content_rules *rules;
	const GPtrArray *all; /* struct content_rpm */
	const char *arch;
	bool is_devel;
	GHashTable *binaries; /* names of all binary RPMs, of any architecture */
	/* of the RPMs that are in the module itself: */
	GHashTable *names;
	GHashTable *sources; /* struct content_rpm */
	/* what is selected */
	GPtrArray *kept; /* struct content_rpm */
	GHashTable *licenses;
};

void content_rpm_clear(struct content_rpm *rpm)
{
	g_free(rpm->name.name);
	g_free(rpm->name.version);
	g_free(rpm->name.release);
	g_free(rpm->name.arch);
	g_free(rpm->license);
	g_strfreev(rpm->exclusive);
	g_strfreev(rpm->excluded);
	*rpm = (struct content_rpm){ 0 };
}

void content_clear(struct content *content)
{
	g_clear_pointer(&content->rpms, g_ptr_array_unref);
	g_clear_pointer(&content->nevras, g_strfreev);
	g_clear_pointer(&content->licenses, g_strfreev);
}

static bool is_source(const struct content_rpm *rpm)
{
	return rpm->source == rpm;
}

static bool is_listed(char *const *list, const char *text)
{
	return list && g_strv_contains((const char *const *)list, text);
}

/* The name of the package that a debug package belongs to; NULL: it is none. The caller frees it.
 */
static char *debugged(const char *name)
{
	static const char *const suffixes[] = { "-debuginfo", "-debugsource" };

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
		if (g_str_has_suffix(name, suffixes[i]))
			return g_strndup(name, strlen(name) - strlen(suffixes[i]));
	return NULL;
}

/* Whether this architecture can have the RPM at all. */
static bool is_for_arch(const struct selection *selection, const struct content_rpm *rpm)
{
	const char *arch = selection->arch;
	const struct content_rpm *source = rpm->source;

	if (!arch_has_multilib(arch, rpm->name.arch) && !g_str_equal(rpm->name.arch, arch) &&
	    !g_str_equal(rpm->name.arch, "noarch"))
		return false;
	if (arch_is_among(arch, (const char *const *)source->excluded))
		return false;
	return !source->exclusive || !*source->exclusive ||
	       arch_is_among(arch, (const char *const *)source->exclusive);
}

/* Whether the document has the RPM in the module. */
static bool is_wanted(const struct selection *selection, const struct content_rpm *rpm)
{
	const struct content_rules *rules = selection->rules;
	const char *source = rpm->source->name.name;
	const struct content_component *component = g_hash_table_lookup(rules->components, source);
	const char *arch = selection->arch;

	if (rules->whitelist && *rules->whitelist ? !is_listed(rules->whitelist, source)
						  : !component)
		return false;
	if (is_listed(rules->filter, rpm->name.name) || (component && component->build_only))
		return false;
	if (!component)
		return g_str_equal(rpm->name.arch, "noarch") || g_str_equal(rpm->name.arch, arch);
	return is_listed(component->multilib, arch) || !arch_has_multilib(arch, rpm->name.arch);
}

/* A debug package goes where its package goes; one that has none, where its source went. */
static bool is_debug_wanted(const struct selection *selection, const struct content_rpm *rpm,
			    const char *debugged_name)
{
	if (!g_hash_table_contains(selection->names, debugged_name) &&
	    (g_hash_table_contains(selection->binaries, debugged_name) ||
	     !g_hash_table_contains(selection->sources, rpm->source)))
		return false;
	return is_wanted(selection, rpm);
}

static void keep(struct selection *selection, const struct content_rpm *rpm)
{
	g_ptr_array_add(selection->kept, (gpointer)(uintptr_t)rpm);
}

/* Two rounds, since a debug package follows what was decided of others. */
static void select_binaries(struct selection *selection, bool is_debug_round)
{
	for (guint i = 0; i < selection->all->len; i++) {
		const struct content_rpm *rpm = g_ptr_array_index(selection->all, i);
		g_autofree char *debugged_name = debugged(rpm->name.name);
		bool is_included;

		if (is_source(rpm) || !debugged_name == is_debug_round ||
		    !is_for_arch(selection, rpm))
			continue;
		is_included = debugged_name ? is_debug_wanted(selection, rpm, debugged_name)
					    : is_wanted(selection, rpm);
		if (is_included) {
			g_hash_table_add(selection->names, rpm->name.name);
			g_hash_table_add(selection->sources, (gpointer)(uintptr_t)rpm->source);
		}
		if (is_included == selection->is_devel)
			continue;
		keep(selection, rpm);
		if (rpm->license && *rpm->license)
			g_hash_table_add(selection->licenses, rpm->license);
	}
}

static void select_sources(struct selection *selection)
{
	for (guint i = 0; i < selection->all->len; i++) {
		const struct content_rpm *rpm = g_ptr_array_index(selection->all, i);

		if (is_source(rpm) &&
		    g_hash_table_contains(selection->sources, rpm) != selection->is_devel)
			keep(selection, rpm);
	}
}

static gint compare_rpms(gconstpointer a, gconstpointer b)
{
	const struct content_rpm *const *first = a;
	const struct content_rpm *const *second = b;
	g_autofree char *first_text = rpm_name_nevra(&(*first)->name);
	g_autofree char *second_text = rpm_name_nevra(&(*second)->name);

	return strcmp(first_text, second_text);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **sorted_texts(GHashTable *set)
{
	guint count;
	char **texts = (char **)g_hash_table_get_keys_as_array(set, &count);

	qsort(texts, count, sizeof *texts, compare_texts);
	for (guint i = 0; i < count; i++)
		texts[i] = g_strdup(texts[i]);
	return texts;
}

static char **nevras_of(const GPtrArray *rpms)
{
	char **nevras = g_new0(char *, rpms->len + 1);

	for (guint i = 0; i < rpms->len; i++) {
		const struct content_rpm *rpm = g_ptr_array_index(rpms, i);

		nevras[i] = rpm_name_nevra(&rpm->name);
	}
	return nevras;
}

void content_select(const struct content_rules *rules, const GPtrArray *rpms, const char *arch,
		    bool is_devel, struct content *ret)
{
	g_autoptr(GHashTable) binaries = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) sources = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) licenses = g_hash_table_new(g_str_hash, g_str_equal);
	struct selection selection = { .rules = rules,
				       .all = rpms,
				       .arch = arch,
				       .is_devel = is_devel,
				       .binaries = binaries,
				       .names = names,
				       .sources = sources,
				       .kept = g_ptr_array_new(),
				       .licenses = licenses };

	for (guint i = 0; i < rpms->len; i++) {
		const struct content_rpm *rpm = g_ptr_array_index(rpms, i);

		if (!is_source(rpm))
			g_hash_table_add(binaries, rpm->name.name);
	}
	select_binaries(&selection, false);
	select_binaries(&selection, true);
	select_sources(&selection);
	g_ptr_array_sort(selection.kept, compare_rpms);
	*ret = (struct content){ .rpms = selection.kept,
				 .nevras = nevras_of(selection.kept),
				 .licenses = sorted_texts(licenses) };
}
