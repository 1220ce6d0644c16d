/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_host_facts.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "ports/builder/local_aliases.h"
#include "ports/builder/local_files.h"
#include "wire/process.h"

#define DPKG_STATUS   "/var/lib/dpkg/status"
#define QUERY_SECONDS 60
#define QUERY_BYTES   (64 << 20)

static const char *const rpm_databases[] = { "/usr/lib/sysimage/rpm/rpmdb.sqlite",
					     "/var/lib/rpm/rpmdb.sqlite" };

const char *local_host_database(void)
{
	if (g_file_test(DPKG_STATUS, G_FILE_TEST_EXISTS))
		return DPKG_STATUS;
	for (size_t i = 0; i < G_N_ELEMENTS(rpm_databases); i++)
		if (g_file_test(rpm_databases[i], G_FILE_TEST_EXISTS))
			return rpm_databases[i];
	return NULL;
}

bool local_host_is_debian(void)
{
	return g_strcmp0(local_host_database(), DPKG_STATUS) == 0;
}

char *local_host_version(const char *debian)
{
	char *version = g_strdup(debian);
	char *colon = strchr(version, ':');
	char *dash = strrchr(version, '-');

	for (char *byte = version; *byte; byte++)
		if ((*byte == '-' && byte != dash) || (*byte == ':' && byte != colon))
			*byte = '.';
	return version;
}

/* What rpm puts behind a name to say "of this processor". */
static const char *isa_suffix(void)
{
	static const char *const suffixes[][2] = { { "x86_64", "(x86-64)" },
						   { "aarch64", "(aarch-64)" },
						   { "ppc64le", "(ppc-64)" },
						   { "s390x", "(s390-64)" } };
	struct utsname machine;

	uname(&machine);
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
		if (strcmp(suffixes[i][0], machine.machine) == 0)
			return suffixes[i][1];
	return "";
}

static bool run_lines(const char *const *argv, const char *input, char ***ret, GError **error)
{
	const struct process_wants wants = { .argv = argv,
					     .input = input,
					     .input_length = input ? strlen(input) : 0,
					     .timeout = QUERY_SECONDS,
					     .output_max = QUERY_BYTES };
	g_auto(ProcessResult) result = { 0 };

	if (!process_check(&wants, &result, error))
		return false;
	*ret = g_strsplit(result.output, "\n", -1);
	return true;
}

static void add_package(GPtrArray *facts, const char *name, const char *version)
{
	g_ptr_array_add(facts, g_strdup_printf("%s = %s", name, version));
}

static void add_alias(GPtrArray *facts, GHashTable *packages, const char *name, const char *package)
{
	const char *version = g_hash_table_lookup(packages, package);
	g_autofree char *with_isa = g_strconcat(name, isa_suffix(), NULL);

	if (!version)
		return;
	add_package(facts, name, version);
	add_package(facts, with_isa, version);
}

static bool add_aliases(GPtrArray *facts, GHashTable *packages, char *const *aliases,
			GError **error)
{
	for (size_t i = 0; i < local_aliases_count; i++)
		add_alias(facts, packages, local_aliases[i].name, local_aliases[i].package);
	for (; aliases && *aliases; aliases++) {
		g_auto(GStrv) pair = g_strsplit(*aliases, "=", 2);

		if (g_strv_length(pair) != 2 || !pair[0][0] || !pair[1][0])
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "host_aliases: NAME=PACKAGE is wanted, not \"%s\"", *aliases);
		add_alias(facts, packages, pair[0], pair[1]);
	}
	return true;
}

/* Debian's python package has the version in its name; rpm asks for the "abi". */
static void add_python(GPtrArray *facts, GHashTable *packages)
{
	const char *version = g_hash_table_lookup(packages, "python3");
	g_auto(GStrv) parts = version ? g_strsplit(version, ".", 3) : NULL;

	if (parts && g_strv_length(parts) >= 2)
		g_ptr_array_add(facts, g_strdup_printf("python(abi) = %s.%s", parts[0], parts[1]));
}

