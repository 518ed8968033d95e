/* SPDX-License-Identifier: Apache-2.0 */
/* DynamoDB's transactions. */
#include "tests/sandbox/dynamodb.h"
#include "tests/unit/cloud_unit.h"

#define EAST1 REGION_US_EAST_1
#define EAST2 REGION_US_EAST_2
#define TRANSACT "dynamodb:TransactWriteItems"
#define SCAN "dynamodb:Scan"

static void make(struct world *w, const char *name)
{
    autofree char *args = xasprintf(
        "{'TableName': '%s', 'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': "
        "'S'}, {'AttributeName': 'who', 'AttributeType': 'S'}], 'KeySchema': [{'AttributeName': "
        "'id', 'KeyType': 'HASH'}], 'BillingMode': 'PAY_PER_REQUEST', 'GlobalSecondaryIndexes': "
        "[{'IndexName': 'by-who', 'KeySchema': [{'AttributeName': 'who', 'KeyType': 'HASH'}], "
        "'Projection': {'ProjectionType': 'INCLUDE', 'NonKeyAttributes': ['n']}}], "
        "'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': "
        "'NEW_AND_OLD_IMAGES'}}",
        name);
    world_do(w, "dynamodb:CreateTable", EAST1, args);
    world_wait(w, TABLE_CREATE);
}

static void put(struct world *w, const char *table, const char *id, const char *value)
{
    autofree char *args = xasprintf(
        "{'TableName': '%s', 'Item': {'id': {'S': '%s'}, 'n': {'N': '%s'}}}", table, id, value);
    world_do(w, "dynamodb:PutItem", EAST1, args);
}

/* The number in an item, "" when there is no such item. */
static const char *value_in(struct world *w, enum region region, const char *table, const char *id)
{
    autofree char *args = xasprintf("{'TableName': '%s', 'Key': {'id': {'S': '%s'}}}", table, id);
    return unit_at(world_ok(w, "dynamodb:GetItem", region, args), "/Item/n/N");
}

/* ---- transactions ---- */

/* One action of each kind, over two tables. */
#define FOUR                                                                                       \
    "'TransactItems': [{'Put': {'TableName': 'orders', 'Item': {'id': {'S': 'new'}, 'n': {'N': "   \
    "'1'}}, "                                                                                      \
    "'ConditionExpression': 'attribute_not_exists(id)'}}, {'Update': {'TableName': 'totals', "     \
    "'Key': "                                                                                      \
    "{'id': {'S': 'count'}}, 'UpdateExpression': 'ADD n :d', 'ExpressionAttributeValues': {':d': " \
    "{'N': '5'}}}}, {'Delete': {'TableName': 'orders', 'Key': {'id': {'S': 'old'}}, "              \
    "'ConditionExpression': 'attribute_exists(id)'}}, {'ConditionCheck': {'TableName': 'totals', " \
    "'Key': {'id': {'S': 'guard'}}, 'ConditionExpression': 'n < :max', "                           \
    "'ExpressionAttributeValues': {':max': {'N': '10'}}, "                                         \
    "'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}}]"

static struct world two_tables(void)
{
    struct world w = world_new(1);
    make(&w, "orders");
    make(&w, "totals");
    return w;
}

START_TEST(test_all_of_it)
{
    struct world w = two_tables();
    put(&w, "orders", "old", "0");
    put(&w, "totals", "count", "37");
    put(&w, "totals", "guard", "9");
    json_auto_t *body = world_ok(&w, TRANSACT, EAST1,
                                 "{'ReturnConsumedCapacity': 'TOTAL', " FOUR "}");
    json_auto_t *wanted = unit_json(
        "{'ConsumedCapacity': [{'TableName': 'orders', 'CapacityUnits': 4.0, 'WriteCapacityUnits': "
        "4.0}, {'TableName': 'totals', 'CapacityUnits': 4.0, 'WriteCapacityUnits': 4.0}]}");
    ck_assert_json_eq(body, wanted);
    ck_assert_str_eq(value_in(&w, EAST1, "orders", "new"), "1");
    ck_assert_str_eq(value_in(&w, EAST1, "orders", "old"), "");
    ck_assert_str_eq(value_in(&w, EAST1, "totals", "count"), "42");
    ck_assert_str_eq(value_in(&w, EAST1, "totals", "guard"), "9");
    world_clear(&w);
}
END_TEST

