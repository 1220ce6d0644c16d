/* SPDX-License-Identifier: MIT */
/*
 * rida-admin: what operators do beside the API. One table of commands gives name, arguments, help
 * and function.
 */
#include "config.h"

#include "scheduler/rida_admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/secret.h"
#include "flow/session.h"

#define PROGRAM "rida-admin"

enum needs { NEEDS_NOTHING, NEEDS_CONFIG, NEEDS_DATABASE };

struct command {
	const char *name;
	const char *arguments; /* as the help shows them */
	unsigned count;        /* of arguments; those in brackets may be left out */
	enum needs needs;
	admin_command *function;
	const char *help;
};

static const struct command commands[] = {
	{ "migrate", "", 0, NEEDS_DATABASE, admin_migrate,
	  "Bring the database to this release's schema; twice is once." },
	{ "check-config", "", 0, NEEDS_CONFIG, admin_check_config,
	  "Read the configuration and the secrets it names." },
	{ "show-config", "", 0, NEEDS_CONFIG, admin_show_config,
	  "Print every option with its value." },
	{ "manual", "", 0, NEEDS_NOTHING, admin_manual, "Print the manual page rida.yaml(5)." },
	{ "check", "", 0, NEEDS_DATABASE, admin_check,
	  "Connect as each account; print what of rows and build systems does not agree." },
	{ "check-front", "URL", 1, NEEDS_CONFIG, admin_check_front,
	  "Send forged names to the web server; all must be answered 401." },
	{ "repair", "", 0, NEEDS_DATABASE, admin_repair,
	  "Mend rows; make another database server, which may have lost changes, the writer." },
	{ "accept-writer", "", 0, NEEDS_DATABASE, admin_accept_writer,
	  "Go on with another database server, which has lost nothing." },
	{ "cancel", "ID", 1, NEEDS_DATABASE, admin_cancel,
	  "Ask for the end of a build in init, wait or build." },
	{ "retry", "ID", 1, NEEDS_DATABASE, admin_retry,
	  "Ask for a failed build to go on, keeping what was built." },
	{ "retire", "NAME:STREAM[:VERSION[:CONTEXT]]", 1, NEEDS_DATABASE, admin_retire,
	  "Give up ready modules; asks first, unless --confirm." },
	{ "hold", "ID", 1, NEEDS_DATABASE, admin_hold,
	  "Leave a build alone until it is released." },
	{ "release", "ID", 1, NEEDS_DATABASE, admin_release,
	  "End a build's quarantine; it is due now." },
	{ "messages", "", 0, NEEDS_DATABASE, admin_messages,
	  "Show the messages that wait, are delayed or are dead, and the bus's last problem." },
	{ "redeliver", "MESSAGE|BUILD|dead", 1, NEEDS_DATABASE, admin_redeliver,
	  "Send a message, all of a build, or all dead ones again, with their ids." },
	{ "due", "ID", 1, NEEDS_DATABASE, admin_due, "Let the next pass look at a build." },
	{ "deliveries", "[ID]", 1, NEEDS_DATABASE, admin_deliveries,
	  "Print what the receiver of webhooks answered lately, of one build or of all." },
	{ "maintenance", "on|off", 1, NEEDS_DATABASE, admin_maintenance,
	  "While on, submissions and changes are answered 503." },
};

struct options {
	char *config_file;
	gboolean is_confirmed;
	gboolean is_restored;
	gboolean show_version;
};

/* The commands as the end of --help. */
static char *commands_help(void)
{
	GString *help = g_string_new("Commands:\n");

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autofree char *usage =
			g_strdup_printf("%s %s", commands[i].name, commands[i].arguments);

		g_string_append_printf(help, "  %-40s %s\n", usage, commands[i].help);
	}
	g_string_append(
		help,
		"\nExit status: 0 done, 1 failed or something does not agree, 64 wrong usage, "
		"75 the database is away, 78 wrong configuration.");
	return g_string_free(help, FALSE);
}

