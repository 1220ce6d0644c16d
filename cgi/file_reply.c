/* SPDX-License-Identifier: MIT */
#include "cgi/file_reply.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/etag.h"
#include "cgi/range.h"

#define CHUNK 65536

/* Sends length bytes from first on; a file that became shorter breaks the answer off. */
static bool send_bytes(struct reply *reply, int fd, uint64_t first, uint64_t length, GError **error)
{
	g_autofree char *buffer = g_malloc(CHUNK);

	while (length > 0) {
		ssize_t got = pread(fd, buffer, MIN(length, CHUNK), (off_t)first);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail(error, RIDA_ERROR_INTERNAL, "the file ended before its end: %s",
				    got < 0 ? g_strerror(errno) : "it was cut");
		g_string_append_len(reply->body, buffer, got);
		first += (uint64_t)got;
		length -= (uint64_t)got;
		if (!reply_flush(reply))
			return true;
	}
	return true;
}

/* A file that is written to, or replaced, has another tag. */
static bool client_has_it(const struct web_request *request, struct reply *reply, int fd)
{
	struct stat facts;
	g_autofree char *tag = NULL;

	if (fstat(fd, &facts) != 0)
		return false;
	tag = g_strdup_printf("file-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "%09ld",
			      (uint64_t)facts.st_ino, (uint64_t)facts.st_size,
			      (uint64_t)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
	return reply_etag(request, reply, tag);
}

bool reply_file(const struct web_request *request, struct reply *reply, int fd, uint64_t size,
		GError **error)
{
	const char *header = web_request_parameter(request, "HTTP_RANGE");
	struct byte_range range;
	g_autofree char *told = NULL;

	if (client_has_it(request, reply, fd))
		return true;
	if (web_request_parameter(request, "HTTP_IF_RANGE"))
		header = NULL;
	range = range_read(header, size);
	reply_header(reply, "Accept-Ranges", "bytes");
	if (range.kind == RANGE_OUTSIDE) {
		told = g_strdup_printf("bytes */%" PRIu64, size);
		reply->status = 416;
		reply_header(reply, "Content-Range", told);
		return true;
	}
	if (range.kind == RANGE_WHOLE) {
		range.first = 0;
	} else {
		told = g_strdup_printf("bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first,
				       range.last, size);
		reply->status = 206;
		reply_header(reply, "Content-Range", told);
		size = range.last + 1 - range.first;
	}
	reply->length = (int64_t)size;
	return reply->is_head || send_bytes(reply, fd, range.first, size, error);
}
