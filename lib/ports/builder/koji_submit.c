/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include "base/error.h"

void koji_submit_many(struct builder *builder G_GNUC_UNUSED,
		      const struct submission *submissions G_GNUC_UNUSED, size_t count,
		      struct outcome *outcomes)
{
	for (size_t i = 0; i < count; i++)
		fail(&outcomes[i].error, RIDA_ERROR_UNAVAILABLE, "not yet");
}
