/* SPDX-License-Identifier: MIT */
#include "mmd/document.h"

#include <string.h>

#include "base/error.h"
#include "model/names.h"

#define STREAM_FALLBACK "master"

/* The service adds a component of this name itself. */
#define RESERVED_COMPONENT "module-build-macros"

/* What all modules are built on has this name, and none of them may take its place. */
#define RESERVED_MODULE "platform"

static bool check_features(const struct document *document, GError **error)
{
	if (document->version)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the modulemd has the version %" G_GUINT64_FORMAT
			    "; remove it: versions are made from the time of the commit",
			    document->version);
	if (document->has_reserved_xmd)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the modulemd has xmd.mbs, which is reserved: remove it");
	if (document->has_module_components)
		return fail(
			error, RIDA_ERROR_UNACCEPTABLE,
			"the modulemd includes other modules (components.modules), which is not supported yet");
	return true;
}

static bool check_components(const struct document *document, GError **error)
{
	if (document->components->len > DOCUMENT_COMPONENTS_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the modulemd has %u components; at most %u are built in one module",
			    document->components->len, DOCUMENT_COMPONENTS_MAX);
	for (guint i = 0; i < document->components->len; i++) {
		const struct document_component *component =
			g_ptr_array_index(document->components, i);

		if (component->has_build_after)
			return fail(
				error, RIDA_ERROR_UNACCEPTABLE,
				"component %s uses buildafter, which is not supported yet: use buildorder",
				component->name);
		if (strcmp(component->name, RESERVED_COMPONENT) == 0)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "a component may not be called " RESERVED_COMPONENT
				    ": the name is reserved");
	}
	return true;
}

/* The document's stream counts; without one the branch is the stream, which must then do as one. */
static bool find_stream(const struct document *document, const char *branch, char **ret,
			GError **error)
{
	const char *stream = document->stream ? document->stream : branch;

	if (!stream)
		stream = STREAM_FALLBACK;
	if (!name_check(NAME_STREAM, "the stream (the branch's name)", stream, error))
		return false;
	*ret = g_strdup(stream);
	return true;
}

bool document_check(const struct document *document, const struct document_place *place,
		    char **ret_stream, GError **error)
{
	if (document->name && strcmp(document->name, place->repository) != 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the modulemd's name \"%s\" is not its repository's name \"%s\"",
			    document->name, place->repository);
	if (!name_check(NAME_MODULE, "the module's name (the repository's)", place->repository,
			error))
		return false;
	if (strcmp(place->repository, RESERVED_MODULE) == 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "a module may not be called " RESERVED_MODULE
			    ": the name is reserved for what modules are built on");
	return check_features(document, error) && check_components(document, error) &&
	       find_stream(document, place->branch, ret_stream, error);
}
