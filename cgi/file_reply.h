/* SPDX-License-Identifier: MIT */
#ifndef CGI_FILE_REPLY_H
#define CGI_FILE_REPLY_H

#include "cgi/reply.h"
#include "cgi/request.h"

/*
 * Answers with the first size bytes of a file, or with the part that a Range header asks for (206,
 * 416). With If-Range the whole file is sent: we give no validator that it could name.
 */
bool reply_file(const struct web_request *request, struct reply *reply, int fd, uint64_t size,
		GError **error);

#endif
