/* SPDX-License-Identifier: MIT */
#include "wire/koji_pack.h"

#include "text/json.h"

#define PACK_CALLS_MAX 1000
#define PACK_BYTES_MAX (1 << 20)
#define HUB_BYTES_MAX  (4 << 20) /* what a hub takes, by its default */

/* ---- calls into one --------------------------------------------------------------------- */

static struct json_object *params_of(const struct koji_call *call)
{
	return call->params ? json_object_get(call->params) : json_object_new_array();
}

static bool append_multicall(GString *out, const struct koji_call *calls, size_t count,
			     GError **error)
{
	g_autoptr(JsonObject) params = json_object_new_array();
	struct json_object *list = json_object_new_array();

	json_object_array_add(params, list);
	for (size_t i = 0; i < count; i++) {
		struct json_object *call = json_object_new_object();

		json_object_object_add(call, "methodName", json_object_new_string(calls[i].method));
		json_object_object_add(call, "params", params_of(&calls[i]));
		json_object_array_add(list, call);
	}
	return append_xmlrpc_call(out, "multiCall", params, error);
}

static bool append_one(GString *out, const struct koji_call *call, GError **error)
{
	g_autoptr(JsonObject) params = params_of(call);

	if (!append_xmlrpc_call(out, call->method, params, error)) {
		g_prefix_error(error, "a call of %s cannot be sent: ", call->method);
		return false;
	}
	if (out->len > HUB_BYTES_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "a call of %s has %zu bytes; Koji takes %d", call->method, out->len,
			    HUB_BYTES_MAX);
	return true;
}

/* A call that cannot be sent, or a large one, ends up alone: half as many are tried each time. */
static bool fill_body(struct koji_pack *pack, GError **error)
{
	for (; pack->count > 1; pack->count /= 2) {
		g_string_truncate(pack->body, 0);
		if (append_multicall(pack->body, pack->calls, pack->count, NULL) &&
		    pack->body->len <= PACK_BYTES_MAX)
			return true;
	}
	g_string_truncate(pack->body, 0);
	return append_one(pack->body, pack->calls, error);
}

void koji_pack_clear(struct koji_pack *pack)
{
	g_string_free(pack->body, TRUE);
	g_free(pack->what);
}

struct koji_queue koji_queue_of(const struct koji_call *calls, size_t count,
				struct koji_answer *answers)
{
	for (size_t i = 0; i < count; i++)
		answers[i] = (struct koji_answer){ 0 };
	return (struct koji_queue){ calls, answers, count, 0 };
}

bool koji_queue_take(struct koji_queue *queue, struct koji_pack *ret)
{
	while (queue->next < queue->count) {
		GError *error = NULL;
		struct koji_pack pack = {
			.calls = queue->calls + queue->next,
			.answers = queue->answers + queue->next,
			.count = MIN(queue->count - queue->next, PACK_CALLS_MAX),
			.body = g_string_new(NULL),
			.what = g_strdup(queue->calls[queue->next].method),
		};
		const bool is_good = fill_body(&pack, &error);

		queue->next += pack.count;
		if (is_good) {
			*ret = pack;
			return true;
		}
		pack.answers->error = error;
		koji_pack_clear(&pack);
	}
	return false;
}

void koji_queue_fail(struct koji_queue *queue, const GError *outage)
{
	for (; outage && queue->next < queue->count; queue->next++) {
		queue->answers[queue->next].error = g_error_copy(outage);
		queue->answers[queue->next].is_outage = true;
	}
}

struct koji_request koji_pack_request(const struct koji_session *session,
				      const struct koji_pack *pack)
{
	return (struct koji_request){
		.what = pack->what,
		.body = pack->body->str,
		.length = pack->body->len,
		.calls = pack->count,
		.timeout = session->profile->timeout,
	};
}

/* ---- an answer into many ---------------------------------------------------------------- */

static void set_fault(const struct koji_call *call, bool is_read, int64_t code, const char *text,
		      struct koji_answer *answer)
{
	const struct koji_meaning meaning = koji_fault_meaning(code, text);

	answer->error = koji_fault_error(call->method, code, text);
	answer->fault_code = code;
	answer->is_outage =
		meaning.remedy == KOJI_REMEDY_OUTAGE || meaning.remedy == KOJI_REMEDY_BARRED;
	if (is_read && meaning.code == RIDA_ERROR_UNKNOWN_OUTCOME)
		answer->error->code = RIDA_ERROR_UNAVAILABLE;
}

static bool is_fault(struct json_object *element, int64_t *ret_code, const char **ret_text)
{
	struct json_object *code, *text;

	if (!json_object_is_type(element, json_type_object) ||
	    !json_object_object_get_ex(element, "faultCode", &code) ||
	    !json_object_object_get_ex(element, "faultString", &text) ||
	    !json_object_is_type(code, json_type_int))
		return false;
	*ret_code = json_object_get_int64(code);
	*ret_text = json_object_is_type(text, json_type_string) ? json_object_get_string(text) : "";
	return true;
}

static bool is_result(struct json_object *element)
{
	return json_object_is_type(element, json_type_array) &&
	       json_object_array_length(element) == 1;
}

static bool is_answer_to(struct json_object *list, size_t count)
{
	const char *text;
	int64_t code;

	if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *element = json_object_array_get_idx(list, i);

		if (!is_result(element) && !is_fault(element, &code, &text))
			return false;
	}
	return true;
}

static void unpack_list(const struct koji_pack *pack, bool is_read, struct json_object *list)
{
	for (size_t i = 0; i < pack->count; i++) {
		struct json_object *element = json_object_array_get_idx(list, i);
		const char *text;
		int64_t code;

		if (is_fault(element, &code, &text))
			set_fault(&pack->calls[i], is_read, code, text, &pack->answers[i]);
		else
			pack->answers[i].value =
				json_object_get(json_object_array_get_idx(element, 0));
	}
}

static void unpack_error(const struct koji_pack *pack, bool is_read, const struct koji_reply *reply)
{
	for (size_t i = 0; i < pack->count; i++) {
		struct koji_answer *answer = &pack->answers[i];

		answer->error = g_error_copy(reply->error);
		answer->fault_code = reply->fault_code;
		answer->is_outage = reply->is_outage;
		if (is_read && error_code(reply->error) == RIDA_ERROR_UNKNOWN_OUTCOME)
			answer->error->code = RIDA_ERROR_UNAVAILABLE;
	}
}

static void unpack_fault(const struct koji_pack *pack, bool is_read,
			 const struct xmlrpc_message *message)
{
	for (size_t i = 0; i < pack->count; i++)
		set_fault(&pack->calls[i], is_read, message->fault_code, message->fault_text,
			  &pack->answers[i]);
}

void koji_unpack(const struct koji_pack *pack, bool is_read, struct koji_reply *reply)
{
	const struct xmlrpc_message *message = &reply->message;

	if (!reply->error && !message->is_fault && pack->count > 1 &&
	    !is_answer_to(message->value, pack->count)) {
		reply->is_outage = true;
		fail(&reply->error, RIDA_ERROR_UNKNOWN_OUTCOME,
		     "the Koji hub does not answer %zu calls with as many results", pack->count);
	}
	if (reply->error)
		unpack_error(pack, is_read, reply);
	else if (message->is_fault)
		unpack_fault(pack, is_read, message);
	else if (pack->count > 1)
		unpack_list(pack, is_read, message->value);
	else
		pack->answers->value = json_object_get(message->value);
}
