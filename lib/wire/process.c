/* SPDX-License-Identifier: MIT */
#include "wire/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/process_child.h"

#define PROBLEM_MAX 4096
#define READ_BYTES  16384
/* What a pipe can hold; nobody makes ours larger. */
#define PIPE_BYTES   (64 << 10)
#define GRACE_MICROS (2 * G_USEC_PER_SEC) /* between TERM and KILL */

/* A pipe that the child writes and we read. */
struct stream {
	int ours;
	int theirs;
	GString *text;
};

/* One run. Descriptors that are not open are -1. */
struct run {
	const struct process_wants *wants;
	struct process_result *result;
	int input;
	struct stream out;
	struct stream err;
	pid_t pid;
	int pidfd;
	int64_t deadline; /* when the next signal is due, on the monotonic clock */
	int next_signal;
	bool has_ended;
};

void process_result_clear(struct process_result *result)
{
	g_clear_pointer(&result->output, g_free);
	g_clear_pointer(&result->problem, g_free);
	memset(result, 0, sizeof *result);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The input is in a file without a name: a child that reads slowly, or not at all, blocks nobody.
 */
static int open_input(const struct process_wants *wants)
{
	int fd;

	if (!wants->input)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("input", MFD_CLOEXEC);
	for (size_t done = 0; fd >= 0 && done < wants->input_length;) {
		ssize_t length = write(fd, wants->input + done, wants->input_length - done);

		if (length < 0 && errno != EINTR)
			close_fd(&fd);
		else if (length > 0)
			done += (size_t)length;
	}
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		close_fd(&fd);
	return fd;
}

static bool stream_open(struct stream *stream)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return false;
	stream->ours = fds[0];
	stream->theirs = fds[1];
	return fcntl(stream->ours, F_SETFL, O_NONBLOCK) == 0;
}

static void stream_clear(struct stream *stream)
{
	close_fd(&stream->ours);
	close_fd(&stream->theirs);
	if (stream->text)
		g_string_free(g_steal_pointer(&stream->text), TRUE);
}

static void run_init(struct run *run, const struct process_wants *wants,
		     struct process_result *result)
{
	*run = (struct run){ .wants = wants, .result = result, .input = -1, .pidfd = -1 };
	run->out = (struct stream){ .ours = -1, .theirs = -1, .text = g_string_new(NULL) };
	run->err = (struct stream){ .ours = -1, .theirs = -1, .text = g_string_new(NULL) };
}

static void run_clear(struct run *run)
{
	close_fd(&run->input);
	close_fd(&run->pidfd);
	stream_clear(&run->out);
	stream_clear(&run->err);
}

static bool run_open(struct run *run, GError **error)
{
	bool is_open;

	run->input = open_input(run->wants);
	is_open = run->input >= 0;
	if (is_open && run->wants->output_fd <= 0)
		is_open = stream_open(&run->out) && stream_open(&run->err);
	return is_open || fail(error, RIDA_ERROR_UNAVAILABLE, "no descriptors for %s: %s",
			       run->wants->argv[0], g_strerror(errno));
}

static bool run_start(struct run *run, GError **error)
{
	const bool is_kept = run->wants->output_fd <= 0;
	const int stdio[3] = { run->input, is_kept ? run->out.theirs : run->wants->output_fd,
			       is_kept ? run->err.theirs : run->wants->output_fd };

	if (!process_start(run->wants, stdio, &run->pid, error))
		return false;
	close_fd(&run->input);
	close_fd(&run->out.theirs);
	close_fd(&run->err.theirs);
	run->deadline = g_get_monotonic_time() + run->wants->timeout * G_USEC_PER_SEC;
	run->next_signal = SIGTERM;
	return true;
}

/* Without a descriptor for its end the child could not be waited for in time. */
static bool run_watch(struct run *run, GError **error)
{
	run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	if (run->pidfd >= 0)
		return true;
	fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be watched: %s", run->wants->argv[0],
	     g_strerror(errno));
	kill(-run->pid, SIGKILL);
	while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return false;
}

static void signal_group(struct run *run)
{
	kill(-run->pid, run->next_signal);
	run->next_signal = SIGKILL;
	run->deadline = g_get_monotonic_time() + GRACE_MICROS;
}

