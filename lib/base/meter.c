/* SPDX-License-Identifier: MIT */
#include "base/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/meter_table.h"

/* The process's own cells, until there is a file. */
static struct meter_file own;
static struct meter_file *meters = &own;
static struct sigaction before;

void meter_name(enum meter_names list, const char *name)
{
	char(*names)[METER_NAME_MAX] =
		list == METER_NAMES_ROUTE ? own.header.routes : own.header.statuses;
	const unsigned count = list == METER_NAMES_ROUTE ? METER_ROUTES : METER_STATUSES;
	unsigned i = 0;

	while (i < count && names[i][0])
		i++;
	g_assert(i < count);
	g_strlcpy(names[i], name, METER_NAME_MAX);
}

/* The path of our file: what has another layout, or other names, has another path. */
static char *path_of(const char *folder, const char *kind)
{
	g_autofree char *digest = g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)&own.header, sizeof own.header);

	return g_strdup_printf("%s/%s.%" PRIuMAX ".%.8s.meter", folder, kind, (uintmax_t)geteuid(),
			       digest);
}

/*
 * Somebody cut our file short, and a cell has no memory any more: this process counts for itself
 * from now on. What else raises the signal is left to whoever had it before.
 */
static void on_lost_memory(int number, siginfo_t *info, void *context)
{
	const char *at = info->si_addr;
	const char *begin = (const char *)meters;

	(void)number;
	(void)context;
	if (meters == &own || at < begin || at >= begin + sizeof *meters ||
	    mmap(meters, sizeof *meters, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		sigaction(SIGBUS, &before, NULL);
}

/* Maps the file, when it is ours, whole and of our layout. */
static struct meter_file *map(int fd)
{
	struct meter_header header;
	struct stat facts;
	void *file;

	if (fstat(fd, &facts) || !S_ISREG(facts.st_mode) || facts.st_uid != geteuid() ||
	    facts.st_size != sizeof own ||
	    pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
	    memcmp(&header, &own.header, sizeof header) != 0)
		return NULL;
	file = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return file == MAP_FAILED ? NULL : file;
}

static struct meter_file *open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct meter_file *file = fd < 0 ? NULL : map(fd);

	if (fd >= 0)
		close(fd);
	return file;
}

/* A whole file in its place at once: the first of several that do this at the same time wins, and
 * all share its file. All of its blocks are there, so that a full disk is noticed now. */
static bool make_file(const char *path)
{
	g_autofree char *draft = g_strdup_printf("%s.%" PRIdMAX, path, (intmax_t)getpid());
	bool is_made;
	int fd;

	unlink(draft);
	fd = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return false;
	is_made = fchmod(fd, 0644) == 0 && posix_fallocate(fd, 0, sizeof own) == 0 &&
		  pwrite(fd, &own.header, sizeof own.header, 0) == sizeof own.header &&
		  (link(draft, path) == 0 || errno == EEXIST);
	unlink(draft);
	close(fd);
	return is_made;
}

/* Files of this kind and user with another layout: nobody reads them any more. */
static void remove_others(const char *folder, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	const size_t length = strlen(name) - strlen("01234567.meter");
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir))) {
		g_autofree char *other = g_build_filename(folder, entry, NULL);

		if (strncmp(entry, name, length) == 0 && g_str_has_suffix(entry, ".meter") &&
		    strcmp(entry, name) != 0)
			unlink(other);
	}
}

static bool fail_to_open(const char *path, GError **error)
{
	return fail(error, RIDA_ERROR_UNAVAILABLE,
		    "%s cannot be made: %s; what this process counts is shown nowhere", path,
		    g_strerror(errno));
}

bool meter_open(const char *folder, const char *kind, GError **error)
{
	const struct sigaction action = { .sa_sigaction = on_lost_memory, .sa_flags = SA_SIGINFO };
	g_autofree char *path = NULL;
	struct meter_file *file;

	meter_close();
	memcpy(own.header.magic, METER_FILE_MAGIC, sizeof own.header.magic);
	g_strlcpy(own.header.routes[METER_ROUTES - 1], "other", METER_NAME_MAX);
	g_strlcpy(own.header.statuses[METER_STATUSES - 1], "other", METER_NAME_MAX);
	meter_table_digest(own.header.digest);
	path = path_of(folder, kind);
	file = open_file(path);
	if (!file) {
		if (unlink(path) && errno != ENOENT)
			return fail_to_open(path, error);
		if (!make_file(path))
			return fail_to_open(path, error);
		remove_others(folder, path);
		file = open_file(path);
	}
	if (!file)
		return fail_to_open(path, error);
	sigaction(SIGBUS, &action, &before);
	meters = file;
	return true;
}

void meter_close(void)
{
	if (meters == &own)
		return;
	munmap(meters, sizeof *meters);
	meters = &own;
	sigaction(SIGBUS, &before, NULL);
}

static void add(size_t cell, uint64_t count)
{
	atomic_fetch_add_explicit(&meters->cells[cell], count, memory_order_relaxed);
}

void meter_add(enum meter meter, unsigned first, unsigned second, uint64_t count)
{
	add(meter_cell(meter, first, second), count);
}

void meter_observe(enum meter meter, unsigned first, unsigned second, int64_t microseconds)
{
	const size_t cell = meter_cell(meter, first, second);
	const int64_t *bounds = meter_rows[meter].bounds;
	unsigned bucket = 0;

	microseconds = MAX(microseconds, 0);
	while (bucket < METER_BOUNDS && microseconds > bounds[bucket])
		bucket++;
	add(cell + bucket, 1);
	add(cell + METER_BOUNDS + 1, (uint64_t)microseconds);
}

void meter_note(enum meter meter, unsigned label, int64_t now)
{
	atomic_store_explicit(&meters->cells[meter_cell(meter, label, 0)], (uint64_t)now,
			      memory_order_relaxed);
}
