/* SPDX-License-Identifier: MIT */
#include "wire/koji_upload.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/adler32.h"
#include "text/json.h"
#include "text/url.h"
#include "wire/koji_internal.h"

#define FAILURES_MAX 4
#define RAW_TYPE     "application/octet-stream"

/* A file on its way. */
struct sending {
	struct koji_session *session;
	const struct koji_upload *upload;
	uint64_t size;
	uint64_t done;   /* bytes that the hub has, from the start */
	bool is_resumed; /* not all of them came in order and were checked */
	unsigned failures;
	char *block;
	size_t length; /* of what is in it */
};

/* ---- the file --------------------------------------------------------------------------- */

static bool read_block(struct sending *sending, uint64_t offset, GError **error)
{
	const uint64_t blocksize = sending->session->profile->upload_blocksize;
	const size_t wanted = (size_t)MIN(blocksize, sending->size - offset);

	for (sending->length = 0; sending->length < wanted;) {
		const ssize_t more =
			pread(sending->upload->fd, sending->block + sending->length,
			      wanted - sending->length, (off_t)(offset + sending->length));

		if (more == 0 || (more < 0 && errno != EINTR))
			return fail(error, RIDA_ERROR_UNAVAILABLE,
				    "%s, which Koji is to get, cannot be read: %s",
				    sending->upload->name,
				    more < 0 ? g_strerror(errno) : "it has become shorter");
		sending->length += (size_t)MAX(more, 0);
	}
	return true;
}

static bool sum_file(struct sending *sending, GChecksum *sha256, uint32_t *ret, GError **error)
{
	*ret = ADLER32_START;
	for (uint64_t offset = 0; offset < sending->size; offset += sending->length) {
		if (!read_block(sending, offset, error))
			return false;
		*ret = adler32_add(*ret, sending->block, sending->length);
		if (sha256)
			g_checksum_update(sha256, (const guchar *)sending->block,
					  (gssize)sending->length);
	}
	return true;
}

/* ---- what the hub has ------------------------------------------------------------------- */

static bool has_number(struct json_object *object, const char *key, uint64_t number)
{
	struct json_object *value = NULL;

	return json_object_is_type(object, json_type_object) &&
	       json_object_object_get_ex(object, key, &value) &&
	       json_object_is_type(value, json_type_int) &&
	       (uint64_t)json_object_get_int64(value) == number;
}

static bool has_sum(struct json_object *object, uint32_t sum)
{
	g_autofree char *digits = g_strdup_printf("%08x", sum);
	struct json_object *value = NULL;

	return json_object_is_type(object, json_type_object) &&
	       json_object_object_get_ex(object, "hexdigest", &value) &&
	       json_object_is_type(value, json_type_string) &&
	       g_ascii_strcasecmp(json_object_get_string(value), digits) == 0;
}

/* What checkUpload answers: nil when there is no such file. */
static bool look(struct sending *sending, bool with_sum, struct json_object **ret, GError **error)
{
	g_autoptr(JsonObject) params = json_object_new_array();
	const struct koji_call call = { "checkUpload", params };

	json_object_array_add(params, json_object_new_string(sending->upload->directory));
	json_object_array_add(params, json_object_new_string(sending->upload->name));
	if (with_sum) {
		struct json_object *named = json_object_new_object();

		json_object_object_add(named, "verify", json_object_new_string("adler32"));
		json_object_object_add(named, "__starstar", json_object_new_boolean(true));
		json_object_array_add(params, named);
	}
	return koji_call(sending->session, &call, ret, error);
}

/* From where to go on, by what is there: whole blocks of ours only. */
static void resume(struct sending *sending, struct json_object *there)
{
	const uint64_t blocksize = sending->session->profile->upload_blocksize;
	struct json_object *value = NULL;
	uint64_t stored = 0;

	if (json_object_is_type(there, json_type_object) &&
	    json_object_object_get_ex(there, "size", &value) &&
	    json_object_is_type(value, json_type_int))
		stored = (uint64_t)MAX(json_object_get_int64(value), 0);
	if (stored > sending->size)
		stored = 0;
	sending->done = stored == sending->size ? stored : stored - stored % blocksize;
	sending->is_resumed |= stored > 0;
}

/* ---- blocks ----------------------------------------------------------------------------- */

static char *block_query(const struct sending *sending)
{
	g_autofree char *directory = url_argument(sending->upload->directory);
	g_autofree char *name = url_argument(sending->upload->name);

	return g_strdup_printf(
		"filename=%s&filepath=%s&fileverify=adler32&offset=%" G_GUINT64_FORMAT
		"&overwrite=1",
		name, directory, sending->done);
}

/* Whether what came says that the block is there. */
static bool judge_block(const struct sending *sending, struct koji_reply *reply, GError **error)
{
	const struct xmlrpc_message *message = &reply->message;

	if (!reply->error && message->is_fault)
		reply->error =
			koji_fault_error("an upload", message->fault_code, message->fault_text);
	if (reply->error) {
		g_propagate_error(error, g_steal_pointer(&reply->error));
		return false;
	}
	if (!has_number(message->value, "size", sending->length) ||
	    !has_sum(message->value, adler32_add(ADLER32_START, sending->block, sending->length)))
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji has read other bytes of %s than were sent",
			    sending->upload->name);
	return true;
}

