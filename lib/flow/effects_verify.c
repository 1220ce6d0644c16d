/* SPDX-License-Identifier: MIT */
#include "flow/effects.h"

#include <string.h>

#include "base/error.h"
#include "flow/record.h"
#include "flow/submit.h"
#include "flow/verify.h"

/* One check may take this long, or half a lease; it leaves time to end when the pass is stopped. */
#define VERIFY_SECONDS 25
/* After so long the other builds have their turn. */
#define VERIFY_ROUND_SECONDS 2

/* The module's own components; module-build-macros has no repository. */
static GPtrArray *own_components(const struct build *build)
{
	GPtrArray *own = g_ptr_array_new();

	for (guint i = 0; i < build->components->len; i++) {
		struct component *component = g_ptr_array_index(build->components, i);

		if (!component->build_time_only)
			g_ptr_array_add(own, component);
	}
	return own;
}

static char *join_lines(const GPtrArray *lines)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; lines && i < lines->len; i++)
		g_string_append_printf(text, "%s%s", text->len ? "\n" : "",
				       (const char *)g_ptr_array_index(lines, i));
	return g_string_free(text, FALSE);
}

/* The document as it is built: with the commits that the check has found. */
static bool store_document(struct pass *pass, struct work *work, GError **error)
{
	g_autofree char *source = NULL;

	return modulemd_store_get(pass->db, work->build->id, MODULEMD_SOURCE, &source, error) &&
	       submit_document(work->build, source, &work->documents[MODULEMD_STORED], error);
}

/* A warning "component: text" as a row. */
static void warnings_keep(struct work *work, const GPtrArray *lines)
{
	for (guint i = 0; lines && i < lines->len; i++) {
		const char *line = g_ptr_array_index(lines, i);
		const char *colon = strstr(line, ": ");
		struct warning *warning = g_new(struct warning, 1);

		warning->component =
			g_strndup(colon ? line : "", colon ? (gsize)(colon - line) : 0);
		warning->text = g_strdup(colon ? colon + 2 : line);
		g_ptr_array_add(work->warnings, warning);
	}
}

static void verification_learn(struct pass *pass, struct work *work,
			       const struct verify_result *result)
{
	g_autofree char *reasons = join_lines(result->reasons);
	g_autofree char *late = join_lines(result->late);
	GError *problem = NULL;

	switch (result->outcome) {
	case VERIFY_GOOD:
		if (!store_document(pass, work, &problem))
			break;
		work->build->verification = VERIFICATION_GOOD;
		work->is_changed = true;
		warnings_keep(work, result->warnings);
		break;
	case VERIFY_BAD:
		work->build->verification = VERIFICATION_BAD;
		text_set(&work->build->state_reason, reasons);
		work->is_changed = true;
		warnings_keep(work, result->warnings);
		break;
	case VERIFY_LATE:
	case VERIFY_AWAY:
		fail(&problem, RIDA_ERROR_UNAVAILABLE,
		     "the components could not be checked yet: %s%s%s", late,
		     *late && *reasons ? "; " : "", reasons);
		break;
	}
	record_work(pass, work, NULL);
	if (problem)
		work_fail(work, problem);
	pass->report->performed++;
}

static void verify_one(struct pass *pass, struct work *work)
{
	g_autoptr(GPtrArray) components = own_components(work->build);
	g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(g_free);
	const uint64_t seconds = MIN(VERIFY_SECONDS, MAX(pass->config->lease / 2, 1));
	struct verify_result result = { 0 };

	for (guint i = 0; i < components->len; i++) {
		const struct component *component = g_ptr_array_index(components, i);

		g_ptr_array_add(before, g_strdup(component->commit));
	}
	verify_components(pass->config, work->build->builder, components,
			  g_get_monotonic_time() + (int64_t)seconds * G_USEC_PER_SEC, &result);
	pass_renew(pass);
	for (guint i = 0; i < components->len; i++) {
		struct component *component = g_ptr_array_index(components, i);

		if (g_strcmp0(component->commit, g_ptr_array_index(before, i)) == 0)
			continue;
		component->is_changed = true;
		work->is_changed = true;
	}
	verification_learn(pass, work, &result);
	verify_result_clear(&result);
}

void perform_verify(struct pass *pass, struct builder *builder G_GNUC_UNUSED, GPtrArray *works)
{
	const int64_t until = g_get_monotonic_time() + VERIFY_ROUND_SECONDS * G_USEC_PER_SEC;

	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		pass_renew(pass);
		if (pass_is_over(pass))
			return;
		if (g_get_monotonic_time() < until)
			verify_one(pass, work);
		else
			work->is_active = true;
	}
}
