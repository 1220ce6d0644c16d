/* SPDX-License-Identifier: MIT */
#ifndef CGI_LOG_FILES_H
#define CGI_LOG_FILES_H

/*
 * Logs of component builds: LOG_DIR/BUILD/COMPONENT/ATTEMPT/FILE. Names are checked, and the kernel
 * keeps the way below LOG_DIR and off symbolic links.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct log_name {
	uint64_t build_id;
	const char *component;
	uint64_t attempt;
	const char *file;
};

/* A descriptor of the regular file, and its size now. Errors: MISSING. */
bool log_file_open(const char *log_dir, const struct log_name *name, int *ret_fd,
		   uint64_t *ret_size, GError **error);

/* The names of an attempt's logs, sorted; the caller frees them. NULL: none. */
char **log_files_list(const char *log_dir, uint64_t build_id, const char *component,
		      uint64_t attempt);

#endif
