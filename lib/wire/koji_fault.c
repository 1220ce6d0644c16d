/* SPDX-License-Identifier: MIT */
#include "wire/koji_fault.h"

#include <string.h>

#include "text/words.h"

#define WORDS_MAX 300 /* bytes */

/* The first row that fits counts: number and text, where one is given. */
struct row {
	int64_t code;
	const char *text; /* occurs in the hub's words; NULL: whatever they are */
	struct koji_meaning meaning;
};

#define NONE   KOJI_REMEDY_NONE
#define LOGIN  KOJI_REMEDY_LOGIN
#define OUTAGE KOJI_REMEDY_OUTAGE
#define BARRED KOJI_REMEDY_BARRED

/* clang-format off */
static const struct row faults[] = {
	/* Any Python exception: the call was rolled back, unless the database went away under it. */
	{ 1, "OperationalError",                { RIDA_ERROR_UNKNOWN_OUTCOME, OUTAGE } },
	{ 1, "InterfaceError",                  { RIDA_ERROR_UNKNOWN_OUTCOME, OUTAGE } },
	{ 1, "AdminShutdown",                   { RIDA_ERROR_UNKNOWN_OUTCOME, OUTAGE } },
	{ 1, "server closed the connection",    { RIDA_ERROR_UNKNOWN_OUTCOME, OUTAGE } },
	{ 1, "DeadlockDetected",                { RIDA_ERROR_UNAVAILABLE, NONE } },
	{ 1, "SerializationFailure",            { RIDA_ERROR_UNAVAILABLE, NONE } },
	{ 1, "LockNotAvailable",                { RIDA_ERROR_UNAVAILABLE, NONE } },
	{ 1, "QueryCanceled",                   { RIDA_ERROR_UNAVAILABLE, NONE } },
	{ 1, "No space left on device",         { RIDA_ERROR_UNAVAILABLE, NONE } },
	{ 1, NULL,                              { RIDA_ERROR_INTERNAL, NONE } },
	/* GenericError */
	{ 1000, "already exists",               { RIDA_ERROR_CONFLICT, NONE } },
	{ 1000, "path exists",                  { RIDA_ERROR_CONFLICT, NONE } },
	{ 1000, "is not finished",              { RIDA_ERROR_CONFLICT, NONE } },
	{ 1000, "is canceled",                  { RIDA_ERROR_CONFLICT, NONE } },
	{ 1000, "already in progress",          { RIDA_ERROR_CONFLICT, NONE } },
	{ 1000, "Invalid method",               { RIDA_ERROR_UNSUPPORTED, NONE } },
	{ 1000, "No such",                      { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "no such",                      { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "does not exist",               { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "could not be found",           { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "returned no rows",             { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "NOT blocked",                  { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "not found",                    { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "No tag",                       { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "No matching",                  { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "No package",                   { RIDA_ERROR_MISSING, NONE } },
	{ 1000, "invalid format",               { RIDA_ERROR_UNACCEPTABLE, NONE } },
	{ 1000, "Invalid type for",             { RIDA_ERROR_INTERNAL, NONE } },
	{ 1000, "File checksum mismatch",       { RIDA_ERROR_UNAVAILABLE, NONE } },
	{ 1000, "Incorrect upload length",      { RIDA_ERROR_UNAVAILABLE, NONE } },
	{ 1000, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },
	{ 1001, NULL,                           { RIDA_ERROR_UNAVAILABLE, NONE } },	/* LockError */
	/* AuthError: the session is over, or whoever we are may not do this. */
	{ 1002, "Invalid session",              { RIDA_ERROR_UNAVAILABLE, LOGIN } },
	{ 1002, "has expired",                  { RIDA_ERROR_UNAVAILABLE, LOGIN } },
	{ 1002, "Already logged in",            { RIDA_ERROR_UNAVAILABLE, LOGIN } },
	{ 1002, "Not logged in",                { RIDA_ERROR_UNAVAILABLE, LOGIN } },
	{ 1002, NULL,                           { RIDA_ERROR_INTERNAL, NONE } },
	/* TagError */
	{ 1003, "already tagged",               { RIDA_ERROR_CONFLICT, NONE } },
	{ 1003, "not tagged",                   { RIDA_ERROR_MISSING, NONE } },
	{ 1003, "not in tag",                   { RIDA_ERROR_MISSING, NONE } },
	{ 1003, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },
	{ 1004, "must be logged in",            { RIDA_ERROR_UNAVAILABLE, LOGIN } },
	{ 1004, NULL,                           { RIDA_ERROR_INTERNAL, NONE } },	/* ActionNotAllowed */
	{ 1005, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },	/* BuildError */
	{ 1006, NULL,                           { RIDA_ERROR_UNAVAILABLE, BARRED } },	/* AuthLockError */
	{ 1007, NULL,                           { RIDA_ERROR_UNAVAILABLE, LOGIN } },	/* AuthExpired */
	{ 1008, NULL,                           { RIDA_ERROR_UNAVAILABLE, LOGIN } },	/* SequenceError */
	{ 1009, NULL,                           { RIDA_ERROR_UNKNOWN_OUTCOME, NONE } },	/* RetryError */
	{ 1010, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },	/* PreBuildError */
	{ 1011, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },	/* PostBuildError */
	{ 1012, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },	/* BuildrootError */
	{ 1013, NULL,                           { RIDA_ERROR_UNSUPPORTED, NONE } },	/* FunctionDeprecated */
	{ 1014, NULL,                           { RIDA_ERROR_UNAVAILABLE, OUTAGE } },	/* ServerOffline */
	{ 1020, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },	/* ImportError */
	{ 1024, NULL,                           { RIDA_ERROR_UNACCEPTABLE, NONE } },	/* NameValidationError */
};

/* Up to that status. Where all requests fare alike it is an outage, whoever is to blame. */
static const struct {
	unsigned last;
	struct koji_meaning meaning;
} statuses[] = {
	{ 399, { RIDA_ERROR_INTERNAL, OUTAGE } },	/* nothing, or a redirection */
	{ 400, { RIDA_ERROR_INTERNAL, NONE } },		/* the request is malformed, or larger than 4 MiB */
	{ 403, { RIDA_ERROR_INTERNAL, OUTAGE } },
	{ 404, { RIDA_ERROR_UNAVAILABLE, OUTAGE } },	/* as while the hub is being installed */
	{ 407, { RIDA_ERROR_INTERNAL, OUTAGE } },
	{ 408, { RIDA_ERROR_UNAVAILABLE, NONE } },	/* the hub did not get all of it */
	{ 412, { RIDA_ERROR_INTERNAL, NONE } },
	{ 413, { RIDA_ERROR_INTERNAL, NONE } },		/* larger than a front end allows */
	{ 428, { RIDA_ERROR_INTERNAL, NONE } },
	{ 429, { RIDA_ERROR_UNAVAILABLE, OUTAGE } },
	{ 499, { RIDA_ERROR_INTERNAL, NONE } },
	{ G_MAXUINT, { RIDA_ERROR_UNKNOWN_OUTCOME, OUTAGE } },
};
/* clang-format on */

struct koji_meaning koji_fault_meaning(int64_t code, const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(faults); i++)
		if (faults[i].code == code &&
		    (!faults[i].text || (text && strstr(text, faults[i].text))))
			return faults[i].meaning;
	return (struct koji_meaning){ RIDA_ERROR_INTERNAL, NONE };
}

struct koji_meaning koji_status_meaning(unsigned status)
{
	size_t i = 0;

	while (status > statuses[i].last)
		i++;
	return statuses[i].meaning;
}

char *koji_words(const char *text)
{
	return plain_words(text, WORDS_MAX);
}

GError *koji_fault_error(const char *method, int64_t code, const char *text)
{
	const struct koji_meaning meaning = koji_fault_meaning(code, text);
	g_autofree char *words = koji_words(text);
	GError *error = NULL;

	fail(&error, meaning.code, "Koji refuses %s: %s (fault %" G_GINT64_FORMAT ")", method,
	     *words ? words : "it does not say why", code);
	return error;
}
