/* SPDX-License-Identifier: MIT */
#include "mmd/document.h"

#include <string.h>

/* The one reader that is strict and takes a single document is marked as deprecated. */
#define MMD_DISABLE_DEPRECATION_WARNINGS
#include <modulemd.h>

#include "base/error.h"
#include "base/strict.h"
#include "mmd/document_scan.h"
#include "mmd/document_words.h"
#include "mmd/document_xmd.h"
#include "model/arch.h"
#include "model/macros_package.h"
#include "model/names.h"

#define ARCHES_BYTES_MAX       255
#define PROFILE_BUILDROOT      "buildroot"
#define PROFILE_SRPM_BUILDROOT "srpm-buildroot"

static const struct strict_charset arch_charset = { .first = "", .rest = "_", .max = 32 };

static void component_free(void *data)
{
	struct document_component *component = data;

	g_free(component->name);
	g_free(component->repository);
	g_free(component->cache);
	g_free(component->ref);
	g_free(component->arches);
	g_strfreev(component->multilib);
	g_free(component);
}

static void require_free(void *data)
{
	struct document_require *require = data;

	g_free(require->name);
	g_strfreev(require->streams);
	g_free(require);
}

void document_free(struct document *document)
{
	if (!document)
		return;
	g_free(document->name);
	g_free(document->stream);
	g_free(document->context);
	g_clear_pointer(&document->components, g_ptr_array_unref);
	g_strfreev(document->filter);
	g_free(document->macros);
	g_strfreev(document->whitelist);
	g_clear_pointer(&document->build_requires, g_ptr_array_unref);
	g_strfreev(document->buildroot);
	g_strfreev(document->srpm_buildroot);
	g_strfreev(document->blocked_packages);
	g_free(document->koji_tag);
	g_free(document->marking);
	g_free(document);
}

/* Any text that is a valid document, as version 2. */
static ModulemdModuleStreamV2 *load(const char *text, size_t length, GError **error)
{
	g_autofree char *copy = NULL;
	g_autoptr(ModulemdModuleStream) stream = NULL;
	g_autoptr(ModulemdModuleStream) upgraded = NULL;
	g_autoptr(GError) problem = NULL;

	if (!document_scan(text, length, error))
		return NULL;
	copy = g_strndup(text, length);
	stream = modulemd_module_stream_read_string(copy, TRUE, NULL, NULL, &problem);
	if (stream && modulemd_module_stream_validate(stream, &problem))
		upgraded = modulemd_module_stream_upgrade(stream, MD_MODULESTREAM_VERSION_TWO,
							  &problem);
	if (!upgraded) {
		g_autofree char *words = document_words(
			text, length,
			problem ? problem->message : "it cannot be brought to version 2");

		fail(error, RIDA_ERROR_UNACCEPTABLE, "the modulemd is not valid: %s", words);
		return NULL;
	}
	return MODULEMD_MODULE_STREAM_V2(g_steal_pointer(&upgraded));
}

static bool check_names(enum name_kind kind, const char *what, const char *const *names,
			GError **error)
{
	for (; names && *names; names++)
		if (!name_check(kind, what, *names, error))
			return false;
	return true;
}

static bool check_optional(enum name_kind kind, const char *what, const char *name, GError **error)
{
	return !name || name_check(kind, what, name, error);
}

/* A stream that a dependency excludes is written with a minus sign. */
static bool check_dependency_streams(GStrv streams, GError **error)
{
	for (; streams && *streams; streams++)
		if (!name_check(NAME_STREAM, "a stream of the dependencies",
				*streams + (**streams == '-'), error))
			return false;
	return true;
}

static bool check_run_time(ModulemdDependencies *dependency, GError **error)
{
	g_auto(GStrv) names = modulemd_dependencies_get_runtime_modules_as_strv(dependency);

	if (!check_names(NAME_MODULE, "a module of the dependencies", (const char *const *)names,
			 error))
		return false;
	for (guint i = 0; names && names[i]; i++) {
		g_auto(GStrv) streams =
			modulemd_dependencies_get_runtime_streams_as_strv(dependency, names[i]);

		if (!check_dependency_streams(streams, error))
			return false;
	}
	return true;
}

