/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "ports/builder/local_files.h"

#define FETCH_AGE_MAX (24 * 3600) /* seconds: no fetch takes so long */
#define BLOCK_BYTES   512

struct cached {
	char *path;
	uint64_t bytes;
	int64_t wanted_at;
};

static void cached_free(void *data)
{
	struct cached *cached = data;

	g_free(cached->path);
	g_free(cached);
}

char *local_cache_place(const char *cache_dir, const char *hash_type, const char *hash)
{
	return g_build_filename(cache_dir, "lookaside", hash_type, hash, NULL);
}

/* It may leave between any two steps; that it was wanted is noted first. */
bool local_cache_link(const char *cached, const char *target, GError **error)
{
	const struct timespec times[] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT } };
	g_autoptr(GError) why = NULL;

	if (utimensat(AT_FDCWD, cached, times, 0) && errno == ENOENT)
		return false;
	if (file_link(cached, target, &why))
		return true;
	if (g_access(cached, F_OK) == 0)
		g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

static bool remove_file(const char *path, uint64_t *removed, GError **error)
{
	if (g_unlink(path) && errno != ENOENT)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", path, g_strerror(errno));
	(*removed)++;
	return true;
}

/* Adds the files of one kind of hash; a fetch that never ended is removed. */
static bool add_files(const char *folder, int64_t now, GPtrArray *files, uint64_t *removed,
		      GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct cached *cached;
		struct stat status;

		if (lstat(path, &status) || !S_ISREG(status.st_mode))
			continue;
		if (name[0] == '.') {
			if (now - status.st_mtime > FETCH_AGE_MAX &&
			    !remove_file(path, removed, error))
				return false;
			continue;
		}
		cached = g_new(struct cached, 1);
		cached->path = g_steal_pointer(&path);
		cached->bytes = (uint64_t)status.st_blocks * BLOCK_BYTES;
		cached->wanted_at = status.st_atime;
		g_ptr_array_add(files, cached);
	}
	return true;
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct cached *one = *(struct cached *const *)a;
	const struct cached *other = *(struct cached *const *)b;

	return (one->wanted_at > other->wanted_at) - (one->wanted_at < other->wanted_at);
}

static bool trim(const struct cache_terms *terms, const GPtrArray *files, int64_t now,
		 uint64_t *removed, GError **error)
{
	uint64_t sum = 0;

	for (guint i = 0; i < files->len; i++)
		sum += ((const struct cached *)g_ptr_array_index(files, i))->bytes;
	for (guint i = 0; i < files->len; i++) {
		const struct cached *cached = g_ptr_array_index(files, i);
		const bool is_old =
			terms->max_age && now - cached->wanted_at > (int64_t)terms->max_age;

		if (!is_old && (!terms->max_bytes || sum <= terms->max_bytes))
			break;
		if (!remove_file(cached->path, removed, error))
			return false;
		sum -= cached->bytes;
	}
	return true;
}

bool local_cache_trim(const struct cache_terms *terms, uint64_t *ret_removed, GError **error)
{
	const int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	g_autofree char *place = g_build_filename(terms->cache_dir, "lookaside", NULL);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(cached_free);
	g_auto(GStrv) types = folder_list(place);
	uint64_t removed = 0;

	for (size_t i = 0; types[i]; i++) {
		g_autofree char *folder = g_build_filename(place, types[i], NULL);

		if (!add_files(folder, now, files, &removed, error))
			return false;
	}
	g_ptr_array_sort(files, by_time);
	if (!trim(terms, files, now, &removed, error))
		return false;
	*ret_removed = removed;
	return true;
}
