/* SPDX-License-Identifier: Apache-2.0 */
/* document: from the bytes of a configuration file to checked JSON, or to messages that a person
 * can act on. It knows schemas and lines, not what the keys mean. */
#ifndef DRD_DOCUMENT_H
#define DRD_DOCUMENT_H

#include "config/schema.h"

enum { DOCUMENT_MAX = 1 << 20, DOCUMENT_DEPTH_MAX = 32 };

/* The document with defaults filled in and comments removed; a new reference. NULL with problems;
 * they have pointers, and lines and file once document_locate has run. */
json_t *document_read(const char *text, size_t size, const struct schema *table,
                      struct problems *reterr);

/* Gives the problems from `first` on the file, and the line that their pointer leads to. */
void document_locate(struct problems *problems, size_t first, const char *file, const char *text,
                     size_t size);

#endif