/* What one block of dependencies builds with; NULL: a name is not allowed. */
static GPtrArray *read_build_time(ModulemdDependencies *dependency, GError **error)
{
	g_auto(GStrv) names = modulemd_dependencies_get_buildtime_modules_as_strv(dependency);
	g_autoptr(GPtrArray) requires = g_ptr_array_new_with_free_func(require_free);

	if (!check_names(NAME_MODULE, "a module of the dependencies", (const char *const *)names,
			 error))
		return NULL;
	for (guint i = 0; names && names[i]; i++) {
		struct document_require *require = g_new0(struct document_require, 1);

		g_ptr_array_add(requires, require);
		require->name = g_strdup(names[i]);
		require->streams =
			modulemd_dependencies_get_buildtime_streams_as_strv(dependency, names[i]);
		if (!check_dependency_streams(require->streams, error))
			return NULL;
	}
	return g_steal_pointer(&requires);
}

/* Both are sorted, by the library. */
static bool requires_are_equal(const GPtrArray *one, const GPtrArray *other)
{
	if (one->len != other->len)
		return false;
	for (guint i = 0; i < one->len; i++) {
		const struct document_require *a = g_ptr_array_index(one, i);
		const struct document_require *b = g_ptr_array_index(other, i);

		if (strcmp(a->name, b->name) != 0 ||
		    !g_strv_equal((const char *const *)a->streams, (const char *const *)b->streams))
			return false;
	}
	return true;
}

static bool read_dependencies(ModulemdModuleStreamV2 *stream, struct document *document,
			      GError **error)
{
	GPtrArray *dependencies = modulemd_module_stream_v2_get_dependencies(stream);

	for (guint i = 0; dependencies && i < dependencies->len; i++) {
		ModulemdDependencies *dependency = g_ptr_array_index(dependencies, i);
		g_autoptr(GPtrArray) requires = read_build_time(dependency, error);

		if (!requires || !check_run_time(dependency, error))
			return false;
		if (!document->build_requires)
			document->build_requires = g_steal_pointer(&requires);
		else if (!requires_are_equal(document->build_requires, requires))
			document->has_variants = true;
	}
	if (!document->build_requires)
		document->build_requires = g_ptr_array_new_with_free_func(require_free);
	return true;
}

/* The RPMs of a profile; NULL: there is no such profile. */
static bool read_profile(ModulemdModuleStreamV2 *stream, const char *name, char ***ret,
			 GError **error)
{
	ModulemdProfile *profile = modulemd_module_stream_v2_get_profile(stream, name);
	g_autofree char *what = g_strdup_printf("a name in the profile %s", name);

	if (profile)
		*ret = modulemd_profile_get_rpms_as_strv(profile);
	return check_names(NAME_COMPONENT, what, (const char *const *)*ret, error);
}

static bool check_arches(const char *what, char *const *arches, GError **error)
{
	for (; arches && *arches; arches++) {
		g_autofree char *shown = NULL;

		if (strict_name(*arches, &arch_charset))
			continue;
		shown = strict_shown(*arches);
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "%s: the architecture \"%s\" is not allowed: letters, digits and _, at "
			    "most 32",
			    what, shown);
	}
	return true;
}

static bool read_arches(ModulemdComponentRpm *rpm, struct document_component *component,
			GError **error)
{
	g_auto(GStrv) arches = modulemd_component_rpm_get_arches_as_strv(rpm);
	g_autofree char *what = g_strdup_printf("component %s", component->name);

	component->multilib = modulemd_component_rpm_get_multilib_arches_as_strv(rpm);
	if (!check_arches(what, arches, error) || !check_arches(what, component->multilib, error))
		return false;
	if (!arches || !*arches)
		return true;
	component->arches = g_strjoinv(" ", arches);
	if (strlen(component->arches) > ARCHES_BYTES_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "component %s names too many architectures", component->name);
	return true;
}

