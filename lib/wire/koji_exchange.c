/* SPDX-License-Identifier: MIT */
#include "wire/koji_internal.h"

#include <string.h>

#include "base/fault.h"
#include "base/meter.h"
#include "base/secret.h"
#include "base/strict.h"
#include "text/url.h"

#define WORDS_KEPT     512
#define PAGE_BYTES_MAX 65536 /* of what is no XML */
#define STATUS_OK      200

/* One request under way: the strings that it is sent with, and what is read of the answer. */
struct transfer {
	const struct koji_request *request;
	char *url;          /* secret: it may name the session */
	GPtrArray *headers; /* secrets */
	struct xmlrpc_reader *reader;
	GError *problem; /* of the reader */
	GString *words;  /* the beginning of an answer that is no XML */
	size_t page_bytes;
};

void koji_reply_clear(struct koji_reply *reply)
{
	xmlrpc_message_clear(&reply->message);
	g_clear_error(&reply->error);
}

static bool is_xml(const struct http_answer *answer)
{
	return answer->status == STATUS_OK && answer->type &&
	       (g_ascii_strncasecmp(answer->type, "text/xml", 8) == 0 ||
		g_ascii_strncasecmp(answer->type, "application/xml", 15) == 0);
}

static bool take(void *data, const struct http_answer *answer, const char *bytes, size_t length)
{
	struct transfer *transfer = data;
	const size_t room = WORDS_KEPT - transfer->words->len;

	if (is_xml(answer))
		return xmlrpc_reader_feed(transfer->reader, bytes, length, &transfer->problem);
	g_string_append_len(transfer->words, bytes, (gssize)MIN(length, room));
	transfer->page_bytes += length;
	return transfer->page_bytes <= PAGE_BYTES_MAX;
}

/* ---- faults and outages ------------------------------------------------------------------ */

struct koji_meaning koji_reply_meaning(const struct koji_reply *reply)
{
	const struct xmlrpc_message *message = &reply->message;

	if (reply->error || !message->is_fault)
		return (struct koji_meaning){ 0 };
	return koji_fault_meaning(message->fault_code, message->fault_text);
}

void koji_fault_to_error(const struct koji_request *request, struct koji_reply *reply)
{
	struct xmlrpc_message *message = &reply->message;
	const enum koji_remedy remedy = koji_reply_meaning(reply).remedy;

	reply->is_outage = remedy == KOJI_REMEDY_OUTAGE || remedy == KOJI_REMEDY_BARRED;
	reply->error = koji_fault_error(request->what, message->fault_code, message->fault_text);
	reply->fault_code = message->fault_code;
	xmlrpc_message_clear(message);
}

/* Who comes later has sent nothing yet. */
static void note(GError **noted, const GError *error)
{
	if (*noted)
		return;
	*noted = g_error_copy(error);
	if (error_code(error) == RIDA_ERROR_UNKNOWN_OUTCOME)
		(*noted)->code = RIDA_ERROR_UNAVAILABLE;
}

void koji_note_outage(struct koji_session *session, const struct koji_reply *reply)
{
	if (reply->error && reply->is_outage && !session->barred)
		note(&session->outage, reply->error);
}

void koji_note_barred(struct koji_session *session, const GError *error)
{
	note(&session->barred, error);
}

/* ---- sending ---------------------------------------------------------------------------- */

static char *make_url(const struct koji_session *session, const struct koji_request *request)
{
	const struct koji_login *login = request->login;
	g_autoptr(GString) url = g_string_new(session->profile->server);
	char mark = '?';

	g_string_append(url, request->path ? request->path : "");
	if (login && !login->has_headers) {
		g_autofree char *key = url_argument(login->key);

		g_string_append_printf(url,
				       "?session-id=%" G_GUINT64_FORMAT
				       "&session-key=%s&callnum=%" G_GUINT64_FORMAT,
				       login->id, key, request->number);
		explicit_bzero(key, strlen(key));
		mark = '&';
	}
	if (request->query)
		g_string_append_printf(url, "%c%s", mark, request->query);
	return g_string_free(g_steal_pointer(&url), FALSE);
}

