/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_admin.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "flow/base_modules.h"
#include "flow/reconcile.h"
#include "flow/session.h"
#include "store/audit_store.h"
#include "store/maintenance_store.h"
#include "store/schema.h"
#include "store/writer_store.h"

static const char *const accounts[] = {
	[ACCOUNT_WEB] = "the web's account",
	[ACCOUNT_SCHEDULER] = "the scheduler's account",
	[ACCOUNT_ADMIN] = "the administrator's account",
};

bool admin_migrate(struct admin *admin, char **arguments G_GNUC_UNUSED, GError **error)
{
	unsigned applied;

	if (!schema_migrate(admin->db, admin->config->sql_dir, &applied, error) ||
	    !writer_store_note(admin->db, error))
		return false;
	if (applied)
		printf("%u migrations were applied\n", applied);
	else
		puts("the schema is up to date");
	return true;
}

bool admin_show_config(struct admin *admin, char **arguments G_GNUC_UNUSED,
		       GError **error G_GNUC_UNUSED)
{
	config_show(admin->config, stdout);
	return true;
}

static void check_base_modules(struct admin *admin)
{
	g_autoptr(GPtrArray) documents = NULL;
	g_autoptr(GError) problem = NULL;

	if (base_modules_read(admin->config->base_modules, &documents, &problem))
		return;
	puts(problem->message);
	admin->has_findings = true;
}

/* A secret of the bus, which needs none. */
static void check_secret(struct admin *admin, const char *option, const char *file)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(Secret) secret = NULL;

	if (!*file || secret_read(file, &secret, &problem))
		return;
	printf("%s: %s\n", option, problem->message);
	admin->has_findings = true;
}

/* The file was read already; what is left are the files that it names: secrets, each readable by
 * its program only, and base modules. */
bool admin_check_config(struct admin *admin, char **arguments G_GNUC_UNUSED,
			GError **error G_GNUC_UNUSED)
{
	for (size_t i = 0; i < G_N_ELEMENTS(accounts); i++) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(Secret) secret = NULL;

		if (session_secret(admin->config, (enum account)i, &secret, &problem))
			continue;
		printf("%s: %s\n", accounts[i], problem->message);
		admin->has_findings = true;
	}
	check_secret(admin, "bus_password_file", admin->config->bus_password_file);
	check_secret(admin, "webhook_secret_file", admin->config->webhook_secret_file);
	check_base_modules(admin);
	if (admin->config->submit_by == SUBMIT_BY_ANYONE)
		puts("note: with \"submit_by: anyone\" whoever reaches the web server submits modules and cancels builds "
		     "of others; let it listen on this host only, or set it to identified");
	if (!admin->has_findings)
		puts("the configuration is good");
	return true;
}

bool admin_manual(struct admin *admin G_GNUC_UNUSED, char **arguments G_GNUC_UNUSED,
		  GError **error G_GNUC_UNUSED)
{
	fputs(".TH RIDA.YAML 5\n.SH NAME\nrida.yaml \\- configuration of rida\n.SH SYNOPSIS\n"
	      ".I " RIDA_SYSCONFDIR "/rida/rida.yaml\n.SH DESCRIPTION\n"
	      "A YAML mapping of the options below. An unknown option, a wrong type or a value out of range "
	      "is an error that names file and line. The file holds no secrets: options that end in\n"
	      ".I _file\nname files that hold one each and that others cannot read. The environment's\n"
	      ".B RIDA_CONFIG\nnames another file.\n.SH OPTIONS\n",
	      stdout);
	config_manual(stdout);
	fputs(".SH SEE ALSO\n.BR rida-admin (8),\n.BR rida-scheduler (8),\n.BR rida.fcgi (8)\n",
	      stdout);
	return true;
}

