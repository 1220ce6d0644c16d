/* SPDX-License-Identifier: MIT */
#include "flow/bus_settings.h"

struct bus_options bus_settings(const struct config *config, const struct bus_ops *ops)
{
	const bool is_webhook = ops == &bus_webhook;

	return (struct bus_options){
		.topic_prefix = config->bus_topic_prefix,
		.file = config->bus_file,
		.url = is_webhook ? config->webhook_url : config->bus_url,
		.user = config->bus_user,
		.password_file =
			is_webhook ? config->webhook_secret_file : config->bus_password_file,
		.ca_file = config->bus_ca_file,
		.certificate_file = config->bus_certificate_file,
		.key_file = config->bus_key_file,
		.exchange = config->bus_exchange,
		.address = config->bus_address,
		.window = (unsigned)config->bus_window,
		.timeout = (unsigned)config->bus_timeout,
		.listen_queue = config->bus_listen_queue,
		.listen_topics = config->bus_listen_topics,
	};
}
