/* SPDX-License-Identifier: MIT */
#include "model/message.h"

#include <inttypes.h>

#include "model/build.h"
#include "model/requires.h"
#include "text/json.h"
#include "text/timestamp.h"

static struct json_object *text_or_empty(const char *text)
{
	return json_object_new_string(text ? text : "");
}

static struct json_object *text_or_null(const char *text)
{
	return text && *text ? json_object_new_string(text) : NULL;
}

static struct json_object *time_or_null(int64_t time)
{
	g_autofree char *text = timestamp_write(time);

	return text ? json_object_new_string(text) : NULL;
}

static struct json_object *component_ids(const struct build *build)
{
	struct json_object *ids = json_object_new_array();

	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = build->components->pdata[i];

		json_object_array_add(ids, json_object_new_uint64(component->id));
	}
	return ids;
}

/* As text: readers of JSON that know no integers of 64 bits would change it. */
static struct json_object *version_text(uint64_t version)
{
	g_autofree char *text = g_strdup_printf("%" PRIu64, version);

	return json_object_new_string(text);
}

/* {name: {stream, version, context, koji_tag}} */
static struct json_object *build_requires(const GPtrArray *requires)
{
	struct json_object *all = json_object_new_object();

	for (guint i = 0; requires && i < requires->len; i++) {
		const struct build_require *require = g_ptr_array_index(requires, i);
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "stream", text_or_empty(require->stream));
		json_object_object_add(one, "version", version_text(require->version));
		json_object_object_add(one, "context", text_or_empty(require->context));
		json_object_object_add(one, "koji_tag", text_or_null(require->tag));
		json_object_object_add(all, require->name, one);
	}
	return all;
}

char *message_body(const struct build *build, const GPtrArray *requires, const char *topdir)
{
	g_autoptr(JsonObject) body = json_object_new_object();
	GString *text = g_string_new(NULL);

	json_object_object_add(body, "id", json_object_new_uint64(build->id));
	json_object_object_add(body, "state", json_object_new_int((int32_t)build->state));
	json_object_object_add(body, "state_name", text_or_empty(build_states[build->state].name));
	json_object_object_add(body, "name", text_or_empty(build->name));
	json_object_object_add(body, "stream", text_or_empty(build->stream));
	json_object_object_add(body, "version", version_text(build->version));
	json_object_object_add(body, "context", text_or_empty(build->context));
	json_object_object_add(body, "owner", text_or_empty(build->owner));
	json_object_object_add(body, "scmurl", text_or_empty(build->scmurl));
	json_object_object_add(body, "state_reason", text_or_null(build->state_reason));
	json_object_object_add(body, "component_builds", component_ids(build));
	json_object_object_add(body, "koji_tag", text_or_null(build->tag));
	json_object_object_add(body, "rebuild_strategy", json_object_new_string("all"));
	json_object_object_add(body, "scratch", json_object_new_boolean(false));
	json_object_object_add(body, "srpms", json_object_new_array());
	json_object_object_add(body, "siblings", json_object_new_array());
	json_object_object_add(body, "buildrequires", build_requires(requires));
	json_object_object_add(body, "time_submitted", time_or_null(build->submitted_at));
	json_object_object_add(body, "time_modified", time_or_null(build->modified_at));
	json_object_object_add(body, "time_completed", time_or_null(build->completed_at));
	if (build->state == BUILD_DONE || build->state == BUILD_READY)
		json_object_object_add(body, "topdir", text_or_null(topdir));
	append_json(text, body);
	return g_string_free(text, FALSE);
}

int message_severity(enum build_state state)
{
	return state == BUILD_FAILED ? 30 : 20;
}
