/* SPDX-License-Identifier: MIT */
#include "tests/unit/ports/koji_fake_hub.h"

#include <string.h>
#include <unistd.h>

#include "text/json.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COMMIT "45b016bc3308ed649e0065fc1188c3d7463ddc35"

struct fake_hub fake_hub;
fake_filter_fn *fake_filter;
struct builder_options fake_options;
struct build *fake_build;

static char *tag_prefixes[] = { (char *)(uintptr_t) "module", NULL };
static char *profile_path;

static struct json_object *value_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct json_object *value = NULL;

	if (!read_json(text, strlen(text), &value, &error))
		fail_msg("%s: %s", text, error->message);
	return value;
}

/* ---- what the hub says ------------------------------------------------------------------- */

static struct fake_task *task_of(int64_t id)
{
	for (size_t i = 0; i < fake_hub.count; i++)
		if (fake_hub.tasks[i].id == id)
			return &fake_hub.tasks[i];
	return NULL;
}

static struct json_object *task_info(const struct fake_task *task, bool with_request)
{
	g_autofree char *text = NULL;
	g_autofree char *key = NULL;
	struct json_object *info;

	if (!task)
		return NULL;
	text = g_strdup_printf(
		"{\"arch\":\"noarch\",\"awaited\":null,\"channel_id\":1,\"completion_ts\":null,"
		"\"create_ts\":1795360880.5,\"host_id\":2,\"id\":%" G_GINT64_FORMAT
		",\"label\":null,\"method\":\"%s\",\"owner\":2,\"parent\":null,\"priority\":30,"
		"\"state\":%d,\"waiting\":false,\"weight\":0.2}",
		task->id, task->method ? task->method : "build", task->state);
	info = value_of(text);
	if (!with_request)
		return info;
	key = g_strdup_printf("[\"git://example.org/rpms/%s?#" COMMIT "\",\"" FAKE_TARGET "\","
			      "{\"skip_tag\":true,\"mbs_artifact_name\":\"%s\",\"%s\":\"%s\"}]",
			      task->component, task->component,
			      task->key ? "rida_key" : "mbs_module_target",
			      task->key ? task->key : "other");
	json_object_object_add(info, "request", value_of(key));
	return info;
}

static struct json_object *build_info(const char *component, int64_t task_id)
{
	g_autofree char *text = g_strdup_printf(
		"{\"build_id\":2,\"id\":2,\"draft\":false,\"epoch\":null,\"name\":\"%s\","
		"\"nvr\":\"%s-1.0-" FAKE_RELEASE "\",\"package_name\":\"%s\",\"release\":"
		"\"" FAKE_RELEASE "\",\"state\":1,\"task_id\":%" G_GINT64_FORMAT
		",\"version\":\"1.0\"}",
		component, component, component, task_id);

	return value_of(text);
}

static struct json_object *last_of(struct json_object *params)
{
	const size_t count = json_object_array_length(params);

	return count ? json_object_array_get_idx(params, count - 1) : NULL;
}

static struct json_object *get_task_info(struct json_object *params)
{
	struct json_object *what = json_object_array_get_idx(params, 0);
	struct json_object *flag = NULL, *list;
	const bool with_request = json_object_array_length(params) > 1 &&
				  json_object_object_get_ex(last_of(params), "request", &flag) &&
				  json_object_get_boolean(flag);

	if (!json_object_is_type(what, json_type_array))
		return task_info(task_of(json_object_get_int64(what)), with_request);
	list = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(what); i++)
		json_object_array_add(list, task_info(task_of(json_object_get_int64(
							      json_object_array_get_idx(what, i))),
						      with_request));
	return list;
}

static struct json_object *list_builds(struct json_object *params)
{
	const int64_t id = json_object_get_int64(json_object_object_get(last_of(params), "taskID"));
	const struct fake_task *task = task_of(id);
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; task && i < task->builds; i++)
		json_object_array_add(list, build_info(task->component, id));
	return list;
}

static struct json_object *list_tasks(struct json_object *params)
{
	struct json_object *options = json_object_object_get(last_of(params), "queryOpts");
	const size_t offset =
		(size_t)json_object_get_int64(json_object_object_get(options, "offset"));
	const size_t limit =
		(size_t)json_object_get_int64(json_object_object_get(options, "limit"));
	struct json_object *list = json_object_new_array();

	for (size_t i = offset; i < fake_hub.count && i < offset + limit; i++)
		json_object_array_add(list, task_info(&fake_hub.tasks[i], true));
	return list;
}

static struct json_object *cancel_task(struct json_object *params)
{
	struct fake_task *task =
		task_of(json_object_get_int64(json_object_array_get_idx(params, 0)));

	fake_hub.canceled++;
	if (task && task_state_is_active((enum task_state)task->state))
		task->state = TASK_CANCELED;
	return NULL;
}

static struct json_object *lonely_build(const char *method, struct json_object *params)
{
	struct json_object *list = json_object_new_array();
	struct json_object *name;

