/* SPDX-License-Identifier: MIT */
#ifndef CGI_RANGE_H
#define CGI_RANGE_H

#include <stdint.h>

/* What a Range header asks of a file of a known size. */
enum range_kind {
	RANGE_WHOLE,  /* no range, one we do not serve, or several: the whole file */
	RANGE_PART,   /* first and last are set */
	RANGE_OUTSIDE /* 416 */
};
struct byte_range {
	enum range_kind kind;
	uint64_t first;
	uint64_t last; /* of the part, counted with it */
};

/* "bytes=0-99", "bytes=100-", "bytes=-100"; header may be NULL. */
struct byte_range range_read(const char *header, uint64_t size);

#endif
