/* SPDX-License-Identifier: MIT */
#include "flow/announce.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/meter.h"
#include "flow/bus_settings.h"
#include "flow/holder.h"
#include "model/message.h"
#include "ports/bus/bus.h"
#include "store/delivery_store.h"
#include "store/outbox_store.h"
#include "text/url.h"

#define PORTION 1000 /* numbers in one transaction, messages in one wave */

/* One drain of the outbox. */
struct drain {
	struct db *db;
	const struct announce_wants *wants;
	struct bus *bus; /* NULL: none is needed yet */
	uint64_t lease;  /* seconds: longer than any wave takes */
	uint32_t failures;
	bool is_over; /* the lease is another's, or the bus takes no more now */
	unsigned sent;
};

static bool is_late(const struct drain *drain)
{
	const struct announce_wants *wants = drain->wants;

	return g_get_monotonic_time() >= wants->deadline || (wants->stop && *wants->stop);
}

static bool take_lease(struct drain *drain, const char *gone, GError **error)
{
	bool is_ours = false;

	if (!outbox_store_take(drain->db, drain->wants->holder, gone, drain->lease, &is_ours,
			       error))
		return false;
	drain->is_over = !is_ours;
	return true;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static bool number_all(struct drain *drain, GError **error)
{
	uint64_t count = PORTION;

	while (count == PORTION && !drain->is_over && !is_late(drain)) {
		bool is_ours = false;

		if (!outbox_store_number(drain->db, drain->wants->holder, PORTION, &count, &is_ours,
					 error))
			return false;
		drain->is_over = !is_ours;
	}
	return fault_point(FAULT_AFTER_NUMBER, error);
}

/* ---- the bus -------------------------------------------------------------------------------- */

/* The whole bus failed: it rests, and its messages wait. */
static bool rest(struct drain *drain, const char *problem, GError **error)
{
	drain->is_over = true;
	log_warning("bus-failed", log_text("problem", problem),
		    log_u64("failures", drain->failures + 1));
	return outbox_store_rest(drain->db, drain->wants->holder, problem, error);
}

static bool open_bus(struct drain *drain, GError **error)
{
	const struct config *config = drain->wants->config;
	g_autoptr(GError) problem = NULL;
	const struct bus_ops *ops = drain->wants->bus;
	struct bus_options options;

	if (drain->bus)
		return true;
	if (!ops)
		ops = bus_find(config->bus, &problem);
	if (ops) {
		options = bus_settings(config, ops);
		if (ops->open(&options, &drain->bus, &problem))
			return true;
	}
	return rest(drain, problem->message, error);
}

/* ---- waves ---------------------------------------------------------------------------------- */

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
			.name = row->name,
			.owner = row->owner,
			.severity = message_severity((enum build_state)row->state),
			.at = row->at,
		};
	}
	return messages;
}

/* What became of a wave. */
struct verdicts {
	GArray *accepted; /* uint64_t ids */
	GArray *failures; /* struct outbox_failure, its words borrowed */
	const char *delay;
};

static void count(enum meter_message what)
{
	meter_add(METER_MESSAGES, what, 0, 1);
}

/* A message that was refused is tried again, or is dead; an operator has to know. */
static void add_refusal(struct verdicts *verdicts, const struct outbox_row *row,
			const struct bus_outcome *outcome, bool is_dead)
{
	const struct outbox_failure failure = { row->id, outcome->problem, true, is_dead };
	const struct log_field build = log_u64("build", row->build_id);
	const struct log_field message = log_text("message", row->msg_id);
	const struct log_field problem =
		log_text("problem", outcome->problem ? outcome->problem : "");

	g_array_append_val(verdicts->failures, failure);
	count(is_dead ? METER_MESSAGE_DEAD : METER_MESSAGE_REFUSED);
	if (is_dead)
		log_error("message-dead", build, message, problem);
	else
		log_warning("message-refused", build, message, problem);
}

