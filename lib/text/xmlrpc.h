/* SPDX-License-Identifier: MIT */
#ifndef TEXT_XMLRPC_H
#define TEXT_XMLRPC_H

/*
 * XML-RPC in and out, as Koji speaks it. Values are json-c objects: nil is NULL, i4, int and i8 are
 * 64-bit integers, a value without a type is a string. What JSON has no type for is an object with
 * one member: XMLRPC_BASE64 or XMLRPC_DATE, its text as it came. Reading is streamed through expat;
 * a doctype stops it, and depth, size and the memory that values take are capped. Refused as well:
 * types that are not named here, a member that stands twice in its struct, numbers beyond 64 bits,
 * and doubles that are not finite.
 */

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define XMLRPC_BASE64    "__base64"
#define XMLRPC_DATE      "__dateTime.iso8601"
#define XMLRPC_DEPTH_MAX 64
#define XMLRPC_BYTES_MAX ((uint64_t)64 << 20)

/* Appends a call; params is an array. Text that XML cannot carry (control characters, bad UTF-8):
 * UNACCEPTABLE, and out is as it was; the message says where (params[2].opts.name). */
bool append_xmlrpc_call(GString *out, const char *method, struct json_object *params,
			GError **error);

/* What was read: a call, an answer or a fault. */
struct xmlrpc_message {
	char *method;              /* of a call; NULL: an answer */
	struct json_object *value; /* the answer; of a call, the array of its parameters */
	bool is_fault;
	int64_t fault_code;
	char *fault_text;
};
void xmlrpc_message_clear(struct xmlrpc_message *message);
typedef struct xmlrpc_message XmlrpcMessage; /* the name that g_auto needs */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(XmlrpcMessage, xmlrpc_message_clear)

struct xmlrpc_reader;
typedef struct xmlrpc_reader XmlrpcReader;
struct xmlrpc_reader *xmlrpc_reader_new(void);
void xmlrpc_reader_free(struct xmlrpc_reader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlrpcReader, xmlrpc_reader_free)

/* Takes the next bytes. Errors: MALFORMED with line and column; nothing more is taken then. */
bool xmlrpc_reader_feed(struct xmlrpc_reader *reader, const char *bytes, size_t length,
			GError **error);

/* The whole message, after its last byte; the caller clears it. Errors: MALFORMED when it is not
 * whole. */
bool xmlrpc_reader_end(struct xmlrpc_reader *reader, struct xmlrpc_message *ret, GError **error);

#endif
