/* SPDX-License-Identifier: MIT */
/*
 * Reaches broker_url_read(): what was read, written again with its virtual host encoded, reads the
 * same, and fits the protocol.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "text/url.h"
#include "wire/broker_message.h"
#include "wire/broker_url.h"

static char *write_again(const struct broker_url *url)
{
	g_autofree char *vhost = g_uri_escape_string(url->vhost, NULL, FALSE);

	return g_strdup_printf(strchr(url->host, ':') ? "%s://[%s]:%u/%s" : "%s://%s:%u/%s",
			       url->is_secure ? "amqps" : "amqp", url->host, url->port, vhost);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *again = NULL;
	struct broker_url first = { 0 };
	struct broker_url second = { 0 };

	if (!broker_url_read(text, &first, NULL))
		return 0;
	g_assert_null(strpbrk(first.host, "@/\\ %?#"));
	g_assert_cmpuint(first.port, >, 0);
	g_assert_true(*first.vhost && strlen(first.vhost) <= BROKER_TEXT_MAX);
	again = write_again(&first);
	/* Escapes may make it longer than what is read. */
	if (strlen(again) <= URL_BYTES_MAX) {
		g_assert_true(broker_url_read(again, &second, NULL));
		g_assert_cmpstr(first.host, ==, second.host);
		g_assert_cmpstr(first.vhost, ==, second.vhost);
		g_assert_cmpuint(first.port, ==, second.port);
		g_assert_true(first.is_secure == second.is_secure);
	}
	broker_url_clear(&first);
	broker_url_clear(&second);
	return 0;
}
