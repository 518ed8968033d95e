/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, global tables and their settings under virtual time. */
#include "tests/sandbox/dynamodb.h"
#include "tests/unit/cloud_unit.h"

#define EAST1 REGION_US_EAST_1
#define EAST2 REGION_US_EAST_2
#define WEST2 REGION_US_WEST_2

static const char orders[] = "{'TableName': 'orders'}";
static const char create_orders[] =
    "{'TableName': 'orders', 'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': "
    "'S'}], 'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}], 'BillingMode': "
    "'PAY_PER_REQUEST', 'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': "
    "'NEW_AND_OLD_IMAGES'}}";
static const char add_east2[] =
    "{'TableName': 'orders', 'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}]}";
static const char remove_east2[] =
    "{'TableName': 'orders', 'ReplicaUpdates': [{'Delete': {'RegionName': 'us-east-2'}}]}";
static const char make_strong[] =
    "{'TableName': 'orders', 'MultiRegionConsistency': 'STRONG', 'ReplicaUpdates': [{'Create': "
    "{'RegionName': 'us-east-2'}}], 'GlobalTableWitnessUpdates': [{'Create': {'RegionName': "
    "'us-west-2'}}]}";

static const char *status(struct world *w, enum region region)
{
    return unit_at(world_ok(w, "dynamodb:DescribeTable", region, orders), "/Table/TableStatus");
}

static void make_table(struct world *w)
{
    world_do(w, "dynamodb:CreateTable", EAST1, create_orders);
    world_wait(w, TABLE_CREATE);
    ck_assert_str_eq(status(w, EAST1), "ACTIVE");
}

static void make_global(struct world *w)
{
    make_table(w);
    world_do(w, "dynamodb:UpdateTable", EAST1, add_east2);
    world_wait(w, REPLICA_CREATE);
    ck_assert_str_eq(status(w, EAST1), "ACTIVE");
}

START_TEST(test_table_life)
{
    struct world w = world_new(1);
    json_auto_t *body = world_ok(&w, "dynamodb:CreateTable", EAST1, create_orders);
    const json_t *made = json_object_get(body, "TableDescription");
    ck_assert_str_eq(member_str(made, "TableStatus"), "CREATING");
    ck_assert_str_eq(member_str(made, "TableArn"),
                     "arn:aws:dynamodb:us-east-1:123456789012:table/orders");
    ck_assert(!member_true(made, "DeletionProtectionEnabled"));
    ck_assert_str_eq(status(&w, EAST1), "CREATING");
    world_fails(&w, "dynamodb:CreateTable", EAST1, create_orders, "ResourceInUseException",
                "Table already exists: orders");
    world_fails(&w, "dynamodb:DeleteTable", EAST1, orders, "ResourceInUseException", "created");
    world_fails(&w, "dynamodb:GetItem", EAST1, "{'TableName': 'orders', 'Key': {'id': {'S': '1'}}}",
                "ResourceNotFoundException", NULL);
    world_wait(&w, TABLE_CREATE);
    ck_assert_str_eq(status(&w, EAST1), "ACTIVE");
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DeleteTable", EAST1, orders),
                             "/TableDescription/TableStatus"),
                     "DELETING");
    world_do(&w, "dynamodb:DeleteTable", EAST1, orders); /* again: no error */
    world_wait(&w, TABLE_DELETE);
    world_fails(&w, "dynamodb:DescribeTable", EAST1, orders, "ResourceNotFoundException",
                "Requested resource not found: Table: orders not found");
    world_clear(&w);
}
END_TEST

