/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MMD_DOCUMENT_READING_H
#define TESTS_UNIT_MMD_DOCUMENT_READING_H

/* Documents that are read in tests; include it after cmocka.h. */

#include <string.h>

#include "mmd/document.h"

#define HEAD(version)                                                                              \
	"document: modulemd\nversion: " version "\ndata:\n  summary: s\n  description: d\n"

/* A valid document of version 2 to which a case adds lines of data. */
#define BASE      HEAD("2") "  license: {module: [MIT]}\n"
#define COMPONENT "  components:\n    rpms:\n      foo:\n        rationale: r\n"

static inline bool read_text(const char *text, struct document **ret, GError **error)
{
	return document_read(text, strlen(text), ret, error);
}

static inline struct document *read_good(const char *text)
{
	struct document *document = NULL;
	g_autoptr(GError) error = NULL;

	if (!read_text(text, &document, &error))
		fail_msg("%s\n%s", error->message, text);
	return document;
}

static inline const struct document_component *component_at(const struct document *document,
							    guint i)
{
	assert_true(i < document->components->len);
	return g_ptr_array_index(document->components, i);
}

#endif
