/* SPDX-License-Identifier: MIT */
#include "base/config.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/config_options.h"
#include "base/error.h"
#include "base/strict.h"
#include "base/yaml_events.h"

static const struct yaml_caps caps = {
	.bytes = 1 << 20, .depth = 2, .items = 10000, .scalar = 4096
};

/* Where the parser stands in the file. */
struct reading {
	struct config *config;
	const struct option *option; /* whose value comes next */
	GPtrArray *list;             /* the elements of an open list */
};

static const struct option *option_find(const char *name)
{
	for (size_t i = 0; i < config_options_count; i++)
		if (strcmp(config_options[i].name, name) == 0)
			return &config_options[i];
	return NULL;
}

static void *member(struct config *config, const struct option *option)
{
	return G_STRUCT_MEMBER_P(config, option->offset);
}

static void set_text(struct config *config, const struct option *option, const char *value)
{
	char **text = member(config, option);

	g_free(*text);
	*text = g_strdup(value);
}

static void set_list(struct config *config, const struct option *option, char **elements)
{
	char ***list = member(config, option);

	g_strfreev(*list);
	*list = elements;
}

static bool set_choice(uint64_t *place, const struct option *option, const char *value,
		       GError **error)
{
	g_autofree char *allowed = NULL;

	for (uint64_t i = 0; option->choices[i]; i++)
		if (strcmp(option->choices[i], value) == 0) {
			*place = i;
			return true;
		}
	allowed = g_strjoinv(", ", (char **)(uintptr_t)option->choices);
	return fail(error, RIDA_ERROR_MALFORMED, "one of %s is wanted, not \"%s\"", allowed, value);
}

static bool set_path(struct config *config, const struct option *option, const char *value,
		     GError **error)
{
	if (value[0] != '/' && !(value[0] == 0 && option->fallback[0] == 0) &&
	    !(value[0] == 0 && strcmp(option->name, "db_socket") == 0))
		return fail(error, RIDA_ERROR_MALFORMED, "an absolute path is wanted, not \"%s\"",
			    value);
	set_text(config, option, value);
	return true;
}

static bool set_value(struct config *config, const struct option *option, const char *value,
		      GError **error)
{
	bool is_on;

	switch (option->type) {
	case OPTION_TEXT:
		set_text(config, option, value);
		return true;
	case OPTION_PATH:
		return set_path(config, option, value, error);
	case OPTION_NUMBER:
		return strict_u64(value, option->min, option->max, member(config, option), error);
	case OPTION_SWITCH:
		if (!strict_bool(value, &is_on, error))
			return false;
		*(uint64_t *)member(config, option) = is_on;
		return true;
	case OPTION_CHOICE:
		return set_choice(member(config, option), option, value, error);
	case OPTION_LIST:
		/* A default, whose elements stand between blanks, or nothing. */
		set_list(config, option, g_strsplit(value, " ", -1));
		return true;
	}
	return true;
}

struct config *config_new(void)
{
	struct config *fresh = g_new0(struct config, 1);

	for (size_t i = 0; i < config_options_count; i++)
		if (!set_value(fresh, &config_options[i], config_options[i].fallback, NULL))
			g_error("the default of the option %s is not valid",
				config_options[i].name);
	return fresh;
}

void config_free(struct config *config)
{
	for (size_t i = 0; config && i < config_options_count; i++) {
		const struct option *option = &config_options[i];

		if (option->type == OPTION_TEXT || option->type == OPTION_PATH)
			g_free(*(char **)member(config, option));
		else if (option->type == OPTION_LIST)
			g_strfreev(*(char ***)member(config, option));
	}
	g_free(config);
}

static bool take_key(struct reading *reading, const struct yaml_item *item, GError **error)
{
	reading->option = option_find(item->text);
	if (reading->option)
		return true;
	return fail(error, RIDA_ERROR_MALFORMED,
		    "line %u: there is no option \"%s\"; rida-admin show-config lists them all",
		    item->line, item->text);
}

static bool take_value(struct reading *reading, const struct yaml_item *item, GError **error)
{
	if (reading->list && item->length == 0)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "line %u: %s: an element of the list is empty", item->line,
			    reading->option->name);
	if (reading->list) {
		g_ptr_array_add(reading->list, g_strdup(item->text));
		return true;
	}
	if (reading->option->type == OPTION_LIST && item->length > 0)
		return fail(error, RIDA_ERROR_MALFORMED, "line %u: %s: a list is wanted: [%s]",
			    item->line, reading->option->name, item->text);
	if (set_value(reading->config, reading->option, item->text, error))
		return true;
	g_prefix_error(error, "line %u: %s: ", item->line, reading->option->name);
	return false;
}

