/* SPDX-License-Identifier: MIT */

/*
 * The scm port for tests in shell:
 *
 *	scm_probe [OPTION...] URL [COMMAND ARGUMENT...]...
 *
 * Commands: hash, time, list, read PATH MAX, export FOLDER MAX, wait (for the end of stdin).
 * An error is printed as "CODE: message", and the exit status is 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "ports/scm/scm.h"
#include "text/url.h"
#include "wire/address.h"

struct options {
	char **allow;
	char *work_dir;
	char *ref;
	gint64 max_bytes;
	int timeout;
	int threads;
	int resolve;
	int max_rss;
	gboolean refs;
	gboolean public_only;
	gboolean parse_only;
};

static int complain(const GError *error)
{
	printf("%s: %s\n", error_code_name(error_code(error)), error->message);
	return EXIT_FAILURE;
}

static bool run_list(struct scm_commit *commit, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	if (!scm_commit_list(commit, &list, error))
		return false;
	for (guint i = 0; i < list->len; i++) {
		const struct scm_entry *entry = g_ptr_array_index(list, i);

		printf("%s %" PRIu64 " %s\n", entry->is_regular ? "regular" : "other", entry->size,
		       entry->name);
	}
	return true;
}

static bool run_read(struct scm_commit *commit, const char *path, const char *max, GError **error)
{
	g_autofree char *text = NULL;
	size_t length = 0;

	if (!scm_commit_read(commit, path, g_ascii_strtoull(max, NULL, 10), &text, &length, error))
		return false;
	fwrite(text, 1, length, stdout);
	return true;
}

static void wait_for_end(void)
{
	char byte;

	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		continue;
}

/* Returns how many words were used; 0 with the error set when it failed. */
static int run_command(struct scm_commit *commit, char **words, GError **error)
{
	if (g_str_equal(words[0], "hash"))
		return printf("%s\n", scm_commit_hash(commit)) > 0;
	if (g_str_equal(words[0], "time"))
		return printf("%" PRId64 "\n", scm_commit_time(commit)) > 0;
	if (g_str_equal(words[0], "list"))
		return run_list(commit, error);
	if (g_str_equal(words[0], "read"))
		return run_read(commit, words[1], words[2], error) ? 3 : 0;
	if (g_str_equal(words[0], "export"))
		return scm_commit_export(commit, words[1], g_ascii_strtoull(words[2], NULL, 10),
					 error)
			       ? 3
			       : 0;
	wait_for_end();
	return 1;
}

static int run_commands(struct scm_commit *commit, char **words)
{
	g_autoptr(GError) error = NULL;

	while (*words) {
		int used = run_command(commit, words, &error);

		if (used == 0)
			return complain(error);
		words += used;
	}
	return EXIT_SUCCESS;
}

struct job {
	const struct scm_url *url;
	const struct scm_rules *rules;
	const char *ref;
	char **words;
};

static int fetch_and_run(const struct job *job)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(ScmCommit) commit = NULL;

	if (!scm_fetch(job->url, job->ref, job->rules, &commit, &error))
		return complain(error);
	return run_commands(commit, job->words);
}

static void *run_thread(void *data)
{
	return GINT_TO_POINTER(fetch_and_run(data));
}

static int run_threads(struct job *job, int count)
{
	g_autoptr(GPtrArray) threads = g_ptr_array_new();
	int status = EXIT_SUCCESS;

	for (int i = 0; i < count; i++)
		g_ptr_array_add(threads, g_thread_new("fetch", run_thread, job));
	for (guint i = 0; i < threads->len; i++)
		if (g_thread_join(threads->pdata[i]))
			status = EXIT_FAILURE;
	return status;
}

/* Tries each ref of standard input, which NUL bytes separate; none may be fetched. */
static int run_refs(const struct job *job)
{
	g_autofree char *ref = NULL;
	size_t size = 0;

	while (getdelim(&ref, &size, '\0', stdin) > 0) {
		g_autoptr(GError) error = NULL;
		g_autoptr(ScmCommit) commit = NULL;

		if (scm_fetch(job->url, ref, job->rules, &commit, &error))
			printf("fetched: %s\n", ref);
		else
			complain(error);
	}
	return EXIT_SUCCESS;
}