static void add_delay(struct verdicts *verdicts, const struct outbox_row *row,
		      const struct bus_outcome *outcome)
{
	const struct outbox_failure failure = { row->id, outcome->problem, false, false };

	g_array_append_val(verdicts->failures, failure);
	verdicts->delay = outcome->problem ? outcome->problem : "messages are delayed";
	count(METER_MESSAGE_DELAYED);
}

static void sort_verdict(const struct drain *drain, const struct outbox_row *row,
			 const struct bus_outcome *outcome, struct verdicts *verdicts)
{
	switch (outcome->verdict) {
	case BUS_ACCEPTED:
		g_array_append_val(verdicts->accepted, row->id);
		count(METER_MESSAGE_ACCEPTED);
		if (outcome->is_unrouted)
			count(METER_MESSAGE_UNROUTED);
		return;
	case BUS_DELAYED:
		add_delay(verdicts, row, outcome);
		return;
	case BUS_REFUSED:
		add_refusal(verdicts, row, outcome,
			    row->refusals + 1 >= drain->wants->config->bus_tries);
		return;
	case BUS_UNFIT:
		add_refusal(verdicts, row, outcome, true);
		return;
	case BUS_UNSENT:
		count(METER_MESSAGE_UNSENT);
		return;
	}
}

/* What the bus said of each is recorded before anything else is sent. */
static bool record_verdicts(struct drain *drain, const struct verdicts *verdicts, GError **error)
{
	const GArray *accepted = verdicts->accepted;

	if (!outbox_store_mark_sent(drain->db, (const uint64_t *)(void *)accepted->data,
				    accepted->len, error) ||
	    !outbox_store_fail(drain->db,
			       (const struct outbox_failure *)(void *)verdicts->failures->data,
			       verdicts->failures->len, error) ||
	    !fault_point(FAULT_AFTER_MARK, error))
		return false;
	drain->sent += accepted->len;
	if (accepted->len && drain->failures) {
		drain->failures = 0;
		return outbox_store_recover(drain->db, drain->wants->holder, error);
	}
	return true;
}

/* Each wave has the time for an answer, so that a bus that takes most of it is no reason to send
 * the same again for ever. */
static int64_t wave_deadline(const struct drain *drain)
{
	const struct announce_wants *wants = drain->wants;
	const int64_t answered =
		g_get_monotonic_time() + (int64_t)wants->config->bus_timeout * G_USEC_PER_SEC;

	return MAX(wants->deadline, answered);
}

/* Of a receiver that answers, each try is kept, whatever came of it. */
static bool keep_deliveries(const struct drain *drain, const GPtrArray *rows,
			    const struct bus_outcome *outcomes, GError **error)
{
	g_autofree struct delivery *deliveries = g_new0(struct delivery, rows->len);
	g_autofree char *receiver = NULL;
	g_autoptr(Url) url = NULL;
	size_t kept = 0;

	if (!drain->bus->ops->keeps_deliveries)
		return true;
	if (url_read(drain->wants->config->webhook_url, &url, NULL))
		receiver = url_write_server(url);
	for (guint i = 0; i < rows->len; i++) {
		const struct outbox_row *row = rows->pdata[i];

		if (outcomes[i].verdict == BUS_UNSENT && !outcomes[i].problem)
			continue;
		deliveries[kept++] = (struct delivery){
			.event_no = row->event_no,
			.build_id = row->build_id,
			.receiver = receiver,
			.status = outcomes[i].status,
			.milliseconds = outcomes[i].milliseconds,
			.is_accepted = outcomes[i].verdict == BUS_ACCEPTED,
			.answer = outcomes[i].problem,
		};
	}
	return delivery_store_insert(drain->db, deliveries, kept, error);
}

/* Sends a wave; the bus rests when it is away, delays all that it is given, or says nothing of it:
 * the same wave would follow at once. */
