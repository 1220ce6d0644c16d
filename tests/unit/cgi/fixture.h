/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CGI_FIXTURE_H
#define TESTS_UNIT_CGI_FIXTURE_H

/* Requests without a web server: parameters as an array, the body as a text, the answer in a
 * string. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "cgi/reply.h"
#include "cgi/request.h"

struct exchange_fixture {
	const char *body;
	size_t read;
	GString *written;
};

static inline ssize_t fixture_read(void *stream, char *buffer, size_t size)
{
	struct exchange_fixture *fixture = stream;
	size_t left = strlen(fixture->body) - fixture->read;
	size_t some = MIN(MIN(size, left), 7);

	memcpy(buffer, fixture->body + fixture->read, some);
	fixture->read += some;
	return (ssize_t)some;
}

static inline bool fixture_write(void *stream, const char *bytes, size_t length)
{
	struct exchange_fixture *fixture = stream;

	g_string_append_len(fixture->written, bytes, (gssize)length);
	return true;
}

/* The parameters are C strings. */
#define PARAMETERS(...) ((char *const *)(uintptr_t)(const char *const[]){ __VA_ARGS__, NULL })

/* Ends the test with a text; cmocka's own word for it is taken by base/error.h. */
#define fail_with(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#endif
