/* SPDX-License-Identifier: MIT */
#include "flow/verify_component.h"

#include <string.h>

#include "base/error.h"
#include "text/sources_list.h"
#include "text/url.h"

#define SPEC_BYTES_MAX (1 << 20)
#define SOURCES_FILE   "sources"

unsigned check_seconds(int64_t deadline, uint64_t max)
{
	int64_t left = (deadline - g_get_monotonic_time() + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;

	return (unsigned)CLAMP(left, 1, (int64_t)max);
}

struct scm_rules check_rules(const struct config *config, int64_t deadline)
{
	return (struct scm_rules){
		.allow = config->scm_allow,
		.private_addresses = config->scm_private_addresses,
		.timeout = check_seconds(deadline, config->git_timeout),
		.max_bytes = config->git_max_bytes,
		.work_dir = config->cache_dir,
	};
}

static void worsen(struct check *check, enum verify_outcome outcome)
{
	static const unsigned weight[] = {
		[VERIFY_GOOD] = 0,
		[VERIFY_AWAY] = 1,
		[VERIFY_LATE] = 2,
		[VERIFY_BAD] = 3,
	};

	if (weight[outcome] > weight[check->outcome])
		check->outcome = outcome;
}

void check_bad(struct check *check, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_ptr_array_add(check->reasons,
			g_strdup_printf("component %s: %s", check->component->name, text));
	worsen(check, VERIFY_BAD);
}

void check_late(struct check *check, const char *server)
{
	worsen(check, VERIFY_LATE);
	g_ptr_array_add(check->late, g_strdup(server));
}

void check_fail(struct check *check, const char *server, const char *what, const GError *problem)
{
	bool is_away = error_code(problem) == RIDA_ERROR_UNAVAILABLE;

	if (is_away && g_get_monotonic_time() >= check->deadline) {
		check_late(check, server);
		return;
	}
	g_ptr_array_add(check->reasons,
			g_strdup_printf("component %s: %s%s%s", check->component->name,
					what ? what : "", what ? ": " : "", problem->message));
	worsen(check, is_away ? VERIFY_AWAY : VERIFY_BAD);
}

static void warn(struct check *check, const char *text)
{
	g_ptr_array_add(check->warnings, g_strdup_printf("%s: %s", check->component->name, text));
}

void check_open(struct check *check)
{
	struct scm_rules rules = check_rules(check->config, check->deadline);
	g_autoptr(GError) problem = NULL;

	check->reasons = g_ptr_array_new_with_free_func(g_free);
	check->warnings = g_ptr_array_new_with_free_func(g_free);
	check->late = g_ptr_array_new_with_free_func(g_free);
	if (!scm_repository_check(check->component->repository, &rules, &check->url, &problem))
		check_bad(check, "%s", problem->message);
}

void check_clear(struct check *check)
{
	g_clear_pointer(&check->url, scm_url_free);
	g_clear_pointer(&check->reasons, g_ptr_array_unref);
	g_clear_pointer(&check->warnings, g_ptr_array_unref);
	g_clear_pointer(&check->late, g_ptr_array_unref);
	g_clear_pointer(&check->files, g_ptr_array_unref);
}

/* The spec at the first of the paths that exists; NULL after a recorded failure. */
static char *find_spec(struct check *check, struct scm_commit *commit, size_t *ret_length)
{
	const char *const pairs[] = { "name", check->component->name, NULL };
	g_autoptr(GString) looked = g_string_new(NULL);
	g_autoptr(GError) problem = NULL;
	char *text = NULL;

	for (char **template = check->config->spec_paths; *template; template ++) {
		g_autofree char *path = NULL;

		g_clear_error(&problem);
		if (template_fill(*template, pairs, &path, &problem) &&
		    scm_commit_read(commit, path, SPEC_BYTES_MAX, &text, ret_length, &problem))
			return text;
		if (error_code(problem) != RIDA_ERROR_MISSING) {
			check_fail(check, check->url->server, "its spec file", problem);
			return NULL;
		}
		g_string_append_printf(looked, "%s%s", looked->len ? ", " : "", path);
	}
	check_bad(check, "there is no spec file in %s at %s (looked for %s)",
		  check->url->repository, scm_commit_hash(commit), looked->str);
	return NULL;
}

/* The names of regular files at the top of the tree; NULL after a recorded failure. */
static GHashTable *list_files(struct check *check, struct scm_commit *commit)
{
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(GError) problem = NULL;
	GHashTable *names;

	if (!scm_commit_list(commit, &entries, &problem)) {
		check_fail(check, check->url->server, "its files", problem);
		return NULL;
	}
	names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < entries->len; i++) {
		const struct scm_entry *entry = g_ptr_array_index(entries, i);

		if (entry->is_regular)
			g_hash_table_add(names, g_strdup(entry->name));
	}
	return names;
}