/* Hubs before 1.35 read the number under another name than the one that was meant. */
static GPtrArray *make_headers(const struct koji_request *request)
{
	GPtrArray *headers = g_ptr_array_new_with_free_func((GDestroyNotify)secret_free);
	const struct koji_login *login = request->login;

	g_ptr_array_add(headers, g_strdup("User-Agent: koji/1"));
	g_ptr_array_add(headers, g_strdup_printf("Content-Type: %s",
						 request->type ? request->type : "text/xml"));
	if (login && login->has_headers) {
		g_ptr_array_add(headers,
				g_strdup_printf("Koji-Session-Id: %" G_GUINT64_FORMAT, login->id));
		g_ptr_array_add(headers, g_strdup_printf("Koji-Session-Key: %s", login->key));
		g_ptr_array_add(headers, g_strdup_printf("Koji-Session-Callnum: %" G_GUINT64_FORMAT,
							 request->number));
		g_ptr_array_add(headers, g_strdup_printf("Koji-Callnum: %" G_GUINT64_FORMAT,
							 request->number));
	}
	g_ptr_array_add(headers, NULL);
	return headers;
}

static const char *filled(const char *text)
{
	return text && *text ? text : NULL;
}

static void transfer_begin(struct koji_session *session, const struct koji_request *request,
			   struct transfer *transfer, struct http_post *post)
{
	const struct koji_profile *profile = session->profile;

	*transfer = (struct transfer){ .request = request };
	transfer->url = make_url(session, request);
	transfer->headers = make_headers(request);
	transfer->reader = xmlrpc_reader_new();
	transfer->words = g_string_new(NULL);
	*post = (struct http_post){
		.url = transfer->url,
		.headers = (const char *const *)transfer->headers->pdata,
		.body = request->body,
		.length = request->length,
		.timeout = request->timeout,
		.wanted = "Koji-Version",
		.authority = filled(profile->serverca),
		.is_fresh = request->is_fresh,
		.take = take,
		.data = transfer,
	};
	if (request->proves_identity && profile->auth == KOJI_AUTH_SSL)
		post->certificate = profile->cert;
	if (request->proves_identity && profile->auth == KOJI_AUTH_KERBEROS)
		post->negotiate = true;
	session->counts.requests++;
	session->counts.calls += request->calls;
}

static void transfer_clear(struct transfer *transfer)
{
	secret_free(transfer->url);
	g_ptr_array_unref(transfer->headers);
	xmlrpc_reader_free(transfer->reader);
	g_clear_error(&transfer->problem);
	g_string_free(transfer->words, TRUE);
}

/* ---- judging ---------------------------------------------------------------------------- */

static void complain(const struct koji_session *session, const struct koji_request *request,
		     struct koji_reply *reply, RidaError code, const char *why)
{
	reply->is_outage = true;
	fail(&reply->error, code, "the Koji hub %s, asked for %s, %s", session->profile->server,
	     request->what, why);
}

static void judge_status(const struct koji_session *session, const struct transfer *transfer,
			 const struct http_answer *answer, struct koji_reply *reply)
{
	const struct koji_meaning meaning = koji_status_meaning(answer->status);
	const bool is_text = answer->type && g_str_has_prefix(answer->type, "text/plain");
	g_autofree char *words = koji_words(is_text ? transfer->words->str : "");
	g_autofree char *why = g_strdup_printf("answers with HTTP status %u%s%s", answer->status,
					       *words ? ": " : "", words);

	complain(session, transfer->request, reply, meaning.code, why);
	reply->is_outage = meaning.remedy == KOJI_REMEDY_OUTAGE;
}

