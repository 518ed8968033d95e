/* SPDX-License-Identifier: Apache-2.0 */
/* schedule: which resource is next, and when. A queue of ready ones per region, a bound on how many
 * are under way at once, and a heap of times. It knows slots (small numbers), not resources. Every
 * operation is O(1) or O(log n), whatever the number of resources. With several regions none may
 * hold more than three quarters of the places, so a region that hangs leaves room for the others.
 */
#ifndef DRD_SCHEDULE_H
#define DRD_SCHEDULE_H

#include "aws/region.h"
#include "daemon/base/base.h"
#include "daemon/base/time.h"

#define SCHEDULE_NONE UINT32_MAX

struct schedule {
    struct schedule_entry {
        uint32_t next;   /* in its region's queue */
        uint32_t heaped; /* place in the heap, SCHEDULE_NONE: no time set */
        msec_t due;
        enum region region;
        bool ready, running;
    } *entries; /* by slot */
    size_t n;
    struct {
        uint32_t head, tail;
        unsigned running, members;
    } regions[N_REGIONS];
    unsigned running, limit, n_regions;
    enum region turn; /* whose turn it is */
    uint32_t *heap;
    size_t n_heap, heap_size;
};

void schedule_init(struct schedule *s, unsigned limit);
void schedule_clear(struct schedule *s);
void schedule_limit(struct schedule *s, unsigned limit);
/* Makes the slot known, in this region; and forgets it again (it is then neither ready, running nor
 * timed). */
void schedule_join(struct schedule *s, uint32_t slot, enum region region);
void schedule_leave(struct schedule *s, uint32_t slot);

/* Puts the slot at the end of its region's queue; nothing happens when it is there already. */
void schedule_ready(struct schedule *s, uint32_t slot);
/* Takes the next one, which is running from then on; SCHEDULE_NONE when none is ready or all places
 * are taken. */
uint32_t schedule_next(struct schedule *s);
/* It makes no calls any more: its place is free. Nothing happens when it was not running. */
void schedule_release(struct schedule *s, uint32_t slot);

/* Sets (or with NEVER removes) the one time of a slot. */
void schedule_at(struct schedule *s, uint32_t slot, msec_t due);
/* The earliest time, NEVER when there is none. */
msec_t schedule_due(const struct schedule *s);
/* Takes a slot whose time has come, SCHEDULE_NONE when there is none. */
uint32_t schedule_take_due(struct schedule *s, msec_t now);

#endif
