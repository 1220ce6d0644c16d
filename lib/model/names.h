/* SPDX-License-Identifier: MIT */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

/*
 * What names may look like; checked wherever one enters, because they end in paths, macros, tags
 * and SQL. ASCII only, never a colon, percent sign, slash (but in refs), blank or control byte.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum name_kind {
	NAME_MODULE,    /* [A-Za-z0-9][A-Za-z0-9._+-]{0,127}, no ".." */
	NAME_STREAM,    /* [A-Za-z0-9][A-Za-z0-9._+-]{0,63}, no ".." */
	NAME_CONTEXT,   /* [A-Za-z0-9_]{1,10} */
	NAME_COMPONENT, /* as a module's */
	NAME_REF,   /* [A-Za-z0-9][A-Za-z0-9._/-]{0,127}, no "..", "//", ".lock", no slash or dot at
		       the end */
	NAME_OWNER, /* [A-Za-z0-9][A-Za-z0-9._@+-]{0,127}, at most one "@", not at the end: its
		       realm follows */
	NAME_TAG,   /* [A-Za-z0-9][A-Za-z0-9._+-]{0,255}, no "..": of the build system, and its
		       targets */
	NAME_MARKING, /* [A-Za-z0-9][A-Za-z0-9._+]{0,63}, no "..": a part of dist tags */
	NAME_FILE,    /* [A-Za-z0-9_][A-Za-z0-9._+~^-]{0,254}, no "..": a source or log file */
	NAME__COUNT
};

bool name_is_valid(enum name_kind kind, const char *text);

/* Errors: UNACCEPTABLE, saying what is allowed; what is for example "the stream". The text is shown
 * escaped and cut. */
bool name_check(enum name_kind kind, const char *what, const char *text, GError **error);

/*
 * Whether the names of a build, and of its components where they are loaded, are what a submission
 * lets in, and those of its tag and target what we make: rows that somebody else wrote must not
 * become paths, nor names in a build system. Errors: INTERNAL.
 */
struct build;
bool build_names_check(const struct build *build, GError **error);

/* A full commit hash: 40 or 64 lower-case hexadecimal digits. */
bool commit_is_full(const char *text);

/*
 * The dist tag .PREFIX[MARKING+]INDEX+HASH. The marking tells what the module is made for, NULL or
 * empty: nothing. HASH is the first 8 digits of SHA-1 of "name.stream.version.context". The caller
 * frees it.
 */
char *dist_tag(const struct build *build, const char *prefix, const char *marking);

/*
 * The name of the build's tag, and of its target: PREFIX-N-S-V-C where that fits ("-build" included
 * for the tag), else PREFIX- and the first 16 digits of SHA-1 of "N.S.V.C". The caller frees it.
 */
#define TAG_NAME_MAX    256
#define TARGET_NAME_MAX 50
char *tag_name(const struct build *build, const char *prefix);
char *target_name(const struct build *build, const char *prefix);

/* The key of an external effect: 32 hex digits of SHA-256 over "uuid|component|kind|number". The
 * caller frees it. */
char *idempotency_key(const char *uuid, const char *component, const char *kind, uint32_t number);

/* The UUIDv5 of a message: namespace is the build's uuid, name its sequence number. The caller
 * frees it. */
char *message_id(const char *uuid, uint32_t seq);

#endif
