/* SPDX-License-Identifier: MIT */
#ifndef MMD_DOCUMENT_XMD_H
#define MMD_DOCUMENT_XMD_H

/* The parts of a document's xmd that mean something here, as libmodulemd hands them out and takes
 * them. */

#include "mmd/document.h"

#define XMD_RESERVED "mbs"         /* the service's own */
#define XMD_OPTIONS  "mbs_options" /* the author's words to the service */

/* Fills those members of the document. xmd may be NULL. Errors: UNACCEPTABLE, naming the key. */
bool document_xmd_read(GVariant *xmd, struct document *document, GError **error);

/* What a stored document has as xmd.mbs; a floating reference. */
GVariant *document_xmd_reserved(const struct document_identity *identity);

#endif
