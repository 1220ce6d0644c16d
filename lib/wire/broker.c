/* SPDX-License-Identifier: MIT */
#include "wire/broker.h"

#include <string.h>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

#include "base/error.h"
#include "wire/address.h"
#include "wire/authorities.h"
#include "wire/watchdog.h"

#define SENDING        1 /* the channels */
#define TAKING         2
#define FRAME_BYTES    131072
#define HEARTBEAT      60 /* seconds: how soon the broker sees that we are gone */
#define FAREWELL_TIME  G_USEC_PER_SEC
#define PERSISTENT     2
#define ACCESS_REFUSED 403
#define NOT_ALLOWED    530 /* among others: the virtual host */

struct broker {
	amqp_connection_state_t connection;
	struct watchdog *dog;
	char *place; /* for messages */
	unsigned timeout, body_bytes;
	int64_t deadline;
	uint64_t tag, taken; /* of the last message that was published, and of the last taken */
	bool is_returning;   /* what comes next is the content of a message that was returned */
	bool is_useless;
	char *returned_text;
	unsigned returned_code;
	char *blocked;
};

static bool is_set(const char *text)
{
	return text && *text;
}

static int64_t deadline_of(const struct broker *broker)
{
	const int64_t deadline = g_get_monotonic_time() + broker->timeout * G_USEC_PER_SEC;

	return MIN(broker->deadline, deadline);
}

static unsigned seconds_left(const struct broker *broker)
{
	const int64_t left = (deadline_of(broker) - g_get_monotonic_time()) / G_USEC_PER_SEC;

	return (unsigned)MAX(1, left);
}

/* From here on nothing that the library does with the connection lasts longer. */
static void begin(struct broker *broker)
{
	watchdog_watch(broker->dog, deadline_of(broker));
}

/* Ends what begin() began. */
static bool end(struct broker *broker, int status, const char *doing, GError **error)
{
	watchdog_rest(broker->dog);
	if (status == AMQP_STATUS_OK)
		return true;
	broker->is_useless = true;
	if (watchdog_has_bitten(broker->dog) || status == AMQP_STATUS_TIMEOUT)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the broker at %s did not answer in time (%s)%s%s", broker->place,
			    doing, broker->blocked ? "; it says: " : "",
			    broker->blocked ? broker->blocked : "");
	return fail(error, RIDA_ERROR_UNAVAILABLE, "the broker at %s cannot be used (%s): %s",
		    broker->place, doing, amqp_error_string2(status));
}

static char *text_of(amqp_bytes_t bytes)
{
	g_autofree char *text = g_strndup(bytes.bytes ? bytes.bytes : "", bytes.len);

	return g_utf8_make_valid(text, -1);
}

static amqp_bytes_t bytes_of(const char *text)
{
	return amqp_cstring_bytes(text ? text : "");
}

static void answer_close(struct broker *broker, amqp_channel_t channel)
{
	amqp_channel_close_ok_t channel_ok = { 0 };
	amqp_connection_close_ok_t connection_ok = { 0 };

	begin(broker);
	if (channel)
		amqp_send_method(broker->connection, channel, AMQP_CHANNEL_CLOSE_OK_METHOD,
				 &channel_ok);
	else
		amqp_send_method(broker->connection, channel, AMQP_CONNECTION_CLOSE_OK_METHOD,
				 &connection_ok);
	watchdog_rest(broker->dog);
}

/* What the broker said when it closed a channel or the connection; both begin the same way. */
static void read_close(const amqp_method_t *method, unsigned *ret_code, char **ret_text)
{
	const amqp_channel_close_t *of_channel = method->decoded;
	const amqp_connection_close_t *of_connection = method->decoded;
	bool is_channel = method->id == AMQP_CHANNEL_CLOSE_METHOD;

	*ret_code = is_channel ? of_channel->reply_code : of_connection->reply_code;
	*ret_text = text_of(is_channel ? of_channel->reply_text : of_connection->reply_text);
}

