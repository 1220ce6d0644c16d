/* SPDX-License-Identifier: MIT */
#include "base/config_options.h"

/* clang-format off */

/* A member of the wrong type makes the array size negative. */
#define MEMBER(type, field)                                                                        \
	(offsetof(struct config, field) +                                                                 \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((struct config *)0)->field), type) ? 1 : -1]))

#define TEXT(field)   .name = #field, .type = OPTION_TEXT, .offset = MEMBER(char *, field)
#define PATH(field)   .name = #field, .type = OPTION_PATH, .offset = MEMBER(char *, field)
#define NUMBER(field) .name = #field, .type = OPTION_NUMBER, .offset = MEMBER(uint64_t, field)
#define SWITCH(field) .name = #field, .type = OPTION_SWITCH, .offset = MEMBER(uint64_t, field)
#define CHOICE(field) .name = #field, .type = OPTION_CHOICE, .offset = MEMBER(uint64_t, field)
#define LIST(field)   .name = #field, .type = OPTION_LIST, .offset = MEMBER(char **, field)

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)

static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const submitters[] = { "nobody", "anyone", "identified", NULL };
static const char *const auth_modes[] = { "none", "front", NULL };
static const char *const gate_modes[] = { "none", "external", NULL };

const struct option config_options[] = {
	{ TEXT(log), .fallback = "stderr",
	  .help = "Where log lines go: stderr, syslog, journal, or a file's absolute path." },
	{ CHOICE(log_level), .fallback = "info", .choices = log_levels, .help = "The least important level that is logged." },
	{ PATH(state_dir), .fallback = RIDA_LOCALSTATEDIR "/lib/rida", .help = "Work trees and results of local builds." },
	{ PATH(log_dir), .fallback = RIDA_LOCALSTATEDIR "/lib/rida/logs", .help = "Build logs: BUILD/COMPONENT/ATTEMPT/FILE below it." },
	{ PATH(repo_dir), .fallback = RIDA_LOCALSTATEDIR "/lib/rida/repos", .help = "Repositories of finished modules, served under /rida/repos/." },
	{ PATH(cache_dir), .fallback = RIDA_LOCALSTATEDIR "/cache/rida", .help = "What can be made or fetched again: sources, host packages." },
	{ PATH(run_dir), .fallback = "/run/rida", .help = "Sockets and lock files." },
	{ PATH(static_dir), .fallback = RIDA_PKGDATADIR "/static", .help = "The pages' stylesheet and script." },
	{ PATH(sql_dir), .fallback = RIDA_PKGDATADIR "/sql", .help = "The numbered migrations." },
	{ PATH(job_program), .fallback = RIDA_PKGLIBEXECDIR "/rida-job", .help = "The supervisor of a local build." },

	{ PATH(db_socket), .fallback = "/run/mysqld/mysqld.sock", .help = "The database's socket; empty: db_host and db_port are used." },
	{ TEXT(db_host), .fallback = "localhost", .help = "The database's host when there is no socket." },
	{ NUMBER(db_port), .fallback = "3306", .min = 1, .max = 65535, .help = "The database's port when there is no socket." },
	{ SWITCH(db_watch_server), .fallback = "true", .help = "Nothing is done on another database server than before until an operator has said that no changes were lost. A server is told by its host's name, port, number (server_id) and data folder: switch this off where these change at every start." },
	{ TEXT(db_name), .fallback = "rida", .help = "The database's name." },
	{ PATH(db_tls_ca_file), .fallback = "", .help = "The authority that the database's certificate is checked against; wanted for hosts other than this one." },
	{ TEXT(db_web_user), .fallback = "rida_web", .help = "The account of rida.fcgi: it reads and inserts." },
	{ PATH(db_web_password_file), .fallback = "", .help = "Its password's file; empty: no password (socket authentication)." },
	{ TEXT(db_scheduler_user), .fallback = "rida_scheduler", .help = "The account of rida-scheduler." },
	{ PATH(db_scheduler_password_file), .fallback = "", .help = "Its password's file." },
	{ TEXT(db_admin_user), .fallback = "rida_admin", .help = "The account of rida-admin, which may change the schema." },
	{ PATH(db_admin_password_file), .fallback = "", .help = "Its password's file." },

	{ CHOICE(submit_by), .fallback = "nobody", .choices = submitters, .help = "Who may submit and change builds." },
	{ CHOICE(auth), .fallback = "none", .choices = auth_modes, .help = "front: the web server identifies callers and says so in RIDA_AUTH_BY." },
	{ TEXT(auth_marker), .fallback = "basic", .help = "What RIDA_AUTH_BY must hold for REMOTE_USER to be believed." },
	{ LIST(auth_realms), .fallback = "", .help = "The realms whose users are believed, what follows \"@\" in a name (names without one always are); empty: all that the web server lets in. A name is always taken whole: alice@A is neither alice@B nor alice." },
	{ TEXT(public_url), .fallback = "", .help = "The address that people reach this service by, as https://modules.example.org, for what they copy from pages. Empty: such texts are shown on this host only; what a request says of its own host is not believed." },
	{ LIST(admins), .fallback = "", .help = "Users who may cancel any build." },
	{ LIST(gate_users), .fallback = "", .help = "Users who may let a done build become ready." },
	{ NUMBER(submit_slots), .fallback = "4", .min = 1, .max = 64, .help = "Submissions handled at once; a further one is answered 503." },
	{ NUMBER(submit_deadline), .fallback = "20", .min = 1, .max = 300, .unit = "seconds", .help = "Time for checking the components of a submission; the scheduler finishes what is left." },
	{ NUMBER(body_max), .fallback = "65536", .min = 1024, .max = 16 * MIB, .unit = "bytes", .help = "The largest request body." },
	{ NUMBER(read_workers), .fallback = "4", .min = 1, .max = 256, .help = "Worker processes that answer reading requests." },
	{ LIST(metrics_for), .fallback = "127.0.0.0/8 ::1", .help = "Addresses and networks that may read /rida/metrics, and only when nobody else has handed their request on; empty: nobody." },
	{ NUMBER(ready_overdue), .fallback = "300", .min = 1, .max = 86400, .unit = "seconds", .help = "When builds have been due for so long and no scheduler takes them, /rida/health/ready says 503." },
	{ NUMBER(ready_message_age), .fallback = "300", .min = 1, .max = 604800, .unit = "seconds", .help = "When a message waits for the bus for longer, /rida/health/ready says 503." },

	{ LIST(scm_allow), .fallback = "", .help = "Where sources may come from: SCHEME://HOST[:PORT]/PATH/ entries; https, git, ssh, with ssh only where an entry names it. An entry that ends in a slash allows what is below it, another one that very repository too." },
	{ SWITCH(scm_private_addresses), .fallback = "false", .help = "true: servers on loopback, link-local and private addresses are allowed too." },
	{ NUMBER(git_timeout), .fallback = "60", .min = 1, .max = 3600, .unit = "seconds", .help = "The longest that one git process may run." },
	{ NUMBER(git_max_bytes), .fallback = "536870912", .min = MIB, .max = 64 * GIB, .unit = "bytes", .help = "The most that one fetch may store." },
	{ TEXT(rpms_repository), .fallback = "https://src.fedoraproject.org/rpms/{name}.git", .help = "A component's repository when its module names none." },
	{ SWITCH(rpms_allow_repository), .fallback = "false", .help = "true: modules may name their components' repositories, within scm_allow." },
	{ LIST(spec_paths), .fallback = "{name}.spec", .help = "Where a component's spec file may be in its repository; the first that exists counts." },
	{ TEXT(lookaside_url), .fallback = "https://src.fedoraproject.org/repo/pkgs/rpms/{name}/{filename}/{hashtype}/{hash}/{filename}", .help = "Where the files of a sources list are; empty: there is no lookaside cache." },
	{ NUMBER(lookaside_cache_max), .fallback = "21474836480", .max = 1024 * GIB, .unit = "bytes", .help = "The most that fetched sources may take below cache_dir; what was longest not wanted goes first. 0 is no limit." },
	{ NUMBER(lookaside_cache_days), .fallback = "90", .max = 36500, .unit = "days", .help = "How long a fetched source that no build wants is kept; 0 is for ever." },
	{ NUMBER(source_max_bytes), .fallback = "4294967296", .min = 1, .max = 1024 * GIB, .unit = "bytes", .help = "The largest source file that is fetched." },
	{ NUMBER(verify_parallel), .fallback = "20", .min = 1, .max = 100, .help = "Components checked at once." },
	{ NUMBER(verify_parallel_per_server), .fallback = "8", .min = 1, .max = 100, .help = "Components checked at once at one server." },

	{ TEXT(builder), .fallback = "local", .help = "What builds components: koji, local, or memory (tests and benchmarks)." },
	{ LIST(arches), .fallback = "x86_64", .help = "The architectures modules are built for." },
	{ TEXT(dist_prefix), .fallback = "module+", .help = "What dist tags start with." },
	{ TEXT(sandbox_user), .fallback = "nobody", .help = "The user that builds run as when the scheduler runs as root." },
	{ NUMBER(build_timeout), .fallback = "14400", .min = 1, .max = 7 * 86400, .unit = "seconds", .help = "The longest a component's build may take." },
	{ NUMBER(build_max_memory), .fallback = "8589934592", .min = 64 * MIB, .max = 1024 * GIB, .unit = "bytes", .help = "The most memory of a build's process tree. It binds each process; their sum is looked at the more often the closer it is, and a tree beyond it is killed." },
	{ NUMBER(build_max_disk), .fallback = "21474836480", .min = 16 * MIB, .max = 1024 * GIB, .unit = "bytes", .help = "The most disk of a build's work tree; each file counts as 4096 bytes at least." },
	{ NUMBER(build_max_log), .fallback = "536870912", .min = MIB, .max = 1024 * GIB, .unit = "bytes", .help = "The most that a build may write to its log." },
	{ NUMBER(build_max_processes), .fallback = "512", .min = 16, .max = 65536, .help = "The most processes of a build." },
	{ NUMBER(build_max_file), .fallback = "8589934592", .min = MIB, .max = 1024 * GIB, .unit = "bytes", .help = "The largest file a build may write." },
	{ LIST(host_aliases), .fallback = "", .help = "Further names=package pairs for what the host provides to local builds: zlib-devel=zlib1g-dev." },
	{ PATH(memory_builder_file), .fallback = "", .help = "Where the memory builder keeps its tasks between passes (tests)." },

	{ PATH(koji_config), .fallback = "", .help = "A file of Koji profiles that is read after those of /etc/koji.conf.d and /etc/koji.conf; empty: those alone." },
	{ TEXT(koji_profile), .fallback = "koji", .help = "The profile that says where the Koji hub is and how to log in." },
	{ TEXT(koji_weburl), .fallback = "", .help = "Koji's web pages, as https://koji.example.org/koji: task and build numbers link there. Empty: no links." },
	{ LIST(koji_tag_prefixes), .fallback = "module scrmod", .help = "What the names of our tags and targets start with, a dash follows; the first one is used for new ones. Nothing else in Koji is ever changed." },
	{ LIST(koji_privileged_modules), .fallback = "", .help = "Modules that may set the marking of dist tags besides base modules." },
	{ TEXT(koji_tag_permission), .fallback = "admin", .help = "The permission that our tags ask for; empty: none." },
	{ LIST(koji_tag_extra_opts), .fallback = "mock.package_manager=dnf repo_include_all=true mock.new_chroot=0 mock.yum.module_hotfixes=1", .help = "Extra settings of our tags: KEY=VALUE, the value a JSON number, true, false, or else text." },
	{ LIST(base_modules), .fallback = "", .help = "Files of modulemd documents of what the distribution is made from, like platform; xmd.mbs names its koji_tag, the profiles buildroot and srpm-buildroot what buildroots hold." },
	{ LIST(base_module_arches), .fallback = "", .help = "NAME:STREAM=ARCH,ARCH: the architectures of modules that require it; else those of its tag, else arches." },
	{ NUMBER(koji_build_priority), .fallback = "10", .max = 100, .help = "Added to the priority number of build tasks: greater is later." },
	{ TEXT(koji_build_macros_target), .fallback = "", .help = "A target that is always ready, for module-build-macros; empty: each module's own." },
	{ SWITCH(allow_arch_override), .fallback = "false", .help = "true: components' arches are handed to Koji, which must allow arch_override." },
	{ NUMBER(koji_target_hours), .fallback = "24", .max = 87600, .unit = "hours", .help = "How long a ready module's target is kept." },
	{ NUMBER(koji_settle_seconds), .fallback = "900", .max = 86400, .unit = "seconds", .help = "When a submission without an answer is certainly over, on a hub that cannot end another session." },
	{ SWITCH(koji_import), .fallback = "true", .help = "Whether finished modules are imported as builds of the content generator module-build-service. Koji needs that generator, our account's access to it, and the build type module." },
	{ SWITCH(koji_import_devel), .fallback = "true", .help = "Whether their -devel complements are, too." },
	{ SWITCH(koji_import_tagged), .fallback = "true", .help = "Whether such builds are tagged. The tag must have the modules' names, and these with -devel, in its package list: it is not ours to change; a build that it does not take stays untagged, with a warning in the log." },
	{ TEXT(koji_import_tag_template), .fallback = "{}-modular-updates-candidate", .help = "The tag of such builds; {} is the stream of the first base module." },
	{ TEXT(koji_import_default_tag), .fallback = "modular-updates-candidate", .help = "Their tag where there is no base module, or no such tag." },

	{ NUMBER(num_concurrent_builds), .fallback = "5", .max = 100000, .help = "Component builds that may run at once; 0 is no limit." },
	{ NUMBER(lease), .fallback = "60", .min = 5, .max = 3600, .unit = "seconds", .help = "How long a scheduler may hold a build without renewing." },
	{ NUMBER(pass_budget), .fallback = "50", .min = 1, .max = 3600, .unit = "seconds", .help = "The longest one pass may take before it leaves the rest to the next." },
	{ NUMBER(claim_batch), .fallback = "1000", .min = 1, .max = 10000, .help = "Builds claimed in one statement." },
	{ NUMBER(due_local), .fallback = "1", .max = 3600, .unit = "seconds", .help = "When a build with local tasks is looked at again." },
	{ NUMBER(due_init), .fallback = "1", .max = 3600, .unit = "seconds", .help = "When a build in init or wait is looked at again." },
	{ NUMBER(due_koji), .fallback = "15", .max = 3600, .unit = "seconds", .help = "When a build with Koji tasks is looked at again." },
	{ NUMBER(due_gate), .fallback = "60", .max = 86400, .unit = "seconds", .help = "When a build that waits for its gate is looked at again." },
	{ NUMBER(backoff_base), .fallback = "15", .min = 1, .max = 3600, .unit = "seconds", .help = "The wait after a first failed attempt; it doubles with each further one." },
	{ NUMBER(backoff_max), .fallback = "1800", .min = 1, .max = 86400, .unit = "seconds", .help = "The longest wait between attempts." },
	{ NUMBER(quarantine_attempts), .fallback = "12", .min = 1, .max = 1000, .help = "Attempts without progress after which a build is left to an operator." },
	{ CHOICE(gate), .fallback = "none", .choices = gate_modes, .help = "none: a done build is ready at once; external: a gate's PATCH makes it so." },
	{ NUMBER(stuck_days), .fallback = "7", .min = 1, .max = 3650, .unit = "days", .help = "A build in init, wait or build that has not moved for so long has failed." },
	{ NUMBER(stale_days), .fallback = "180", .min = 1, .max = 36500, .unit = "days", .help = "A failed build's artifacts are removed after so long: garbage." },
	{ NUMBER(outbox_days), .fallback = "30", .min = 1, .max = 36500, .unit = "days", .help = "How long sent messages are kept." },
	{ NUMBER(idempotency_hours), .fallback = "24", .min = 1, .max = 8760, .unit = "hours", .help = "How long an Idempotency-Key is remembered." },
	{ NUMBER(log_days), .fallback = "180", .min = 1, .max = 36500, .unit = "days", .help = "How long logs of failed builds are kept." },

	{ TEXT(bus), .fallback = "none", .help = "Where messages of state changes go: none, file, amqp (RabbitMQ), amqp1 (AMQP 1.0: ActiveMQ and others), or webhook." },
	{ PATH(bus_file), .fallback = RIDA_LOCALSTATEDIR "/lib/rida/messages.jsonl", .help = "The file that bus: file appends to, one JSON message per line." },
	{ TEXT(bus_topic_prefix), .fallback = "org.rida", .help = "What topics start with: PREFIX.module.state.change." },
	{ TEXT(bus_url), .fallback = "", .help = "The broker: amqp://HOST[:PORT][/VHOST] or amqps://...; a VHOST that begins with a slash is written /%2FNAME." },
	{ TEXT(bus_user), .fallback = "", .help = "The account at the broker; empty: the client certificate says who we are (SASL EXTERNAL), or guest without one." },
	{ PATH(bus_password_file), .fallback = "", .help = "Its password's file." },
	{ PATH(bus_ca_file), .fallback = "", .help = "The authorities that the broker's or receiver's certificate is checked against; empty: the system's." },
	{ PATH(bus_certificate_file), .fallback = "", .help = "Our certificate for the broker, in PEM; empty: none." },
	{ PATH(bus_key_file), .fallback = "", .help = "Its private key's file." },
	{ TEXT(bus_exchange), .fallback = "amq.topic", .help = "The exchange that bus: amqp publishes to." },
	{ TEXT(bus_address), .fallback = "topic://VirtualTopic.{topic}", .help = "The address that bus: amqp1 sends to; {topic} is the message's topic with its prefix." },
	{ NUMBER(bus_window), .fallback = "100", .min = 1, .max = 10000, .help = "Messages that may wait for the broker's confirmation at once." },
	{ NUMBER(bus_timeout), .fallback = "10", .min = 1, .max = 20, .unit = "seconds", .help = "The longest wait for a broker's or receiver's answer." },
	{ NUMBER(bus_budget), .fallback = "10", .min = 1, .max = 300, .unit = "seconds", .help = "The longest that messages are sent in one go, beside the passes; the next goes on." },
	{ NUMBER(bus_tries), .fallback = "12", .min = 1, .max = 1000, .help = "Times that a message is refused by name before it is dead and the build's later messages go on; rida-admin shows and redelivers it." },
	{ TEXT(webhook_url), .fallback = "", .help = "Where bus: webhook posts messages: https://..., or http://..." },
	{ PATH(webhook_secret_file), .fallback = "", .help = "The file of the secret that its requests are signed with (HMAC-SHA256)." },
	{ NUMBER(delivery_days), .fallback = "30", .min = 1, .max = 36500, .unit = "days", .help = "How long the tries of deliveries are kept." },
	{ TEXT(bus_listen_queue), .fallback = "", .help = "The queue whose messages make builds due at once while a scheduler lingers (bus: amqp and amqp1); Fedora's broker wants a UUID. Empty: nothing is listened to." },
	{ LIST(bus_listen_topics), .fallback = "", .help = "The topics bound to that queue, as org.fedoraproject.prod.buildsys.# of Koji and org.fedoraproject.prod.greenwave.decision.update; empty: its bindings are the broker's business." },
};
const size_t config_options_count = G_N_ELEMENTS(config_options);
