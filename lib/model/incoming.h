/* SPDX-License-Identifier: MIT */
#ifndef MODEL_INCOMING_H
#define MODEL_INCOMING_H

/*
 * What others' messages are about: Koji's of tasks, tags and repositories, and Greenwave's of
 * decisions, as fedmsg, fedora-messaging and the UMB write them. Nothing of a message is believed
 * but what it names: a build that it may be about is looked at, and that is all.
 */

#include <glib.h>
#include <stdint.h>

#define INCOMING_TOPIC_MAX 255

enum incoming_kind {
	INCOMING_NOTHING,
	INCOMING_TASK,   /* a build task has ended, or its build has changed */
	INCOMING_TAG,    /* something was tagged, or a tag's repository is done */
	INCOMING_MODULE, /* a decision about a module */
};

struct incoming {
	enum incoming_kind kind;
	uint64_t task_id;
	char *tag; /* of the module: without "-build" */
	char *name, *stream, *context;
	uint64_t version;
};
typedef struct incoming Incoming;
void incoming_clear(struct incoming *incoming);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Incoming, incoming_clear)

/* What the message is about; INCOMING_NOTHING for all that is not understood. The stream is as in
 * an NVR, with "_" for "-". */
struct incoming incoming_read(const char *topic, const char *body);

#endif