START_TEST(test_refused_definitions)
{
    static const char *const refused[][2] = {
        /* clang-format off */
        { "'AttributeDefinitions': [], 'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}], "
          "'BillingMode': 'PAY_PER_REQUEST'", "not defined in AttributeDefinitions" },
        { "'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}, "
          "{'AttributeName': 'x', 'AttributeType': 'S'}], 'KeySchema': [{'AttributeName': 'id', "
          "'KeyType': 'HASH'}], 'BillingMode': 'PAY_PER_REQUEST'", "does not exactly match" },
        { "'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], 'KeySchema': "
          "[{'AttributeName': 'id', 'KeyType': 'RANGE'}], 'BillingMode': 'PAY_PER_REQUEST'",
          "not a HASH key" },
        { "'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], 'KeySchema': "
          "[{'AttributeName': 'id', 'KeyType': 'HASH'}]", "must both be specified" },
        { "'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], 'KeySchema': "
          "[{'AttributeName': 'id', 'KeyType': 'HASH'}], 'BillingMode': 'PAY_PER_REQUEST', "
          "'ProvisionedThroughput': {'ReadCapacityUnits': 1, 'WriteCapacityUnits': 1}",
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          "PAY_PER_REQUEST" },
        { "'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], 'KeySchema': "
          "[{'AttributeName': 'id', 'KeyType': 'HASH'}], 'BillingMode': 'PAY_PER_REQUEST', "
          "'StreamSpecification': {'StreamEnabled': true}", "StreamViewType" },
        { "'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], 'KeySchema': "
          "[{'AttributeName': 'id', 'KeyType': 'HASH'}], 'BillingMode': 'PAY_PER_REQUEST', "
          "'GlobalSecondaryIndexes': [{'IndexName': 'by-customer', 'KeySchema': [{'AttributeName': 'id', "
          "'KeyType': 'HASH'}], 'Projection': {'ProjectionType': 'INCLUDE'}}]",
          "NonKeyAttributes is not specified" },
        /* clang-format on */
    };
    struct world w = world_new(1);
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'TableName': 'orders', %s}", refused[i][0]);
        world_fails(&w, "dynamodb:CreateTable", EAST1, args, "ValidationException", refused[i][1]);
    }
    world_fails(&w, "dynamodb:DescribeTable", EAST1, "{'TableName': 'a'}", "ValidationException",
                NULL);
    world_fails(&w, "dynamodb:DescribeTable", EAST1,
                "{'TableName': 'arn:aws:dynamodb:us-east-2:123456789012:table/orders'}",
                "ValidationException", "Invalid AWS region");
    world_clear(&w);
}
END_TEST

START_TEST(test_list_tables)
{
    struct world w = world_new(1);
    static const char *const names[] = { "zebra", "apple", "mango" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        json_t *args = unit_json(create_orders);
        member_set_str(args, "TableName", names[i]);
        struct answer answer = world_call(&w, "dynamodb:CreateTable", EAST1, args);
        ck_assert_int_eq(answer.class, AWS_OK);
        answer_clear(&answer);
    }
    json_auto_t *first = world_ok(&w, "dynamodb:ListTables", EAST1, "{'Limit': 2}");
    ck_assert_str_eq(member_str(first, "LastEvaluatedTableName"), "mango");
    json_auto_t *rest = world_ok(&w, "dynamodb:ListTables", EAST1,
                                 "{'Limit': 2, 'ExclusiveStartTableName': 'mango'}");
    json_auto_t *wanted = unit_json("{'TableNames': ['zebra']}");
    ck_assert_json_eq(rest, wanted);
    world_clear(&w);
}
END_TEST

/* One kind of change per call, none while another runs. */
START_TEST(test_updates)
{
    struct world w = world_new(1);
    make_table(&w);
    world_fails(&w, "dynamodb:UpdateTable", EAST1, orders, "ValidationException", "At least one");
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'TableClass': 'STANDARD', 'DeletionProtectionEnabled': "
                "true}",
                "ValidationException", "Only one kind");
    world_do(&w, "dynamodb:UpdateTable", EAST1,
             "{'TableName': 'orders', 'TableClass': 'STANDARD_INFREQUENT_ACCESS'}");
    ck_assert_str_eq(status(&w, EAST1), "UPDATING");
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'DeletionProtectionEnabled': true}",
                "ResourceInUseException", "updated");
    world_wait(&w, TABLE_UPDATE);
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTable", EAST1, orders),
                             "/Table/TableClassSummary/TableClass"),
                     "STANDARD_INFREQUENT_ACCESS");
    world_do(&w, "dynamodb:UpdateTable", EAST1,
             "{'TableName': 'orders', 'DeletionProtectionEnabled': true}");
    world_fails(&w, "dynamodb:DeleteTable", EAST1, orders, "ValidationException",
                "protected against deletion");
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'StreamSpecification': {'StreamEnabled': true, "
                "'StreamViewType': 'KEYS_ONLY'}}",
                "ValidationException", "already has an enabled stream");
    world_clear(&w);
}
END_TEST