static void keep_output(struct run *run, const char *bytes, size_t length)
{
	GString *text = run->out.text;

	if (text->len + length <= run->wants->output_max) {
		g_string_append_len(text, bytes, (gssize)length);
		return;
	}
	g_string_append_len(text, bytes, (gssize)(run->wants->output_max - text->len));
	if (!run->result->is_too_long && run->next_signal == SIGTERM)
		signal_group(run);
	run->result->is_too_long = true;
}

static void keep_problem(GString *text, const char *bytes, size_t length)
{
	g_string_append_len(text, bytes, (gssize)length);
	if (text->len > PROBLEM_MAX)
		g_string_erase(text, 0, (gssize)(text->len - PROBLEM_MAX));
}

/* Reads what is there; the stream is closed at its end. True when there may be more. */
static bool stream_read(struct run *run, struct stream *stream)
{
	char bytes[READ_BYTES];
	ssize_t length;

	if (stream->ours < 0)
		return false;
	length = read(stream->ours, bytes, sizeof bytes);
	if (length < 0)
		return errno == EINTR;
	if (length == 0)
		close_fd(&stream->ours);
	else if (stream == &run->out)
		keep_output(run, bytes, (size_t)length);
	else
		keep_problem(stream->text, bytes, (size_t)length);
	return length > 0;
}

/* Milliseconds until the next signal is due, rounded up. */
static int time_left(const struct run *run)
{
	const int64_t micros = run->deadline - g_get_monotonic_time();

	return micros <= 0 ? 0 : (int)MIN((micros + 999) / 1000, G_MAXINT);
}

static void run_step(struct run *run)
{
	struct pollfd fds[] = {
		{ .fd = run->pidfd, .events = POLLIN },
		{ .fd = run->out.ours, .events = POLLIN },
		{ .fd = run->err.ours, .events = POLLIN },
	};

	if (poll(fds, G_N_ELEMENTS(fds), time_left(run)) < 0)
		return;
	if (fds[1].revents)
		stream_read(run, &run->out);
	if (fds[2].revents)
		stream_read(run, &run->err);
	if (fds[0].revents)
		run->has_ended = true;
	else if (time_left(run) == 0) {
		run->result->is_timeout |= !run->result->is_too_long;
		signal_group(run);
	}
}

/*
 * The child is a zombie now, so its number still names the group: what it left behind ends with
 * it. Somebody who left the group may hold the pipes; what they hold now is read, and no more.
 */
static void run_end(struct run *run)
{
	int status = 0;

	kill(-run->pid, SIGKILL);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	for (size_t i = 0; i <= run->wants->output_max / READ_BYTES; i++)
		if (!stream_read(run, &run->out))
			break;
	for (size_t i = 0; i <= PIPE_BYTES / READ_BYTES; i++)
		if (!stream_read(run, &run->err))
			break;
	run->result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	run->result->output_length = run->out.text->len;
	run->result->output = g_string_free(g_steal_pointer(&run->out.text), FALSE);
	run->result->problem = g_string_free(g_steal_pointer(&run->err.text), FALSE);
}

bool process_run(const struct process_wants *wants, struct process_result *ret, GError **error)
{
	struct process_result result = { 0 };
	struct run run;
	bool has_run;

	g_assert(wants->timeout > 0 && wants->argv[0]);
	run_init(&run, wants, &result);
	has_run = run_open(&run, error) && run_start(&run, error) && run_watch(&run, error);
	if (has_run) {
		while (!run.has_ended)
			run_step(&run);
		run_end(&run);
		*ret = result;
	}
	run_clear(&run);
	return has_run;
}

bool process_check(const struct process_wants *wants, struct process_result *ret, GError **error)
{
	g_auto(ProcessResult) result = { 0 };
	g_autofree char *problem = NULL;

	if (!process_run(wants, &result, error))
		return false;
	if (result.is_timeout)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s did not end within %u seconds",
			    wants->argv[0], wants->timeout);
	if (result.is_too_long)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "%s wrote more than %zu bytes",
			    wants->argv[0], wants->output_max);
	if (result.status) {
		problem = g_utf8_make_valid(result.problem, -1);
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "%s ended with %d: %s", wants->argv[0],
			    result.status, g_strchomp(problem));
	}
	*ret = result;
	memset(&result, 0, sizeof result);
	return true;
}
