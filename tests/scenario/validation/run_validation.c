/* SPDX-License-Identifier: MIT */
/*
 * Runs the scenarios of modulemd validation: files with "given", "expect" and the document. What is
 * printed for a document must be what the file expects, line by line.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mmd/document.h"
#include "tests/scenario/scenario.h"

#define DOCUMENT_MARK "\n---\n"

static void print_component(GString *out, const struct document_component *component)
{
	g_string_append_printf(out, "component %s order %d", component->name,
			       component->build_order);
	if (component->ref)
		g_string_append_printf(out, " ref %s", component->ref);
	if (component->repository)
		g_string_append_printf(out, " repository %s", component->repository);
	if (component->arches)
		g_string_append_printf(out, " arches %s", component->arches);
	g_string_append(out, component->build_only ? " buildonly\n" : "\n");
}

/* What becomes of the document, in the words of an expect section. */
static char *verdict(const char *text, const struct document_place *place)
{
	GString *out = g_string_new(NULL);
	g_autoptr(Document) document = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *stream = NULL;

	if (!document_read(text, strlen(text), &document, &error) ||
	    !document_check(document, place, &stream, &error)) {
		g_string_append_printf(out, "refused %s\n", error->message);
		return g_string_free(out, FALSE);
	}
	g_string_append_printf(out, "accepted stream %s\n", stream);
	for (guint i = 0; i < document->components->len; i++)
		print_component(out, g_ptr_array_index(document->components, i));
	return g_string_free(out, FALSE);
}

static bool read_given(const char *line, char **repository, char **branch)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint count = g_strv_length(words);

	if (count < 3 || strcmp(words[0], "given") != 0 || strcmp(words[1], "repository") != 0)
		return false;
	*repository = g_strdup(words[2]);
	*branch = count == 5 && strcmp(words[3], "branch") == 0 ? g_strdup(words[4]) : NULL;
	return count == 3 || *branch;
}

/* The lines before the document: comments, given, and what is expected. */
static bool read_head(const char *head, char **repository, char **branch, GString *expected)
{
	g_auto(GStrv) lines = g_strsplit(head, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "given ")) {
			if (!read_given(*line, repository, branch))
				return false;
		} else if (g_str_has_prefix(*line, "expect ")) {
			g_string_append_printf(expected, "%s\n", *line + strlen("expect "));
		} else if (**line && **line != '#') {
			return false;
		}
	}
	return *repository && expected->len > 0;
}

static bool run_file(const char *path)
{
	g_autofree char *content = NULL;
	g_autofree char *got = NULL;
	g_autoptr(GString) expected = g_string_new(NULL);
	g_autofree char *repository = NULL;
	g_autofree char *branch = NULL;
	struct document_place place = { 0 };
	char *mark;
	bool is_good;

	if (!g_file_get_contents(path, &content, NULL, NULL))
		return false;
	mark = strstr(content, DOCUMENT_MARK);
	if (!mark) {
		fprintf(stderr, "%s: there is no document after ---\n", path);
		return false;
	}
	*mark = '\0';
	if (!read_head(content, &repository, &branch, expected)) {
		fprintf(stderr, "%s: given and expect lines are wanted before ---\n", path);
		return false;
	}
	place.repository = repository;
	place.branch = branch;
	got = verdict(mark + strlen(DOCUMENT_MARK), &place);
	is_good = strcmp(got, expected->str) == 0;
	if (!is_good)
		fprintf(stderr, "%s\nexpected:\n%sgot:\n%s", path, expected->str, got);
	return is_good;
}

int main(void)
{
	return scenarios_run((const char *const[]){ "validation", NULL }, run_file);
}
