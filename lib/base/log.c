/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/error.h"

/* A line has no more bytes; a value that is longer is cut, so that even escaped it fits. */
#define LINE_MAX_BYTES  4096
#define VALUE_MAX_BYTES 900

enum sink { SINK_STDERR, SINK_SYSLOG, SINK_JOURNAL, SINK_FILE };

static const struct {
	const char *name;
	int priority;
} levels[LOG_LEVEL__COUNT] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static struct {
	enum sink sink;
	enum log_level level;
	int fd;
} logger = { SINK_STDERR, LOG_LEVEL_INFO, STDERR_FILENO };

/* char *: " key=value". Of this thread: the others' builds are others. */
static _Thread_local GPtrArray *scopes;

bool log_open(const char *sink, enum log_level level, const char *program, GError **error)
{
	log_close();
	logger.level = level;
	if (strcmp(sink, "syslog") == 0) {
		logger.sink = SINK_SYSLOG;
		openlog(program, LOG_PID, LOG_DAEMON);
	} else if (strcmp(sink, "journal") == 0) {
		logger.sink = SINK_JOURNAL;
	} else if (sink[0] == '/') {
		logger.fd = open(sink, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (logger.fd < 0) {
			logger.fd = STDERR_FILENO;
			return fail(error, RIDA_ERROR_UNAVAILABLE,
				    "the log file %s cannot be opened: %s", sink,
				    g_strerror(errno));
		}
		logger.sink = SINK_FILE;
	} else if (strcmp(sink, "stderr") != 0) {
		return fail(error, RIDA_ERROR_MALFORMED,
			    "log: \"%s\" is not stderr, syslog, journal or an absolute path", sink);
	}
	return true;
}

void log_close(void)
{
	if (logger.sink == SINK_FILE)
		close(logger.fd);
	if (logger.sink == SINK_SYSLOG)
		closelog();
	logger.sink = SINK_STDERR;
	logger.fd = STDERR_FILENO;
}

struct log_field log_text(const char *key, const char *value)
{
	return (struct log_field){ .key = key, .text = value ? value : "" };
}

struct log_field log_u64(const char *key, uint64_t value)
{
	return (struct log_field){ .key = key, .number = (int64_t)value, .is_unsigned = true };
}

struct log_field log_i64(const char *key, int64_t value)
{
	return (struct log_field){ .key = key, .number = value };
}

struct log_field log_error_text(const GError *problem)
{
	return (struct log_field){ .key = "problem", .problem = problem, .text = "unknown" };
}

static bool is_plain(const char *value)
{
	if (!*value)
		return false;
	for (const unsigned char *byte = (const unsigned char *)value; *byte; byte++)
		if (*byte <= ' ' || *byte >= 0x7f || *byte == '"' || *byte == '=' || *byte == '\\')
			return false;
	return true;
}

/* Whether it is written as it is: no control character, and none that ends a line or turns its
 * direction. */
static bool is_shown(gunichar character)
{
	GUnicodeType type = g_unichar_type(character);

	return g_unichar_isprint(character) && type != G_UNICODE_LINE_SEPARATOR &&
	       type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

static void append_quoted(GString *line, const char *value)
{
	g_string_append_c(line, '"');
	for (const char *at = value; *at; at = g_utf8_find_next_char(at, NULL)) {
		gunichar character = g_utf8_get_char(at);

		if (character == '"' || character == '\\')
			g_string_append_printf(line, "\\%c", (char)character);
		else if (character == '\n')
			g_string_append(line, "\\n");
		else if (!is_shown(character))
			g_string_append_printf(line, character < 0x100 ? "\\x%02x" : "\\u%04x",
					       character);
		else
			g_string_append_unichar(line, character);
	}
	g_string_append_c(line, '"');
}

/* Appends " key=value", or nothing when the line would become too long. */
static void append_pair(GString *line, const char *key, const char *value)
{
	g_autofree char *cut = g_strndup(value, VALUE_MAX_BYTES);
	g_autofree char *valid = g_utf8_make_valid(cut, -1);
	g_autoptr(GString) pair = g_string_new(NULL);

	g_string_append_printf(pair, " %s=", key);
	if (is_plain(valid))
		g_string_append(pair, valid);
	else
		append_quoted(pair, valid);
	if (line->len + pair->len <= LINE_MAX_BYTES)
		g_string_append_len(line, pair->str, (gssize)pair->len);
}

static void append_problem(GString *line, const struct log_field *field)
{
	g_autofree char *text = g_strdup_printf(
		"%s: %s", error_code_name(error_code(field->problem)), field->problem->message);

	append_pair(line, field->key, text);
}

static void append_field(GString *line, const struct log_field *field)
{
	char number[24];

	if (field->problem) {
		append_problem(line, field);
		return;
	}
	if (field->is_unsigned)
		g_snprintf(number, sizeof number, "%" PRIu64, (uint64_t)field->number);
	else
		g_snprintf(number, sizeof number, "%" PRId64, field->number);
	append_pair(line, field->key, field->text ? field->text : number);
}

static void append_time(GString *line)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");

	g_string_append_printf(line, "%s.%03dZ ", text, g_date_time_get_microsecond(now) / 1000);
}

static void emit(enum log_level level, GString *line)
{
	ssize_t written;

	if (logger.sink == SINK_SYSLOG) {
		syslog(levels[level].priority, "%s", line->str);
		return;
	}
	g_string_append_c(line, '\n');
	written = write(logger.fd, line->str, line->len);
	(void)written; /* a request never fails because its log line could not be written */
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count)
{
	g_autoptr(GString) line = NULL;
	int saved = errno;

	if (level > logger.level)
		return;
	line = g_string_new(NULL);
	if (logger.sink == SINK_JOURNAL)
		g_string_append_printf(line, "<%d>", levels[level].priority);
	else if (logger.sink != SINK_SYSLOG)
		append_time(line);
	g_string_append_printf(line, "%s %s", levels[level].name, event);
	for (guint i = 0; scopes && i < scopes->len; i++)
		g_string_append(line, scopes->pdata[i]);
	for (size_t i = 1; i < count; i++)
		append_field(line, &fields[i]);
	emit(level, line);
	errno = saved;
}

struct log_scope log_scope_enter(const char *key, const char *format, ...)
{
	g_autoptr(GString) pair = g_string_new(NULL);
	g_autofree char *value = NULL;
	va_list arguments;

	va_start(arguments, format);
	value = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	append_pair(pair, key, value);
	if (!scopes)
		scopes = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(scopes, g_strdup(pair->str));
	return (struct log_scope){ .is_open = true };
}

void log_scope_leave(struct log_scope *scope)
{
	if (!scope->is_open)
		return;
	g_ptr_array_set_size(scopes, (gint)scopes->len - 1);
	if (scopes->len == 0)
		g_clear_pointer(&scopes, g_ptr_array_unref);
	scope->is_open = false;
}
