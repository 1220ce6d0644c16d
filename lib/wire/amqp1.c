/* SPDX-License-Identifier: MIT */
#include "wire/amqp1.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <proton/codec.h>
#include <proton/connection_driver.h>
#include <proton/engine.h>
#include <proton/message.h>
#include <proton/sasl.h>
#include <proton/ssl.h>

#include "base/error.h"
#include "text/words.h"
#include "wire/address.h"
#include "wire/authorities.h"

/*
 * The library's engine without its own sockets: bytes go through a socket of ours, so that each
 * wait has its end. What the engine knows is read from its objects after each step; events only
 * drive it.
 */

#define WORDS_MAX     300
#define STEP_MILLIS   1000
#define FAREWELL_TIME (G_USEC_PER_SEC / 4)

struct amqp1 {
	pn_connection_driver_t driver;
	pn_session_t *session;
	pn_ssl_domain_t *tls; /* NULL: none */
	int socket;           /* -1: not connected */
	char *place;          /* for messages */
	bool has_driver;
	uint64_t tag;     /* of the last message that was sent */
	pn_link_t *queue; /* that is taken from; NULL: none */
};

static bool is_set(const char *text)
{
	return text && *text;
}

bool amqp1_is_built_in(GError **error G_GNUC_UNUSED)
{
	return true;
}