static bool send_wave(struct drain *drain, const GPtrArray *rows, GError **error)
{
	g_autofree struct bus_message *messages = messages_of(rows);
	g_autofree struct bus_outcome *outcomes = g_new0(struct bus_outcome, rows->len);
	g_autoptr(GArray) accepted = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GArray) failures = g_array_new(FALSE, FALSE, sizeof(struct outbox_failure));
	struct verdicts verdicts = { .accepted = accepted, .failures = failures };
	g_autoptr(GError) problem = NULL;
	const char *words = NULL;
	bool is_there, is_good;

	is_there = drain->bus->ops->send_many(drain->bus, messages, rows->len, wave_deadline(drain),
					      outcomes, &problem);
	for (guint i = 0; i < rows->len; i++)
		sort_verdict(drain, rows->pdata[i], &outcomes[i], &verdicts);
	if (!is_there)
		words = problem ? problem->message : "the bus is away";
	else if (verdicts.delay && !accepted->len)
		words = verdicts.delay;
	else if (!accepted->len && !failures->len)
		words = "the bus neither took nor refused any message";
	is_good = fault_point(FAULT_AFTER_SEND, error) &&
		  record_verdicts(drain, &verdicts, error) &&
		  keep_deliveries(drain, rows, outcomes, error) &&
		  (!words || rest(drain, words, error));
	for (guint i = 0; i < rows->len; i++)
		bus_outcome_clear(&outcomes[i]);
	return is_good;
}

/* The lease is prolonged before each wave: what another drain sent meanwhile is not sent again. */
static bool send_all(struct drain *drain, GError **error)
{
	while (!drain->is_over && !is_late(drain)) {
		g_autoptr(GPtrArray) rows = NULL;

		if (!take_lease(drain, NULL, error))
			return false;
		if (drain->is_over)
			break;
		if (!outbox_store_wave(drain->db, PORTION, &rows, error))
			return false;
		if (rows->len == 0)
			break;
		if (!open_bus(drain, error))
			return false;
		if (drain->bus &&
		    (!fault_point(FAULT_BEFORE_SEND, error) || !send_wave(drain, rows, error)))
			return false;
	}
	return true;
}

/* ---- the drain ------------------------------------------------------------------------------ */

static bool is_wanted(const struct outbox_look *look)
{
	return look->is_unnumbered || (look->is_due && !look->is_resting);
}

static bool drain_all(struct drain *drain, const struct outbox_look *look, GError **error)
{
	const bool is_gone = look->is_held && holder_is_gone(look->holder, drain->wants->holder);

	if (!take_lease(drain, is_gone ? look->holder : NULL, error))
		return false;
	if (drain->is_over)
		return true;
	drain->failures = look->failures;
	if (look->is_unnumbered && !number_all(drain, error))
		return false;
	if (!look->is_resting && !send_all(drain, error))
		return false;
	return outbox_store_give_back(drain->db, drain->wants->holder, error);
}

bool announce_is_wanted(struct db *db, bool *ret, GError **error)
{
	struct outbox_look look = { 0 };

	if (!outbox_store_look(db, &look, error))
		return false;
	*ret = is_wanted(&look);
	outbox_look_clear(&look);
	return true;
}

bool announce_run(struct db *db, const struct announce_wants *wants, unsigned *ret_sent,
		  GError **error)
{
	const struct config *config = wants->config;
	struct drain drain = {
		.db = db,
		.wants = wants,
		.lease = config->bus_timeout + config->bus_budget + 30,
	};
	struct outbox_look look = { 0 };
	bool is_good;

	*ret_sent = 0;
	is_good = outbox_store_look(db, &look, error);
	if (is_good && !is_late(&drain) && is_wanted(&look))
		is_good = drain_all(&drain, &look, error);
	if (drain.bus)
		drain.bus->ops->close(drain.bus);
	outbox_look_clear(&look);
	*ret_sent = drain.sent;
	return is_good;
}
