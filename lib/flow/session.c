/* SPDX-License-Identifier: MIT */
#include "flow/session.h"

#include "base/error.h"
#include "base/secret.h"
#include "store/schema.h"

/*
 * What an account is called in the configuration, and its patience in seconds (a statement's in
 * milliseconds). A reader is answered soon or told to come back: a statement of the web ends before
 * the web takes the database for dead, or one dear question would close it to all. A migration may
 * take its time.
 */
struct account_facts {
	size_t user, password_file; /* into struct config */
	unsigned connect_timeout;
	unsigned timeout;
	unsigned statement_timeout;
	unsigned patience; /* seconds with all statements of a request */
	bool is_checked;   /* its schema */
};

#define CONFIG_TEXT(member) OFFSET_OF(struct config, char *, member)

static const struct account_facts accounts[] = {
	[ACCOUNT_WEB] = { CONFIG_TEXT(db_web_user), CONFIG_TEXT(db_web_password_file), 2, 2, 1500,
			  3, true },
	[ACCOUNT_SCHEDULER] = { CONFIG_TEXT(db_scheduler_user),
				CONFIG_TEXT(db_scheduler_password_file), 5, 30, 30000, 0, true },
	[ACCOUNT_ADMIN] = { CONFIG_TEXT(db_admin_user), CONFIG_TEXT(db_admin_password_file), 5, 600,
			    0, 0, false },
};

static const char *config_text(const struct config *config, size_t offset)
{
	return *(char *const *)(const void *)((const char *)config + offset);
}

bool session_secret(const struct config *config, enum account account, char **ret, GError **error)
{
	const char *file = config_text(config, accounts[account].password_file);

	if (file && *file)
		return secret_read(file, ret, error);
	*ret = g_strdup("");
	return true;
}

struct db *session_open(const struct config *config, enum account account, GError **error)
{
	const struct account_facts *facts = &accounts[account];
	g_autoptr(Secret) password = NULL;
	g_autoptr(Db) db = NULL;
	struct db_options options = {
		.socket = config->db_socket,
		.host = config->db_host,
		.port = (unsigned)config->db_port,
		.name = config->db_name,
		.user = config_text(config, facts->user),
		.tls_ca_file = config->db_tls_ca_file,
		.connect_timeout = facts->connect_timeout,
		.timeout = facts->timeout,
		.statement_timeout = facts->statement_timeout,
		.patience = facts->patience,
	};

	if (!session_secret(config, account, &password, error))
		return NULL;
	options.password = password;
	db = db_open(&options, error);
	if (!db || (facts->is_checked && !schema_check(db, error)))
		return NULL;
	return g_steal_pointer(&db);
}
