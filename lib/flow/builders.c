/* SPDX-License-Identifier: MIT */
#include "flow/builders.h"

#include "base/fault.h"
#include "ports/builder/faulty.h"

struct builders {
	struct builder_options options; /* backends borrow it until they are closed */
	char *repo_url;
	GHashTable *entries; /* name -> struct entry */
};

struct entry {
	struct builder *builder;
	GError *problem;
};

static void entry_free(gpointer data)
{
	struct entry *entry = data;

	if (entry->builder)
		entry->builder->ops->close(entry->builder);
	g_clear_error(&entry->problem);
	g_free(entry);
}

struct builders *builders_new(const struct config *config)
{
	struct builders *builders = g_new0(struct builders, 1);

	builders->options = builders_options(config);
	if (*config->public_url)
		builders->repo_url = g_strconcat(config->public_url, "/rida/repos", NULL);
	builders->options.repo_url = builders->repo_url;
	builders->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
	return builders;
}

void builders_free(struct builders *builders)
{
	if (!builders)
		return;
	g_hash_table_unref(builders->entries);
	g_free(builders->repo_url);
	g_free(builders);
}

void builders_tell_time(struct builders *builders, int64_t now)
{
	builders->options.now = now;
}

static struct koji_options koji_options(const struct config *config)
{
	return (struct koji_options){
		.config_file = config->koji_config,
		.profile = config->koji_profile,
		.run_dir = config->run_dir,
		.tag_prefixes = config->koji_tag_prefixes,
		.privileged_modules = config->koji_privileged_modules,
		.tag_permission = config->koji_tag_permission,
		.tag_extra_opts = config->koji_tag_extra_opts,
		.arches = config->arches,
		.module_arches = config->base_module_arches,
		.priority = (unsigned)config->koji_build_priority,
		.macros_target = config->koji_build_macros_target,
		.allow_arch_override = config->allow_arch_override,
		.with_import = config->koji_import,
		.with_devel = config->koji_import_devel,
		.with_import_tag = config->koji_import_tagged,
		.import_tag_template = config->koji_import_tag_template,
		.import_default_tag = config->koji_import_default_tag,
		.settle_seconds = (unsigned)config->koji_settle_seconds,
	};
}

struct builder_options builders_options(const struct config *config)
{
	return (struct builder_options){
		.state_dir = config->state_dir,
		.log_dir = config->log_dir,
		.repo_dir = config->repo_dir,
		.cache_dir = config->cache_dir,
		.job_program = config->job_program,
		.sandbox_user = config->sandbox_user,
		.lookaside_url = config->lookaside_url,
		.spec_paths = config->spec_paths,
		.scm_allow = config->scm_allow,
		.private_addresses = config->scm_private_addresses,
		.git_timeout = (unsigned)config->git_timeout,
		.git_max_bytes = config->git_max_bytes,
		.source_max_bytes = config->source_max_bytes,
		.build_timeout = (unsigned)config->build_timeout,
		.build_max_memory = config->build_max_memory,
		.build_max_disk = config->build_max_disk,
		.build_max_log = config->build_max_log,
		.build_max_processes = config->build_max_processes,
		.build_max_file = config->build_max_file,
		.host_aliases = config->host_aliases,
		.memory_file = config->memory_builder_file,
		.koji = koji_options(config),
	};
}

static struct entry *entry_open(const struct builder_options *options, const char *name)
{
	struct entry *entry = g_new0(struct entry, 1);
	const struct builder_ops *ops = builder_find(name, &entry->problem);

	if (ops && !ops->open(options, &entry->builder, &entry->problem))
		entry->builder = NULL;
	if (entry->builder && fault_is_armed)
		entry->builder = faulty_builder_new(entry->builder);
	g_prefix_error(&entry->problem, "builder %s: ", name);
	return entry;
}

struct builder *builders_get(struct builders *builders, const char *name, GError **error)
{
	struct entry *entry = g_hash_table_lookup(builders->entries, name);

	if (!entry) {
		entry = entry_open(&builders->options, name);
		g_hash_table_insert(builders->entries, g_strdup(name), entry);
	}
	if (!entry->builder && error)
		*error = g_error_copy(entry->problem);
	return entry->builder;
}
