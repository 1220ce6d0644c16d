/* SPDX-License-Identifier: MIT */
#include "cgi/service_status.h"

#include "base/meter.h"

void service_status_clear(struct service_status *status)
{
	overview_clear(&status->overview);
	g_clear_pointer(&status->waiting, g_ptr_array_unref);
	*status = (struct service_status){ 0 };
}

static void read_last_pass(const char *run_dir, struct service_status *status)
{
	g_autoptr(MeterSums) sums = meter_sums_read(run_dir);
	unsigned end = METER_END_BAD;

	status->last_pass = meter_sums_latest(sums, METER_PASS_MOMENT, &end) * G_USEC_PER_SEC;
	status->last_pass_was_good = end == METER_END_GOOD;
}

/* One more was read than is shown: then there is a next page. */
static void find_next(struct service_status *status)
{
	const struct waiting_build *last;

	status->has_next = status->waiting->len > STATUS_BUILDS;
	if (!status->has_next)
		return;
	g_ptr_array_set_size(status->waiting, STATUS_BUILDS);
	last = g_ptr_array_index(status->waiting, STATUS_BUILDS - 1);
	status->next = (struct waiting_page){ .is_beyond_quarantined = !last->quarantined_at,
					      .after = last->id };
}

bool service_status_read(struct db *db, const struct config *config,
			 const struct waiting_page *page, struct service_status *ret,
			 GError **error)
{
	g_auto(ServiceStatus) status = {
		.page = *page,
		.slots = config->num_concurrent_builds,
		.overdue = config->ready_overdue,
		.message_age = config->ready_message_age,
	};

	status.page.limit = STATUS_BUILDS + 1;
	if (!overview_store_read(db, &status.overview, error) ||
	    !overview_store_waiting(db, &status.page, &status.waiting, error))
		return false;
	find_next(&status);
	read_last_pass(config->run_dir, &status);
	*ret = status;
	status = (struct service_status){ 0 };
	return true;
}
