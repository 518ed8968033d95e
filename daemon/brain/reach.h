/* SPDX-License-Identifier: Apache-2.0 */
/* reach: which service in which region answers at all. After a few failures in a row, without one
 * answer between them, a place is dark: most resources there are not even asked, so that a pass
 * ends in bounded time and says why; one tries again now and then. Any answer of AWS, also an
 * error, lights the place again. A slow or throttled service darkens nothing but itself. */
#ifndef DRD_REACH_H
#define DRD_REACH_H

#include "aws/call.h"

struct reach {
    struct reach_place {
        enum region region;
        const char *service; /* static text of a kind */
        unsigned failures;   /* in a row */
        msec_t try_at;       /* while dark: when the next one may try */
        msec_t delay, dark_since;
    } *places;
    size_t n;
};

void reach_clear(struct reach *r);
/* How a call there ended. True when this answer lit a dark place again. */
bool reach_answered(struct reach *r, enum region region, const char *service,
                    const struct answer *answer, msec_t now);
bool reach_dark(const struct reach *r, enum region region, const char *service);
/* True when a resource there may be asked now; in the dark only one may, and not before its time.
 */
bool reach_may_try(struct reach *r, enum region region, const char *service, msec_t now);
/* [{"region", "service", "failures", "dark_ms"}] of the dark places. New reference. */
json_t *reach_status(const struct reach *r, msec_t now);

#endif
