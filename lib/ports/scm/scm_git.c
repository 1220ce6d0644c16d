/* SPDX-License-Identifier: MIT */
#include "ports/scm/scm_git.h"

#include <signal.h>
#include <string.h>

#include "base/error.h"

#define ADDRESS_MAX (288 * 1024 * 1024ULL) /* of each process */

/* Nothing of the account, of the machine or of the caller: no helper, key ring, proxy or terminal.
 */
static const char *const usual_environment[] = {
	"PATH=/usr/bin:/bin",          "LC_ALL=C",
	"HOME=/nonexistent",           "GIT_CONFIG_NOSYSTEM=1",
	"GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
	"GIT_TERMINAL_PROMPT=0",       "GIT_ASKPASS=/bin/false",
	"SSH_ASKPASS=/bin/false",      "GIT_PROTOCOL_FROM_USER=0",
	"GIT_NO_REPLACE_OBJECTS=1",    "GIT_LITERAL_PATHSPECS=1",
	"GIT_OPTIONAL_LOCKS=0",        "MALLOC_ARENA_MAX=1",
};

static const char *const usual_settings[] = {
	"protocol.allow=never",
	"credential.helper=",
	"core.hooksPath=/dev/null",
	"core.fsmonitor=false",
	"gc.auto=0",
	"maintenance.auto=false",
	"core.fsync=none",
	"core.attributesFile=",
	"submodule.recurse=false",
};

static void add_all(GPtrArray *array, const char *const *texts)
{
	for (; texts && *texts; texts++)
		g_ptr_array_add(array, g_strdup(*texts));
}

static GPtrArray *make_environment(const struct scm_commit *commit, const struct git_call *call)
{
	GPtrArray *array = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < G_N_ELEMENTS(usual_environment); i++)
		g_ptr_array_add(array, g_strdup(usual_environment[i]));
	g_ptr_array_add(array, g_strdup_printf("GIT_DIR=%s", commit->folder.path));
	add_all(array, call->environment);
	g_ptr_array_add(array, NULL);
	return array;
}

static GPtrArray *make_arguments(const struct git_call *call)
{
	GPtrArray *array = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(array, g_strdup("git"));
	for (size_t i = 0; i < G_N_ELEMENTS(usual_settings); i++) {
		g_ptr_array_add(array, g_strdup("-c"));
		g_ptr_array_add(array, g_strdup(usual_settings[i]));
	}
	for (size_t i = 0; call->settings && call->settings[i]; i++) {
		g_ptr_array_add(array, g_strdup("-c"));
		g_ptr_array_add(array, g_strdup(call->settings[i]));
	}
	add_all(array, call->arguments);
	g_ptr_array_add(array, NULL);
	return array;
}

bool git_run(const struct scm_commit *commit, const struct git_call *call,
	     struct process_result *ret, GError **error)
{
	g_autoptr(GPtrArray) environment = make_environment(commit, call);
	g_autoptr(GPtrArray) arguments = make_arguments(call);
	const struct process_wants wants = {
		.argv = (const char *const *)arguments->pdata,
		.environment = (const char *const *)environment->pdata,
		.directory = commit->folder.path,
		.input = call->input,
		.input_length = call->input_length,
		.output_fd = call->output_fd,
		.timeout = call->timeout,
		.output_max = call->output_max,
		.max_file = commit->max_bytes,
		.max_address = ADDRESS_MAX,
	};

	return process_run(&wants, ret, error);
}

bool git_read(const struct scm_commit *commit, const struct git_call *call,
	      struct process_result *ret, GError **error)
{
	g_auto(ProcessResult) result = { 0 };
	struct git_call limited = *call;

	limited.timeout = commit->timeout;
	if (!git_run(commit, &limited, &result, error))
		return false;
	if (result.is_timeout)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "what was fetched of %s could not be read within %u seconds",
			    commit->repository, limited.timeout);
	if (result.is_too_long || result.status == 128 + SIGXFSZ)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the repository %s has more in it than is allowed", commit->repository);
	if (result.status)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "what was fetched of %s cannot be read; run \"git fsck\" in it",
			    commit->repository);
	*ret = result;
	memset(&result, 0, sizeof result);
	return true;
}
