/* SPDX-License-Identifier: MIT */
/* Reaches ini_read() and koji_profile_read(): what is read twice is the same, a profile that is
 * taken can be used, and what is refused is refused for a reason that a person can mend. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "text/ini.h"
#include "wire/koji_profile.h"

static void read_twice(const char *text, size_t size)
{
	g_autoptr(Ini) once = ini_new();
	g_autoptr(Ini) twice = ini_new();
	g_auto(GStrv) sections = NULL;

	if (!ini_read(once, "file", text, size, NULL) || !ini_read(twice, "file", text, size, NULL))
		return;
	g_assert_true(ini_read(twice, "file", text, size, NULL));
	sections = ini_sections(once);
	for (char **section = sections; *section; section++) {
		g_assert_true(ini_has_section(twice, *section));
		g_assert_cmpstr(ini_value(once, *section, "server"), ==,
				ini_value(twice, *section, "server"));
	}
}

/* The profile comes from files, so the bytes go through one, which only memory holds. */
static void read_profile(const char *text, size_t size)
{
	g_autoptr(KojiProfile) profile = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;
	int fd = memfd_create("rida-fuzz", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_assert_cmpint(write(fd, text, size), ==, (gssize)size);
	if (koji_profile_read_below("/proc/self/fd/absent", "lab", path, &profile, &error)) {
		g_assert_true(g_str_has_prefix(profile->server, "http"));
		g_assert_cmpuint(profile->timeout, >, 0);
		g_assert_cmpuint(profile->login_timeout, >, 0);
		g_assert_cmpuint(profile->upload_blocksize, >, 0);
	} else {
		g_assert_true(error_is_final(error));
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_twice((const char *)data, size);
	read_profile((const char *)data, size);
	return 0;
}
