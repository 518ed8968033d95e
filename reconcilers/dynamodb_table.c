/* SPDX-License-Identifier: Apache-2.0 */
/* dynamodb_table: a table and its replicas (global tables version 2019.11.21), seen from its home
 * region. What each region keeps for itself is table_settings'; replicas are dynamodb_replicas'.
 * A table does one thing at a time: while it, a replica or an index is on its way, everything else
 * waits, and one UpdateTable changes one thing. Indexes are added, never removed or remade; the
 * attributes that they need come along. Keys are fixed.
 * Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html,
 * API_CreateTable.html, API_DeleteTable.html */
#include "reconcilers/dynamodb_replicas.h"
#include "reconcilers/fields.h"
#include "reconcilers/form.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"

static json_t *arn(const struct scene *s)
{
    return json_sprintf("arn:aws:dynamodb:%s:%s:table/%s", region_name(s->subject->region),
                        s->subject->account, resource_name(s));
}

static json_t *tagged(const struct scene *s)
{
    return json_pack("{s:o}", "ResourceArn", arn(s));
}

static json_t *whole(const struct scene *s)
{
    static const char *const members[] = { "AttributeDefinitions", "GlobalSecondaryIndexes" };
    json_t *args = fields_wanted(s);
    json_object_set_new(args, "TableName", json_string(resource_name(s)));
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        json_t *value = json_object_get(s->subject->want, members[i]);
        if (value != NULL)
            json_object_set_new(args, members[i], json_deep_copy(value));
    }
    return args;
}

static const char *busy(const struct scene *s)
{
    return replicas_busy(json_object_get(fact_body(s->facts, "table"), "Table"));
}

/* The element of a list of objects whose member `key` is like that of `one`. */
static const json_t *counterpart(const json_t *list, const json_t *one, const char *key)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_object_get(json_array_get(list, i), key), json_object_get(one, key)))
            return json_array_get(list, i);
    return NULL;
}

static bool block(const char *pointer, const json_t *wanted, const json_t *live,
                  struct verdict *ret)
{
    json_t *drift = NULL;
    drift_add(&drift, pointer, wanted, live, false);
    *ret = verdict_blocked(drift, "differs in what is fixed at creation");
    return true;
}

static bool same_attributes(const struct scene *s, struct verdict *ret)
{
    const json_t *wanted = json_object_get(s->subject->want, "AttributeDefinitions");
    const json_t *live = pointer_get(fact_body(s->facts, "table"), "/Table/AttributeDefinitions");
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const json_t *one = json_array_get(wanted, i);
        const json_t *other = counterpart(live, one, "AttributeName");
        if (other != NULL && !json_equal(one, other))
            return block("/AttributeDefinitions", one, other, ret);
    }
    return false;
}

static struct verdict add_index(const struct scene *s, const json_t *index, const char *pointer)
{
    json_t *args = replicas_table(s), *drift = NULL;
    json_object_set_new(args, "AttributeDefinitions",
                        json_deep_copy(json_object_get(s->subject->want, "AttributeDefinitions")));
    json_object_set_new(args, "GlobalSecondaryIndexUpdates",
                        json_pack("[{s:o}]", "Create", json_deep_copy(index)));
    drift_add(&drift, pointer, index, NULL, false);
    return verdict_write(call_new("dynamodb:UpdateTable", s->subject->region, args, NULL), drift,
                         "an index is missing");
}

static bool same_index(const json_t *wanted, const json_t *live)
{
    static const char *const members[] = { "KeySchema", "Projection" };
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (!form_equal(FORM_JSON, json_object_get(wanted, members[i]),
                        json_object_get(live, members[i]), NULL))
            return false;
    return true;
}

static bool same_indexes(const struct scene *s, struct verdict *ret)
{
    const json_t *wanted = json_object_get(s->subject->want, "GlobalSecondaryIndexes");
    const json_t *live = pointer_get(fact_body(s->facts, "table"), "/Table/GlobalSecondaryIndexes");
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const json_t *one = json_array_get(wanted, i);
        const json_t *other = counterpart(live, one, "IndexName");
        autofree char *pointer = xasprintf("/GlobalSecondaryIndexes/%zu", i);
        if (other == NULL) {
            *ret = add_index(s, one, pointer);
            return true;
        }
        if (!same_index(one, other))
            return block(pointer, one, other, ret);
    }
    return false;
}

