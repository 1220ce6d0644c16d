/* SPDX-License-Identifier: MIT */
#ifndef MMD_DOCUMENT_WORDS_H
#define MMD_DOCUMENT_WORDS_H

/* What libmodulemd says of a document, in words for who wrote it. */

#include <stddef.h>

/*
 * The library reads a copy of the text that it has written itself, so its line numbers are not the
 * author's: they are left out, and where a word that it names stands only once in the text, the
 * true place comes first. The caller frees the result.
 */
char *document_words(const char *text, size_t length, const char *said);

#endif