static bool fail_closed(struct broker *broker, amqp_channel_t channel, const amqp_method_t *method,
			const char *doing, GError **error)
{
	g_autofree char *text = NULL;
	unsigned code;

	if (method->id != AMQP_CHANNEL_CLOSE_METHOD && method->id != AMQP_CONNECTION_CLOSE_METHOD) {
		broker->is_useless = true;
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the broker at %s gave an answer that makes no sense (%s)",
			    broker->place, doing);
	}
	read_close(method, &code, &text);
	answer_close(broker, method->id == AMQP_CHANNEL_CLOSE_METHOD ? channel : 0);
	broker->is_useless |= method->id == AMQP_CONNECTION_CLOSE_METHOD;
	return fail(error,
		    code == ACCESS_REFUSED || code == NOT_ALLOWED ? RIDA_ERROR_FORBIDDEN
								  : RIDA_ERROR_UNAVAILABLE,
		    "the broker at %s refused it (%s): %s", broker->place, doing, text);
}

/* Ends what begin() began with a question to the broker on that channel. */
static bool end_question(struct broker *broker, amqp_channel_t channel, amqp_rpc_reply_t reply,
			 const char *doing, GError **error)
{
	const bool is_none = reply.reply_type == AMQP_RESPONSE_NONE;
	bool is_good;

	if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
		watchdog_rest(broker->dog);
		is_good = fail_closed(broker, channel, &reply.reply, doing, error);
	} else if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
		is_good = end(broker, AMQP_STATUS_OK, doing, error);
	} else {
		is_good = end(broker, is_none ? AMQP_STATUS_CONNECTION_CLOSED : reply.library_error,
			      doing, error);
	}
	amqp_maybe_release_buffers(broker->connection);
	return is_good;
}

static bool fail_file(const struct broker *broker, const char *file, const char *what, int status,
		      GError **error)
{
	return fail(error, RIDA_ERROR_UNACCEPTABLE,
		    "%s for the broker at %s, %s, cannot be used: %s", what, broker->place, file,
		    amqp_error_string2(status));
}

static bool prepare_tls(const struct broker *broker, amqp_socket_t *socket,
			const struct broker_options *options, GError **error)
{
	const char *ca = is_set(options->ca_file) ? options->ca_file : authorities_file();
	int status = amqp_ssl_socket_set_cacert(socket, ca);

	if (status != AMQP_STATUS_OK)
		return fail_file(broker, ca, "the authorities", status, error);
	if (is_set(options->certificate_file)) {
		const char *key =
			is_set(options->key_file) ? options->key_file : options->certificate_file;

		status = amqp_ssl_socket_set_key(socket, options->certificate_file, key);
		if (status != AMQP_STATUS_OK)
			return fail_file(broker, options->certificate_file,
					 "the certificate (with its key)", status, error);
	}
	amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
	amqp_ssl_socket_set_verify_peer(socket, true);
	amqp_ssl_socket_set_verify_hostname(socket, true);
	return true;
}

/* The library resolves the name again, but only one that the name service knows in time. */
static bool connect_socket(struct broker *broker, const struct broker_options *options,
			   GError **error)
{
	const struct broker_url *url = options->url;
	const struct address_wants wants = { .host = url->host,
					     .port = url->port,
					     .private_addresses = true,
					     .timeout = seconds_left(broker) };
	struct timeval time = { .tv_sec = wants.timeout };
	amqp_socket_t *socket = url->is_secure ? amqp_ssl_socket_new(broker->connection)
					       : amqp_tcp_socket_new(broker->connection);
	g_auto(GStrv) addresses = NULL;
	int status;

	if (url->is_secure && !prepare_tls(broker, socket, options, error))
		return false;
	if (!address_resolve(&wants, &addresses, error))
		return false;
	status = amqp_socket_open_noblock(socket, url->host, (int)url->port, &time);
	if (status == AMQP_STATUS_SSL_PEER_VERIFY_FAILED ||
	    status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED)
		return fail(error, RIDA_ERROR_FORBIDDEN,
			    "the broker at %s is not who it should be: %s", broker->place,
			    amqp_error_string2(status));
	if (status != AMQP_STATUS_OK)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "there is no way to the broker at %s: %s", broker->place,
			    amqp_error_string2(status));
	return watchdog_new(amqp_socket_get_sockfd(socket), &broker->dog, error);
}