static bool more(const struct scene *s, struct verdict *ret)
{
    return same_attributes(s, ret) || same_indexes(s, ret) || replicas_keep(s, ret);
}

static json_t *report(const struct scene *s)
{
    return json_pack("{s:o, s:s, s:s*}", "arn", arn(s), "name", resource_name(s), "stream_arn",
                     resource_live(s, "table", "/Table/LatestStreamArn"));
}

/* clang-format off */
static const struct read reads[] = {
    { .slot = "table", .operation = "dynamodb:DescribeTable",      .args = replicas_table },
    { .slot = "tags",  .operation = "dynamodb:ListTagsOfResource", .args = tagged },
    { 0 },
};
static const struct field fields[] = {
    { .want = "/Tags", .slot = "tags", .live = "/Tags", .form = FORM_TAG_LIST,
      .repair = "dynamodb:TagResource", .doc = "tags; others are left alone" },
    { .want = "/BillingMode", .slot = "table", .live = "/Table/BillingModeSummary/BillingMode",
      .absent = "\"PROVISIONED\"", .repair = "dynamodb:UpdateTable", .doc = "PAY_PER_REQUEST" },
    { .want = "/StreamSpecification/StreamEnabled", .slot = "table",
      .live = "/Table/StreamSpecification/StreamEnabled", .absent = "false",
      .repair = "dynamodb:UpdateTable", .doc = "a stream of changes" },
    { .want = "/SSESpecification/Enabled", .slot = "table", .live = "/Table/SSEDescription/Status",
      .form = FORM_SWITCH, .absent = "false", .repair = "dynamodb:UpdateTable",
      .doc = "encryption with a KMS key instead of AWS's own" },
    { .want = "/SSESpecification/SSEType", .slot = "table", .live = "/Table/SSEDescription/SSEType",
      .repair = "dynamodb:UpdateTable", .doc = "KMS" },
    { .want = "/SSESpecification/KMSMasterKeyId", .slot = "table",
      .live = "/Table/SSEDescription/KMSMasterKeyArn", .repair = "dynamodb:UpdateTable",
      .doc = "ARN of the KMS key" },
    { .want = "/TableClass", .slot = "table", .live = "/Table/TableClassSummary/TableClass",
      .absent = "\"STANDARD\"", .repair = "dynamodb:UpdateTable",
      .doc = "STANDARD or STANDARD_INFREQUENT_ACCESS" },
    { .want = "/StreamSpecification/StreamViewType", .slot = "table",
      .live = "/Table/StreamSpecification/StreamViewType", .doc = "what a stream record holds" },
    { .want = "/KeySchema", .slot = "table", .live = "/Table/KeySchema", .doc = "keys" },
};
static const struct change changes[] = {
    { .operation = "dynamodb:CreateTable", .args = whole },
    { .operation = "dynamodb:TagResource", .args = tagged },
    { .operation = "dynamodb:UpdateTable", .args = replicas_table, .carry = CARRY_MEMBER },
    { .operation = "dynamodb:DeleteTable", .args = replicas_table },
    { 0 },
};
/* clang-format on */
static const char *const outputs[] = { "arn", "name", "stream_arn", NULL };

const struct kind kind_dynamodb_table = {
    .name = "dynamodb_table",
    .service = "dynamodb",
    .doc =
        "Replicas that are missing are made, one at a time; those of a strongly consistent table\n"
        "and its witness in one call. A replica that nobody wants, or that is neither active nor\n"
        "on its way, is BLOCKED (`/Replicas`). Missing indexes (`/GlobalSecondaryIndexes`) are\n"
        "added; one that differs is BLOCKED, and so are `/MultiRegionConsistency`, `/Witness` and\n"
        "the types in `/AttributeDefinitions`.",
    .settle = SECONDS(30),
    .step = resource_step,
    .reads = reads,
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .changes = changes,
    .create = "dynamodb:CreateTable",
    .destroy = "dynamodb:DeleteTable",
    .busy = busy,
    .vouch = replicas_vouch,
    .missing = replicas_missing,
    .more = more,
    .undo = replicas_undo,
    .report = report,
    .outputs = outputs,
    .identity = "TableName",
};
