/* SPDX-License-Identifier: MIT */
#include "wire/amqp1_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "text/words.h"
#include "wire/address.h"

#define STEP_MILLIS   1000
#define FRAME_BYTES   131072    /* longer ones are refused */
#define SESSION_BYTES INT32_MAX /* a smaller window stops a broker in the midst of a drain */
#define FAREWELL_TIME (G_USEC_PER_SEC / 4)

bool amqp1_is_built_in(GError **error G_GNUC_UNUSED)
{
	return true;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

char *amqp1_condition_words(pn_condition_t *condition)
{
	g_autofree char *name = plain_words(pn_condition_get_name(condition), AMQP1_WORDS_MAX);
	g_autofree char *words =
		plain_words(pn_condition_get_description(condition), AMQP1_WORDS_MAX);

	return g_strdup_printf("%s%s%s", words, *words && *name ? ", " : "", name);
}

bool amqp1_fail_connection(const struct amqp1 *amqp1, GError **error)
{
	pn_transport_t *transport = amqp1->driver.transport;
	pn_condition_t *condition = pn_connection_remote_condition(amqp1->driver.connection);
	const bool is_barred = pn_sasl_outcome(pn_sasl(transport)) == PN_SASL_AUTH;
	g_autofree char *words = NULL;

	if (!pn_condition_is_set(condition))
		condition = pn_session_remote_condition(amqp1->session);
	if (!pn_condition_is_set(condition))
		condition = pn_transport_condition(transport);
	words = amqp1_condition_words(condition);
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

void amqp1_drive(struct amqp1 *amqp1)
{
	while (pn_connection_driver_next_event(&amqp1->driver))
		continue;
	pn_transport_tick(amqp1->driver.transport, g_get_monotonic_time() / 1000);
}

bool amqp1_is_dead(const struct amqp1 *amqp1)
{
	return pn_transport_closed(amqp1->driver.transport) ||
	       (pn_connection_state(amqp1->driver.connection) & PN_REMOTE_CLOSED) ||
	       (pn_session_state(amqp1->session) & PN_REMOTE_CLOSED);
}

bool amqp1_step(struct amqp1 *amqp1, int64_t deadline)
{
	struct pollfd wait = { .fd = amqp1->socket };
	const int64_t left = (deadline - g_get_monotonic_time()) / 1000;

	amqp1_drive(amqp1);
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
	amqp1_drive(amqp1);
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

static bool connect_socket(struct amqp1 *amqp1, const struct broker_login *login, int64_t deadline,
			   GError **error)
{
	const int64_t left = (deadline - g_get_monotonic_time()) / G_USEC_PER_SEC;
	const struct address_wants wants = { .host = login->url->host,
					     .port = login->url->port,
					     .private_addresses = true,
					     .timeout = (unsigned)MAX(1, left) };
	g_auto(GStrv) addresses = NULL;

	if (!address_resolve(&wants, &addresses, error))
		return false;
	for (char **address = addresses; *address; address++)
		if (connect_address(amqp1, *address, wants.port, deadline))
			return true;
	return fail(error, RIDA_ERROR_UNAVAILABLE, "the broker at %s cannot be reached",
		    amqp1->place);
}

static bool prepare_tls(struct amqp1 *amqp1, const struct broker_login *login, GError **error)
{
	const char *ca = broker_login_authorities(login);
	pn_ssl_t *ssl = pn_ssl(amqp1->driver.transport);

	amqp1->tls = pn_ssl_domain(PN_SSL_MODE_CLIENT);
	if (pn_ssl_domain_set_trusted_ca_db(amqp1->tls, ca) != 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the authorities for the broker at %s, %s, cannot be used",
			    amqp1->place, ca);
	if (broker_login_has_certificate(login) &&
	    pn_ssl_domain_set_credentials(amqp1->tls, login->certificate_file,
					  broker_login_key(login), NULL) != 0)
		return fail(
			error, RIDA_ERROR_UNACCEPTABLE,
			"the certificate for the broker at %s, %s (with its key), cannot be used",
			amqp1->place, login->certificate_file);
	if (pn_ssl_domain_set_peer_authentication(amqp1->tls, PN_SSL_VERIFY_PEER_NAME, NULL) != 0 ||
	    pn_ssl_domain_set_protocols(amqp1->tls, "TLSv1.2 TLSv1.3") != 0 ||
	    pn_ssl_init(ssl, amqp1->tls, NULL) != 0 ||
	    pn_ssl_set_peer_hostname(ssl, login->url->host) != 0)
		return fail(error, RIDA_ERROR_INTERNAL, "TLS for the broker at %s cannot be used",
			    amqp1->place);
	return true;
}

static bool prepare_driver(struct amqp1 *amqp1, const struct broker_login *login, GError **error)
{
	pn_connection_t *connection = amqp1->driver.connection;
	pn_sasl_t *sasl = pn_sasl(amqp1->driver.transport);

	pn_transport_set_max_frame(amqp1->driver.transport, FRAME_BYTES);
	pn_connection_set_container(connection, login->name);
	pn_connection_set_hostname(connection, login->url->host);
	if (broker_login_has_user(login)) {
		pn_connection_set_user(connection, login->user);
		pn_connection_set_password(connection, login->password);
		pn_sasl_allowed_mechs(sasl, "PLAIN");
		pn_sasl_set_allow_insecure_mechs(sasl, true);
	} else {
		pn_sasl_allowed_mechs(sasl, broker_login_has_certificate(login) ? "EXTERNAL"
										: "ANONYMOUS");
	}
	if (login->url->is_secure && !prepare_tls(amqp1, login, error))
		return false;
	pn_connection_driver_bind(&amqp1->driver);
	pn_connection_open(connection);
	amqp1->session = pn_session(connection);
	pn_session_set_incoming_capacity(amqp1->session, SESSION_BYTES);
	pn_session_open(amqp1->session);
	return true;
}

static bool is_open(const struct amqp1 *amqp1)
{
	return (pn_connection_state(amqp1->driver.connection) & PN_REMOTE_ACTIVE) &&
	       (pn_session_state(amqp1->session) & PN_REMOTE_ACTIVE);
}

bool amqp1_fail_late(const struct amqp1 *amqp1, const char *doing, GError **error)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE, "the broker at %s did not answer in time (%s)",
		    amqp1->place, doing);
}

bool amqp1_open(const struct broker_login *login, int64_t deadline, struct amqp1 **ret,
		GError **error)
{
	g_autoptr(Amqp1) amqp1 = g_new0(struct amqp1, 1);

	amqp1->socket = -1;
	amqp1->place = broker_login_place(login);
	if (pn_connection_driver_init(&amqp1->driver, NULL, NULL) != 0)
		return fail(error, RIDA_ERROR_INTERNAL, "AMQP 1.0 cannot be used");
	amqp1->has_driver = true;
	if (!prepare_driver(amqp1, login, error) || !connect_socket(amqp1, login, deadline, error))
		return false;
	while (!is_open(amqp1)) {
		if (amqp1_is_dead(amqp1))
			return amqp1_fail_connection(amqp1, error);
		if (!amqp1_step(amqp1, deadline))
			return amqp1_fail_late(amqp1, "connecting", error);
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
		while (!amqp1_is_dead(amqp1) && amqp1_step(amqp1, deadline))
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
