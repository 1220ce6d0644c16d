/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_ADMIN_H
#define SCHEDULER_RIDA_ADMIN_H

/* What the commands of rida-admin are given, and the functions of the table in rida_admin.c. */

#include "base/config.h"
#include "store/db.h"

struct admin {
	const struct config *config; /* NULL: the command needs none */
	struct db *db;     /* as the administrator's account; NULL: the command needs none */
	bool is_confirmed; /* --confirm */
	bool is_restored;  /* --restored */
	bool has_findings; /* what was looked at does not agree: exit status 1 */
};

/* arguments holds as many as the table says, then NULL. */
typedef bool admin_command(struct admin *admin, char **arguments, GError **error);

/* rida_admin_builds.c: what an operator asks of builds. */
admin_command admin_cancel;
admin_command admin_retry;
admin_command admin_release;
admin_command admin_retire;
admin_command admin_hold;
admin_command admin_due;

/* rida_admin_service.c: the service as a whole. */
admin_command admin_migrate;
admin_command admin_show_config;
admin_command admin_check_config;
admin_command admin_manual;
admin_command admin_maintenance;
admin_command admin_check;
admin_command admin_repair;
admin_command admin_accept_writer;

/* rida_admin_messages.c: what the bus has not taken. */
admin_command admin_messages;
admin_command admin_redeliver;

/* rida_admin_deliveries.c: what receivers of messages answered. */
admin_command admin_deliveries;

/* rida_admin_front.c: the web server in front of rida. */
admin_command admin_check_front;

#endif
