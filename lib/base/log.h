/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Logging: one line = time, level, event, the fields of the open scopes, own fields, as logfmt.
 * Event names are constants of the form noun-verb and can be grepped. Values are escaped, so that
 * a line stays a line. An error is logged once, where it stops; library rooms return errors
 * instead.
 *
 *	LOG_SCOPE("build", "%" PRIu64, build->id);
 *	log_info("component-submitted", log_text("component", name), log_u64("task", task));
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* an operator must act */
	LOG_LEVEL_WARNING, /* we retried, or will */
	LOG_LEVEL_INFO,    /* a state changed */
	LOG_LEVEL_DEBUG,   /* the rest */
	LOG_LEVEL__COUNT
};

struct log_field {
	const char *key;
	const GError *problem; /* NULL: the text counts */
	const char *text;      /* NULL: the number counts */
	int64_t number;
	bool is_unsigned;
};

/* Opens the sink: "stderr", "syslog", "journal" or a file's absolute path. Errors: MALFORMED,
 * UNAVAILABLE. */
bool log_open(const char *sink, enum log_level level, const char *program, GError **error);
void log_close(void);

struct log_field log_text(const char *key, const char *value);
struct log_field log_u64(const char *key, uint64_t value);
struct log_field log_i64(const char *key, int64_t value);

/* The fields of an error: kind and message in one field, "kind: message". Borrows the error. */
struct log_field log_error_text(const GError *problem);

/* Writes one line; fields[0] is a placeholder. Never fails: a line that cannot be written is
 * dropped. */
void log_write(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count);

#define LOG_FIELDS_(...) ((const struct log_field[]){ { 0 }, __VA_ARGS__ })
#define LOG_AT_(level, event, ...)                                                                 \
	log_write(level, "" event, LOG_FIELDS_(__VA_ARGS__),                                       \
		  sizeof LOG_FIELDS_(__VA_ARGS__) / sizeof(struct log_field))
#define log_error(...)   LOG_AT_(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) LOG_AT_(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    LOG_AT_(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   LOG_AT_(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Enters a scope whose field stands in each line of this thread until the end of the enclosing
 * block. */
struct log_scope {
	bool is_open;
};
struct log_scope log_scope_enter(const char *key, const char *format, ...) G_GNUC_PRINTF(2, 3);
void log_scope_leave(struct log_scope *scope);

#define LOG_SCOPE_NAME_2_(line) log_scope_##line
#define LOG_SCOPE_NAME_(line)   LOG_SCOPE_NAME_2_(line)
#define LOG_SCOPE(key, ...)                                                                        \
	__attribute__((cleanup(log_scope_leave), unused)) struct log_scope LOG_SCOPE_NAME_(        \
		__LINE__) = log_scope_enter(key, __VA_ARGS__)

#endif
