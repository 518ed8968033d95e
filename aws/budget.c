/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/budget.h"

enum { MILLI = 1000, MICRO = 1000000 };

/* Route 53 counts all its operations together as well; its four families add up to less than 7 of
 * the 10 per second. "assumed": AWS publishes nothing. */
#define ROUTE53                                                                                    \
    "DeveloperGuide/throttling-api-requests: 10/s for all, 50 at once, and per operation"
#define APIGATEWAY "apigateway limits: 10/s for all, 40 at once, per account and region; "
#define CLOUDWATCH "CloudWatch cloudwatch_limits, per region: "
#define LAMBDA "Lambda gettingstarted-limits, per region: "

/* clang-format off */
const struct budget_limit budget_limits[N_BUDGET_FAMILIES] = {
    /*                               milli/s  burst  reserve */
    [BUDGET_STS]                       = {  5000, 10,  2, "IAM quotas: 600/s per account and region" },
    [BUDGET_IAM_READ]                  = {  5000, 20,  0, "assumed; a bucket per API" },
    [BUDGET_IAM_WRITE]                 = {  1000,  5,  0, "assumed; a bucket per API" },
    [BUDGET_SQS]                       = {  5000, 10,  2, "assumed; RequestThrottled exists" },
    [BUDGET_SNS]                       = {  5000, 10,  2, "SNS quotas: ListTopics 30/s" },
    [BUDGET_SSM_READ]                  = { 10000, 20,  5, "SSM quotas: 40/s standard throughput" },
    [BUDGET_SSM_WRITE]                 = {  1000,  3,  1, "SSM quotas: PutParameter 3/s" },
    [BUDGET_DYNAMODB_READ]             = {  5000, 10,  2, "DynamoDB quotas: DescribeTable 2500/s" },
    [BUDGET_DYNAMODB_WRITE]            = {  1000,  3,  0, "DynamoDB quotas: 500 tables at once" },
    [BUDGET_DYNAMODB_TAG]              = {  2000,  4,  0, "DynamoDB quotas: TagResource 5/s" },
    [BUDGET_DYNAMODB_ITEM]             = { 20000, 40, 20, "assumed; the table's capacity" },
    [BUDGET_S3_CONFIG]                 = {  2000, 10,  0, "assumed; not published" },
    [BUDGET_S3_OBJECT]                 = { 20000, 40, 20, "S3 performance: 3500 writes/s per prefix" },
    [BUDGET_LAMBDA_CONTROL]            = {  6000, 10,  2, LAMBDA "15/s for all control calls" },
    [BUDGET_LAMBDA_READ]               = { 20000, 20,  0, LAMBDA "GetFunction 100/s" },
    [BUDGET_LAMBDA_INVOKE]             = { 10000, 20, 10, LAMBDA "10 times the concurrency" },
    [BUDGET_APIGATEWAY]                = {  4000, 15,  3, APIGATEWAY "shared" },
    [BUDGET_APIGATEWAY_CREATE_API]     = {   250,  1,  0, APIGATEWAY "CreateRestApi 1 per 3 s" },
    [BUDGET_APIGATEWAY_DELETE_API]     = {    28,  1,  0, APIGATEWAY "DeleteRestApi 1 per 30 s" },
    [BUDGET_APIGATEWAY_DOMAIN]         = {    28,  1,  0, APIGATEWAY "…DomainName 1 per 30 s" },
    [BUDGET_APIGATEWAY_DEPLOYMENT]     = {   166,  1,  0, APIGATEWAY "CreateDeployment 1 per 5 s" },
    [BUDGET_APIGATEWAY_RESOURCE]       = {  2000,  4,  0, APIGATEWAY "…Resource 5/s" },
    [BUDGET_APIGATEWAY_RESOURCES_READ] = {  1000,  2,  0, APIGATEWAY "GetResources 5 per 2 s" },
    [BUDGET_APIGATEWAY_ACCOUNT]        = {    25,  1,  0, APIGATEWAY "UpdateAccount 1 per 20 s" },
    [BUDGET_ACM]                       = {  2000,  5,  0, "assumed; not published" },
    [BUDGET_ROUTE53]                   = {  4000, 20,  5, ROUTE53 },
    [BUDGET_ROUTE53_CREATE_CHECK]      = {   400, 10,  0, ROUTE53 " 0.5/s" },
    [BUDGET_ROUTE53_UPDATE_CHECK]      = {  2000,  5,  2, ROUTE53 " 5/s" },
    [BUDGET_ROUTE53_CHECK_STATUS]      = {   500,  2,  1, ROUTE53 " 1/s" },
    [BUDGET_CLOUDWATCH_READ]           = {  3000,  6,  2, CLOUDWATCH "DescribeAlarms 9/s" },
    [BUDGET_CLOUDWATCH_WRITE]          = {  1000,  3,  0, CLOUDWATCH "PutMetricAlarm 3/s" },
    [BUDGET_CLOUDWATCH_DATA]           = {  5000, 10,  5, CLOUDWATCH "GetMetricData 50/s" },
    [BUDGET_LOGS]                      = {  2000,  5,  0, "assumed; 5/s and more" },
    [BUDGET_TAGGING]                   = {  2000,  5,  0, "assumed; not published" },
};
/* clang-format on */

