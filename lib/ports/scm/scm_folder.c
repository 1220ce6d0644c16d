/* SPDX-License-Identifier: MIT */
#include "ports/scm/scm_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define PREFIX        "scm-"
#define OPEN_FOLDERS  16  /* at once while removing */
#define SWEEP_AGE     300 /* seconds; also the time between making a folder and locking it */
#define SWEEP_SECONDS 60

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	/* The rest is removed all the same; a sweep comes back for what is left. */
	remove(path);
	return 0;
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The descriptor that holds the lock; -1 when somebody else holds it. */
static int lock_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void sweep_one(const char *path, unsigned age)
{
	struct stat status;
	int fd;

	if (lstat(path, &status) || !S_ISDIR(status.st_mode) ||
	    status.st_mtime + (time_t)age > g_get_real_time() / G_USEC_PER_SEC)
		return;
	fd = lock_folder(path);
	if (fd < 0)
		return;
	remove_tree(path);
	close(fd);
}

void scm_folder_sweep(const char *work_dir, unsigned age)
{
	g_autoptr(GDir) dir = g_dir_open(work_dir, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(work_dir, name, NULL);

		if (g_str_has_prefix(name, PREFIX))
			sweep_one(path, age);
	}
}

/* Not more often than once a minute in one process: a folder of many entries is slow to read. */
static void sweep_sometimes(const char *work_dir)
{
	static gsize next; /* seconds on the monotonic clock */
	const gsize now = (gsize)(g_get_monotonic_time() / G_USEC_PER_SEC);
	gsize due = (gsize)g_atomic_pointer_get(&next);

	if (now >= due && g_atomic_pointer_compare_and_exchange(&next, due, now + SWEEP_SECONDS))
		scm_folder_sweep(work_dir, SWEEP_AGE);
}

bool scm_folder_open(const char *work_dir, struct scm_folder *ret, GError **error)
{
	g_autofree char *path = g_build_filename(work_dir, PREFIX "XXXXXX", NULL);
	int fd;

	sweep_sometimes(work_dir);
	g_mkdir_with_parents(work_dir, 0700);
	if (!g_mkdtemp_full(path, 0700))
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "no temporary folder can be made for a repository: %s",
			    g_strerror(errno));
	fd = lock_folder(path);
	if (fd < 0) {
		remove_tree(path);
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the temporary folder of a repository cannot be locked");
	}
	ret->path = g_steal_pointer(&path);
	ret->lock_fd = fd;
	return true;
}

void scm_folder_close(struct scm_folder *folder)
{
	if (!folder->path)
		return;
	remove_tree(folder->path);
	close(folder->lock_fd);
	g_clear_pointer(&folder->path, g_free);
}
