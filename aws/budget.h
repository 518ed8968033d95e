/* SPDX-License-Identifier: Apache-2.0 */
/* budget: token buckets per region and API family, at about half of AWS's published limits, so that
 * drd never takes the API away from the people who need it in an emergency. A part of each bucket
 * is reserved for failover. Integer arithmetic in millionths of a token, so that a rate in
 * thousandths per second and a time in milliseconds multiply without rounding. */
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

enum { BUDGET_PAUSE_MIN = 1000, BUDGET_PAUSE_MAX = 32000, BUDGET_CALM = 60000 };

struct budget {
    int64_t scale_milli; /* all limits times this; 1000 in production */
    struct budget_bucket {
        int64_t micro; /* tokens left, in millionths */
        msec_t at;     /* when that was so */
        bool used;
        msec_t paused_until; /* AWS throttled this family: leave it alone until then */
        msec_t pause;        /* how long the last pause was; 0: none in memory */
    } buckets[N_REGIONS][N_BUDGET_FAMILIES];
};

/* scale: 1.0, or more for tests and fast sandboxes. */
void budget_init(struct budget *b, double scale);
/* Takes one call's worth and returns 0, or returns how long to wait until it is there. Failover
 * does not wait for the end of a pause, only for tokens, of which its reserve is filled first. */
msec_t budget_take(struct budget *b, enum region region, enum budget_family family,
                   enum priority priority, msec_t now);
/* AWS throttled: the bucket empties and pauses, BUDGET_PAUSE_MIN at first, twice as long with each
 * further throttle after a pause, at most BUDGET_PAUSE_MAX; every BUDGET_CALM without a throttle
 * halves the next one. Answers that come during a pause were on their way: they do not lengthen it
 * beyond their hint. */
void budget_throttled(struct budget *b, enum region region, enum budget_family family, msec_t now,
                      msec_t hint);

#endif
