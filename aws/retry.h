/* SPDX-License-Identifier: Apache-2.0 */
/* retry: whether and when to try again. Standard mode of 2026: full jitter, base 50 ms for
 * transient errors (25 ms for DynamoDB), 1 s for throttling, at most 20 s; a quota of 500 tokens,
 * 14 for a transient retry, 5 for a throttled one, given back on success. One difference: the SDKs
 * stop after 3 attempts, since somebody waits; a call of drd goes on until its deadline, held back
 * by backoff, quota and budget. Source: AWS SDKs reference guide, feature-retry-behavior; botocore
 * retries/standard.py, retries/quota.py. */
#ifndef DRD_RETRY_H
#define DRD_RETRY_H

#include "aws/call.h"
#include "daemon/base/random.h"

enum { RETRY_QUOTA = 500, RETRY_COST_TRANSIENT = 14, RETRY_COST_THROTTLED = 5 };

/* One quota per account, region and budget family. */
struct retry_quota {
    int tokens;
};

struct retry_quota retry_quota_full(void);

/* After attempt number `attempt` (1 for the first) of call ended with class: the delay until the
 * next one, or -1 to give up. sent says whether any byte of the request left this host.
 * hint is what AWS asked for (0: nothing). On a retry its cost is taken from quota and put into
 * *cost, to be given back by retry_succeeded. */
msec_t retry_delay(const struct call *call, enum aws_class class, unsigned attempt, bool sent,
                   msec_t hint, struct retry_quota *quota, struct random *random, int *cost);
void retry_succeeded(struct retry_quota *quota, int cost);

#endif
