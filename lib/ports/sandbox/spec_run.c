/* SPDX-License-Identifier: MIT */
#include "ports/sandbox/spec_run.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

#define SECONDS_MAX  5
#define OUTPUT_BYTES (256 << 10)
#define PASSWD_LINE  "nobody:x:65534:65534:nobody:/home/spec:/usr/sbin/nologin\n"

/*
 * /usr and nothing else of the host, no network, no descriptor of ours but the two files, which
 * bubblewrap copies and closes (extra_fds become 3 and 4). The size of /tmp stands directly before
 * it: without one it would be half of the machine's memory.
 */
/* clang-format off */
static const char *const sandbox_argv[] = {
	"bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534",
	"--die-with-parent", "--new-session", "--clearenv",
	"--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
	"--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
	"--proc", "/proc", "--dev", "/dev", "--size", "16777216", "--tmpfs", "/tmp",
	"--symlink", "../tmp", "/var/tmp", "--dir", "/home/spec",
	"--ro-bind-data", "3", "/etc/passwd", "--ro-bind-data", "4", "/home/spec/" SPEC_FILE,
	"--setenv", "HOME", "/home/spec", "--setenv", "PATH", "/usr/bin", "--setenv", "LC_ALL", "C.UTF-8",
	"--hostname", "localhost", "--cap-drop", "ALL", "--chdir", "/home/spec", "--remount-ro", "/",
	"prlimit", "--cpu=5:5", "--as=1073741824", "--nproc=64", "--fsize=16777216", "--nofile=256",
	"--core=0", "--",
};
/* clang-format on */

/* Even /proc/1/environ shows nothing of ours: bubblewrap itself starts with an empty one. */
static const char *const no_environment[] = { NULL };

/* A file without a name, read from its start; -1 with errno when it cannot be made. */
static int file_of(const char *text, size_t length)
{
	int fd = memfd_create("rida", MFD_CLOEXEC);

	while (fd >= 0 && length > 0) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			close(fd);
			return -1;
		}
		text += written;
		length -= (size_t)written;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static bool run(const int fds[2], const char *const *argv, const struct sandbox_user *user,
		struct process_result *ret, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	struct process_wants wants = {
		.environment = no_environment,
		.extra_fds = fds,
		.extra_fds_count = 2,
		.timeout = SECONDS_MAX,
		.output_max = OUTPUT_BYTES,
		.uid = user->uid,
		.gid = user->gid,
		.drop = true,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(sandbox_argv); i++)
		g_ptr_array_add(words, g_strdup(sandbox_argv[i]));
	for (; *argv; argv++)
		g_ptr_array_add(words, g_strdup(*argv));
	g_ptr_array_add(words, NULL);
	g_ptr_array_set_free_func(words, g_free);
	wants.argv = (const char *const *)words->pdata;
	return process_run(&wants, ret, error);
}

bool spec_run(const char *text, size_t length, const char *const *argv,
	      const struct sandbox_user *user, struct process_result *ret, GError **error)
{
	int fds[2] = { file_of(PASSWD_LINE, sizeof PASSWD_LINE - 1), file_of(text, length) };
	bool has_run = false;

	if (fds[0] < 0 || fds[1] < 0)
		fail(error, RIDA_ERROR_UNAVAILABLE, "no memory file for a spec: %s",
		     g_strerror(errno));
	else
		has_run = run(fds, argv, user, ret, error);
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return has_run;
}
