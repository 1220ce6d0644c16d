/* SPDX-License-Identifier: MIT */
#ifndef CGI_SERVICE_STATUS_H
#define CGI_SERVICE_STATUS_H

/* All that the page about the service tells: its figures, and the builds that wait. */

#include "base/config.h"
#include "store/overview_store.h"

#define STATUS_BUILDS 100 /* that wait, on one page */

struct service_status {
	struct overview overview;
	GPtrArray *waiting; /* struct waiting_build */
	struct waiting_page page, next;
	bool has_next;
	int64_t last_pass; /* on this host, microseconds since 1970; 0: none that is known */
	bool last_pass_was_good;
	uint64_t slots;                /* 0: no limit */
	uint64_t overdue, message_age; /* from when on it is worth a word, in seconds */
};
typedef struct service_status ServiceStatus; /* the name that g_auto needs */
void service_status_clear(struct service_status *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ServiceStatus, service_status_clear)

/* In three statements, however many builds there are; page->limit is set here. */
bool service_status_read(struct db *db, const struct config *config,
			 const struct waiting_page *page, struct service_status *ret,
			 GError **error);

#endif