/* Reads the list of what is in the lookaside cache; false after a recorded failure. */
static bool read_sources(struct check *check, struct scm_commit *commit)
{
	g_autoptr(GError) problem = NULL;
	g_autofree char *text = NULL;
	size_t length;

	if (!scm_commit_read(commit, SOURCES_FILE, SOURCES_LIST_BYTES_MAX, &text, &length,
			     &problem)) {
		if (error_code(problem) == RIDA_ERROR_MISSING)
			return true;
		check_fail(check, check->url->server, "its file \"sources\"", problem);
		return false;
	}
	if (!sources_list_read(text, length, &check->files, &problem))
		check_fail(check, check->url->server, NULL, problem);
	return check->files != NULL;
}

static bool is_in_cache(const struct check *check, const char *name)
{
	for (guint i = 0; check->files && i < check->files->len; i++)
		if (strcmp(((struct source_file *)g_ptr_array_index(check->files, i))->name,
			   name) == 0)
			return true;
	return false;
}

static void check_facts(struct check *check, const struct spec_facts *facts,
			struct scm_commit *commit)
{
	g_autoptr(GHashTable) files = NULL;

	if (strcmp(facts->name, check->component->name) != 0)
		check_bad(check,
			  "its spec file names the package \"%.128s\": both must have one name",
			  facts->name);
	files = list_files(check, commit);
	for (guint i = 0; files && i < facts->sources->len; i++) {
		const char *name = g_ptr_array_index(facts->sources, i);

		if (!g_hash_table_contains(files, name) && !is_in_cache(check, name))
			check_bad(
				check,
				"\"%.255s\" is neither in the repository nor in its sources list: "
				"add it to one of them",
				name);
	}
}

static void check_spec(struct check *check, struct scm_commit *commit, const char *text,
		       size_t length)
{
	g_autoptr(SpecFacts) facts = NULL;
	g_autoptr(GError) problem = NULL;

	if (g_get_monotonic_time() >= check->deadline)
		check_late(check, check->url->server);
	else if (spec_parse(text, length, check->user, &facts, &problem))
		check_facts(check, facts, commit);
	else if (check->spec_must_parse)
		check_fail(check, check->url->server, NULL, problem);
	else
		warn(check, problem->message);
}

void check_run(struct check *check)
{
	struct scm_rules rules = check_rules(check->config, check->deadline);
	struct component *component = check->component;
	g_autoptr(ScmCommit) commit = NULL;
	g_autoptr(GError) problem = NULL;
	g_autofree char *spec = NULL;
	const char *ref = component->ref && *component->ref ? component->ref : NULL;
	size_t length;
	bool has_sources;

	if (component->commit && *component->commit)
		ref = component->commit;
	if (!scm_fetch(check->url, ref, &rules, &commit, &problem)) {
		check_fail(check, check->url->server, NULL, problem);
		return;
	}
	text_set(&component->commit, scm_commit_hash(commit));
	has_sources = read_sources(check, commit);
	spec = find_spec(check, commit, &length);
	if (spec && has_sources)
		check_spec(check, commit, spec, length);
}
