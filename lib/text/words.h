/* SPDX-License-Identifier: MIT */
#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H

#include <stddef.h>

/*
 * What a stranger said, made fit for logs, terminals and tables: at most so many bytes of it, valid
 * UTF-8 (so that it may be a little longer), control characters as blanks, none at the ends. NULL
 * is empty. The caller frees it.
 */
char *plain_words(const char *text, size_t max);

#endif