static void judge_body(const struct koji_session *session, struct transfer *transfer,
		       const struct http_answer *answer, struct koji_reply *reply)
{
	g_autofree char *why = NULL;

	reply->is_unreadable = transfer->problem != NULL;
	if (answer->type && !is_xml(answer))
		why = g_strdup_printf("answers with %s where text/xml is wanted", answer->type);
	else if (answer->end == HTTP_BROKEN && !transfer->problem)
		why = g_strdup_printf("does not finish its answer: %s", answer->error->message);
	else if (transfer->problem ||
		 !xmlrpc_reader_end(transfer->reader, &reply->message, &transfer->problem))
		why = g_strdup_printf("answers what cannot be read: %s",
				      transfer->problem->message);
	else if (reply->message.method)
		why = g_strdup("answers with a call");
	if (why)
		complain(session, transfer->request, reply, RIDA_ERROR_UNKNOWN_OUTCOME, why);
	if (reply->is_unreadable)
		reply->is_outage = false;
}

static void judge(struct koji_session *session, struct transfer *transfer,
		  const struct http_answer *answer, struct koji_reply *reply)
{
	g_autofree char *why = NULL;

	if (answer->end == HTTP_WHOLE || answer->status >= STATUS_OK) {
		if (answer->status == STATUS_OK)
			judge_body(session, transfer, answer, reply);
		else
			judge_status(session, transfer, answer, reply);
		return;
	}
	why = g_strdup_printf(
		"%s: %s", answer->end == HTTP_NOT_SENT ? "cannot be reached" : "does not answer",
		answer->error->message);
	complain(session, transfer->request, reply,
		 answer->end == HTTP_NOT_SENT ? RIDA_ERROR_UNAVAILABLE : RIDA_ERROR_UNKNOWN_OUTCOME,
		 why);
}

unsigned koji_version_number(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ".", 3);
	uint64_t major, minor;

	if (g_strv_length(parts) < 2 || !strict_u64(parts[0], 0, 999, &major, NULL) ||
	    !strict_u64(parts[1], 0, 999, &minor, NULL))
		return 0;
	return (unsigned)(major * 1000 + minor);
}

static void count_answer(const struct koji_reply *reply)
{
	enum meter_answer answer = METER_ANSWER_GOOD;

	if (reply->error)
		answer = METER_ANSWER_NONE;
	else if (reply->message.is_fault)
		answer = METER_ANSWER_FAULT;
	meter_add(METER_KOJI_REQUESTS, answer, 0, 1);
}

/* All of them failed, as if the hub could not be reached or had not answered. */
static void replies_fail(struct koji_reply *replies, size_t count, RidaError code, GError *problem)
{
	for (size_t i = 0; i < count; i++) {
		koji_reply_clear(&replies[i]);
		replies[i] = (struct koji_reply){ .is_outage = true };
		fail(&replies[i].error, code, "%s", problem->message);
	}
	g_error_free(problem);
}

void koji_exchange_many(struct koji_session *session, const struct koji_request *requests,
			size_t count, struct koji_reply *replies)
{
	g_autofree struct transfer *transfers = g_new0(struct transfer, count);
	g_autofree struct http_post *posts = g_new0(struct http_post, count);
	g_autofree struct http_answer *answers = g_new0(struct http_answer, count);
	GError *problem = NULL;

	for (size_t i = 0; i < count; i++)
		replies[i] = (struct koji_reply){ 0 };
	if (!fault_point(FAULT_BEFORE_CALL, &problem)) {
		replies_fail(replies, count, RIDA_ERROR_UNAVAILABLE, problem);
		return;
	}
	for (size_t i = 0; i < count; i++)
		transfer_begin(session, &requests[i], &transfers[i], &posts[i]);
	http_post_many(session->client, posts, count, KOJI_PARALLEL, answers);
	for (size_t i = 0; i < count; i++) {
		judge(session, &transfers[i], &answers[i], &replies[i]);
		count_answer(&replies[i]);
		if (answers[i].header && session->version == 0)
			session->version = koji_version_number(answers[i].header);
		http_answer_clear(&answers[i]);
		transfer_clear(&transfers[i]);
	}
	if (!fault_point(FAULT_AFTER_CALL, &problem))
		replies_fail(replies, count, RIDA_ERROR_UNKNOWN_OUTCOME, problem);
}