/* Asks so often which addresses may be used. */
static int run_resolve(const struct options *options, const struct scm_url *scm)
{
	g_autoptr(Url) url = NULL;

	if (!url_read(scm->repository, &url, NULL))
		return EXIT_FAILURE;
	for (int i = 0; i < options->resolve; i++) {
		const struct address_wants wants = { .host = url->host,
						     .port = url->port,
						     .private_addresses = !options->public_only,
						     .timeout = (unsigned)options->timeout };
		g_auto(GStrv) addresses = NULL;
		g_autoptr(GError) error = NULL;

		if (!address_resolve(&wants, &addresses, &error)) {
			complain(error);
			continue;
		}
		for (char **address = addresses; *address; address++)
			printf("%s%s", *address, address[1] ? " " : "\n");
	}
	return EXIT_SUCCESS;
}

static int run(const struct options *options, char **words)
{
	const struct scm_rules rules = {
		.allow = options->allow,
		.private_addresses = !options->public_only,
		.timeout = (unsigned)options->timeout,
		.max_bytes = (uint64_t)options->max_bytes,
		.work_dir = options->work_dir,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(ScmUrl) url = NULL;
	struct job job = { .rules = &rules, .words = words + 1 };

	if (!scm_url_read(words[0], &rules, &url, &error))
		return complain(error);
	job.url = url;
	job.ref = options->ref ? options->ref : url->ref;
	if (options->parse_only) {
		printf("%s %s %s %s %s\n", url->repository, url->server, url->name,
		       url->path ? url->path : "-", url->ref ? url->ref : "-");
		return EXIT_SUCCESS;
	}
	if (options->refs)
		return run_refs(&job);
	if (options->resolve > 0)
		return run_resolve(options, url);
	return options->threads > 1 ? run_threads(&job, options->threads) : fetch_and_run(&job);
}

/* Whether neither we nor any git took more memory than that; 0: any will do. */
static bool memory_is_small(int max_mib)
{
	struct rusage own, others;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &others);
	return max_mib == 0 || MAX(own.ru_maxrss, others.ru_maxrss) >> 10 < max_mib;
}

static int run_and_clear(struct options *options, char **words)
{
	int status = run(options, words);

	if (!memory_is_small(options->max_rss)) {
		fputs("too much memory was taken\n", stderr);
		status = 3;
	}
	g_strfreev(options->allow);
	g_free(options->work_dir);
	g_free(options->ref);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = { .max_bytes = 64 * 1024 * 1024, .timeout = 20, .threads = 1 };
	const GOptionEntry entries[] = {
		{ "allow", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &options.allow,
		  "an entry of scm_allow", "URL" },
		{ "work-dir", 'w', 0, G_OPTION_ARG_FILENAME, &options.work_dir,
		  "for temporary folders", "FOLDER" },
		{ "max-bytes", 'm', 0, G_OPTION_ARG_INT64, &options.max_bytes, "of a fetch", "N" },
		{ "ref", 0, 0, G_OPTION_ARG_STRING, &options.ref, "instead of the URL's", "REF" },
		{ "timeout", 't', 0, G_OPTION_ARG_INT, &options.timeout, "seconds", "N" },
		{ "threads", 'n', 0, G_OPTION_ARG_INT, &options.threads, "so many fetches at once",
		  "N" },
		{ "public-only", 0, 0, G_OPTION_ARG_NONE, &options.public_only,
		  "no private addresses", NULL },
		{ "refs", 0, 0, G_OPTION_ARG_NONE, &options.refs, "try those of standard input",
		  NULL },
		{ "resolve", 0, 0, G_OPTION_ARG_INT, &options.resolve, "only ask for the addresses",
		  "N" },
		{ "max-rss", 0, 0, G_OPTION_ARG_INT, &options.max_rss, "of us and of git", "MIB" },
		{ "parse-only", 0, 0, G_OPTION_ARG_NONE, &options.parse_only, "fetch nothing",
		  NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("URL [COMMAND...]");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || argc < 2 ||
	    !options.work_dir) {
		fprintf(stderr, "%s\n", error ? error->message : "a URL and --work-dir are wanted");
		return 2;
	}
	return run_and_clear(&options, argv + 1);
}
