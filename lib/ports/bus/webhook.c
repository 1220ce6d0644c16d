/* SPDX-License-Identifier: MIT */
#include "ports/bus/bus.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "text/url.h"
#include "text/words.h"
#include "wire/http_client.h"

/*
 * HTTP POSTs, a few at a time, over connections that are kept. What decides is the status alone;
 * the first words of an answer are kept for people, and of one that does not end no more is read.
 */

#define PARALLEL   8
#define READ_BYTES 65536 /* of an answer */
#define KEPT_BYTES 1024
#define NAME_BYTES 255 /* of a header's text */

struct bus_webhook {
	struct bus base;
	struct bus_options options; /* its texts are borrowed */
	char *server;               /* for messages: the path may hold a secret */
	char *secret;
	struct http_client *client;
};

/* One request, and what is read of its answer. */
struct call {
	GPtrArray *headers;
	GString *words;
	size_t bytes;
};

/* What a status means for the message, up to that one. */
static const struct {
	unsigned last;
	enum bus_verdict verdict;
} statuses[] = {
	{ 199, BUS_REFUSED }, { 299, BUS_ACCEPTED }, { 407, BUS_REFUSED },
	{ 408, BUS_DELAYED }, /* it did not wait for the request */
	{ 412, BUS_REFUSED }, { 413, BUS_UNFIT },    { 421, BUS_REFUSED },
	{ 422, BUS_UNFIT },                         /* it was read, and is not wanted as it is */
	{ 424, BUS_REFUSED }, { 425, BUS_DELAYED }, /* too early */
	{ 428, BUS_REFUSED }, { 429, BUS_DELAYED }, /* too many */
	{ 499, BUS_REFUSED }, { 599, BUS_DELAYED },  { G_MAXUINT, BUS_REFUSED },
};

static enum bus_verdict verdict_of(unsigned status)
{
	size_t i = 0;

	while (status > statuses[i].last)
		i++;
	return statuses[i].verdict;
}

static void close_webhook(struct bus *bus)
{
	struct bus_webhook *webhook = (struct bus_webhook *)bus;

	if (!webhook)
		return;
	g_free(webhook->server);
	secret_free(webhook->secret);
	http_client_free(webhook->client);
	g_free(webhook);
}

static bool read_url(const char *text, char **ret_server, GError **error)
{
	g_autoptr(Url) url = NULL;

	if (!*text)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "webhook_url is wanted");
	if (!url_read(text, &url, error)) {
		g_prefix_error(error, "webhook_url: ");
		return false;
	}
	if (strcmp(url->scheme, "https") != 0 && strcmp(url->scheme, "http") != 0)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "webhook_url begins with https:// or http://, not %s://", url->scheme);
	*ret_server = url_write_server(url);
	return true;
}

static bool read_secret(const char *path, char **ret, GError **error)
{
	if (!*path)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "webhook_secret_file is wanted: without a signature a receiver cannot "
			    "know that a message is ours");
	return secret_read(path, ret, error);
}

static bool open_webhook(const struct bus_options *options, struct bus **ret, GError **error)
{
	struct bus_webhook *webhook = g_new0(struct bus_webhook, 1);

	webhook->base.ops = &bus_webhook;
	webhook->options = *options;
	webhook->client = http_client_new();
	if (!read_url(options->url, &webhook->server, error) ||
	    !read_secret(options->password_file, &webhook->secret, error)) {
		g_prefix_error(error, "bus: webhook: ");
		close_webhook(&webhook->base);
		return false;
	}
	*ret = &webhook->base;
	return true;
}

/* HMAC-SHA256 over "TIMESTAMP.BODY", in hex. */
static char *sign(const char *secret, const char *timestamp, const char *body)
{
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret));
	char *hex;

	g_hmac_update(hmac, (const guchar *)timestamp, -1);
	g_hmac_update(hmac, (const guchar *)".", 1);
	g_hmac_update(hmac, (const guchar *)body, -1);
	hex = g_strdup(g_hmac_get_string(hmac));
	g_hmac_unref(hmac);
	return hex;
}

static void add_header(struct call *call, const char *name, const char *text)
{
	g_autofree char *plain = plain_words(text, NAME_BYTES);

	g_ptr_array_add(call->headers, g_strconcat(name, ": ", plain, NULL));
}