START_TEST(test_indexes)
{
    static const char create[] =
        "{'TableName': 'orders', 'AttributeDefinitions': [{'AttributeName': 'customer', "
        "'AttributeType': 'S'}], 'GlobalSecondaryIndexUpdates': [{'Create': {'IndexName': "
        "'by-customer', "
        "'KeySchema': [{'AttributeName': 'customer', 'KeyType': 'HASH'}], 'Projection': "
        "{'ProjectionType': 'ALL'}}}]}";
    struct world w = world_new(1);
    make_global(&w);
    world_do(&w, "dynamodb:UpdateTable", EAST1, create);
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTable", EAST2, orders),
                             "/Table/GlobalSecondaryIndexes/0/IndexStatus"),
                     "CREATING"); /* indexes are alike in all members */
    world_wait(&w, INDEX_CREATE);
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTable", EAST2, orders),
                             "/Table/GlobalSecondaryIndexes/0/IndexStatus"),
                     "ACTIVE");
    world_fails(&w, "dynamodb:UpdateTable", EAST1, create, "ValidationException", "already exists");
    world_do(&w, "dynamodb:UpdateTable", EAST1,
             "{'TableName': 'orders', 'GlobalSecondaryIndexUpdates': [{'Delete': {'IndexName': "
             "'by-customer'}}]}");
    world_wait(&w, TABLE_UPDATE);
    json_auto_t *after = world_ok(&w, "dynamodb:DescribeTable", EAST1, orders);
    const json_t *table = json_object_get(after, "Table");
    ck_assert_ptr_null(json_object_get(table, "GlobalSecondaryIndexes"));
    ck_assert_uint_eq(json_array_size(json_object_get(table, "AttributeDefinitions")), 1);
    world_clear(&w);
}
END_TEST

