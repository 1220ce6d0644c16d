/* SPDX-License-Identifier: MIT */
#include "text/xmlrpc.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"

/* An open list or struct, and how far it is written. */
struct level {
	struct json_object *value;
	bool is_list;
	size_t next;                     /* of a list: the index of the item to come */
	struct json_object_iterator now; /* of a struct: the member to come, */
	struct json_object_iterator end; /* and where they end */
	const char *name;                /* of a struct: the member in work */
};

struct writer {
	GString *out;
	const char *problem; /* why the text or value in work cannot be written */
	struct level levels[XMLRPC_DEPTH_MAX];
	unsigned depth;
};

/* What XML 1.0 cannot carry; NULL: the text is fine. */
static const char *text_problem(const char *text, size_t length)
{
	if (!g_utf8_validate_len(text, length, NULL))
		return memchr(text, 0, length) ? "holds a NUL byte" : "is not UTF-8";
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r')
			return "holds a control character";
		if (byte == 0xef && memcmp(text + i, "\xef\xbf", 2) == 0 &&
		    (unsigned char)text[i + 2] >= 0xbe)
			return "holds a character that XML cannot carry";
	}
	return NULL;
}

/* Appends what text means; a carriage return would be read as a line feed if it stood as it is. */
static bool append_text(struct writer *writer, const char *text, size_t length)
{
	const char *end = text + length;

	writer->problem = text_problem(text, length);
	if (writer->problem)
		return false;
	while (text < end) {
		size_t plain = 0;

		while (text + plain < end && !strchr("<>&\r", text[plain]))
			plain++;
		g_string_append_len(writer->out, text, (gssize)plain);
		text += plain;
		if (text == end)
			break;
		g_string_append(writer->out, *text == '<'   ? "&lt;"
					     : *text == '>' ? "&gt;"
					     : *text == '&' ? "&amp;"
							    : "&#13;");
		text++;
	}
	return true;
}

static bool append_typed_text(struct writer *writer, const char *type, struct json_object *text)
{
	g_string_append_printf(writer->out, "<%s>", type);
	if (!append_text(writer, json_object_get_string(text),
			 (size_t)json_object_get_string_len(text)))
		return false;
	g_string_append_printf(writer->out, "</%s>", type);
	return true;
}

static bool append_integer(struct writer *writer, struct json_object *value)
{
	int64_t number = json_object_get_int64(value);
	const char *type = number >= INT32_MIN && number <= INT32_MAX ? "int" : "i8";

	if (json_object_get_uint64(value) > INT64_MAX) {
		writer->problem = "is a number beyond 64 bits";
		return false;
	}
	g_string_append_printf(writer->out, "<%s>%" G_GINT64_FORMAT "</%s>", type, number, type);
	return true;
}

/* The fewest digits that are read back as the same number, with a point whatever the locale. */
static bool append_double(struct writer *writer, struct json_object *value)
{
	static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };
	double number = json_object_get_double(value);
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	if (!isfinite(number)) {
		writer->problem = "is no finite number";
		return false;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(formats); i++) {
		g_ascii_formatd(text, sizeof(text), formats[i], number);
		if (g_ascii_strtod(text, NULL) == number)
			break;
	}
	g_string_append_printf(writer->out, "<double>%s%s</double>", text,
			       strpbrk(text, ".e") ? "" : ".0");
	return true;
}

/* The text of an object that stands for a type that JSON lacks; NULL: it stands for itself. */
static struct json_object *marked_text(struct json_object *value, const char *mark)
{
	struct json_object *text;

	if (json_object_object_length(value) != 1 ||
	    !json_object_object_get_ex(value, mark, &text) ||
	    !json_object_is_type(text, json_type_string))
		return NULL;
	return text;
}

static bool open_level(struct writer *writer, struct json_object *value)
{
	struct level *level;

	if (writer->depth == G_N_ELEMENTS(writer->levels)) {
		writer->problem =
			"is nested more than " G_STRINGIFY(XMLRPC_DEPTH_MAX) " levels deep";
		return false;
	}
	level = &writer->levels[writer->depth++];
	*level = (struct level){
		.value = value,
		.is_list = json_object_is_type(value, json_type_array),
	};
	if (level->is_list) {
		g_string_append(writer->out, "<array><data>");
		return true;
	}
	g_string_append(writer->out, "<struct>");
	level->now = json_object_iter_begin(value);
	level->end = json_object_iter_end(value);
	return true;
}

