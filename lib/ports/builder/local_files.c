/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "wire/process.h"

#define REMOVE_SECONDS 600

static bool refuse(GError **error, const char *path)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", path, g_strerror(errno));
}

bool file_write(const char *path, const char *text, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (!g_file_set_contents_full(path, text, -1,
				      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
				      0644, &why))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s", why->message);
	return chmod(path, 0644) == 0 || refuse(error, path);
}

bool folder_make(const char *path, GError **error)
{
	g_autofree char *above = NULL;

	if (g_mkdir(path, 0755) == 0)
		return chmod(path, 0755) == 0 || refuse(error, path);
	if (errno == EEXIST)
		return g_file_test(path, G_FILE_TEST_IS_DIR) ||
		       fail(error, RIDA_ERROR_UNAVAILABLE, "%s is no folder", path);
	if (errno != ENOENT)
		return refuse(error, path);
	above = g_path_get_dirname(path);
	return folder_make(above, error) && folder_make(path, error);
}

bool folder_give(const char *path, unsigned uid, unsigned gid, GError **error)
{
	return geteuid() != 0 || lchown(path, uid, gid) == 0 || refuse(error, path);
}

/* The programs, because they manage trees of any depth. */
bool folder_remove(const char *path, GError **error)
{
	const char *const remove[] = { "rm", "-rf", "--one-file-system", "--", path, NULL };
	const char *const open_up[] = { "chmod", "-R", "u+rwX", "--", path, NULL };
	struct process_wants wants = { .argv = remove,
				       .timeout = REMOVE_SECONDS,
				       .output_max = 4096 };
	g_auto(ProcessResult) first = { 0 }, second = { 0 }, third = { 0 };
	struct stat status;

	if (lstat(path, &status) && errno == ENOENT)
		return true;
	if (!process_run(&wants, &first, error))
		return false;
	if (first.status == 0)
		return true;
	wants.argv = open_up;
	if (!process_run(&wants, &second, error))
		return false;
	wants.argv = remove;
	return process_check(&wants, &third, error);
}

bool folder_sync(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_done;

	if (fd < 0)
		return false;
	is_done = fsync(fd) == 0;
	close(fd);
	return is_done;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **folder_list(const char *path)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			g_ptr_array_add(names, g_strdup(entry->d_name));
	if (dir)
		closedir(dir);
	if (names->len)
		qsort(names->pdata, names->len, sizeof(char *), compare_names);
	g_ptr_array_add(names, NULL);
	g_ptr_array_set_free_func(names, NULL);
	return (char **)g_ptr_array_steal(names, NULL);
}

static int open_beneath(const char *folder, const char *name)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	const int dir = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	int fd;

	if (dir < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
	close(dir);
	if (fd >= 0 && (fstat(fd, &status) || !S_ISREG(status.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static bool copy_bytes(int from, int to)
{
	char bytes[65536];
	ssize_t length;

	while ((length = read(from, bytes, sizeof bytes)) > 0)
		for (ssize_t done = 0, part; done < length; done += part) {
			part = write(to, bytes + done, (size_t)(length - done));
			if (part <= 0)
				return false;
		}
	return length == 0 && fchmod(to, 0644) == 0 && fsync(to) == 0;
}

bool file_copy(const char *folder, const char *name, const char *target, GError **error)
{
	const int from = open_beneath(folder, name);
	int to;
	bool is_done;

	if (from < 0)
		return fail(error,
			    errno == ENOENT ? RIDA_ERROR_UNAVAILABLE : RIDA_ERROR_UNACCEPTABLE,
			    "%s is no regular file: %s", name, g_strerror(errno));
	to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	is_done = to >= 0 && copy_bytes(from, to);
	if (!is_done)
		refuse(error, target);
	if (to >= 0)
		close(to);
	close(from);
	return is_done;
}

bool folder_copy(const char *folder, const char *target, GError **error)
{
	g_auto(GStrv) names = folder_list(folder);

	if (!folder_make(target, error))
		return false;
	for (size_t i = 0; names[i]; i++) {
		g_autofree char *path = g_build_filename(target, names[i], NULL);

		if (!file_copy(folder, names[i], path, error))
			return false;
	}
	return true;
}

bool file_link(const char *source, const char *target, GError **error)
{
	g_autofree char *folder = NULL, *name = NULL;

	if (link(source, target) == 0)
		return true;
	if (errno != EXDEV && errno != EPERM && errno != EMLINK)
		return refuse(error, target);
	folder = g_path_get_dirname(source);
	name = g_path_get_basename(source);
	return file_copy(folder, name, target, error);
}

bool folder_replace(const char *fresh, const char *final, GError **error)
{
	g_autofree char *above = g_path_get_dirname(final);

	if (g_rename(fresh, final) == 0)
		return folder_sync(above) || refuse(error, above);
	if (errno != ENOTEMPTY && errno != EEXIST)
		return refuse(error, final);
	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, final, RENAME_EXCHANGE) || !folder_sync(above))
		return refuse(error, final);
	return folder_remove(fresh, error);
}
