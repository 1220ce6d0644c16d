/* SPDX-License-Identifier: MIT */
#include "contract/local_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ports/builder/local_files.h"
#include "ports/builder/local_job.h"

#define PORT_MIN    20000
#define PORT_MAX    32000
#define WAIT_MICROS 10000
#define WAIT_TRIES  1000

static const char modulemd[] = "document: modulemd\n"
			       "version: 2\n"
			       "data:\n"
			       "  name: contract\n"
			       "  stream: master\n"
			       "  version: 20260101000000\n"
			       "  context: \"00000000\"\n"
			       "  summary: Contract\n"
			       "  description: Contract\n"
			       "  license: {module: [MIT]}\n"
			       "  components: {rpms: {good: {rationale: Good.}}}\n";

/* One repository per component; the spec's %build is the third word. */
static const char repositories_script[] =
	"set -eu; cd \"$1\"; mkdir -p git\n"
	"export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=\"$1\" GIT_AUTHOR_NAME=P\n"
	"export GIT_AUTHOR_EMAIL=p@example.org GIT_COMMITTER_NAME=P GIT_COMMITTER_EMAIL=p@example.org\n"
	"repository() {\n"
	"	git -c init.defaultBranch=master init -q git/$1\n"
	"	printf 'Name: %s\\nVersion: 1\\nRelease: 1\\nSummary: s\\nLicense: MIT\\nBuildArch: noarch\\n"
	"%%%%description\\n%%%%build\\n%s\\n%%%%files\\n' \"$1\" \"$2\" >git/$1/$1.spec\n"
	"	git -C git/$1 add .; git -C git/$1 commit -qm spec; git -C git/$1 rev-parse HEAD\n"
	"}\n"
	"repository bad 'echo trouble; exit 1'\n"
	"repository good true\n"
	"repository long 'sleep 600'\n";

struct local_world {
	char *cache;
	char *job_program;
	char *url;
	char *allow[2];
	char *spec_paths[2];
	GPid daemon;
};

/* Shared by all tests, for it takes a second to list what the host has. */
static char *shared_cache;

static void remove_cache(void)
{
	folder_remove(shared_cache, NULL);
	g_free(shared_cache);
}

const char *local_check(void)
{
	static const char *const programs[] = { "bwrap", "rpmbuild", "createrepo_c", "git" };

	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
		g_autofree char *path = g_find_program_in_path(programs[i]);

		if (!path)
			return "bwrap, rpmbuild, createrepo_c or git is missing";
	}
	return g_getenv("top_builddir") ? NULL : "top_builddir is not set";
}

static void must(bool is_fine, const char *what)
{
	if (!is_fine) {
		fprintf(stderr, "the local builder's world: %s\n", what);
		abort();
	}
}

static bool port_answers(unsigned port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)port),
					     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const bool is_answering =
		fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;

	if (fd >= 0)
		close(fd);
	return is_answering;
}

static unsigned start_daemon(struct local_world *local, const char *folder)
{
	unsigned port = (unsigned)g_random_int_range(PORT_MIN, PORT_MAX);
	g_autofree char *port_option = NULL;
	g_autofree char *base = g_build_filename(folder, "git", NULL);
	g_autofree char *base_option = g_strconcat("--base-path=", base, NULL);
	const char *argv[] = { "git",
			       "-c",
			       "safe.directory=*",
			       "daemon",
			       "--reuseaddr",
			       "--export-all",
			       "--listen=127.0.0.1",
			       NULL,
			       base_option,
			       base,
			       NULL };

	must(folder_make(base, NULL), "folder of the repositories");
	while (port_answers(port))
		port++;
	port_option = g_strdup_printf("--port=%u", port);
	argv[7] = port_option;
	must(g_spawn_async(NULL, (char **)(uintptr_t)argv, NULL,
			   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
				   G_SPAWN_STDERR_TO_DEV_NULL,
			   NULL, NULL, &local->daemon, NULL),
	     "git daemon");
	for (unsigned i = 0; i < WAIT_TRIES && !port_answers(port); i++)
		g_usleep(WAIT_MICROS);
	return port;
}