static bool read_options(int *argc, char ***argv, struct options *ret, GError **error)
{
	const GOptionEntry entries[] = {
		{ "config", 0, 0, G_OPTION_ARG_FILENAME, &ret->config_file,
		  "Read this configuration instead of " RIDA_SYSCONFDIR "/rida/rida.yaml", "FILE" },
		{ "confirm", 0, 0, G_OPTION_ARG_NONE, &ret->is_confirmed, "Ask no questions",
		  NULL },
		{ "restored", 0, 0, G_OPTION_ARG_NONE, &ret->is_restored,
		  "repair: the database may have lost its newest changes, on this server too",
		  NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &ret->show_version, "Print the version",
		  NULL },
		{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) context =
		g_option_context_new("COMMAND [ARGUMENT] - operate rida");
	g_autofree char *help = commands_help();

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_description(context, help);
	return g_option_context_parse(context, argc, argv, error);
}

static bool fits(const struct command *command, unsigned given)
{
	return given == command->count || (given == 0 && command->arguments[0] == '[');
}

static const struct command *find_command(int argc, char **argv, GError **error)
{
	if (argc < 2) {
		fail(error, RIDA_ERROR_MALFORMED, "a command is wanted: see " PROGRAM " --help");
		return NULL;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		const struct command *command = &commands[i];

		if (strcmp(command->name, argv[1]) != 0)
			continue;
		if (fits(command, (unsigned)argc - 2))
			return command;
		fail(error, RIDA_ERROR_MALFORMED, "usage: " PROGRAM " %s %s", command->name,
		     command->arguments);
		return NULL;
	}
	fail(error, RIDA_ERROR_MALFORMED, "\"%s\" is no command: see " PROGRAM " --help", argv[1]);
	return NULL;
}

static bool load_config(const char *path, struct config **ret, GError **error)
{
	if (!path)
		path = getenv("RIDA_CONFIG");
	return config_load(path && *path ? path : RIDA_SYSCONFDIR "/rida/rida.yaml", ret, error);
}

static int report(const GError *problem, int status)
{
	fprintf(stderr, PROGRAM ": %s\n", problem->message);
	return status;
}

/* The exit status of a failed command. */
static int failed_status(const GError *problem)
{
	switch (error_code(problem)) {
	case RIDA_ERROR_MALFORMED:
		return EX_USAGE;
	case RIDA_ERROR_UNAVAILABLE:
	case RIDA_ERROR_UNKNOWN_OUTCOME:
		return EX_TEMPFAIL;
	case RIDA_ERROR_UNKNOWN_CALLER:
	case RIDA_ERROR_FORBIDDEN:
	case RIDA_ERROR_MISSING:
	case RIDA_ERROR_CONFLICT:
	case RIDA_ERROR_UNACCEPTABLE:
	case RIDA_ERROR_UNSUPPORTED:
	case RIDA_ERROR_INTERNAL:
	case RIDA_ERROR__COUNT:
		break;
	}
	return EXIT_FAILURE;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
	struct admin admin = { .is_confirmed = options->is_confirmed,
			       .is_restored = options->is_restored };
	g_autoptr(GError) problem = NULL;
	g_autoptr(Config) config = NULL;
	g_autoptr(Db) db = NULL;

	if (command->needs != NEEDS_NOTHING &&
	    !load_config(options->config_file, &config, &problem))
		return report(problem, EX_CONFIG);
	admin.config = config;
	if (command->needs == NEEDS_DATABASE) {
		db = session_open(config, ACCOUNT_ADMIN, &problem);
		if (!db)
			return report(problem, failed_status(problem));
	}
	admin.db = db;
	if (!command->function(&admin, arguments, &problem))
		return report(problem, failed_status(problem));
	return admin.has_findings ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	const struct command *command;
	g_autoptr(GError) problem = NULL;
	g_autofree char *config_file = NULL;
	bool is_understood = read_options(&argc, &argv, &options, &problem);

	secret_hide_memory();
	config_file = options.config_file;
	if (!is_understood)
		return report(problem, EX_USAGE);
	if (options.show_version) {
		puts(PROGRAM " " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	command = find_command(argc, argv, &problem);
	if (!command)
		return report(problem, EX_USAGE);
	return run(command, &options, argv + 2);
}
