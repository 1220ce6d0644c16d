/* SPDX-License-Identifier: MIT */
/*
 * Runs the scenarios of a module's content. A file has three parts:
 *
 *	given
 *	  component bash multilib=x86_64 buildonly
 *	  filter bash-doc
 *	  whitelist bash
 *	  source bash-5.2-1 exclusive=x86_64,i686 excluded=s390x epoch=1
 *	  rpm bash.x86_64 license=MIT           (of the last source, version and release as there)
 *	when select x86_64                      (or: complement x86_64)
 *	expect
 *	  bash-0:5.2-1.x86_64
 *	  license MIT
 *
 * The lines after "expect" are compared with what comes out.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/content.h"
#include "tests/scenario/scenario.h"

struct scenario {
	const char *file;
	GHashTable *components; /* name -> struct content_component */
	char **filter, **whitelist;
	GPtrArray *rpms;
	struct content_rpm *source; /* the last one */
	char **when;
	GString *expected;
};

static void complain(const struct scenario *scenario, const char *words)
{
	fprintf(stderr, "%s: what is \"%s\"?\n", scenario->file, words);
	exit(EXIT_FAILURE);
}

/* The list behind "key=", or NULL when the word is another. */
static char **list_of(const char *word, const char *key)
{
	const size_t length = strlen(key);

	return strncmp(word, key, length) == 0 && word[length] == '='
		       ? g_strsplit(word + length + 1, ",", -1)
		       : NULL;
}

static void component_free(gpointer data)
{
	struct content_component *component = data;

	g_strfreev((char **)(uintptr_t)component->multilib);
	g_free(component);
}

static void rpm_free(gpointer data)
{
	content_rpm_clear(data);
	g_free(data);
}

static void read_component(struct scenario *scenario, char **words)
{
	struct content_component *component = g_new0(struct content_component, 1);

	g_hash_table_insert(scenario->components, g_strdup(*words), component);
	for (words++; *words; words++)
		if (strcmp(*words, "buildonly") == 0)
			component->build_only = true;
		else if (!(component->multilib = list_of(*words, "multilib")))
			complain(scenario, *words);
}

static struct content_rpm *rpm_new(struct scenario *scenario)
{
	struct content_rpm *rpm = g_new0(struct content_rpm, 1);

	g_ptr_array_add(scenario->rpms, rpm);
	return rpm;
}

static void read_fields(struct scenario *scenario, struct content_rpm *rpm, char **words)
{
	for (; *words; words++)
		if (g_str_has_prefix(*words, "license="))
			rpm->license = g_strdup(*words + strlen("license="));
		else if (g_str_has_prefix(*words, "epoch="))
			rpm->name.epoch = strtoull(*words + strlen("epoch="), NULL, 10);
		else if (!(rpm->exclusive = list_of(*words, "exclusive")) &&
			 !(rpm->excluded = list_of(*words, "excluded")))
			complain(scenario, *words);
}

static void read_source(struct scenario *scenario, char **words)
{
	struct content_rpm *rpm = rpm_new(scenario);
	g_autoptr(RpmName) name = NULL;

	if (!rpm_name_read_nvr(*words, &name, NULL))
		complain(scenario, *words);
	rpm->source = scenario->source = rpm;
	rpm->name = *name;
	*name = (struct rpm_name){ 0 };
	rpm->name.arch = g_strdup("src");
	read_fields(scenario, rpm, words + 1);
}

static void read_rpm(struct scenario *scenario, char **words)
{
	struct content_rpm *rpm = rpm_new(scenario);
	const char *dot = strrchr(*words, '.');

	if (!scenario->source || !dot)
		complain(scenario, *words);
	rpm->source = scenario->source;
	rpm->name.name = g_strndup(*words, (size_t)(dot - *words));
	rpm->name.version = g_strdup(rpm->source->name.version);
	rpm->name.release = g_strdup(rpm->source->name.release);
	rpm->name.arch = g_strdup(dot + 1);
	read_fields(scenario, rpm, words + 1);
}

static void read_line(struct scenario *scenario, const char *line)
{
	g_auto(GStrv) words = NULL;
	g_autofree char *text = g_strstrip(g_strdup(line));

	if (!*text || *text == '#' || strcmp(text, "given") == 0)
		return;
	words = g_strsplit_set(text, " \t", 0);
	if (scenario->expected)
		g_string_append_printf(scenario->expected, "%s\n", text);
	else if (strcmp(*words, "component") == 0)
		read_component(scenario, words + 1);
	else if (strcmp(*words, "filter") == 0)
		scenario->filter = g_strdupv(words + 1);
	else if (strcmp(*words, "whitelist") == 0)
		scenario->whitelist = g_strdupv(words + 1);
	else if (strcmp(*words, "source") == 0)
		read_source(scenario, words + 1);
	else if (strcmp(*words, "rpm") == 0)
		read_rpm(scenario, words + 1);
	else if (strcmp(*words, "when") == 0)
		scenario->when = g_strdupv(words + 1);
	else if (strcmp(*words, "expect") == 0)
		scenario->expected = g_string_new(NULL);
	else
		complain(scenario, text);
}

static char *run_when(const struct scenario *scenario)
{
	const struct content_rules rules = { scenario->components, scenario->filter,
					     scenario->whitelist };
	GString *got = g_string_new(NULL);
	g_auto(Content) content = { 0 };
	bool is_devel;

	if (g_strv_length(scenario->when) != 2)
		complain(scenario, "when");
	is_devel = strcmp(scenario->when[0], "complement") == 0;
	if (!is_devel && strcmp(scenario->when[0], "select") != 0)
		complain(scenario, scenario->when[0]);
	content_select(&rules, scenario->rpms, scenario->when[1], is_devel, &content);
	for (char **nevra = content.nevras; *nevra; nevra++)
		g_string_append_printf(got, "%s\n", *nevra);
	for (char **license = content.licenses; *license; license++)
		g_string_append_printf(got, "license %s\n", *license);
	return g_string_free(got, FALSE);
}

static void scenario_clear(struct scenario *scenario)
{
	g_hash_table_unref(scenario->components);
	g_strfreev(scenario->filter);
	g_strfreev(scenario->whitelist);
	g_ptr_array_unref(scenario->rpms);
	g_strfreev(scenario->when);
	g_string_free(scenario->expected, TRUE);
}

static bool run_file(const char *file)
{
	struct scenario scenario = { .file = file };
	g_autofree char *text = NULL;
	g_autofree char *got = NULL;
	g_auto(GStrv) lines = NULL;
	bool is_good;

	scenario.components =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, component_free);
	scenario.rpms = g_ptr_array_new_with_free_func(rpm_free);
	if (!g_file_get_contents(file, &text, NULL, NULL))
		complain(&scenario, "this file");
	lines = g_strsplit(text, "\n", 0);
	for (char **line = lines; *line; line++)
		read_line(&scenario, *line);
	if (!scenario.expected || !scenario.when || g_strv_length(lines) > 31)
		complain(&scenario, "a scenario without expectation, or of more than 30 lines");
	got = run_when(&scenario);
	is_good = strcmp(scenario.expected->str, got) == 0;
	if (!is_good)
		fprintf(stderr, "FAILED %s\nexpected:\n%sgot:\n%s", file, scenario.expected->str,
			got);
	scenario_clear(&scenario);
	return is_good;
}

int main(void)
{
	return scenarios_run((const char *const[]){ "content", NULL }, run_file);
}
