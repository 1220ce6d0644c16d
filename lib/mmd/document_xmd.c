/* SPDX-License-Identifier: MIT */
#include "mmd/document_xmd.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "model/names.h"
#include "model/requires.h"

/* The value of a key in the mapping, or NULL. */
static GVariant *value_of(GVariant *mapping, const char *key)
{
	return g_variant_lookup_value(mapping, key, NULL);
}

static bool refuse(const char *part, const char *key, const char *wanted, GError **error)
{
	return fail(error, RIDA_ERROR_UNACCEPTABLE, "xmd.%s.%s must be %s", part, key, wanted);
}

/* A name, or NULL where there is none, or an empty one. */
static bool read_name(GVariant *mapping, const char *key, enum name_kind kind, char **ret,
		      GError **error)
{
	g_autoptr(GVariant) value = value_of(mapping, key);
	const char *text;

	if (!value)
		return true;
	if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		return refuse(XMD_RESERVED, key, "a text", error);
	text = g_variant_get_string(value, NULL);
	if (!*text)
		return true;
	*ret = g_strdup(text);
	return name_check(kind, key, text, error);
}

/* The library knows TRUE and FALSE alone as what they are; people write them in other ways. */
static bool read_switch(GVariant *mapping, const char *key, int *ret, GError **error)
{
	g_autoptr(GVariant) value = value_of(mapping, key);
	const char *text = "";

	if (!value)
		return true;
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
		*ret = g_variant_get_boolean(value);
		return true;
	}
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		text = g_variant_get_string(value, NULL);
	*ret = g_ascii_strcasecmp(text, "true") == 0;
	return *ret || g_ascii_strcasecmp(text, "false") == 0 ||
	       refuse(XMD_OPTIONS, key, "true or false", error);
}

static bool read_names(GVariant *mapping, const char *key, char ***ret, GError **error)
{
	g_autoptr(GVariant) value = value_of(mapping, key);

	/* An empty list has elements of no kind. */
	if (!value || (g_variant_is_container(value) && g_variant_n_children(value) == 0))
		return true;
	if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY))
		return refuse(XMD_OPTIONS, key, "a list of names", error);
	*ret = g_variant_dup_strv(value, NULL);
	for (char **name = *ret; *name; name++)
		if (!name_check(NAME_COMPONENT, "a name in xmd." XMD_OPTIONS, *name, error))
			return false;
	return true;
}

static bool read_reserved(GVariant *xmd, struct document *document, GError **error)
{
	g_autoptr(GVariant) reserved = value_of(xmd, XMD_RESERVED);

	document->has_reserved_xmd = reserved != NULL;
	if (!reserved || !g_variant_is_of_type(reserved, G_VARIANT_TYPE_VARDICT))
		return true;
	return read_name(reserved, "koji_tag", NAME_TAG, &document->koji_tag, error) &&
	       read_name(reserved, "disttag_marking", NAME_MARKING, &document->marking, error);
}

static bool read_options(GVariant *xmd, struct document *document, GError **error)
{
	g_autoptr(GVariant) options = value_of(xmd, XMD_OPTIONS);

	if (!options)
		return true;
	if (!g_variant_is_of_type(options, G_VARIANT_TYPE_VARDICT))
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "xmd." XMD_OPTIONS " must be a mapping");
	return read_names(options, "blocked_packages", &document->blocked_packages, error) &&
	       read_switch(options, "repo_include_all", &document->repo_include_all, error) &&
	       read_switch(options, "dynamic_buildrequires", &document->dynamic_buildrequires,
			   error);
}

bool document_xmd_read(GVariant *xmd, struct document *document, GError **error)
{
	document->repo_include_all = -1;
	document->dynamic_buildrequires = -1;
	if (!xmd)
		return true;
	if (!g_variant_is_of_type(xmd, G_VARIANT_TYPE_VARDICT))
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "xmd must be a mapping");
	return read_reserved(xmd, document, error) && read_options(xmd, document, error);
}

/* {name: {ref: commit}} */
static GVariant *resolved_components(const struct document_identity *identity)
{
	g_auto(GVariantDict) rpms = G_VARIANT_DICT_INIT(NULL);

	for (size_t i = 0; identity->component_names[i]; i++) {
		GVariantDict rpm = G_VARIANT_DICT_INIT(NULL);

		g_variant_dict_insert(&rpm, "ref", "s", identity->component_commits[i]);
		g_variant_dict_insert_value(&rpms, identity->component_names[i],
					    g_variant_dict_end(&rpm));
	}
	return g_variant_dict_end(&rpms);
}

/* {name: {stream, version, context, koji_tag}} */
static GVariant *build_requires(const GPtrArray *requires)
{
	g_auto(GVariantDict) all = G_VARIANT_DICT_INIT(NULL);

	for (guint i = 0; requires && i < requires->len; i++) {
		const struct build_require *require = g_ptr_array_index(requires, i);
		g_autofree char *version = g_strdup_printf("%" PRIu64, require->version);
		GVariantDict one = G_VARIANT_DICT_INIT(NULL);

		g_variant_dict_insert(&one, "stream", "s", require->stream);
		g_variant_dict_insert(&one, "version", "s", version);
		g_variant_dict_insert(&one, "context", "s", require->context);
		g_variant_dict_insert(&one, "koji_tag", "s", require->tag);
		g_variant_dict_insert_value(&all, require->name, g_variant_dict_end(&one));
	}
	return g_variant_dict_end(&all);
}

GVariant *document_xmd_reserved(const struct document_identity *identity)
{
	g_auto(GVariantDict) mbs = G_VARIANT_DICT_INIT(NULL);

	g_variant_dict_insert(&mbs, "scmurl", "s", identity->scmurl);
	g_variant_dict_insert(&mbs, "commit", "s", identity->commit);
	g_variant_dict_insert(&mbs, "mse", "b", TRUE);
	g_variant_dict_insert_value(&mbs, "buildrequires", build_requires(identity->requires));
	if (identity->component_names && *identity->component_names)
		g_variant_dict_insert_value(&mbs, "rpms", resolved_components(identity));
	return g_variant_dict_end(&mbs);
}
