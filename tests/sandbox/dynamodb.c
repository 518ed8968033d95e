/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/dynamodb.h"

#include <stdio.h>

static json_t *region_state(struct cloud *c, enum region region)
{
    return cloud_service_state(c, "dynamodb", region);
}

void dynamodb_set_lag(struct cloud *c, enum region to, msec_t lag)
{
    member_set_int(region_state(c, to), "lag_ms", lag);
}

void dynamodb_isolate(struct cloud *c, enum region region, bool isolated)
{
    json_object_set_new(region_state(c, region), "isolated", json_boolean(isolated));
}

bool dynamodb_isolated(struct cloud *c, enum region region)
{
    return member_true(region_state(c, region), "isolated");
}

json_t *dynamodb_table(struct cloud *c, enum region region, const char *name)
{
    if (!cloud_has_region(c, region))
        return NULL;
    return json_object_get(json_object_get(region_state(c, region), "tables"), name);
}

char *dynamodb_arn(const struct cloud *c, enum region region, const char *name)
{
    return xasprintf("arn:aws:dynamodb:%s:%s:table/%s", region_name(region), cloud_account(c),
                     name);
}

struct answer dynamodb_invalid(const struct request *r, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return service_error(r, "ValidationException", "%s", text);
}

static bool name_is_legal(const char *name)
{
    size_t n = strlen(name);
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return n >= 3 && n <= 255 && strspn(name, legal) == n;
}

bool dynamodb_name(struct request *r, const char *member, const char **ret, struct answer *reterr)
{
    const char *name = member_str(r->args, member);
    if (name == NULL)
        name = "";
    if (str_prefix(name, "arn:")) {
        autofree char *here = dynamodb_arn(r->cloud, r->region, "");
        if (!str_prefix(name, here)) {
            *reterr = dynamodb_invalid(r, "1 validation error detected: Invalid AWS region in '%s'",
                                       name);
            return false;
        }
        name += strlen(here);
    }
    if (!name_is_legal(name)) {
        *reterr = dynamodb_invalid(r,
                                   "Invalid table/index name.  Table/index names must be between 3 "
                                   "and 255 characters long, and may contain only the characters "
                                   "a-z, A-Z, 0-9, '_', '-', and '.'");
        return false;
    }
    *ret = name;
    return true;
}

json_t *dynamodb_here(const struct request *r, const char *name)
{
    return json_object_get(json_object_get(r->state, "tables"), name);
}

json_t *dynamodb_find(struct request *r, struct answer *reterr)
{
    const char *name;
    if (!dynamodb_name(r, "TableName", &name, reterr))
        return NULL;
    json_t *table = dynamodb_here(r, name);
    if (table != NULL)
        return table;
    *reterr = service_error(r, "ResourceNotFoundException",
                            "Requested resource not found: Table: %s not found", name);
    return NULL;
}

bool table_is(const json_t *table, const char *status)
{
    return member_is(table, "status", status);
}

const json_t *table_members(const json_t *table)
{
    return json_object_get(table, "members");
}

bool table_strong(const json_t *table)
{
    return member_is(table, "mode", "STRONG");
}

void table_start(struct request *r, json_t *table, const char *status, msec_t ms)
{
    member_set_str(table, "status", status);
    member_set_int(table, "until", r->now.boot + cloud_wait(r->cloud, ms));
}

void table_start_all(struct request *r, const char *name, json_t *table, const char *status,
                     msec_t ms)
{
    if (table_members(table) == NULL) {
        table_start(r, table, status, ms);
        return;
    }
    size_t i;
    json_t *each;
    json_array_foreach(table_members(table), i, each)
    {
        json_t *member = dynamodb_table(r->cloud, region_parse(json_string_value(each)), name);
        if (member != NULL && !table_is(member, "DELETING") && !table_is(member, "CREATING"))
            table_start(r, member, status, ms);
    }
}

struct answer table_busy(const struct request *r, const char *name, const json_t *table)
{
    const char *doing = table_is(table, "CREATING")   ? "created"
                        : table_is(table, "DELETING") ? "deleted"
                                                      : "updated";
    return service_error(r, "ResourceInUseException",
                         "Attempt to change a resource which is still in use: Table is being %s: "
                         "%s",
                         doing, name);
}

