/* SPDX-License-Identifier: Apache-2.0 */
/* operation: the catalogue. Every operation that drd may ever issue has one row here; what is not
 * listed cannot be called. A row adds to AWS's model what no model says. From the rows follow the
 * printed IAM policies, the observe mode, the budgets, batching, paging, and the rule that the
 * failover path uses data-plane operations outside the failed region only. */
#ifndef DRD_OPERATION_H
#define DRD_OPERATION_H

#include "aws/model.h"
#include "aws/region.h"

enum plane { PLANE_CONTROL, PLANE_DATA };
/* Which region's endpoint is asked: the call's own, or us-east-1 for the global services. */
enum home { HOME_REGION, HOME_US_EAST_1 };
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_DESTROY };

/* Calls that share a token bucket at AWS share one here: per account, region and family.
 * Rates are about half of what AWS publishes; aws/budget.c has them with their sources. */
#define BUDGET_FAMILIES(X)                                                                         \
    X(STS, "sts")                                                                                  \
    X(IAM_READ, "iam-read")                                                                        \
    X(IAM_WRITE, "iam-write")                                                                      \
    X(SQS, "sqs")                                                                                  \
    X(SNS, "sns")                                                                                  \
    X(SSM_READ, "ssm-read")                                                                        \
    X(SSM_WRITE, "ssm-write")                                                                      \
    X(DYNAMODB_READ, "dynamodb-read")                                                              \
    X(DYNAMODB_WRITE, "dynamodb-write")                                                            \
    X(DYNAMODB_TAG, "dynamodb-tag")                                                                \
    X(DYNAMODB_ITEM, "dynamodb-item")                                                              \
    X(S3_CONFIG, "s3-config")                                                                      \
    X(S3_OBJECT, "s3-object")                                                                      \
    X(LAMBDA_CONTROL, "lambda-control")                                                            \
    X(LAMBDA_READ, "lambda-read")                                                                  \
    X(LAMBDA_INVOKE, "lambda-invoke")                                                              \
    X(APIGATEWAY, "apigateway")                                                                    \
    X(APIGATEWAY_CREATE_API, "apigateway-create-api")                                              \
    X(APIGATEWAY_DELETE_API, "apigateway-delete-api")                                              \
    X(APIGATEWAY_DOMAIN, "apigateway-domain")                                                      \
    X(APIGATEWAY_DEPLOYMENT, "apigateway-deployment")                                              \
    X(APIGATEWAY_RESOURCE, "apigateway-resource")                                                  \
    X(APIGATEWAY_RESOURCES_READ, "apigateway-resources-read")                                      \
    X(APIGATEWAY_ACCOUNT, "apigateway-account")                                                    \
    X(ACM, "acm")                                                                                  \
    X(ROUTE53, "route53")                                                                          \
    X(ROUTE53_CREATE_CHECK, "route53-create-check")                                                \
    X(ROUTE53_UPDATE_CHECK, "route53-update-check")                                                \
    X(ROUTE53_CHECK_STATUS, "route53-check-status")                                                \
    X(CLOUDWATCH_READ, "cloudwatch-read")                                                          \
    X(CLOUDWATCH_WRITE, "cloudwatch-write")                                                        \
    X(CLOUDWATCH_DATA, "cloudwatch-data")                                                          \
    X(LOGS, "logs")                                                                                \
    X(TAGGING, "tagging")

enum budget_family {
#define X(id, name) BUDGET_##id,
    BUDGET_FAMILIES(X)
#undef X
        N_BUDGET_FAMILIES
};

/* Reads of one name each that AWS also answers for several at once. The client puts calls that
 * differ only in the elements of this list into one attempt and deals the answer out again. */
struct batch {
    const char *list; /* member of the request: "Names" */
    unsigned max;     /* names per attempt */
    /* Where the answer holds one element per name, and the member of the element that says which
     * name it is; NULL when the element is the name. Up to two lists ("Parameters" by "Name",
     * "InvalidParameters"). */
    struct {
        const char *result, *key;
    } deal[2];
};

/* What AWS checks besides the operation's own action, when the call has that member. */
struct permission {
    const char *when; /* path of a member, as in iam_resource */
    const char *action, *resource;
};

struct operation {
    const char *service, *name; /* botocore's names; rows are sorted by both */
    enum plane plane;
    enum home home;
    enum access access;
    enum budget_family family;
    /* The action AWS checks, "dynamodb:DescribeTable"; "" when it checks none. */
    const char *iam_action;
    /* The resource it checks it on: an ARN with values of the call in braces, or "*" where AWS
     * knows no resource. "{region}" and "{account}" are the call's; "{QueueName}" is a member,
     * "{Delete.Objects[].Key}" a member of each element of a list (one ARN each). After a colon:
     * "last" takes what stands after the last slash, "bare" drops a leading slash, "function" takes
     * the name out of a function's ARN, "keys" the keys of a map; "{:path}" is the request's path.
     * aws/permission fills them in. */
    const char *iam_resource;
    /* Error codes that mean "it is not there", NULL-terminated list or NULL. */
    const char *const *not_found;
    const struct permission *also; /* ends with action == NULL; or NULL */
    const struct batch *batch;
    /* Answers may hold a secret: they are neither logged nor journalled. */
    bool secret;
};

extern const struct operation operations[]; /* ends with name == NULL */
extern const size_t n_operations;

/* NULL when drd has no such operation. The form "sqs:CreateQueue" (botocore's service name). */
const struct operation *operation_find(const char *service, const char *name);
const struct operation *operation_named(const char *service_colon_name);
/* The same, for names written in drd's own code: an unknown one is a bug and aborts. */
const struct operation *operation_get(const char *service_colon_name);
const struct operation_model *operation_model(const struct operation *op);
/* The region whose endpoint is asked for a call in this region. */
enum region operation_region(const struct operation *op, enum region region);
const char *budget_family_name(enum budget_family family);

#endif
