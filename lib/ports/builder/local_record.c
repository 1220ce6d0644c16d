/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_record.h"

#include <string.h>

#include "base/error.h"
#include "text/json.h"

static void *place(const void *record, const struct record_field *field)
{
	return (char *)(uintptr_t)record + field->offset;
}

static struct json_object *list_write(char *const *list)
{
	struct json_object *array = json_object_new_array();

	for (; list && *list; list++)
		json_object_array_add(array, json_object_new_string(*list));
	return array;
}

static struct json_object *field_write(const void *record, const struct record_field *field)
{
	switch (field->type) {
	case RECORD_TEXT: {
		const char *text = *(char **)place(record, field);

		return text ? json_object_new_string(text) : NULL;
	}
	case RECORD_LIST:
		return list_write(*(char ***)place(record, field));
	case RECORD_NUMBER:
	default:
		return json_object_new_uint64(*(uint64_t *)place(record, field));
	}
}

char *record_write(const void *record, const struct record_field *fields, size_t count)
{
	g_autoptr(JsonObject) object = json_object_new_object();
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < count; i++) {
		struct json_object *value = field_write(record, &fields[i]);

		if (value)
			json_object_object_add(object, fields[i].key, value);
	}
	append_json(out, object);
	return g_string_free(out, FALSE);
}

static bool list_read(struct json_object *array, char ***ret)
{
	size_t length;

	if (!json_object_is_type(array, json_type_array))
		return false;
	length = json_object_array_length(array);
	*ret = g_new0(char *, length + 1);
	for (size_t i = 0; i < length; i++) {
		struct json_object *element = json_object_array_get_idx(array, i);

		if (!json_object_is_type(element, json_type_string))
			return false;
		(*ret)[i] = g_strdup(json_object_get_string(element));
	}
	return true;
}

static bool field_read(struct json_object *value, const struct record_field *field, void *record)
{
	switch (field->type) {
	case RECORD_TEXT:
		if (!json_object_is_type(value, json_type_string))
			return false;
		*(char **)place(record, field) = g_strdup(json_object_get_string(value));
		return true;
	case RECORD_LIST:
		return list_read(value, place(record, field));
	case RECORD_NUMBER:
	default:
		*(uint64_t *)place(record, field) = json_object_get_uint64(value);
		return json_object_is_type(value, json_type_int);
	}
}

bool record_read(const char *text, const struct record_field *fields, size_t count, void *record,
		 GError **error)
{
	g_autoptr(JsonObject) object = NULL;

	if (!read_json(text, strlen(text), &object, error))
		return false;
	if (!json_object_is_type(object, json_type_object))
		return fail(error, RIDA_ERROR_MALFORMED, "a JSON object is wanted");
	for (size_t i = 0; i < count; i++) {
		struct json_object *value;

		if (!json_object_object_get_ex(object, fields[i].key, &value))
			continue;
		if (!field_read(value, &fields[i], record)) {
			record_clear(record, fields, count);
			return fail(error, RIDA_ERROR_MALFORMED, "\"%s\" is of the wrong type",
				    fields[i].key);
		}
	}
	return true;
}

void record_clear(void *record, const struct record_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].type == RECORD_TEXT)
			g_clear_pointer((char **)place(record, &fields[i]), g_free);
		else if (fields[i].type == RECORD_LIST)
			g_clear_pointer((char ***)place(record, &fields[i]), g_strfreev);
	}
}