static struct document_component *read_component(ModulemdComponentRpm *rpm, GError **error)
{
	ModulemdComponent *base = MODULEMD_COMPONENT(rpm);
	g_auto(GStrv) after = modulemd_component_get_buildafter_as_strv(base);
	struct document_component *component = g_new0(struct document_component, 1);
	g_autofree char *what = NULL;

	component->name = g_strdup(modulemd_component_get_name(base));
	component->repository = g_strdup(modulemd_component_rpm_get_repository(rpm));
	component->cache = g_strdup(modulemd_component_rpm_get_cache(rpm));
	component->ref = g_strdup(modulemd_component_rpm_get_ref(rpm));
	component->build_order = (int)modulemd_component_get_buildorder(base);
	component->build_only = modulemd_component_get_buildonly(base);
	component->has_build_after = after && *after;
	what = g_strdup_printf("component %.128s: the ref", component->name);
	if (!name_check(NAME_COMPONENT, "a component's name", component->name, error) ||
	    !check_optional(NAME_REF, what, component->ref, error) ||
	    !read_arches(rpm, component, error)) {
		component_free(component);
		return NULL;
	}
	return component;
}

static bool read_components(ModulemdModuleStreamV2 *stream, struct document *document,
			    GError **error)
{
	g_auto(GStrv) keys = modulemd_module_stream_v2_get_rpm_component_names_as_strv(stream);
	g_auto(GStrv) modules =
		modulemd_module_stream_v2_get_module_component_names_as_strv(stream);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	document->has_module_components = modules && *modules;
	if (!check_names(NAME_COMPONENT, "a component's name", (const char *const *)keys, error))
		return false;
	for (guint i = 0; keys[i]; i++) {
		struct document_component *component = read_component(
			modulemd_module_stream_v2_get_rpm_component(stream, keys[i]), error);

		if (!component)
			return false;
		g_ptr_array_add(document->components, component);
		if (!g_hash_table_add(names, component->name))
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "two components have the name %s", component->name);
	}
	return true;
}

/* Or NULL. */
static const char *macros_of(ModulemdModuleStreamV2 *stream)
{
	ModulemdBuildopts *options = modulemd_module_stream_v2_get_buildopts(stream);

	return options ? modulemd_buildopts_get_rpm_macros(options) : NULL;
}

static bool read_build_options(ModulemdModuleStreamV2 *stream, struct document *document,
			       GError **error)
{
	ModulemdBuildopts *options = modulemd_module_stream_v2_get_buildopts(stream);
	g_auto(GStrv) arches = NULL;

	if (!options)
		return true;
	arches = modulemd_buildopts_get_arches_as_strv(options);
	document->whitelist = modulemd_buildopts_get_rpm_whitelist_as_strv(options);
	document->macros = g_strdup(macros_of(stream));
	return check_arches("buildopts", arches, error) &&
	       check_names(NAME_COMPONENT, "a name in buildopts.rpms.whitelist",
			   (const char *const *)document->whitelist, error) &&
	       macros_author_check(document->macros, error);
}

static bool read_identity(ModulemdModuleStreamV2 *stream, struct document *document, GError **error)
{
	ModulemdModuleStream *base = MODULEMD_MODULE_STREAM(stream);

	document->name = g_strdup(modulemd_module_stream_get_module_name(base));
	document->stream = g_strdup(modulemd_module_stream_get_stream_name(base));
	document->version = modulemd_module_stream_get_version(base);
	document->context = g_strdup(modulemd_module_stream_get_context(base));
	return check_optional(NAME_MODULE, "the module's name", document->name, error) &&
	       check_optional(NAME_STREAM, "the stream", document->stream, error) &&
	       check_optional(NAME_CONTEXT, "the context", document->context, error);
}

static bool read_packages(ModulemdModuleStreamV2 *stream, struct document *document, GError **error)
{
	g_auto(GStrv) api = modulemd_module_stream_v2_get_rpm_api_as_strv(stream);

	document->filter = modulemd_module_stream_v2_get_rpm_filters_as_strv(stream);
	return check_names(NAME_COMPONENT, "a name in the filter",
			   (const char *const *)document->filter, error) &&
	       check_names(NAME_COMPONENT, "a name in the api", (const char *const *)api, error) &&
	       read_profile(stream, PROFILE_BUILDROOT, &document->buildroot, error) &&
	       read_profile(stream, PROFILE_SRPM_BUILDROOT, &document->srpm_buildroot, error);
}