START_TEST(test_replica_preconditions)
{
    struct world w = world_new(1);
    make_table(&w);
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'ReplicaUpdates': [{'Create': {'RegionName': "
                "'us-east-1'}}]}",
                "ValidationException", "local region");
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'ReplicaUpdates': [{'Create': {'RegionName': "
                "'us-east-2'}}, {'Create': {'RegionName': 'us-west-2'}}]}",
                "ValidationException", "at a time");
    world_fails(&w, "dynamodb:UpdateTable", EAST1, remove_east2, "ValidationException",
                "not part of the global table");
    world_do(&w, "dynamodb:CreateTable", EAST2, create_orders);
    world_fails(&w, "dynamodb:UpdateTable", EAST1, add_east2, "ValidationException",
                "already existed as tables");
    json_t *plain = unit_json(create_orders);
    member_set_str(plain, "TableName", "plain");
    json_object_del(plain, "StreamSpecification");
    struct answer answer = world_call(&w, "dynamodb:CreateTable", EAST1, plain);
    answer_clear(&answer);
    world_wait(&w, TABLE_CREATE);
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'plain', 'ReplicaUpdates': [{'Create': {'RegionName': "
                "'us-east-2'}}]}",
                "ValidationException", "NEW_AND_OLD_IMAGES");
    world_do(&w, "dynamodb:UpdateTable", EAST1,
             "{'TableName': 'plain', 'BillingMode': 'PROVISIONED', 'ProvisionedThroughput': "
             "{'ReadCapacityUnits': 1, 'WriteCapacityUnits': 1}}");
    world_wait(&w, TABLE_UPDATE);
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'plain', 'ReplicaUpdates': [{'Create': {'RegionName': "
                "'us-east-2'}}]}",
                "ValidationException", "Pay-Per-Request");
    world_clear(&w);
}
END_TEST

START_TEST(test_global_table)
{
    struct world w = world_new(1);
    make_table(&w);
    world_do(&w, "dynamodb:UpdateTable", EAST1, add_east2);
    json_auto_t *during = world_ok(&w, "dynamodb:DescribeTable", EAST1, orders);
    ck_assert_str_eq(
        member_str(json_array_get(json_object_get(json_object_get(during, "Table"), "Replicas"), 0),
                   "ReplicaStatus"),
        "CREATING");
    ck_assert_str_eq(status(&w, EAST1), "UPDATING");
    ck_assert_str_eq(status(&w, EAST2), "CREATING");
    world_fails(&w, "dynamodb:UpdateTable", EAST1, remove_east2, "ResourceInUseException", NULL);
    world_wait(&w, REPLICA_CREATE);
    json_auto_t *there = world_ok(&w, "dynamodb:DescribeTable", EAST2, orders);
    const json_t *table = json_object_get(there, "Table");
    ck_assert_str_eq(member_str(table, "TableStatus"), "ACTIVE");
    ck_assert_str_eq(member_str(table, "MultiRegionConsistency"), "EVENTUAL");
    ck_assert_str_eq(
        member_str(json_array_get(json_object_get(table, "Replicas"), 0), "RegionName"),
        "us-east-1");
    /* The source may not go for a day, unless its replica is removed first. */
    world_fails(&w, "dynamodb:DeleteTable", EAST1, orders, "ValidationException",
                "in the last 24 hours");
    world_do(&w, "dynamodb:UpdateTable", EAST1, remove_east2);
    ck_assert_str_eq(status(&w, EAST2), "DELETING");
    world_wait(&w, REPLICA_DELETE);
    world_fails(&w, "dynamodb:DescribeTable", EAST2, orders, "ResourceNotFoundException", NULL);
    ck_assert_str_eq(
        unit_at(world_ok(&w, "dynamodb:DescribeTable", EAST1, orders), "/Table/Replicas"), "");
    world_do(&w, "dynamodb:DeleteTable", EAST1, orders);
    world_clear(&w);
}
END_TEST

/* A replica that is no source may be deleted as a table, and so leaves. */
START_TEST(test_replica_deleted_as_table)
{
    struct world w = world_new(1);
    make_global(&w);
    world_do(&w, "dynamodb:DeleteTable", EAST2, orders);
    world_wait(&w, TABLE_DELETE);
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTable", EAST1, orders),
                             "/Table/MultiRegionConsistency"),
                     "");
    world_do(&w, "dynamodb:DeleteTable", EAST1, orders);
    world_clear(&w);
}
END_TEST

START_TEST(test_source_after_a_day)
{
    struct world w = world_new(1);
    make_global(&w);
    world_wait(&w, HOURS(24));
    world_do(&w, "dynamodb:DeleteTable", EAST1, orders);
    world_wait(&w, TABLE_DELETE);
    ck_assert_str_eq(status(&w, EAST2), "ACTIVE");
    world_clear(&w);
}
END_TEST

START_TEST(test_strong_table)
{
    struct world w = world_new(1);
    make_table(&w);
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'MultiRegionConsistency': 'STRONG', 'ReplicaUpdates': "
                "[{'Create': {'RegionName': 'us-east-2'}}]}",
                "ValidationException", "exactly three Regions");
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'MultiRegionConsistency': 'STRONG', 'ReplicaUpdates': "
                "[{'Create': {'RegionName': 'us-east-2'}}], 'GlobalTableWitnessUpdates': "
                "[{'Create': {'RegionName': 'us-east-2'}}]}",
                "ValidationException", "different ones");
    world_do(&w, "dynamodb:UpdateTable", EAST1, make_strong);
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTable", EAST1, orders),
                             "/Table/GlobalTableWitnesses/0/WitnessStatus"),
                     "CREATING");
    world_wait(&w, REPLICA_CREATE);
    json_auto_t *there = world_ok(&w, "dynamodb:DescribeTable", EAST2, orders);
    ck_assert_str_eq(member_str(json_object_get(there, "Table"), "MultiRegionConsistency"),
                     "STRONG");
    ck_assert_str_eq(unit_at(json_incref(there), "/Table/GlobalTableWitnesses/0/WitnessStatus"),
                     "ACTIVE");
    world_fails(&w, "dynamodb:DescribeTable", WEST2, orders, "ResourceNotFoundException", NULL);
    world_fails(&w, "dynamodb:UpdateTable", EAST1, remove_east2, "ValidationException",
                "in one update");
    world_fails(&w, "dynamodb:DeleteTable", EAST2, orders, "ValidationException",
                "strong consistency");
    world_fails(&w, "dynamodb:UpdateTimeToLive", EAST1,
                "{'TableName': 'orders', 'TimeToLiveSpecification': {'Enabled': true, "
                "'AttributeName': 'until'}}",
                "ValidationException", "not supported");
    world_do(&w, "dynamodb:UpdateTable", EAST1,
             "{'TableName': 'orders', 'ReplicaUpdates': [{'Delete': {'RegionName': "
             "'us-east-2'}}], 'GlobalTableWitnessUpdates': [{'Delete': {'RegionName': "
             "'us-west-2'}}]}");
    world_wait(&w, REPLICA_DELETE);
    json_auto_t *alone = world_ok(&w, "dynamodb:DescribeTable", EAST1, orders);
    ck_assert_ptr_null(json_object_get(json_object_get(alone, "Table"), "GlobalTableWitnesses"));
    ck_assert_ptr_null(json_object_get(json_object_get(alone, "Table"), "MultiRegionConsistency"));
    world_do(&w, "dynamodb:DeleteTable", EAST1, orders);
    world_clear(&w);
}
END_TEST

START_TEST(test_strong_needs_an_empty_table)
{
    struct world w = world_new(1);
    make_table(&w);
    world_do(&w, "dynamodb:PutItem", EAST1, "{'TableName': 'orders', 'Item': {'id': {'S': '1'}}}");
    world_fails(&w, "dynamodb:UpdateTable", EAST1, make_strong, "ValidationException", "empty");
    world_clear(&w);
}
END_TEST

/* The caller needs rights in the replica's region too, not only for UpdateTable here. */
START_TEST(test_replica_permissions)
{
    struct world w = world_new(1);
    make_table(&w);
    json_auto_t *policies = unit_json(
        "[{'Statement': [{'Effect': 'Allow', 'Action': ['dynamodb:UpdateTable', "
        "'dynamodb:CreateTable'], 'Resource': '*'}]}]");
    cloud_add_user(w.cloud, "clerk", "AKIACLERK", "secret", policies);
    w.caller = cloud_caller(w.cloud, "AKIACLERK", "test");
    world_fails(&w, "dynamodb:UpdateTable", EAST1, add_east2, "AccessDeniedException",
                "dynamodb:CreateTableReplica on resource: "
                "arn:aws:dynamodb:us-east-2:123456789012:table/orders");
    world_clear(&w);
}
END_TEST

/* What each refused update is told. */
START_TEST(test_refused_updates)
{
    static const char *const refused[][2] = {
        /* clang-format off */
        { "'BillingMode': 'PROVISIONED'", "must both be specified" },
        { "'ProvisionedThroughput': {'ReadCapacityUnits': 1, 'WriteCapacityUnits': 1}",
          "Neither" },
        { "'ReplicaUpdates': [{'Create': {'RegionName': 'eu-west-1'}}]", "not supported" },
        { "'ReplicaUpdates': [{'Update': {'RegionName': 'us-east-2', 'TableClassOverride': "
          "'STANDARD'}}]", "not part of the global table" },
        { "'GlobalTableWitnessUpdates': [{'Create': {'RegionName': 'us-west-2'}}]",
          "strong consistency" },
        { "'SSESpecification': {'Enabled': false, 'KMSMasterKeyId': 'k'}", "KMSMasterKeyId" },
        { "'GlobalSecondaryIndexUpdates': [{'Create': {'IndexName': 'by-x', 'KeySchema': "
          "[{'AttributeName': 'x', 'KeyType': 'HASH'}], 'Projection': {'ProjectionType': "
          "'ALL'}}}]", "not defined in AttributeDefinitions" },
        { "'WarmThroughput': {'ReadUnitsPerSecond': 20000, 'WriteUnitsPerSecond': 5000}",
          "not supported here" },
        /* clang-format on */
    };
    struct world w = world_new(1);
    make_table(&w);
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'TableName': 'orders', %s}", refused[i][0]);
        world_fails(&w, "dynamodb:UpdateTable", EAST1, args, "ValidationException", refused[i][1]);
    }
    world_fails(&w, "dynamodb:UpdateTable", EAST1,
                "{'TableName': 'orders', 'GlobalSecondaryIndexUpdates': [{'Delete': {'IndexName': "
                "'absent'}}]}",
                "ResourceNotFoundException", "absent");
    world_clear(&w);
}
END_TEST

