/* SPDX-License-Identifier: Apache-2.0 */
/* incident: one seed's story, and the judges at its end. Faults of the net, crashes at any event, a
 * store that takes no records, holds, reloads and careless colleagues are drawn for the first
 * minutes; then they stop, and everything must come into sync, by itself, with nothing made twice,
 * and stay so without a further change. In some stories a region is lost for long: the other one
 * must converge meanwhile. In some everything is taken down at the end. */
#ifndef DRD_SIMULATION_INCIDENT_H
#define DRD_SIMULATION_INCIDENT_H

#include "tests/simulation/house.h"

/* Plays it; the result is in *ret (its JSON is cleared). True when no judge failed. */
bool incident_play(uint64_t seed, bool trace, struct tally *ret);

#endif
