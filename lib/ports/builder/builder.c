/* SPDX-License-Identifier: MIT */
#include "ports/builder/builder.h"

#include <string.h>

#include "base/error.h"

static const struct builder_ops *const builders[] = {
	&builder_koji,
	&builder_local,
	&builder_memory,
};

void outcomes_clear(struct outcome *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g_clear_error(&outcomes[i].error);
		g_free(outcomes[i].nvr);
		g_free(outcomes[i].reason);
		g_free(outcomes[i].log_file);
		g_free(outcomes[i].excerpt);
		g_free(outcomes[i].modulemd);
		g_free(outcomes[i].reservation);
		g_free(outcomes[i].weights);
		outcomes[i] = (struct outcome){ 0 };
	}
}

void builder_no_session(struct builder *builder G_GNUC_UNUSED,
			struct outcome *outcome G_GNUC_UNUSED)
{
}

char *builder_nowhere(struct builder *builder G_GNUC_UNUSED,
		      const struct build *build G_GNUC_UNUSED)
{
	return NULL;
}

const struct builder_ops *builder_find(const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(builders); i++) {
		if (strcmp(builders[i]->name, name) == 0)
			return builders[i];
		g_string_append_printf(known, "%s%s", i ? ", " : "", builders[i]->name);
	}
	fail(error, RIDA_ERROR_UNSUPPORTED, "there is no builder \"%s\"; there are: %s", name,
	     known->str);
	return NULL;
}
