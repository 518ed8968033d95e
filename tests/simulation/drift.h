/* SPDX-License-Identifier: Apache-2.0 */
/* drift: proofs about each field of each kind. Somebody changes it behind drd's back; one pass
 * finds exactly that and repairs it with the fewest writes, and the next pass writes nothing. Then
 * random sets of such changes at once; then what is fixed at creation, which must be BLOCKED by
 * name; then policies that say the same in other words. */
#ifndef DRD_SIMULATION_DRIFT_H
#define DRD_SIMULATION_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

/* sets: how many random ones, from this seed. Prints what was proved, or what failed; 0 or 1. */
int drift_prove(uint64_t seed, unsigned sets, bool trace);

#endif
