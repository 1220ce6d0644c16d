/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "store/message_store.h"
#include "text/timestamp.h"

#define SHOWN_MAX 100

static void print_summary(const struct message_summary *summary)
{
	g_autofree char *oldest = timestamp_write(summary->oldest);
	g_autofree char *retry_at = timestamp_write(summary->retry_at);

	printf("%" PRIu64 " messages wait, %" PRIu64 " of them delayed; %" PRIu64 " are dead\n",
	       summary->waiting, summary->delayed, summary->dead);
	if (summary->waiting)
		printf("the oldest that waits is of %s\n", oldest);
	if (*summary->problem)
		printf("the bus failed: %s\n", summary->problem);
	if (summary->retry_at)
		printf("it is tried again at %s\n", retry_at);
}

static void print_failed(const struct failed_message *message)
{
	g_autofree char *next = timestamp_write(message->next_try_at);
	g_autofree char *dead = timestamp_write(message->dead_at);

	printf("%s, number %" PRIu32 " of build %" PRIu64 ": %s %s after %" PRIu64 " tries: %s\n",
	       message->msg_id, message->seq, message->build_id,
	       message->dead_at ? "dead since" : "again at", message->dead_at ? dead : next,
	       message->tries, message->problem);
}

bool admin_messages(struct admin *admin, char **arguments G_GNUC_UNUSED, GError **error)
{
	struct message_summary summary = { 0 };
	g_autoptr(GPtrArray) failed = NULL;

	if (!message_store_failed(admin->db, SHOWN_MAX, &failed, error) ||
	    !message_store_summary(admin->db, &summary, error))
		return false;
	print_summary(&summary);
	for (guint i = 0; i < failed->len; i++)
		print_failed(g_ptr_array_index(failed, i));
	if (failed->len == SHOWN_MAX)
		puts("there may be more");
	message_summary_clear(&summary);
	return true;
}

static bool send_again(struct admin *admin, const char *what, uint64_t *ret_count, GError **error)
{
	uint64_t build_id;

	if (strcmp(what, "dead") == 0)
		return message_store_again_dead(admin->db, ret_count, error);
	if (strict_u64(what, 1, INT64_MAX, &build_id, NULL))
		return message_store_again_build(admin->db, build_id, ret_count, error);
	if (g_uuid_string_is_valid(what))
		return message_store_again(admin->db, what, ret_count, error);
	return fail(error, RIDA_ERROR_MALFORMED,
		    "\"%s\": the id of a message or of a build, or \"dead\", is wanted", what);
}

bool admin_redeliver(struct admin *admin, char **arguments, GError **error)
{
	uint64_t count = 0;

	if (!send_again(admin, arguments[0], &count, error))
		return false;
	if (!count && strcmp(arguments[0], "dead") != 0)
		return fail(error, RIDA_ERROR_MISSING,
			    "no such message is kept: /rida/events has what was sent long ago");
	printf("%" PRIu64 " messages: the next pass sends them, with their ids\n", count);
	return true;
}
