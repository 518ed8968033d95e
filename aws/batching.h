/* SPDX-License-Identifier: Apache-2.0 */
/* batching: several reads of a few names each as one read of many, and its answer dealt out again.
 * Pure functions on JSON, driven by the catalogue's struct batch. */
#ifndef DRD_BATCHING_H
#define DRD_BATCHING_H

#include "aws/call.h"

/* The names a call asks for (borrowed), or NULL when it cannot share an attempt: no batch in its
 * row, no list in its arguments, too many names, or names that AWS answers under another name
 * (ARNs, selectors "name:3"). */
const json_t *batching_names(const struct call *call);
/* The call's arguments without its names. New reference. */
json_t *batching_rest(const struct call *call);
/* Adds the names that are not there yet; false, and nothing done, when there would be too many. */
bool batching_merge(const struct batch *batch, json_t *args, const json_t *names);
/* What a call for these names alone would have been answered. New reference. */
json_t *batching_deal(const struct batch *batch, const json_t *body, const json_t *names);

#endif
