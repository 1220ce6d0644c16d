/* SPDX-License-Identifier: MIT */

/*
 * Finishes one module on a Koji hub, for tests in shell:
 *
 *	koji_import_probe PROFILES RESERVATION DOCUMENT [KEY=VALUE...]
 *
 * Each pass opens the Koji builder, calls its finish_many() once and closes it. What it returns to
 * be kept is kept in the file RESERVATION, as the scheduler does in its table. Keys: name, id,
 * context, owner, base (stream of the base module), component (NVR; several), source, passes (how
 * many at most), import, devel, tag (0 or 1), clean (1: cleans up after it instead). Prints a line
 *for each pass: "reserved", "ready", or "CODE[ outage]: message"; then what it says of tagging, and
 *the final document.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ports/builder/builder.h"

struct probe {
	struct builder_options options;
	struct build *build;
	struct build_require base;
	GPtrArray *requires;
	const char *reservation_file;
	char *modulemd;
	const char *source;
	unsigned passes;
	bool is_cleaned;
};

static void add_component(struct probe *probe, const char *nvr)
{
	struct component *component = component_new(nvr);

	component->nvr = g_strdup(nvr);
	component->state = COMPONENT_COMPLETE;
	component->batch = 2;
	g_ptr_array_add(probe->build->components, component);
}

static void take_key(struct probe *probe, const char *key, const char *value)
{
	struct koji_options *koji = &probe->options.koji;
	struct build *build = probe->build;

	if (strcmp(key, "name") == 0)
		text_set(&build->name, value);
	else if (strcmp(key, "id") == 0)
		build->id = strtoull(value, NULL, 10);
	else if (strcmp(key, "context") == 0)
		text_set(&build->context, value);
	else if (strcmp(key, "owner") == 0)
		text_set(&build->owner, value);
	else if (strcmp(key, "base") == 0)
		text_set(&probe->base.stream, value);
	else if (strcmp(key, "component") == 0)
		add_component(probe, value);
	else if (strcmp(key, "source") == 0)
		probe->source = value;
	else if (strcmp(key, "passes") == 0)
		probe->passes = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(key, "clean") == 0)
		probe->is_cleaned = *value == '1';
	else if (strcmp(key, "import") == 0)
		koji->with_import = *value == '1';
	else if (strcmp(key, "devel") == 0)
		koji->with_devel = *value == '1';
	else if (strcmp(key, "tag") == 0)
		koji->with_import_tag = *value == '1';
	else
		g_error("what is %s?", key);
}

static void set_up(struct probe *probe, char **arguments)
{
	static const char *const prefixes[] = { "module", NULL };
	static const char *const arches[] = { "x86_64", NULL };
	struct build *build = probe->build = build_new();

	build->id = 1;
	build->uuid = g_strdup("00000000-0000-4000-8000-000000000000");
	build->name = g_strdup("testmod");
	build->stream = g_strdup("rhel-8");
	build->version = 60857;
	build->context = g_strdup("c0ffee42");
	build->owner = g_strdup("rida");
	build->scmurl = g_strdup("git://127.0.0.1/modules/testmod?#abc");
	build->commit = g_strdup("abc");
	build->submitted_at = INT64_C(1795360896) * G_USEC_PER_SEC;
	build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	probe->options.koji = (struct koji_options){
		.config_file = arguments[0],
		.profile = "hub",
		.tag_prefixes = (char *const *)(uintptr_t)prefixes,
		.arches = (char *const *)(uintptr_t)arches,
		.with_import = true,
		.with_devel = true,
		.with_import_tag = true,
		.import_tag_template = "{}-candidate",
		.import_default_tag = "default-candidate",
	};
	probe->reservation_file = arguments[1];
	probe->passes = 1;
	probe->base.is_base = true;
	if (!g_file_get_contents(arguments[2], &probe->modulemd, NULL, NULL))
		g_error("%s cannot be read", arguments[2]);
	for (arguments += 3; *arguments; arguments++) {
		g_auto(GStrv) pair = g_strsplit(*arguments, "=", 2);

		take_key(probe, pair[0], strchr(*arguments, '=') + 1);
	}
	build->tag = g_strdup_printf("module-%s", build->name);
	probe->requires = g_ptr_array_new();
	if (probe->base.stream)
		g_ptr_array_add(probe->requires, &probe->base);
}

static void keep(const struct probe *probe, const char *reservation)
{
	if (strlen(reservation) > 255)
		g_error("a reservation of %zu bytes", strlen(reservation));
	if (!g_file_set_contents(probe->reservation_file, reservation, -1, NULL))
		g_error("%s cannot be written", probe->reservation_file);
}

/* True when there is nothing more to do. */
static bool report(const struct probe *probe, const struct outcome *outcome)
{
	if (outcome->reservation)
		keep(probe, outcome->reservation);
	if (outcome->error)
		printf("%s%s: %s\n", error_code_name(error_code(outcome->error)),
		       outcome->is_outage ? " outage" : "", outcome->error->message);
	else if (outcome->is_ready)
		printf("ready\n");
	else
		printf("%s\n", outcome->reservation ? "reserved" : "nothing");
	if (outcome->is_ready && outcome->reason)
		printf("reason: %s\n", outcome->reason);
	if (outcome->is_ready)
		printf("%s", outcome->modulemd);
	return outcome->is_ready;
}

static bool pass(struct probe *probe)
{
	g_autofree char *reservation = NULL;
	g_autoptr(GError) error = NULL;
	struct builder *builder = NULL;
	struct outcome outcome = { 0 };
	struct build_want want = { .build = probe->build,
				   .modulemd = probe->modulemd,
				   .requires = probe->requires,
				   .source = probe->source,
				   .idem_key = "0123456789abcdef0123456789abcdef" };
	bool is_over;

	if (g_file_get_contents(probe->reservation_file, &reservation, NULL, NULL))
		want.reservation = reservation;
	if (!builder_koji.open(&probe->options, &builder, &error))
		g_error("%s", error->message);
	(probe->is_cleaned ? builder_koji.clean_many : builder_koji.finish_many)(builder, &want, 1,
										 &outcome);
	builder_koji.close(builder);
	is_over = report(probe, &outcome);
	outcomes_clear(&outcome, 1);
	return is_over;
}

int main(int argc, char **argv)
{
	struct probe probe = { 0 };

	if (argc < 4)
		return EXIT_FAILURE;
	set_up(&probe, argv + 1);
	while (probe.passes-- && !pass(&probe))
		;
	g_ptr_array_unref(probe.requires);
	g_free(probe.base.stream);
	g_free(probe.modulemd);
	build_free(probe.build);
	return EXIT_SUCCESS;
}
