/* SPDX-License-Identifier: MIT */
#include "cgi/build_id.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/strict.h"

bool build_id_read(const struct web_request *request, uint64_t *ret, GError **error)
{
	if (strict_u64(request->wanted[0], 1, UINT64_MAX, ret, NULL))
		return true;
	return fail(
		error, RIDA_ERROR_MISSING,
		"there is no such build: builds have numbers; the list is at /rida/module-builds/");
}

bool build_is_missing(uint64_t id, GError **error)
{
	return fail(error, RIDA_ERROR_MISSING,
		    "there is no build %" PRIu64 "; the list of builds is at /rida/module-builds/",
		    id);
}
