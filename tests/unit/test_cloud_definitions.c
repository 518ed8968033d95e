/* SPDX-License-Identifier: Apache-2.0 */
/* What DynamoDB refuses of a table's definition, and what each kind of UpdateTable does, to a table
 * alone and to a global one. */
#include "tests/sandbox/dynamodb.h"
#include "tests/unit/cloud_unit.h"

#define EAST1 REGION_US_EAST_1
#define EAST2 REGION_US_EAST_2
#define WEST2 REGION_US_WEST_2
#define CREATE "dynamodb:CreateTable"
#define DESCRIBE "dynamodb:DescribeTable"
#define UPDATE "dynamodb:UpdateTable"

#define KEY(name, type) "{'AttributeName': '" name "', 'KeyType': '" type "'}"
#define STRING(name) "{'AttributeName': '" name "', 'AttributeType': 'S'}"
#define INDEX(name, keys, projection)                                                              \
    "{'IndexName': '" name "', 'KeySchema': [" keys "], 'Projection': {" projection "}}"
#define ALL "'ProjectionType': 'ALL'"

static const char orders[] = "{'TableName': 'orders'}";

/* ---- definitions ---- */

struct refusal {
    const char *args, *text;
};

static void refuse_all(struct world *w, const char *operation, const struct refusal *refused,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        autofree char *args = xasprintf("{'TableName': 'orders', %s}", refused[i].args);
        world_fails(w, operation, EAST1, args, "ValidationException", refused[i].text);
    }
}

START_TEST(test_keys)
{
    static const struct refusal refused[] = {
        { "'KeySchema': [" KEY("id", "HASH") "], 'BillingMode': 'PAY_PER_REQUEST'",
          "AttributeDefinitions must be specified" },
        { "'AttributeDefinitions': [" STRING("id") "], 'KeySchema': [" KEY("id", "HASH") ", " KEY(
              "sort", "HASH") "], 'BillingMode': 'PAY_PER_REQUEST'",
          "second KeySchemaElement is not a RANGE" },
        { "'AttributeDefinitions': [" STRING("id") "], 'KeySchema': [" KEY("id", "HASH") ", " KEY(
              "id", "RANGE") "], 'BillingMode': 'PAY_PER_REQUEST'",
          "same name" },
        { "'AttributeDefinitions': [" STRING("id") "], 'KeySchema': [" KEY("id", "HASH") ", " KEY(
              "sort", "RANGE") "], 'BillingMode': 'PAY_PER_REQUEST'",
          "Keys: [sort]" },
        { "'AttributeDefinitions': [" STRING("id") "], 'KeySchema': [" KEY(
              "id", "HASH") "], 'BillingMode': 'PAY_PER_REQUEST', 'StreamSpecification': "
                            "{'StreamEnabled': false, 'StreamViewType': 'KEYS_ONLY'}",
          "can not be specified when StreamEnabled is false" },
        { "'AttributeDefinitions': [" STRING("id") "], 'KeySchema': [" KEY(
              "id", "HASH") "], 'BillingMode': 'PAY_PER_REQUEST', 'ResourcePolicy': '{}'",
          "not supported here" },
    };
    struct world w = world_new(1);
    refuse_all(&w, CREATE, refused, ARRAY_SIZE(refused));
    world_clear(&w);
}
END_TEST

/* Of a table with the key (id, sort) and the attribute alt. */
static void refuse_indexes(struct world *w, const char *lists, const char *text)
{
    autofree char *args = xasprintf(
        "{'TableName': 'orders', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': "
        "[" STRING("id") ", " STRING("sort") ", " STRING("alt") "], 'KeySchema': [" KEY(
            "id", "HASH") ", " KEY("sort", "RANGE") "], %s}",
        lists);
    world_fails(w, CREATE, EAST1, args, "ValidationException", text);
}

