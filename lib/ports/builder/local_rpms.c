/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_rpms.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/names.h"
#include "ports/builder/local_files.h"

#define LINE_MAX_BYTES 4096
#define LICENSE_MAX    1024

enum part {
	PART_FILE,
	PART_NAME,
	PART_EPOCH,
	PART_VERSION,
	PART_RELEASE,
	PART_ARCH,
	PART_LICENSE,
	PART__COUNT
};

/* The parts after the file name, separated by tabs. */
static const char query_format[] = "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\t"
				   "%|SOURCEPACKAGE?{src}:{%{ARCH}}|\\t%{LICENSE}\\n";

void local_rpm_free(struct local_rpm *rpm)
{
	if (!rpm)
		return;
	g_free(rpm->file);
	g_free(rpm->name);
	g_free(rpm->version);
	g_free(rpm->release);
	g_free(rpm->arch);
	g_free(rpm->license);
	g_free(rpm);
}

static void rpm_destroy(gpointer rpm)
{
	local_rpm_free(rpm);
}

bool local_rpm_is_source(const struct local_rpm *rpm)
{
	return strcmp(rpm->arch, "src") == 0;
}

bool local_rpm_is_debug(const struct local_rpm *rpm)
{
	return g_str_has_suffix(rpm->name, "-debuginfo") ||
	       g_str_has_suffix(rpm->name, "-debugsource");
}

static bool parts_are_clean(char *const *parts)
{
	static const struct strict_charset allowed = { "_", "._+~^", 128 };
	g_autofree char *file =
		g_strdup_printf("%s-%s-%s.%s.rpm", parts[PART_NAME], parts[PART_VERSION],
				parts[PART_RELEASE], parts[PART_ARCH]);

	return name_is_valid(NAME_FILE, parts[PART_FILE]) &&
	       name_is_valid(NAME_FILE, parts[PART_NAME]) &&
	       strict_name(parts[PART_VERSION], &allowed) &&
	       strict_name(parts[PART_RELEASE], &allowed) &&
	       strict_name(parts[PART_ARCH], &allowed) && strcmp(file, parts[PART_FILE]) == 0;
}

/* A licence is words for people; one that is none is left out. */
static char *clean_license(const char *text)
{
	const char *byte = text;

	while (*byte && !g_ascii_iscntrl(*byte))
		byte++;
	return g_strdup(*byte || strlen(text) > LICENSE_MAX || !g_utf8_validate(text, -1, NULL)
				? ""
				: text);
}

static bool rpm_read(const char *line, struct local_rpm **ret, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(line, "\t", PART__COUNT);
	g_autofree char *shown = g_utf8_make_valid(line, (gssize)strnlen(line, 200));
	uint64_t epoch;

	if (g_strv_length(parts) != PART__COUNT || !parts_are_clean(parts) ||
	    !strict_u64(parts[PART_EPOCH], 0, UINT32_MAX, &epoch, NULL))
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "a package's header does not fit its file's name: %s", shown);
	*ret = g_new0(struct local_rpm, 1);
	(*ret)->file = g_strdup(parts[PART_FILE]);
	(*ret)->name = g_strdup(parts[PART_NAME]);
	(*ret)->epoch = epoch;
	(*ret)->version = g_strdup(parts[PART_VERSION]);
	(*ret)->release = g_strdup(parts[PART_RELEASE]);
	(*ret)->arch = g_strdup(parts[PART_ARCH]);
	(*ret)->license = clean_license(parts[PART_LICENSE]);
	return true;
}

static char **query_argv(char *const *files)
{
	const char *const before[] = { "rpm",           "-qp",        "--nomanifest",
				       "--nosignature", "--nodigest", "--define",
				       "_dbpath /tmp",  "--qf",       query_format };
	GPtrArray *argv = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
		g_ptr_array_add(argv, g_strdup(before[i]));
	for (; *files; files++)
		g_ptr_array_add(argv, g_strconcat("/rpms/", *files, NULL));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

bool local_rpms_query(const struct local_sandbox *sandbox, const char *folder, GPtrArray **ret,
		      GError **error)
{
	const struct sandbox_bind bind = { folder, "/rpms", false };
	struct local_sandbox query = *sandbox;
	g_auto(GStrv) files = folder_list(folder);
	g_auto(GStrv) argv = query_argv(files);
	g_auto(ProcessResult) result = { 0 };
	g_auto(GStrv) lines = NULL;
	g_autoptr(GPtrArray) rpms = g_ptr_array_new_with_free_func(rpm_destroy);
	const unsigned count = g_strv_length(files);

	query.root = NULL;
	query.home = NULL;
	query.binds = &bind;
	query.binds_count = 1;
	query.output_fd = 0;
	query.output_max = (size_t)(count + 1) * LINE_MAX_BYTES;
	if (!local_sandbox_check(&query, (const char *const *)argv, &result, error)) {
		g_prefix_error(error, "the built packages cannot be read: ");
		return false;
	}
	lines = g_strsplit(result.output, "\n", -1);
	if (g_strv_length(lines) != count + 1)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the packages' headers hold line breaks");
	for (unsigned i = 0; i < count; i++) {
		g_autofree char *line = g_strconcat(files[i], "\t", lines[i], NULL);
		struct local_rpm *rpm;

		if (!rpm_read(line, &rpm, error))
			return false;
		g_ptr_array_add(rpms, rpm);
	}
	*ret = g_steal_pointer(&rpms);
	return true;
}

bool local_rpms_write(const char *folder, const GPtrArray *rpms, GError **error)
{
	g_autofree char *path = g_build_filename(folder, LOCAL_RPMS_LIST, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < rpms->len; i++) {
		const struct local_rpm *rpm = rpms->pdata[i];

		g_string_append_printf(text, "%s\t%s\t%" PRIu64 "\t%s\t%s\t%s\t%s\n", rpm->file,
				       rpm->name, rpm->epoch, rpm->version, rpm->release, rpm->arch,
				       rpm->license);
	}
	return file_write(path, text->str, error);
}

bool local_rpms_read(const char *folder, GPtrArray **ret, GError **error)
{
	g_autofree char *path = g_build_filename(folder, LOCAL_RPMS_LIST, NULL);
	g_autoptr(GPtrArray) rpms = g_ptr_array_new_with_free_func(rpm_destroy);
	g_autoptr(GError) why = NULL;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, &why))
		return fail(error, RIDA_ERROR_INTERNAL, "a built component's results are gone: %s",
			    why->message);
	lines = g_strsplit(text, "\n", -1);
	for (unsigned i = 0; lines[i] && lines[i][0]; i++) {
		struct local_rpm *rpm;

		if (!rpm_read(lines[i], &rpm, error))
			return false;
		g_ptr_array_add(rpms, rpm);
	}
	*ret = g_steal_pointer(&rpms);
	return true;
}
