/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

/*
 * The configuration: filled once by main from /etc/rida/rida.yaml, then const everywhere. Each
 * option is one row of the table in config_options.c, which the parser, --show-config and the
 * manual page read. The file holds no secrets: options named *_file name files that do.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum submit_by { SUBMIT_BY_NOBODY, SUBMIT_BY_ANYONE, SUBMIT_BY_IDENTIFIED };
enum auth_mode { AUTH_NONE, AUTH_FRONT };
enum gate_mode { GATE_NONE, GATE_EXTERNAL };

struct config {
	/* logging and places */
	char *log;
	uint64_t log_level; /* enum log_level */
	char *state_dir;
	char *log_dir;
	char *repo_dir;
	char *cache_dir;
	char *run_dir;
	char *static_dir;
	char *sql_dir;
	char *job_program;

	/* database */
	char *db_socket;
	char *db_host;
	uint64_t db_port;
	uint64_t db_watch_server;
	char *db_name;
	char *db_tls_ca_file;
	char *db_web_user, *db_web_password_file;
	char *db_scheduler_user, *db_scheduler_password_file;
	char *db_admin_user, *db_admin_password_file;

	/* web */
	uint64_t submit_by; /* enum submit_by */
	uint64_t auth;      /* enum auth_mode */
	char *auth_marker;
	char **auth_realms;
	char *public_url;
	char **admins;
	char **gate_users;
	uint64_t submit_slots;
	uint64_t submit_deadline;
	uint64_t body_max;
	uint64_t read_workers;
	char **metrics_for;
	uint64_t ready_overdue, ready_message_age;

	/* source control and lookaside */
	char **scm_allow;
	uint64_t scm_private_addresses;
	uint64_t git_timeout;
	uint64_t git_max_bytes;
	char *rpms_repository;
	uint64_t rpms_allow_repository;
	char **spec_paths;
	char *lookaside_url;
	uint64_t lookaside_cache_max;
	uint64_t lookaside_cache_days;
	uint64_t source_max_bytes;
	uint64_t verify_parallel, verify_parallel_per_server;

	/* building */
	char *builder;
	char **arches;
	char *dist_prefix;
	char *sandbox_user;
	uint64_t build_timeout;
	uint64_t build_max_memory;
	uint64_t build_max_disk;
	uint64_t build_max_log;
	uint64_t build_max_processes;
	uint64_t build_max_file;
	char **host_aliases;
	char *memory_builder_file;

	/* koji */
	char *koji_config;
	char *koji_profile;
	char *koji_weburl;
	char **koji_tag_prefixes;
	char **koji_privileged_modules;
	char *koji_tag_permission;
	char **koji_tag_extra_opts;
	char **base_modules, **base_module_arches;
	uint64_t koji_build_priority;
	char *koji_build_macros_target;
	uint64_t allow_arch_override;
	uint64_t koji_target_hours;
	uint64_t koji_settle_seconds;
	uint64_t koji_import, koji_import_devel, koji_import_tagged;
	char *koji_import_tag_template, *koji_import_default_tag;

	/* scheduler */
	uint64_t num_concurrent_builds;
	uint64_t lease;
	uint64_t pass_budget;
	uint64_t claim_batch;
	uint64_t due_local, due_init, due_koji, due_gate;
	uint64_t backoff_base, backoff_max;
	uint64_t quarantine_attempts;
	uint64_t gate; /* enum gate_mode */
	uint64_t stuck_days;
	uint64_t stale_days;
	uint64_t outbox_days;
	uint64_t idempotency_hours;
	uint64_t log_days;

	/* bus */
	char *bus;
	char *bus_file;
	char *bus_topic_prefix;
	char *bus_url, *bus_user, *bus_password_file;
	char *bus_ca_file, *bus_certificate_file, *bus_key_file;
	char *bus_exchange, *bus_address;
	uint64_t bus_window, bus_timeout, bus_budget, bus_tries;
	char *webhook_url, *webhook_secret_file;
	uint64_t delivery_days;
	char *bus_listen_queue;
	char **bus_listen_topics;
};
typedef struct config Config; /* the name that g_autoptr needs */

/* Reads the file over the defaults. Errors: MALFORMED with file, line, key and what is allowed;
 * FORBIDDEN when anyone may write it; UNAVAILABLE. */
bool config_load(const char *path, struct config **ret, GError **error);

/* The defaults alone. */
struct config *config_new(void);
void config_free(struct config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

/* Writes every option with its value as YAML that config_load() reads. */
void config_show(const struct config *config, FILE *out);

/* Writes the options as the body of the manual page rida.yaml(5). */
void config_manual(FILE *out);

#endif
