/* SPDX-License-Identifier: MIT */
#include "base/meter_table.h"

#define MILLISECOND INT64_C(1000)
#define SECOND      (1000 * MILLISECOND)

static const int64_t request_bounds[METER_BOUNDS] = {
	MILLISECOND / 2,
	MILLISECOND,
	MILLISECOND * 5 / 2,
	MILLISECOND * 5,
	MILLISECOND * 10,
	MILLISECOND * 25,
	MILLISECOND * 50,
	MILLISECOND * 100,
	MILLISECOND * 250,
	MILLISECOND * 500,
	SECOND,
	SECOND * 3,
	SECOND * 10,
	SECOND * 30,
};
static const int64_t pass_bounds[METER_BOUNDS] = {
	MILLISECOND * 5,   MILLISECOND * 10,  MILLISECOND * 25, MILLISECOND * 50, MILLISECOND * 100,
	MILLISECOND * 250, MILLISECOND * 500, SECOND,           SECOND * 3,       SECOND * 5,
	SECOND * 10,       SECOND * 30,       SECOND * 60,      SECOND * 300,
};

static const char *const ends[METER_END__COUNT] = {
	[METER_END_GOOD] = "good",
	[METER_END_BAD] = "bad",
};
static const char *const database_errors[METER_DATABASE__COUNT] = {
	[METER_DATABASE_UNREACHABLE] = "unreachable",
	[METER_DATABASE_LOST] = "lost",
	[METER_DATABASE_CROWDED] = "crowded",
	[METER_DATABASE_VICTIM] = "victim",
	[METER_DATABASE_SLOW] = "slow",
	[METER_DATABASE_READ_ONLY] = "read_only",
	[METER_DATABASE_FULL] = "full",
	[METER_DATABASE_DENIED] = "denied",
	[METER_DATABASE_OTHER] = "other",
};
static const char *const messages[METER_MESSAGE__COUNT] = {
	[METER_MESSAGE_ACCEPTED] = "accepted", [METER_MESSAGE_UNROUTED] = "unrouted",
	[METER_MESSAGE_UNSENT] = "unsent",     [METER_MESSAGE_DELAYED] = "delayed",
	[METER_MESSAGE_REFUSED] = "refused",   [METER_MESSAGE_DEAD] = "dead",
};
static const char *const answers[METER_ANSWER__COUNT] = {
	[METER_ANSWER_GOOD] = "good",
	[METER_ANSWER_FAULT] = "fault",
	[METER_ANSWER_NONE] = "none",
};

#define FIXED(label, texts)                                                                        \
	{                                                                                          \
		.name = label, .values = texts, .count = G_N_ELEMENTS(texts)                       \
	}
#define TOLD(label, which, limit)                                                                  \
	{                                                                                          \
		.name = label, .list = which, .count = limit                                       \
	}
#define ROUTE  TOLD("route", METER_NAMES_ROUTE, METER_ROUTES)
#define STATUS TOLD("status", METER_NAMES_STATUS, METER_STATUSES)

/* clang-format off */
const struct meter_row meter_rows[METER__COUNT] = {
	[METER_REQUEST_SECONDS] = { "rida_request_duration_seconds", "Requests by route and status, from their first byte here to the last of the answer.", METER_HISTOGRAM, { ROUTE, STATUS }, request_bounds },
	[METER_PASS_SECONDS]    = { "rida_pass_duration_seconds", "Passes of the scheduler by their end.", METER_HISTOGRAM, { FIXED("end", ends) }, pass_bounds },
	[METER_PASS_MOMENT]     = { "rida_pass_timestamp_seconds", "When the last pass with this end was over.", METER_MOMENT, { FIXED("end", ends) }, NULL },
	[METER_STATE_CHANGES]   = { "rida_state_changes_total", "Builds that came to another state.", METER_COUNTER, { { 0 } }, NULL },
	[METER_CLAIMS_LOST]     = { "rida_claims_lost_total", "Builds that a pass had to leave to another one: their leases ran out.", METER_COUNTER, { { 0 } }, NULL },
	[METER_RETRIES]         = { "rida_retries_total", "Steps of builds that failed and are tried again.", METER_COUNTER, { { 0 } }, NULL },
	[METER_QUARANTINED]     = { "rida_builds_quarantined_total", "Builds that were set aside for an operator.", METER_COUNTER, { { 0 } }, NULL },
	[METER_DATABASE_ERRORS] = { "rida_database_errors_total", "Errors of the database by kind.", METER_COUNTER, { FIXED("kind", database_errors) }, NULL },
	[METER_MESSAGES]        = { "rida_messages_total", "Tries of messages by what the bus made of them.", METER_COUNTER, { FIXED("verdict", messages) }, NULL },
	[METER_KOJI_REQUESTS]   = { "rida_koji_requests_total", "Requests to the Koji hub by what it answered.", METER_COUNTER, { FIXED("answer", answers) }, NULL },
};
/* clang-format on */

static unsigned label_count(const struct meter_label *label)
{
	return MAX(label->count, 1);
}

static size_t width(const struct meter_row *row)
{
	return row->type == METER_HISTOGRAM ? METER_WIDTH : 1;
}

static size_t cells_of(const struct meter_row *row)
{
	return width(row) * label_count(&row->labels[0]) * label_count(&row->labels[1]);
}

static size_t cells_before(unsigned meter)
{
	size_t cells = 0;

	for (unsigned i = 0; i < meter; i++)
		cells += cells_of(&meter_rows[i]);
	return cells;
}

size_t meter_cell(enum meter meter, unsigned first, unsigned second)
{
	const struct meter_row *row = &meter_rows[meter];
	const unsigned columns = label_count(&row->labels[1]);

	first = MIN(first, label_count(&row->labels[0]) - 1);
	second = MIN(second, columns - 1);
	return cells_before(meter) + width(row) * (first * columns + second);
}

const char *meter_label_value(const struct meter_file *file, const struct meter_label *label,
			      unsigned i)
{
	const char *name;

	if (label->values)
		return label->values[i];
	name = label->list == METER_NAMES_ROUTE ? file->header.routes[i] : file->header.statuses[i];
	return name[0] ? name : NULL;
}

static void digest_label(GChecksum *checksum, const struct meter_label *label)
{
	g_checksum_update(checksum, (const guchar *)&label->count, sizeof label->count);
	g_checksum_update(checksum, (const guchar *)(label->name ? label->name : ""), -1);
	for (unsigned i = 0; label->values && i < label->count; i++)
		g_checksum_update(checksum, (const guchar *)label->values[i], -1);
}

void meter_table_digest(unsigned char *ret)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	const size_t size = sizeof(struct meter_file);
	gsize length = METER_DIGEST;

	g_checksum_update(checksum, (const guchar *)&size, sizeof size);
	for (unsigned i = 0; i < METER__COUNT; i++) {
		const struct meter_row *row = &meter_rows[i];

		g_checksum_update(checksum, (const guchar *)row->name, -1);
		g_checksum_update(checksum, (const guchar *)&row->type, sizeof row->type);
		digest_label(checksum, &row->labels[0]);
		digest_label(checksum, &row->labels[1]);
		if (row->bounds)
			g_checksum_update(checksum, (const guchar *)row->bounds,
					  METER_BOUNDS * sizeof *row->bounds);
	}
	g_assert(cells_before(METER__COUNT) <= METER_CELLS);
	g_checksum_get_digest(checksum, ret, &length);
}