void amqp1_outcome_clear(struct amqp1_outcome *outcome)
{
	g_free(outcome->condition);
	g_free(outcome->words);
	*outcome = (struct amqp1_outcome){ 0 };
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static char *condition_words(pn_condition_t *condition)
{
	g_autofree char *name = plain_words(pn_condition_get_name(condition), WORDS_MAX);
	g_autofree char *words = plain_words(pn_condition_get_description(condition), WORDS_MAX);

	return g_strdup_printf("%s%s%s", words, *words && *name ? ", " : "", name);
}

/* Says why nothing more can be done with the connection. */
static bool fail_connection(const struct amqp1 *amqp1, GError **error)
{
	pn_transport_t *transport = amqp1->driver.transport;
	pn_condition_t *condition = pn_connection_remote_condition(amqp1->driver.connection);
	const bool is_barred = pn_sasl_outcome(pn_sasl(transport)) == PN_SASL_AUTH;
	g_autofree char *words = NULL;

	if (!pn_condition_is_set(condition))
		condition = pn_session_remote_condition(amqp1->session);
	if (!pn_condition_is_set(condition))
		condition = pn_transport_condition(transport);
	words = condition_words(condition);
	return fail(error, is_barred ? RIDA_ERROR_FORBIDDEN : RIDA_ERROR_UNAVAILABLE,
		    "the broker at %s %s: %s", amqp1->place,
		    is_barred ? "does not let us in" : "cannot be used",
		    *words ? words : "it closed the connection");
}

static void read_bytes(struct amqp1 *amqp1)
{
	pn_rwbytes_t room = pn_connection_driver_read_buffer(&amqp1->driver);
	ssize_t count = recv(amqp1->socket, room.start, room.size, MSG_DONTWAIT);

	if (count > 0)
		pn_connection_driver_read_done(&amqp1->driver, (size_t)count);
	else if (count == 0 || (errno != EAGAIN && errno != EINTR))
		pn_connection_driver_read_close(&amqp1->driver);
}

static void write_bytes(struct amqp1 *amqp1)
{
	pn_bytes_t bytes = pn_connection_driver_write_buffer(&amqp1->driver);
	ssize_t count = send(amqp1->socket, bytes.start, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (count >= 0)
		pn_connection_driver_write_done(&amqp1->driver, (size_t)count);
	else if (errno != EAGAIN && errno != EINTR)
		pn_connection_driver_write_close(&amqp1->driver);
}

static void drive(struct amqp1 *amqp1)
{
	while (pn_connection_driver_next_event(&amqp1->driver))
		continue;
	pn_transport_tick(amqp1->driver.transport, g_get_monotonic_time() / 1000);
}

static bool is_dead(const struct amqp1 *amqp1)
{
	return pn_transport_closed(amqp1->driver.transport) ||
	       (pn_connection_state(amqp1->driver.connection) & PN_REMOTE_CLOSED) ||
	       (pn_session_state(amqp1->session) & PN_REMOTE_CLOSED);
}

/* Lets the engine do what it can, and waits until there is news; false when the deadline has come.
 */
static bool step(struct amqp1 *amqp1, int64_t deadline)
{
	struct pollfd wait = { .fd = amqp1->socket };
	const int64_t left = (deadline - g_get_monotonic_time()) / 1000;

	drive(amqp1);
	if (pn_connection_driver_read_buffer(&amqp1->driver).size > 0)
		wait.events |= POLLIN;
	if (pn_connection_driver_write_buffer(&amqp1->driver).size > 0)
		wait.events |= POLLOUT;
	if (left <= 0)
		return false;
	if (wait.events && poll(&wait, 1, (int)MIN(left + 1, STEP_MILLIS)) > 0) {
		if (wait.revents & POLLOUT)
			write_bytes(amqp1);
		if (wait.revents & (POLLIN | POLLHUP | POLLERR))
			read_bytes(amqp1);
	}
	drive(amqp1);
	return true;
}

/* ---- connecting ----------------------------------------------------------------------------- */

static bool connect_address(struct amqp1 *amqp1, const char *address, unsigned port,
			    int64_t deadline)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
	struct pollfd wait = { .events = POLLOUT };
	socklen_t length = sizeof(int);
	int problem = 0;

	if (!is_six && inet_pton(AF_INET, address, &four.sin_addr) != 1)
		return false;
	wait.fd =
		socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (wait.fd >= 0 &&
	    (connect(wait.fd, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four,
		     is_six ? sizeof six : sizeof four) == 0 ||
	     errno == EINPROGRESS) &&
	    poll(&wait, 1, (int)MAX(0, (deadline - g_get_monotonic_time()) / 1000)) == 1 &&
	    getsockopt(wait.fd, SOL_SOCKET, SO_ERROR, &problem, &length) == 0 && problem == 0) {
		amqp1->socket = wait.fd;
		return true;
	}
	if (wait.fd >= 0)
		close(wait.fd);
	return false;
}

static bool connect_socket(struct amqp1 *amqp1, const struct amqp1_options *options, GError **error)
{
	const int64_t left = (options->deadline - g_get_monotonic_time()) / G_USEC_PER_SEC;
	const struct address_wants wants = { .host = options->url->host,
					     .port = options->url->port,
					     .private_addresses = true,
					     .timeout = (unsigned)MAX(1, left) };
	g_auto(GStrv) addresses = NULL;

	if (!address_resolve(&wants, &addresses, error))
		return false;
	for (char **address = addresses; *address; address++)
		if (connect_address(amqp1, *address, wants.port, options->deadline))
			return true;
	return fail(error, RIDA_ERROR_UNAVAILABLE, "the broker at %s cannot be reached",
		    amqp1->place);
}

static bool prepare_tls(struct amqp1 *amqp1, const struct amqp1_options *options, GError **error)
{
	const char *ca = is_set(options->ca_file) ? options->ca_file : authorities_file();
	const char *certificate = options->certificate_file;
	const char *key = is_set(options->key_file) ? options->key_file : certificate;
	pn_ssl_t *ssl = pn_ssl(amqp1->driver.transport);

	amqp1->tls = pn_ssl_domain(PN_SSL_MODE_CLIENT);
	if (pn_ssl_domain_set_trusted_ca_db(amqp1->tls, ca) != 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the authorities for the broker at %s, %s, cannot be used",
			    amqp1->place, ca);
	if (is_set(certificate) &&
	    pn_ssl_domain_set_credentials(amqp1->tls, certificate, key, NULL) != 0)
		return fail(
			error, RIDA_ERROR_UNACCEPTABLE,
			"the certificate for the broker at %s, %s (with its key), cannot be used",
			amqp1->place, certificate);
	if (pn_ssl_domain_set_peer_authentication(amqp1->tls, PN_SSL_VERIFY_PEER_NAME, NULL) != 0 ||
	    pn_ssl_domain_set_protocols(amqp1->tls, "TLSv1.2 TLSv1.3") != 0 ||
	    pn_ssl_init(ssl, amqp1->tls, NULL) != 0 ||
	    pn_ssl_set_peer_hostname(ssl, options->url->host) != 0)
		return fail(error, RIDA_ERROR_INTERNAL, "TLS for the broker at %s cannot be used",
			    amqp1->place);
	return true;
}

static bool prepare_driver(struct amqp1 *amqp1, const struct amqp1_options *options, GError **error)
{
	pn_connection_t *connection = amqp1->driver.connection;
	pn_sasl_t *sasl = pn_sasl(amqp1->driver.transport);

	pn_connection_set_container(connection, options->name);
	pn_connection_set_hostname(connection, options->url->host);
	if (is_set(options->user)) {
		pn_connection_set_user(connection, options->user);
		pn_connection_set_password(connection, options->password);
		pn_sasl_allowed_mechs(sasl, "PLAIN");
		pn_sasl_set_allow_insecure_mechs(sasl, true);
	} else {
		pn_sasl_allowed_mechs(sasl,
				      is_set(options->certificate_file) ? "EXTERNAL" : "ANONYMOUS");
	}
	if (options->url->is_secure && !prepare_tls(amqp1, options, error))
		return false;
	pn_connection_driver_bind(&amqp1->driver);
	pn_connection_open(connection);
	amqp1->session = pn_session(connection);
	pn_session_open(amqp1->session);
	return true;
}

static bool is_open(const struct amqp1 *amqp1)
{
	return (pn_connection_state(amqp1->driver.connection) & PN_REMOTE_ACTIVE) &&
	       (pn_session_state(amqp1->session) & PN_REMOTE_ACTIVE);
}

static bool fail_late(const struct amqp1 *amqp1, const char *doing, GError **error)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE, "the broker at %s did not answer in time (%s)",
		    amqp1->place, doing);
}

