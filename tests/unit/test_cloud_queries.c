/* SPDX-License-Identifier: Apache-2.0 */
/* DynamoDB's scans, and the order of queries. */
#include "tests/sandbox/dynamodb.h"
#include "tests/unit/cloud_unit.h"

#define EAST1 REGION_US_EAST_1
#define QUERY "dynamodb:Query"
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

/* ---- scans ---- */

enum { SCANNED = 40 };

static struct world forty_items(void)
{
    struct world w = world_new(1);
    make(&w, "orders");
    for (int i = 0; i < SCANNED; i++) {
        autofree char *args = xasprintf(
            "{'TableName': 'orders', 'Item': {'id': {'S': 'id-%d'}, 'n': "
            "{'N': '%d'}, 'x': {'S': 'y'}%s}}",
            i, i, i % 4 == 0 ? ", 'who': {'S': 'w'}" : "");
        world_do(&w, "dynamodb:PutItem", EAST1, args);
    }
    return w;
}

/* Reads all pages of a scan, counts how often each item came, deletes the last item of each page
 * when asked to. Returns the number of pages. */
static int scan_pages(struct world *w, const char *rest, bool delete, int seen[SCANNED])
{
    json_auto_t *start = NULL;
    int pages = 0;
    do {
        autofree char *text = xasprintf("{'TableName': 'orders'%s}", rest);
        json_t *args = unit_json(text);
        if (start != NULL)
            json_object_set(args, "ExclusiveStartKey", start);
        struct answer answer = world_call(w, SCAN, EAST1, args);
        ck_assert_msg(answer.class == AWS_OK, "%s", answer.message);
        size_t i;
        json_t *item;
        json_array_foreach(json_object_get(answer.body, "Items"), i, item)
            seen[atoi(json_string_value(json_object_get(json_object_get(item, "n"), "N")))]++;
        json_decref(start);
        start = json_incref(json_object_get(answer.body, "LastEvaluatedKey"));
        answer_clear(&answer);
        if (delete && start != NULL) {
            struct answer gone = world_call(w, "dynamodb:DeleteItem", EAST1,
                                            json_pack("{s:s, s:{s:O}}", "TableName", "orders",
                                                      "Key", "id", json_object_get(start, "id")));
            ck_assert_int_eq(gone.class, AWS_OK);
            answer_clear(&gone);
        }
        ck_assert_int_lt(++pages, 3 * SCANNED);
    } while (start != NULL);
    return pages;
}

START_TEST(test_pages)
{
    struct world w = forty_items();
    int seen[SCANNED] = { 0 };
    ck_assert_int_eq(scan_pages(&w, ", 'Limit': 7", false, seen), 6);
    for (int i = 0; i < SCANNED; i++)
        ck_assert_int_eq(seen[i], 1);
    int index[SCANNED] = { 0 };
    scan_pages(&w, ", 'Limit': 3, 'IndexName': 'by-who'", false, index);
    for (int i = 0; i < SCANNED; i++)
        ck_assert_int_eq(index[i], i % 4 == 0);
    /* The item that a page ended with is gone: the next page goes on behind its place. */
    int gone[SCANNED] = { 0 };
    scan_pages(&w, ", 'Limit': 1", true, gone);
    for (int i = 0; i < SCANNED; i++)
        ck_assert_int_eq(gone[i], 1);
    world_clear(&w);
}
END_TEST

START_TEST(test_segments)
{
    struct world w = forty_items();
    int seen[SCANNED] = { 0 }, used = 0;
    for (int s = 0; s < 4; s++) {
        int mine[SCANNED] = { 0 }, n = 0;
        autofree char *rest = xasprintf(", 'Limit': 2, 'Segment': %d, 'TotalSegments': 4", s);
        scan_pages(&w, rest, false, mine);
        for (int i = 0; i < SCANNED; i++) {
            seen[i] += mine[i];
            n += mine[i];
        }
        used += n > 0;
    }
    for (int i = 0; i < SCANNED; i++)
        ck_assert_int_eq(seen[i], 1);
    ck_assert_int_eq(used, 4);
    world_clear(&w);
}
END_TEST

