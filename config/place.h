/* SPDX-License-Identifier: Apache-2.0 */
/* place: where something is: JSON pointers (RFC 6901), and the line of the text they lead to.
 * jansson tells lines for syntax errors only, so a second, light scan finds the line of what is
 * wrong for another reason.
 */
#ifndef DRD_PLACE_H
#define DRD_PLACE_H

#include "daemon/base/base.h"

/* Parent pointer, "/", and the key with ~ and / escaped. The caller frees. */
char *place_key(const char *parent, const char *key) __attribute__((returns_nonnull));
char *place_index(const char *parent, size_t index) __attribute__((returns_nonnull));

/* The line, from 1, on which the thing (for an object's member: its key) starts. A pointer that
 * leads nowhere gives the line of the last thing on its way. text must have been parsed as JSON. */
int place_line(const char *text, size_t size, const char *pointer);

#endif
