/* SPDX-License-Identifier: MIT */
/*
 * Reaches document_read(), document_store() and document_finish(): in what is accepted every name
 * fits its rule and the components have an order, and it can be stored and is then read the same.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/yaml_events.h"
#include "mmd/document.h"
#include "model/batch.h"
#include "model/names.h"

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

/*
 * libmodulemd is not built for fuzzing, so libFuzzer does not see how far a document came in it.
 * Its words of refusal and the keys that it writes tell; libFuzzer counts what stands here.
 */
static uint8_t seen[1 << 11] __attribute__((used, section("__libfuzzer_extra_counters")));

static void see(guint hash)
{
	seen[hash % G_N_ELEMENTS(seen)] = 1;
}

/* Without digits and what stands in quotes or brackets. */
static void see_words(const char *words)
{
	g_autoptr(GString) shape = g_string_new(NULL);
	bool is_quoted = false;

	for (; *words; words++) {
		if (strchr("'\"()", *words))
			is_quoted = !is_quoted;
		else if (!is_quoted && !g_ascii_isdigit(*words))
			g_string_append_c(shape, *words);
	}
	see(g_string_hash(shape));
}

static bool see_item(const struct yaml_item *item, void *data, GError **error)
{
	(void)data;
	(void)error;
	if (item->is_key)
		see(g_str_hash(item->text) * 31 + item->depth);
	return true;
}

static void check_names(const struct document *document)
{
	g_assert_true(!document->name || name_is_valid(NAME_MODULE, document->name));
	g_assert_true(!document->stream || name_is_valid(NAME_STREAM, document->stream));
	g_assert_true(!document->context || name_is_valid(NAME_CONTEXT, document->context));
	for (char **name = document->filter; name && *name; name++)
		g_assert_true(name_is_valid(NAME_COMPONENT, *name));
	g_assert_true(!document->macros || g_utf8_validate(document->macros, -1, NULL));
}

static void component_destroy(void *component)
{
	component_free(component);
}

/* Every component has a batch, no batch is left out, and none is built before an earlier order. */
static void check_order(const struct document *document)
{
	g_autoptr(GPtrArray) components = g_ptr_array_new_with_free_func(component_destroy);
	const struct component *before = NULL;

	for (guint i = 0; i < document->components->len; i++) {
		const struct document_component *from = g_ptr_array_index(document->components, i);
		struct component *component = component_new(from->name);

		g_assert_true(name_is_valid(NAME_COMPONENT, from->name));
		g_assert_true(!from->ref || name_is_valid(NAME_REF, from->ref));
		component->build_order = from->build_order;
		g_ptr_array_add(components, component);
	}
	batch_assign(components);
	for (guint i = 0; i < components->len; i++) {
		const struct component *component = g_ptr_array_index(components, i);

		g_assert_cmpuint(component->batch, ==,
				 !before ? 2
					 : before->batch +
						   (component->build_order > before->build_order));
		g_assert_true(!before || before->build_order < component->build_order ||
			      strcmp(before->name, component->name) < 0);
		before = component;
	}
}

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
	g_autoptr(GError) error = NULL;

	/* Where a library complains to our log, it is not made for what it was given. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
	if (!document_read(text, strlen(text), &document, &error) ||
	    !document_store(text, &identity, &stored, &error)) {
		see_words(error->message);
		return 0;
	}
	check_names(document);
	check_order(document);
	compare(document, stored);
	g_assert_true(document_finish(stored, &artifacts, &final, NULL));
	compare(document, final);
	yaml_events_read(final, strlen(final), &yaml_caps_document, see_item, NULL, NULL);
	return 0;
}