START_TEST(test_backups)
{
    static const char on[] = "{'TableName': 'orders', 'PointInTimeRecoverySpecification': "
                             "{'PointInTimeRecoveryEnabled': true}}";
    static const char path[] =
        "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
    struct world w = world_new(1);
    world_fails(&w, "dynamodb:DescribeContinuousBackups", EAST1, orders, "TableNotFoundException",
                NULL);
    world_do(&w, "dynamodb:CreateTable", EAST1, create_orders);
    world_fails(&w, "dynamodb:UpdateContinuousBackups", EAST1, on,
                "ContinuousBackupsUnavailableException", NULL);
    world_wait(&w, TABLE_CREATE);
    ck_assert_str_eq(
        unit_at(world_ok(&w, "dynamodb:DescribeContinuousBackups", EAST1, orders), path),
        "DISABLED");
    world_do(&w, "dynamodb:UpdateContinuousBackups", EAST1, on);
    json_auto_t *body = world_ok(&w, "dynamodb:DescribeContinuousBackups", EAST1, orders);
    ck_assert_str_eq(unit_at(json_incref(body), path), "ENABLED");
    ck_assert_str_eq(unit_at(json_incref(body), "/ContinuousBackupsDescription/"
                                                "PointInTimeRecoveryDescription/"
                                                "RecoveryPeriodInDays"),
                     "35");
    /* Each region's own: a new replica has none. */
    world_do(&w, "dynamodb:UpdateTable", EAST1, add_east2);
    world_wait(&w, REPLICA_CREATE);
    ck_assert_str_eq(
        unit_at(world_ok(&w, "dynamodb:DescribeContinuousBackups", EAST2, orders), path),
        "DISABLED");
    world_clear(&w);
}
END_TEST

