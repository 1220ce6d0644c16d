/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_import_content.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "text/json.h"
#include "wire/process.h"

#define RPM_OUTPUT_MAX (16 << 20)
#define RPM_TIMEOUT    60
#define KEY_DIGITS     8

/* Where RPM keeps what is installed; a host without one of them is none of RPM's. */
static const char *const databases[] = {
	"/usr/lib/sysimage/rpm/rpmdb.sqlite",
	"/usr/lib/sysimage/rpm/Packages.db",
	"/var/lib/rpm/rpmdb.sqlite",
	"/var/lib/rpm/Packages.db",
	"/var/lib/rpm/Packages",
};

/* The fields of a line, in this order. */
enum field {
	FIELD_NAME,
	FIELD_VERSION,
	FIELD_RELEASE,
	FIELD_ARCH,
	FIELD_SUM,
	FIELD_EPOCH,
	FIELD_SIGNATURE,
	FIELD__COUNT
};

#define FORMAT                                                                                     \
	"%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\t%{SIGMD5}\\t%|EPOCH?{%{EPOCH}}|\\t"         \
	"%|SIGPGP?{%{SIGPGP:pgpsig}}:{%|SIGGPG?{%{SIGGPG:pgpsig}}|}|\\n"

static bool is_rpm_host(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(databases); i++)
		if (access(databases[i], R_OK) == 0)
			return true;
	return false;
}

/* The last digits of "RSA/SHA256, Mon 01 Jan 2024, Key ID 0123456789abcdef". */
static struct json_object *signing_key(const char *signature)
{
	const char *key = g_strrstr(signature, "Key ID ");
	const size_t length = key ? strlen(key) : 0;

	return length >= strlen("Key ID ") + KEY_DIGITS
		       ? json_object_new_string(key + length - KEY_DIGITS)
		       : NULL;
}

/* NULL: the line is no package's. */
static struct json_object *installed(const char *line)
{
	static const char *const names[] = { "name", "version", "release", "arch", "sigmd5" };
	g_auto(GStrv) fields = g_strsplit(line, "\t", -1);
	struct json_object *component;

	if (g_strv_length(fields) != FIELD__COUNT || strcmp(fields[FIELD_NAME], "gpg-pubkey") == 0)
		return NULL;
	component = json_object_new_object();
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		json_object_object_add(component, names[i], json_object_new_string(fields[i]));
	json_object_object_add(component, "epoch",
			       *fields[FIELD_EPOCH] ? json_object_new_int64(g_ascii_strtoll(
							      fields[FIELD_EPOCH], NULL, 10))
						    : NULL);
	json_object_object_add(component, "signature", signing_key(fields[FIELD_SIGNATURE]));
	json_object_object_add(component, "type", json_object_new_string("rpm"));
	return component;
}

struct json_object *import_installed(const char *text)
{
	struct json_object *list = json_object_new_array();
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		struct json_object *component = installed(*line);

		if (component)
			json_object_array_add(list, component);
	}
	return list;
}

/* None where the host has other packages, or rpm does not say. */
static struct json_object *all_installed(void)
{
	static const char *const argv[] = { "rpm", "-qa", "--qf", FORMAT, NULL };
	const struct process_wants wants = { .argv = argv,
					     .timeout = RPM_TIMEOUT,
					     .output_max = RPM_OUTPUT_MAX };
	g_auto(ProcessResult) result = { 0 };

	if (!is_rpm_host() || !process_check(&wants, &result, NULL))
		return json_object_new_array();
	return import_installed(result.output);
}

/* {member: text, …} of pairs, to which more can be added. */
static struct json_object *texts(const char *first, const char *first_text, const char *second,
				 const char *second_text)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, first, json_object_new_string(first_text));
	json_object_object_add(object, second, json_object_new_string(second_text));
	return object;
}

static char *system_name(void)
{
	g_autofree char *name = g_get_os_info(G_OS_INFO_KEY_NAME);
	g_autofree char *version = g_get_os_info(G_OS_INFO_KEY_VERSION_ID);

	return g_strstrip(g_strdup_printf("%s %s", name ? name : "Linux", version ? version : ""));
}

struct json_object *import_host(void)
{
	struct json_object *host = json_object_new_object();
	struct json_object *tools = json_object_new_array();
	g_autofree char *system = system_name();
	struct utsname machine;

	uname(&machine);
	json_object_array_add(tools,
			      texts("name", "libmodulemd", "version", document_library_version()));
	json_object_object_add(host, "id", json_object_new_int(IMPORT_BUILDROOT));
	json_object_object_add(host, "host", texts("arch", machine.machine, "os", system));
	json_object_object_add(host, "content_generator",
			       texts("name", CONTENT_GENERATOR, "version", PACKAGE_VERSION));
	json_object_object_add(host, "container", texts("arch", machine.machine, "type", "none"));
	json_object_object_add(host, "components", all_installed());
	json_object_object_add(host, "tools", tools);
	return host;
}
