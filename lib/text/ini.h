/* SPDX-License-Identifier: MIT */
#ifndef TEXT_INI_H
#define TEXT_INI_H

/*
 * Sections of keys and values, as Python's RawConfigParser reads them: "key = value" or
 * "key: value", lines that begin with "#" or ";" are comments, lines that are indented deeper than
 * their key go on with its value, keys are of any case, and what [DEFAULT] has all sections have.
 * Several texts are read one over the other; what is said later counts, twice said or not.
 */

#include <glib.h>
#include <stdbool.h>

#define INI_BYTES_MAX (1 << 20) /* of one text */

struct ini;
typedef struct ini Ini; /* the name that g_autoptr needs */
struct ini *ini_new(void);
void ini_free(struct ini *ini);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ini, ini_free)

/* Reads a text over what is there; name is what errors call it. Errors: MALFORMED with name and
 * line, and what stood before that line has been read. */
bool ini_read(struct ini *ini, const char *name, const char *text, size_t length, GError **error);

bool ini_has_section(const struct ini *ini, const char *section);

/* Lent, key in lower case; NULL: neither the section nor [DEFAULT] has it. A value of several lines
 * has line feeds. */
const char *ini_value(const struct ini *ini, const char *section, const char *key);

/* The names of all sections but [DEFAULT], sorted; to be freed with g_strfreev(). */
char **ini_sections(const struct ini *ini);

#endif
