/* SPDX-License-Identifier: MIT */
#include "wire/broker_internal.h"

#include "base/error.h"
#include "wire/address.h"

#define FRAME_BYTES    131072
#define HEARTBEAT      60 /* seconds: how soon the broker sees that we are gone */
#define FAREWELL_TIME  G_USEC_PER_SEC
#define ACCESS_REFUSED 403
#define NOT_ALLOWED    530 /* among others: the virtual host */

int64_t broker_deadline(const struct broker *broker)
{
	const int64_t deadline = g_get_monotonic_time() + broker->timeout * G_USEC_PER_SEC;

	return MIN(broker->deadline, deadline);
}

static unsigned seconds_left(const struct broker *broker)
{
	const int64_t left = (broker_deadline(broker) - g_get_monotonic_time()) / G_USEC_PER_SEC;

	return (unsigned)MAX(1, left);
}

void broker_begin(struct broker *broker)
{
	watchdog_watch(broker->dog, broker_deadline(broker));
}

bool broker_end(struct broker *broker, int status, const char *doing, GError **error)
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

char *broker_text(amqp_bytes_t bytes)
{
	g_autofree char *text = g_strndup(bytes.bytes ? bytes.bytes : "", bytes.len);

	return g_utf8_make_valid(text, -1);
}

amqp_bytes_t broker_bytes(const char *text)
{
	return amqp_cstring_bytes(text ? text : "");
}

void broker_answer_close(struct broker *broker, amqp_channel_t channel)
{
	amqp_channel_close_ok_t channel_ok = { 0 };
	amqp_connection_close_ok_t connection_ok = { 0 };

	broker_begin(broker);
	if (channel)
		amqp_send_method(broker->connection, channel, AMQP_CHANNEL_CLOSE_OK_METHOD,
				 &channel_ok);
	else
		amqp_send_method(broker->connection, channel, AMQP_CONNECTION_CLOSE_OK_METHOD,
				 &connection_ok);
	watchdog_rest(broker->dog);
}

/* Both begin the same way. */
void broker_read_close(const amqp_method_t *method, unsigned *ret_code, char **ret_text)
{
	const amqp_channel_close_t *of_channel = method->decoded;
	const amqp_connection_close_t *of_connection = method->decoded;
	bool is_channel = method->id == AMQP_CHANNEL_CLOSE_METHOD;

	*ret_code = is_channel ? of_channel->reply_code : of_connection->reply_code;
	*ret_text = broker_text(is_channel ? of_channel->reply_text : of_connection->reply_text);
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
	broker_read_close(method, &code, &text);
	broker_answer_close(broker, method->id == AMQP_CHANNEL_CLOSE_METHOD ? channel : 0);
	broker->is_useless |= method->id == AMQP_CONNECTION_CLOSE_METHOD;
	return fail(error,
		    code == ACCESS_REFUSED || code == NOT_ALLOWED ? RIDA_ERROR_FORBIDDEN
								  : RIDA_ERROR_UNAVAILABLE,
		    "the broker at %s refused it (%s): %s", broker->place, doing, text);
}