START_TEST(test_or_nothing)
{
    struct world w = two_tables();
    put(&w, "totals", "count", "37");
    put(&w, "totals", "guard", "10");
    struct answer answer = world_call(&w, TRANSACT, EAST1, unit_json("{" FOUR "}"));
    ck_assert_str_eq(answer.code, "TransactionCanceledException");
    ck_assert_int_eq(answer.status, 400);
    ck_assert_int_eq(answer.class, AWS_CONFLICT);
    ck_assert_str_eq(answer.message,
                     "Transaction cancelled, please refer cancellation reasons for specific "
                     "reasons [None, None, ConditionalCheckFailed, ConditionalCheckFailed]");
    json_auto_t *wanted = unit_json(
        "[{'Code': 'None'}, {'Code': 'None'}, {'Code': 'ConditionalCheckFailed', 'Message': 'The "
        "conditional request failed'}, {'Code': 'ConditionalCheckFailed', 'Message': 'The "
        "conditional request failed', 'Item': {'id': {'S': 'guard'}, 'n': {'N': '10'}}}]");
    ck_assert_json_eq(json_object_get(answer.body, "CancellationReasons"), wanted);
    answer_clear(&answer);
    ck_assert_str_eq(value_in(&w, EAST1, "orders", "new"), "");
    ck_assert_str_eq(value_in(&w, EAST1, "totals", "count"), "37");
    /* Whichever of them is refused: here it is the first. */
    world_fails(&w, TRANSACT, EAST1,
                "{'TransactItems': [{'Delete': {'TableName': 'totals', 'Key': {'id': {'S': "
                "'absent'}}, 'ConditionExpression': 'attribute_exists(id)'}}, {'Delete': "
                "{'TableName': 'totals', 'Key': {'id': {'S': 'count'}}}}]}",
                "TransactionCanceledException", "[ConditionalCheckFailed, None]");
    ck_assert_str_eq(value_in(&w, EAST1, "totals", "count"), "37");
    world_clear(&w);
}
END_TEST

/* What a table's schema or an item's values refuse is a reason; what the request alone shows is an
 * error of the request. */
START_TEST(test_refused_transactions)
{
    static const struct {
        const char *items, *code, *text;
    } refused[] = {
        { "{}", "ValidationException", "only contain one of" },
        { "{'Put': {'TableName': 'orders', 'Item': {'id': {'S': 'x'}}}, 'Delete': {'TableName': "
          "'orders', "
          "'Key': {'id': {'S': 'y'}}}}",
          "ValidationException", "only contain one of" },
        { "{'Put': {'TableName': 'orders', 'Item': {'id': {'S': 'x'}}}}, {'Delete': {'TableName': "
          "'orders', "
          "'Key': {'id': {'S': 'x'}}}}",
          "ValidationException", "multiple operations on one item" },
        { "{'Put': {'TableName': 'absent', 'Item': {'id': {'S': 'x'}}}}",
          "ResourceNotFoundException", "not found" },
        { "{'Put': {'TableName': 'orders', 'Item': {'id': {'N': 'one'}}}}", "ValidationException",
          "" },
        { "{'Update': {'TableName': 'orders', 'Key': {'id': {'S': 'x'}}, 'UpdateExpression': "
          "'SET'}}",
          "ValidationException", "Invalid UpdateExpression" },
        { "{'Update': {'TableName': 'orders', 'Key': {'id': {'S': 'x'}}}}", "ValidationException",
          "" },
        { "{'ConditionCheck': {'TableName': 'orders', 'Key': {'id': {'S': 'x'}}, "
          "'ConditionExpression': "
          "'n = :absent'}}",
          "ValidationException", "not defined" },
        { "{'Put': {'TableName': 'orders', 'Item': {'n': {'N': '1'}}}}",
          "TransactionCanceledException", "[ValidationError]" },
        { "{'Delete': {'TableName': 'orders', 'Key': {'id': {'N': '1'}}}}",
          "TransactionCanceledException", "[ValidationError]" },
        { "{'Put': {'TableName': 'totals', 'Item': {'id': {'S': 'x'}}}}, {'Put': {'TableName': "
          "'orders', "
          "'Item': {'id': {'S': 'x'}, 'who': {'N': '1'}}}}",
          "TransactionCanceledException", "[None, ValidationError]" },
        { "{'Update': {'TableName': 'orders', 'Key': {'id': {'S': 'x'}}, 'UpdateExpression': 'SET "
          "id = "
          ":i', 'ExpressionAttributeValues': {':i': {'S': 'y'}}}}",
          "TransactionCanceledException", "[ValidationError]" },
    };
    struct world w = two_tables();
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'TransactItems': [%s]}", refused[i].items);
        world_fails(&w, TRANSACT, EAST1, args, refused[i].code, refused[i].text);
    }
    ck_assert_str_eq(unit_at(world_ok(&w, SCAN, EAST1, "{'TableName': 'totals'}"), "/Count"), "0");
    world_clear(&w);
}
END_TEST

