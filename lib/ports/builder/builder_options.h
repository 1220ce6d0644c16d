/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_OPTIONS_H
#define PORTS_BUILDER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What of the configuration a Koji hub's builder needs. */
struct koji_options {
	const char *config_file, *profile;
	const char *run_dir;             /* for credential caches */
	char *const *tag_prefixes;       /* without the dash; nothing else is ever touched */
	char *const *privileged_modules; /* whose tags may have any name */
	const char *tag_permission;      /* of the tags; empty: none */
	char *const *tag_extra_opts;     /* KEY=VALUE, values as JSON where they are, else text */
	char *const *arches;
	char *const *module_arches; /* NAME:STREAM=ARCH,ARCH: of builds that require it */
	unsigned priority;          /* relative to the hub's own; greater is later */
	const char *macros_target;  /* empty: each build's own */
	bool allow_arch_override;
	bool with_import; /* finished modules become builds of the content generator */
	bool with_devel;  /* and their -devel complements */
	bool with_import_tag;
	const char *import_tag_template; /* "{}" is the stream of the first base module */
	const char *import_default_tag;
	unsigned settle_seconds; /* a submission without an answer is over after so long */
};

/* What of the configuration backends need. */
struct builder_options {
	const char *state_dir, *log_dir, *repo_dir, *cache_dir;
	const char *repo_url;    /* where repo_dir is served, without a slash; NULL: not known */
	const char *job_program; /* rida-job's path */
	const char *sandbox_user;
	const char *lookaside_url;
	char *const *spec_paths;
	char *const *scm_allow;
	bool private_addresses;
	unsigned git_timeout;
	uint64_t git_max_bytes, source_max_bytes;
	unsigned build_timeout;
	uint64_t build_max_memory, build_max_disk, build_max_log, build_max_processes,
		build_max_file;
	char *const *host_aliases;
	const char *memory_file;
	int64_t now; /* one clock for all hosts, microseconds since 1970; 0: this host's */
	struct koji_options koji;
};

#endif
