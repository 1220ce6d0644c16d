/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_admin.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/strict.h"
#include "store/delivery_store.h"
#include "text/timestamp.h"
#include "text/words.h"

#define SHOWN       50
#define ANSWER_SIZE 60 /* bytes of an answer that a line has room for */

static void print_delivery(const struct delivery *delivery)
{
	g_autofree char *at = timestamp_write(delivery->at);
	g_autofree char *answer = plain_words(delivery->answer, ANSWER_SIZE);

	printf("%-20s  %6" PRIu64 "  %8" PRIu64 "  %-30s  %6u  %6u  %s\n", at, delivery->build_id,
	       delivery->event_no, delivery->receiver, delivery->status, delivery->milliseconds,
	       answer);
}

bool admin_deliveries(struct admin *admin, char **arguments, GError **error)
{
	g_autoptr(GPtrArray) deliveries = NULL;
	uint64_t build_id = 0;

	if (arguments[0] && !strict_u64(arguments[0], 1, INT64_MAX, &build_id, error)) {
		g_prefix_error(error, "the build's id: ");
		return false;
	}
	if (!delivery_store_list(admin->db, build_id, SHOWN, &deliveries, error))
		return false;
	if (deliveries->len == 0) {
		puts("there are no deliveries");
		return true;
	}
	printf("%-20s  %6s  %8s  %-30s  %6s  %6s  %s\n", "TIME", "BUILD", "EVENT", "RECEIVER",
	       "STATUS", "MS", "ANSWER");
	for (guint i = 0; i < deliveries->len; i++)
		print_delivery(deliveries->pdata[i]);
	return true;
}
