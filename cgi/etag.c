/* SPDX-License-Identifier: MIT */
#include "cgi/etag.h"

#include <string.h>

static const char *without_weakness(const char *tag)
{
	return g_str_has_prefix(tag, "W/") ? tag + 2 : tag;
}

bool etag_matches(const char *if_none_match, const char *etag)
{
	g_auto(GStrv) tags = NULL;

	if (!if_none_match || !etag)
		return false;
	tags = g_strsplit(if_none_match, ",", 64);
	for (char **tag = tags; *tag; tag++) {
		g_strstrip(*tag);
		if (strcmp(*tag, "*") == 0 ||
		    strcmp(without_weakness(*tag), without_weakness(etag)) == 0)
			return true;
	}
	return false;
}

bool reply_etag(const struct web_request *request, struct reply *reply, const char *tag)
{
	g_autofree char *etag = g_strdup_printf("W/\"%s\"", tag);

	reply_header(reply, "ETag", etag);
	reply_header(reply, "Cache-Control", "no-cache");
	if (!etag_matches(web_request_parameter(request, "HTTP_IF_NONE_MATCH"), etag))
		return false;
	reply->status = 304;
	return true;
}
