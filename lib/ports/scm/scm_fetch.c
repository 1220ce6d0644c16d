/* SPDX-License-Identifier: MIT */
#include "ports/scm/scm.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/names.h"
#include "ports/scm/scm_git.h"

#define FALLBACK_BRANCH "master"
#define FETCHED         "refs/rida/fetched"
#define OUTPUT_MAX      1048576              /* some 15,000 branches */
#define EVER            "--depth=2147483647" /* git's own number for all of history */

/* One fetch, until its commit is known. */
struct fetch {
	const struct scm_url *url;
	struct scm_commit *commit;
	const char *hash;   /* what is wanted: this, */
	const char *branch; /* or the head of this */
	struct git_pin pin;
	int64_t deadline;
};

void scm_commit_close(struct scm_commit *commit)
{
	if (!commit)
		return;
	scm_folder_close(&commit->folder);
	g_clear_pointer(&commit->tree, g_ptr_array_unref);
	g_free(commit->repository);
	g_free(commit->hash);
	g_free(commit);
}

const char *scm_commit_hash(const struct scm_commit *commit)
{
	return commit->hash;
}

int64_t scm_commit_time(const struct scm_commit *commit)
{
	return commit->time;
}

static bool fail_by_time(const struct fetch *fetch, GError **error)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE,
		    "the repository %s cannot be fetched now: its server is too slow (more than %u "
		    "seconds); try again later",
		    fetch->url->repository, fetch->commit->timeout);
}

static bool fail_by_commit(const struct fetch *fetch, GError **error)
{
	return fail(error, RIDA_ERROR_UNACCEPTABLE,
		    "the repository %s has no commit %s; perhaps it was not pushed",
		    fetch->url->repository, fetch->hash);
}

static bool fail_by_branch(const struct fetch *fetch, GError **error)
{
	return fail(
		error, RIDA_ERROR_UNACCEPTABLE,
		"the repository %s has no branch \"%s\"; push it, or name another branch or a full "
		"commit",
		fetch->url->repository, fetch->branch);
}

static unsigned seconds_left(const struct fetch *fetch)
{
	const int64_t left = fetch->deadline - g_get_monotonic_time();

	return left <= 0 ? 0 : (unsigned)((left + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

static bool run_with_input(struct fetch *fetch, const char *const *arguments, const GString *input,
			   struct process_result *ret, GError **error)
{
	const struct git_call call = {
		.arguments = arguments,
		.input = input ? input->str : NULL,
		.input_length = input ? input->len : 0,
		.settings = (const char *const *)fetch->pin.settings->pdata,
		.environment = (const char *const *)fetch->pin.environment->pdata,
		.timeout = seconds_left(fetch),
		.output_max = OUTPUT_MAX,
	};

	if (call.timeout == 0)
		return fail_by_time(fetch, error);
	if (!git_run(fetch->commit, &call, ret, error))
		return false;
	if (ret->is_timeout)
		return fail_by_time(fetch, error);
	return true;
}

static bool run_in_time(struct fetch *fetch, const char *const *arguments,
			struct process_result *ret, GError **error)
{
	return run_with_input(fetch, arguments, NULL, ret, error);
}

static bool make_repository(struct fetch *fetch, GError **error)
{
	const bool is_sha256 = fetch->hash && strlen(fetch->hash) == 64;
	const char *const arguments[] = {
		"init",
		"--bare",
		"--quiet",
		"--template=",
		is_sha256 ? "--object-format=sha256" : "--object-format=sha1",
		NULL,
	};
	g_auto(ProcessResult) result = { 0 };

	if (!run_in_time(fetch, arguments, &result, error))
		return false;
	return result.status == 0 ||
	       fail(error, RIDA_ERROR_UNAVAILABLE,
		    "git cannot make a repository for %s to be fetched to", fetch->url->repository);
}

/* wanted: a refspec a line. */
static bool run_fetch(struct fetch *fetch, const char *depth, const GString *wanted,
		      struct process_result *ret, GError **error)
{
	const char *const arguments[] = {
		"fetch",
		"--quiet",
		"--no-tags",
		"--no-recurse-submodules",
		"--no-write-fetch-head",
		"--no-auto-maintenance",
		depth,
		"--stdin",
		"--end-of-options",
		fetch->pin.url,
		NULL,
	};

	return run_with_input(fetch, arguments, wanted, ret, error);
}

/* The branch's head is taken as the server names it in the same exchange, so that it cannot move in
 * between. */
static bool fetch_branch(struct fetch *fetch, GError **error)
{
	g_autoptr(GString) wanted = g_string_new(NULL);
	g_auto(ProcessResult) result = { 0 };

	g_string_printf(wanted, "+refs/heads/%s:" FETCHED "\n", fetch->branch);
	if (!run_fetch(fetch, "--depth=1", wanted, &result, error))
		return false;
	if (result.status == 0)
		return true;
	if (strstr(result.problem, "find remote ref"))
		return fail_by_branch(fetch, error);
	return git_fail(fetch->commit, result.problem, error);
}

/* The answers of servers that hand out only what they advertise. */
static bool wants_a_head(const char *words)
{
	return strstr(words, "unadvertised object") || strstr(words, " not valid");
}

static bool server_knows_all_commits(const char *words)
{
	/* Since version 2 of the protocol a server is asked for any commit, and says so if it has
	 * none. */
	return strstr(words, "upload-pack: not our ref");
}

static void gather_hashes(const char *listing, GString *ret)
{
	g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);

	for (size_t i = 0; lines[i]; i++) {
		char *tab = strchr(lines[i], '\t');

		if (tab)
			*tab = '\0';
		if (commit_is_full(lines[i]))
			g_string_append_printf(ret, "%s\n", lines[i]);
	}
}

/* The heads are fetched by their hashes: a stranger's names become no files of ours. */
static bool list_heads(struct fetch *fetch, GString *ret, GError **error)
{
	const char *const arguments[] = {
		"ls-remote", "--heads", "--end-of-options", fetch->pin.url, NULL,
	};
	g_auto(ProcessResult) result = { 0 };

	if (!run_in_time(fetch, arguments, &result, error))
		return false;
	if (result.is_too_long)
		return fail(
			error, RIDA_ERROR_UNACCEPTABLE,
			"the repository %s has too many branches for a server that does not hand "
			"out a commit by its hash; name a branch instead",
			fetch->url->repository);
	if (result.status)
		return git_fail(fetch->commit, result.problem, error);
	gather_hashes(result.output, ret);
	return ret->len > 0 || fail_by_commit(fetch, error);
}

static bool fetch_heads(struct fetch *fetch, GError **error)
{
	g_autoptr(GString) wanted = g_string_new(NULL);
	g_auto(ProcessResult) result = { 0 };

	if (!list_heads(fetch, wanted, error) || !run_fetch(fetch, EVER, wanted, &result, error))
		return false;
	return result.status == 0 || git_fail(fetch->commit, result.problem, error);
}

static bool fetch_hash(struct fetch *fetch, GError **error)
{
	g_autoptr(GString) wanted = g_string_new(NULL);
	g_auto(ProcessResult) result = { 0 };

	g_string_printf(wanted, "%s\n", fetch->hash);
	if (!run_fetch(fetch, "--depth=1", wanted, &result, error))
		return false;
	if (result.status == 0)
		return true;
	if (server_knows_all_commits(result.problem))
		return fail_by_commit(fetch, error);
	if (wants_a_head(result.problem))
		return fetch_heads(fetch, error);
	return git_fail(fetch->commit, result.problem, error);
}

/* Reads "<hash> <seconds>\n". */
static bool read_commit(struct fetch *fetch, char *line, GError **error)
{
	char *seconds = strchr(line, ' ');
	int64_t time = 0;

	if (!seconds)
		return fail_by_commit(fetch, error);
	*seconds++ = '\0';
	if (!commit_is_full(line) || !strict_i64(g_strchomp(seconds), 0, 253402300799, &time, NULL))
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the commit %s of %s has a time that is not valid", line,
			    fetch->url->repository);
	if (fetch->hash && !g_str_equal(fetch->hash, line))
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "%s of %s is a tag; name the commit that it points to, %s", fetch->hash,
			    fetch->url->repository, line);
	fetch->commit->hash = g_strdup(line);
	fetch->commit->time = time * G_USEC_PER_SEC;
	return true;
}

