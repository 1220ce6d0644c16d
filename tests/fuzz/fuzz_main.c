/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

/*
 * Runs each file of the folders named, and each with single bytes left out, replaced and doubled,
 * so that the seeds' neighbourhood is tried too: at every byte, or so many places in a long file.
 */

#define PLACES_MAX 30

static const uint8_t replacements[] = { 0,   '\n', ' ',  '"', '%',  '&', '/',
					':', '[',  '\\', '{', 0x80, 0xff };

static void run_neighbours(const uint8_t *data, size_t size)
{
	g_autofree uint8_t *copy = g_malloc(size + 1);

	for (size_t i = 0; i < size; i += 1 + size / PLACES_MAX) {
		memcpy(copy, data, i);
		memcpy(copy + i, data + i + 1, size - i - 1);
		LLVMFuzzerTestOneInput(copy, size - 1);
		memcpy(copy, data, i + 1);
		memcpy(copy + i + 1, data + i, size - i);
		LLVMFuzzerTestOneInput(copy, size + 1);
		memcpy(copy, data, size);
		for (size_t j = 0; j < G_N_ELEMENTS(replacements); j++) {
			copy[i] = replacements[j];
			LLVMFuzzerTestOneInput(copy, size);
		}
		LLVMFuzzerTestOneInput(data, i);
	}
}

static int run_file(const char *path)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize size;

	if (!g_file_get_contents(path, &text, &size, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput((const uint8_t *)text, size);
	run_neighbours((const uint8_t *)text, size);
	return 0;
}

static int run_folder(const char *folder)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
	const char *name;
	int files = 0;

	if (!dir) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	for (; (name = g_dir_read_name(dir)); files++) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (run_file(path) != 0)
			return 1;
	}
	if (files == 0)
		fprintf(stderr, "%s holds no seed\n", folder);
	return files == 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (run_folder(argv[i]) != 0)
			return 1;
	return 0;
}
