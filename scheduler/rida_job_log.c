/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ports/builder/local_job.h"

#define READ_MAX    ((gsize)256 << 10)
#define TROUBLE_MAX 2048 /* of an excerpt */
#define REASON_MAX  300
#define TROUBLE_RULE                                                                                           \
	"error:|fatal:|is needed by|undefined reference|no such file|not found|permission denied|unreachable|" \
	"too large|no space left|cannot allocate|cannot fork|limit exceeded|temporarily unavailable|not permitted|read-only|\\*\\*\\*"

void job_log_note(const char *log_dir, const char *format, ...)
{
	g_autofree char *path = g_build_filename(log_dir, JOB_LOG_ROOT, NULL);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	g_autofree char *text = NULL, *line = NULL;
	va_list values;

	if (fd < 0)
		return;
	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	line = g_strdup_printf("%s %s\n", time, text);
	/* A log that cannot be written stops no build. */
	if (write(fd, line, strlen(line)) < 0)
		line[0] = '\0';
	close(fd);
}

char *job_log_read(const char *log_dir, const char *name, gsize *ret_length)
{
	g_autofree char *path = g_build_filename(log_dir, name, NULL);
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = g_malloc(READ_MAX + 1);
	struct stat status;
	ssize_t length = 0;

	if (fd >= 0 && fstat(fd, &status) == 0)
		length = pread(fd, text, READ_MAX,
			       status.st_size > (off_t)READ_MAX ? status.st_size - (off_t)READ_MAX
								: 0);
	if (fd >= 0)
		close(fd);
	*ret_length = length > 0 ? (gsize)length : 0;
	text[*ret_length] = '\0';
	return text;
}

/* Lines of trouble, one per element; rpmbuild's shell trace ("+ …") speaks of none. */
static char **trouble_lines(const char *valid)
{
	g_autoptr(GRegex) rule = g_regex_new(TROUBLE_RULE, G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);

	for (size_t i = 0; lines[i]; i++)
		if (lines[i][0] != '+' && g_regex_match(rule, lines[i], 0, NULL))
			g_ptr_array_add(found, g_strdup(lines[i]));
	g_ptr_array_add(found, NULL);
	return (char **)g_ptr_array_steal(found, NULL);
}

/* The end of a text from a line's start on, at most max bytes. */
static const char *last_lines(const char *text, gsize max)
{
	const gsize length = strlen(text);
	const char *start;

	if (length <= max)
		return text;
	start = text + length - max;
	return strchr(start, '\n') ? strchr(start, '\n') + 1 : g_utf8_find_next_char(start, NULL);
}

char *job_log_excerpt(const char *text, gsize length)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
	g_auto(GStrv) trouble = trouble_lines(valid);
	GString *excerpt = g_string_new(NULL);

	for (size_t i = 0; trouble[i]; i++)
		if (excerpt->len + strlen(trouble[i]) < TROUBLE_MAX)
			g_string_append_printf(excerpt, "%s\n", trouble[i]);
	if (excerpt->len)
		g_string_append(excerpt, "…\n");
	g_string_append(excerpt, last_lines(valid, JOB_EXCERPT_MAX - excerpt->len));
	return g_string_free(excerpt, FALSE);
}

char *job_log_trouble(const char *text, gsize length)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
	g_auto(GStrv) trouble = trouble_lines(valid);
	g_autoptr(GString) words = g_string_new(NULL);

	for (size_t i = 0; trouble[i] && words->len < REASON_MAX; i++)
		g_string_append_printf(words, "%s%s", i ? "; " : "", g_strstrip(trouble[i]));
	if (words->len > REASON_MAX) {
		g_string_truncate(words, REASON_MAX);
		return g_utf8_make_valid(words->str, -1);
	}
	return words->len ? g_strdup(words->str) : NULL;
}

void job_log_describe(const char *log_dir, struct local_result *result)
{
	static const char *const names[] = { JOB_LOG_BUILD, JOB_LOG_ROOT };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize length;
		g_autofree char *text = job_log_read(log_dir, names[i], &length);

		if (length == 0)
			continue;
		result->log_file = g_strdup(names[i]);
		if (result->state != TASK_CLOSED)
			result->excerpt = job_log_excerpt(text, length);
		return;
	}
}
