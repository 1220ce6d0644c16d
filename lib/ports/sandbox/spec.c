/* SPDX-License-Identifier: MIT */
#include "ports/sandbox/sandbox.h"

#include <string.h>

#include "base/error.h"
#include "ports/sandbox/spec_run.h"

#define SPEC_BYTES_MAX    (1 << 20)
#define SOURCES_MAX       2000
#define PROBLEM_BYTES_MAX 1000

#define NAME_MARK "rida-name "
#define FILE_MARK "rida-file "

/* The spec can print lines too, so ours are marked; a forged one deceives its own author only. */
static const char query[] =
	NAME_MARK "%{name}\\n[" FILE_MARK "%{source}\\n][" FILE_MARK "%{patch}\\n]";

void spec_facts_free(struct spec_facts *facts)
{
	if (!facts)
		return;
	g_free(facts->name);
	g_clear_pointer(&facts->sources, g_ptr_array_unref);
	g_free(facts);
}

static void take_file(struct spec_facts *facts, const char *file)
{
	const char *slash = strrchr(file, '/');

	g_ptr_array_add(facts->sources, g_strdup(slash ? slash + 1 : file));
}

bool spec_facts_read(const char *output, struct spec_facts **ret, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	g_autoptr(SpecFacts) facts = g_new0(struct spec_facts, 1);

	facts->sources = g_ptr_array_new_with_free_func(g_free);
	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, FILE_MARK))
			take_file(facts, *line + strlen(FILE_MARK));
		else if (g_str_has_prefix(*line, NAME_MARK) && !facts->name)
			facts->name = g_strdup(*line + strlen(NAME_MARK));
	}
	if (!facts->name || !g_utf8_validate(output, -1, NULL))
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the spec file does not parse: it gives no source package");
	if (facts->sources->len > SOURCES_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the spec file names more than %d sources and patches", SOURCES_MAX);
	*ret = g_steal_pointer(&facts);
	return true;
}

/* The words of rpm on one line, without control bytes, cut. */
static char *words_of(const char *problem)
{
	g_autofree char *text = g_utf8_make_valid(problem ? problem : "", -1);
	char *summary = g_strrstr(text, "error: query of specfile " SPEC_FILE);
	GString *line = g_string_new(NULL);

	/* It names our file, and nothing that was not said before. */
	if (summary)
		*summary = '\0';

	for (char *c = g_strstrip(text); *c && line->len < PROBLEM_BYTES_MAX;
	     c = g_utf8_next_char(c)) {
		gunichar letter = g_utf8_get_char(c);

		if (*c == '\n')
			g_string_append(line, "; ");
		else if (g_unichar_isprint(letter))
			g_string_append_unichar(line, letter);
		else
			g_string_append_c(line, ' ');
	}
	return g_string_free(line, FALSE);
}

static bool refuse(const struct process_result *result, const struct sandbox_user *user,
		   GError **error)
{
	g_autofree char *words = words_of(result->problem);
	g_autoptr(GError) broken = NULL;

	if (result->is_timeout)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the spec file does not parse in time: rpmspec was stopped");
	if (result->is_too_long)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the spec file does not parse: rpmspec prints too much");
	if (g_str_has_prefix(words, "bwrap:") && !sandbox_check(user, &broken))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s", broken->message);
	return fail(error, RIDA_ERROR_UNACCEPTABLE, "the spec file does not parse: %s",
		    *words ? words : "rpmspec was killed");
}

bool spec_parse(const char *text, size_t length, const struct sandbox_user *user,
		struct spec_facts **ret, GError **error)
{
	static const char *const argv[] = { "rpmspec", "-q",      "--srpm", "--qf",
					    query,     SPEC_FILE, NULL };
	g_auto(ProcessResult) result = { 0 };

	if (length > SPEC_BYTES_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "the spec file is larger than %d bytes",
			    SPEC_BYTES_MAX);
	if (!spec_run(text, length, argv, user, &result, error))
		return false;
	if (result.status != 0 || result.is_timeout || result.is_too_long)
		return refuse(&result, user, error);
	return spec_facts_read(result.output, ret, error);
}