START_TEST(test_what_scans_show)
{
    struct world w = forty_items();
    json_auto_t *count = world_ok(
        &w, SCAN, EAST1,
        "{'TableName': 'orders', 'Select': 'COUNT', 'FilterExpression': 'n < "
        ":n', 'ExpressionAttributeValues': {':n': {'N': '10'}}}");
    json_auto_t *wanted = unit_json("{'Count': 10, 'ScannedCount': 40}");
    ck_assert_json_eq(count, wanted);
    json_auto_t *one = world_ok(
        &w, SCAN, EAST1,
        "{'TableName': 'orders', 'FilterExpression': 'n = :n', 'ProjectionExpression': '#i', "
        "'ExpressionAttributeNames': {'#i': 'id'}, 'ExpressionAttributeValues': {':n': {'N': "
        "'8'}}}");
    ck_assert_str_eq(unit_at(json_incref(one), "/Items"), "[{\"id\":{\"S\":\"id-8\"}}]");
    json_auto_t *index = world_ok(
        &w, SCAN, EAST1,
        "{'TableName': 'orders', 'IndexName': 'by-who', 'FilterExpression': 'n = :n', "
        "'ExpressionAttributeValues': {':n': {'N': '8'}}}");
    ck_assert_str_eq(
        unit_at(json_incref(index), "/Items"),
        "[{\"id\":{\"S\":\"id-8\"},\"n\":{\"N\":\"8\"},\"who\":{\"S\":\"w\"}}]"); /* no x */
    world_clear(&w);
}
END_TEST

START_TEST(test_refused_scans)
{
    static const char *const refused[][2] = {
        { "'Segment': 0", "TotalSegments parameter is required" },
        { "'TotalSegments': 2", "Segment parameter is required" },
        { "'Segment': 2, 'TotalSegments': 2", "is not less than TotalSegments: 2" },
        { "'IndexName': 'absent'", "specified index" },
        { "'IndexName': 'by-who', 'ConsistentRead': true", "Consistent reads" },
        { "'FilterExpression': 'n <'", "Invalid FilterExpression" },
        { "'FilterExpression': 'n = :n'", "not defined" },
        { "'ExpressionAttributeValues': {':n': {'N': '1'}}", "unused" },
        { "'ExclusiveStartKey': {'n': {'N': '1'}}", "starting key is invalid" },
        { "'ExclusiveStartKey': {'id': {'N': '1'}}", "starting key is invalid" },
        { "'ExclusiveStartKey': {'id': {'S': 'x'}}, 'IndexName': 'by-who'",
          "starting key is invalid" },
        { "'Select': 'COUNT', 'ProjectionExpression': 'n'", "only the Count" },
        { "'Select': 'ALL_ATTRIBUTES', 'ProjectionExpression': 'n'", "ALL_ATTRIBUTES" },
        { "'Select': 'SPECIFIC_ATTRIBUTES'", "Must specify" },
        { "'Select': 'ALL_PROJECTED_ATTRIBUTES'", "IndexName" },
        { "'ScanFilter': {}", "legacy parameter ScanFilter" },
        { "'AttributesToGet': ['n']", "legacy parameter AttributesToGet" },
    };
    struct world w = world_new(1);
    make(&w, "orders");
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'TableName': 'orders', %s}", refused[i][0]);
        world_fails(&w, SCAN, EAST1, args, "ValidationException", refused[i][1]);
    }
    world_fails(&w, SCAN, EAST1, "{'TableName': 'absent'}", "ResourceNotFoundException", NULL);
    /* A key of another segment. */
    int wrong = 0;
    for (int s = 0; s < 2; s++) {
        autofree char *args = xasprintf(
            "{'TableName': 'orders', 'Segment': %d, 'TotalSegments': 2, "
            "'ExclusiveStartKey': {'id': {'S': 'x'}}}",
            s);
        struct answer answer = world_call(&w, SCAN, EAST1, unit_json(args));
        wrong += answer.class != AWS_OK && strstr(answer.message, "correct Segment") != NULL;
        answer_clear(&answer);
    }
    ck_assert_int_eq(wrong, 1);
    world_clear(&w);
}
END_TEST

