/* SPDX-License-Identifier: MIT */
#ifndef PORTS_SCM_SCM_GIT_H
#define PORTS_SCM_SCM_GIT_H

/*
 * What the files of this folder share: the fetched commit, and git run for it. Every git has an
 * environment and settings of ours only, no work tree, no hooks, no prompts, no terminal, and the
 * limits of its commit.
 */

#include "ports/scm/scm.h"
#include "ports/scm/scm_folder.h"
#include "wire/process.h"

struct scm_commit {
	struct scm_folder folder; /* a bare repository */
	char *repository;         /* for messages */
	char *hash;
	int64_t time;
	uint64_t max_bytes;
	unsigned timeout; /* seconds of one git that reads */
	GPtrArray *tree;  /* of struct tree_entry: the top, once it was read */
};

/* One run of git. */
struct git_call {
	const char *const *arguments;   /* what follows "git" */
	const char *const *settings;    /* NAME=value; NULL: none beside the usual */
	const char *const *environment; /* as well */
	unsigned timeout;
	size_t output_max;
	const char *input;
	size_t input_length;
	int output_fd;
};

/* As process_run(). */
bool git_run(const struct scm_commit *commit, const struct git_call *call,
	     struct process_result *ret, GError **error);

/* Runs a git that reads what was fetched and has to succeed. Errors: UNAVAILABLE; UNACCEPTABLE for
 * too much output. */
bool git_read(const struct scm_commit *commit, const struct git_call *call,
	      struct process_result *ret, GError **error);

/* What git gets to fetch from a server at the addresses that were resolved and vetted: over HTTP
 * all of them, else the first that answers. */
struct git_pin {
	char *url;
	GPtrArray *settings; /* for git_call, as is the next */
	GPtrArray *environment;
};
/* Errors: UNAVAILABLE when the server's name has no address, FORBIDDEN when it may not be used. */
bool git_pin(const char *repository, bool private_addresses, unsigned timeout, struct git_pin *ret,
	     GError **error);
void git_pin_clear(struct git_pin *pin);

/* Fails for what git said of the commit's repository or its server. Errors: UNACCEPTABLE,
 * UNAVAILABLE. */
bool git_fail(const struct scm_commit *commit, const char *words, GError **error);

/* An entry of a tree. */
struct tree_entry {
	struct scm_entry entry;
	char *object;
};

#endif