bool document_read(const char *text, size_t length, struct document **ret, GError **error)
{
	g_autoptr(ModulemdModuleStreamV2) stream = load(text, length, error);
	g_autoptr(Document) document = NULL;

	if (!stream)
		return false;
	document = g_new0(struct document, 1);
	document->components = g_ptr_array_new_with_free_func(component_free);
	if (!read_identity(stream, document, error) ||
	    !read_dependencies(stream, document, error) ||
	    !read_components(stream, document, error) || !read_packages(stream, document, error) ||
	    !read_build_options(stream, document, error) ||
	    !document_xmd_read(modulemd_module_stream_v2_get_xmd(stream), document, error))
		return false;
	*ret = g_steal_pointer(&document);
	return true;
}

/* Puts the value in place of xmd.mbs, or removes that when there is none. */
static void set_reserved_xmd(ModulemdModuleStreamV2 *stream, GVariant *value)
{
	GVariant *old = modulemd_module_stream_v2_get_xmd(stream);
	g_auto(GVariantDict) xmd = G_VARIANT_DICT_INIT(old);
	g_autoptr(GVariant) changed = NULL;

	g_variant_dict_remove(&xmd, XMD_RESERVED);
	if (value)
		g_variant_dict_insert_value(&xmd, XMD_RESERVED, value);
	changed = g_variant_ref_sink(g_variant_dict_end(&xmd));
	if (g_variant_n_children(changed) > 0)
		modulemd_module_stream_v2_set_xmd(stream, changed);
	else
		modulemd_module_stream_v2_clear_xmd(stream);
}

static bool dump(ModulemdModuleStream *stream, char **ret, GError **error)
{
	g_autoptr(ModulemdModuleIndex) index = modulemd_module_index_new();
	g_autoptr(GError) problem = NULL;
	char *text = NULL;

	if (modulemd_module_index_add_module_stream(index, stream, &problem))
		text = modulemd_module_index_dump_to_string(index, &problem);
	if (!text)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "the modulemd cannot be written: %s",
			    problem ? problem->message : "its content is not known to libmodulemd");
	*ret = text;
	return true;
}

/* The number of the first line in which two texts differ. */
static unsigned differing_line(const char *a, const char *b)
{
	unsigned line = 1;

	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	return line;
}

/* libyaml breaks long lines that begin with a blank when it writes a folded text, which changes
 * what is read. */
static bool check_macros_kept(ModulemdModuleStreamV2 *stream, const char *written, GError **error)
{
	g_autoptr(ModulemdModuleStreamV2) again = load(written, strlen(written), error);
	const char *before, *after;

	if (!again)
		return false;
	before = macros_of(stream);
	after = macros_of(again);
	if (g_strcmp0(before, after) == 0)
		return true;
	return fail(error, RIDA_ERROR_UNACCEPTABLE,
		    "buildopts.rpms.macros cannot be stored as it is: its line %u begins with a "
		    "blank and is too long, break it in two",
		    differing_line(before ? before : "", after ? after : ""));
}

bool document_store(const char *text, const struct document_identity *identity, char **ret,
		    GError **error)
{
	g_autoptr(ModulemdModuleStreamV2) stream = load(text, strlen(text), error);
	g_autoptr(ModulemdModuleStream) named = NULL;
	g_autofree char *written = NULL;

	if (!stream)
		return false;
	named = modulemd_module_stream_copy(MODULEMD_MODULE_STREAM(stream), identity->name,
					    identity->stream);
	modulemd_module_stream_v2_unset_static_context(MODULEMD_MODULE_STREAM_V2(named));
	modulemd_module_stream_set_version(named, identity->version);
	modulemd_module_stream_set_context(named, identity->context);
	set_reserved_xmd(MODULEMD_MODULE_STREAM_V2(named), document_xmd_reserved(identity));
	if (!dump(named, &written, error) || !check_macros_kept(stream, written, error))
		return false;
	*ret = g_steal_pointer(&written);
	return true;
}

