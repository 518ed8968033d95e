/* SPDX-License-Identifier: Apache-2.0 */
/* TableDescription: a table's state as DescribeTable and the changing operations show it. */
#include "tests/sandbox/dynamodb.h"

/* What an on-demand table bears from its first second on; AWS answers these figures. */
enum { WARM_READS = 12000, WARM_WRITES = 4000 };

static bool on_demand(const json_t *definition)
{
    return member_is(definition, "BillingMode", "PAY_PER_REQUEST");
}

static json_t *capacity(const json_t *owner)
{
    const json_t *given = json_object_get(owner, "ProvisionedThroughput");
    return json_pack("{s:i, s:I, s:I}", "NumberOfDecreasesToday", 0, "ReadCapacityUnits",
                     member_int(given, "ReadCapacityUnits"), "WriteCapacityUnits",
                     member_int(given, "WriteCapacityUnits"));
}

static json_t *warm(const json_t *definition, const json_t *owner)
{
    const json_t *given = json_object_get(owner, "ProvisionedThroughput");
    bool free = on_demand(definition);
    return json_pack("{s:I, s:I, s:s}", "ReadUnitsPerSecond",
                     free ? (json_int_t)WARM_READS : member_int(given, "ReadCapacityUnits"),
                     "WriteUnitsPerSecond",
                     free ? (json_int_t)WARM_WRITES : member_int(given, "WriteCapacityUnits"),
                     "Status", "ACTIVE");
}

static json_t *describe_indexes(const json_t *definition, const char *list, const char *arn)
{
    const json_t *indexes = json_object_get(definition, list);
    if (indexes == NULL)
        return NULL;
    bool global = strcmp(list, "GlobalSecondaryIndexes") == 0;
    json_t *out = json_array();
    size_t i;
    json_t *index;
    json_array_foreach(indexes, i, index)
    {
        const char *name = member_str(index, "IndexName");
        json_t *each = json_pack("{s:s, s:O, s:O, s:i, s:i, s:o}", "IndexName", name, "KeySchema",
                                 json_object_get(index, "KeySchema"), "Projection",
                                 json_object_get(index, "Projection"), "IndexSizeBytes", 0,
                                 "ItemCount", 0, "IndexArn",
                                 json_sprintf("%s/index/%s", arn, name));
        assert(each != NULL);
        if (global) {
            member_set_str(each, "IndexStatus", member_str(index, "IndexStatus"));
            json_object_set_new(each, "ProvisionedThroughput", capacity(index));
            if (member_is(index, "IndexStatus", "ACTIVE"))
                json_object_set_new(each, "WarmThroughput", warm(definition, index));
        }
        json_array_append_new(out, each);
    }
    return out;
}

/* The other members, with the status their own table has. */
static json_t *describe_replicas(struct cloud *c, enum region region, const char *name,
                                 const json_t *table)
{
    json_t *out = json_array();
    size_t i;
    json_t *each;
    json_array_foreach(table_members(table), i, each)
    {
        enum region other = region_parse(json_string_value(each));
        const json_t *theirs = dynamodb_table(c, other, name);
        if (other == region || theirs == NULL)
            continue;
        autofree char *arn = dynamodb_arn(c, other, name);
        const char *class = member_str(json_object_get(theirs, "definition"), "TableClass");
        json_t *replica = json_pack("{s:s, s:s, s:s}", "RegionName", region_name(other),
                                    "ReplicaStatus", member_str(theirs, "status"), "ReplicaArn",
                                    arn);
        if (class != NULL)
            json_object_set_new(replica, "ReplicaTableClassSummary",
                                json_pack("{s:s}", "TableClass", class));
        json_array_append_new(out, replica);
    }
    return out;
}

static void describe_group(struct cloud *c, enum region region, const char *name,
                           const json_t *table, json_t *out)
{
    if (table_members(table) == NULL)
        return;
    member_set_str(out, "GlobalTableVersion", "2019.11.21");
    member_set_str(out, "MultiRegionConsistency", table_strong(table) ? "STRONG" : "EVENTUAL");
    json_object_set_new(out, "Replicas", describe_replicas(c, region, name, table));
    const json_t *witness = json_object_get(table, "witness");
    if (witness != NULL)
        json_object_set_new(out, "GlobalTableWitnesses",
                            json_pack("[{s:s, s:s}]", "RegionName", member_str(witness, "region"),
                                      "WitnessStatus", member_str(witness, "status")));
}

static void describe_options(const json_t *table, const char *arn, json_t *out)
{
    const json_t *definition = json_object_get(table, "definition");
    const json_t *stream = json_object_get(definition, "StreamSpecification");
    const char *label = member_str(table, "stream_label");
    if (member_true(stream, "StreamEnabled"))
        json_object_set(out, "StreamSpecification",
                        json_object_get(definition, "StreamSpecification"));
    if (label != NULL) {
        member_set_str(out, "LatestStreamLabel", label);
        json_object_set_new(out, "LatestStreamArn", json_sprintf("%s/stream/%s", arn, label));
    }
    if (on_demand(definition)) {
        json_t *mode = json_pack("{s:s}", "BillingMode", "PAY_PER_REQUEST");
        if (!table_is(table, "CREATING"))
            member_set_int(mode, "LastUpdateToPayPerRequestDateTime",
                           member_int(table, "on_demand_since"));
        json_object_set_new(out, "BillingModeSummary", mode);
    }
    if (member_str(definition, "TableClass") != NULL)
        json_object_set_new(out, "TableClassSummary",
                            json_pack("{s:s}", "TableClass", member_str(definition, "TableClass")));
    const json_t *sse = json_object_get(definition, "SSESpecification");
    if (member_true(sse, "Enabled"))
        json_object_set_new(out, "SSEDescription",
                            json_pack("{s:s, s:s, s:s*}", "Status", "ENABLED", "SSEType", "KMS",
                                      "KMSMasterKeyArn", member_str(sse, "KMSMasterKeyId")));
    json_t *limit = json_object_get(definition, "OnDemandThroughput");
    if (limit != NULL)
        json_object_set(out, "OnDemandThroughput", limit);
}

static json_int_t count_items(const json_t *table)
{
    json_int_t n = 0;
    const char *key;
    json_t *record;
    json_object_foreach(json_object_get(table, "items"), key, record)
        n += json_object_get(record, "item") != NULL;
    return n;
}

json_t *table_describe(struct cloud *c, enum region region, const char *name, const json_t *table)
{
    const json_t *definition = json_object_get(table, "definition");
    autofree char *arn = dynamodb_arn(c, region, name);
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:O, s:O, s:o, s:I, s:i, s:b, s:o*, s:o*}", "TableName", name,
        "TableArn", arn, "TableId", member_str(table, "id"), "TableStatus",
        member_str(table, "status"), "CreationDateTime", member_int(table, "created"),
        "AttributeDefinitions", json_object_get(definition, "AttributeDefinitions"), "KeySchema",
        json_object_get(definition, "KeySchema"), "ProvisionedThroughput", capacity(definition),
        "ItemCount", count_items(table), "TableSizeBytes", 0, "DeletionProtectionEnabled",
        member_true(table, "protected"), "GlobalSecondaryIndexes",
        describe_indexes(definition, "GlobalSecondaryIndexes", arn), "LocalSecondaryIndexes",
        describe_indexes(definition, "LocalSecondaryIndexes", arn));
    assert(out != NULL);
    if (table_is(table, "ACTIVE"))
        json_object_set_new(out, "WarmThroughput", warm(definition, definition));
    describe_options(table, arn, out);
    describe_group(c, region, name, table, out);
    return out;
}
