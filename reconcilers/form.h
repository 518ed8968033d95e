/* SPDX-License-Identifier: Apache-2.0 */
/* form: how one value looks in want, in a request and in an answer, and when two of them mean the
 * same. Knows single values only; rows and pointers are fields' business. */
#ifndef DRD_FORM_H
#define DRD_FORM_H

#include "reconcilers/kind.h"

/* Whether a wanted and a live value mean the same. Both may be NULL (nothing). defaults is JSON
 * text of what AWS fills in where it was left out, or NULL: members of objects; a list of one gives
 * the defaults of each element. */
bool form_equal(enum form form, const json_t *wanted, const json_t *live, const char *defaults);
/* The value as people read it: JSON that AWS sends as text is opened. A new reference. */
json_t *form_readable(enum form form, const json_t *value);
/* The value as AWS's request takes it; a new reference. Tags go through form_tag_list. */
json_t *form_request(enum form form, const json_t *wanted);

/* {key: value} ⇄ [{"Key", "Value"}]; new references. A map passes unchanged. */
json_t *form_tag_map(const json_t *tags);
json_t *form_tag_list(const json_t *map);

/* A copy of a list in an order that depends on its elements only. */
json_t *form_sorted(const json_t *list, bool without_repeats);
/* Numbers and booleans as text, everything else as it is; a new reference. */
json_t *form_scalar_text(const json_t *value);

#endif
