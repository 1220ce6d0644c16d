/* SPDX-License-Identifier: MIT */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

/*
 * Named points at the boundaries of steps, where tests let a program die, stop or fail. The table
 * is the only declaration of a point: "rida-scheduler --print-faults" prints it, and tests/torture
 * strikes all that it names. Unarmed, a point costs a load and a branch:
 *
 *	if (!fault_point(FAULT_AFTER_INTENT, error))
 *		return false;
 *
 * A program's main arms points with the words of RIDA_FAULT, separated by commas, each
 * POINT[@BUILD]:ACTION[:N]. The action is kill, crash (SIGSEGV), hang (for ever), stop (until it
 * is continued) or error, done the Nth time that the point is reached: 0 is every time, and 1 what
 * is meant without it. @BUILD is the name of the only build that it is done for, at points that
 * are reached for certain builds.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* clang-format off */
/* Constant, name, the life that reaches it, what is true when it is reached. */
#define FAULT_POINTS(X) \
	X(FAULT_BEFORE_TAKE_OVER, "before-take-over", "pass", "nothing of the pass is done") \
	X(FAULT_AFTER_TAKE_OVER, "after-take-over", "pass", "claims of dead holders are free") \
	X(FAULT_AFTER_CLAIM, "after-claim", "pass", "builds are ours, their attempts are counted") \
	X(FAULT_AFTER_LOAD, "after-load", "pass", "the builds are read") \
	X(FAULT_AFTER_OBSERVE, "after-observe", "pass", "news of tasks are known and not recorded") \
	X(FAULT_AFTER_DECIDE, "after-decide", "pass", "each build has its rule, nothing of it is done") \
	X(FAULT_IN_INTENT, "in-intent", "pass", "intents are written and not committed") \
	X(FAULT_AFTER_INTENT, "after-intent", "pass", "intents are committed, nothing was asked for") \
	X(FAULT_IN_SLOTS, "in-slots", "pass", "slots are taken and not committed") \
	X(FAULT_AFTER_SLOTS, "after-slots", "pass", "slots are taken, nothing was submitted") \
	X(FAULT_IN_REPEAT, "in-repeat", "recover", "repeated submissions are written and not committed") \
	X(FAULT_AFTER_REPEAT, "after-repeat", "recover", "repeated submissions are intended, none was sent") \
	X(FAULT_BEFORE_SESSION, "before-session", "pass", "no session of the builder is open") \
	X(FAULT_AFTER_SESSION, "after-session", "pass", "a session is open and not noted") \
	X(FAULT_BEFORE_PREPARE, "before-prepare", "pass", "a buildroot is intended") \
	X(FAULT_AFTER_PREPARE, "after-prepare", "pass", "a buildroot exists, no row knows") \
	X(FAULT_BEFORE_SUBMIT, "before-submit", "pass", "tasks are intended") \
	X(FAULT_AFTER_SUBMIT, "after-submit", "pass", "tasks exist, no row knows") \
	X(FAULT_BEFORE_POLL, "before-poll", "pass", "tasks are about to be looked at") \
	X(FAULT_AFTER_POLL, "after-poll", "pass", "tasks were looked at, no row knows") \
	X(FAULT_BEFORE_RECOVER, "before-recover", "recover", "lost submissions are about to be looked for") \
	X(FAULT_AFTER_RECOVER, "after-recover", "recover", "lost submissions are found, no row knows") \
	X(FAULT_BEFORE_TAG, "before-tag", "pass", "tagging is intended") \
	X(FAULT_AFTER_TAG, "after-tag", "pass", "components are tagged, no row knows") \
	X(FAULT_BEFORE_REGENERATE, "before-regenerate", "pass", "a repository is intended") \
	X(FAULT_AFTER_REGENERATE, "after-regenerate", "pass", "a repository is asked for, no row knows") \
	X(FAULT_BEFORE_REPO_READY, "before-repo-ready", "repo", "a repository is about to be looked at") \
	X(FAULT_AFTER_REPO_READY, "after-repo-ready", "repo", "a repository was looked at, no row knows") \
	X(FAULT_BEFORE_CANCEL, "before-cancel", "cancel", "tasks are to be cancelled") \
	X(FAULT_AFTER_CANCEL, "after-cancel", "cancel", "tasks are cancelled, no row knows") \
	X(FAULT_BEFORE_FINISH, "before-finish", "pass", "publishing is intended") \
	X(FAULT_AFTER_FINISH, "after-finish", "pass", "the module is published, no row knows") \
	X(FAULT_BEFORE_CLEAN, "before-clean", "cancel", "a buildroot is to be removed") \
	X(FAULT_AFTER_CLEAN, "after-clean", "cancel", "a buildroot is removed, no row knows") \
	X(FAULT_BEFORE_DISCARD, "before-discard", "retire", "artifacts are to be removed") \
	X(FAULT_AFTER_DISCARD, "after-discard", "retire", "artifacts are removed, no row knows") \
	X(FAULT_IN_RECORD, "in-record", "pass", "what was learned of a build is written and not committed") \
	X(FAULT_AFTER_RECORD, "after-record", "pass", "what was learned of a build is committed") \
	X(FAULT_BEFORE_RENEW, "before-renew", "renew", "leases are about to be renewed") \
	X(FAULT_AFTER_RENEW, "after-renew", "renew", "leases are renewed") \
	X(FAULT_AFTER_REQUESTS, "after-requests", "cancel", "requests are read, none is recorded as done") \
	X(FAULT_BEFORE_VERIFY, "before-verify", "verify", "components are about to be checked") \
	X(FAULT_AFTER_VERIFY, "after-verify", "verify", "components are checked, no row knows") \
	X(FAULT_BEFORE_RELEASE, "before-release", "pass", "the builds are recorded and still ours") \
	X(FAULT_IN_RELEASE, "in-release", "pass", "claims are given back and not committed") \
	X(FAULT_AFTER_RELEASE, "after-release", "pass", "claims are free") \
	X(FAULT_AFTER_NUMBER, "after-number", "announce", "state changes have numbers, no message was sent") \
	X(FAULT_BEFORE_SEND, "before-send", "announce", "messages are about to be sent") \
	X(FAULT_AFTER_SEND, "after-send", "announce", "messages are sent, no row knows") \
	X(FAULT_AFTER_MARK, "after-mark", "announce", "messages are marked as sent") \
	X(FAULT_BEFORE_HOUSEKEEPING, "before-housekeeping", "pass", "the pass is over") \
	X(FAULT_AFTER_EXPIRE, "after-expire", "pass", "old rows are gone, old builds not yet awake") \
	X(FAULT_AFTER_HOUSEKEEPING, "after-housekeeping", "pass", "everything is done") \
	X(FAULT_IN_SUBMISSION, "in-submission", "submit", "a new build is written and not committed") \
	X(FAULT_AFTER_SUBMISSION, "after-submission", "submit", "a new build is committed, nobody was told") \
	X(FAULT_IN_RESUME, "in-resume", "resume", "a wish to resume is written and not committed") \
	X(FAULT_AFTER_RESUME, "after-resume", "resume", "a wish to resume is committed, nobody was told") \
	X(FAULT_BEFORE_CALL, "before-call", "koji", "calls to a hub are ready to be sent") \
	X(FAULT_AFTER_CALL, "after-call", "koji", "a hub has answered, nothing is made of it") \
	X(FAULT_BEFORE_JOB, "before-job", "local", "a job's folder is there, its supervisor is not") \
	X(FAULT_AFTER_JOB, "after-job", "local", "a job runs, no row knows") \
	X(FAULT_JOB_LOCKED, "job-locked", "job", "the supervisor holds its lock, nothing runs") \
	X(FAULT_JOB_BEFORE_RESULT, "job-before-result", "job", "everything is built, there is no result") \
	X(FAULT_JOB_AFTER_RESULT, "job-after-result", "job", "there is a result, the work tree is not removed")
/* clang-format on */

#define FAULT_CONSTANT(constant, name, life, meaning) constant,
enum fault { FAULT_POINTS(FAULT_CONSTANT) FAULT__COUNT };

/* Arms points, for the rest of the process; NULL or "": none. Errors: MALFORMED. */
bool fault_arm(const char *words, GError **error);

/* One line for each point: name, life and meaning, separated by tabs. */
void fault_print(FILE *out);

/* Whether any point is armed; set once, before there are threads. */
extern bool fault_is_armed;

/* What fault_point() does when it is armed; with a build's name, what is armed for that build. */
bool fault_reach(enum fault point, const char *build, GError **error);

/* The program is at this point. False with an UNAVAILABLE error when it is to fail here. */
static inline bool fault_point(enum fault point, GError **error)
{
	return G_LIKELY(!fault_is_armed) || fault_reach(point, NULL, error);
}

#endif
