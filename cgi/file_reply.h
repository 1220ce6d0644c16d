/* SPDX-License-Identifier: MIT */
#ifndef CGI_FILE_REPLY_H
#define CGI_FILE_REPLY_H

#include "cgi/reply.h"
#include "cgi/request.h"

/*
 * Answers with the first size bytes of a file, or with the part that a Range header asks for (206,
 * 416), and with a tag (304). With If-Range the whole file is sent: it cannot name a weak tag.
 */
bool reply_file(const struct web_request *request, struct reply *reply, int fd, uint64_t size,
		GError **error);

#endif
