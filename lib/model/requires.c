/* SPDX-License-Identifier: MIT */
#include "model/requires.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "model/names.h"

void build_require_free(struct build_require *require)
{
	if (!require)
		return;
	g_free(require->name);
	g_free(require->stream);
	g_free(require->context);
	g_free(require->tag);
	g_free(require->marking);
	g_free(require->buildroot);
	g_free(require->srpm_buildroot);
	g_free(require->filter);
	g_free(require);
}

static bool check_list(const char *what, const char *list, GError **error)
{
	g_auto(GStrv) names = g_strsplit(list, " ", -1); /* of an empty text, none */

	for (char **name = names; *name; name++)
		if (!name_check(NAME_COMPONENT, what, *name, error))
			return false;
	return true;
}

static bool check_names(const struct build_require *require, GError **error)
{
	return name_check(NAME_MODULE, "the name", require->name, error) &&
	       name_check(NAME_STREAM, "the stream", require->stream, error) &&
	       name_check(NAME_CONTEXT, "the context", require->context, error) &&
	       (!*require->tag || name_check(NAME_TAG, "the tag", require->tag, error)) &&
	       (!*require->marking ||
		name_check(NAME_MARKING, "the marking", require->marking, error)) &&
	       check_list("a name for buildroots", require->buildroot, error) &&
	       check_list("a name for buildroots of source RPMs", require->srpm_buildroot, error) &&
	       check_list("a name in the filter", require->filter, error);
}

bool build_require_check(const struct build_require *require, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (check_names(require, &problem))
		return true;
	return fail(error, RIDA_ERROR_INTERNAL,
		    "the rows of what build %" PRIu64
		    " is built with hold what no document lets in: %s",
		    require->build_id, problem->message);
}

/* The first module of that name, or base module, that has a marking. */
static const char *find_marking(const GPtrArray *requires, const char *name)
{
	for (guint i = 0; i < requires->len; i++) {
		const struct build_require *require = g_ptr_array_index(requires, i);
		const bool is_meant = name ? strcmp(require->name, name) == 0 : require->is_base;

		if (is_meant && *require->marking)
			return require->marking;
	}
	return NULL;
}

const char *requires_marking(const GPtrArray *requires, const char *const *privileged)
{
	const char *marking = NULL;

	for (; !marking && *privileged; privileged++)
		marking = find_marking(requires, *privileged);
	if (!marking)
		marking = find_marking(requires, NULL);
	return marking ? marking : "";
}
