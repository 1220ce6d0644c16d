/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_FAULTY_H
#define PORTS_BUILDER_FAULTY_H

/* A builder around another one: before and after each call there is a fault point. Used only in
 * processes in which points are armed. */

#include "ports/builder/builder.h"

/* Owns the real one, which is closed with it. */
struct builder *faulty_builder_new(struct builder *real);

#endif