static void make_repositories(struct builder_world *world, unsigned port)
{
	static const char *const names[] = { "bad", "good", "long" };
	const char *argv[] = {
		"sh", "-c", repositories_script, "repositories", world->folder, NULL
	};
	g_autofree char *out = NULL;
	g_auto(GStrv) commits = NULL;

	must(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
			  &out, NULL, NULL, NULL),
	     "repositories");
	commits = g_strsplit(out, "\n", -1);
	must(g_strv_length(commits) == G_N_ELEMENTS(names) + 1, "commits");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct component *component = build_component(world->build, names[i]);

		g_free(component->repository);
		component->repository = g_strdup_printf("git://127.0.0.1:%u/%s", port, names[i]);
		text_set(&component->commit, commits[i]);
	}
}

static void set_options(struct builder_world *world, const struct local_world *local)
{
	struct builder_options *options = &world->options;

	options->state_dir = g_build_filename(world->folder, "state", NULL);
	options->log_dir = g_build_filename(world->folder, "logs", NULL);
	options->repo_dir = g_build_filename(world->folder, "repos", NULL);
	options->cache_dir = local->cache;
	options->job_program = local->job_program;
	options->sandbox_user = "nobody";
	options->lookaside_url = "";
	options->spec_paths = local->spec_paths;
	options->scm_allow = local->allow;
	options->private_addresses = true;
	options->git_timeout = 20;
	options->git_max_bytes = 64 << 20;
	options->source_max_bytes = 64 << 20;
	options->build_timeout = 60;
	options->build_max_memory = UINT64_C(4) << 30;
	options->build_max_disk = 1 << 30;
	options->build_max_log = 64 << 20;
	options->build_max_processes = 256;
	options->build_max_file = 1 << 30;
}

void local_set_up(struct builder_world *world)
{
	struct local_world *local = g_new0(struct local_world, 1);
	unsigned port;

	if (!shared_cache) {
		shared_cache = g_dir_make_tmp("rida-contract-cache.XXXXXX", NULL);
		must(shared_cache && chmod(shared_cache, 0755) == 0, "cache");
		atexit(remove_cache);
	}
	must(chmod(world->folder, 0755) == 0, "folder");
	world->data = local;
	world->build = contract_build_new();
	world->modulemd = g_strdup(modulemd);
	world->wait = 60;
	local->cache = shared_cache;
	local->job_program =
		g_build_filename(g_getenv("top_builddir"), "scheduler", "rida-job", NULL);
	local->spec_paths[0] = g_strdup("{name}.spec");
	port = start_daemon(local, world->folder);
	must(port_answers(port), "git daemon does not answer");
	local->allow[0] = g_strdup_printf("git://127.0.0.1:%u/", port);
	make_repositories(world, port);
	set_options(world, local);
}

/* Nothing that a test left running survives it. */
static void end_jobs(const struct builder_world *world)
{
	g_autofree char *jobs = g_build_filename(world->options.state_dir, "builds",
						 world->build->uuid, "jobs", NULL);
	g_auto(GStrv) keys = folder_list(jobs);

	for (size_t i = 0; keys[i]; i++) {
		g_autofree char *dir = g_build_filename(jobs, keys[i], NULL);
		int lock = -1;

		local_job_cancel(dir, NULL);
		for (unsigned k = 0; k < WAIT_TRIES && lock < 0; k++) {
			lock = local_job_lock(dir);
			if (lock < 0)
				g_usleep(WAIT_MICROS);
		}
		if (lock >= 0)
			close(lock);
	}
}

void local_tear_down(struct builder_world *world)
{
	struct local_world *local = world->data;

	end_jobs(world);
	kill(local->daemon, SIGTERM);
	g_spawn_close_pid(local->daemon);
	g_free((char *)(uintptr_t)world->options.state_dir);
	g_free((char *)(uintptr_t)world->options.log_dir);
	g_free((char *)(uintptr_t)world->options.repo_dir);
	g_free(local->job_program);
	g_free(local->spec_paths[0]);
	g_free(local->allow[0]);
	g_free(local);
}
