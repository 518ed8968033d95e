/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/rates.h"

/* Sources: the service quotas pages named in each row. Where AWS publishes nothing the figure is
 * twice what drd allows itself, so that exceeding the budget shows as throttling. per_second is in
 * thousandths of a call. */
struct limit {
    int64_t per_second;
    int64_t burst;
};
/* clang-format off */
static const struct limit limits[N_BUDGET_FAMILIES] = {
    [BUDGET_STS] = { 600000, 600 },                /* IAM quotas: 600 a second, all operations */
    [BUDGET_IAM_READ] = { 20000, 80 },             /* not published */
    [BUDGET_IAM_WRITE] = { 5000, 40 },             /* not published */
    [BUDGET_SQS] = { 20000, 80 },                  /* not published; control operations only */
    [BUDGET_SNS] = { 30000, 60 },                  /* SNS API reference: ListTopics 30 */
    [BUDGET_SSM_READ] = { 40000, 40 },             /* Parameter Store default throughput */
    [BUDGET_SSM_WRITE] = { 3000, 10 },             /* Parameter Store: PutParameter 3 */
    [BUDGET_DYNAMODB_READ] = { 2500000, 2500 },    /* DescribeTable 2,500 */
    [BUDGET_DYNAMODB_WRITE] = { 10000, 50 },       /* bounded by 500 concurrent operations */
    [BUDGET_DYNAMODB_TAG] = { 5000, 5 },           /* TagResource 5 */
    [BUDGET_DYNAMODB_ITEM] = { 40000000, 40000 },  /* 40,000 request units per table */
    [BUDGET_S3_CONFIG] = { 20000, 100 },           /* not published */
    [BUDGET_S3_OBJECT] = { 3500000, 3500 },        /* 3,500 writes a second and prefix */
    [BUDGET_LAMBDA_CONTROL] = { 15000, 15 },       /* Lambda quotas: 15, all operations together */
    [BUDGET_LAMBDA_READ] = { 100000, 100 },        /* Lambda quotas: GetFunction 100 */
    [BUDGET_LAMBDA_INVOKE] = { 10000000, 10000 },  /* 10 × concurrency */
    [BUDGET_APIGATEWAY] = { 10000, 40 },           /* API Gateway quotas: 10, burst 40 */
    [BUDGET_APIGATEWAY_CREATE_API] = { 333, 1 },   /* 1 in 3 s */
    [BUDGET_APIGATEWAY_DELETE_API] = { 33, 1 },    /* 1 in 30 s */
    [BUDGET_APIGATEWAY_DOMAIN] = { 33, 1 },        /* 1 in 30 s */
    [BUDGET_APIGATEWAY_DEPLOYMENT] = { 200, 1 },   /* 1 in 5 s */
    [BUDGET_APIGATEWAY_RESOURCE] = { 5000, 5 },    /* 5 */
    [BUDGET_APIGATEWAY_RESOURCES_READ] = { 2500, 5 }, /* 5 in 2 s */
    [BUDGET_APIGATEWAY_ACCOUNT] = { 50, 1 },       /* 1 in 20 s */
    [BUDGET_ACM] = { 4000, 20 },                   /* not published */
    [BUDGET_ROUTE53] = { 10000, 50 },              /* Route 53 throttling page: 10, burst 50 */
    [BUDGET_ROUTE53_CREATE_CHECK] = { 500, 50 },
    [BUDGET_ROUTE53_UPDATE_CHECK] = { 5000, 50 },
    [BUDGET_ROUTE53_CHECK_STATUS] = { 1000, 4 },
    [BUDGET_CLOUDWATCH_READ] = { 9000, 9 },        /* DescribeAlarms 9 */
    [BUDGET_CLOUDWATCH_WRITE] = { 3000, 3 },       /* PutMetricAlarm 3 */
    [BUDGET_CLOUDWATCH_DATA] = { 50000, 50 },      /* GetMetricData 50 */
    [BUDGET_LOGS] = { 10000, 20 },                 /* DescribeLogGroups 10 */
    [BUDGET_TAGGING] = { 4000, 20 },               /* not published */
};
/* clang-format on */

bool rates_take(struct rates *r, const struct operation *op, enum region region, msec_t now)
{
    /* SQS messages: "nearly unlimited", says the SQS quotas page. */
    if (op->family == BUDGET_SQS && op->plane == PLANE_DATA)
        return true;
    const struct limit *limit = &limits[op->family];
    int64_t full = limit->burst * 1000;
    enum region at = op->home == HOME_US_EAST_1 ? REGION_NONE : region;
    int64_t *milli = &r->buckets[at][op->family].milli;
    msec_t past = now - r->buckets[at][op->family].at;
    if (!r->buckets[at][op->family].used || past > full) /* long ago: full, without overflow */
        *milli = full;
    else if (past > 0)
        *milli += past * limit->per_second / 1000;
    if (*milli > full)
        *milli = full;
    r->buckets[at][op->family].used = true;
    r->buckets[at][op->family].at = now;
    if (*milli < 1000)
        return false;
    *milli -= 1000;
    return true;
}
