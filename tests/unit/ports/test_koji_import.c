/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_import_content.h"
#include "text/json.h"
#include "text/xmlrpc.h"

#include <cmocka.h>

/* What a real hub and the client that it was made for said to each other. */
static struct json_object *recorded(const char *name)
{
	g_autofree char *path = g_strdup_printf(FIXTURES "/koji/%s.xml", name);
	g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();
	g_autofree char *text = NULL;
	struct xmlrpc_message message;
	gsize length;

	assert_true(g_file_get_contents(path, &text, &length, NULL));
	assert_true(xmlrpc_reader_feed(reader, text, length, NULL));
	assert_true(xmlrpc_reader_end(reader, &message, NULL));
	g_free(message.method);
	return message.value;
}

static const char modulemd[] =
	"---\ndocument: modulemd\nversion: 2\ndata:\n  name: testmod\n  stream: \"f30\"\n"
	"  version: 60857\n  context: c0ffee42\n  summary: Žluťoučký test\n  description: x\n"
	"  license:\n    module: [MIT]\n  components:\n    rpms:\n      rida-hello:\n"
	"        rationale: r\n        buildorder: 0\n  filter:\n    rpms: [rida-hello-devel]\n...\n";

struct world {
	struct build *build;
	struct build_want want;
	struct outcome outcome;
	struct import import;
};

static int set_up(void **state)
{
	static const struct koji_options options = { .with_import = true, .with_devel = true };
	struct world *world = g_new0(struct world, 1);
	struct build *build = world->build = build_new();
	g_autoptr(JsonObject) rpms = recorded("listTaggedRPMS.response");

	build->id = 1;
	build->name = g_strdup("testmod");
	build->stream = g_strdup("f30");
	build->version = 60857;
	build->context = g_strdup("c0ffee42");
	build->owner = g_strdup("rida");
	build->scmurl = g_strdup("git://127.0.0.1:19418/modules/testmod?#abc");
	build->commit = g_strdup("abc");
	build->tag = g_strdup("module-testmod-f30-60857-c0ffee42");
	build->submitted_at = INT64_C(1795360896) * G_USEC_PER_SEC + 7;
	build->completed_at = INT64_C(1795360956) * G_USEC_PER_SEC + 7;
	world->want = (struct build_want){ .build = build, .modulemd = modulemd };
	import_init(&world->import, &options, &world->want, &world->outcome);
	world->import.has_owner = true;
	world->import.arches = g_strsplit("x86_64 aarch64", " ", -1);
	world->import.parts[0].build_id = 8;
	assert_true(document_read(modulemd, strlen(modulemd), &world->import.document, NULL));
	assert_true(import_take_rpms(&world->import, rpms, NULL));
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	import_clear(&world->import);
	build_free(world->build);
	g_free(world);
	return 0;
}

static struct json_object *make_metadata(const struct world *world, size_t part)
{
	g_autoptr(GPtrArray) files = NULL;
	g_autoptr(GError) error = NULL;

	if (!import_files(&world->import, &world->import.parts[part], &files, &error))
		fail_msg("%s", error->message);
	return import_metadata(&world->import, &world->import.parts[part], files);
}

static struct json_object *at(struct json_object *value, const char *path)
{
	struct json_object *found = NULL;

	if (json_pointer_get(value, path, &found) != 0)
		fail_msg("there is no %s", path);
	return found;
}

static const char *text_at(struct json_object *value, const char *path)
{
	return json_object_get_string(at(value, path));
}

/* The file of that name in the output. */
static struct json_object *file_at(struct json_object *metadata, const char *name)
{
	struct json_object *output = at(metadata, "/output");

	for (size_t i = 0; i < json_object_array_length(output); i++) {
		struct json_object *file = json_object_array_get_idx(output, i);

		if (strcmp(text_at(file, "/filename"), name) == 0)
			return file;
	}
	fail_msg("there is no file %s", name);
	return NULL;
}

static void compare(struct json_object *theirs, struct json_object *ours, const char *place);

static void compare_members(struct json_object *theirs, struct json_object *ours, const char *place)
{
	json_object_object_foreach(theirs, name, value)
	{
		g_autofree char *path = g_strdup_printf("%s/%s", place, name);
		struct json_object *own = NULL;

		if (!json_object_object_get_ex(ours, name, &own))
			fail_msg("%s is missing", path);
		compare(value, own, path);
	}
	json_object_object_foreach(ours, own_name, own_value)
	{
		(void)own_value;
		if (!json_object_object_get_ex(theirs, own_name, NULL) &&
		    strcmp(own_name, "build_id") != 0)
			fail_msg("%s/%s is too much", place, own_name);
	}
}

