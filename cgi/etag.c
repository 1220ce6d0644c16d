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
	reply->has_etag = true;
	if (!etag_matches(web_request_parameter(request, "HTTP_IF_NONE_MATCH"), etag))
		return false;
	reply->status = 304;
	return true;
}

bool reply_etag_of_body(const struct web_request *request, struct reply *reply)
{
	g_autofree char *hash = NULL;

	if (strcmp(reply->caching, "no-store") == 0 || reply->has_etag || reply->is_begun ||
	    reply->length >= 0 || reply->status != 200)
		return false;
	hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)reply->body->str,
					   reply->body->len);
	hash[32] = '\0';
	return reply_etag(request, reply, hash);
}
