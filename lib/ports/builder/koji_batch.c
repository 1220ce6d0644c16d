/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_batch.h"

#include <stdarg.h>

struct koji_batch {
	GArray *calls;    /* struct koji_call */
	GArray *answers;  /* struct koji_answer */
	size_t made;      /* of the calls */
	GHashTable *once; /* method and name -> number of the call */
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
	batch->once = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return batch;
}

void koji_batch_free(struct koji_batch *batch)
{
	if (!batch)
		return;
	koji_answers_clear((struct koji_answer *)(void *)batch->answers->data, batch->answers->len);
	g_array_unref(batch->answers);
	g_array_unref(batch->calls);
	g_hash_table_unref(batch->once);
	g_free(batch);
}

static struct json_object *as_named(struct json_object *arguments)
{
	json_object_object_add(arguments, NAMED, json_object_new_boolean(true));
	return arguments;
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
	case 'n':
		return as_named(va_arg(*arguments, struct json_object *));
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
			named = as_named(json_object_new_object());
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

size_t koji_batch_once(struct koji_batch *batch, const char *method, const char *name)
{
	g_autofree char *key = g_strdup_printf("%s %s", method, name);
	gpointer found = NULL;
	size_t call;

	if (g_hash_table_lookup_extended(batch->once, key, NULL, &found))
		return GPOINTER_TO_SIZE(found);
	call = koji_batch_add(batch, method, *name ? "s" : "", name);
	g_hash_table_insert(batch->once, g_steal_pointer(&key), GSIZE_TO_POINTER(call));
	return call;
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
