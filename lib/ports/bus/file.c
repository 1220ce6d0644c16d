/* SPDX-License-Identifier: MIT */
#include "ports/bus/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "text/json.h"

/*
 * Messages as JSON lines: {"id", "topic", "build", "seq", "body"}. Writers take turns by a lock on
 * the file; a batch is written whole and is on the disk before it counts as sent. A last line
 * without its end was left by a writer that died; it was never counted, so it is cut off.
 */

struct bus_file {
	struct bus base;
	struct bus_options options; /* its texts are borrowed */
	int fd;
};

static bool refuse(const struct bus_file *file, const char *what, GError **error)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE, "the message file %s cannot be %s: %s",
		    file->options.file, what, g_strerror(errno));
}

static void file_close(struct bus *bus)
{
	struct bus_file *file = (struct bus_file *)bus;

	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	g_free(file);
}

static bool file_open(const struct bus_options *options, struct bus **ret, GError **error)
{
	struct bus_file *file = g_new0(struct bus_file, 1);

	file->base.ops = &bus_file;
	file->options = *options;
	file->fd =
		open(file->options.file, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	if (file->fd < 0) {
		refuse(file, "opened", error);
		file_close(&file->base);
		return false;
	}
	*ret = &file->base;
	return true;
}

/* The length up to the end of the last whole line. */
static bool whole_length(const struct bus_file *file, off_t length, off_t *ret, GError **error)
{
	char chunk[4096];

	while (length > 0) {
		off_t start = MAX(0, length - (off_t)sizeof chunk);
		ssize_t count = pread(file->fd, chunk, (size_t)(length - start), start);
		const char *last;

		if (count != length - start)
			return refuse(file, "read", error);
		last = memrchr(chunk, '\n', (size_t)count);
		if (last) {
			*ret = start + (last + 1 - chunk);
			return true;
		}
		length = start;
	}
	*ret = 0;
	return true;
}

static bool repair(const struct bus_file *file, off_t *ret_length, GError **error)
{
	struct stat facts;

	if (fstat(file->fd, &facts) != 0)
		return refuse(file, "read", error);
	if (!whole_length(file, facts.st_size, ret_length, error))
		return false;
	if (*ret_length < facts.st_size && ftruncate(file->fd, *ret_length) != 0)
		return refuse(file, "repaired", error);
	return true;
}

static void append_line(const struct bus_file *file, const struct bus_message *message,
			GString *lines)
{
	g_autofree char *topic = bus_topic(&file->options, message);
	g_autoptr(JsonObject) line = json_object_new_object();
	struct json_object *body;

	/* A body that is no JSON goes as text, so that it cannot hold up the messages behind it. */
	if (!read_json(message->body, strlen(message->body), &body, NULL))
		body = json_object_new_string(message->body);
	json_object_object_add(line, "id", json_object_new_string(message->id));
	json_object_object_add(line, "topic", json_object_new_string(topic));
	json_object_object_add(line, "build", json_object_new_uint64(message->build_id));
	json_object_object_add(line, "seq", json_object_new_uint64(message->seq));
	json_object_object_add(line, "body", body);
	append_json(lines, line);
	g_string_append_c(lines, '\n');
}

/* All of it on the disk, or the file as it was. */
static bool write_lines(const struct bus_file *file, const GString *lines, GError **error)
{
	size_t written = 0;
	off_t before;

	if (!repair(file, &before, error))
		return false;
	while (written < lines->len) {
		ssize_t count = write(file->fd, lines->str + written, lines->len - written);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			break;
		written += (size_t)count;
	}
	if (written == lines->len && fdatasync(file->fd) == 0)
		return true;
	refuse(file, "written", error);
	if (ftruncate(file->fd, before) != 0)
		g_prefix_error(error, "(and not cut back: %s) ", g_strerror(errno));
	return false;
}

static bool file_send_many(struct bus *bus, const struct bus_message *messages, size_t count,
			   int64_t deadline, struct bus_outcome *outcomes, GError **error)
{
	struct bus_file *file = (struct bus_file *)bus;
	g_autoptr(GString) lines = g_string_new(NULL);
	bool is_good;

	(void)deadline;
	for (size_t i = 0; i < count; i++)
		append_line(file, &messages[i], lines);
	while (flock(file->fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return refuse(file, "locked", error);
	is_good = write_lines(file, lines, error);
	flock(file->fd, LOCK_UN);
	for (size_t i = 0; is_good && i < count; i++)
		outcomes[i].verdict = BUS_ACCEPTED;
	return is_good;
}

const struct bus_ops bus_file = {
	.name = "file",
	.open = file_open,
	.close = file_close,
	.send_many = file_send_many,
	.receive_many = bus_hears_nothing,
	.acknowledge = bus_acknowledges_nothing,
};