static bool log_in(struct broker *broker, const struct broker_options *options, GError **error)
{
	amqp_table_entry_t blocked = { bytes_of("connection.blocked"),
				       { AMQP_FIELD_KIND_BOOLEAN, { .boolean = true } } };
	amqp_table_entry_t entries[] = {
		{ bytes_of("connection_name"),
		  { AMQP_FIELD_KIND_UTF8, { .bytes = bytes_of(options->name) } } },
		{ bytes_of("capabilities"),
		  { AMQP_FIELD_KIND_TABLE, { .table = { 1, &blocked } } } },
	};
	const amqp_table_t properties = { G_N_ELEMENTS(entries), entries };
	const struct timeval time = { .tv_sec = seconds_left(broker) };
	const char *vhost = options->url->vhost;
	amqp_rpc_reply_t reply;

	amqp_set_handshake_timeout(broker->connection, &time);
	begin(broker);
	/* RabbitMQ reads the name from the certificate only; the library wants some text. */
	if (!is_set(options->user) && is_set(options->certificate_file))
		reply = amqp_login_with_properties(broker->connection, vhost, TAKING, FRAME_BYTES,
						   HEARTBEAT, &properties,
						   AMQP_SASL_METHOD_EXTERNAL, options->name);
	else
		reply = amqp_login_with_properties(
			broker->connection, vhost, TAKING, FRAME_BYTES, HEARTBEAT, &properties,
			AMQP_SASL_METHOD_PLAIN, is_set(options->user) ? options->user : "guest",
			is_set(options->user) ? options->password : "guest");
	return end_question(broker, 0, reply, "logging in", error);
}

static bool open_channel(struct broker *broker, amqp_channel_t channel, GError **error)
{
	begin(broker);
	amqp_channel_open(broker->connection, channel);
	return end_question(broker, channel, amqp_get_rpc_reply(broker->connection),
			    "opening a channel", error);
}

bool broker_reopen(struct broker *broker, GError **error)
{
	if (!open_channel(broker, SENDING, error))
		return false;
	broker->tag = 0;
	broker->is_returning = false;
	begin(broker);
	amqp_confirm_select(broker->connection, SENDING);
	return end_question(broker, SENDING, amqp_get_rpc_reply(broker->connection),
			    "asking for confirmations", error);
}

bool broker_open(const struct broker_options *options, struct broker **ret, GError **error)
{
	g_autoptr(Broker) broker = g_new0(struct broker, 1);

	broker->place = g_strdup_printf("%s:%u", options->url->host, options->url->port);
	broker->timeout = options->timeout;
	broker->body_bytes = options->body_bytes;
	broker->deadline = options->deadline;
	broker->is_useless = true;
	broker->connection = amqp_new_connection();
	g_assert(broker->connection);
	if (!connect_socket(broker, options, error) || !log_in(broker, options, error))
		return false;
	broker->is_useless = false;
	if (!broker_reopen(broker, error))
		return false;
	*ret = g_steal_pointer(&broker);
	return true;
}

void broker_close(struct broker *broker)
{
	if (!broker)
		return;
	if (!broker->is_useless) {
		watchdog_watch(broker->dog, g_get_monotonic_time() + FAREWELL_TIME);
		amqp_connection_close(broker->connection, AMQP_REPLY_SUCCESS);
		watchdog_rest(broker->dog);
	}
	watchdog_free(broker->dog);
	if (broker->connection)
		amqp_destroy_connection(broker->connection);
	g_free(broker->place);
	g_free(broker->returned_text);
	g_free(broker->blocked);
	g_free(broker);
}

void broker_set_deadline(struct broker *broker, int64_t deadline)
{
	broker->deadline = deadline;
}

const char *broker_blocked(const struct broker *broker)
{
	return broker->blocked;
}

static amqp_field_value_t value_of(const struct broker_header *header)
{
	if (header->kind == BROKER_TEXT)
		return (amqp_field_value_t){ AMQP_FIELD_KIND_UTF8,
					     { .bytes = bytes_of(header->text) } };
	if (header->kind == BROKER_NUMBER)
		return (amqp_field_value_t){ AMQP_FIELD_KIND_I32, { .i32 = header->number } };
	return (amqp_field_value_t){ AMQP_FIELD_KIND_BOOLEAN, { .boolean = true } };
}

static amqp_table_entry_t *entries_of(const GArray *headers, guint count)
{
	amqp_table_entry_t *entries = g_new0(amqp_table_entry_t, count + 1);

	for (guint i = 0; i < count; i++) {
		const struct broker_header *header =
			&g_array_index(headers, struct broker_header, i);

		entries[i] = (amqp_table_entry_t){ bytes_of(header->name), value_of(header) };
	}
	return entries;
}