START_TEST(test_time_to_live)
{
    static const char on[] = "{'TableName': 'orders', 'TimeToLiveSpecification': {'Enabled': true, "
                             "'AttributeName': 'until'}}";
    static const char off[] = "{'TableName': 'orders', 'TimeToLiveSpecification': {'Enabled': "
                              "false, 'AttributeName': 'until'}}";
    static const char path[] = "/TimeToLiveDescription/TimeToLiveStatus";
    struct world w = world_new(1);
    make_global(&w);
    world_fails(&w, "dynamodb:UpdateTimeToLive", EAST1, off, "ValidationException",
                "already disabled");
    world_do(&w, "dynamodb:UpdateTimeToLive", EAST1, on);
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTimeToLive", EAST1, orders), path),
                     "ENABLING");
    world_fails(&w, "dynamodb:UpdateTimeToLive", EAST1, off, "ValidationException",
                "multiple times within a fixed interval");
    world_wait(&w, HOURS(1));
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTimeToLive", EAST2, orders), path),
                     "ENABLED");
    world_fails(&w, "dynamodb:UpdateTimeToLive", EAST1, on, "ValidationException",
                "already enabled");
    world_do(&w, "dynamodb:UpdateTimeToLive", EAST1, off);
    world_wait(&w, HOURS(1));
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:DescribeTimeToLive", EAST1, orders), path),
                     "DISABLED");
    world_clear(&w);
}
END_TEST

