/* SPDX-License-Identifier: MIT */
#include "text/rpm_name.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"

#define NAME_BYTES_MAX 255

static const struct strict_charset name_set = { .first = "_",
						.rest = "._+-",
						.max = NAME_BYTES_MAX };
static const struct strict_charset version_set = { .first = "_~^",
						   .rest = "._+~^",
						   .max = NAME_BYTES_MAX };
static const struct strict_charset arch_set = { .first = "", .rest = "_", .max = 32 };

/* Cuts text at the last such byte; returns what follows it, NULL when there is none. */
static char *cut_last(char *text, char at)
{
	char *place = strrchr(text, at);

	if (!place)
		return NULL;
	*place = 0;
	return place + 1;
}

/* Takes "[epoch:]version" apart. */
static bool take_version(struct rpm_name *name, const char *version)
{
	const char *colon = strchr(version, ':');

	if (colon) {
		g_autofree char *epoch = g_strndup(version, (gsize)(colon - version));

		if (!strict_u64(epoch, 0, G_MAXUINT32, &name->epoch, NULL))
			return false;
		version = colon + 1;
	}
	name->version = g_strdup(version);
	return strict_name(version, &version_set);
}

static bool take_parts(struct rpm_name *name, char *text, bool has_arch)
{
	const char *arch = has_arch ? cut_last(text, '.') : NULL;
	const char *release = cut_last(text, '-');
	const char *version = release ? cut_last(text, '-') : NULL;

	if (!version || (has_arch && !arch))
		return false;
	name->name = g_strdup(text);
	name->release = g_strdup(release);
	name->arch = g_strdup(arch);
	if (!has_arch && strchr(version, ':'))
		return false;
	return take_version(name, version) && strict_name(text, &name_set) &&
	       strict_name(release, &version_set) && (!arch || strict_name(arch, &arch_set));
}

static bool name_read(const char *text, bool has_arch, struct rpm_name **ret, GError **error)
{
	g_autoptr(RpmName) name = g_new0(struct rpm_name, 1);
	g_autofree char *parts = g_strndup(text, NAME_BYTES_MAX + 1);

	if (strlen(parts) > NAME_BYTES_MAX || !take_parts(name, parts, has_arch))
		return fail(error, RIDA_ERROR_MALFORMED, "\"%.80s\" is not of the form %s", text,
			    has_arch ? "name-epoch:version-release.arch" : "name-version-release");
	*ret = g_steal_pointer(&name);
	return true;
}

bool rpm_name_read_nvr(const char *text, struct rpm_name **ret, GError **error)
{
	return name_read(text, false, ret, error);
}

bool rpm_name_read_nevra(const char *text, struct rpm_name **ret, GError **error)
{
	return name_read(text, true, ret, error);
}

void rpm_name_free(struct rpm_name *name)
{
	if (!name)
		return;
	g_free(name->name);
	g_free(name->version);
	g_free(name->release);
	g_free(name->arch);
	g_free(name);
}

char *rpm_name_nevra(const struct rpm_name *name)
{
	return g_strdup_printf("%s-%" PRIu64 ":%s-%s%s%s", name->name, name->epoch, name->version,
			       name->release, name->arch ? "." : "", name->arch ? name->arch : "");
}

char *rpm_name_nvr(const struct rpm_name *name)
{
	return g_strdup_printf("%s-%s-%s", name->name, name->version, name->release);
}
