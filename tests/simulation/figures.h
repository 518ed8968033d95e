/* SPDX-License-Identifier: Apache-2.0 */
/* figures: what a pass over many resources costs, in virtual time, for the bench. */
#ifndef DRD_SIMULATION_FIGURES_H
#define DRD_SIMULATION_FIGURES_H

#include "daemon/base/time.h"

/* Brings about n queues and parameters into sync, so many at once, then runs one pass more and
 * prints, as one JSON object, its calls, virtual time, bound and memory. 0, or 1 when it did not
 * come into sync. */
int figures_in_sync_pass(unsigned n, unsigned at_once, msec_t round_trip);

#endif