START_TEST(test_index_definitions)
{
    static const char good[] = INDEX("by-alt", KEY("id", "HASH") ", " KEY("alt", "RANGE"), ALL);
    static const struct refusal refused[] = {
        { "'GlobalSecondaryIndexes': [" INDEX("by-alt", KEY("alt", "HASH"), "") "]",
          "Unknown ProjectionType: null" },
        { "'GlobalSecondaryIndexes': [" INDEX(
              "by-alt", KEY("alt", "HASH"),
              "'ProjectionType': 'KEYS_ONLY', 'NonKeyAttributes': ['x']") "]",
          "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified" },
        { "'GlobalSecondaryIndexes': [" INDEX(
              "by-alt", KEY("alt", "HASH"),
              ALL) "], "
                   "'LocalSecondaryIndexes': [" INDEX(
                       "by-alt", KEY("id", "HASH") ", " KEY("alt", "RANGE"), ALL) "]",
          "Duplicate index name: by-alt" },
        { "'LocalSecondaryIndexes': [" INDEX("by-alt", KEY("id", "HASH"), ALL) "]",
          "does not have a range key for index: by-alt" },
        { "'LocalSecondaryIndexes': [" INDEX("by-alt", KEY("alt", "HASH") ", " KEY("id", "RANGE"),
                                             ALL) "]",
          "same leading hash key as table KeySchema for index: by-alt" },
        { "'LocalSecondaryIndexes': [" INDEX("by-alt", KEY("alt", "RANGE"), ALL) "]",
          "not a HASH key type" },
    };
    struct world w = world_new(1);
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        refuse_indexes(&w, refused[i].args, refused[i].text);
    static const struct {
        const char *list;
        int max;
    } limits[] = { { "GlobalSecondaryIndexes", 20 }, { "LocalSecondaryIndexes", 5 } };
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        struct buffer list = { 0 };
        buffer_printf(&list, "'%s': [%s", limits[i].list, good);
        for (int k = 0; k < limits[i].max; k++)
            buffer_printf(&list, ", %s", good);
        buffer_str(&list, "]");
        refuse_indexes(&w, list.text, "limit of");
        buffer_clear(&list);
    }
    world_fails(
        &w, CREATE, EAST1,
        "{'TableName': 'orders', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': "
        "[" STRING("id") "], 'KeySchema': [" KEY(
            "id", "HASH") "], "
                          "'LocalSecondaryIndexes': [" INDEX("local", KEY("id", "HASH"), ALL) "]}",
        "ValidationException", "Table KeySchema does not have a range key");
    world_clear(&w);
}
END_TEST

/* ---- changes of one table ---- */

static void make(struct world *w, const char *more)
{
    autofree char *args = xasprintf(
        "{'TableName': 'orders', 'AttributeDefinitions': [" STRING("id") ", " STRING(
            "sort") "], 'KeySchema': [" KEY("id", "HASH") ", " KEY("sort", "RANGE") "], %s}",
        more);
    world_do(w, CREATE, EAST1, args);
    world_wait(w, TABLE_CREATE);
}

#define ON_DEMAND "'BillingMode': 'PAY_PER_REQUEST'"
#define STREAM                                                                                     \
    "'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': "                            \
    "'NEW_AND_OLD_IMAGES'}"

static void change(struct world *w, const char *change)
{
    autofree char *args = xasprintf("{'TableName': 'orders', %s}", change);
    world_do(w, UPDATE, EAST1, args);
    world_wait(w, REPLICA_CREATE);
}

static const char *seen(struct world *w, enum region region, const char *pointer)
{
    return unit_at(world_ok(w, DESCRIBE, region, orders), pointer);
}

START_TEST(test_capacity)
{
#define CAPACITY(n) "'ProvisionedThroughput': {'ReadCapacityUnits': " n ", 'WriteCapacityUnits': 1}"
    static const struct refusal refused[] = {
        { CAPACITY("2"), "will not change" },
        { ON_DEMAND ", " CAPACITY("3"), "Neither" },
    };
    struct world w = world_new(1);
    make(&w, "'BillingMode': 'PROVISIONED', " CAPACITY("1"));
    change(&w, CAPACITY("2"));
    ck_assert_str_eq(seen(&w, EAST1, "/Table/ProvisionedThroughput/ReadCapacityUnits"), "2");
    refuse_all(&w, UPDATE, refused, ARRAY_SIZE(refused));
    change(&w, ON_DEMAND);
    ck_assert_str_eq(seen(&w, EAST1, "/Table/BillingModeSummary/BillingMode"), "PAY_PER_REQUEST");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/ProvisionedThroughput/ReadCapacityUnits"), "0");
    change(&w, "'OnDemandThroughput': {'MaxReadRequestUnits': 7, 'MaxWriteRequestUnits': 8}");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/OnDemandThroughput"),
                     "{\"MaxReadRequestUnits\":7,\"MaxWriteRequestUnits\":8}");
    change(&w, STREAM);
    change(&w, "'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}]");
    world_fails(&w, UPDATE, EAST1,
                "{'TableName': 'orders', 'BillingMode': 'PROVISIONED', " CAPACITY("1") "}",
                "ValidationException", "Pay-Per-Request or AutoScaled");
    change(&w, "'OnDemandThroughput': {'MaxReadRequestUnits': 9}");
    ck_assert_str_eq(seen(&w, EAST2, "/Table/OnDemandThroughput"), "{\"MaxReadRequestUnits\":9}");
    world_clear(&w);
}
END_TEST