bool broker_publish(struct broker *broker, const struct broker_message *message, uint64_t *ret_tag,
		    GError **error)
{
	guint count = message->headers ? message->headers->len : 0;
	g_autofree amqp_table_entry_t *entries = entries_of(message->headers, count);
	const amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
			  AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
			  AMQP_BASIC_HEADERS_FLAG,
		.content_type = bytes_of(message->content_type),
		.content_encoding = bytes_of(message->encoding),
		.delivery_mode = PERSISTENT,
		.message_id = bytes_of(message->id),
		.headers = { (int)count, entries },
	};
	int status;

	if (!broker_message_check(message, error))
		return false;
	begin(broker);
	status = amqp_basic_publish(broker->connection, SENDING, bytes_of(message->exchange),
				    bytes_of(message->topic), true, false, &properties,
				    bytes_of(message->body));
	if (status == AMQP_STATUS_TABLE_TOO_BIG) {
		watchdog_rest(broker->dog);
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "the headers are too long");
	}
	if (!end(broker, status, "sending", error))
		return false;
	*ret_tag = ++broker->tag;
	return true;
}

/* 1, or 0 when none came in time. */
static int next_frame(struct broker *broker, int64_t deadline, amqp_frame_t *frame, GError **error)
{
	const int64_t now = g_get_monotonic_time();
	const int64_t left = MAX(0, deadline - now);
	const struct timeval time = { left / G_USEC_PER_SEC, left % G_USEC_PER_SEC };
	int status;

	amqp_maybe_release_buffers(broker->connection);
	status = amqp_simple_wait_frame_noblock(broker->connection, frame, &time);
	if (status == AMQP_STATUS_TIMEOUT)
		return 0;
	return end(broker, status, "waiting for confirmations", error) ? 1 : -1;
}

static int read_of_connection(struct broker *broker, const amqp_method_t *method,
			      struct broker_event *ret)
{
	if (method->id == AMQP_CONNECTION_BLOCKED_METHOD) {
		const amqp_connection_blocked_t *blocked = method->decoded;

		g_free(broker->blocked);
		broker->blocked = text_of(blocked->reason);
	} else if (method->id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
		g_clear_pointer(&broker->blocked, g_free);
	} else if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
		ret->kind = BROKER_ENDED;
		read_close(method, &ret->code, &ret->text);
		answer_close(broker, 0);
		broker->is_useless = true;
		return 1;
	}
	return 0;
}

static int read_of_sending(struct broker *broker, const amqp_method_t *method,
			   struct broker_event *ret)
{
	if (method->id == AMQP_BASIC_ACK_METHOD) {
		const amqp_basic_ack_t *ack = method->decoded;

		ret->kind = BROKER_ACCEPTED;
		ret->tag = ack->delivery_tag;
		ret->is_multiple = ack->multiple;
		return 1;
	}
	if (method->id == AMQP_BASIC_NACK_METHOD) {
		const amqp_basic_nack_t *nack = method->decoded;

		ret->kind = BROKER_NACKED;
		ret->tag = nack->delivery_tag;
		ret->is_multiple = nack->multiple;
		return 1;
	}
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		ret->kind = BROKER_CLOSED;
		read_close(method, &ret->code, &ret->text);
		answer_close(broker, SENDING);
		return 1;
	}
	if (method->id == AMQP_BASIC_RETURN_METHOD) {
		const amqp_basic_return_t *returned = method->decoded;

		g_free(broker->returned_text);
		broker->returned_text = text_of(returned->reply_text);
		broker->returned_code = returned->reply_code;
		broker->is_returning = true;
	}
	return 0;
}

/* The properties of a message that was returned say which one it is. */
static int read_returned(struct broker *broker, const amqp_frame_t *frame, struct broker_event *ret)
{
	const amqp_basic_properties_t *properties = frame->payload.properties.decoded;

	broker->is_returning = false;
	if (!(properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG))
		return 0;
	ret->kind = BROKER_RETURNED;
	ret->id = text_of(properties->message_id);
	ret->code = broker->returned_code;
	ret->text = g_steal_pointer(&broker->returned_text);
	return 1;
}

/* Frames of no interest, as the body of a returned message, are 0. */
static int read_frame(struct broker *broker, const amqp_frame_t *frame, struct broker_event *ret)
{
	if (frame->frame_type == AMQP_FRAME_METHOD && frame->channel == 0)
		return read_of_connection(broker, &frame->payload.method, ret);
	if (frame->channel != SENDING)
		return 0;
	if (frame->frame_type == AMQP_FRAME_METHOD)
		return read_of_sending(broker, &frame->payload.method, ret);
	if (frame->frame_type == AMQP_FRAME_HEADER && broker->is_returning)
		return read_returned(broker, frame, ret);
	return 0;
}

