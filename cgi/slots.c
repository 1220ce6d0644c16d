/* SPDX-License-Identifier: MIT */
#include "cgi/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

bool slot_take(const char *run_dir, uint64_t slots, int *ret_fd, GError **error)
{
	for (uint64_t i = 1; i <= slots; i++) {
		g_autofree char *path = g_strdup_printf("%s/submit-slot-%" PRIu64, run_dir, i);
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

		if (fd < 0)
			return fail(error, RIDA_ERROR_INTERNAL,
				    "the slot file %s cannot be opened: %s", path,
				    g_strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			*ret_fd = fd;
			return true;
		}
		close(fd);
	}
	return fail(error, RIDA_ERROR_UNAVAILABLE,
		    "all %" PRIu64 " submission workers are busy: try again in a few seconds",
		    slots);
}