bool admin_maintenance(struct admin *admin, char **arguments, GError **error)
{
	const bool is_on = strcmp(arguments[0], "on") == 0;

	if (!is_on && strcmp(arguments[0], "off") != 0)
		return fail(error, RIDA_ERROR_MALFORMED, "\"%s\": on or off is wanted",
			    arguments[0]);
	if (!maintenance_store_set(admin->db, is_on, error))
		return false;
	printf("maintenance is %s\n", is_on ? "on" : "off");
	return true;
}

static void find(struct admin *admin, const char *subject, const char *problem)
{
	printf("%s: %s\n", subject, problem);
	admin->has_findings = true;
}

/*
 * An account without a password is its system user's alone: another user cannot try it. A database
 * that is away says nothing about an account.
 */
static bool check_accounts(struct admin *admin, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(accounts); i++) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(Db) db = session_open(admin->config, (enum account)i, &problem);
		g_autoptr(Secret) secret = NULL;

		if (db)
			continue;
		if (error_code(problem) == RIDA_ERROR_UNAVAILABLE) {
			g_propagate_prefixed_error(error, g_steal_pointer(&problem),
						   "%s: ", accounts[i]);
			return false;
		}
		if (error_code(problem) == RIDA_ERROR_FORBIDDEN &&
		    session_secret(admin->config, (enum account)i, &secret, NULL) && !*secret)
			printf("%s: not tried, it is for its own system user: %s\n", accounts[i],
			       problem->message);
		else
			find(admin, accounts[i], problem->message);
	}
	return true;
}

static void print_all(const GPtrArray *sentences)
{
	for (guint i = 0; i < sentences->len; i++)
		puts(g_ptr_array_index(sentences, i));
}

/* Another server, or one that takes no changes, is a finding. */
static bool look_at_writer(struct admin *admin, GError **error)
{
	g_auto(Writer) writer = { 0 };
	g_autoptr(GError) problem = NULL;

	if (!writer_store_read(admin->db, &writer, error))
		return false;
	if (!writer_check(&writer, admin->config->db_watch_server, &problem))
		find(admin, "the server", problem->message);
	return true;
}

bool admin_accept_writer(struct admin *admin, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_auto(Writer) writer = { 0 };

	if (!schema_check(admin->db, error) || !writer_store_accept(admin->db, error) ||
	    !writer_store_read(admin->db, &writer, error))
		return false;
	printf("%s is the writer now\n", writer.here);
	return true;
}

bool admin_check(struct admin *admin, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GPtrArray) sentences = NULL;

	if (!check_accounts(admin, error) || !schema_check(admin->db, error) ||
	    !look_at_writer(admin, error) || !audit_store_check(admin->db, &sentences, error) ||
	    !reconcile_check(admin->db, admin->config, sentences, error))
		return false;
	print_all(sentences);
	admin->has_findings = admin->has_findings || sentences->len;
	if (!admin->has_findings)
		puts("everything agrees");
	return true;
}

/* Another server may have lost changes; the same one too, when the operator says so. */
static bool go_on_restored(struct admin *admin, GPtrArray *sentences, GError **error)
{
	g_auto(Writer) writer = { 0 };

	if (!writer_store_read(admin->db, &writer, error) || !writer_check(&writer, false, error))
		return false;
	if (!admin->is_restored && !(writer.is_other && admin->config->db_watch_server))
		return true;
	return reconcile_restored(admin->db, sentences, error);
}

/* What is left is told: it heals by itself, or somebody has to look at it. */
bool admin_repair(struct admin *admin, char **arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(GPtrArray) done = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) mended = NULL;
	g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);

	if (!schema_check(admin->db, error) || !go_on_restored(admin, done, error) ||
	    !audit_store_repair(admin->db, &mended, error) ||
	    !reconcile_check(admin->db, admin->config, left, error))
		return false;
	print_all(done);
	print_all(mended);
	print_all(left);
	if (!done->len && !mended->len && !left->len)
		puts("there was nothing to mend");
	return true;
}