int broker_next(struct broker *broker, int64_t deadline, struct broker_event *ret, GError **error)
{
	struct broker_event event = { 0 };
	amqp_frame_t frame;

	for (;;) {
		int r = next_frame(broker, deadline, &frame, error);

		if (r <= 0)
			return r;
		if (read_frame(broker, &frame, &event) > 0) {
			*ret = event;
			return 1;
		}
	}
}

static bool declare(struct broker *broker, const char *queue, bool is_passive, GError **error)
{
	if (!open_channel(broker, TAKING, error))
		return false;
	begin(broker);
	amqp_queue_declare(broker->connection, TAKING, bytes_of(queue), is_passive, true, false,
			   false, amqp_empty_table);
	return end_question(broker, TAKING, amqp_get_rpc_reply(broker->connection),
			    "declaring the queue to listen to", error);
}

bool broker_listen(struct broker *broker, const char *queue, const char *exchange,
		   char *const *topics, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (!declare(broker, queue, false, &problem) &&
	    (broker->is_useless || !declare(broker, queue, true, error))) {
		if (broker->is_useless && error && !*error)
			g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	for (; topics && *topics; topics++) {
		begin(broker);
		amqp_queue_bind(broker->connection, TAKING, bytes_of(queue), bytes_of(exchange),
				bytes_of(*topics), amqp_empty_table);
		if (!end_question(broker, TAKING, amqp_get_rpc_reply(broker->connection),
				  "binding the queue to listen to", error))
			return false;
	}
	return true;
}

/* What follows a message's method: its properties, then its body in pieces. Nothing that was
 * published waits for its confirmation meanwhile. */
static bool read_body(struct broker *broker, GString *body, bool *ret_is_whole, GError **error)
{
	int64_t deadline = deadline_of(broker);
	uint64_t left = 0;
	bool has_head = false;

	*ret_is_whole = true;
	while (!has_head || left > 0) {
		amqp_frame_t frame;
		int r = next_frame(broker, deadline, &frame, error);

		if (r <= 0)
			return r < 0 ? false : end(broker, AMQP_STATUS_TIMEOUT, "taking", error);
		if (frame.channel != TAKING) {
			g_auto(BrokerEvent) event = { 0 };

			read_frame(broker, &frame, &event);
			continue;
		}
		if (frame.frame_type == AMQP_FRAME_METHOD)
			return end(broker, AMQP_STATUS_UNEXPECTED_STATE, "taking", error);
		if (frame.frame_type == AMQP_FRAME_HEADER) {
			left = frame.payload.properties.body_size;
			*ret_is_whole = left <= broker->body_bytes;
			has_head = true;
			continue;
		}
		if (*ret_is_whole)
			g_string_append_len(body, frame.payload.body_fragment.bytes,
					    (gssize)frame.payload.body_fragment.len);
		left -= MIN(left, frame.payload.body_fragment.len);
	}
	return true;
}

int broker_take(struct broker *broker, const char *queue, char **ret_topic, char **ret_body,
		GError **error)
{
	g_autoptr(GString) body = g_string_new(NULL);
	g_autofree char *topic = NULL;
	amqp_rpc_reply_t reply;
	bool is_whole;

	begin(broker);
	reply = amqp_basic_get(broker->connection, TAKING, bytes_of(queue), false);
	if (reply.reply_type == AMQP_RESPONSE_NORMAL &&
	    reply.reply.id == AMQP_BASIC_GET_OK_METHOD) {
		const amqp_basic_get_ok_t *message = reply.reply.decoded;

		topic = text_of(message->routing_key);
		broker->taken = message->delivery_tag;
	}
	if (!end_question(broker, TAKING, reply, "taking", error))
		return -1;
	if (!topic || !read_body(broker, body, &is_whole, error))
		return topic ? -1 : 0;
	*ret_topic = g_steal_pointer(&topic);
	*ret_body = is_whole ? g_strndup(body->str, body->len) : NULL;
	return 1;
}

bool broker_acknowledge(struct broker *broker, GError **error)
{
	int status;

	if (broker->taken == 0)
		return true;
	begin(broker);
	status = amqp_basic_ack(broker->connection, TAKING, broker->taken, true);
	broker->taken = 0;
	return end(broker, status, "acknowledging", error);
}
