/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * The one error domain of rida. A code says what the caller does next; the message is a sentence
 * for a person and names what was wrong, where, and what to do. Context is added on the way up
 * with g_prefix_error(). A function that fails returns false (or NULL) with the error set:
 *
 *	return fail(error, RIDA_ERROR_MALFORMED, "line %u: a number is wanted, not \"%s\"", line,
 *s);
 */

#include <glib.h>
#include <stdbool.h>

typedef enum {
	RIDA_ERROR_MALFORMED,       /* the request cannot be read                    400 */
	RIDA_ERROR_UNKNOWN_CALLER,  /* the caller must say who it is                 401 */
	RIDA_ERROR_FORBIDDEN,       /* the caller may not do this                    403 */
	RIDA_ERROR_MISSING,         /* there is no such thing                        404 */
	RIDA_ERROR_CONFLICT,        /* the thing is in the wrong state for this      409 */
	RIDA_ERROR_UNACCEPTABLE,    /* it can be read but must change                422 */
	RIDA_ERROR_UNSUPPORTED,     /* we do not do this                             501 */
	RIDA_ERROR_UNAVAILABLE,     /* the same call may work later                  503, retry */
	RIDA_ERROR_UNKNOWN_OUTCOME, /* it may or may not have happened: look before repeating */
	RIDA_ERROR_INTERNAL,        /* we are wrong: an operator must look           500 */
	RIDA_ERROR__COUNT
} RidaError;

#define RIDA_ERROR rida_error_quark()
GQuark rida_error_quark(void);

/* cmocka, the library of the unit tests, has a macro of this name. */
#undef fail

/* Sets *error and returns false, so that a failing function ends in one line. */
bool fail(GError **error, RidaError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The code of an error of our domain; RIDA_ERROR_INTERNAL for any other domain. */
RidaError error_code(const GError *error);

/* The name of a code in lower case with dashes, for logs: "unknown-outcome". */
const char *error_code_name(RidaError code);

/* Whether doing the same again cannot mend it. */
bool error_is_final(const GError *error);

#endif