bool amqp1_open(const struct amqp1_options *options, struct amqp1 **ret, GError **error)
{
	g_autoptr(Amqp1) amqp1 = g_new0(struct amqp1, 1);

	amqp1->socket = -1;
	amqp1->place = g_strdup_printf("%s:%u", options->url->host, options->url->port);
	if (pn_connection_driver_init(&amqp1->driver, NULL, NULL) != 0)
		return fail(error, RIDA_ERROR_INTERNAL, "AMQP 1.0 cannot be used");
	amqp1->has_driver = true;
	if (!prepare_driver(amqp1, options, error) || !connect_socket(amqp1, options, error))
		return false;
	while (!is_open(amqp1)) {
		if (is_dead(amqp1))
			return fail_connection(amqp1, error);
		if (!step(amqp1, options->deadline))
			return fail_late(amqp1, "connecting", error);
	}
	*ret = g_steal_pointer(&amqp1);
	return true;
}

/* The farewell is polite, not necessary: what was not settled is sent again. */
void amqp1_close(struct amqp1 *amqp1)
{
	if (!amqp1)
		return;
	if (amqp1->socket >= 0) {
		const int64_t deadline = g_get_monotonic_time() + FAREWELL_TIME;

		pn_connection_close(amqp1->driver.connection);
		while (!is_dead(amqp1) && step(amqp1, deadline))
			continue;
		close(amqp1->socket);
	}
	if (amqp1->has_driver)
		pn_connection_driver_destroy(&amqp1->driver);
	if (amqp1->tls)
		pn_ssl_domain_free(amqp1->tls);
	g_free(amqp1->place);
	g_free(amqp1);
}

