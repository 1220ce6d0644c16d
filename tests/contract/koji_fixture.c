/* SPDX-License-Identifier: MIT */
#include "contract/koji_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/http_client.h"

#define WAIT_MICROS 10000
#define WAIT_TRIES  2000

static const char modulemd[] =
	"document: modulemd\n"
	"version: 2\n"
	"data:\n"
	"  name: contract\n"
	"  stream: master\n"
	"  version: 20260101000000\n"
	"  context: \"00000000\"\n"
	"  summary: Contract\n"
	"  description: Contract\n"
	"  license: {module: [MIT]}\n"
	"  xmd: {mbs_options: {blocked_packages: [old], repo_include_all: false}}\n"
	"  components: {rpms: {good: {rationale: Good.}}}\n";

/* How the components build, and what there is before anything is prepared. */
static const char world_json[] =
	"{\"do\": \"load\", \"options\": {\"step_ms\": 5, \"version\": \"1.35.3\"},"
	" \"rules\": [{\"package\": \"bad\", \"outcome\": \"fail\"},"
	"             {\"package\": \"long\", \"outcome\": \"hang\"}],"
	" \"btypes\": [\"module\"],"
	" \"tags\": [{\"name\": \"f30-build\", \"arches\": \"x86_64 aarch64\", \"repo\": true,"
	"             \"packages\": {\"old\": \"kojiadmin\"},"
	"             \"groups\": {\"build\": [\"bash\"], \"other\": [\"gcc\"]}},"
	"            {\"name\": \"module-perl-5.30-1-abcd\", \"arches\": \"x86_64\"},"
	"            {\"name\": \"modular-updates-candidate\", \"arches\": \"x86_64\","
	"             \"packages\": {\"contract\": \"rida\", \"contract-devel\": \"rida\"}}]}";

/* The hub of all tests. */
static struct {
	GPid pid;
	char *folder;
	char *url; /* without a path */
	struct http_client *client;
} shared;

struct koji_world {
	char *config;
	char *tag_prefixes[2];
	char *arches[2];
	char *extra_opts[4];
};

static void must(bool is_fine, const char *what)
{
	if (!is_fine) {
		fprintf(stderr, "the Koji builder's world: %s\n", what);
		exit(1);
	}
}

static void stop_hub(void)
{
	const char *argv[] = { "rm", "-rf", shared.folder, NULL };

	kill(shared.pid, SIGTERM);
	waitpid(shared.pid, NULL, 0);
	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
		     NULL, NULL, NULL);
	g_free(shared.folder);
	g_free(shared.url);
	http_client_free(shared.client);
}

static void start_hub(void)
{
	g_autofree char *program =
		g_build_filename(g_getenv("top_srcdir"), "tests", "stub", "hub.py", NULL);
	g_autofree char *ready = NULL;
	const char *argv[] = { "python3", "-B", program, "--ready", NULL, NULL };

	shared.folder = g_dir_make_tmp("rida-contract-hub.XXXXXX", NULL);
	must(shared.folder != NULL, "folder");
	ready = g_build_filename(shared.folder, "ready", NULL);
	argv[4] = ready;
	must(g_spawn_async(NULL, (char **)(uintptr_t)argv, NULL,
			   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
				   G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
			   NULL, NULL, &shared.pid, NULL),
	     "hub");
	atexit(stop_hub);
	for (unsigned i = 0; i < WAIT_TRIES; i++) {
		g_clear_pointer(&shared.url, g_free);
		if (g_file_get_contents(ready, &shared.url, NULL, NULL) && *shared.url)
			break;
		g_usleep(WAIT_MICROS);
	}
	must(shared.url && *shared.url, "the hub does not start");
	g_strchomp(shared.url);
	shared.client = http_client_new();
}

static bool take(void *data, const struct http_answer *answer G_GNUC_UNUSED, const char *bytes,
		 size_t length)
{
	g_string_append_len(data, bytes, (gssize)length);
	return true;
}

