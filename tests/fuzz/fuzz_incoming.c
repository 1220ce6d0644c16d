/* SPDX-License-Identifier: MIT */
/* Reaches incoming_read(): the first line is the topic, the rest is the body; what is found is a
 * name of ours, or a number. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "model/incoming.h"
#include "model/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	char *body = strchr(text, '\n');
	g_auto(Incoming) found = { 0 };

	if (!body)
		return 0;
	*body++ = '\0';
	found = incoming_read(text, body);
	g_assert_true((found.kind == INCOMING_TASK) == (found.task_id > 0));
	if (found.kind == INCOMING_TAG)
		g_assert_true(name_is_valid(NAME_TAG, found.tag));
	if (found.kind == INCOMING_MODULE)
		g_assert_true(name_is_valid(NAME_MODULE, found.name) &&
			      name_is_valid(NAME_STREAM, found.stream) &&
			      name_is_valid(NAME_CONTEXT, found.context) && found.version > 0);
	return 0;
}
