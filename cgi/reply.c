/* SPDX-License-Identifier: MIT */
#include "cgi/reply.h"

#include <inttypes.h>

#define FLUSH_BYTES 32768

static const struct {
	unsigned status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 206, "Partial Content" },
	{ 304, "Not Modified" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 409, "Conflict" },
	{ 416, "Range Not Satisfiable" },
	{ 422, "Unprocessable Entity" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
};

static const char *const policies[] = {
	[POLICY_DATA] = "default-src 'none'; frame-ancestors 'none'",
	[POLICY_PAGE] =
		"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	[POLICY_SANDBOX] = "default-src 'none'; sandbox; frame-ancestors 'none'",
};

unsigned status_at(unsigned place)
{
	return place < G_N_ELEMENTS(phrases) ? phrases[place].status : 0;
}

unsigned status_place(unsigned status)
{
	for (unsigned place = 0; place < G_N_ELEMENTS(phrases); place++)
		if (phrases[place].status == status)
			return place;
	return G_MAXUINT;
}

const char *status_phrase(unsigned status)
{
	const unsigned place = status_place(status);

	return place < G_N_ELEMENTS(phrases) ? phrases[place].phrase : "Unknown";
}

void reply_init(struct reply *reply, bool is_head, reply_sink_fn *sink, void *stream)
{
	*reply = (struct reply){
		.status = 200,
		.caching = "no-cache",
		.length = -1,
		.is_head = is_head,
		.sink = sink,
		.stream = stream,
	};
	reply->headers = g_string_new(NULL);
	reply->body = g_string_new(NULL);
}

void reply_clear(struct reply *reply)
{
	if (reply->headers)
		g_string_free(reply->headers, TRUE);
	if (reply->body)
		g_string_free(reply->body, TRUE);
	g_free(reply->allow);
	*reply = (struct reply){ 0 };
}

void reply_reset(struct reply *reply)
{
	g_assert(!reply->is_begun);
	reply->status = 200;
	reply->policy = POLICY_DATA;
	reply->caching = "no-cache";
	reply->length = -1;
	reply->has_etag = false;
	reply->has_refused = false;
	g_string_truncate(reply->headers, 0);
	g_string_truncate(reply->body, 0);
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			reply->has_refused = true;
			return;
		}
	}
	g_string_append_printf(reply->headers, "%s: %s\r\n", name, value);
}

static void write_out(struct reply *reply, GString *bytes)
{
	if (!reply->is_gone && bytes->len > 0 &&
	    !reply->sink(reply->stream, bytes->str, bytes->len))
		reply->is_gone = true;
}

/* The head of the answer, in the form that FastCGI and CGI share. */
static void begin(struct reply *reply)
{
	g_autoptr(GString) head = g_string_new(NULL);

	g_string_printf(head, "Status: %u %s\r\n", reply->status, status_phrase(reply->status));
	g_string_append_len(head, reply->headers->str, (gssize)reply->headers->len);
	if (reply->allow)
		g_string_append_printf(head, "Allow: %s\r\n", reply->allow);
	if (reply->length >= 0)
		g_string_append_printf(head, "Content-Length: %" PRIi64 "\r\n", reply->length);
	g_string_append_printf(head, "Cache-Control: %s\r\n", reply->caching);
	g_string_append_printf(head, "Content-Security-Policy: %s\r\n", policies[reply->policy]);
	g_string_append(head, "X-Content-Type-Options: nosniff\r\n"
			      "Referrer-Policy: same-origin\r\n"
			      "Vary: Accept\r\n\r\n");
	reply->is_begun = true;
	write_out(reply, head);
}

bool reply_flush(struct reply *reply)
{
	if (reply->body->len < FLUSH_BYTES)
		return !reply->is_gone;
	if (!reply->is_begun && reply->has_refused)
		return false;
	if (!reply->is_begun)
		begin(reply);
	if (reply->is_head)
		reply->is_gone = true;
	write_out(reply, reply->body);
	g_string_truncate(reply->body, 0);
	return !reply->is_gone;
}

void reply_finish(struct reply *reply)
{
	if (!reply->is_begun) {
		if (reply->length < 0 && reply->status != 304)
			reply->length = (int64_t)reply->body->len;
		begin(reply);
	}
	if (!reply->is_head && reply->status != 304)
		write_out(reply, reply->body);
	g_string_truncate(reply->body, 0);
}