	if (fake_hub.lonely && strcmp(method, "untaggedBuilds") == 0 &&
	    json_object_object_get_ex(last_of(params), "name", &name) &&
	    strcmp(json_object_get_string(name), fake_hub.lonely) == 0)
		json_object_array_add(list, value_of("{\"id\":2,\"name\":\"cc\",\"release\":"
						     "\"" FAKE_RELEASE "\",\"version\":\"1.0\"}"));
	return list;
}

static struct json_object *make_task(struct json_object *params)
{
	json_object_put(fake_hub.last_build);
	fake_hub.last_build = json_object_get(params);
	return json_object_new_int64(1000 + ++fake_hub.built);
}

/* Every tag holds these. */
static const char tagged_rpms[] =
	"[[{\"name\":\"secret\",\"epoch\":null,\"version\":\"1\",\"release\":\"2\",\"arch\":\"src\"},"
	"{\"name\":\"secret\",\"epoch\":null,\"version\":\"1\",\"release\":\"2\",\"arch\":\"x86_64\"},"
	"{\"name\":\"heavy\",\"epoch\":3,\"version\":\"1\",\"release\":\"2\",\"arch\":\"noarch\"},"
	"{\"name\":\"open\",\"epoch\":0,\"version\":\"1\",\"release\":\"2\",\"arch\":\"noarch\"}],[]]";

static struct json_object *answer_to(const char *method, struct json_object *params)
{
	if (strcmp(method, "getTaskInfo") == 0)
		return get_task_info(params);
	if (strcmp(method, "listBuilds") == 0)
		return list_builds(params);
	if (strcmp(method, "listTasks") == 0)
		return list_tasks(params);
	if (strcmp(method, "cancelTask") == 0)
		return cancel_task(params);
	if (strcmp(method, "build") == 0)
		return make_task(params);
	if (strcmp(method, "getBuild") == 0)
		return fake_hub.lonely ? build_info(fake_hub.lonely, 900) : NULL;
	if (strcmp(method, "getTaskResult") == 0)
		return value_of("{\"faultCode\":1005,\"faultString\":\"mock exited with status "
				"1\\nsee root.log\"}");
	if (strcmp(method, "getTaskDescendents") == 0)
		return value_of("{\"105\":[{\"id\":205,\"method\":\"buildArch\",\"arch\":"
				"\"x86_64\",\"state\":5},{\"id\":206,\"state\":3}],\"205\":[]}");
	if (strcmp(method, "listTaggedRPMS") == 0) {
		fake_hub.lists++;
		return value_of(tagged_rpms);
	}
	return lonely_build(method, params);
}

static void answer(const char *method, struct json_object *params, struct koji_answer *ret)
{
	if (fake_hub.fault && strcmp(method, fake_hub.fault) == 0) {
		fake_fault(ret, method, 1000, "this is refused");
		return;
	}
	ret->value = answer_to(method, params);
	if (fake_filter)
		ret->value = fake_filter(method, ret->value);
}

/* ---- a builder that talks to it ---------------------------------------------------------- */

static void add_component(const char *name)
{
	struct component *component = component_new(name);

	component->state = COMPONENT_BUILDING;
	component->repository = g_strdup_printf("https://example.org/rpms/%s", name);
	component->commit = g_strdup(COMMIT);
	component->arches = g_strdup("");
	g_ptr_array_add(fake_build->components, component);
}

static void make_build(void)
{
	static const char *const names[] = { "aa", "bb", "cc" };

	fake_build = build_new();
	fake_build->uuid = g_uuid_string_random();
	fake_build->version = 1;
	text_set(&fake_build->name, "foo");
	text_set(&fake_build->stream, "master");
	text_set(&fake_build->context, "aaaa0000");
	text_set(&fake_build->dist, FAKE_DIST);
	text_set(&fake_build->tag, FAKE_TARGET);
	text_set(&fake_build->target, FAKE_TARGET);
	fake_build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		add_component(names[i]);
}

struct component *fake_component(guint i)
{
	return g_ptr_array_index(fake_build->components, i);
}

int fake_set_up(void **state)
{
	static const char profile[] =
		"[koji]\nserver = http://localhost:1/kojihub\nauthtype = noauth\n";
	g_autoptr(GError) error = NULL;
	struct builder *builder = NULL;
	int fd;

	profile_path = g_strdup("/tmp/rida-koji-profile.XXXXXX");
	fd = g_mkstemp(profile_path);
	if (fd < 0 || write(fd, profile, sizeof profile - 1) < 0 || close(fd))
		return -1;
	fake_hub = (struct fake_hub){ 0 };
	fake_filter = NULL;
	fake_session_reset();
	fake_session_use(answer);
	fake_options = (struct builder_options){
		.koji = { .config_file = profile_path,
			  .profile = "koji",
			  .tag_prefixes = tag_prefixes,
			  .priority = 10,
			  .settle_seconds = 900 },
	};
	if (!builder_koji.open(&fake_options, &builder, &error))
		fail_msg("open: %s", error->message);
	make_build();
	*state = builder;
	return 0;
}

int fake_tear_down(void **state)
{
	builder_koji.close(*state);
	build_free(fake_build);
	json_object_put(fake_hub.last_build);
	unlink(profile_path);
	g_free(profile_path);
	return 0;
}
