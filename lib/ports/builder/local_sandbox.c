/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_sandbox.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "ports/builder/local_merge.h"

#define PROBE_SECONDS 10
#define ARGUMENTS_FD  "3"

/* What every sandbox is started with; /usr comes before it, folders and limits after. */
static const char *const plain_options[] = {
	"--unshare-all",
	"--unshare-user",
	"--disable-userns",
	"--uid",
	"1000",
	"--gid",
	"1000",
	"--die-with-parent",
	"--new-session",
	"--clearenv",
	"--hostname",
	"localhost",
	"--cap-drop",
	"ALL",
	"--symlink",
	"usr/bin",
	"/bin",
	"--symlink",
	"usr/sbin",
	"/sbin",
	"--symlink",
	"usr/lib",
	"/lib",
	"--symlink",
	"usr/lib64",
	"/lib64",
	"--proc",
	"/proc",
	"--dev",
	"/dev",
	"--size",
	"67108864",
	"--tmpfs",
	"/dev/shm",
	"--remount-ro",
	"/dev",
	"--size",
	"16777216",
	"--tmpfs",
	"/run",
	"--setenv",
	"PATH",
	"/usr/bin:/usr/sbin",
	"--setenv",
	"LC_ALL",
	"C.UTF-8",
	"--setenv",
	"HOME",
	SANDBOX_HOME,
	/* rpm's folder for libraries is not among those that Debian's tools search. */
	"--setenv",
	"LIBRARY_PATH",
	"/usr/lib64",
	"--setenv",
	"PKG_CONFIG_PATH",
	"/usr/lib64/pkgconfig:/usr/lib/pkgconfig",
};

static void add(GPtrArray *list, const char *text)
{
	g_ptr_array_add(list, g_strdup(text));
}

static void add_bind(GPtrArray *list, const char *source, const char *target, bool is_writable)
{
	add(list, is_writable ? "--bind" : "--ro-bind");
	add(list, source);
	add(list, target);
}

static void add_below(GPtrArray *list, const char *root, const char *name, const char *target)
{
	g_autofree char *path = g_build_filename(root, name, NULL);

	add_bind(list, path, target, false);
}

static void add_root(GPtrArray *list, const struct local_sandbox *sandbox)
{
	if (!sandbox->root) {
		add(list, "--dir");
		add(list, "/etc");
		return;
	}
	add_below(list, sandbox->root, "etc", "/etc");
	add_below(list, sandbox->root, "db", SANDBOX_DATABASE);
}

static void add_home(GPtrArray *list, const struct local_sandbox *sandbox)
{
	g_autofree char *tmp = NULL;

	if (sandbox->home) {
		tmp = g_build_filename(sandbox->home, "tmp", NULL);
		add_bind(list, sandbox->home, SANDBOX_HOME, true);
		add_bind(list, tmp, "/tmp", true);
	} else {
		add(list, "--size");
		add(list, "67108864");
		add(list, "--tmpfs");
		add(list, "/tmp");
	}
	add(list, "--symlink");
	add(list, "../tmp");
	add(list, "/var/tmp");
}

static void add_limit(GPtrArray *list, const char *name, uint64_t value)
{
	if (value)
		g_ptr_array_add(list, g_strdup_printf("--%s=%" G_GUINT64_FORMAT, name, value));
}

/* Inside, so that they count this sandbox's processes and not all of the user's. */
static void add_limits(GPtrArray *list, const struct local_sandbox *sandbox)
{
	add(list, "prlimit");
	add_limit(list, "nproc", sandbox->max_processes);
	add_limit(list, "fsize", sandbox->max_file);
	add_limit(list, "as", sandbox->max_memory);
	add(list, "--nofile=4096");
	add(list, "--core=0");
	add(list, "--");
}

static void add_options(GPtrArray *list, const struct local_sandbox *sandbox)
{
	for (size_t i = 0; i < G_N_ELEMENTS(plain_options); i++)
		add(list, plain_options[i]);
	add_root(list, sandbox);
	add_home(list, sandbox);
	for (size_t i = 0; i < sandbox->binds_count; i++)
		add_bind(list, sandbox->binds[i].source, sandbox->binds[i].target,
			 sandbox->binds[i].is_writable);
	add(list, "--chdir");
	add(list, sandbox->home ? SANDBOX_HOME : "/tmp");
	add(list, "--remount-ro");
	add(list, "/");
	add_limits(list, sandbox);
}

