/* SPDX-License-Identifier: Apache-2.0 */
/* mandate: the one seam from failing over to reconciling. The engine asks it before every write,
 * from the first day: may it write at all, is this resource frozen by a plan under way, and which
 * role has each region now. Plain data of fixed size. */
#ifndef DRD_MANDATE_H
#define DRD_MANDATE_H

#include "aws/region.h"
#include <stdbool.h>
#include <stdint.h>

enum role { ROLE_NONE, ROLE_ACTIVE, ROLE_STANDBY, ROLE_WITNESS };

/* What a plan freezes: sets of resources by what they do for traffic. */
enum freeze {
    FREEZE_TRAFFIC = 1u << 0, /* records, health checks, levers */
    FREEZE_GATES = 1u << 1,   /* write gates, lease */
    FREEZE_DATA = 1u << 2,    /* tables and buckets and their replication */
    FREEZE_COMPUTE = 1u << 3, /* functions, APIs, consumers */
};

struct mandate {
    bool may_write;  /* false: follower, hold, observe */
    uint32_t frozen; /* bits of enum freeze */
    const char *why; /* static text; shown where a write was refused */
    uint64_t epoch;
    uint8_t role[N_REGIONS]; /* enum role */
};

/* A single daemon with no plan under way: it may write, nothing is frozen. */
struct mandate mandate_alone(enum region active, enum region standby, enum region witness);
/* Which freeze bits a kind of resource stands under. */
uint32_t mandate_freeze_of(const char *kind);
/* NULL when a resource of these freeze bits may be written, else why not (static text). */
const char *mandate_refuses(const struct mandate *m, uint32_t freeze);

#endif
