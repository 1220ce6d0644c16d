/* SPDX-License-Identifier: MIT */
/*
 * rida-scheduler: makes one pass over the builds that are due, or keeps making passes for a while,
 * and exits. Cron starts it; several may run at once, on several hosts.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/config.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/meter.h"
#include "base/secret.h"
#include "flow/announcer.h"
#include "flow/holder.h"
#include "flow/listener.h"
#include "flow/metrics.h"
#include "flow/pass.h"
#include "flow/session.h"
#include "model/waits.h"

#define PROGRAM "rida-scheduler"
/* Between two passes; longer after one that failed, so that an outage fills no log. */
#define PAUSE_MILLISECONDS        500
#define FAILED_PAUSE_MILLISECONDS 5000
#define HOUSEKEEPING_SECONDS      60

static volatile sig_atomic_t stop;

struct options {
	char *config_file;
	gint linger; /* seconds */
	gint64 build_id;
	gboolean is_dry;
	gboolean print_machine;
	gboolean print_metrics;
	gboolean print_faults;
	gboolean show_config;
	gboolean show_version;
};

static void on_signal(int number G_GNUC_UNUSED)
{
	stop = 1;
}

/* A second signal ends the process at once: that is a crash, and safe. */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool read_options(int argc, char **argv, struct options *ret, GError **error)
{
	const GOptionEntry entries[] = {
		{ "config", 0, 0, G_OPTION_ARG_FILENAME, &ret->config_file,
		  "Read this configuration instead of " RIDA_SYSCONFDIR "/rida/rida.yaml", "FILE" },
		{ "linger", 0, 0, G_OPTION_ARG_INT, &ret->linger,
		  "Keep making passes until so many seconds are over", "S" },
		{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &ret->is_dry,
		  "Print what would be done, change nothing", NULL },
		{ "build", 0, 0, G_OPTION_ARG_INT64, &ret->build_id, "Look at this build only",
		  "ID" },
		{ "print-machine", 0, 0, G_OPTION_ARG_NONE, &ret->print_machine,
		  "Print the state machine as Markdown and Graphviz", NULL },
		{ "print-faults", 0, 0, G_OPTION_ARG_NONE, &ret->print_faults,
		  "Print the points at which tests let programs fail", NULL },
		{ "print-metrics", 0, 0, G_OPTION_ARG_NONE, &ret->print_metrics,
		  "Print what this host's processes counted and what the database knows, for Prometheus",
		  NULL },
		{ "show-config", 0, 0, G_OPTION_ARG_NONE, &ret->show_config,
		  "Print the configuration", NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &ret->show_version, "Print the version",
		  NULL },
		{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- advance module builds");

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, error))
		return false;
	if (argc > 1)
		return fail(error, RIDA_ERROR_MALFORMED, "unexpected argument: %s", argv[1]);
	if (ret->linger < 0 || ret->build_id < 0)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "--linger and --build take positive numbers");
	return true;
}

static bool load_config(const char *path, struct config **ret, GError **error)
{
	if (!path)
		path = getenv("RIDA_CONFIG");
	return config_load(path && *path ? path : RIDA_SYSCONFDIR "/rida/rida.yaml", ret, error);
}

/*
 * Keeps starts of cron from piling up while one lingers. Nothing depends on it: without the lock
 * file, passes run side by side.
 */
static bool is_overlapping(const struct config *config, int *ret_lock)
{
	g_autofree char *path = g_build_filename(config->run_dir, "scheduler.lock", NULL);

	*ret_lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	return *ret_lock >= 0 && flock(*ret_lock, LOCK_EX | LOCK_NB) != 0;
}

static void log_pass(const struct pass_report *report, int64_t started)
{
	const bool has_news =
		report->recorded || report->performed || report->failed || report->sent;
	const int64_t took = (g_get_monotonic_time() - started) / 1000;

	if (!has_news)
		log_debug("pass-quiet", log_u64("claimed", report->claimed), log_i64("ms", took));
	else
		log_info("pass-finished", log_u64("rounds", report->rounds),
			 log_u64("claimed", report->claimed), log_u64("moved", report->moved),
			 log_u64("recorded", report->recorded),
			 log_u64("performed", report->performed), log_u64("failed", report->failed),
			 log_u64("sent", report->sent), log_i64("ms", took));
}

static void count_pass(bool is_good, int64_t started)
{
	const enum meter_end end = is_good ? METER_END_GOOD : METER_END_BAD;

	meter_observe(METER_PASS_SECONDS, end, 0, g_get_monotonic_time() - started);
	meter_note(METER_PASS_MOMENT, end, g_get_real_time() / G_USEC_PER_SEC);
}

/* One pass; a connection that broke, or that cannot write, is closed, so that the next pass opens a
 * new one. */
