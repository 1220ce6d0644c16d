/* SPDX-License-Identifier: MIT */
#ifndef CGI_OWN_ADDRESS_H
#define CGI_OWN_ADDRESS_H

#include "cgi/request.h"

/*
 * The address of this service, without a slash at its end: public_url. The request's own word
 * counts on this host only: a stranger's would lead to his packages. NULL: not known. The caller
 * frees it.
 */
char *own_address(const struct web_request *request);

#endif
