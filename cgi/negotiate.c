/* SPDX-License-Identifier: MIT */
#include "cgi/negotiate.h"

#include <glib.h>
#include <string.h>

/* What an Accept header says about one type: its quality in thousandths, by the most specific
 * range. */
struct verdict {
	const char *type;
	const char *family; /* with the slash and the star */
	int specificity;
	int quality;
};

/* "0.8" is 800; what is no quality counts as 0. */
static int read_quality(const char *text)
{
	int quality = 0, scale = 1000;

	if (text[0] != '0' && text[0] != '1')
		return 0;
	quality = (text[0] - '0') * scale;
	if (text[1] == '.')
		for (text += 2; g_ascii_isdigit(*text) && scale > 1; text++) {
			scale /= 10;
			quality += (*text - '0') * scale;
		}
	return MIN(quality, 1000);
}

/* The q parameter of a media range; 1000 without one. */
static int range_quality(char **parts)
{
	for (char **part = parts + 1; *part; part++) {
		g_strstrip(*part);
		if (g_ascii_strncasecmp(*part, "q=", 2) == 0)
			return read_quality(*part + 2);
	}
	return 1000;
}

static void judge(struct verdict *verdict, const char *range, int quality)
{
	int specificity = 0;

	if (g_ascii_strcasecmp(range, verdict->type) == 0)
		specificity = 3;
	else if (g_ascii_strcasecmp(range, verdict->family) == 0)
		specificity = 2;
	else if (strcmp(range, "*/*") == 0)
		specificity = 1;
	if (specificity <= verdict->specificity)
		return;
	verdict->specificity = specificity;
	verdict->quality = quality;
}

/* What can be asked for; of equals the first is given. */
enum offer { OFFER_JSON, OFFER_HTML, OFFER_EVENTS };

static enum offer best_offer(const char *accept, size_t offers)
{
	struct verdict verdicts[] = {
		[OFFER_JSON] = { "application/json", "application/*", 0, 0 },
		[OFFER_HTML] = { "text/html", "text/*", 0, 0 },
		[OFFER_EVENTS] = { "text/event-stream", "text/*", 0, 0 },
	};
	g_auto(GStrv) ranges = g_strsplit(accept ? accept : "", ",", 64);
	size_t best = OFFER_JSON;

	for (char **range = ranges; *range; range++) {
		g_auto(GStrv) parts = g_strsplit(*range, ";", 16);
		int quality;

		if (!parts[0])
			continue;
		quality = range_quality(parts);
		g_strstrip(parts[0]);
		for (size_t i = 0; i < offers; i++)
			judge(&verdicts[i], parts[0], quality);
	}
	for (size_t i = 1; i < offers; i++)
		if (verdicts[i].quality > verdicts[best].quality)
			best = i;
	return (enum offer)best;
}

bool accept_prefers_html(const char *accept)
{
	return best_offer(accept, OFFER_HTML + 1) == OFFER_HTML;
}

bool accept_prefers_events(const char *accept)
{
	return best_offer(accept, OFFER_EVENTS + 1) == OFFER_EVENTS;
}
