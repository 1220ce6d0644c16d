/* SPDX-License-Identifier: MIT */
/* Reaches record_read() and record_write(): a job's answer that was read is written as one that
 * reads the same. */
#include "tests/fuzz/fuzz.h"

#include "ports/builder/local_record.h"

struct answer {
	uint64_t state;
	char *nvr;
	char *reason;
	char **files;
};
static const struct record_field fields[] = {
	{ "state", RECORD_NUMBER, offsetof(struct answer, state) },
	{ "nvr", RECORD_TEXT, offsetof(struct answer, nvr) },
	{ "reason", RECORD_TEXT, offsetof(struct answer, reason) },
	{ "files", RECORD_LIST, offsetof(struct answer, files) },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	struct answer answer = { 0 };
	struct answer again = { 0 };

	if (!record_read(text, fields, G_N_ELEMENTS(fields), &answer, NULL)) {
		g_assert_true(!answer.nvr && !answer.reason && !answer.files);
		return 0;
	}
	first = record_write(&answer, fields, G_N_ELEMENTS(fields));
	g_assert_true(record_read(first, fields, G_N_ELEMENTS(fields), &again, NULL));
	second = record_write(&again, fields, G_N_ELEMENTS(fields));
	g_assert_cmpstr(first, ==, second);
	g_assert_cmpuint(answer.state, ==, again.state);
	record_clear(&answer, fields, G_N_ELEMENTS(fields));
	record_clear(&again, fields, G_N_ELEMENTS(fields));
	return 0;
}
