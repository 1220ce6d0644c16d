/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_BUILDER_H
#define PORTS_BUILDER_BUILDER_H

/*
 * What builds components, as we wish it were. All slots take arrays and return one outcome per
 * element; an error is an outcome of its element and never touches the others. Every slot may be
 * called again after a crash: doing it twice is doing it once. A backend knows only what it is
 * handed, and returns what it learns; it never sees the database. The outcomes are the caller's
 * array; a slot overwrites them, so they are cleared before the array is used again.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/build.h"
#include "model/requires.h"
#include "ports/builder/builder_options.h"
#include "ports/builder/outcome.h"
#include "ports/builder/survey.h"

struct builder;
typedef struct builder Builder;

/* One build as backends see it: build points to the loaded build, borrowed for the call. */
struct build_want {
	const struct build *build;
	const char
		*modulemd; /* stored document; NULL where the slot's contract does not ask for it */
	const GPtrArray *requires; /* struct build_require; NULL as the document */
	const char *source;        /* finish: the document as it was submitted; NULL: not known */
	const char *idem_key;
	const char *reservation; /* finish: what an earlier call returned; NULL: nothing */
};

/* One attempt to build a component. */
struct submission {
	const struct build *build;
	const struct component *component;
	const char *modulemd;
	const GPtrArray *requires; /* struct build_require */
	const char *idem_key;
	uint64_t attempt_id;
	/* recover: */
	uint64_t session_id; /* that it was, or was to be, made in */
	int64_t sent_at;     /* when it was intended, and how late it is now, in microseconds on */
	int64_t now;         /* one clock, since 1970 */
	int64_t since;       /* it may have been made as long ago as this; 0: not before sent_at */
};

/* A task that was submitted. */
struct task_ref {
	const struct build *build;
	const struct component *component;
	const char *idem_key;
	uint64_t attempt_id;
	uint64_t task_id;
};

struct builder_ops {
	const char *name;
	bool has_tags; /* builds have a tag and a target, and inherit from the tags they require */

	/* Opens the backend for one pass, or says why it cannot work here. The options are
	 * borrowed until it is closed. */
	bool (*open)(const struct builder_options *options, struct builder **ret, GError **error);
	void (*close)(struct builder *builder);

	/* The session that effects will be made in, so that it can be noted with their intents;
	 * session_id 0: there are none. */
	void (*session)(struct builder *builder, struct outcome *outcome);

	/* Adds all our tasks since then, and what is in the builds' tags, in few requests; ret is
	 * initialised. Errors: UNAVAILABLE when something of it is not known. */
	bool (*survey)(struct builder *builder, const struct survey_wants *wants,
		       struct survey *ret, GError **error);

	/* Where what the build has published can be had: an address or a folder; NULL when nobody
	 * can say. Nothing is asked for it. The caller frees it. */
	char *(*location)(struct builder *builder, const struct build *build);

	/* Makes each buildroot exist as wanted (modulemd, requires given); outcome: weights. */
	void (*prepare_many)(struct builder *builder, const struct build_want *wants, size_t count,
			     struct outcome *outcomes);
	/* Starts a task for each (modulemd, requires given); outcome: task_id, task_state.
	 * UNKNOWN_OUTCOME: recover before repeating. */
	void (*submit_many)(struct builder *builder, const struct submission *submissions,
			    size_t count, struct outcome *outcomes);
	/* Looks at tasks, of builds that may be partial; outcome: is_known, task_state, nvr,
	 * reason, log_file, excerpt. */
	void (*poll_many)(struct builder *builder, const struct task_ref *tasks, size_t count,
			  struct outcome *outcomes);
	/* Looks for tasks whose submission may or may not have happened, by idempotency key; fences
	 * late ones. Outcome: is_known, else as poll. */
	void (*recover_many)(struct builder *builder, const struct submission *submissions,
			     size_t count, struct outcome *outcomes);
	/* Makes the complete, untagged components of each build's batches available to later ones;
	 * is_ready when all are. */
	void (*tag_many)(struct builder *builder, const struct build_want *wants, size_t count,
			 struct outcome *outcomes);
	/* Asks for a repository of what is tagged; outcome: task_id, is_ready when it needs no
	 * waiting. */
	void (*regenerate_many)(struct builder *builder, const struct build_want *wants,
				size_t count, struct outcome *outcomes);
	/* Whether the repository that was asked for (build->repo_task_id) holds what is tagged:
	 * is_ready. */
	void (*repo_ready_many)(struct builder *builder, const struct build_want *wants,
				size_t count, struct outcome *outcomes);
	/* Ends tasks; a task that has ended is fine. is_ready when nothing of it is alive. */
	void (*cancel_many)(struct builder *builder, const struct task_ref *tasks, size_t count,
			    struct outcome *outcomes);
	/* Publishes the module (modulemd, requires given): repository, import; outcome: is_ready
	 * and modulemd, and the reason why something that nobody has to wait for was not done; or a
	 * reservation to be kept before this is called again. */
	void (*finish_many)(struct builder *builder, const struct build_want *wants, size_t count,
			    struct outcome *outcomes);
	/* Removes what an ended build left of its buildroot and work trees; results and logs stay.
	 */
	void (*clean_many)(struct builder *builder, const struct build_want *wants, size_t count,
			   struct outcome *outcomes);
	/* Removes results, logs and repositories too: the build becomes garbage. */
	void (*discard_many)(struct builder *builder, const struct build_want *wants, size_t count,
			     struct outcome *outcomes);
};

extern const struct builder_ops builder_koji;
extern const struct builder_ops builder_local;
extern const struct builder_ops builder_memory;

/* Every backend stores this as its first member. */
struct builder {
	const struct builder_ops *ops;
};

/* Slots of builders that have no sessions, or publish nothing. */
void builder_no_session(struct builder *builder, struct outcome *outcome);
char *builder_nowhere(struct builder *builder, const struct build *build);

/* The backend of that name. Errors: UNSUPPORTED, naming those there are. */
const struct builder_ops *builder_find(const char *name, GError **error);

#endif