/* n puts; the last of them on a condition that fails, when asked for. */
static json_t *many(int n, bool fail)
{
    json_t *items = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:{s:s, s:{s:{s:o}}}}", "Put", "TableName",
                                               "orders", "Item", "id", "S", json_sprintf("%d", i)));
    if (fail)
        json_object_set_new(json_object_get(json_array_get(items, (size_t)n - 1), "Put"),
                            "ConditionExpression", json_string("attribute_exists(id)"));
    return json_pack("{s:o}", "TransactItems", items);
}

START_TEST(test_limits)
{
    struct world w = two_tables();
    struct answer last = world_call(&w, TRANSACT, EAST1, many(100, true));
    ck_assert_int_eq(last.class, AWS_CONFLICT); /* though the message is cut before that reason */
    const char *whole = json_string_value(json_object_get(last.body, "message"));
    ck_assert(str_suffix(whole, "None, ConditionalCheckFailed]"));
    answer_clear(&last);
    struct answer most = world_call(&w, TRANSACT, EAST1, many(100, false));
    ck_assert_int_eq(most.class, AWS_OK);
    answer_clear(&most);
    struct answer more = world_call(&w, TRANSACT, EAST1, many(101, false));
    ck_assert_str_eq(more.code, "ValidationException");
    answer_clear(&more);

    enum { LARGE = 380 * 1024, N = 12 };
    autofree char *text = xcalloc(LARGE + 1, 1);
    memset(text, 'x', LARGE);
    json_t *heavy = many(N, false), *item;
    size_t i;
    json_array_foreach(json_object_get(heavy, "TransactItems"), i, item) json_object_set_new(
        json_object_get(json_object_get(item, "Put"), "Item"), "x", json_pack("{s:s}", "S", text));
    struct answer large = world_call(&w, TRANSACT, EAST1, heavy);
    ck_assert_msg(strstr(large.message, "4 MB") != NULL, "%s", large.message);
    answer_clear(&large);
    world_clear(&w);
}
END_TEST

#define COUNT(n, token)                                                                            \
    "{'ClientRequestToken': '" token "', 'ReturnConsumedCapacity': 'TOTAL', 'TransactItems': "     \
    "[{'Update': {'TableName': 'orders', 'Key': {'id': {'S': 'x'}}, 'UpdateExpression': 'ADD n "   \
    ":d', "                                                                                        \
    "'ExpressionAttributeValues': {':d': {'N': '" n "'}}}}]}"

START_TEST(test_same_token)
{
    struct world w = two_tables();
    json_auto_t *first = world_ok(&w, TRANSACT, EAST1, COUNT("1", "t"));
    ck_assert_str_eq(unit_at(json_incref(first), "/ConsumedCapacity/0/WriteCapacityUnits"), "2.0");
    json_auto_t *again = world_ok(&w, TRANSACT, EAST1, COUNT("1", "t"));
    ck_assert_str_eq(unit_at(json_incref(again), "/ConsumedCapacity/0/ReadCapacityUnits"), "2.0");
    ck_assert_str_eq(value_in(&w, EAST1, "orders", "x"), "1");
    world_fails(&w, TRANSACT, EAST1, COUNT("2", "t"), "IdempotentParameterMismatchException",
                "different payload");
    world_do(&w, TRANSACT, EAST1, COUNT("1", "u"));
    ck_assert_str_eq(value_in(&w, EAST1, "orders", "x"), "2");
    world_wait(&w, MINUTES(10));
    world_do(&w, TRANSACT, EAST1, COUNT("1", "t")); /* forgotten by now: it counts */
    ck_assert_str_eq(value_in(&w, EAST1, "orders", "x"), "3");
    world_clear(&w);
}
END_TEST