static void call_init(struct call *call, const struct bus_webhook *webhook,
		      const struct bus_message *message)
{
	g_autofree char *topic = bus_topic(&webhook->options, message);
	g_autofree char *timestamp =
		g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() / G_USEC_PER_SEC);
	g_autofree char *hex = sign(webhook->secret, timestamp, message->body);
	g_autofree char *signature = g_strconcat("sha256=", hex, NULL);

	call->words = g_string_new(NULL);
	call->headers = g_ptr_array_new_with_free_func(g_free);
	add_header(call, "Content-Type", "application/json");
	add_header(call, "User-Agent", "rida");
	add_header(call, "X-Rida-Id", message->id);
	add_header(call, "X-Rida-Topic", topic);
	add_header(call, "X-Rida-Timestamp", timestamp);
	add_header(call, "X-Rida-Signature", signature);
	g_ptr_array_add(call->headers, NULL);
}

static void call_clear(struct call *call)
{
	g_ptr_array_unref(call->headers);
	g_string_free(call->words, TRUE);
}

static bool take_words(void *data, const struct http_answer *answer, const char *bytes,
		       size_t length)
{
	struct call *call = data;

	(void)answer;
	g_string_append_len(call->words, bytes, (gssize)MIN(length, KEPT_BYTES - call->words->len));
	call->bytes += length;
	return call->bytes <= READ_BYTES;
}

static const char *set_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static struct http_post post_of(const struct bus_webhook *webhook,
				const struct bus_message *message, struct call *call,
				int64_t deadline)
{
	const struct bus_options *options = &webhook->options;

	return (struct http_post){
		.url = options->url,
		.headers = (const char *const *)call->headers->pdata,
		.body = message->body,
		.length = strlen(message->body),
		.timeout = options->timeout,
		.deadline = deadline,
		.authority = set_or_null(options->ca_file),
		.certificate = set_or_null(options->certificate_file),
		.key = set_or_null(options->key_file),
		.gives_up = true,
		.take = take_words,
		.data = call,
	};
}

static char *words_of(const struct call *call, const struct bus_outcome *outcome)
{
	g_autofree char *words = plain_words(call->words->str, KEPT_BYTES);
	const bool is_redirection = outcome->status >= 300 && outcome->status <= 399;

	if (outcome->verdict == BUS_ACCEPTED)
		return *words ? g_steal_pointer(&words) : NULL;
	return g_strdup_printf("HTTP %u%s%s%s", outcome->status,
			       is_redirection ? ", redirections are not followed" : "",
			       *words ? ": " : "", words);
}

/* That it answers nothing may be this message's fault: it waits, the others go on. */
static void judge(const struct call *call, const struct http_answer *answer,
		  struct bus_outcome *outcome)
{
	outcome->status = answer->status;
	outcome->milliseconds = answer->milliseconds;
	if (answer->end == HTTP_WHOLE || call->bytes > READ_BYTES) {
		outcome->verdict = verdict_of(answer->status);
		outcome->problem = words_of(call, outcome);
	} else if (answer->end != HTTP_UNTRIED) {
		outcome->verdict = answer->end == HTTP_BROKEN ? BUS_DELAYED : BUS_UNSENT;
		outcome->problem = g_strdup(answer->error->message);
	}
}

static bool send_webhook(struct bus *bus, const struct bus_message *messages, size_t count,
			 int64_t deadline, struct bus_outcome *outcomes, GError **error)
{
	struct bus_webhook *webhook = (struct bus_webhook *)bus;
	g_autofree struct call *calls = g_new0(struct call, count);
	g_autofree struct http_post *posts = g_new0(struct http_post, count);
	g_autofree struct http_answer *answers = g_new0(struct http_answer, count);
	bool is_there = true;

	for (size_t i = 0; i < count; i++) {
		call_init(&calls[i], webhook, &messages[i]);
		posts[i] = post_of(webhook, &messages[i], &calls[i], deadline);
	}
	http_post_many(webhook->client, posts, count, MIN(PARALLEL, webhook->options.window),
		       answers);
	for (size_t i = 0; i < count; i++) {
		judge(&calls[i], &answers[i], &outcomes[i]);
		if (is_there && answers[i].end == HTTP_NOT_SENT)
			is_there = fail(error, RIDA_ERROR_UNAVAILABLE,
					"the receiver at %s cannot be reached: %s", webhook->server,
					answers[i].error->message);
		http_answer_clear(&answers[i]);
		call_clear(&calls[i]);
	}
	return is_there;
}

const struct bus_ops bus_webhook = {
	.name = "webhook",
	.keeps_deliveries = true,
	.open = open_webhook,
	.close = close_webhook,
	.send_many = send_webhook,
	.receive_many = bus_hears_nothing,
	.acknowledge = bus_acknowledges_nothing,
};
