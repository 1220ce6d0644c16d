/* SPDX-License-Identifier: MIT */
#ifndef MODEL_ARCH_H
#define MODEL_ARCH_H

/*
 * Architectures of RPMs, and which of them stand in for one another: a machine of one architecture
 * runs what was built for its chain, from itself down to noarch (x86_64, athlon, i686 ... noarch).
 * One that is not in the table has only itself and noarch.
 */

#include <stdbool.h>

/* Whether RPMs of the other one may be delivered beside the architecture's own: x86_64 and i686. */
bool arch_has_multilib(const char *arch, const char *other);

/* Whether the list names one of the architecture's chain that is not multilib; NULL: it is empty.
 */
bool arch_is_among(const char *arch, const char *const *list);

/* How documents write it: i386 is i686 there. */
const char *arch_in_documents(const char *arch);

#endif