/* ---- sending -------------------------------------------------------------------------------- */

/* Messages on their way. */
struct flight {
	struct amqp1 *amqp1;
	const struct amqp1_batch *batch;
	pn_delivery_t **deliveries; /* NULL: not under way */
	size_t next;                /* the first that is neither under way nor settled */
	size_t under_way;
	size_t first;  /* those before it are settled */
	int64_t heard; /* when the broker answered last */
	bool has_answered;
};

static pn_link_t *link_to(struct amqp1 *amqp1, const char *address)
{
	pn_link_t *link = pn_link_head(amqp1->driver.connection, 0);

	for (; link; link = pn_link_next(link, 0))
		if (pn_link_is_sender(link) && strcmp(pn_link_name(link), address) == 0)
			return link;
	link = pn_sender(amqp1->session, address);
	pn_terminus_set_address(pn_link_target(link), address);
	pn_terminus_set_address(pn_link_source(link),
				pn_connection_get_container(amqp1->driver.connection));
	pn_link_set_snd_settle_mode(link, PN_SND_UNSETTLED);
	pn_link_set_rcv_settle_mode(link, PN_RCV_FIRST);
	pn_link_open(link);
	return link;
}

static pn_bytes_t bytes_of(const char *text)
{
	return pn_bytes(strlen(text), text);
}

static void put_properties(pn_data_t *data, const struct amqp1_message *message)
{
	pn_data_put_map(data);
	pn_data_enter(data);
	for (size_t i = 0; i < message->property_count; i++) {
		const struct amqp1_property *property = &message->properties[i];

		pn_data_put_string(data, bytes_of(property->name));
		if (property->text)
			pn_data_put_string(data, bytes_of(property->text));
		else
			pn_data_put_long(data, property->number);
	}
	pn_data_exit(data);
}

/* A text as the body: what receivers that know JMS call a text message. */
static pn_message_t *encode(const struct amqp1_message *message)
{
	pn_message_t *encoded = pn_message();

	pn_message_set_durable(encoded, true);
	pn_message_set_id(encoded,
			  (pn_msgid_t){ .type = PN_STRING, .u.as_bytes = bytes_of(message->id) });
	pn_message_set_address(encoded, message->address);
	pn_message_set_subject(encoded, message->subject);
	pn_message_set_content_type(encoded, message->content_type);
	pn_message_set_creation_time(encoded, message->at / 1000);
	put_properties(pn_message_properties(encoded), message);
	pn_data_put_string(pn_message_body(encoded), bytes_of(message->body));
	return encoded;
}

static void settle(struct flight *flight, size_t i, enum amqp1_settled settled,
		   pn_condition_t *condition)
{
	struct amqp1_outcome *outcome = &flight->batch->outcomes[i];

	if (flight->deliveries[i]) {
		pn_delivery_settle(flight->deliveries[i]);
		flight->deliveries[i] = NULL;
		flight->under_way--;
	}
	flight->heard = g_get_monotonic_time();
	flight->has_answered = true;
	outcome->settled = settled;
	if (!condition || !pn_condition_is_set(condition))
		return;
	outcome->condition = plain_words(pn_condition_get_name(condition), WORDS_MAX);
	outcome->words = plain_words(pn_condition_get_description(condition), WORDS_MAX);
}

