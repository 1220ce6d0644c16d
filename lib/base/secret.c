/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define SECRET_BYTES_MAX 4096

/* The leak checker of sanitized builds looks at its own process from outside. */
void secret_hide_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	g_free(secret);
}

/* The text without the end of its one line; NULL when there are several, or none. */
static char *only_line(char *text, size_t length)
{
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0 && text[length - 1] == '\r')
		length--;
	if (length == 0 || memchr(text, '\n', length) || memchr(text, 0, length))
		return NULL;
	return g_strndup(text, length);
}

static bool judge_file(const char *path, const struct stat *facts, GError **error)
{
	if (facts->st_mode & (S_IRWXO | S_IWGRP))
		return fail(error, RIDA_ERROR_FORBIDDEN,
			    "others may read or change the secret file %s: chmod 0640 %s", path,
			    path);
	if (facts->st_uid != 0 && facts->st_uid != geteuid())
		return fail(error, RIDA_ERROR_FORBIDDEN,
			    "the secret file %s belongs to another user: chown root %s", path,
			    path);
	return true;
}

static bool read_file(const char *path, int fd, char **ret, GError **error)
{
	char buffer[SECRET_BYTES_MAX + 1];
	struct stat facts;
	ssize_t length = fstat(fd, &facts) == 0 ? read(fd, buffer, sizeof buffer) : -1;
	g_autoptr(Secret) secret = NULL;

	if (length < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "the secret file %s cannot be read: %s",
			    path, g_strerror(errno));
	if (S_ISREG(facts.st_mode) && length <= SECRET_BYTES_MAX)
		secret = only_line(buffer, (size_t)length);
	explicit_bzero(buffer, sizeof buffer);
	if (!judge_file(path, &facts, error))
		return false;
	if (!secret)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the secret file %s does not hold one line of at most %d bytes", path,
			    SECRET_BYTES_MAX);
	*ret = g_steal_pointer(&secret);
	return true;
}

bool secret_read(const char *path, char **ret, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool is_good;

	if (fd < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "the secret file %s cannot be read: %s",
			    path, g_strerror(errno));
	is_good = read_file(path, fd, ret, error);
	close(fd);
	return is_good;
}

#define DIGEST_BYTES 32

static void digest_of(const char *text, guint8 *ret)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize length = DIGEST_BYTES;

	g_checksum_update(checksum, (const guchar *)text, -1);
	g_checksum_get_digest(checksum, ret, &length);
}

bool secret_is(const char *secret, const char *text)
{
	guint8 wanted[DIGEST_BYTES], given[DIGEST_BYTES];
	volatile guint8 difference = 0; /* volatile: no byte is left out */

	digest_of(secret, wanted);
	digest_of(text, given);
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		difference |= wanted[i] ^ given[i];
	return difference == 0;
}