static bool take_list(struct reading *reading, const struct yaml_item *item, GError **error)
{
	if (item->kind == YAML_LIST_END) {
		g_ptr_array_add(reading->list, NULL);
		set_list(reading->config, reading->option,
			 (char **)g_ptr_array_steal(reading->list, NULL));
		g_clear_pointer(&reading->list, g_ptr_array_unref);
		return true;
	}
	if (!reading->option || reading->option->type != OPTION_LIST)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "line %u: %s: one value is wanted, not a list", item->line,
			    reading->option ? reading->option->name : "the file");
	reading->list = g_ptr_array_new_with_free_func(g_free);
	return true;
}

static bool take_item(const struct yaml_item *item, void *data, GError **error)
{
	struct reading *reading = data;

	switch (item->kind) {
	case YAML_SCALAR:
		if (item->depth == 0)
			return fail(error, RIDA_ERROR_MALFORMED,
				    "line %u: lines of the form \"key: value\" are wanted",
				    item->line);
		return item->is_key ? take_key(reading, item, error)
				    : take_value(reading, item, error);
	case YAML_LIST_BEGIN:
	case YAML_LIST_END:
		return take_list(reading, item, error);
	case YAML_MAP_BEGIN:
		if (item->depth > 0)
			return fail(error, RIDA_ERROR_MALFORMED,
				    "line %u: a mapping is not wanted here", item->line);
		return true;
	case YAML_MAP_END:
		return true;
	}
	return true;
}

/* Whether there is nothing but comments: the defaults count. */
static bool is_blank(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		const char *start = g_strchug(*line);

		if (*start && *start != '#')
			return false;
	}
	return true;
}

bool config_load(const char *path, struct config **ret, GError **error)
{
	g_autoptr(Config) fresh = config_new();
	g_autofree char *text = NULL;
	g_autoptr(GError) problem = NULL;
	struct reading reading = { .config = fresh };
	struct stat facts;
	gsize length;
	bool is_good;

	if (!g_file_get_contents(path, &text, &length, &problem))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "the configuration cannot be read: %s",
			    problem->message);
	if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & S_IWOTH))
		return fail(error, RIDA_ERROR_FORBIDDEN,
			    "anyone may change the configuration: chmod o-w %s", path);
	is_good =
		is_blank(text) || yaml_events_read(text, length, &caps, take_item, &reading, error);
	if (reading.list)
		g_ptr_array_unref(reading.list);
	if (!is_good) {
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	*ret = g_steal_pointer(&fresh);
	return true;
}

/* In the double quotes of YAML, which knows more ends of lines, and refuses more letters, than C.
 */
static void show_quoted(FILE *out, const char *text)
{
	g_autofree gunichar *letters = g_utf8_to_ucs4_fast(text, -1, NULL);

	fputc('"', out);
	for (const gunichar *letter = letters; *letter; letter++) {
		if (*letter == '"' || *letter == '\\')
			fprintf(out, "\\%c", (char)*letter);
		else if (*letter < 0x80 && g_ascii_isprint((char)*letter))
			fputc((char)*letter, out);
		else
			fprintf(out, "\\U%08x", *letter);
	}
	fputc('"', out);
}

static void show_list(FILE *out, char *const *elements)
{
	fputc('[', out);
	for (size_t i = 0; elements[i]; i++) {
		fputs(i ? ", " : "", out);
		show_quoted(out, elements[i]);
	}
	fputc(']', out);
}

static void show_value(FILE *out, const struct config *config, const struct option *option)
{
	const void *place = (const char *)config + option->offset;

	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_PATH:
		show_quoted(out, *(char *const *)place);
		return;
	case OPTION_NUMBER:
		fprintf(out, "%" PRIu64, *(const uint64_t *)place);
		return;
	case OPTION_SWITCH:
		fputs(*(const uint64_t *)place ? "true" : "false", out);
		return;
	case OPTION_CHOICE:
		fputs(option->choices[*(const uint64_t *)place], out);
		return;
	case OPTION_LIST:
		show_list(out, *(char **const *)place);
		return;
	}
}

void config_show(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < config_options_count; i++) {
		fprintf(out, "%s: ", config_options[i].name);
		show_value(out, config, &config_options[i]);
		fputc('\n', out);
	}
}

static void manual_range(FILE *out, const struct option *option)
{
	if (option->type == OPTION_NUMBER)
		fprintf(out, " Range: %" PRIu64 " to %" PRIu64 "%s%s.", option->min, option->max,
			option->unit ? " " : "", option->unit ? option->unit : "");
	if (option->type == OPTION_CHOICE) {
		g_autofree char *allowed = g_strjoinv(", ", (char **)(uintptr_t)option->choices);

		fprintf(out, " One of: %s.", allowed);
	}
}

void config_manual(FILE *out)
{
	for (size_t i = 0; i < config_options_count; i++) {
		const struct option *option = &config_options[i];

		fprintf(out, ".TP\n.B %s\n%s", option->name, option->help);
		manual_range(out, option);
		fprintf(out, " Default: %s.\n", *option->fallback ? option->fallback : "empty");
	}
}
