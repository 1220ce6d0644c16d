/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "cgi/view/build_status.h"
#include "cgi/view/component_words.h"
#include "model/waits.h"

static void evidence_free(void *data)
{
	g_free(data);
}

/* A build of two batches: the first is complete, of the second one component is as it is wanted. */
static void make(struct build_details *details, enum build_state state, enum component_state second)
{
	static const char *const names[] = { "module-build-macros", "foo" };

	*details = (struct build_details){ .build = build_new() };
	details->build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	details->evidence = g_ptr_array_new_with_free_func(evidence_free);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		struct component *component = component_new(names[i]);

		component->id = i + 1;
		component->batch = i + 1;
		component->state = i ? second : COMPONENT_COMPLETE;
		component->tagged = component->state == COMPONENT_COMPLETE;
		component->task_id = component->state == COMPONENT_WAITING ? 0 : 70 + i;
		g_ptr_array_add(details->build->components, component);
		g_ptr_array_add(details->evidence, g_new0(struct component_evidence, 1));
	}
	details->build->id = 42;
	details->build->state = state;
	text_set(&details->build->name, "greetings");
	text_set(&details->build->stream, "main");
	text_set(&details->build->context, "00000000");
	details->build->is_prepared = true;
	details->build->repo_batch = 1;
	details->watch.now = 100 * G_USEC_PER_SEC;
}

/* The panel, in a request with this Host header. */
static char *panel(struct build_details *details, const char *host)
{
	g_autofree char *header = g_strconcat("HTTP_HOST=", host, NULL);
	g_auto(WebRequest) request = { 0 };
	GString *out = g_string_new(NULL);

	web_request_init(&request, PARAMETERS("REQUEST_URI=/rida/module-builds/42", header), NULL,
			 NULL);
	view_build_status(&request, details, out);
	return g_string_free(out, FALSE);
}

static void expect(struct build_details *details, const char *host, const char *words)
{
	g_autofree char *text = panel(details, host);

	if (!strstr(text, words))
		fail_with("no \"%s\" in: %s", words, text);
	build_details_clear(details);
}

static void each_state_says_what_it_waits_for(void **state)
{
	static const struct {
		enum build_state state;
		enum component_state second;
		const char *words;
	} table[] = {
		{ BUILD_INIT, COMPONENT_WAITING, "Its components are being checked" },
		{ BUILD_WAIT, COMPONENT_WAITING, "It goes on with the next pass of the scheduler" },
		{ BUILD_BUILD, COMPONENT_WAITING, "It waits for a free place" },
		{ BUILD_BUILD, COMPONENT_WAITING, "Building batch 2 of 2" },
		{ BUILD_BUILD, COMPONENT_BUILDING, "Building <a href=\"#component-2\">foo</a>" },
		{ BUILD_BUILD, COMPONENT_FAILED, "It goes on with the next pass of the scheduler" },
		{ BUILD_BUILD, COMPONENT_COMPLETE, "module is being published" },
		{ BUILD_DONE, COMPONENT_COMPLETE,
		  "It goes on with the next pass of the scheduler" },
		{ BUILD_READY, COMPONENT_COMPLETE, "Ready to be used" },
		{ BUILD_GARBAGE, COMPONENT_COMPLETE, "Cleaned away" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		struct build_details details;

		make(&details, table[i].state, table[i].second);
		expect(&details, "host", table[i].words);
	}
}

static void steps_between_batches_are_told(void **state)
{
	struct build_details details;

	(void)state;
	make(&details, BUILD_BUILD, COMPONENT_WAITING);
	details.build->is_prepared = false;
	expect(&details, "host", "The buildroot is being prepared");
	make(&details, BUILD_BUILD, COMPONENT_WAITING);
	details.build->repo_batch = 0;
	expect(&details, "host", "repository is being made anew");
	make(&details, BUILD_BUILD, COMPONENT_WAITING);
	details.build->repo_batch = 0;
	details.build->repo_task_id = 5;
	expect(&details, "host", "repository is being made anew");
	make(&details, BUILD_DONE, COMPONENT_COMPLETE);
	details.has_gate = true;
	expect(&details, "host", "Its gate has to let it through");
	make(&details, BUILD_BUILD, COMPONENT_WAITING);
	details.watch.quarantined_at = 1;
	expect(&details, "host", "rida-admin release 42");
	make(&details, BUILD_BUILD, COMPONENT_BUILDING);
	details.watch.cancel_is_asked = true;
	expect(&details, "host", "Its cancellation was asked for");
}

static void what_the_scheduler_found_is_said_while_it_is_true(void **state)
{
	struct build_details details;

	(void)state;
	make(&details, BUILD_BUILD, COMPONENT_WAITING);
	details.watch.waits_for = WAIT_RECOVERY;
	details.watch.waits_since = 40 * G_USEC_PER_SEC;
	details.watch.looked_at = 95 * G_USEC_PER_SEC;
	details.watch.due_at = 110 * G_USEC_PER_SEC;
	expect(&details, "host", "Nobody knows yet whether the builder got some");
	make(&details, BUILD_BUILD, COMPONENT_WAITING);
	details.watch.waits_for = WAIT_SLOT;
	details.watch.waits_since = 40 * G_USEC_PER_SEC;
	details.watch.looked_at = 95 * G_USEC_PER_SEC;
	details.watch.due_at = 110 * G_USEC_PER_SEC;
	details.slots = 7;
	expect(&details, "host", "For 1 min 00 s now; last looked at");
	make(&details, BUILD_WAIT, COMPONENT_WAITING);
	details.watch.waits_for = WAIT_SLOT;
	details.watch.looked_at = 1;
	details.slots = 7;
	expect(&details, "host", "the limit of concurrent component builds (7) is reached");
	/* It has moved since. */
	make(&details, BUILD_DONE, COMPONENT_COMPLETE);
	details.has_gate = true;
	details.build->modified_at = 96 * G_USEC_PER_SEC;
	details.watch.waits_for = WAIT_TASKS;
	details.watch.looked_at = 95 * G_USEC_PER_SEC;
	expect(&details, "host", "Its gate has to let it through");
}

static void a_repository_has_an_address_only_of_an_honest_host(void **state)
{
	static const char *const hosts[] = { "",    "evil.example", "localhost/<script>",
					     "a b", "x\"y",         "127.0.0.1.evil.example" };
	struct build_details details;

	(void)state;
	make(&details, BUILD_READY, COMPONENT_COMPLETE);
	details.build->is_finished = true;
	expect(&details, "[::1]:8080",
	       "baseurl=http://[::1]:8080/rida/repos/greetings-main-0-00000000/\n");
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
		g_autofree char *text = NULL;

		make(&details, BUILD_READY, COMPONENT_COMPLETE);
		details.build->is_finished = true;
		text = panel(&details, hosts[i]);
		assert_null(strstr(text, "baseurl"));
		assert_non_null(strstr(text, "href=\"/rida/repos/greetings-main-0-00000000/\""));
		build_details_clear(&details);
	}
}

