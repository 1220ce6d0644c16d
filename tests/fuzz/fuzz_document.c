/* SPDX-License-Identifier: MIT */
/*
 * Reaches document_read(), document_store() and document_finish(): what is accepted can be stored,
 * and is then read with the same components.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "mmd/document.h"

static const char *const none[] = { NULL };
static const struct document_identity identity = {
	.name = "fuzz",
	.stream = "master",
	.version = 20260102030405,
	.context = "00000000",
	.scmurl = "git://h/fuzz.git",
	.commit = "0123456789012345678901234567890123456789",
	.component_names = none,
	.component_commits = none,
};
static const struct document_artifacts artifacts = { .arch = "x86_64",
						     .nevras = none,
						     .licenses = none };

static void compare(const struct document *document, const char *stored)
{
	g_autoptr(Document) again = NULL;

	g_assert_true(document_read(stored, strlen(stored), &again, NULL));
	g_assert_cmpuint(document->components->len, ==, again->components->len);
	g_assert_cmpstr(document->macros, ==, again->macros);
	for (guint i = 0; i < again->components->len; i++) {
		const struct document_component *old = g_ptr_array_index(document->components, i);
		const struct document_component *new = g_ptr_array_index(again->components, i);

		g_assert_cmpstr(old->name, ==, new->name);
		g_assert_cmpstr(old->ref, ==, new->ref);
		g_assert_cmpint(old->build_order, ==, new->build_order);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *stored = NULL;
	g_autofree char *final = NULL;
	g_autoptr(Document) document = NULL;

	if (!document_read(text, strlen(text), &document, NULL) ||
	    !document_store(text, &identity, &stored, NULL))
		return 0;
	compare(document, stored);
	g_assert_true(document_finish(stored, &artifacts, &final, NULL));
	compare(document, final);
	return 0;
}