/* ---- the order of queries ---- */

/* Puts items with these sort keys, given as attribute values in the wrong order, and sees them come
 * back in order, and the other way round. */
static void check_order(const char *type, const char *const values[], size_t n)
{
    struct world w = world_new(1);
    autofree char *create = xasprintf(
        "{'TableName': 'ordered', 'AttributeDefinitions': [{'AttributeName': 'id', "
        "'AttributeType': 'S'}, {'AttributeName': 'sort', 'AttributeType': '%s'}], 'KeySchema': "
        "[{'AttributeName': 'id', 'KeyType': 'HASH'}, {'AttributeName': 'sort', 'KeyType': "
        "'RANGE'}], 'BillingMode': 'PAY_PER_REQUEST'}",
        type);
    world_do(&w, "dynamodb:CreateTable", EAST1, create);
    world_wait(&w, TABLE_CREATE);
    for (size_t i = n; i-- > 0;) {
        autofree char *put = xasprintf("{'TableName': 'ordered', 'Item': {'id': {'S': 'x'}, "
                                       "'sort': {'%s': '%s'}}}",
                                       type, values[i]);
        world_do(&w, "dynamodb:PutItem", EAST1, put);
    }
    for (int forward = 0; forward < 2; forward++) {
        autofree char *query = xasprintf(
            "{'TableName': 'ordered', 'KeyConditionExpression': 'id = :i', "
            "'ExpressionAttributeValues': {':i': {'S': 'x'}}, 'ScanIndexForward': %s}",
            forward ? "true" : "false");
        json_auto_t *body = world_ok(&w, QUERY, EAST1, query);
        for (size_t i = 0; i < n; i++) {
            autofree char *at = xasprintf("/Items/%zu/sort/%s", forward ? i : n - 1 - i, type);
            ck_assert_str_eq(unit_at(json_incref(body), at), values[i]);
        }
    }
    world_clear(&w);
}

START_TEST(test_order)
{
    static const char *const texts[] = { "A", "B", "Ba", "a", "\u00e9" };
    static const char *const numbers[] = { "-10", "-9", "0", "0.5", "9", "10" };
    static const char *const bytes[] = { "AA==", "AAE=", "AQ==", "/w==" }; /* 00, 0001, 01, ff */
    check_order("S", texts, ARRAY_SIZE(texts));
    check_order("N", numbers, ARRAY_SIZE(numbers));
    check_order("B", bytes, ARRAY_SIZE(bytes));
}
END_TEST

START_TEST(test_refused_queries)
{
    static const char *const refused[][2] = {
        { "'Limit': 1", "must be specified in the request" },
        { "'KeyConditionExpression': 'who = :w', 'QueryFilter': {}, 'ExpressionAttributeValues': "
          "{':w': {'S': 'w'}}",
          "legacy parameter QueryFilter" },
        { "'KeyConditionExpression': 'who = :w', 'ExpressionAttributeValues': {':w': {'N': 'w'}}",
          "" },
        { "'KeyConditionExpression': 'id = :w', 'ExpressionAttributeValues': {':w': {'S': 'w'}}, "
          "'Select': 'ALL_PROJECTED_ATTRIBUTES'",
          "IndexName" },
    };
    struct world w = world_new(1);
    make(&w, "orders");
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'TableName': 'orders', %s}", refused[i][0]);
        world_fails(&w, QUERY, EAST1, args, "ValidationException", refused[i][1]);
    }
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_pages,         test_segments, test_what_scans_show,
        test_refused_scans, test_order,    test_refused_queries,
    };
    return unit_run("cloud_queries", tests, ARRAY_SIZE(tests));
}
