/* SPDX-License-Identifier: Apache-2.0 */
/* The permissions boundary: a ceiling, not a grant. It names what the data of this environment is
 * called, in its two regions and this account, and leaves out every action that changes what the
 * environment consists of. Its size does not grow with the configuration. */
#include "config/expand.h"

#include "config/statements.h"

enum { MANAGED_MAX = 6144 }; /* characters in a managed policy; IAM quota */

#define BOUNDARY "permissions-boundary"

json_t *expand_boundary_arn(const struct expansion *x)
{
    const char *choice = json_string_value(json_object_get(x->document, "permissions_boundary"));
    if (str_eq(choice, "none"))
        return NULL;
    return json_string(str_eq(choice, "own") ? "${iam_policy/" BOUNDARY ".arn}" : choice);
}

/* R, A and S stand for region, account and suffix. */
static const struct ceiling {
    const char *sid;
    const char *actions[20];
    const char *resources[3];
} ceilings[] = {
    { "Tables",
      { "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem", "dynamodb:DescribeStream", "dynamodb:DescribeTable",
        "dynamodb:GetItem", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
        "dynamodb:ListStreams", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem" },
      { "arn:aws:dynamodb:R:A:table/*-S", "arn:aws:dynamodb:R:A:table/*-S/*" } },
    { "Queues",
      { "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage" },
      { "arn:aws:sqs:R:A:*-S", "arn:aws:sqs:R:A:*-S.fifo" } },
    { "Parameters",
      { "ssm:GetParameter", "ssm:GetParameters" },
      { "arn:aws:ssm:R:A:parameter/*-S", "arn:aws:ssm:R:A:parameter/*-S/*" } },
    { "Buckets",
      { "s3:AbortMultipartUpload", "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging",
        "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:PutObject", "s3:ReplicateDelete",
        "s3:ReplicateObject", "s3:ReplicateTags" },
      { "arn:aws:s3:::*-R-A-S", "arn:aws:s3:::*-R-A-S/*" } },
};

static json_t *pattern(const struct expansion *x, const char *text, enum region region)
{
    struct buffer b = { 0 };
    for (const char *s = text; *s != '\0'; s++) {
        if (*s == 'R')
            buffer_str(&b, region_name(region));
        else if (*s == 'A')
            buffer_str(&b, x->account);
        else if (*s == 'S')
            buffer_str(&b, x->suffix);
        else
            buffer_add(&b, s, 1);
    }
    autofree char *filled = buffer_take(&b);
    return json_string(filled);
}

static json_t *document(const struct expansion *x)
{
    static const char *const decrypt[] = { "kms:Decrypt", NULL };
    json_t *policy = statements_new(), *keys = json_array(), *services = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(ceilings); i++) {
        json_t *resources = json_array();
        for (size_t j = 0; j < ARRAY_SIZE(x->regions); j++)
            for (const char *const *r = ceilings[i].resources; *r != NULL; r++)
                json_array_append_new(resources, pattern(x, *r, x->regions[j]));
        statements_allow(policy, ceilings[i].sid, ceilings[i].actions, resources, NULL);
    }
    for (size_t j = 0; j < ARRAY_SIZE(x->regions); j++) {
        json_array_append_new(keys, pattern(x, "arn:aws:kms:R:A:key/*", x->regions[j]));
        json_array_append_new(services, pattern(x, "ssm.R.amazonaws.com", x->regions[j]));
    }
    statements_allow(policy, "SecretParameters", decrypt, keys,
                     json_pack("{s:{s:o}}", "StringEquals", "kms:ViaService", services));
    return policy;
}

void expand_boundary(struct expansion *x)
{
    const char *choice = json_string_value(json_object_get(x->document, "permissions_boundary"));
    struct intent intent = { .section = "permissions_boundary",
                             .name = BOUNDARY,
                             .pointer = xstrdup("/permissions_boundary") };
    struct naming n = expand_naming(x, REGION_US_EAST_1);
    autofree char *name = naming_name(&n, NAMED_POLICY, BOUNDARY);
    autofree char *description = xasprintf("The most that roles of %s can ever do", x->suffix);
    if (str_eq(choice, "own")) {
        json_t *policy = document(x);
        assert(statements_size(policy) <= MANAGED_MAX);
        json_t *want = json_pack("{s:s, s:s, s:s, s:o}", "PolicyName", name, "Path", "/",
                                 "Description", description, "PolicyDocument", policy);
        assert(want != NULL);
        expand_add(x, &intent, "iam_policy", BOUNDARY, REGION_US_EAST_1, want, "");
    }
    free(intent.pointer);
}