START_TEST(test_tags)
{
    static const char arn[] =
        "{'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/orders'}";
    struct world w = world_new(1);
    make_table(&w);
    world_do(&w, "dynamodb:TagResource", EAST1,
             "{'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/orders', 'Tags': "
             "[{'Key': 'a', 'Value': '1'}, {'Key': 'b', 'Value': '2'}]}");
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:ListTagsOfResource", EAST1, arn), "/Tags"),
                     "[]"); /* not yet */
    world_wait(&w, SECONDS(2));
    world_do(&w, "dynamodb:UntagResource", EAST1,
             "{'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/orders', 'TagKeys': "
             "['a']}");
    world_wait(&w, SECONDS(2));
    ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:ListTagsOfResource", EAST1, arn), "/Tags"),
                     "[{\"Key\":\"b\",\"Value\":\"2\"}]");
    world_fails(&w, "dynamodb:ListTagsOfResource", EAST1,
                "{'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/absent'}",
                "ResourceNotFoundException", NULL);
    world_clear(&w);
}
END_TEST

START_TEST(test_refused_settings)
{
    static const char arn[] = "'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/";
    struct world w = world_new(1);
    world_do(&w, "dynamodb:CreateTable", EAST1, create_orders);
    autofree char *tag = xasprintf("{%sorders', 'Tags': [{'Key': 'a', 'Value': 'b'}]}", arn);
    autofree char *untag = xasprintf("{%sorders', 'TagKeys': ['a']}", arn);
    static const char ttl[] = "{'TableName': 'orders', 'TimeToLiveSpecification': {'Enabled': "
                              "false, 'AttributeName': 'until'}}";
    world_fails(&w, "dynamodb:TagResource", EAST1, tag, "ResourceInUseException", "created");
    world_fails(&w, "dynamodb:UntagResource", EAST1, untag, "ResourceInUseException", "created");
    world_fails(&w, "dynamodb:UpdateTimeToLive", EAST1, ttl, "ResourceInUseException", "created");
    world_wait(&w, TABLE_CREATE);
    world_fails(&w, "dynamodb:UpdateTimeToLive", EAST1, ttl, "ValidationException",
                "already disabled");
    world_fails(&w, "dynamodb:TagResource", EAST2, tag, "ValidationException",
                "Invalid AWS region");
    json_t *tags = json_array();
    for (int i = 0; i < 51; i++)
        json_array_append_new(tags,
                              json_pack("{s:o, s:s}", "Key", json_sprintf("%d", i), "Value", "v"));
    struct answer many = world_call(
        &w, "dynamodb:TagResource", EAST1,
        json_pack("{s:s, s:o}", "ResourceArn",
                  "arn:aws:dynamodb:us-east-1:123456789012:table/orders", "Tags", tags));
    ck_assert_str_eq(many.code, "ValidationException");
    answer_clear(&many);
    static const char *const recovery[] = { "true, 'RecoveryPeriodInDays': 7", "false" };
    static const char *const shown[] = { "ENABLED", "DISABLED" };
    for (size_t i = 0; i < 2; i++) {
        autofree char *args = xasprintf("{'TableName': 'orders', "
                                        "'PointInTimeRecoverySpecification': "
                                        "{'PointInTimeRecoveryEnabled': %s}}",
                                        recovery[i]);
        ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:UpdateContinuousBackups", EAST1, args),
                                 "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/"
                                 "PointInTimeRecoveryStatus"),
                         shown[i]);
    }
    world_fails(&w, "dynamodb:UpdateContinuousBackups", EAST1,
                "{'TableName': 'orders', 'PointInTimeRecoverySpecification': "
                "{'PointInTimeRecoveryEnabled': false, 'RecoveryPeriodInDays': 7}}",
                "ValidationException", "can not be specified");
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_table_life,
        test_refused_definitions,
        test_list_tables,
        test_updates,
        test_indexes,
        test_replica_preconditions,
        test_global_table,
        test_replica_deleted_as_table,
        test_source_after_a_day,
        test_strong_table,
        test_strong_needs_an_empty_table,
        test_replica_permissions,
        test_refused_updates,
        test_backups,
        test_time_to_live,
        test_tags,
        test_refused_settings,
    };
    return unit_run("cloud_dynamodb", tests, ARRAY_SIZE(tests));
}
