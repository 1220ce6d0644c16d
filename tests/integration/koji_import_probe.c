/* SPDX-License-Identifier: MIT */

/*
 * Finishes modules on a Koji hub, for tests in shell:
 *
 *	koji_import_probe PROFILES FOLDER NAME,... [KEY=VALUE...]
 *
 * Each pass opens the Koji builder, calls its finish_many() once and closes it. The stored document
 * of a module is FOLDER/NAME.yaml; what is to be kept of it is kept in FOLDER/NAME.reservation, as
 * the scheduler does in its table. Keys: id, owner, base (stream of the base module), source,
 *passes (how many at most), import, devel, tag (0 or 1), clean (1: cleans up after it instead).
 *Prints a line for each module and pass: "reserved", "ready", "nothing", or "CODE[ outage]:
 *message"; of a ready one also what it says of tagging, and the final document. A ready module
 *takes part no more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ports/builder/builder.h"

struct module {
	struct build *build;
	char *modulemd;
	char *reservation_file;
	char *reservation; /* of this pass */
};

struct probe {
	struct builder_options options;
	GPtrArray *modules; /* struct module */
	struct build_require base;
	GPtrArray *requires;
	uint64_t id;
	const char *owner;
	const char *source;
	unsigned passes;
	bool is_cleaned;
};

static void module_free(gpointer data)
{
	struct module *module = data;

	build_free(module->build);
	g_free(module->modulemd);
	g_free(module->reservation_file);
	g_free(module->reservation);
	g_free(module);
}

static void add_component(struct build *build, const char *package)
{
	struct component *component = component_new(package);

	component->nvr = g_strdup_printf("%s-1.0-1.%s", package, build->name);
	component->state = COMPONENT_COMPLETE;
	component->batch = 2;
	g_ptr_array_add(build->components, component);
}

static struct build *make_build(const struct probe *probe, const char *name)
{
	struct build *build = build_new();

	build->id = probe->id;
	build->uuid = g_strdup("00000000-0000-4000-8000-000000000000");
	build->name = g_strdup(name);
	build->stream = g_strdup("rhel-8");
	build->version = 60857;
	build->context = g_strdup("c0ffee42");
	build->owner = g_strdup(probe->owner);
	build->scmurl = g_strdup("git://127.0.0.1/modules/testmod?#abc");
	build->commit = g_strdup("abc");
	build->submitted_at = INT64_C(1795360896) * G_USEC_PER_SEC;
	build->tag = g_strdup_printf("module-%s", name);
	build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	add_component(build, "hello");
	add_component(build, "only");
	return build;
}

static void add_module(struct probe *probe, const char *folder, const char *name)
{
	struct module *module = g_new0(struct module, 1);
	g_autofree char *document = g_strdup_printf("%s/%s.yaml", folder, name);

	module->build = make_build(probe, name);
	module->reservation_file = g_strdup_printf("%s/%s.reservation", folder, name);
	if (!g_file_get_contents(document, &module->modulemd, NULL, NULL))
		g_error("%s cannot be read", document);
	g_ptr_array_add(probe->modules, module);
}

static void take_key(struct probe *probe, const char *key, const char *value)
{
	struct koji_options *koji = &probe->options.koji;

	if (strcmp(key, "id") == 0)
		probe->id = strtoull(value, NULL, 10);
	else if (strcmp(key, "owner") == 0)
		probe->owner = value;
	else if (strcmp(key, "base") == 0)
		text_set(&probe->base.stream, value);
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
	g_auto(GStrv) names = g_strsplit(arguments[2], ",", -1);

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
	probe->id = 1;
	probe->owner = "rida";
	probe->passes = 1;
	probe->base.is_base = true;
	for (char **argument = arguments + 3; *argument; argument++) {
		g_auto(GStrv) pair = g_strsplit(*argument, "=", 2);

		take_key(probe, pair[0], strchr(*argument, '=') + 1);
	}
	probe->modules = g_ptr_array_new_with_free_func(module_free);
	for (char **name = names; *name; name++)
		add_module(probe, arguments[1], *name);
	probe->requires = g_ptr_array_new();
	if (probe->base.stream)
		g_ptr_array_add(probe->requires, &probe->base);
}

static void keep(const struct module *module, const char *reservation)
{
	if (strlen(reservation) > 255)
		g_error("a reservation of %zu bytes", strlen(reservation));
	if (!g_file_set_contents(module->reservation_file, reservation, -1, NULL))
		g_error("%s cannot be written", module->reservation_file);
}

static void report(const struct module *module, const struct outcome *outcome)
{
	if (outcome->reservation)
		keep(module, outcome->reservation);
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
}

static struct build_want want_of(const struct probe *probe, struct module *module)
{
	g_clear_pointer(&module->reservation, g_free);
	g_file_get_contents(module->reservation_file, &module->reservation, NULL, NULL);
	return (struct build_want){ .build = module->build,
				    .modulemd = module->modulemd,
				    .requires = probe->requires,
				    .source = probe->source,
				    .idem_key = module->build->name,
				    .reservation = module->reservation };
}

static void pass(struct probe *probe)
{
	const guint count = probe->modules->len;
	g_autofree struct build_want *wants = g_new0(struct build_want, count);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, count);
	g_autoptr(GError) error = NULL;
	struct builder *builder = NULL;

	for (guint i = 0; i < count; i++)
		wants[i] = want_of(probe, g_ptr_array_index(probe->modules, i));
	if (!builder_koji.open(&probe->options, &builder, &error))
		g_error("%s", error->message);
	(probe->is_cleaned ? builder_koji.clean_many : builder_koji.finish_many)(builder, wants,
										 count, outcomes);
	builder_koji.close(builder);
	for (guint i = 0; i < count; i++)
		report(g_ptr_array_index(probe->modules, i), &outcomes[i]);
	for (guint i = count; i > 0; i--)
		if (outcomes[i - 1].is_ready)
			g_ptr_array_remove_index(probe->modules, i - 1);
	outcomes_clear(outcomes, count);
}

int main(int argc, char **argv)
{
	struct probe probe = { 0 };

	if (argc < 4)
		return EXIT_FAILURE;
	set_up(&probe, argv + 1);
	while (probe.passes-- && probe.modules->len)
		pass(&probe);
	g_ptr_array_unref(probe.requires);
	g_ptr_array_unref(probe.modules);
	g_free(probe.base.stream);
	return EXIT_SUCCESS;
}
