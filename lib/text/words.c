/* SPDX-License-Identifier: MIT */
#include "text/words.h"

#include <glib.h>
#include <string.h>

/* In UTF-8 the control characters 128 to 159 are this byte and their own. */
#define C1_LEAD 0xc2
#define C1_LAST 0x9f

char *plain_words(const char *text, size_t max)
{
	g_autofree char *start = g_strndup(text ? text : "", max);
	char *valid = g_utf8_make_valid(start, -1);

	for (char *byte = valid; *byte; byte++)
		if (g_ascii_iscntrl(*byte))
			*byte = ' ';
		else if ((guchar)byte[0] == C1_LEAD && (guchar)byte[1] <= C1_LAST)
			memset(byte, ' ', 2);
	return g_strstrip(valid);
}
