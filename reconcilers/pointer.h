/* SPDX-License-Identifier: Apache-2.0 */
/* pointer: JSON pointers (RFC 6901) as far as reconcilers need them: reading, and writing into
 * objects. The empty pointer is the whole document. */
#ifndef DRD_POINTER_H
#define DRD_POINTER_H

#include "daemon/base/base.h"

/* Borrowed; NULL when any step of the way is missing (root may be NULL). Lists take decimal
 * indexes. */
const json_t *pointer_get(const json_t *root, const char *pointer);
/* Like the above, for text; NULL when it is none. */
const char *pointer_text(const json_t *root, const char *pointer);
/* Sets a member of nested objects, making those that are missing. Takes value. The pointer must not
 * be empty and must not lead through a list. */
void pointer_put(json_t *root, const char *pointer, json_t *value);
/* "/Policies" and "a/b" make "/Policies/a~1b". The caller frees. */
char *pointer_join(const char *pointer, const char *name) __attribute__((returns_nonnull));
/* Whether both point below the same member of the document: "/A/b" and "/A/c". */
bool pointer_same_member(const char *a, const char *b);

#endif
