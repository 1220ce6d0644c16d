/* SPDX-License-Identifier: MIT */
/*
 * Inserts builds as a submission would, without source control, into the database of a test:
 *
 *	scheduler_tool COUNT NAME COMPONENT[:ORDER[:REF[:WEIGHT]]]...
 *
 * The memory builder reads from REF how a component's task goes. COUNT builds are named NAME1,
 * NAME2 and so on; their ids are printed. VERIFICATION=open leaves the check to the scheduler.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/change.h"
#include "model/batch.h"
#include "store/misc_store.h"

static struct component *read_component(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, ":", 4);
	const guint count = g_strv_length(words);
	struct component *component = component_new(words[0]);

	text_set(&component->repository, "git://127.0.0.1/rpms/component.git");
	text_set(&component->ref, count > 2 && *words[2] ? words[2] : "ms-0");
	component->build_order = count > 1 ? (int)g_ascii_strtoll(words[1], NULL, 10) : 0;
	component->weight = count > 3 ? g_ascii_strtod(words[3], NULL) : 1.5;
	return component;
}

static struct build *new_build(const char *name, char **components)
{
	const char *verification = getenv("VERIFICATION");
	struct build *build = build_new();
	struct component *macros = component_new("module-build-macros");

	build->uuid = g_uuid_string_random();
	text_set(&build->name, name);
	text_set(&build->stream, "1");
	build->version = 20260101000000;
	text_set(&build->context, "00000000");
	text_set(&build->owner, "ann");
	text_set(&build->scmurl, "git://127.0.0.1/modules/test.git?#0123");
	text_set(&build->commit, "0123456789012345678901234567890123456789");
	text_set(&build->builder, "memory");
	build->verification = verification && strcmp(verification, "open") == 0 ? VERIFICATION_OPEN
										: VERIFICATION_GOOD;
	if (!build->components)
		build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	macros->build_time_only = true;
	text_set(&macros->repository, "");
	text_set(&macros->ref, "ms-0");
	g_ptr_array_add(build->components, macros);
	for (; *components; components++)
		g_ptr_array_add(build->components, read_component(*components));
	batch_assign(build->components);
	return build;
}

static bool insert(struct db *db, void *data, GError **error)
{
	struct build *build = data;

	return change_insert(db, build, build->owner, error) &&
	       modulemd_store_put(db, build->id, MODULEMD_STORED, "document: modulemd\n", error) &&
	       modulemd_store_put(db, build->id, MODULEMD_SOURCE, "document: modulemd\n", error);
}

int main(int argc, char **argv)
{
	const struct db_options options = { .socket = getenv("RIDA_TEST_SOCKET"),
					    .host = "",
					    .name = "rida",
					    .user = "root",
					    .password = "",
					    .tls_ca_file = "",
					    .timeout = 10 };
	g_autoptr(GError) problem = NULL;
	g_autoptr(Db) db = NULL;
	guint64 count;

	if (argc < 3 || !(count = g_ascii_strtoull(argv[1], NULL, 10))) {
		fputs("usage: scheduler_tool COUNT NAME COMPONENT...\n", stderr);
		return EXIT_FAILURE;
	}
	db = db_open(&options, &problem);
	for (guint64 i = 1; db && i <= count; i++) {
		g_autofree char *name =
			count == 1 ? g_strdup(argv[2]) : g_strdup_printf("%s%" PRIu64, argv[2], i);
		g_autoptr(Build) build = new_build(name, argv + 3);

		if (!db_transact(db, insert, build, &problem))
			break;
		printf("%" PRIu64 "\n", build->id);
	}
	if (problem)
		fprintf(stderr, "scheduler_tool: %s\n", problem->message);
	return problem ? EXIT_FAILURE : EXIT_SUCCESS;
}