/* The shape of what was recorded: each member and its type; elements of lists as their first. */
static void compare(struct json_object *theirs, struct json_object *ours, const char *place)
{
	const enum json_type type = json_object_get_type(theirs);

	if (json_object_get_type(ours) != type)
		fail_msg("%s is a %s, not a %s", place,
			 json_type_to_name(json_object_get_type(ours)), json_type_to_name(type));
	if (type == json_type_object)
		compare_members(theirs, ours, place);
	if (type == json_type_array && json_object_array_length(theirs) > 0) {
		assert_true(json_object_array_length(ours) > 0);
		for (size_t i = 0; i < json_object_array_length(ours); i++)
			compare(json_object_array_get_idx(theirs, 0),
				json_object_array_get_idx(ours, i), place);
	}
}

static void metadata_have_the_shape_that_was_recorded(void **state)
{
	g_autoptr(JsonObject) call = recorded("CGImport.request");
	struct json_object *theirs = json_object_array_get_idx(call, 0);
	g_autoptr(JsonObject) ours = make_metadata(*state, 0);
	static const char *const parts[] = { "/metadata_version", "/buildroots", "/build" };
	static const char *const files[] = { "modulemd.txt", "modulemd.x86_64.txt", "build.log" };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		compare(at(theirs, parts[i]), at(ours, parts[i]), parts[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		compare(file_at(theirs, files[i]), file_at(ours, files[i]), files[i]);
	compare(file_at(theirs, "modulemd.x86_64.txt"), file_at(ours, "modulemd.aarch64.txt"),
		"modulemd.aarch64.txt");
	assert_int_equal(json_object_array_length(at(ours, "/output")), 4);
	assert_int_equal(json_object_object_length(ours), json_object_object_length(theirs));
}

static void a_build_is_described_by_what_is_known_of_it(void **state)
{
	g_autoptr(JsonObject) call = recorded("CGImport.request");
	g_autoptr(JsonObject) theirs =
		json_object_get(at(json_object_array_get_idx(call, 0), "/build"));
	g_autoptr(JsonObject) metadata = make_metadata(*state, 0);
	struct json_object *ours = at(metadata, "/build");

	assert_int_equal(json_object_get_int(at(ours, "/build_id")), 8);
	json_object_object_del(ours, "build_id");
	json_object_object_del(at(theirs, "/extra/typeinfo/module"), "modulemd_str");
	assert_string_equal(text_at(ours, "/extra/typeinfo/module/modulemd_str"), modulemd);
	json_object_object_del(at(ours, "/extra/typeinfo/module"), "modulemd_str");
	assert_true(json_object_equal(ours, theirs));
}

static bool holds(struct json_object *list, struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_equal(json_object_array_get_idx(list, i), value))
			return true;
	return false;
}

static void rpms_are_described_as_the_hub_has_them(void **state)
{
	g_autoptr(JsonObject) call = recorded("CGImport.request");
	struct json_object *theirs =
		at(file_at(json_object_array_get_idx(call, 0), "modulemd.txt"), "/components");
	g_autoptr(JsonObject) metadata = make_metadata(*state, 0);
	struct json_object *ours = at(file_at(metadata, "modulemd.txt"), "/components");

	for (size_t i = 0; i < json_object_array_length(theirs); i++)
		assert_true(holds(ours, json_object_array_get_idx(theirs, i)));
}

static void sizes_and_sums_are_of_bytes(void **state)
{
	g_autoptr(JsonObject) metadata = make_metadata(*state, 0);
	struct json_object *file = file_at(metadata, "modulemd.txt");
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_MD5, modulemd, -1);

	assert_int_equal(json_object_get_int(at(file, "/filesize")), sizeof modulemd - 1);
	assert_true(g_utf8_strlen(modulemd, -1) < (glong)sizeof modulemd - 1);
	assert_string_equal(text_at(file, "/checksum"), sum);
}

static void a_file_of_an_arch_names_what_its_document_lists(void **state)
{
	static const char *const own[] = { "src", "x86_64", NULL };
	static const char *const rest[] = { "noarch", NULL };

	for (size_t part = 0; part < IMPORT_PARTS; part++) {
		g_autoptr(JsonObject) metadata = make_metadata(*state, part);
		struct json_object *list =
			at(file_at(metadata, "modulemd.x86_64.txt"), "/components");
		const char *const *arches = part ? rest : own;
		size_t named = 0;

		for (size_t i = 0; i < json_object_array_length(list); i++) {
			struct json_object *rpm = json_object_array_get_idx(list, i);

			if (!g_str_has_prefix(text_at(rpm, "/name"), "rida-hello"))
				continue;
			assert_true(g_strv_contains(arches, text_at(rpm, "/arch")));
			named++;
		}
		assert_int_equal(named, g_strv_length((char **)(uintptr_t)arches));
	}
}

