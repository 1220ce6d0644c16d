/* SPDX-License-Identifier: MIT */
#include "flow/announce.h"

#include "base/error.h"
#include "base/log.h"
#include "ports/bus/bus.h"
#include "store/event_store.h"

#define BATCH         100
#define LEASE_SECONDS 30

/* One drain of the outbox. */
struct drain {
	struct db *db;
	struct bus *bus;
	const char *holder;
	int64_t deadline;
	unsigned sent;
};

static bool is_waiting(struct db *db, bool *ret, GError **error)
{
	g_autoptr(GPtrArray) rows = NULL;

	if (!outbox_store_unsent(db, 1, &rows, error))
		return false;
	*ret = rows->len > 0;
	return true;
}

static uint64_t *ids_of(const GPtrArray *rows)
{
	uint64_t *ids = g_new(uint64_t, rows->len);

	for (guint i = 0; i < rows->len; i++)
		ids[i] = ((const struct outbox_row *)rows->pdata[i])->id;
	return ids;
}

static struct bus_message *messages_of(const GPtrArray *rows)
{
	struct bus_message *messages = g_new0(struct bus_message, rows->len);

	for (guint i = 0; i < rows->len; i++) {
		const struct outbox_row *row = rows->pdata[i];

		messages[i] = (struct bus_message){
			.id = row->msg_id,
			.topic = row->topic,
			.body = row->body,
			.build_id = row->build_id,
			.seq = row->seq,
		};
	}
	return messages;
}

/* Sends one batch and records what was accepted; *ret_goes_on is false when the bus takes no more
 * now. */
static bool send_batch(struct drain *drain, const GPtrArray *rows, bool *ret_goes_on,
		       GError **error)
{
	g_autofree uint64_t *ids = ids_of(rows);
	g_autofree struct bus_message *messages = messages_of(rows);
	g_autofree struct bus_outcome *outcomes = g_new0(struct bus_outcome, rows->len);
	g_autoptr(GError) problem = NULL;
	size_t sent = 0;

	*ret_goes_on = drain->bus->ops->send_many(drain->bus, messages, rows->len, drain->deadline,
						  outcomes, &problem);
	while (sent < rows->len && outcomes[sent].verdict == BUS_ACCEPTED)
		sent++;
	for (guint i = 0; i < rows->len; i++)
		bus_outcome_clear(&outcomes[i]);
	if (sent > 0 && !outbox_store_mark_sent(drain->db, ids, sent, error))
		return false;
	drain->sent += (unsigned)sent;
	if (*ret_goes_on && sent == rows->len)
		return true;
	*ret_goes_on = false;
	log_warning("bus-failed", log_error_text(problem), log_u64("waiting", rows->len - sent));
	return outbox_store_count_try(drain->db, ids + sent, rows->len - sent, error);
}

/*
 * Batch after batch while the lease is ours; each batch is read after the lease was taken, so that
 * what another drain sent meanwhile is not sent again.
 */
static bool drain_batches(struct drain *drain, GError **error)
{
	bool goes_on = true;

	while (goes_on && g_get_monotonic_time() < drain->deadline) {
		g_autoptr(GPtrArray) rows = NULL;

		if (!outbox_store_lease(drain->db, drain->holder, LEASE_SECONDS, &goes_on, error))
			return false;
		if (!goes_on)
			return true;
		if (!outbox_store_unsent(drain->db, BATCH, &rows, error))
			return false;
		if (rows->len == 0)
			break;
		if (!send_batch(drain, rows, &goes_on, error))
			return false;
	}
	return outbox_store_unlease(drain->db, drain->holder, error);
}

static struct bus *open_bus(const struct config *config)
{
	const struct bus_options options = { .file = config->bus_file,
					     .topic_prefix = config->bus_topic_prefix };
	g_autoptr(GError) problem = NULL;
	const struct bus_ops *ops = bus_find(config->bus, &problem);
	struct bus *bus = NULL;

	if (ops && ops->open(&options, &bus, &problem))
		return bus;
	log_warning("bus-failed", log_error_text(problem));
	return NULL;
}

bool announce_run(struct db *db, const struct config *config, const char *holder, int64_t deadline,
		  unsigned *ret_sent, GError **error)
{
	struct drain drain = { .db = db, .holder = holder, .deadline = deadline };
	bool has_work, is_good;

	*ret_sent = 0;
	if (!is_waiting(db, &has_work, error))
		return false;
	if (!has_work)
		return true;
	drain.bus = open_bus(config);
	if (!drain.bus)
		return true;
	is_good = drain_batches(&drain, error);
	drain.bus->ops->close(drain.bus);
	*ret_sent = drain.sent;
	return is_good;
}
