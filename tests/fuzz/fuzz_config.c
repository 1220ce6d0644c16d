/* SPDX-License-Identifier: MIT */
/* Reaches config_load() and config_show(): what is shown loads and shows the same. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/error.h"

static char *shown(const struct config *config, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	config_show(config, out);
	fclose(out);
	return text;
}

/* The configuration comes from files, so the bytes go through one, which only memory holds. */
static struct config *load(const char *text, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;
	struct config *config = NULL;
	int fd = memfd_create("rida-fuzz", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(fchmod(fd, 0600), ==, 0);
	path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_assert_cmpint(write(fd, text, size), ==, (gssize)size);
	if (!config_load(path, &config, &error)) {
		g_assert_cmpint(error->code, ==, RIDA_ERROR_MALFORMED);
		config = NULL;
	}
	close(fd);
	return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(Config) config = load((const char *)data, size);
	g_autoptr(Config) again = NULL;
	size_t first_size, second_size;
	char *first, *second;

	if (!config)
		return 0;
	first = shown(config, &first_size);
	again = load(first, first_size);
	g_assert_nonnull(again);
	second = shown(again, &second_size);
	g_assert_cmpstr(first, ==, second);
	free(first);
	free(second);
	return 0;
}