bool broker_end_question(struct broker *broker, amqp_channel_t channel, amqp_rpc_reply_t reply,
			 const char *doing, GError **error)
{
	const bool is_none = reply.reply_type == AMQP_RESPONSE_NONE;
	bool is_good;

	if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
		watchdog_rest(broker->dog);
		is_good = fail_closed(broker, channel, &reply.reply, doing, error);
	} else if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
		is_good = broker_end(broker, AMQP_STATUS_OK, doing, error);
	} else {
		is_good = broker_end(broker,
				     is_none ? AMQP_STATUS_CONNECTION_CLOSED : reply.library_error,
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
			const struct broker_login *login, GError **error)
{
	const char *ca = broker_login_authorities(login);
	int status = amqp_ssl_socket_set_cacert(socket, ca);

	if (status != AMQP_STATUS_OK)
		return fail_file(broker, ca, "the authorities", status, error);
	if (broker_login_has_certificate(login)) {
		status = amqp_ssl_socket_set_key(socket, login->certificate_file,
						 broker_login_key(login));
		if (status != AMQP_STATUS_OK)
			return fail_file(broker, login->certificate_file,
					 "the certificate (with its key)", status, error);
	}
	amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
	amqp_ssl_socket_set_verify_peer(socket, true);
	amqp_ssl_socket_set_verify_hostname(socket, true);
	return true;
}

/* The library resolves the name again, but only one that the name service knows in time. */
static bool connect_socket(struct broker *broker, const struct broker_login *login, GError **error)
{
	const struct broker_url *url = login->url;
	const struct address_wants wants = { .host = url->host,
					     .port = url->port,
					     .private_addresses = true,
					     .timeout = seconds_left(broker) };
	struct timeval time = { .tv_sec = wants.timeout };
	amqp_socket_t *socket = url->is_secure ? amqp_ssl_socket_new(broker->connection)
					       : amqp_tcp_socket_new(broker->connection);
	g_auto(GStrv) addresses = NULL;
	int status;

	if (url->is_secure && !prepare_tls(broker, socket, login, error))
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

static bool log_in(struct broker *broker, const struct broker_login *login, GError **error)
{
	amqp_table_entry_t blocked = { broker_bytes("connection.blocked"),
				       { AMQP_FIELD_KIND_BOOLEAN, { .boolean = true } } };
	amqp_table_entry_t entries[] = {
		{ broker_bytes("connection_name"),
		  { AMQP_FIELD_KIND_UTF8, { .bytes = broker_bytes(login->name) } } },
		{ broker_bytes("capabilities"),
		  { AMQP_FIELD_KIND_TABLE, { .table = { 1, &blocked } } } },
	};
	const amqp_table_t properties = { G_N_ELEMENTS(entries), entries };
	const struct timeval time = { .tv_sec = seconds_left(broker) };
	const bool has_user = broker_login_has_user(login);
	const char *vhost = login->url->vhost;
	amqp_rpc_reply_t reply;

	amqp_set_handshake_timeout(broker->connection, &time);
	broker_begin(broker);
	/* RabbitMQ reads the name from the certificate only; the library wants some text. */
	if (!has_user && broker_login_has_certificate(login))
		reply = amqp_login_with_properties(broker->connection, vhost, BROKER_TAKING,
						   FRAME_BYTES, HEARTBEAT, &properties,
						   AMQP_SASL_METHOD_EXTERNAL, login->name);
	else
		reply = amqp_login_with_properties(
			broker->connection, vhost, BROKER_TAKING, FRAME_BYTES, HEARTBEAT,
			&properties, AMQP_SASL_METHOD_PLAIN, has_user ? login->user : "guest",
			has_user ? login->password : "guest");
	return broker_end_question(broker, 0, reply, "logging in", error);
}

bool broker_open_channel(struct broker *broker, amqp_channel_t channel, GError **error)
{
	broker_begin(broker);
	amqp_channel_open(broker->connection, channel);
	return broker_end_question(broker, channel, amqp_get_rpc_reply(broker->connection),
				   "opening a channel", error);
}

bool broker_reopen(struct broker *broker, GError **error)
{
	if (!broker_open_channel(broker, BROKER_SENDING, error))
		return false;
	broker->tag = 0;
	broker->is_returning = false;
	broker_begin(broker);
	amqp_confirm_select(broker->connection, BROKER_SENDING);
	return broker_end_question(broker, BROKER_SENDING, amqp_get_rpc_reply(broker->connection),
				   "asking for confirmations", error);
}

bool broker_open(const struct broker_options *options, struct broker **ret, GError **error)
{
	g_autoptr(Broker) broker = g_new0(struct broker, 1);

	broker->place = broker_login_place(options->login);
	broker->timeout = options->timeout;
	broker->body_bytes = options->body_bytes;
	broker->deadline = options->deadline;
	broker->is_useless = true;
	broker->connection = amqp_new_connection();
	g_assert(broker->connection);
	if (!connect_socket(broker, options->login, error) ||
	    !log_in(broker, options->login, error))
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