static bool run_once(const struct config *config, const struct pass_wants *wants, struct db **db)
{
	const int64_t started = g_get_monotonic_time();
	struct pass_report report = { 0 };
	g_autoptr(GError) problem = NULL;
	bool is_good;

	if (!*db)
		*db = session_open(config, ACCOUNT_SCHEDULER, &problem);
	is_good = *db && pass_run(*db, config, wants, &report, &problem);
	count_pass(is_good, started);
	if (is_good) {
		log_pass(&report, started);
		if (db_is_unwritable(*db))
			g_clear_pointer(db, db_close);
		return true;
	}
	log_error("pass-failed", log_error_text(problem));
	g_clear_pointer(db, db_close);
	return false;
}

static int run(const struct config *config, const struct options *options)
{
	g_autofree char *holder = holder_self();
	const int64_t end = g_get_monotonic_time() + options->linger * G_USEC_PER_SEC;
	int64_t housekeeping_at = 0;
	struct pass_wants wants = { .holder = holder,
				    .build_id = (uint64_t)options->build_id,
				    .is_dry = options->is_dry,
				    .stop = &stop };
	g_autoptr(Announcer) announcer = announcer_new(config, holder, &stop);
	g_autoptr(Listener) listener = NULL;
	g_autoptr(Db) db = NULL;
	bool is_good;

	wants.announcer = options->linger ? announcer : NULL;
	if (options->linger && !options->is_dry)
		listener = listener_new(config);
	for (;;) {
		const int64_t now = g_get_monotonic_time();
		int pause;

		wants.with_housekeeping = now >= housekeeping_at;
		is_good = run_once(config, &wants, &db);
		if (is_good && wants.with_housekeeping)
			housekeeping_at = now + HOUSEKEEPING_SECONDS * G_USEC_PER_SEC;
		pause = is_good ? PAUSE_MILLISECONDS : FAILED_PAUSE_MILLISECONDS;
		if (stop || g_get_monotonic_time() + pause * INT64_C(1000) >= end)
			break;
		poll(NULL, 0, pause);
		if (stop)
			break;
	}
	return is_good ? EXIT_SUCCESS : EX_TEMPFAIL;
}

/* For hosts without a web server: what /rida/metrics says. */
static void print_metrics(const struct config *config)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(Overview) overview = { 0 };
	g_autoptr(GError) problem = NULL;
	g_autoptr(Db) db = session_open(config, ACCOUNT_SCHEDULER, &problem);
	const bool is_known = db && overview_store_read(db, &overview, &problem);

	if (!is_known)
		fprintf(stderr, PROGRAM ": %s\n", problem->message);
	metrics_append(out, config, is_known ? &overview : NULL);
	fputs(out->str, stdout);
}

static void open_meter(const struct config *config)
{
	g_autoptr(GError) problem = NULL;

	if (!meter_open(config->run_dir, "scheduler", &problem))
		log_warning("meter-not-opened", log_error_text(problem));
}

static int start(const struct options *options, const struct config *config)
{
	g_autoptr(GError) problem = NULL;
	int lock = -1;
	int status;

	if (!log_open(config->log, (enum log_level)config->log_level, PROGRAM, &problem)) {
		fprintf(stderr, PROGRAM ": %s\n", problem->message);
		return EX_CONFIG;
	}
	catch_signals();
	if (!options->is_dry)
		open_meter(config);
	if (!options->is_dry && !options->build_id && is_overlapping(config, &lock)) {
		log_debug("pass-overlaps");
		status = EXIT_SUCCESS;
	} else {
		status = run(config, options);
	}
	if (lock >= 0)
		close(lock);
	log_close();
	return status;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	g_autoptr(GError) problem = NULL;
	g_autoptr(Config) config = NULL;
	g_autofree char *config_file = NULL;

	secret_hide_memory();
	if (!read_options(argc, argv, &options, &problem)) {
		fprintf(stderr, PROGRAM ": %s\n", problem->message);
		return EX_USAGE;
	}
	config_file = options.config_file;
	if (options.show_version) {
		puts(PROGRAM " " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	if (options.print_machine) {
		machine_print(stdout);
		waits_print(stdout);
		return EXIT_SUCCESS;
	}
	if (options.print_faults) {
		fault_print(stdout);
		return EXIT_SUCCESS;
	}
	if (!fault_arm(getenv("RIDA_FAULT"), &problem)) {
		fprintf(stderr, PROGRAM ": %s\n", problem->message);
		return EX_USAGE;
	}
	if (!load_config(config_file, &config, &problem)) {
		fprintf(stderr, PROGRAM ": %s\n", problem->message);
		return EX_CONFIG;
	}
	if (options.show_config) {
		config_show(config, stdout);
		return EXIT_SUCCESS;
	}
	if (options.print_metrics) {
		print_metrics(config);
		return EXIT_SUCCESS;
	}
	return start(&options, config);
}