char *koji_control(const char *json)
{
	g_autofree char *url = g_strconcat(shared.url, "/control", NULL);
	const char *headers[] = { "Content-Type: application/json", NULL };
	GString *out = g_string_new(NULL);
	const struct http_post post = { .url = url,
					.headers = headers,
					.body = json,
					.length = strlen(json),
					.timeout = 30,
					.take = take,
					.data = out };
	struct http_answer answer = { 0 };

	http_post_many(shared.client, &post, 1, 1, &answer);
	must(answer.end == HTTP_WHOLE, json);
	must(answer.status == 200, out->str);
	http_answer_clear(&answer);
	return g_string_free(out, FALSE);
}

const char *koji_check(void)
{
	g_autofree char *path = g_find_program_in_path("python3");

	if (!path)
		return "python3 is missing";
	return g_getenv("top_srcdir") ? NULL : "top_srcdir is not set";
}

static void complete_build(struct build *build)
{
	text_set(&build->tag, "module-contract-master-20260101000000-00000000");
	text_set(&build->target, "module-contract-master-20260101000000-00000000");
	text_set(&build->owner, "nobody1");
	text_set(&build->scmurl, "git://127.0.0.1/modules/contract?#0123456");
	for (guint i = 0; i < build->components->len; i++) {
		struct component *component = g_ptr_array_index(build->components, i);

		g_free(component->repository);
		component->repository = g_strdup_printf("git://127.0.0.1/rpms/%s", component->name);
		text_set(&component->commit, "0123456789012345678901234567890123456789");
	}
}

static void set_options(struct builder_world *world, struct koji_world *koji)
{
	g_autofree char *profile =
		g_strdup_printf("[hub]\nserver = %s/kojihub\nauthtype = password\n"
				"user = rida\npassword = ridapw\n",
				shared.url);
	struct koji_options *options = &world->options.koji;

	koji->config = g_build_filename(world->folder, "koji.conf", NULL);
	must(g_file_set_contents(koji->config, profile, -1, NULL), "profile");
	koji->tag_prefixes[0] = (char *)(uintptr_t) "module";
	koji->arches[0] = (char *)(uintptr_t) "x86_64";
	koji->extra_opts[0] = (char *)(uintptr_t) "repo_include_all=true";
	koji->extra_opts[1] = (char *)(uintptr_t) "mock.new_chroot=0";
	koji->extra_opts[2] = (char *)(uintptr_t) "mock.package_manager=dnf";
	options->config_file = koji->config;
	options->profile = "hub";
	options->run_dir = world->folder;
	options->tag_prefixes = koji->tag_prefixes;
	options->tag_extra_opts = koji->extra_opts;
	options->arches = koji->arches;
	options->tag_permission = "";
	options->macros_target = "";
	options->with_import = true;
	options->import_tag_template = "{}-modular-updates-candidate";
	options->import_default_tag = "modular-updates-candidate";
}

void koji_set_up(struct builder_world *world)
{
	struct koji_world *koji = g_new0(struct koji_world, 1);

	if (!shared.pid)
		start_hub();
	g_free(koji_control("{\"do\": \"trouble\", \"clear\": true}"));
	g_free(koji_control("{\"do\": \"reset\"}"));
	g_free(koji_control("{\"do\": \"forget\"}"));
	g_free(koji_control(world_json));
	world->data = koji;
	world->build = contract_build_new();
	complete_build(world->build);
	world->modulemd = g_strdup(modulemd);
	world->wait = 20;
	world->has_no_logs = true;
	set_options(world, koji);
}

void koji_old_set_up(struct builder_world *world)
{
	koji_set_up(world);
	g_free(koji_control("{\"do\": \"set\", \"version\": \"1.21.0\"}"));
}

void koji_tear_down(struct builder_world *world)
{
	struct koji_world *koji = world->data;

	g_free(koji->config);
	g_free(koji);
}
