/* SPDX-License-Identifier: MIT */
#include "flow/base_modules.h"

#include <string.h>

#include "base/error.h"
#include "model/names.h"

const struct document *base_modules_find(const GPtrArray *documents, const char *name,
					 const char *stream)
{
	for (guint i = 0; i < documents->len; i++) {
		const struct document *document = g_ptr_array_index(documents, i);

		if (strcmp(document->name, name) == 0 && strcmp(document->stream, stream) == 0)
			return document;
	}
	return NULL;
}

static bool check(struct document *document, const GPtrArray *others, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (!document->name || !document->stream)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "a base module must have a name and a stream");
	if (base_modules_find(others, document->name, document->stream))
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "another file has %s:%s already",
			    document->name, document->stream);
	if (!document->marking)
		document->marking = g_strdup(document->stream);
	if (name_check(NAME_MARKING, "the stream", document->marking, &problem))
		return true;
	return fail(error, RIDA_ERROR_UNACCEPTABLE,
		    "%s; it is the marking of dist tags, unless xmd.mbs.disttag_marking is set",
		    problem->message);
}

static bool read_one(const char *file, GPtrArray *documents, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) problem = NULL;
	struct document *document = NULL;
	gsize length;

	if (!g_file_get_contents(file, &text, &length, &problem))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "base_modules: %s", problem->message);
	if (!document_read(text, length, &document, error)) {
		g_prefix_error(error, "base_modules: %s: ", file);
		return false;
	}
	if (!check(document, documents, error)) {
		g_prefix_error(error, "base_modules: %s: ", file);
		document_free(document);
		return false;
	}
	g_ptr_array_add(documents, document);
	return true;
}

bool base_modules_read(char *const *files, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) documents =
		g_ptr_array_new_with_free_func((GDestroyNotify)document_free);

	for (; files && *files; files++)
		if (!read_one(*files, documents, error))
			return false;
	*ret = g_steal_pointer(&documents);
	return true;
}
