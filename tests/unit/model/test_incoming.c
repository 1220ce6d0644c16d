/* SPDX-License-Identifier: MIT */
#include "model/incoming.h"

#include <stdbool.h>

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define KOJI "org.fedoraproject.prod.buildsys."
#define UMB  "VirtualTopic.eng.brew."
#define GATE "org.fedoraproject.prod.greenwave.decision.update"

static void what_a_message_is_about_is_found(void **state)
{
	static const struct {
		const char *topic, *body;
		struct incoming wanted;
	} cases[] = {
		{ KOJI "build.state.change",
		  "{\"instance\":\"primary\",\"task_id\":6378,\"new\":1,\"name\":\"bash\"}",
		  { .kind = INCOMING_TASK, .task_id = 6378 } },
		{ KOJI "build.state.change",
		  "{\"msg\":{\"task_id\":7,\"new\":3},\"msg_id\":\"2026-x\"}",
		  { .kind = INCOMING_TASK, .task_id = 7 } },
		{ KOJI "build.state.change",
		  "{\"body\":{\"msg\":{\"task_id\":8}}}",
		  { .kind = INCOMING_TASK, .task_id = 8 } },
		{ UMB "build.complete",
		  "{\"info\":{\"task_id\":9},\"new\":1}",
		  { .kind = INCOMING_TASK, .task_id = 9 } },
		{ KOJI "tag",
		  "{\"tag\":\"module-foo-1-2-00000000-build\",\"name\":\"bash\"}",
		  { .kind = INCOMING_TAG, .tag = (char *)(uintptr_t) "module-foo-1-2-00000000" } },
		{ UMB "build.tag",
		  "{\"tag\":{\"name\":\"module-x\"},\"build\":{\"nvr\":\"a-1-1\"}}",
		  { .kind = INCOMING_TAG, .tag = (char *)(uintptr_t) "module-x" } },
		{ KOJI "repo.done",
		  "{\"tag\":\"module-x-build\",\"repo_id\":1}",
		  { .kind = INCOMING_TAG, .tag = (char *)(uintptr_t) "module-x" } },
		{ UMB "repo.done",
		  "{\"repo\":{\"tag_name\":\"module-x-build\"}}",
		  { .kind = INCOMING_TAG, .tag = (char *)(uintptr_t) "module-x" } },
		{ GATE,
		  "{\"subject_identifier\":\"a-b-rolling_x-20260101.c0ffee42\"}",
		  { .kind = INCOMING_MODULE,
		    .name = (char *)(uintptr_t) "a-b",
		    .stream = (char *)(uintptr_t) "rolling_x",
		    .version = 20260101,
		    .context = (char *)(uintptr_t) "c0ffee42" } },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct incoming *wanted = &cases[i].wanted;
		g_auto(Incoming) found = incoming_read(cases[i].topic, cases[i].body);

		assert_int_equal(found.kind, wanted->kind);
		assert_int_equal(found.task_id, wanted->task_id);
		assert_int_equal(found.version, wanted->version);
		assert_true(g_strcmp0(found.tag, wanted->tag) == 0);
		assert_true(g_strcmp0(found.name, wanted->name) == 0);
		assert_true(g_strcmp0(found.stream, wanted->stream) == 0);
		assert_true(g_strcmp0(found.context, wanted->context) == 0);
	}
}

static void p9_what_is_not_understood_is_about_nothing(void **state)
{
	static const struct {
		const char *topic, *body;
	} cases[] = {
		{ "", "{}" },
		{ "buildsys", "{\"task_id\":1}" },
		{ "notbuildsys.tag", "{\"tag\":\"x\"}" },
		{ KOJI "build.state.change", "" },
		{ KOJI "build.state.change", "[]" },
		{ KOJI "build.state.change", "{\"task_id\":null}" },
		{ KOJI "build.state.change", "{\"task_id\":\"1\"}" },
		{ KOJI "build.state.change", "{\"task_id\":0}" },
		{ KOJI "build.state.change", "{\"task_id\":-1}" },
		{ KOJI "build.state.change", "{\"task_id\":1.5}" },
		{ KOJI "build.state.change", "{\"task_id\":1,\"instance\":\"ppc\"}" },
		{ KOJI "build.state.change", "{\"task_id\":1" },
		{ KOJI "build.state.change",
		  "{\"msg\":{\"msg\":{\"msg\":{\"msg\":{\"task_id\":1}}}}}" },
		{ KOJI "tag", "{\"tag\":null}" },
		{ KOJI "tag", "{\"tag\":{}}" },
		{ KOJI "tag", "{\"tag\":\"-build\"}" },
		{ KOJI "tag", "{\"tag\":\"../../etc\"}" },
		{ KOJI "tag", "{\"tag\":\"' OR 1=1\"}" },
		{ KOJI "repo.done", "{\"repo\":[]}" },
		{ GATE, "{\"subject_identifier\":\"foo\"}" },
		{ GATE, "{\"subject_identifier\":\"foo-1.2-3\"}" },
		{ GATE, "{\"subject_identifier\":\"foo-1-x.00000000\"}" },
		{ GATE, "{\"subject_identifier\":\"-1-2.00000000\"}" },
		{ GATE, "{\"subject_identifier\":\"foo-1-0.00000000\"}" },
		{ GATE, "{\"subject_identifier\":[\"foo-1-2.00000000\"]}" },
	};
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autofree char *topic = g_strnfill(300, 'a');
	g_autofree char *long_topic = g_strconcat(topic, ".buildsys.tag", NULL);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Incoming) found = incoming_read(cases[i].topic, cases[i].body);

		assert_int_equal(found.kind, INCOMING_NOTHING);
	}
	assert_int_equal(incoming_read(KOJI "tag", deep).kind, INCOMING_NOTHING);
	assert_int_equal(incoming_read(long_topic, "{\"tag\":\"x\"}").kind, INCOMING_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_message_is_about_is_found),
		cmocka_unit_test(p9_what_is_not_understood_is_about_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
