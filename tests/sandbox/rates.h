/* SPDX-License-Identifier: Apache-2.0 */
/* rates: AWS's own limits on calls, as token buckets per region and API family, at the values that
 * AWS publishes (aws/budget holds what drd allows itself: about half). Global services share one
 * bucket. Pure, integer arithmetic in thousandths of a call. */
#ifndef DRD_SANDBOX_RATES_H
#define DRD_SANDBOX_RATES_H

#include "aws/operation.h"
#include "daemon/base/time.h"

#include <stdbool.h>

struct rates {
    struct {
        int64_t milli; /* calls left, in thousandths */
        msec_t at;
        bool used;
    } buckets[N_REGIONS][N_BUDGET_FAMILIES];
};

/* Takes one call from its bucket; false: AWS would throttle it. */
bool rates_take(struct rates *r, const struct operation *op, enum region region, msec_t now);

#endif