static void add_number(GPtrArray *list, unsigned number)
{
	g_ptr_array_add(list, g_strdup_printf("%u", number));
}

/* rida-job becomes the user, makes the overlay in a namespace of its own and becomes bwrap there.
 */
static void add_overlay(GPtrArray *list, const struct local_sandbox *sandbox)
{
	g_autofree char *lower = g_strdup_printf("%s/inst/usr:/usr", sandbox->root);
	g_autofree char *mount = g_build_filename(sandbox->root, "mnt", NULL);

	add(list, sandbox->overlay_program);
	add(list, "--overlay");
	add_number(list, sandbox->user->uid);
	add_number(list, sandbox->user->gid);
	add(list, lower);
	add(list, mount);
	add(list, "bwrap");
	add_bind(list, mount, "/usr", false);
}

/* The slower way: hundreds of binds, handed over in a file, since an argument list has an end. */
static int add_merge(GPtrArray *list, const struct local_sandbox *sandbox)
{
	g_autofree char *over = g_build_filename(sandbox->root, "inst", "usr", NULL);
	g_autoptr(GString) options = g_string_new(NULL);
	const int fd = memfd_create("arguments", MFD_CLOEXEC);

	local_merge_options(over, options);
	if (fd < 0 || write(fd, options->str, options->len) != (gssize)options->len ||
	    lseek(fd, 0, SEEK_SET)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	add(list, "bwrap");
	add(list, "--args");
	add(list, ARGUMENTS_FD);
	return fd;
}

bool local_sandbox_run(const struct local_sandbox *sandbox, const char *const *argv,
		       struct process_result *ret, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	const bool is_merged = sandbox->root && !sandbox->overlay_program;
	struct process_wants wants = {
		.timeout = sandbox->timeout,
		.output_fd = sandbox->output_fd,
		.output_max = sandbox->output_max,
		.uid = sandbox->user->uid,
		.gid = sandbox->user->gid,
		.drop = !sandbox->root || is_merged,
	};
	bool has_run;
	int fd = -1;

	if (is_merged)
		fd = add_merge(list, sandbox);
	else if (sandbox->root)
		add_overlay(list, sandbox);
	else {
		add(list, "bwrap");
		add_bind(list, "/usr", "/usr", false);
	}
	if (is_merged && fd < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "no memory file for a sandbox's folders");
	add_options(list, sandbox);
	for (size_t i = 0; argv[i]; i++)
		add(list, argv[i]);
	g_ptr_array_add(list, NULL);
	wants.argv = (const char *const *)list->pdata;
	wants.extra_fds = &fd;
	wants.extra_fds_count = is_merged ? 1 : 0;
	has_run = process_run(&wants, ret, error);
	if (fd >= 0)
		close(fd);
	return has_run;
}

bool local_sandbox_check(const struct local_sandbox *sandbox, const char *const *argv,
			 struct process_result *ret, GError **error)
{
	g_auto(ProcessResult) result = { 0 };
	g_autofree char *problem = NULL;

	if (!local_sandbox_run(sandbox, argv, &result, error))
		return false;
	if (result.is_timeout || result.is_too_long || result.status) {
		problem = g_utf8_make_valid(result.problem, -1);
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "%s ended with %d in the sandbox%s: %s",
			    argv[0], result.status,
			    result.is_timeout    ? " after too long a time"
			    : result.is_too_long ? " after too much output"
						 : "",
			    g_strchomp(problem));
	}
	*ret = result;
	memset(&result, 0, sizeof result);
	return true;
}

bool local_overlay_works(const char *overlay_program, const struct sandbox_user *user,
			 const char *scratch)
{
	g_autofree char *lower = g_strdup_printf("%s:/usr", scratch);
	g_autofree char *uid = g_strdup_printf("%u", user->uid);
	g_autofree char *gid = g_strdup_printf("%u", user->gid);
	const char *const argv[] = { overlay_program, "--overlay", uid,    gid,
				     lower,           scratch,     "true", NULL };
	const struct process_wants wants = { .argv = argv,
					     .timeout = PROBE_SECONDS,
					     .output_max = 4096 };
	g_auto(ProcessResult) result = { 0 };

	return process_run(&wants, &result, NULL) && result.status == 0;
}