START_TEST(test_streams)
{
    static const struct refusal wrong[] = {
        { "'StreamSpecification': {'StreamEnabled': false}", "already in the desired state" },
        { "'StreamSpecification': {'StreamEnabled': true}", "StreamViewType is required" },
    };
    struct world w = world_new(1);
    make(&w, ON_DEMAND);
    refuse_all(&w, UPDATE, wrong, ARRAY_SIZE(wrong));
    change(&w, STREAM);
    ck_assert_str_eq(seen(&w, EAST1, "/Table/StreamSpecification/StreamViewType"),
                     "NEW_AND_OLD_IMAGES");
    ck_assert_str_ne(seen(&w, EAST1, "/Table/LatestStreamArn"), "");
    change(&w, "'StreamSpecification': {'StreamEnabled': false}");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/StreamSpecification"), "");
    change(&w, STREAM);
    change(&w, "'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}]");
    world_fails(&w, UPDATE, EAST1,
                "{'TableName': 'orders', 'StreamSpecification': {'StreamEnabled': false}}",
                "ValidationException", "can not be disabled");
    world_clear(&w);
}
END_TEST

START_TEST(test_index_changes)
{
#define ADD(name) "{'Create': " INDEX(name, KEY("sort", "HASH"), ALL) "}"
    struct world w = world_new(1);
    make(&w, ON_DEMAND);
    world_fails(
        &w, UPDATE, EAST1,
        "{'TableName': 'orders', 'GlobalSecondaryIndexUpdates': [" ADD("one") ", " ADD("two") "]}",
        "LimitExceededException", "Only 1 online index");
    world_fails(&w, UPDATE, EAST1,
                "{'TableName': 'orders', 'GlobalSecondaryIndexUpdates': [{'Update': {'IndexName': "
                "'one', 'OnDemandThroughput': {'MaxReadRequestUnits': 1}}}]}",
                "ValidationException", "not supported here");
    change(&w, "'GlobalSecondaryIndexUpdates': [" ADD("one") "]");
    change(&w, "'AttributeDefinitions': [" STRING("alt") "], 'GlobalSecondaryIndexUpdates': "
                                                         "[{'Create': " INDEX(
                                                             "two", KEY("alt", "HASH"), ALL) "}]");
    change(&w, "'GlobalSecondaryIndexUpdates': [{'Delete': {'IndexName': 'one'}}]");
    /* alt is still a key of the other index, sort one of the table. */
    ck_assert_str_eq(seen(&w, EAST1, "/Table/AttributeDefinitions/2/AttributeName"), "alt");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/GlobalSecondaryIndexes/0/IndexName"), "two");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/GlobalSecondaryIndexes/1"), "");
    world_clear(&w);
}
END_TEST

/* ---- changes of a global table ---- */

START_TEST(test_settings_of_one_replica)
{
    struct world w = world_new(1);
    make(&w, ON_DEMAND ", " STREAM ", 'SSESpecification': {'Enabled': true}, 'TableClass': "
                       "'STANDARD_INFREQUENT_ACCESS'");
    change(&w, "'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2', 'TableClassOverride': "
               "'STANDARD', 'KMSMasterKeyId': 'alias/east2'}}]");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/TableClassSummary/TableClass"),
                     "STANDARD_INFREQUENT_ACCESS");
    ck_assert_str_eq(seen(&w, EAST2, "/Table/TableClassSummary/TableClass"), "STANDARD");
    ck_assert_str_ne(seen(&w, EAST2, "/Table/SSEDescription/KMSMasterKeyArn"), "");
    change(&w, "'ReplicaUpdates': [{'Update': {'RegionName': 'us-east-2', 'TableClassOverride': "
               "'STANDARD_INFREQUENT_ACCESS', 'KMSMasterKeyId': 'alias/other'}}]");
    ck_assert_str_eq(seen(&w, EAST2, "/Table/TableClassSummary/TableClass"),
                     "STANDARD_INFREQUENT_ACCESS");
    change(&w, "'SSESpecification': {'Enabled': false}");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/SSEDescription"), "");
    ck_assert_str_ne(seen(&w, EAST2, "/Table/SSEDescription"), ""); /* each has its own */
    world_clear(&w);
}
END_TEST

START_TEST(test_replicas_that_may_not_go)
{
    static const char remove[] =
        "{'TableName': 'orders', 'ReplicaUpdates': [{'Delete': {'RegionName': 'us-east-2'}}]}";
    struct world w = world_new(1);
    make(&w, ON_DEMAND ", " STREAM);
    world_fails(&w, UPDATE, EAST1, "{'TableName': 'orders', 'ReplicaUpdates': [{}]}",
                "ValidationException", NULL);
    change(&w, "'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}]");
    world_fails(&w, UPDATE, EAST1,
                "{'TableName': 'orders', 'ReplicaUpdates': [{'Update': {'RegionName': "
                "'us-east-2'}}, {'Update': {'RegionName': 'us-east-2'}}]}",
                "ValidationException", "at a time");
    world_fails(&w, UPDATE, EAST1,
                "{'TableName': 'orders', 'ReplicaUpdates': [{'Delete': {'RegionName': "
                "'us-west-2'}}]}",
                "ValidationException", "not part of the global table");
    world_do(&w, UPDATE, EAST2, "{'TableName': 'orders', 'DeletionProtectionEnabled': true}");
    world_fails(&w, UPDATE, EAST1, remove, "ValidationException", "protected against deletion");
    world_do(&w, UPDATE, EAST2, "{'TableName': 'orders', 'DeletionProtectionEnabled': false}");
    world_do(&w, UPDATE, EAST2, "{'TableName': 'orders', 'SSESpecification': {'Enabled': true}}");
    world_fails(&w, UPDATE, EAST1, remove, "ResourceInUseException", "updated");
    world_wait(&w, TABLE_UPDATE);
    world_do(&w, UPDATE, EAST1, remove);
    world_clear(&w);
}
END_TEST

