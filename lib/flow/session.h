/* SPDX-License-Identifier: MIT */
#ifndef FLOW_SESSION_H
#define FLOW_SESSION_H

/* How a program opens its database: account and secret from the configuration, then the schema's
 * check. */

#include "base/config.h"
#include "store/db.h"

enum account { ACCOUNT_WEB, ACCOUNT_SCHEDULER, ACCOUNT_ADMIN };

/* The account's password, empty when it has no file; secret_free() it. Errors: as secret_read(). */
bool session_secret(const struct config *config, enum account account, char **ret, GError **error);

/* Errors: as db_open() and schema_check(); the admin account skips the check. */
struct db *session_open(const struct config *config, enum account account, GError **error);

#endif
