/* SPDX-License-Identifier: MIT */
#include "contract/builder_contract.h"
#include "contract/koji_fixture.h"
#include "contract/local_fixture.h"

#include <stdio.h>

static const char *memory_check(void)
{
	return NULL;
}

/* The memory builder does what a component's ref says. */
static void memory_set_up(struct builder_world *world)
{
	g_autofree char *file = g_build_filename(world->folder, "ledger", NULL);

	world->build = contract_build_new();
	text_set(&build_component(world->build, "bad")->ref, "fail");
	text_set(&build_component(world->build, "long")->ref, "hang");
	world->modulemd = g_strdup("document: modulemd\n");
	world->data = g_steal_pointer(&file);
	world->options.memory_file = world->data;
	world->wait = 5;
}

static void memory_tear_down(struct builder_world *world)
{
	g_free(world->data);
}

static const struct builder_fixture fixtures[] = {
	{ &builder_memory, memory_check, memory_set_up, memory_tear_down },
	{ &builder_koji, koji_check, koji_set_up, koji_tear_down },
	{ &builder_koji, koji_check, koji_old_set_up, koji_tear_down },
	{ &builder_local, local_check, local_set_up, local_tear_down },
};

/* A backend that cannot be tested here makes the whole test skipped (77), and failed in CI. */
int main(void)
{
	int failed = 0;
	int skipped = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(fixtures); i++) {
		const char *reason = fixtures[i].check();

		if (!reason) {
			failed += builder_contract_run(&fixtures[i]);
			continue;
		}
		printf("skipped: %s: %s\n", fixtures[i].ops->name, reason);
		skipped++;
	}
	if (failed || (skipped && g_getenv("CI")))
		return 1;
	return skipped ? 77 : 0;
}