/* Hands the next message to the engine when its link may have it; false when it has to wait. */
static bool send_next(struct flight *flight)
{
	const size_t i = flight->next;
	const struct amqp1_message *message = &flight->batch->messages[i];
	struct amqp1 *amqp1 = flight->amqp1;
	pn_link_t *link = link_to(amqp1, message->address);
	pn_message_t *encoded;

	if (pn_link_state(link) & PN_REMOTE_CLOSED) {
		settle(flight, i, AMQP1_NO_LINK, pn_link_remote_condition(link));
		flight->next++;
		return true;
	}
	if (!(pn_link_state(link) & PN_REMOTE_ACTIVE) || pn_link_credit(link) <= 0)
		return false;
	amqp1->tag++;
	flight->deliveries[i] =
		pn_delivery(link, pn_dtag((const char *)&amqp1->tag, sizeof amqp1->tag));
	encoded = encode(message);
	pn_message_send(encoded, link, NULL);
	pn_message_free(encoded);
	flight->under_way++;
	flight->next++;
	return true;
}

static void judge(struct flight *flight, size_t i)
{
	pn_delivery_t *delivery = flight->deliveries[i];
	pn_disposition_t *remote = pn_delivery_remote(delivery);

	switch (pn_delivery_remote_state(delivery)) {
	case PN_ACCEPTED:
		settle(flight, i, AMQP1_ACCEPTED, NULL);
		return;
	case PN_RELEASED:
	case PN_MODIFIED:
		settle(flight, i, AMQP1_RELEASED, NULL);
		return;
	case PN_REJECTED:
		settle(flight, i, AMQP1_REJECTED, pn_disposition_condition(remote));
		return;
	default:
		/* Settled without a word, or its link is gone: nobody knows. */
		if (pn_delivery_settled(delivery) ||
		    (pn_link_state(pn_delivery_link(delivery)) & PN_REMOTE_CLOSED))
			settle(flight, i, AMQP1_UNSETTLED,
			       pn_link_remote_condition(pn_delivery_link(delivery)));
	}
}

static void judge_all(struct flight *flight)
{
	while (flight->first < flight->next && !flight->deliveries[flight->first])
		flight->first++;
	for (size_t i = flight->first; i < flight->next; i++)
		if (flight->deliveries[i])
			judge(flight, i);
}

/* A broker that answers may be slower than the deadline; one that is silent is away. */
static bool wait_for_answer(struct flight *flight, GError **error)
{
	const struct amqp1_batch *batch = flight->batch;
	const int64_t patience = flight->heard + batch->timeout * G_USEC_PER_SEC;

	if (step(flight->amqp1, MIN(batch->deadline, patience))) {
		judge_all(flight);
		return !is_dead(flight->amqp1) || fail_connection(flight->amqp1, error);
	}
	return (flight->has_answered && g_get_monotonic_time() < patience) ||
	       fail_late(flight->amqp1, "sending", error);
}

static bool fly(struct flight *flight, GError **error)
{
	const struct amqp1_batch *batch = flight->batch;

	while ((flight->next < batch->count || flight->under_way > 0) &&
	       g_get_monotonic_time() < batch->deadline) {
		while (flight->next < batch->count && flight->under_way < batch->window &&
		       send_next(flight))
			continue;
		if (flight->next == batch->count && flight->under_way == 0)
			break;
		if (!wait_for_answer(flight, error))
			return false;
	}
	return true;
}

bool amqp1_send(struct amqp1 *amqp1, const struct amqp1_batch *batch, GError **error)
{
	g_autofree pn_delivery_t **deliveries = g_new0(pn_delivery_t *, batch->count);
	struct flight flight = { .amqp1 = amqp1, .batch = batch, .deliveries = deliveries };

	flight.heard = g_get_monotonic_time();
	return fly(&flight, error);
}

/* ---- receiving ------------------------------------------------------------------------------ */

static char *body_text(pn_message_t *message, size_t max)
{
	pn_data_t *data = pn_message_body(message);
	pn_bytes_t bytes = { 0 };

	if (!pn_data_next(data))
		return NULL;
	if (pn_data_type(data) == PN_STRING)
		bytes = pn_data_get_string(data);
	else if (pn_data_type(data) == PN_BINARY)
		bytes = pn_data_get_binary(data);
	else
		return NULL;
	return bytes.size <= max ? g_strndup(bytes.start, bytes.size) : NULL;
}