/* What a policy's conditions see is the same for the replica's own actions as for the call. */
START_TEST(test_replica_permissions_with_conditions)
{
    struct world w = world_new(1);
    make(&w, ON_DEMAND ", " STREAM);
    json_auto_t *policies = unit_json(
        "[{'Statement': [{'Effect': 'Allow', 'Action': 'dynamodb:*', 'Resource': '*', 'Condition': "
        "{'StringEquals': {'aws:RequestedRegion': 'us-east-1'}}}]}]");
    cloud_add_user(w.cloud, "east", "AKIAEAST", "secret", policies);
    w.caller = cloud_caller(w.cloud, "AKIAEAST", "test");
    change(&w, "'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}]");
    ck_assert_str_eq(seen(&w, EAST1, "/Table/Replicas/0/ReplicaStatus"), "ACTIVE");
    world_clear(&w);
}
END_TEST

START_TEST(test_time_to_live_of_members)
{
    static const char on[] = "{'TableName': 'orders', 'TimeToLiveSpecification': {'Enabled': true, "
                             "'AttributeName': 'until'}}";
    struct world w = world_new(1);
    make(&w, ON_DEMAND ", " STREAM);
    world_do(&w, "dynamodb:UpdateTimeToLive", EAST1, on);
    world_wait(&w, HOURS(1));
    world_fails(&w, UPDATE, EAST1,
                "{'TableName': 'orders', 'MultiRegionConsistency': 'STRONG', 'ReplicaUpdates': "
                "[{'Create': {'RegionName': 'us-east-2'}}], 'GlobalTableWitnessUpdates': "
                "[{'Create': {'RegionName': 'us-west-2'}}]}",
                "ValidationException", "Time to Live is not supported");
    change(&w, "'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}]");
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTimeToLive", EAST2, orders),
                             "/TimeToLiveDescription/TimeToLiveStatus"),
                     "ENABLED");
    world_fails(&w, "dynamodb:UpdateTimeToLive", EAST1, on, "ValidationException",
                "already enabled");
    world_do(&w, "dynamodb:UpdateTimeToLive", EAST2,
             "{'TableName': 'orders', 'TimeToLiveSpecification': {'Enabled': false, "
             "'AttributeName': 'until'}}");
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTimeToLive", EAST1, orders),
                             "/TimeToLiveDescription/TimeToLiveStatus"),
                     "DISABLING"); /* it is one setting of all members */
    world_clear(&w);
}
END_TEST

/* Three replicas instead of a witness leave together as well. */
START_TEST(test_three_strong_replicas)
{
    struct world w = world_new(1);
    make(&w, ON_DEMAND);
    change(&w, "'MultiRegionConsistency': 'STRONG', 'ReplicaUpdates': [{'Create': {'RegionName': "
               "'us-east-2'}}, {'Create': {'RegionName': 'us-west-2'}}]");
    ck_assert_str_eq(seen(&w, WEST2, "/Table/MultiRegionConsistency"), "STRONG");
    world_fails(&w, UPDATE, EAST1,
                "{'TableName': 'orders', 'ReplicaUpdates': [{'Delete': {'RegionName': "
                "'us-east-2'}}]}",
                "ValidationException", "in one update");
    change(&w, "'ReplicaUpdates': [{'Delete': {'RegionName': 'us-east-2'}}, {'Delete': "
               "{'RegionName': 'us-west-2'}}]");
    world_fails(&w, DESCRIBE, WEST2, orders, "ResourceNotFoundException", NULL);
    ck_assert_str_eq(seen(&w, EAST1, "/Table/MultiRegionConsistency"), "");
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_keys,
        test_index_definitions,
        test_capacity,
        test_streams,
        test_index_changes,
        test_settings_of_one_replica,
        test_replicas_that_may_not_go,
        test_replica_permissions_with_conditions,
        test_time_to_live_of_members,
        test_three_strong_replicas,
    };
    return unit_run("cloud_definitions", tests, ARRAY_SIZE(tests));
}
