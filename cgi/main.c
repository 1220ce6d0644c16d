/* SPDX-License-Identifier: MIT */
/*
 * rida.fcgi: the web side. With --listen it keeps a pool of workers at a socket; started with a
 * listening socket as descriptor 0 (systemd, spawn-fcgi) it does the same there; else it is a CGI
 * program and answers the request in its environment.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/secret.h"
#include "cgi/app.h"
#include "cgi/breaker.h"
#include "cgi/fcgi.h"
#include "cgi/plain.h"
#include "cgi/prefork.h"
#include "cgi/request_count.h"
#include "cgi/watchers.h"
#include "flow/session.h"

/* A worker makes room for a fresh one after so many requests. */
#define REQUESTS_MAX 10000

struct program {
	char *config_path;
	char *listen;
	char *group;
	int workers;
	gboolean is_submit;
	struct config *config;
	struct breaker *breaker;
	int listener;
};

static struct app make_app(const struct program *program, bool takes_submissions)
{
	return (struct app){
		.config = program->config,
		.database = database_new(program->config, program->breaker),
		.takes_submissions = takes_submissions,
	};
}

static void work(void *data, int stop)
{
	const struct program *program = data;
	struct app app = make_app(program, program->is_submit);

	fcgi_serve(&app, program->listener, REQUESTS_MAX, stop);
	database_free(app.database);
}

static void report_start(const struct program *program, const char *pool, uint64_t workers)
{
	log_info("pool-started", log_u64("workers", workers), log_text("pool", pool));
	if (program->config->submit_by == SUBMIT_BY_ANYONE)
		log_warning("anyone-may-submit",
			    log_text("advice", "the web server must listen on this host only, or "
					       "set submit_by to identified"));
}

static bool load(const char *path, struct config **ret, GError **error)
{
	g_autoptr(Config) config = NULL;

	if (!config_load(path, &config, error) || !watchers_check(config, error))
		return false;
	*ret = g_steal_pointer(&config);
	return true;
}

/*
 * Reads the configuration again and opens the log again, which may have been rotated; a bad
 * configuration is reported and the old one stays.
 */
static void renew(void *data)
{
	struct program *program = data;
	struct config *fresh = NULL;
	g_autoptr(GError) problem = NULL;

	if (!load(program->config_path, &fresh, &problem)) {
		log_error("configuration-refused", log_error_text(problem));
		g_clear_error(&problem);
	} else {
		config_free(program->config);
		program->config = fresh;
	}
	if (!log_open(program->config->log, program->config->log_level, "rida.fcgi", &problem))
		log_error("log-not-opened", log_error_text(problem));
	log_info("configuration-read", log_text("file", program->config_path));
}

static uint64_t count_workers(const struct program *program)
{
	if (program->workers > 0)
		return (uint64_t)program->workers;
	/* One more than slots, so that there is always one to say that all are busy. */
	return program->is_submit ? program->config->submit_slots + 1
				  : program->config->read_workers;
}

static bool run_pool(struct program *program, GError **error)
{
	struct prefork prefork = { count_workers(program), work, renew, program };
	const char *pool = program->is_submit ? "submit" : "read";

	if (program->listen &&
	    !prefork_listen(program->listen, program->group, &program->listener, error))
		return false;
	report_start(program, pool, prefork.workers);
	prefork_run(&prefork);
	if (program->listen)
		unlink(program->listen);
	log_info("pool-ended", log_text("pool", pool));
	return true;
}

/* It is read again for each connection; one that is open to others shall be noticed at once. */
static bool secret_is_good(const struct config *config, GError **error)
{
	g_autoptr(Secret) secret = NULL;

	return session_secret(config, ACCOUNT_WEB, &secret, error);
}

static bool run(struct program *program, GError **error)
{
	struct app app;
	bool is_good;

	if (!load(program->config_path, &program->config, error) ||
	    !secret_is_good(program->config, error) ||
	    !log_open(program->config->log, program->config->log_level, "rida.fcgi", error))
		return false;
	program->breaker = breaker_new_shared();
	request_count_open(program->config);
	signal(SIGPIPE, SIG_IGN);
	if (program->listen || fcgi_has_socket())
		return run_pool(program, error);
	app = make_app(program, true);
	is_good = plain_serve(&app, environ);
	database_free(app.database);
	return is_good || fail(error, RIDA_ERROR_INTERNAL, "the answer broke off");
}

static bool read_arguments(struct program *program, int *argc, char ***argv, GError **error)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &program->config_path,
		  "The configuration's file", "FILE" },
		{ "listen", 'l', 0, G_OPTION_ARG_FILENAME, &program->listen,
		  "Serve FastCGI at this unix socket", "SOCKET" },
		{ "group", 'g', 0, G_OPTION_ARG_STRING, &program->group,
		  "The socket's group: the web server's", "GROUP" },
		{ "workers", 'w', 0, G_OPTION_ARG_INT, &program->workers, "How many workers", "N" },
		{ "submit", 's', 0, G_OPTION_ARG_NONE, &program->is_submit,
		  "This pool takes the submissions", NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- the web side of rida");

	/* A web server may hand a request's query to a CGI program as its arguments: they are the
	 * client's words. */
	if (getenv("REQUEST_METHOD"))
		*argc = 1;
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, error))
		return false;
	if (program->workers < 0 || program->workers > 256)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "--workers: a number from 1 to 256 is wanted");
	if (!program->config_path)
		program->config_path = g_strdup(getenv("RIDA_CONFIG"));
	if (!program->config_path)
		program->config_path = g_strdup(RIDA_SYSCONFDIR "/rida/rida.yaml");
	return true;
}

int main(int argc, char **argv)
{
	struct program program = { 0 };
	g_autoptr(GError) problem = NULL;
	bool is_good;

	secret_hide_memory();
	is_good = fault_arm(getenv("RIDA_FAULT"), &problem) &&
		  read_arguments(&program, &argc, &argv, &problem) && run(&program, &problem);
	if (!is_good)
		fprintf(stderr, "rida.fcgi: %s\n", problem->message);
	config_free(program.config);
	g_free(program.config_path);
	g_free(program.listen);
	g_free(program.group);
	log_close();
	return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
