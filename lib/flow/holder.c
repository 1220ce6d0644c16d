/* SPDX-License-Identifier: MIT */
#include "flow/holder.h"

#include <string.h>
#include <unistd.h>

#include "base/strict.h"

enum holder_part { PART_HOST, PART_BOOT, PART_PID, PART_START, PART__COUNT };

/* The 22nd field of /proc/PID/stat; the second may hold blanks and parentheses. NULL: it is gone,
 * or a zombie. */
static char *start_time(const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
	g_autofree char *text = NULL;
	g_auto(GStrv) fields = NULL;
	const char *rest;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	rest = strrchr(text, ')');
	if (!rest)
		return NULL;
	fields = g_strsplit(rest + 1, " ", 0);
	if (g_strv_length(fields) <= 20 || *fields[1] == 'Z')
		return NULL;
	return g_strdup(fields[20]);
}

/* Process ids mean something only within one boot and one namespace of processes. */
static char *boot_and_namespace(void)
{
	g_autofree char *boot = NULL;
	g_autofree char *space = g_file_read_link("/proc/self/ns/pid", NULL);

	if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
		boot = g_strdup("unknown");
	return g_strdup_printf("%s/%s", g_strstrip(boot), space ? space : "");
}

char *holder_self(void)
{
	g_autofree char *boot = boot_and_namespace();
	g_autofree char *pid = g_strdup_printf("%ld", (long)getpid());
	g_autofree char *start = start_time(pid);

	return g_strdup_printf("%s %s %s %s", g_get_host_name(), boot, pid, start ? start : "0");
}

char *holder_host(const char *holder)
{
	const char *blank = strchr(holder, ' ');

	return g_strndup(holder, blank ? (gsize)(blank - holder) + 1 : strlen(holder));
}

/* "boot-id/pid:[4026531836]": the part before the slash. */
static bool same_boot(const char *one, const char *other)
{
	const char *end = strchr(one, '/');

	return end && strncmp(one, other, (size_t)(end - one) + 1) == 0;
}

bool holder_is_gone(const char *other, const char *self)
{
	g_auto(GStrv) theirs = g_strsplit(other, " ", 0);
	g_auto(GStrv) ours = g_strsplit(self, " ", 0);
	g_autofree char *start = NULL;
	uint64_t pid;

	if (g_strv_length(theirs) != PART__COUNT || g_strv_length(ours) != PART__COUNT ||
	    strcmp(theirs[PART_HOST], ours[PART_HOST]) != 0)
		return false;
	if (!same_boot(theirs[PART_BOOT], ours[PART_BOOT]))
		return true;
	if (strcmp(theirs[PART_BOOT], ours[PART_BOOT]) != 0 ||
	    !strict_u64(theirs[PART_PID], 1, UINT32_MAX, &pid, NULL))
		return false;
	start = start_time(theirs[PART_PID]);
	return !start || strcmp(start, theirs[PART_START]) != 0;
}
