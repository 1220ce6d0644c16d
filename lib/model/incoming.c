/* SPDX-License-Identifier: MIT */
#include "model/incoming.h"

#include <stdbool.h>
#include <string.h>

#include "base/strict.h"
#include "model/names.h"
#include "text/json.h"

/* fedmsg wraps a message in "msg", and others that again in "body". */
#define WRAPPERS_MAX 3

typedef void read_fn(struct json_object *message, struct incoming *ret);

static struct json_object *member(struct json_object *object, const char *name, json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, name, &value))
		return NULL;
	return json_object_is_type(value, type) ? value : NULL;
}

static const char *text_member(struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name, json_type_string);

	return value ? json_object_get_string(value) : NULL;
}

static void take_task(struct json_object *about, struct incoming *ret)
{
	struct json_object *id = member(about, "task_id", json_type_int);

	if (!id || json_object_get_int64(id) <= 0)
		return;
	ret->task_id = (uint64_t)json_object_get_int64(id);
	ret->kind = INCOMING_TASK;
}

static void take_tag(const char *tag, struct incoming *ret)
{
	static const char suffix[] = "-build";

	if (!tag || !name_is_valid(NAME_TAG, tag))
		return;
	ret->tag = g_strdup(tag);
	if (g_str_has_suffix(tag, suffix))
		ret->tag[strlen(tag) - strlen(suffix)] = '\0';
	ret->kind = *ret->tag ? INCOMING_TAG : INCOMING_NOTHING;
}

/* {"task_id", "new"}, or {"info": {"task_id"}, "new"}. */
static void read_build(struct json_object *message, struct incoming *ret)
{
	struct json_object *info = member(message, "info", json_type_object);

	take_task(info ? info : message, ret);
}

/* {"tag": "name"}, or {"tag": {"name"}}. */
static void read_tag(struct json_object *message, struct incoming *ret)
{
	struct json_object *tag = member(message, "tag", json_type_object);

	take_tag(tag ? text_member(tag, "name") : text_member(message, "tag"), ret);
}

/* {"tag": "name"}, or {"repo": {"tag_name"}}. */
static void read_repo(struct json_object *message, struct incoming *ret)
{
	struct json_object *repo = member(message, "repo", json_type_object);

	take_tag(repo ? text_member(repo, "tag_name") : text_member(message, "tag"), ret);
}

/* {"subject_identifier": "name-stream-version.context"}: only the stream's own dashes are "_". */
static void read_decision(struct json_object *message, struct incoming *ret)
{
	const char *subject = text_member(message, "subject_identifier");
	g_autofree char *rest = g_strndup(subject ? subject : "", INCOMING_TOPIC_MAX);
	char *context = strrchr(rest, '.');
	char *version = strrchr(rest, '-');
	char *stream;

	if (!context || !version || context < version)
		return;
	*context++ = '\0';
	*version++ = '\0';
	stream = strrchr(rest, '-');
	if (!stream)
		return;
	*stream++ = '\0';
	if (!name_is_valid(NAME_MODULE, rest) || !name_is_valid(NAME_STREAM, stream) ||
	    !name_is_valid(NAME_CONTEXT, context) ||
	    !strict_u64(version, 1, INT64_MAX, &ret->version, NULL))
		return;
	ret->name = g_strdup(rest);
	ret->stream = g_strdup(stream);
	ret->context = g_strdup(context);
	ret->kind = INCOMING_MODULE;
}

/* By the end of the topic. */
static const struct {
	const char *end;
	read_fn *read;
} topics[] = {
	{ "buildsys.build.state.change", read_build },
	{ "brew.build.complete", read_build },
	{ "brew.build.failed", read_build },
	{ "brew.build.canceled", read_build },
	{ "brew.build.deleted", read_build },
	{ "buildsys.tag", read_tag },
	{ "brew.build.tag", read_tag },
	{ "buildsys.repo.done", read_repo },
	{ "brew.repo.done", read_repo },
	{ "greenwave.decision.update", read_decision },
};

static read_fn *reader_of(const char *topic)
{
	for (size_t i = 0; i < G_N_ELEMENTS(topics); i++) {
		const size_t length = strlen(topic), end = strlen(topics[i].end);

		if (g_str_has_suffix(topic, topics[i].end) &&
		    (length == end || topic[length - end - 1] == '.'))
			return topics[i].read;
	}
	return NULL;
}

static struct json_object *unwrap(struct json_object *message)
{
	for (unsigned i = 0; i < WRAPPERS_MAX; i++) {
		struct json_object *inner = member(message, "msg", json_type_object);

		if (!inner)
			inner = member(message, "body", json_type_object);
		if (!inner)
			break;
		message = inner;
	}
	return message;
}

struct incoming incoming_read(const char *topic, const char *body)
{
	struct incoming ret = { 0 };
	read_fn *read = strlen(topic) <= INCOMING_TOPIC_MAX ? reader_of(topic) : NULL;
	g_autoptr(JsonObject) value = NULL;
	struct json_object *message;
	const char *instance;

	if (!read || !read_json(body, strlen(body), &value, NULL))
		return ret;
	message = unwrap(value);
	/* Another hub's tasks have the numbers of ours. */
	instance = text_member(message, "instance");
	if (!instance || strcmp(instance, "primary") == 0)
		read(message, &ret);
	return ret;
}

void incoming_clear(struct incoming *incoming)
{
	g_free(incoming->tag);
	g_free(incoming->name);
	g_free(incoming->stream);
	g_free(incoming->context);
	*incoming = (struct incoming){ 0 };
}
