/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_batch.h"

#include <stdarg.h>

struct koji_batch {
	GArray *calls;   /* struct koji_call */
	GArray *answers; /* struct koji_answer */
	size_t made;     /* of the calls */
};

/* Koji's mark of a struct that holds named arguments. */
#define NAMED "__starstar"

static void call_clear(gpointer data)
{
	struct koji_call *call = data;

	json_object_put(call->params);
}

struct koji_batch *koji_batch_new(void)
{
	struct koji_batch *batch = g_new0(struct koji_batch, 1);

	batch->calls = g_array_new(FALSE, FALSE, sizeof(struct koji_call));
	g_array_set_clear_func(batch->calls, call_clear);
	batch->answers = g_array_new(FALSE, TRUE, sizeof(struct koji_answer));
	return batch;
}

void koji_batch_free(struct koji_batch *batch)
{
	if (!batch)
		return;
	koji_answers_clear((struct koji_answer *)(void *)batch->answers->data, batch->answers->len);
	g_array_unref(batch->answers);
	g_array_unref(batch->calls);
	g_free(batch);
}

static struct json_object *parameter(char letter, va_list *arguments)
{
	switch (letter) {
	case 's':
		return json_object_new_string(va_arg(*arguments, const char *));
	case 'i':
		return json_object_new_int64(va_arg(*arguments, int64_t));
	case 'b':
		return json_object_new_boolean(va_arg(*arguments, int));
	case 'o':
		return va_arg(*arguments, struct json_object *);
	default:
		g_assert_not_reached();
	}
}

size_t koji_batch_add(struct koji_batch *batch, const char *method, const char *letters, ...)
{
	const struct koji_call call = { method, json_object_new_array() };
	struct json_object *named = NULL;
	va_list arguments;

	va_start(arguments, letters);
	for (; *letters; letters++) {
		if (*letters == '*') {
			named = json_object_new_object();
			json_object_object_add(named, NAMED, json_object_new_boolean(true));
		} else if (named) {
			const char *name = va_arg(arguments, const char *);

			json_object_object_add(named, name, parameter(*letters, &arguments));
		} else {
			json_object_array_add(call.params, parameter(*letters, &arguments));
		}
	}
	va_end(arguments);
	if (named)
		json_object_array_add(call.params, named);
	g_array_append_val(batch->calls, call);
	g_array_set_size(batch->answers, batch->calls->len);
	return batch->calls->len - 1;
}

size_t koji_batch_count(const struct koji_batch *batch)
{
	return batch->calls->len;
}

/* The calls that were not made yet. */
struct pending {
	const struct koji_call *calls;
	struct koji_answer *answers;
	size_t count;
};

static struct pending take_pending(struct koji_batch *batch)
{
	const size_t made = batch->made;

	batch->made = batch->calls->len;
	if (made == batch->made)
		return (struct pending){ 0 };
	return (struct pending){ &g_array_index(batch->calls, struct koji_call, made),
				 &g_array_index(batch->answers, struct koji_answer, made),
				 batch->made - made };
}

void koji_batch_read(struct koji_batch *batch, struct koji_session *session)
{
	const struct pending pending = take_pending(batch);

	if (pending.count)
		koji_read_many(session, pending.calls, pending.count, pending.answers);
}

void koji_batch_write(struct koji_batch *batch, struct koji_session *session)
{
	const struct pending pending = take_pending(batch);

	if (pending.count)
		koji_write_many(session, pending.calls, pending.count, pending.answers);
}

void koji_batch_write_within(struct koji_batch *batch, struct koji_session *session,
			     uint64_t session_id)
{
	const struct pending pending = take_pending(batch);

	if (pending.count)
		koji_write_within(session, session_id, pending.calls, pending.count,
				  pending.answers);
}

struct koji_answer *koji_batch_answer(const struct koji_batch *batch, size_t i)
{
	g_assert(i < batch->made);
	return &g_array_index(batch->answers, struct koji_answer, i);
}

static struct json_object *member_of(struct json_object *value, const char *member,
				     enum json_type type)
{
	struct json_object *found = NULL;

	if (!json_object_is_type(value, json_type_object) ||
	    !json_object_object_get_ex(value, member, &found) || !json_object_is_type(found, type))
		return NULL;
	return found;
}

const char *koji_text(struct json_object *value, const char *member)
{
	struct json_object *found = member_of(value, member, json_type_string);

	return found ? json_object_get_string(found) : NULL;
}

bool koji_number(struct json_object *value, const char *member, int64_t *ret)
{
	struct json_object *found = member_of(value, member, json_type_int);

	if (found)
		*ret = json_object_get_int64(found);
	return found != NULL;
}

bool koji_truth(struct json_object *value, const char *member, bool *ret)
{
	struct json_object *found = member_of(value, member, json_type_boolean);

	if (found)
		*ret = json_object_get_boolean(found);
	return found != NULL;
}

struct json_object *koji_array(struct json_object *value, const char *member)
{
	return member_of(value, member, json_type_array);
}