static bool find_commit(struct fetch *fetch, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s^{commit}", fetch->hash ? fetch->hash : FETCHED);
	const char *const arguments[] = { "rev-list",
					  "--no-commit-header",
					  "--max-count=1",
					  "--format=%H %ct",
					  "--end-of-options",
					  name,
					  NULL };
	g_auto(ProcessResult) result = { 0 };

	if (!run_in_time(fetch, arguments, &result, error))
		return false;
	if (result.status)
		return fetch->hash ? fail_by_commit(fetch, error)
				   : git_fail(fetch->commit, "fsck error", error);
	return read_commit(fetch, result.output, error);
}

static bool choose_ref(struct fetch *fetch, const char *ref, GError **error)
{
	if (!ref)
		ref = FALLBACK_BRANCH;
	if (commit_is_full(ref)) {
		fetch->hash = ref;
		return true;
	}
	fetch->branch = ref;
	return name_check(NAME_REF, "the commit or branch", ref, error);
}

static bool fetch_all(struct fetch *fetch, const struct scm_rules *rules, GError **error)
{
	if (!git_pin(fetch->url->repository, rules->private_addresses, rules->timeout, &fetch->pin,
		     error) ||
	    !scm_folder_open(rules->work_dir, &fetch->commit->folder, error) ||
	    !make_repository(fetch, error))
		return false;
	return (fetch->hash ? fetch_hash(fetch, error) : fetch_branch(fetch, error)) &&
	       find_commit(fetch, error);
}

bool scm_fetch(const struct scm_url *url, const char *ref, const struct scm_rules *rules,
	       struct scm_commit **ret, GError **error)
{
	g_autoptr(ScmCommit) commit = g_new0(struct scm_commit, 1);
	struct fetch fetch = {
		.url = url,
		.commit = commit,
		.deadline = g_get_monotonic_time() + rules->timeout * G_USEC_PER_SEC,
	};
	bool is_fetched;

	commit->repository = g_strdup(url->repository);
	commit->max_bytes = rules->max_bytes;
	commit->timeout = rules->timeout;
	is_fetched = choose_ref(&fetch, ref, error) && fetch_all(&fetch, rules, error);
	git_pin_clear(&fetch.pin);
	if (!is_fetched)
		return false;
	*ret = g_steal_pointer(&commit);
	return true;
}
