/* SPDX-License-Identifier: Apache-2.0 */
/* nearest: the word a person probably meant. Used wherever a name is refused because it is not in
 * a list that we know. */
#ifndef DRD_NEAREST_H
#define DRD_NEAREST_H

#include "daemon/base/base.h"

/* Insertions, deletions, changed letters and swapped neighbours that lead from a to b; more than
 * `most` answers most + 1. Words longer than 128 bytes are near only to themselves. */
unsigned nearest_distance(const char *a, const char *b, unsigned most);

/* A search over candidates: nearest_init, nearest_offer for each, then `best` is the closest, or
 * NULL when none is near enough to be worth naming. Ties go to the first offered. */
struct nearest {
    const char *word; /* borrowed */
    const char *best; /* borrowed from what was offered */
    unsigned distance;
};
void nearest_init(struct nearest *n, const char *word);
void nearest_offer(struct nearest *n, const char *candidate);

#endif