static void a_build_in_koji_has_no_repository_here(void **state)
{
	struct build_details details;
	g_autofree char *text = NULL;

	(void)state;
	make(&details, BUILD_READY, COMPONENT_COMPLETE);
	details.build->is_finished = true;
	text_set(&details.build->builder, "koji");
	text_set(&details.build->tag, "module-greetings");
	details.koji_weburl = "https://koji.example.org/koji/";
	text = panel(&details, "localhost");
	assert_null(strstr(text, "/rida/repos/"));
	assert_non_null(strstr(
		text, "href=\"https://koji.example.org/koji/taginfo?tagID=module-greetings\""));
	build_details_clear(&details);
}

static void components_are_counted_by_what_became_of_them(void **state)
{
	static const struct {
		enum component_state state;
		uint64_t task_id;
		enum task_state task;
		const char *word, *sum;
	} table[] = {
		{ COMPONENT_WAITING, 0, TASK_NONE, "waiting", "0 of 1 built" },
		{ COMPONENT_BUILDING, 7, TASK_OPEN, "building", "0 of 1 built, 1 building" },
		{ COMPONENT_COMPLETE, 7, TASK_CLOSED, "complete", "1 of 1 built" },
		{ COMPONENT_FAILED, 7, TASK_FAILED, "failed", "0 of 1 built, 1 failed" },
		{ COMPONENT_FAILED, 7, TASK_CANCELED, "canceled", "0 of 1 built, 1 canceled" },
		{ COMPONENT_FAILED, 0, TASK_NONE, "not built", "0 of 1 built, 1 not built" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		const struct component component = { .state = table[i].state,
						     .task_id = table[i].task_id,
						     .task_state = table[i].task };
		g_autoptr(GString) out = g_string_new(NULL);
		struct tally tally = { 0 };

		tally_add(&tally, &component);
		tally_write(&tally, out);
		assert_string_equal(component_word(&component), table[i].word);
		assert_string_equal(out->str, table[i].sum);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_says_what_it_waits_for),
		cmocka_unit_test(steps_between_batches_are_told),
		cmocka_unit_test(what_the_scheduler_found_is_said_while_it_is_true),
		cmocka_unit_test(a_repository_has_an_address_only_of_an_honest_host),
		cmocka_unit_test(a_build_in_koji_has_no_repository_here),
		cmocka_unit_test(components_are_counted_by_what_became_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
