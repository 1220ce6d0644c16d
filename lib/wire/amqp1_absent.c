/* SPDX-License-Identifier: MIT */
#include "wire/amqp1.h"

#include "base/error.h"

/* AMQP 1.0 where its library is not. */

bool amqp1_is_built_in(GError **error)
{
	return fail(error, RIDA_ERROR_UNSUPPORTED, "this program was built without AMQP 1.0");
}

bool amqp1_open(const struct broker_login *login G_GNUC_UNUSED, int64_t deadline G_GNUC_UNUSED,
		struct amqp1 **ret G_GNUC_UNUSED, GError **error)
{
	return amqp1_is_built_in(error);
}

void amqp1_close(struct amqp1 *amqp1)
{
	g_assert(!amqp1);
}

void amqp1_outcome_clear(struct amqp1_outcome *outcome)
{
	g_assert(!outcome->words);
}

bool amqp1_send(struct amqp1 *amqp1 G_GNUC_UNUSED, const struct amqp1_batch *batch G_GNUC_UNUSED,
		GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

bool amqp1_receive(struct amqp1 *amqp1 G_GNUC_UNUSED, const struct amqp1_wish *wish G_GNUC_UNUSED,
		   GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

bool amqp1_acknowledge(struct amqp1 *amqp1 G_GNUC_UNUSED, int64_t deadline G_GNUC_UNUSED,
		       GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}
