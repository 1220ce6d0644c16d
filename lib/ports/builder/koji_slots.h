/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_SLOTS_H
#define PORTS_BUILDER_KOJI_SLOTS_H

/* The slots of the Koji builder, by the files that they are in; builder.h has their contract. */

#include "ports/builder/koji.h"

/* koji_submit.c */
void koji_submit_many(struct builder *builder, const struct submission *submissions, size_t count,
		      struct outcome *outcomes);

/* koji_recover.c */
void koji_recover_many(struct builder *builder, const struct submission *submissions, size_t count,
		       struct outcome *outcomes);

/* koji_poll.c */
void koji_poll_many(struct builder *builder, const struct task_ref *tasks, size_t count,
		    struct outcome *outcomes);
void koji_cancel_many(struct builder *builder, const struct task_ref *tasks, size_t count,
		      struct outcome *outcomes);

/* koji_survey.c */
bool koji_survey(struct builder *builder, const struct survey_wants *wants, struct survey *ret,
		 GError **error);

/* Of builds; the file is named after the slot. */
typedef void koji_build_slot(struct builder *builder, const struct build_want *wants, size_t count,
			     struct outcome *outcomes);
koji_build_slot koji_prepare_many, koji_tag_many, koji_regenerate_many, koji_repo_ready_many,
	koji_finish_many, koji_clean_many, koji_discard_many;

#endif