/* Indexes and the witness share their table's waiting time. */
static void finish_parts(json_t *table)
{
    json_t *indexes = json_object_get(json_object_get(table, "definition"),
                                      "GlobalSecondaryIndexes");
    for (size_t i = json_array_size(indexes); i-- > 0;) {
        json_t *index = json_array_get(indexes, i);
        if (member_is(index, "IndexStatus", "DELETING"))
            json_array_remove(indexes, i);
        else
            member_set_str(index, "IndexStatus", "ACTIVE");
    }
    if (indexes != NULL && json_array_size(indexes) == 0)
        json_object_del(json_object_get(table, "definition"), "GlobalSecondaryIndexes");
    json_t *witness = json_object_get(table, "witness");
    if (member_is(witness, "status", "CREATING"))
        member_set_str(witness, "status", "ACTIVE");
    else if (member_is(witness, "status", "DELETING"))
        json_object_del(table, "witness");
}

static void finish_table(struct cloud *c, enum region region, const char *name, json_t *table)
{
    if (!table_is(table, "DELETING")) {
        json_object_del(table, "until");
        member_set_str(table, "status", "ACTIVE");
        finish_parts(table);
        return;
    }
    json_auto_t *members = member_copy(table_members(table));
    json_object_del(json_object_get(region_state(c, region), "tables"), name);
    replicas_left(c, region, name, members);
}

static void settle_region(struct cloud *c, enum region region, struct now now)
{
    json_t *tables = json_object_get(region_state(c, region), "tables"), *table;
    const char *name;
    void *next;
    json_object_foreach_safe(tables, next, name, table)
    {
        settings_settle(table, now);
        if (json_object_get(table, "until") != NULL && now.boot >= member_int(table, "until")) {
            autofree char *copy = xstrdup(name);
            finish_table(c, region, copy, table);
        }
    }
}

static void settle(struct cloud *c, struct now now)
{
    for (enum region region = REGION_NONE + 1; region < N_REGIONS; region++)
        if (cloud_has_region(c, region))
            settle_region(c, region, now);
    for (enum region region = REGION_NONE + 1; region < N_REGIONS; region++)
        if (cloud_has_region(c, region))
            replication_settle(c, region, now);
}

static const struct service_operation operations_of_dynamodb[] = {
    { "BatchGetItem", batch_get_item },
    { "CreateTable", create_table },
    { "DeleteItem", delete_item },
    { "DeleteTable", delete_table },
    { "DescribeContinuousBackups", describe_continuous_backups },
    { "DescribeTable", describe_table },
    { "DescribeTimeToLive", describe_time_to_live },
    { "GetItem", get_item },
    { "ListTables", list_tables },
    { "ListTagsOfResource", list_tags_of_table },
    { "PutItem", put_item },
    { "Query", query_items },
    { "Scan", scan_items },
    { "TagResource", tag_table },
    { "TransactWriteItems", transact_write_items },
    { "UntagResource", untag_table },
    { "UpdateContinuousBackups", update_continuous_backups },
    { "UpdateItem", update_item },
    { "UpdateTable", update_table },
    { "UpdateTimeToLive", update_time_to_live },
    { NULL, NULL },
};

/* Source: API reference of CreateTable, DescribeTable, TagResource. */
static const char *const eventual_reads[] = {
    "DescribeContinuousBackups", "DescribeTable",
    "DescribeTimeToLive",        "ListTables",
    "ListTagsOfResource",        NULL,
};

/* What IAM asks: a table has tags; its indexes and streams have none of their own. */
static json_t *resource_tags(struct cloud *c, enum region region, const char *arn)
{
    autofree char *prefix = dynamodb_arn(c, region, "");
    const json_t *table = str_prefix(arn, prefix) ? dynamodb_table(c, region, arn + strlen(prefix))
                                                  : NULL;
    return table != NULL ? member_copy(json_object_get(table, "tags")) : NULL;
}

const struct service service_dynamodb = {
    .name = "dynamodb",
    .operations = operations_of_dynamodb,
    .settle = settle,
    .resource_tags = resource_tags,
    .eventual_reads = eventual_reads,
};