static bool add_dpkg(GPtrArray *facts, char *const *aliases, GError **error)
{
	static const char *const argv[] = { "dpkg-query", "-W",
					    "-f=${db:Status-Abbrev}\\t${Package}\\t${Version}\\n",
					    NULL };
	g_autoptr(GHashTable) packages =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = NULL;

	if (!run_lines(argv, NULL, &lines, error))
		return false;
	for (size_t i = 0; lines[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(lines[i], "\t", 3);
		char *version;

		if (g_strv_length(parts) != 3 || !g_str_has_prefix(parts[0], "ii"))
			continue;
		version = local_host_version(parts[2]);
		add_package(facts, parts[1], version);
		g_hash_table_insert(packages, g_strdup(parts[1]), version);
	}
	add_python(facts, packages);
	return add_aliases(facts, packages, aliases, error);
}

static bool add_rpm(GPtrArray *facts, GError **error)
{
	static const char *const argv[] = { "rpm", "-qa", "--qf", "[%{PROVIDENEVRS}\\n]", NULL };
	g_auto(GStrv) lines = NULL;

	if (!run_lines(argv, NULL, &lines, error))
		return false;
	for (size_t i = 0; lines[i]; i++)
		g_ptr_array_add(facts, g_strdup(lines[i]));
	return true;
}

static void add_programs(GPtrArray *facts)
{
	static const char *const folders[] = { "bin", "sbin" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *folder = g_build_filename("/usr", folders[i], NULL);
		g_auto(GStrv) names = folder_list(folder);

		for (size_t k = 0; names[k]; k++) {
			g_ptr_array_add(facts, g_strdup_printf("/usr/%s/%s", folders[i], names[k]));
			g_ptr_array_add(facts, g_strdup_printf("/%s/%s", folders[i], names[k]));
		}
	}
}

/* Where libraries are: /usr/lib, /usr/lib64 and Debian's folders per processor. */
static char **library_folders(void)
{
	GPtrArray *folders = g_ptr_array_new();
	g_auto(GStrv) names = folder_list("/usr/lib");

	g_ptr_array_add(folders, g_strdup("/usr/lib"));
	g_ptr_array_add(folders, g_strdup("/usr/lib64"));
	for (size_t i = 0; names[i]; i++)
		if (strstr(names[i], "-linux-gnu"))
			g_ptr_array_add(folders, g_build_filename("/usr/lib", names[i], NULL));
	g_ptr_array_add(folders, NULL);
	return (char **)g_ptr_array_free(folders, FALSE);
}

static void add_module(GPtrArray *facts, const char *folder, const char *file)
{
	g_autofree char *path = g_build_filename(folder, file, NULL);
	g_autofree char *name = g_strndup(file, strlen(file) - strlen(".pc"));
	g_autofree char *text = NULL;
	const char *version;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	version = strstr(text, "\nVersion:");
	if (version) {
		g_auto(GStrv) lines = g_strsplit(version + strlen("\nVersion:"), "\n", 2);

		g_strstrip(lines[0]);
		if (lines[0][0] && !strpbrk(lines[0], "$ -")) {
			g_ptr_array_add(facts,
					g_strdup_printf("pkgconfig(%s) = %s", name, lines[0]));
			return;
		}
	}
	g_ptr_array_add(facts, g_strdup_printf("pkgconfig(%s)", name));
}

static void add_modules(GPtrArray *facts, const char *library_folder)
{
	g_autofree char *folder = g_build_filename(library_folder, "pkgconfig", NULL);
	g_auto(GStrv) names = folder_list(folder);

	for (size_t i = 0; names[i]; i++)
		if (g_str_has_suffix(names[i], ".pc"))
			add_module(facts, folder, names[i]);
}

/* elfdeps ends at the first file that is none: a linker script, a link that leads nowhere. */
static bool is_elf(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char magic[SELFMAG];
	bool is_one;

	if (fd < 0)
		return false;
	is_one = read(fd, magic, SELFMAG) == SELFMAG && memcmp(magic, ELFMAG, SELFMAG) == 0;
	close(fd);
	return is_one;
}

static void append_libraries(GString *paths, const char *folder)
{
	g_auto(GStrv) names = folder_list(folder);

	for (size_t i = 0; names[i]; i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);

		if (strstr(names[i], ".so") && is_elf(path))
			g_string_append_printf(paths, "%s\n", path);
	}
}

static bool add_libraries(GPtrArray *facts, const char *paths, GError **error)
{
	static const char *const argv[] = { "/usr/lib/rpm/elfdeps", "--provides", NULL };
	g_auto(GStrv) lines = NULL;

	if (!run_lines(argv, paths, &lines, error))
		return false;
	for (size_t i = 0; lines[i]; i++)
		g_ptr_array_add(facts, g_strdup(lines[i]));
	g_ptr_array_add(facts, g_strdup("rtld(GNU_HASH)"));
	return true;
}

bool local_host_facts(char *const *aliases, char ***ret, GError **error)
{
	g_autoptr(GPtrArray) facts = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) folders = library_folders();
	g_autoptr(GString) paths = g_string_new(NULL);
	const char *database = local_host_database();
	bool is_known;

	if (!database)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "this host has neither dpkg nor rpm");
	is_known = local_host_is_debian() ? add_dpkg(facts, aliases, error) : add_rpm(facts, error);
	if (!is_known)
		return false;
	add_programs(facts);
	for (size_t i = 0; folders[i]; i++) {
		add_modules(facts, folders[i]);
		append_libraries(paths, folders[i]);
	}
	add_modules(facts, "/usr/share");
	if (!add_libraries(facts, paths->str, error))
		return false;
	g_ptr_array_add(facts, NULL);
	g_ptr_array_set_free_func(facts, NULL);
	*ret = (char **)g_ptr_array_steal(facts, NULL);
	return true;
}
