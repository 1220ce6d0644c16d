/* SPDX-License-Identifier: MIT */
#include "model/arch.h"

#include <glib.h>

/* What comes next in the chain; nothing: noarch. */
static const struct {
	const char *arch;
	const char *next;
	bool is_multilib; /* from here on, what follows is delivered beside the first one */
} chains[] = {
	{ "x86_64", "athlon", true },     { "athlon", "i686", false },
	{ "i686", "i586", false },        { "i586", "i486", false },
	{ "i486", "i386", false },        { "s390x", "s390", true },
	{ "ppc64", "ppc", true },         { "armv7hnl", "armv7hl", false },
	{ "armv7hl", "armv6hl", false },  { "armv7l", "armv6l", false },
	{ "armv6l", "armv5tejl", false }, { "armv5tejl", "armv5tel", false },
};

static const struct {
	const char *arch;
	const char *name;
} names[] = {
	{ "i386", "i686" },
	{ "sparc", "sparc64v" },
	{ "arm", "armv7l" },
	{ "armhfp", "armv7hnl" },
};

/* The next of the chain, or NULL before noarch. */
static const char *chain_next(const char *arch, bool *is_multilib)
{
	for (size_t i = 0; i < G_N_ELEMENTS(chains); i++) {
		if (!g_str_equal(chains[i].arch, arch))
			continue;
		*is_multilib |= chains[i].is_multilib;
		return chains[i].next;
	}
	return NULL;
}

bool arch_has_multilib(const char *arch, const char *other)
{
	bool is_multilib = false;

	while ((arch = chain_next(arch, &is_multilib)))
		if (is_multilib && g_str_equal(arch, other))
			return true;
	return false;
}

bool arch_is_among(const char *arch, const char *const *list)
{
	bool is_multilib = false;

	if (!list)
		return false;
	for (; arch && !is_multilib; arch = chain_next(arch, &is_multilib))
		if (g_strv_contains(list, arch))
			return true;
	return g_strv_contains(list, "noarch");
}

const char *arch_in_documents(const char *arch)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(names[i].arch, arch))
			return names[i].name;
	return arch;
}
