/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "base/strict.h"

#define FREE_MIN      (UINT64_C(256) << 20)
#define FREE_FILES    1000
#define KILL_PAUSE_US 5000
#define BLOCK_BYTES   512
#define MEMORY_FILE   "/memfd:" /* what the names of such files begin with */
#define ENTRY_BYTES   4096      /* an empty file takes a place in a folder and an inode, too */

struct process {
	int pid;
	int parent;
	unsigned tasks;
	bool is_below;
};

static bool proc_read(int pid, const char *name, char **ret)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, name);

	return g_file_get_contents(path, ret, NULL, NULL);
}

/* "pid (any name) state parent …", the number of threads behind 15 further ones; false when the
 * process is gone. */
static bool process_read(int pid, struct process *ret)
{
	g_autofree char *text = NULL;
	const char *behind;

	*ret = (struct process){ .pid = pid };
	if (!proc_read(pid, "stat", &text))
		return false;
	behind = strrchr(text, ')');
	return behind && sscanf(behind,
				") %*c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
				"%*s %*s %u",
				&ret->parent, &ret->tasks) == 2;
}

static GArray *all_processes(void)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct process));
	DIR *dir = opendir("/proc");

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		struct process process;
		uint64_t pid;

		if (strict_u64(entry->d_name, 1, G_MAXINT, &pid, NULL) &&
		    process_read((int)pid, &process))
			g_array_append_val(list, process);
	}
	if (dir)
		closedir(dir);
	return list;
}

static bool mark(GArray *list, int parent)
{
	bool is_any = false;

	for (unsigned i = 0; i < list->len; i++) {
		struct process *process = &g_array_index(list, struct process, i);

		if (process->parent != parent || process->is_below)
			continue;
		process->is_below = true;
		mark(list, process->pid);
		is_any = true;
	}
	return is_any;
}

/* Resident bytes: fast, but what is shared counts for each who has it. */
static uint64_t resident(int pid)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) parts = NULL;
	uint64_t pages = 0;

	if (!proc_read(pid, "statm", &text))
		return 0;
	parts = g_strsplit(text, " ", 3);
	if (g_strv_length(parts) == 3)
		strict_u64(parts[1], 0, G_MAXINT64 / 65536, &pages, NULL);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The sum of these lines of what the kernel adds up over a process's mappings; that takes time. */
static bool rollup(int pid, const char *const *keys, uint64_t *ret)
{
	g_autofree char *text = NULL;
	uint64_t sum = 0;

	if (!proc_read(pid, "smaps_rollup", &text))
		return false;
	for (; *keys; keys++) {
		const char *place = strstr(text, *keys);

		if (place)
			sum += g_ascii_strtoull(place + strlen(*keys), NULL, 10) * 1024;
	}
	*ret = sum;
	return true;
}

/* This process's share of what is resident or swapped. */
static uint64_t proportional(int pid)
{
	static const char *const keys[] = { "\nPss:", "\nSwapPss:", NULL };
	uint64_t sum;

	return rollup(pid, keys, &sum) ? sum : resident(pid);
}

/* What of that share is memory that is no process's own. */
static uint64_t proportional_shared(int pid)
{
	static const char *const keys[] = { "\nPss_Shmem:", NULL };
	uint64_t sum;

	return rollup(pid, keys, &sum) ? sum : 0;
}

/* Adds the files in memory that the process has open and nobody has counted yet. */
static uint64_t memory_files(int pid, GHashTable *counted)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	uint64_t sum = 0;

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char target[sizeof MEMORY_FILE] = { 0 };
		struct stat status;

		if (readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1) > 0 &&
		    strcmp(target, MEMORY_FILE) == 0 &&
		    fstatat(dirfd(dir), entry->d_name, &status, 0) == 0 &&
		    g_hash_table_add(counted, GSIZE_TO_POINTER(status.st_ino)))
			sum += (uint64_t)status.st_blocks * BLOCK_BYTES;
	}
	if (dir)
		closedir(dir);
	return sum;
}

static uint64_t memory_of(GArray *list, uint64_t (*measure)(int pid))
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < list->len; i++) {
		const struct process *process = &g_array_index(list, struct process, i);

		if (process->is_below)
			sum += measure(process->pid);
	}
	return sum;
}

void tree_measure(uint64_t max, struct tree_use *ret)
{
	g_autoptr(GHashTable) counted = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) list = all_processes();
	uint64_t files = 0, mapped;

	mark(list, getpid());
	*ret = (struct tree_use){ .memory = memory_of(list, resident) };
	for (unsigned i = 0; i < list->len; i++) {
		const struct process *process = &g_array_index(list, struct process, i);

		if (!process->is_below)
			continue;
		ret->tasks += process->tasks;
		files += memory_files(process->pid, counted);
	}
	if (ret->memory + files > max) {
		ret->memory = memory_of(list, proportional);
		mapped = memory_of(list, proportional_shared);
		ret->memory -= MIN(MIN(files, mapped), ret->memory);
	}
	ret->memory += files;
}

void tree_kill(void)
{
	for (;;) {
		g_autoptr(GArray) list = all_processes();
		pid_t reaped;

		mark(list, getpid());
		for (unsigned i = 0; i < list->len; i++) {
			const struct process *process = &g_array_index(list, struct process, i);

			if (process->is_below)
				kill(process->pid, SIGKILL);
		}
		do {
			reaped = waitpid(-1, NULL, WNOHANG);
		} while (reaped > 0);
		if (reaped < 0 && errno == ECHILD)
			return;
		g_usleep(KILL_PAUSE_US);
	}
}

struct measure {
	uint64_t bytes;
	uint64_t max;
	bool is_too_deep;
};

static void measure_folder(int fd, struct measure *measure, unsigned depth);

static void measure_entry(int parent, const char *name, struct measure *measure, unsigned depth)
{
	struct stat status;
	int fd;

	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW))
		return;
	measure->bytes += MAX((uint64_t)status.st_blocks * BLOCK_BYTES, ENTRY_BYTES);
	if (!S_ISDIR(status.st_mode))
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		measure_folder(fd, measure, depth + 1);
}

/* Closes fd. */
static void measure_folder(int fd, struct measure *measure, unsigned depth)
{
	DIR *dir = depth < FOLDER_DEPTH_MAX ? fdopendir(fd) : NULL;

	measure->is_too_deep |= depth >= FOLDER_DEPTH_MAX;
	if (!dir) {
		close(fd);
		return;
	}
	for (struct dirent *entry;
	     measure->bytes <= measure->max && !measure->is_too_deep && (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			measure_entry(dirfd(dir), entry->d_name, measure, depth);
	closedir(dir);
}

enum disk_state folder_measure(const char *path, uint64_t max)
{
	struct measure measure = { .max = max };
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		measure_folder(fd, &measure, 0);
	return measure.is_too_deep   ? DISK_TOO_DEEP
	       : measure.bytes > max ? DISK_EXCEEDED
				     : DISK_FITS;
}

/* File systems without a table of inodes say that they have none. */
bool disk_is_nearly_full(const char *path)
{
	struct statvfs space;

	return statvfs(path, &space) == 0 &&
	       ((uint64_t)space.f_bavail * space.f_frsize < FREE_MIN ||
		(space.f_files && space.f_favail < FREE_FILES));
}
