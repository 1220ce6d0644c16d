/* SPDX-License-Identifier: MIT */
#include "cgi/log_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "model/names.h"

#define LOGS_LISTED_MAX 64

/* Opens what is below the folder, never by a symbolic link; -1 when that does not work. */
static int open_below(const char *folder, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	long fd;

	if (root < 0)
		return -1;
	fd = syscall(SYS_openat2, root, path, &how, sizeof how);
	close(root);
	return (int)fd;
}

bool log_file_open(const char *log_dir, const struct log_name *name, int *ret_fd,
		   uint64_t *ret_size, GError **error)
{
	g_autofree char *path = NULL;
	struct stat facts;
	int fd = -1;

	if (name_is_valid(NAME_COMPONENT, name->component) &&
	    name_is_valid(NAME_FILE, name->file)) {
		path = g_strdup_printf("%" PRIu64 "/%s/%" PRIu64 "/%s", name->build_id,
				       name->component, name->attempt, name->file);
		fd = open_below(log_dir, path, 0);
	}
	if (fd >= 0 && (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		return fail(error, RIDA_ERROR_MISSING,
			    "there is no such log; the page of build %" PRIu64 " lists its logs",
			    name->build_id);
	*ret_fd = fd;
	*ret_size = (uint64_t)facts.st_size;
	return true;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **log_files_list(const char *log_dir, uint64_t build_id, const char *component,
		      uint64_t attempt)
{
	g_autofree char *path =
		g_strdup_printf("%" PRIu64 "/%s/%" PRIu64, build_id, component, attempt);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const struct dirent *entry;
	int fd = name_is_valid(NAME_COMPONENT, component) ? open_below(log_dir, path, O_DIRECTORY)
							  : -1;
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (!folder)
		return NULL;
	while (names->len < LOGS_LISTED_MAX && (entry = readdir(folder)))
		if (name_is_valid(NAME_FILE, entry->d_name))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	closedir(folder);
	qsort(names->pdata, names->len, sizeof(void *), compare);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}
