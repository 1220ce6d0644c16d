/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_TEXT_XMLRPC_READING_H
#define TESTS_UNIT_TEXT_XMLRPC_READING_H

/* Reading a whole text in pieces, and what must hold of it whatever the text. */

#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "text/json.h"
#include "text/xmlrpc.h"

#define LIST(items)       "<value><array><data>" items "</data></array></value>"
#define STRUCT(members)   "<value><struct>" members "</struct></value>"
#define MEMBER(key, item) "<member><name>" key "</name>" item "</member>"

/* A value as it is sent, and the same as JSON. */
struct value_case {
	const char *xml;
	const char *json;
};

/* How the text comes: all at once, byte by byte, or in pieces whose sizes are drawn. */
struct pieces {
	size_t max; /* 0: no limit */
	GRand *sizes;
};

static inline bool read_in_pieces(const char *bytes, size_t length, const struct pieces *pieces,
				  struct xmlrpc_message *ret, GError **error)
{
	g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();

	while (length > 0) {
		size_t piece = pieces->max ? MIN(length, pieces->max) : length;

		if (pieces->sizes)
			piece = (size_t)g_rand_int_range(pieces->sizes, 1, (gint32)piece + 1);
		if (!xmlrpc_reader_feed(reader, bytes, piece, error))
			return false;
		bytes += piece;
		length -= piece;
	}
	return xmlrpc_reader_end(reader, ret, error);
}

static inline bool read_text(const char *text, struct xmlrpc_message *ret, GError **error)
{
	return read_in_pieces(text, strlen(text), &(const struct pieces){ 0 }, ret, error);
}

/* The value as JSON. */
static inline char *shown_value(struct json_object *value)
{
	GString *out = g_string_new(NULL);

	append_json(out, value);
	return g_string_free(out, FALSE);
}

static inline bool nothing_was_read(const struct xmlrpc_message *message, const GError *error)
{
	return g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED) && !message->value &&
	       !message->method && !message->fault_text && !message->is_fault;
}

/* Whether what was read can be written and read to the same meaning. */
static inline bool survives_writing(const struct xmlrpc_message *message)
{
	const char *method = message->method ? message->method : "echo";
	g_autoptr(JsonObject) params = NULL;
	g_autoptr(GString) call = g_string_new(NULL);
	g_auto(XmlrpcMessage) again = { 0 };

	if (message->method) {
		params = json_object_get(message->value);
	} else {
		params = json_object_new_array();
		json_object_array_add(params, json_object_get(message->value));
	}
	return append_xmlrpc_call(call, method, params, NULL) &&
	       read_in_pieces(call->str, call->len, &(const struct pieces){ 0 }, &again, NULL) &&
	       json_object_equal(again.value, params) && g_str_equal(again.method, method);
}

/* What is wrong with how any bytes are read, in pieces whose sizes are drawn as well; NULL:
 * nothing.
 */
static inline const char *reading_problem(GRand *random, const char *bytes, size_t length)
{
	const struct pieces pieces = { .max = 300, .sizes = random };
	g_auto(XmlrpcMessage) message = { 0 };
	g_auto(XmlrpcMessage) pieced = { 0 };
	g_autoptr(GError) error = NULL;
	bool is_read = read_in_pieces(bytes, length, &(const struct pieces){ 0 }, &message, &error);

	if (!is_read && !nothing_was_read(&message, error))
		return "was refused, but left something";
	if (is_read && message.is_fault == !message.fault_text)
		return "is a fault without text, or no fault with text";
	if (is_read && !message.is_fault && !survives_writing(&message))
		return "means something else once written";
	if (read_in_pieces(bytes, length, &pieces, &pieced, NULL) != is_read ||
	    !json_object_equal(pieced.value, message.value) ||
	    pieced.fault_code != message.fault_code ||
	    g_strcmp0(pieced.fault_text, message.fault_text) != 0)
		return "is read in another way when it comes in pieces";
	return NULL;
}

#endif