/* One family's limits in millionths of a token, scaled. */
struct size {
    int64_t per_ms, burst, reserve;
};

static struct size size_of(const struct budget *b, enum budget_family family)
{
    const struct budget_limit *limit = &budget_limits[family];
    struct size size = { .per_ms = limit->per_second_milli * b->scale_milli / MILLI,
                         .burst = limit->burst * MILLI * b->scale_milli,
                         .reserve = limit->reserve * MILLI * b->scale_milli };
    size.per_ms = size.per_ms > 0 ? size.per_ms : 1;
    if (size.burst < size.reserve + MICRO)
        size.burst = size.reserve + MICRO;
    return size;
}

void budget_init(struct budget *b, double scale)
{
    *b = (struct budget){ .scale_milli = (int64_t)(scale * (double)MILLI) };
    assert(b->scale_milli > 0);
}

static int64_t filled(int64_t micro, int64_t per_ms, msec_t time, int64_t cap)
{
    if (time <= 0 || micro >= cap)
        return micro;
    return time >= (cap - micro) / per_ms + 1 ? cap : msec_min(cap, micro + time * per_ms);
}

/* During a pause no more than failover's reserve comes back, so that its end is no stampede. */
static void refill(struct budget *b, enum region region, enum budget_family family, msec_t now)
{
    struct size size = size_of(b, family);
    struct budget_bucket *bucket = &b->buckets[region][family];
    if (!bucket->used) {
        bucket->used = true;
        bucket->micro = size.burst;
        bucket->at = now;
    }
    int64_t in_pause = size.reserve > MICRO ? size.reserve : MICRO;
    msec_t pause_end = msec_min(now, bucket->paused_until);
    bucket->micro = filled(bucket->micro, size.per_ms, pause_end - bucket->at, in_pause);
    bucket->at = msec_max(bucket->at, pause_end);
    bucket->micro = filled(bucket->micro, size.per_ms, now - bucket->at, size.burst);
    bucket->at = msec_max(bucket->at, now);
}

msec_t budget_take(struct budget *b, enum region region, enum budget_family family,
                   enum priority priority, msec_t now)
{
    refill(b, region, family, now);
    struct size size = size_of(b, family);
    struct budget_bucket *bucket = &b->buckets[region][family];
    bool failover = priority == PRIORITY_FAILOVER;
    int64_t missing = MICRO + (failover ? 0 : size.reserve) - bucket->micro;
    msec_t pause = failover ? 0 : msec_max(0, bucket->paused_until - now);
    if (missing <= 0 && pause == 0) {
        bucket->micro -= MICRO;
        return 0;
    }
    return msec_max(pause, missing <= 0 ? 0 : (missing + size.per_ms - 1) / size.per_ms);
}

void budget_throttled(struct budget *b, enum region region, enum budget_family family, msec_t now,
                      msec_t hint)
{
    refill(b, region, family, now);
    struct budget_bucket *bucket = &b->buckets[region][family];
    if (now >= bucket->paused_until) {
        int64_t calm = (now - bucket->paused_until) / BUDGET_CALM;
        bucket->pause = calm > 5 ? 0 : bucket->pause >> calm;
        bucket->pause = msec_min(msec_max(2 * bucket->pause, BUDGET_PAUSE_MIN), BUDGET_PAUSE_MAX);
        bucket->paused_until = now + bucket->pause;
        bucket->micro = 0;
    }
    bucket->paused_until = msec_max(bucket->paused_until, now + msec_min(hint, BUDGET_PAUSE_MAX));
}
