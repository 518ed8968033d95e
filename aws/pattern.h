/* SPDX-License-Identifier: Apache-2.0 */
/* pattern: does a text match a regular expression of AWS's models? Those are ECMA-262 expressions
 * that AWS applies to the whole text. They are rewritten as POSIX extended ones; the few that POSIX
 * cannot say (look-around, Unicode classes) match everything here, and AWS decides. */
#ifndef DRD_PATTERN_H
#define DRD_PATTERN_H

#include <stdbool.h>

bool pattern_matches(const char *pattern, const char *text);
/* The POSIX form, anchored at both ends, or NULL when there is none. The caller frees. */
char *pattern_posix(const char *pattern);

#endif
