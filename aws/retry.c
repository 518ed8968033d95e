/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/retry.h"

enum {
    BASE_TRANSIENT = 50,
    BASE_TRANSIENT_DYNAMODB = 25,
    BASE_THROTTLED = 1000,
    BACKOFF_MAX = 20000,
    HINT_EXTRA_MAX = 5000, /* a hint lengthens the backoff by no more than this */
};

struct retry_quota retry_quota_full(void)
{
    return (struct retry_quota){ RETRY_QUOTA };
}

static bool may_retry(const struct call *call, enum aws_class class, bool sent)
{
    if (class != AWS_THROTTLED && class != AWS_TRANSIENT && class != AWS_UNKNOWN_OUTCOME)
        return false;
    return call->retry == RETRY_FULL || (call->retry == RETRY_UNSENT && !sent);
}

static msec_t backoff(const struct call *call, enum aws_class class, unsigned attempt,
                      struct random *random)
{
    msec_t base = str_eq(call->op->service, "dynamodb") ? BASE_TRANSIENT_DYNAMODB : BASE_TRANSIENT;
    if (class == AWS_THROTTLED)
        base = BASE_THROTTLED;
    unsigned doublings = attempt > 10 ? 10 : attempt - 1; /* beyond BACKOFF_MAX from any base */
    msec_t limit = msec_min(base << doublings, BACKOFF_MAX);
    return (msec_t)random_below(random, (uint64_t)limit + 1);
}

msec_t retry_delay(const struct call *call, enum aws_class class, unsigned attempt, bool sent,
                   msec_t hint, struct retry_quota *quota, struct random *random, int *cost)
{
    assert(attempt > 0);
    int price = class == AWS_THROTTLED ? RETRY_COST_THROTTLED : RETRY_COST_TRANSIENT;
    if (!may_retry(call, class, sent) || quota->tokens < price)
        return -1;
    quota->tokens -= price;
    *cost = price;
    msec_t delay = backoff(call, class, attempt, random);
    return msec_max(delay, msec_min(hint, delay + HINT_EXTRA_MAX));
}

void retry_succeeded(struct retry_quota *quota, int cost)
{
    quota->tokens += cost > 0 ? cost : 1;
    if (quota->tokens > RETRY_QUOTA)
        quota->tokens = RETRY_QUOTA;
}