static bool send_block(struct sending *sending, GError **error)
{
	g_autofree char *query = block_query(sending);
	struct koji_reply reply;
	struct koji_request request = {
		.what = "an upload",
		.body = sending->block,
		.calls = 1,
		.query = query,
		.type = RAW_TYPE,
		.timeout = sending->session->profile->timeout,
	};
	bool is_good;

	if (!read_block(sending, sending->done, error))
		return false;
	request.length = sending->length;
	koji_exchange_logged_in(sending->session, &request, true, &reply);
	is_good = judge_block(sending, &reply, error);
	koji_reply_clear(&reply);
	if (is_good)
		sending->done += sending->length;
	return is_good;
}

/* After a failure: what the hub has counts, not what it said. */
static bool recover(struct sending *sending, GError *failure, GError **error)
{
	g_autoptr(JsonObject) there = NULL;

	if (error_is_final(failure) || ++sending->failures > FAILURES_MAX ||
	    !look(sending, false, &there, NULL)) {
		if (error_code(failure) == RIDA_ERROR_UNKNOWN_OUTCOME)
			failure->code = RIDA_ERROR_UNAVAILABLE; /* it can be done twice */
		g_propagate_error(error, failure);
		return false;
	}
	g_error_free(failure);
	sending->is_resumed = true;
	resume(sending, there);
	return true;
}

static bool send_blocks(struct sending *sending, GError **error)
{
	bool is_sent = sending->done > 0;

	while (sending->done < sending->size || !is_sent) {
		GError *failure = NULL;

		is_sent = send_block(sending, &failure);
		if (!is_sent && !recover(sending, failure, error))
			return false;
		is_sent |= sending->done > 0;
	}
	return true;
}

static bool verify(struct sending *sending, bool *ret_is_good, GError **error)
{
	g_autoptr(JsonObject) there = NULL;
	uint32_t sum = 0;

	if (sending->is_resumed && !sum_file(sending, NULL, &sum, error))
		return false;
	if (!look(sending, sending->is_resumed, &there, error))
		return false;
	*ret_is_good = has_number(there, "size", sending->size) &&
		       (!sending->is_resumed || has_sum(there, sum));
	return true;
}

/* What does not fit in the end is sent from its start once more. */
static bool send_raw(struct sending *sending, GError **error)
{
	for (int i = 0; i < 2; i++) {
		bool is_good = false;

		if (!send_blocks(sending, error) || !verify(sending, &is_good, error))
			return false;
		if (is_good)
			return true;
		sending->done = 0;
		sending->is_resumed = true;
	}
	return fail(error, RIDA_ERROR_UNAVAILABLE, "%s is not on the hub as it is here",
		    sending->upload->name);
}

/* ---- hubs that know no raw uploads ------------------------------------------------------ */

/* Offset -1 ends the file; size and digest are the whole file's then. */
static bool send_old_block(struct sending *sending, int64_t offset, const char *digest,
			   GError **error)
{
	g_autoptr(JsonObject) params = json_object_new_array();
	g_autoptr(JsonObject) value = NULL;
	const struct koji_call call = { "uploadFile", params };
	const bool is_end = offset < 0;
	g_autofree char *data =
		g_base64_encode((const guchar *)sending->block, is_end ? 0 : sending->length);
	struct json_object *sum = json_object_new_array();

	json_object_array_add(sum, json_object_new_string("sha256"));
	json_object_array_add(sum, json_object_new_string(digest));
	json_object_array_add(params, json_object_new_string(sending->upload->directory));
	json_object_array_add(params, json_object_new_string(sending->upload->name));
	json_object_array_add(
		params, json_object_new_int64((int64_t)(is_end ? sending->size : sending->length)));
	json_object_array_add(params, sum);
	json_object_array_add(params, json_object_new_int64(offset));
	json_object_array_add(params, json_object_new_string(data));
	if (!koji_call(sending->session, &call, &value, error))
		return false;
	if (!json_object_get_boolean(value))
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji has read other bytes of %s than were sent",
			    sending->upload->name);
	return true;
}

static bool send_old(struct sending *sending, GError **error)
{
	g_autoptr(GChecksum) whole = g_checksum_new(G_CHECKSUM_SHA256);

	do {
		g_autofree char *digest = NULL;

		if (!read_block(sending, sending->done, error))
			return false;
		g_checksum_update(whole, (const guchar *)sending->block, (gssize)sending->length);
		digest = g_compute_checksum_for_data(
			G_CHECKSUM_SHA256, (const guchar *)sending->block, sending->length);
		if (!send_old_block(sending, (int64_t)sending->done, digest, error))
			return false;
		sending->done += sending->length;
	} while (sending->done < sending->size);
	return send_old_block(sending, -1, g_checksum_get_string(whole), error);
}

/* ---- all of it -------------------------------------------------------------------------- */

static bool send_file(struct sending *sending, GError **error)
{
	g_autoptr(JsonObject) there = NULL;
	GError *problem = NULL;

	if (look(sending, false, &there, &problem)) {
		resume(sending, there);
		return send_raw(sending, error);
	}
	if (error_code(problem) == RIDA_ERROR_UNSUPPORTED) {
		g_error_free(problem);
		return send_old(sending, error);
	}
	g_propagate_error(error, problem);
	return false;
}

bool koji_upload(struct koji_session *session, const struct koji_upload *upload, GError **error)
{
	g_autofree char *block = g_malloc(session->profile->upload_blocksize);
	struct sending sending = { .session = session, .upload = upload, .block = block };
	struct stat facts;

	if (fstat(upload->fd, &facts) != 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be read: %s", upload->name,
			    g_strerror(errno));
	sending.size = (uint64_t)facts.st_size;
	return send_file(&sending, error);
}
