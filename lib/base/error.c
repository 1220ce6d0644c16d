/* SPDX-License-Identifier: MIT */
#include "base/error.h"

static const char *const names[RIDA_ERROR__COUNT] = {
	[RIDA_ERROR_MALFORMED] = "malformed",
	[RIDA_ERROR_UNKNOWN_CALLER] = "unknown-caller",
	[RIDA_ERROR_FORBIDDEN] = "forbidden",
	[RIDA_ERROR_MISSING] = "missing",
	[RIDA_ERROR_CONFLICT] = "conflict",
	[RIDA_ERROR_UNACCEPTABLE] = "unacceptable",
	[RIDA_ERROR_UNSUPPORTED] = "unsupported",
	[RIDA_ERROR_UNAVAILABLE] = "unavailable",
	[RIDA_ERROR_UNKNOWN_OUTCOME] = "unknown-outcome",
	[RIDA_ERROR_INTERNAL] = "internal",
};

GQuark rida_error_quark(void)
{
	return g_quark_from_static_string("rida-error");
}

bool fail(GError **error, RidaError code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (error)
		*error = g_error_new_valist(RIDA_ERROR, (gint)code, format, arguments);
	va_end(arguments);
	return false;
}

RidaError error_code(const GError *error)
{
	if (error->domain != RIDA_ERROR)
		return RIDA_ERROR_INTERNAL;
	return (RidaError)error->code;
}

const char *error_code_name(RidaError code)
{
	g_assert(code < RIDA_ERROR__COUNT);
	return names[code];
}

bool error_is_final(const GError *error)
{
	switch (error_code(error)) {
	case RIDA_ERROR_MALFORMED:
	case RIDA_ERROR_UNKNOWN_CALLER:
	case RIDA_ERROR_FORBIDDEN:
	case RIDA_ERROR_MISSING:
	case RIDA_ERROR_CONFLICT:
	case RIDA_ERROR_UNACCEPTABLE:
	case RIDA_ERROR_UNSUPPORTED:
		return true;
	case RIDA_ERROR_UNAVAILABLE:
	case RIDA_ERROR_UNKNOWN_OUTCOME:
	case RIDA_ERROR_INTERNAL:
	case RIDA_ERROR__COUNT:
		break;
	}
	return false;
}
