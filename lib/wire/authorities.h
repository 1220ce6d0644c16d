/* SPDX-License-Identifier: MIT */
#ifndef WIRE_AUTHORITIES_H
#define WIRE_AUTHORITIES_H

/* The file of the authorities that this system trusts, for libraries that do not look for it. */
const char *authorities_file(void);

#endif
