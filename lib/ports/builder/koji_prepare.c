/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include "base/error.h"

void koji_prepare_many(struct builder *builder G_GNUC_UNUSED,
		       const struct build_want *wants G_GNUC_UNUSED, size_t count,
		       struct outcome *outcomes)
{
	for (size_t i = 0; i < count; i++)
		fail(&outcomes[i].error, RIDA_ERROR_UNAVAILABLE, "not yet");
}
