/* SPDX-License-Identifier: Apache-2.0 */
/* budget: token buckets per region and API family, at about half of AWS's published limits, so that
 * drd never takes the API away from the people who need it in an emergency. A part of each bucket
 * is reserved for failover. Integer arithmetic in thousandths of a token. */
#ifndef DRD_BUDGET_H
#define DRD_BUDGET_H

#include "aws/call.h"

struct budget_limit {
    int64_t per_second_milli; /* thousandths of a call per second */
    int64_t burst;            /* calls */
    int64_t reserve;          /* calls that only PRIORITY_FAILOVER may take */
    const char *source;
};
extern const struct budget_limit budget_limits[N_BUDGET_FAMILIES];

struct budget {
    struct {
        int64_t milli; /* tokens left, in thousandths */
        msec_t at;     /* when that was so */
        bool used;
        msec_t paused_until; /* AWS throttled this family: leave it alone until then */
    } buckets[N_REGIONS][N_BUDGET_FAMILIES];
};

void budget_init(struct budget *b);
/* Takes one call's worth and returns 0, or returns how long to wait until it is there. */
msec_t budget_take(struct budget *b, enum region region, enum budget_family family,
                   enum priority priority, msec_t now);
/* AWS throttled: the bucket empties and pauses for a while that grows with each further throttle.
 */
void budget_throttled(struct budget *b, enum region region, enum budget_family family, msec_t now,
                      msec_t hint);

#endif