/* What cannot be read is no hint, but is taken. */
static void take(pn_delivery_t *delivery, const struct amqp1_wish *wish)
{
	const size_t size = pn_delivery_pending(delivery);
	g_autofree char *bytes = g_malloc(size + 1);
	pn_message_t *message = pn_message();
	struct amqp1_taken taken = { 0 };

	if (pn_link_recv(pn_delivery_link(delivery), bytes, size) == (ssize_t)size &&
	    pn_message_decode(message, bytes, size) == 0) {
		taken.subject = g_strdup(pn_message_get_subject(message));
		taken.address = g_strdup(pn_message_get_address(message));
		taken.body = body_text(message, wish->body_bytes);
	}
	wish->take(wish->data, &taken);
	g_free(taken.subject);
	g_free(taken.address);
	g_free(taken.body);
	pn_message_free(message);
	pn_link_advance(pn_delivery_link(delivery));
}

static void listen_to(struct amqp1 *amqp1, const char *queue)
{
	amqp1->queue = pn_receiver(amqp1->session, queue);
	pn_terminus_set_address(pn_link_source(amqp1->queue), queue);
	pn_link_set_snd_settle_mode(amqp1->queue, PN_SND_UNSETTLED);
	pn_link_set_rcv_settle_mode(amqp1->queue, PN_RCV_FIRST);
	pn_link_open(amqp1->queue);
}

static bool fail_queue(const struct amqp1 *amqp1, const char *queue, GError **error)
{
	pn_condition_t *condition = pn_link_remote_condition(amqp1->queue);
	const char *name = pn_condition_get_name(condition);
	g_autofree char *words = condition_words(condition);

	return fail(error,
		    g_strcmp0(name, "amqp:unauthorized-access") == 0 ? RIDA_ERROR_FORBIDDEN
		    : g_strcmp0(name, "amqp:not-found") == 0         ? RIDA_ERROR_MISSING
								     : RIDA_ERROR_UNAVAILABLE,
		    "the queue %s of the broker at %s cannot be used: %s", queue, amqp1->place,
		    words);
}

/* The broker is given so much credit, and asked to give back what it has no messages for. */
bool amqp1_receive(struct amqp1 *amqp1, const struct amqp1_wish *wish, GError **error)
{
	if (!amqp1->queue)
		listen_to(amqp1, wish->queue);
	pn_link_drain(amqp1->queue, (int)wish->limit);
	while (pn_link_credit(amqp1->queue) > 0) {
		pn_delivery_t *delivery = pn_link_current(amqp1->queue);

		if (delivery && pn_delivery_readable(delivery) && !pn_delivery_partial(delivery)) {
			take(delivery, wish);
			continue;
		}
		if (is_dead(amqp1))
			return fail_connection(amqp1, error);
		if (pn_link_state(amqp1->queue) & PN_REMOTE_CLOSED)
			return fail_queue(amqp1, wish->queue, error);
		if (!step(amqp1, wish->deadline))
			return fail_late(amqp1, "receiving", error);
	}
	return true;
}

bool amqp1_acknowledge(struct amqp1 *amqp1, int64_t deadline, GError **error)
{
	pn_delivery_t *delivery = amqp1->queue ? pn_unsettled_head(amqp1->queue) : NULL;

	while (delivery) {
		pn_delivery_t *next = pn_unsettled_next(delivery);

		pn_delivery_update(delivery, PN_ACCEPTED);
		pn_delivery_settle(delivery);
		delivery = next;
	}
	drive(amqp1);
	while (pn_connection_driver_write_buffer(&amqp1->driver).size > 0) {
		if (is_dead(amqp1))
			return fail_connection(amqp1, error);
		if (!step(amqp1, deadline))
			return fail_late(amqp1, "acknowledging", error);
	}
	return true;
}