static void the_complement_has_its_own_name(void **state)
{
	g_autoptr(JsonObject) metadata = make_metadata(*state, 1);
	const char *text = text_at(metadata, "/build/extra/typeinfo/module/modulemd_str");

	assert_string_equal(text_at(metadata, "/build/name"), "testmod-devel");
	assert_string_equal(text_at(metadata, "/build/extra/typeinfo/module/name"),
			    "testmod-devel");
	assert_non_null(strstr(text, "name: testmod-devel\n"));
}

static void what_was_submitted_goes_along(void **state)
{
	struct world *world = *state;
	g_autoptr(JsonObject) metadata = NULL;
	struct json_object *file;

	world->want.source = "the author's own\n";
	metadata = make_metadata(world, 0);
	file = file_at(metadata, "modulemd.src.txt");
	assert_string_equal(text_at(file, "/arch"), "src");
	assert_int_equal(json_object_get_int(at(file, "/filesize")), 17);
}

static void an_unknown_owner_is_left_out(void **state)
{
	struct world *world = *state;
	g_autoptr(JsonObject) metadata = NULL;

	world->import.has_owner = false;
	metadata = make_metadata(world, 0);
	assert_false(json_object_object_get_ex(at(metadata, "/build"), "owner", NULL));
}

/* "[…]" in place of the recorded answer. */
static void odd_lists_of_rpms_are_an_outage(void **state)
{
	static const char *const answers[] = {
		"null",
		"{}",
		"[]",
		"[[]]",
		"[[], {}]",
		"[{}, []]",
		"[[1], []]",
		"[[{}], []]",
		"[[{\"name\":\"a\",\"version\":\"1\",\"release\":\"1\",\"arch\":\"src\",\"id\":1,"
		"\"build_id\":1}], []]",
		"[[{\"name\":\"a\",\"version\":\"1\",\"release\":\"1\",\"arch\":\"src\",\"id\":1,"
		"\"build_id\":1,\"payloadhash\":\"x\",\"epoch\":\"1\"}], []]",
		"[[{\"name\":\"a\",\"version\":\"1\",\"release\":\"1\",\"arch\":\"noarch\",\"id\":1,"
		"\"build_id\":1,\"payloadhash\":\"x\"}], []]",
	};
	struct world *world = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autoptr(JsonObject) value = json_tokener_parse(answers[i]);
		g_autoptr(GError) error = NULL;

		g_ptr_array_set_size(world->import.rpms, 0);
		if (import_take_rpms(&world->import, value, &error))
			fail_msg("%s is taken", answers[i]);
		assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
	}
}

static void what_was_built_must_be_in_the_tag(void **state)
{
	struct world *world = *state;
	struct component *component = component_new("other");
	g_autoptr(JsonObject) value = json_tokener_parse("[[], []]");
	g_autoptr(GError) error = NULL;

	component->state = COMPONENT_COMPLETE;
	component->nvr = g_strdup("other-1-1");
	if (!world->build->components)
		world->build->components =
			g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	g_ptr_array_add(world->build->components, component);
	assert_false(import_take_rpms(&world->import, value, &error));
	assert_non_null(strstr(error->message, "other-1-1 is not in tag module-testmod"));
	assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
}

static void rpms_of_the_host_are_listed(void **state)
{
	static const char said[] =
		"bash\t5.2\t1.fc40\tx86_64\t8471bd19\t\tRSA/SHA256, Mon 01 Jan 2024, Key ID "
		"0123456789abcdef\n"
		"gpg-pubkey\t1\t1\t(none)\t(none)\t\t\n"
		"a warning of rpm's\n"
		"perl\t5.38\t2\tnoarch\t9999\t4\t\n";
	static const char wanted[] =
		"[{\"name\":\"bash\",\"version\":\"5.2\",\"release\":\"1.fc40\",\"arch\":\"x86_64\","
		"\"sigmd5\":\"8471bd19\",\"epoch\":null,\"signature\":\"89abcdef\",\"type\":\"rpm\"},"
		"{\"name\":\"perl\",\"version\":\"5.38\",\"release\":\"2\",\"arch\":\"noarch\","
		"\"sigmd5\":\"9999\",\"epoch\":4,\"signature\":null,\"type\":\"rpm\"}]";
	g_autoptr(JsonObject) list = import_installed(said);
	g_autoptr(GString) text = g_string_new(NULL);

	(void)state;
	append_json(text, list);
	assert_string_equal(text->str, wanted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(metadata_have_the_shape_that_was_recorded),
		TEST(a_build_is_described_by_what_is_known_of_it),
		TEST(rpms_are_described_as_the_hub_has_them),
		TEST(sizes_and_sums_are_of_bytes),
		TEST(a_file_of_an_arch_names_what_its_document_lists),
		TEST(the_complement_has_its_own_name),
		TEST(what_was_submitted_goes_along),
		TEST(an_unknown_owner_is_left_out),
		TEST(odd_lists_of_rpms_are_an_outage),
		cmocka_unit_test(rpms_of_the_host_are_listed),
		TEST(what_was_built_must_be_in_the_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