static bool append_scalar(struct writer *writer, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		g_string_append_printf(writer->out, "<boolean>%d</boolean>",
				       json_object_get_boolean(value));
		return true;
	case json_type_int:
		return append_integer(writer, value);
	case json_type_double:
		return append_double(writer, value);
	case json_type_string:
		return append_typed_text(writer, "string", value);
	case json_type_null:
	case json_type_array:
	case json_type_object:
		break;
	}
	g_string_append(writer->out, "<nil/>");
	return true;
}

/* A list or struct is only opened; continue_level() writes its items. */
static bool append_value(struct writer *writer, struct json_object *value)
{
	bool is_struct = json_object_is_type(value, json_type_object);
	struct json_object *base64 = is_struct ? marked_text(value, XMLRPC_BASE64) : NULL;
	struct json_object *date = is_struct ? marked_text(value, XMLRPC_DATE) : NULL;
	bool is_good;

	g_string_append(writer->out, "<value>");
	if (base64)
		is_good = append_typed_text(writer, "base64", base64);
	else if (date)
		is_good = append_typed_text(writer, "dateTime.iso8601", date);
	else if (is_struct || json_object_is_type(value, json_type_array))
		return open_level(writer, value);
	else
		is_good = append_scalar(writer, value);
	g_string_append(writer->out, "</value>");
	return is_good;
}

static bool continue_list(struct writer *writer, struct level *level)
{
	if (level->next < json_object_array_length(level->value))
		return append_value(writer, json_object_array_get_idx(level->value, level->next++));
	g_string_append(writer->out, "</data></array></value>");
	writer->depth--;
	return true;
}

static bool continue_struct(struct writer *writer, struct level *level)
{
	struct json_object *value;

	if (level->name)
		g_string_append(writer->out, "</member>");
	if (json_object_iter_equal(&level->now, &level->end)) {
		g_string_append(writer->out, "</struct></value>");
		writer->depth--;
		return true;
	}
	level->name = json_object_iter_peek_name(&level->now);
	value = json_object_iter_peek_value(&level->now);
	json_object_iter_next(&level->now);
	g_string_append(writer->out, "<member><name>");
	if (!append_text(writer, level->name, strlen(level->name)))
		return false;
	g_string_append(writer->out, "</name>");
	return append_value(writer, value);
}

static bool append_parameter(struct writer *writer, struct json_object *value)
{
	bool is_good;

	g_string_append(writer->out, "<param>");
	is_good = append_value(writer, value);
	while (is_good && writer->depth > 0) {
		struct level *level = &writer->levels[writer->depth - 1];

		is_good = level->is_list ? continue_list(writer, level)
					 : continue_struct(writer, level);
	}
	g_string_append(writer->out, "</param>\n");
	return is_good;
}

/* Fails with the place of the value in work: params[2].opts.names[0]. */
static bool refuse(struct writer *writer, size_t parameter, GError **error)
{
	g_autoptr(GString) place = g_string_new(NULL);

	g_string_append_printf(place, "params[%zu]", parameter);
	for (unsigned i = 0; i < writer->depth; i++) {
		struct level *level = &writer->levels[i];
		g_autofree char *name = level->name ? strict_shown(level->name) : NULL;

		if (level->is_list && level->next > 0)
			g_string_append_printf(place, "[%zu]", level->next - 1);
		if (name)
			g_string_append_printf(place, ".%s", name);
	}
	return fail(error, RIDA_ERROR_UNACCEPTABLE, "%s %s", place->str, writer->problem);
}

bool append_xmlrpc_call(GString *out, const char *method, struct json_object *params,
			GError **error)
{
	struct writer writer = { .out = out };
	size_t start = out->len;
	size_t length = params ? json_object_array_length(params) : 0;

	g_string_append(out, "<?xml version=\"1.0\"?>\n<methodCall>\n<methodName>");
	if (!append_text(&writer, method, strlen(method))) {
		g_string_truncate(out, start);
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "the method's name %s", writer.problem);
	}
	g_string_append(out, "</methodName>\n<params>\n");
	for (size_t i = 0; i < length; i++) {
		if (append_parameter(&writer, json_object_array_get_idx(params, i)))
			continue;
		g_string_truncate(out, start);
		return refuse(&writer, i, error);
	}
	g_string_append(out, "</params>\n</methodCall>\n");
	return true;
}