/* A transaction that was cancelled did nothing, so the same call with the same token may succeed
 * later. */
START_TEST(test_token_of_a_cancelled_transaction)
{
    static const char args[] =
        "{'ClientRequestToken': 't', 'TransactItems': [{'Delete': {'TableName': 'orders', 'Key': "
        "{'id': {'S': 'x'}}, 'ConditionExpression': 'attribute_exists(id)'}}]}";
    struct world w = two_tables();
    world_fails(&w, TRANSACT, EAST1, args, "TransactionCanceledException",
                "[ConditionalCheckFailed]");
    put(&w, "orders", "x", "1");
    world_do(&w, TRANSACT, EAST1, args);
    ck_assert_str_eq(value_in(&w, EAST1, "orders", "x"), "");
    world_clear(&w);
}
END_TEST

START_TEST(test_transactions_of_global_tables)
{
    struct world w = two_tables();
    world_do(
        &w, "dynamodb:UpdateTable", EAST1,
        "{'TableName': 'orders', 'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}]}");
    world_wait(&w, REPLICA_CREATE);
    world_do(&w, TRANSACT, EAST1, COUNT("7", "t"));
    world_wait(&w, SECONDS(5));
    ck_assert_str_eq(value_in(&w, EAST2, "orders", "x"), "7");
    /* Conditions see this region alone: both win, and the last writer's item stays. */
    dynamodb_isolate(w.cloud, EAST1, true);
    for (int i = 0; i < 2; i++)
        world_do(
            &w, TRANSACT, i == 0 ? EAST1 : EAST2,
            "{'TransactItems': [{'Put': {'TableName': 'orders', 'Item': {'id': {'S': 'lease'}}, "
            "'ConditionExpression': 'attribute_not_exists(id)'}}]}");
    world_do(
        &w, "dynamodb:UpdateTable", EAST1,
        "{'TableName': 'totals', 'MultiRegionConsistency': 'STRONG', 'ReplicaUpdates': [{'Create': "
        "{'RegionName': 'us-east-2'}}], 'GlobalTableWitnessUpdates': [{'Create': "
        "{'RegionName': 'us-west-2'}}]}");
    world_wait(&w, REPLICA_CREATE);
    world_fails(&w, TRANSACT, EAST1,
                "{'TransactItems': [{'Put': {'TableName': 'totals', 'Item': {'id': {'S': 'x'}}}}]}",
                "ValidationException", "multi-Region strong consistency");
    world_clear(&w);
}
END_TEST

/* No action of its own: the caller needs what each element needs, on its table. */
START_TEST(test_transactions_and_iam)
{
    struct world w = two_tables();
    json_auto_t *policies = unit_json(
        "[{'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': "
        "['dynamodb:UpdateItem', 'dynamodb:Scan'], 'Resource': "
        "'arn:aws:dynamodb:us-east-1:123456789012:table/orders'}]}]");
    cloud_add_user(w.cloud, "counter", "AKIACOUNTER", "secret", policies);
    w.caller = cloud_caller(w.cloud, "AKIACOUNTER", "test");
    world_do(&w, TRANSACT, EAST1, COUNT("1", "t"));
    world_fails(&w, TRANSACT, EAST1, "{" FOUR "}", "AccessDeniedException", "dynamodb:PutItem");
    world_fails(&w, TRANSACT, EAST1,
                "{'TransactItems': [{'Update': {'TableName': 'totals', 'Key': {'id': {'S': 'x'}}, "
                "'UpdateExpression': 'REMOVE n'}}]}",
                "AccessDeniedException", "table/totals");
    world_do(&w, SCAN, EAST1, "{'TableName': 'orders'}");
    world_fails(&w, SCAN, EAST1, "{'TableName': 'totals'}", "AccessDeniedException",
                "dynamodb:Scan");
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_all_of_it,
        test_or_nothing,
        test_refused_transactions,
        test_limits,
        test_same_token,
        test_token_of_a_cancelled_transaction,
        test_transactions_of_global_tables,
        test_transactions_and_iam,
    };
    return unit_run("cloud_transactions", tests, ARRAY_SIZE(tests));
}