static void forget_origins(ModulemdModuleStreamV2 *stream)
{
	g_auto(GStrv) keys = modulemd_module_stream_v2_get_rpm_component_names_as_strv(stream);

	for (guint i = 0; keys[i]; i++) {
		ModulemdComponentRpm *rpm =
			modulemd_module_stream_v2_get_rpm_component(stream, keys[i]);

		modulemd_component_rpm_set_repository(rpm, NULL);
		modulemd_component_rpm_set_cache(rpm, NULL);
	}
}

/* In each block of dependencies, or in one of its own. */
static void require_original(ModulemdModuleStreamV2 *stream, const char *name)
{
	const char *stream_name =
		modulemd_module_stream_get_stream_name(MODULEMD_MODULE_STREAM(stream));
	GPtrArray *dependencies = modulemd_module_stream_v2_get_dependencies(stream);
	g_autoptr(ModulemdDependencies) only = NULL;

	for (guint i = 0; i < dependencies->len; i++)
		modulemd_dependencies_add_runtime_stream(g_ptr_array_index(dependencies, i), name,
							 stream_name);
	if (dependencies->len)
		return;
	only = modulemd_dependencies_new();
	modulemd_dependencies_add_runtime_stream(only, name, stream_name);
	modulemd_module_stream_v2_add_dependencies(stream, only);
}

static ModulemdModuleStreamV2 *copy_as_devel(ModulemdModuleStreamV2 *stream)
{
	ModulemdModuleStream *base = MODULEMD_MODULE_STREAM(stream);
	g_autofree char *name = g_strconcat(modulemd_module_stream_get_module_name(base),
					    DOCUMENT_DEVEL_SUFFIX, NULL);

	return MODULEMD_MODULE_STREAM_V2(modulemd_module_stream_copy(base, name, NULL));
}

static ModulemdModuleStreamV2 *make_devel(ModulemdModuleStreamV2 *stream)
{
	ModulemdModuleStreamV2 *devel = copy_as_devel(stream);

	require_original(devel,
			 modulemd_module_stream_get_module_name(MODULEMD_MODULE_STREAM(stream)));
	modulemd_module_stream_v2_clear_rpm_api(devel);
	modulemd_module_stream_v2_clear_profiles(devel);
	return devel;
}

bool document_devel(const char *stored, char **ret, GError **error)
{
	g_autoptr(ModulemdModuleStreamV2) stream = load(stored, strlen(stored), error);
	g_autoptr(ModulemdModuleStreamV2) devel = NULL;

	if (!stream)
		return false;
	devel = copy_as_devel(stream);
	return dump(MODULEMD_MODULE_STREAM(devel), ret, error);
}

static void set_artifacts(ModulemdModuleStreamV2 *stream,
			  const struct document_artifacts *artifacts)
{
	modulemd_module_stream_v2_set_arch(stream, arch_in_documents(artifacts->arch));
	modulemd_module_stream_v2_clear_rpm_artifacts(stream);
	for (size_t i = 0; artifacts->nevras[i]; i++)
		modulemd_module_stream_v2_add_rpm_artifact(stream, artifacts->nevras[i]);
	modulemd_module_stream_v2_clear_content_licenses(stream);
	for (size_t i = 0; artifacts->licenses[i]; i++)
		modulemd_module_stream_v2_add_content_license(stream, artifacts->licenses[i]);
}

bool document_finish(const char *stored, const struct document_artifacts *artifacts, char **ret,
		     GError **error)
{
	g_autoptr(ModulemdModuleStreamV2) stream = load(stored, strlen(stored), error);

	if (!stream)
		return false;
	if (artifacts->is_devel) {
		ModulemdModuleStreamV2 *devel = make_devel(stream);

		g_object_unref(stream);
		stream = devel;
	}
	set_artifacts(stream, artifacts);
	forget_origins(stream);
	set_reserved_xmd(stream, NULL);
	return dump(MODULEMD_MODULE_STREAM(stream), ret, error);
}

const char *document_library_version(void)
{
	return modulemd_get_version();
}
