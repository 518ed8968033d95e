/* SPDX-License-Identifier: Apache-2.0 */
/* DynamoDB's numbers, expressions, items, queries and the replication of items. */
#include "tests/sandbox/dynamodb.h"
#include "tests/sandbox/dynamodb_expression.h"
#include "tests/sandbox/dynamodb_value.h"
#include "tests/unit/cloud_unit.h"

#define EAST1 REGION_US_EAST_1
#define EAST2 REGION_US_EAST_2
#define WEST2 REGION_US_WEST_2

START_TEST(test_numbers)
{
    static const char *const canonical[][2] = {
        { "0", "0" },
        { "-0.0", "0" },
        { "007", "7" },
        { "1.50", "1.5" },
        { "1e3", "1000" },
        { "1E-3", "0.001" },
        { "-12.34e1", "-123.4" },
        { ".5", "0.5" },
        { "+4", "4" },
        { "12345678901234567890123456789012345678", "12345678901234567890123456789012345678" },
    };
    static const char *const bad[] = {
        "",     "-",     ".",     "1e",     "1x",
        "--1",  "1.2.3", "1e126", "1e-131", "123456789012345678901234567890123456789",
        "0x10", "NaN"
    };
    static const char *const sums[][3] = {
        { "1", "2", "3" },        { "0.1", "0.2", "0.3" },
        { "-5", "3", "-2" },      { "5", "-5", "0" },
        { "999", "1", "1000" },   { "1e20", "0.5", "100000000000000000000.5" },
        { "-1.5", "-2.5", "-4" }, { "0", "7", "7" },
    };
    char text[NUMBER_TEXT];
    for (size_t i = 0; i < ARRAY_SIZE(canonical); i++) {
        ck_assert(number_canonical(canonical[i][0], text));
        ck_assert_str_eq(text, canonical[i][1]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(!number_canonical(bad[i], text), "%s", bad[i]);
    for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
        ck_assert(number_add(sums[i][0], sums[i][1], false, text));
        ck_assert_str_eq(text, sums[i][2]);
    }
    ck_assert(number_add("0", "7", true, text));
    ck_assert_str_eq(text, "-7");
    ck_assert(!number_add("1e60", "1", false, text)); /* 61 digits */
    ck_assert_int_lt(number_compare("-10", "9"), 0);
    ck_assert_int_lt(number_compare("9", "10"), 0);
    ck_assert_int_gt(number_compare("-9", "-10"), 0);
    ck_assert_int_eq(number_compare("1.0", "1"), 0);
}
END_TEST

START_TEST(test_reserved_words)
{
    ck_assert(expression_reserved("status"));
    ck_assert(expression_reserved("ABORT"));
    ck_assert(expression_reserved("zone"));
    ck_assert(!expression_reserved("epoch"));
}
END_TEST

/* ---- one table, in one region ---- */

static void make_table(struct world *w)
{
    world_do(w, "dynamodb:CreateTable", EAST1,
             "{'TableName': 'items', 'AttributeDefinitions': [{'AttributeName': 'pk', "
             "'AttributeType': 'S'}, {'AttributeName': 'sk', 'AttributeType': 'N'}, "
             "{'AttributeName': 'who', 'AttributeType': 'S'}], 'KeySchema': [{'AttributeName': "
             "'pk', 'KeyType': 'HASH'}, {'AttributeName': 'sk', 'KeyType': 'RANGE'}], "
             "'BillingMode': 'PAY_PER_REQUEST', 'GlobalSecondaryIndexes': [{'IndexName': "
             "'by-who', 'KeySchema': [{'AttributeName': 'who', 'KeyType': 'HASH'}], 'Projection': "
             "{'ProjectionType': 'KEYS_ONLY'}}]}");
    world_wait(w, TABLE_CREATE);
}

static struct answer put(struct world *w, enum region region, const char *table, const char *rest)
{
    autofree char *args = xasprintf("{'TableName': '%s', %s}", table, rest);
    return world_call(w, "dynamodb:PutItem", region, unit_json(args));
}

START_TEST(test_put_and_get)
{
    static const char key[] = "{'TableName': 'items', 'Key': {'pk': {'S': 'a'}, 'sk': {'N': "
                              "'1.0'}}, 'ConsistentRead': true}";
    struct world w = world_new(1);
    make_table(&w);
    world_do(&w, "dynamodb:PutItem", EAST1,
             "{'TableName': 'items', 'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'm': {'M': "
             "{'x': {'L': [{'N': '7'}, {'BOOL': true}]}}}, 'set': {'SS': ['b', 'a']}}}");
    json_auto_t *body = world_ok(&w, "dynamodb:GetItem", EAST1, key);
    json_auto_t *wanted = unit_json(
        "{'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'm': {'M': {'x': {'L': [{'N': "
        "'7'}, {'BOOL': true}]}}}, 'set': {'SS': ['a', 'b']}}}");
    ck_assert_json_eq(body, wanted);
    json_auto_t *part = world_ok(
        &w, "dynamodb:GetItem", EAST1,
        "{'TableName': 'items', 'Key': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}, "
        "'ProjectionExpression': 'm.x[1], #s', 'ExpressionAttributeNames': {'#s': 'set'}}");
    json_auto_t *wanted_part = unit_json(
        "{'Item': {'m': {'M': {'x': {'L': [{'BOOL': true}]}}}, 'set': {'SS': ['a', "
        "'b']}}}");
    ck_assert_json_eq(part, wanted_part);
    json_auto_t *none = world_ok(&w, "dynamodb:GetItem", EAST1,
                                 "{'TableName': 'items', 'Key': {'pk': {'S': 'b'}, 'sk': {'N': "
                                 "'1'}}}");
    ck_assert_uint_eq(json_object_size(none), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_refused_items)
{
    static const char *const refused[][2] = {
        { "'Item': {'pk': {'S': 'a'}}", "Missing" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'S': '1'}}", "Type mismatch" },
        { "'Item': {'pk': {'S': ''}, 'sk': {'N': '1'}}", "empty string" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': 'abc'}}", "numeric value" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'x': {'SS': ['a', 'a']}}", "duplicates" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'x': {}}", "empty" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'who': {'N': '1'}}", "Index Key" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}, 'ReturnValues': 'ALL_NEW'",
          "ReturnValues" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}, 'ConditionExpression': 'a = :x'",
          "not defined; attribute value: :x" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}, 'ConditionExpression': "
          "'attribute_exists(status)'",
          "reserved keyword: status" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}, 'ConditionExpression': "
          "'attribute_exists(a', 'ExpressionAttributeNames': {'#b': 'c'}",
          "Syntax error" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}, 'ConditionExpression': "
          "'attribute_exists(a)', 'ExpressionAttributeNames': {'#b': 'c'}",
          "unused in expressions: keys: {#b}" },
        { "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}, 'ConditionExpression': 'a = b c'",
          "Syntax error; token: \"c\"" },
    };
    struct world w = world_new(1);
    make_table(&w);
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct answer answer = put(&w, EAST1, "items", refused[i][0]);
        ck_assert_str_eq(answer.code, "ValidationException");
        ck_assert_msg(strstr(answer.message, refused[i][1]) != NULL, "%s: %s", refused[i][0],
                      answer.message);
        answer_clear(&answer);
    }
    world_fails(&w, "dynamodb:GetItem", EAST1, "{'TableName': 'items', 'Key': {'pk': {'S': 'a'}}}",
                "ValidationException", "does not match the schema");
    world_clear(&w);
}
END_TEST

/* Conditions, true and false, on {a: 5, s: "hello", l: [1, 2], ss: {x, y}, m: {k: "v"}}. */
START_TEST(test_conditions)
{
    static const struct {
        const char *text;
        bool holds;
    } conditions[] = {
        { "a = :five", true },
        { "a <> :five", false },
        { "a < :six AND a > :four", true },
        { "a <= :five AND NOT a >= :six", true },
        { "a BETWEEN :four AND :six", true },
        { "a IN (:four, :five)", true },
        { "a IN (:four, :six)", false },
        { "attribute_exists(a) AND attribute_not_exists(zz)", true },
        { "attribute_exists(m.k)", true },
        { "attribute_exists(m.zz)", false },
        { "begins_with(s, :he)", true },
        { "contains(s, :he)", true },
        { "contains(ss, :he)", false },
        { "contains(l, :four)", false },
        { "size(s) = :five", true },
        { "size(l) < :four", true },
        { "attribute_type(m, :map)", true },
        { "s > :five", false },
        { "zz = :five OR a = :five", true },
        { "zz <> :five", true },
        { "(zz = :five OR a = :five) AND s = :he", false },
        { "l[1] = :two AND m.k = :v", true },
    };
    json_auto_t *item = unit_json("{'a': {'N': '5'}, 's': {'S': 'hello'}, 'l': {'L': [{'N': '1'}, "
                                  "{'N': '2'}]}, 'ss': {'SS': ['x', 'y']}, 'm': {'M': {'k': {'S': "
                                  "'v'}}}}");
    json_auto_t *args = unit_json(
        "{'ExpressionAttributeValues': {':five': {'N': '5'}, ':six': {'N': '6'}, ':four': {'N': "
        "'4'}, ':two': {'N': '2'}, ':he': {'S': 'he'}, ':v': {'S': 'v'}, ':map': {'S': 'M'}}}");
    for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
        struct expressions e;
        expressions_init(&e, args);
        json_auto_t *tree = expression_condition(&e, "ConditionExpression", conditions[i].text);
        ck_assert_msg(tree != NULL, "%s: %s", conditions[i].text, e.problem);
        ck_assert_msg(evaluate_condition(tree, item) == conditions[i].holds, "%s",
                      conditions[i].text);
        expressions_clear(&e);
    }
}
END_TEST

/* Updates of {a: 5, l: [1], ss: {x}, m: {}}, and what becomes of it, or the problem. */
START_TEST(test_update_expressions)
{
    static const struct {
        const char *text, *path, *becomes, *problem;
    } updates[] = {
        { "SET a = a + :two", "a", "{'N': '7'}", NULL },
        { "SET a = a - :two, b = :s", "b", "{'S': 'text'}", NULL },
        { "SET a = :two, b = a", "b", "{'N': '5'}", NULL }, /* the item as it was */
        { "SET n = if_not_exists(n, :two) + :two", "n", "{'N': '4'}", NULL },
        { "SET l = list_append(l, :list)", "l", "{'L': [{'N': '1'}, {'N': '9'}]}", NULL },
        { "SET m.k = :s", "m", "{'M': {'k': {'S': 'text'}}}", NULL },
        { "SET l[5] = :two", "l", "{'L': [{'N': '1'}, {'N': '2'}]}", NULL },
        { "REMOVE l[0], a", "l", "{'L': []}", NULL },
        { "ADD a :two", "a", "{'N': '7'}", NULL },
        { "ADD fresh :two", "fresh", "{'N': '2'}", NULL },
        { "ADD ss :set", "ss", "{'SS': ['x', 'y']}", NULL },
        { "DELETE ss :set", "ss", "{'SS': ['x']}", NULL },
        { "SET zz.k = :s", NULL, NULL, "document path" },
        { "SET b = zz", NULL, NULL, "does not exist" },
        { "SET b = ss + :two", NULL, NULL, "incorrect data type" },
        { "ADD l :two", NULL, NULL, "incorrect data type" },
    };
    static const char *const bad[][2] = {
        { "SET a = :two SET b = :two", "only be used once" },
        { "SET a = :two, a = :two", "overlap" },
        { "SET m = :two REMOVE m.k", "overlap" },
        { "PUT a = :two", "Syntax error" },
        { "SET a :two", "Syntax error" },
        { "", "can not be empty" },
    };
    json_auto_t *args = unit_json("{'ExpressionAttributeValues': {':two': {'N': '2'}, ':s': {'S': "
                                  "'text'}, ':list': {'L': [{'N': '9'}]}, ':set': {'SS': ['y']}}}");
    for (size_t i = 0; i < ARRAY_SIZE(updates); i++) {
        json_auto_t *old = unit_json("{'a': {'N': '5'}, 'l': {'L': [{'N': '1'}]}, 'ss': {'SS': "
                                     "['x']}, 'm': {'M': {}}}");
        json_auto_t *item = json_deep_copy(old);
        struct expressions e;
        expressions_init(&e, args);
        json_auto_t *tree = expression_update(&e, updates[i].text);
        ck_assert_msg(tree != NULL, "%s: %s", updates[i].text, e.problem);
        const char *problem = evaluate_update(tree, old, item);
        ck_assert_msg((problem == NULL) == (updates[i].problem == NULL), "%s", updates[i].text);
        if (problem != NULL)
            ck_assert_ptr_nonnull(strstr(problem, updates[i].problem));
        json_auto_t *wanted = problem == NULL ? unit_json(updates[i].becomes) : NULL;
        if (wanted != NULL)
            ck_assert_json_eq(json_object_get(item, updates[i].path), wanted);
        expressions_clear(&e);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct expressions e;
        expressions_init(&e, args);
        ck_assert_ptr_null(expression_update(&e, bad[i][0]));
        ck_assert_msg(strstr(e.problem, bad[i][1]) != NULL, "%s", e.problem);
        expressions_clear(&e);
    }
}
END_TEST

static struct answer take_lease(struct world *w, const char *who)
{
    autofree char *args = xasprintf(
        "{'TableName': 'items', 'Key': {'pk': {'S': 'lease'}, 'sk': {'N': '0'}}, "
        "'UpdateExpression': 'SET holder = :me, epoch = if_not_exists(epoch, :zero) + :one', "
        "'ConditionExpression': 'attribute_not_exists(holder) OR holder = :me', "
        "'ExpressionAttributeValues': {':me': {'S': '%s'}, ':zero': {'N': '0'}, ':one': {'N': "
        "'1'}}, 'ReturnValues': 'UPDATED_NEW', 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}",
        who);
    return world_call(w, "dynamodb:UpdateItem", EAST1, unit_json(args));
}

/* Taken once, renewed by its owner, refused to others with the holder shown. */
START_TEST(test_conditional_update)
{
    struct world w = world_new(1);
    make_table(&w);
    for (int i = 1; i <= 2; i++) {
        struct answer taken = take_lease(&w, "A");
        ck_assert_int_eq(taken.class, AWS_OK);
        const json_t *attributes = json_object_get(taken.body, "Attributes");
        ck_assert_uint_eq(json_object_size(attributes), 2);
        ck_assert_int_eq(atoi(member_str(json_object_get(attributes, "epoch"), "N")), i);
        answer_clear(&taken);
    }
    struct answer answer = take_lease(&w, "B");
    ck_assert_str_eq(answer.code, "ConditionalCheckFailedException");
    ck_assert_str_eq(answer.message, "The conditional request failed");
    ck_assert_str_eq(
        member_str(json_object_get(json_object_get(answer.body, "Item"), "holder"), "S"), "A");
    answer_clear(&answer);
    world_fails(&w, "dynamodb:UpdateItem", EAST1,
                "{'TableName': 'items', 'Key': {'pk': {'S': 'lease'}, 'sk': {'N': '0'}}, "
                "'UpdateExpression': 'SET sk = :one', 'ExpressionAttributeValues': {':one': {'N': "
                "'1'}}}",
                "ValidationException", "part of the key");
    json_auto_t *gone = world_ok(&w, "dynamodb:DeleteItem", EAST1,
                                 "{'TableName': 'items', 'Key': {'pk': {'S': 'lease'}, 'sk': {'N': "
                                 "'0'}}, 'ReturnValues': 'ALL_OLD'}");
    ck_assert_str_eq(member_str(json_object_get(json_object_get(gone, "Attributes"), "epoch"), "N"),
                     "2");
    world_clear(&w);
}
END_TEST

START_TEST(test_query)
{
    static const char *const sks[] = { "10", "9", "-1", "2" };
    struct world w = world_new(1);
    make_table(&w);
    for (size_t i = 0; i < ARRAY_SIZE(sks); i++) {
        autofree char *rest = xasprintf(
            "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '%s'}, 'who': {'S': 'w'}, 'x': {'S': 'y'}}",
            sks[i]);
        struct answer answer = put(&w, EAST1, "items", rest);
        ck_assert_int_eq(answer.class, AWS_OK);
        answer_clear(&answer);
    }
    json_auto_t *all = world_ok(&w, "dynamodb:Query", EAST1,
                                "{'TableName': 'items', 'KeyConditionExpression': 'pk = :a', "
                                "'ExpressionAttributeValues': {':a': {'S': 'a'}}, 'Limit': 3}");
    ck_assert_str_eq(unit_at(json_incref(all), "/Items/0/sk/N"), "-1");
    ck_assert_str_eq(unit_at(json_incref(all), "/Items/2/sk/N"), "9");
    ck_assert_str_eq(unit_at(json_incref(all), "/LastEvaluatedKey/sk/N"), "9");
    json_auto_t *rest = world_ok(
        &w, "dynamodb:Query", EAST1,
        "{'TableName': 'items', 'KeyConditionExpression': 'pk = :a', 'ExpressionAttributeValues': "
        "{':a': {'S': 'a'}}, 'ExclusiveStartKey': {'pk': {'S': 'a'}, 'sk': {'N': '9'}}}");
    ck_assert_str_eq(unit_at(json_incref(rest), "/Count"), "1");
    ck_assert_str_eq(unit_at(json_incref(rest), "/LastEvaluatedKey"), "");
    json_auto_t *some = world_ok(
        &w, "dynamodb:Query", EAST1,
        "{'TableName': 'items', 'KeyConditionExpression': 'pk = :a AND sk BETWEEN :l AND :h', "
        "'ExpressionAttributeValues': {':a': {'S': 'a'}, ':l': {'N': '2'}, ':h': {'N': '9'}}, "
        "'ScanIndexForward': false}");
    ck_assert_str_eq(unit_at(json_incref(some), "/Items/0/sk/N"), "9");
    ck_assert_str_eq(unit_at(json_incref(some), "/Count"), "2");
    json_auto_t *index = world_ok(&w, "dynamodb:Query", EAST1,
                                  "{'TableName': 'items', 'IndexName': 'by-who', "
                                  "'KeyConditionExpression': 'who = :w', "
                                  "'ExpressionAttributeValues': {':w': {'S': 'w'}}}");
    ck_assert_str_eq(unit_at(json_incref(index), "/Count"), "4");
    ck_assert_str_eq(unit_at(json_incref(index), "/Items/0/x"), ""); /* KEYS_ONLY */
    static const char *const refused[][2] = {
        { "'KeyConditionExpression': 'sk = :a'", "missed key schema element" },
        { "'KeyConditionExpression': 'pk > :a'", "missed key schema element" },
        { "'KeyConditionExpression': 'pk = :a AND x = :a'", "sort key" },
        { "'KeyConditionExpression': 'pk = :a', 'IndexName': 'absent'", "specified index" },
        { "'KeyConditionExpression': 'who = :a', 'IndexName': 'by-who', 'ConsistentRead': true",
          "Consistent reads" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'TableName': 'items', %s, 'ExpressionAttributeValues': "
                                        "{':a': {'S': 'a'}}}",
                                        refused[i][0]);
        world_fails(&w, "dynamodb:Query", EAST1, args, "ValidationException", refused[i][1]);
    }
    json_auto_t *batch = world_ok(
        &w, "dynamodb:BatchGetItem", EAST1,
        "{'RequestItems': {'items': {'Keys': [{'pk': {'S': 'a'}, 'sk': {'N': '2'}}, {'pk': {'S': "
        "'zz'}, 'sk': {'N': '2'}}], 'ProjectionExpression': 'sk'}}}");
    ck_assert_str_eq(unit_at(json_incref(batch), "/Responses/items"), "[{\"sk\":{\"N\":\"2\"}}]");
    world_clear(&w);
}
END_TEST

START_TEST(test_batches)
{
    static const char *const refused[][3] = {
        { "'absent': {'Keys': [{'pk': {'S': 'a'}}]}", "ResourceNotFoundException", "not found" },
        { "'items': {'Keys': [{'pk': {'S': 'a'}, 'sk': {'N': '1'}}, {'pk': {'S': 'a'}, 'sk': "
          "{'N': '1.0'}}]}",
          "ValidationException", "duplicates" },
        { "'items': {'Keys': [{'pk': {'S': 'a'}}]}", "ValidationException", "schema" },
        { "'items': {'Keys': [{'pk': {'S': 'a'}, 'sk': {'N': 'x'}}]}", "ValidationException", "" },
        { "'items': {'Keys': [{'pk': {'S': 'a'}, 'sk': {'N': '1'}}], 'ProjectionExpression': "
          "'a b'}",
          "ValidationException", "Invalid ProjectionExpression" },
        { "'items': {'Keys': [{'pk': {'S': 'a'}, 'sk': {'N': '1'}}], 'AttributesToGet': ['pk']}",
          "ValidationException", "legacy parameter" },
    };
    struct world w = world_new(1);
    make_table(&w);
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'RequestItems': {%s}}", refused[i][0]);
        world_fails(&w, "dynamodb:BatchGetItem", EAST1, args, refused[i][1], refused[i][2]);
    }
    json_t *keys = json_array();
    for (int i = 0; i < 101; i++)
        json_array_append_new(keys, json_pack("{s:{s:s}, s:{s:o}}", "pk", "S", "a", "sk", "N",
                                              json_sprintf("%d", i)));
    struct answer many = world_call(
        &w, "dynamodb:BatchGetItem", EAST1,
        json_pack("{s:{s:{s:o}}}", "RequestItems", "items", "Keys", keys));
    ck_assert_str_eq(many.code, "ValidationException");
    answer_clear(&many);
    world_clear(&w);
}
END_TEST

/* A write costs a unit a kilobyte, a read one for four, or half of it when it may be stale. */
START_TEST(test_consumed_capacity)
{
    enum { SIZE = 5000 };
    struct world w = world_new(1);
    make_table(&w);
    char text[SIZE + 1];
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    autofree char *rest = xasprintf("'ReturnConsumedCapacity': 'TOTAL', 'Item': {'pk': {'S': 'a'}, "
                                    "'sk': {'N': '1'}, 'x': {'S': '%s'}}",
                                    text);
    struct answer answer = put(&w, EAST1, "items", rest);
    ck_assert_str_eq(unit_at(json_incref(answer.body), "/ConsumedCapacity/CapacityUnits"), "5.0");
    answer_clear(&answer);
    for (int strong = 0; strong < 2; strong++) {
        autofree char *args = xasprintf("{'TableName': 'items', 'Key': {'pk': {'S': 'a'}, 'sk': "
                                        "{'N': '1'}}, 'ReturnConsumedCapacity': 'TOTAL', "
                                        "'ConsistentRead': %s}",
                                        strong ? "true" : "false");
        ck_assert_str_eq(unit_at(world_ok(&w, "dynamodb:GetItem", EAST1, args),
                                 "/ConsumedCapacity/CapacityUnits"),
                         strong ? "2.0" : "1.0");
    }
    world_clear(&w);
}
END_TEST

/* ---- between regions ---- */

static void make_global(struct world *w, bool strong)
{
    world_do(w, "dynamodb:CreateTable", EAST1,
             "{'TableName': 'money', 'AttributeDefinitions': [{'AttributeName': 'id', "
             "'AttributeType': 'S'}], 'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}], "
             "'BillingMode': 'PAY_PER_REQUEST', 'StreamSpecification': {'StreamEnabled': true, "
             "'StreamViewType': 'NEW_AND_OLD_IMAGES'}}");
    world_wait(w, TABLE_CREATE);
    world_do(w, "dynamodb:UpdateTable", EAST1,
             strong ? "{'TableName': 'money', 'MultiRegionConsistency': 'STRONG', "
                      "'ReplicaUpdates': [{'Create': {'RegionName': 'us-east-2'}}], "
                      "'GlobalTableWitnessUpdates': [{'Create': {'RegionName': 'us-west-2'}}]}"
                    : "{'TableName': 'money', 'ReplicaUpdates': [{'Create': {'RegionName': "
                      "'us-east-2'}}]}");
    world_wait(w, REPLICA_CREATE);
}

static void put_value(struct world *w, enum region region, const char *value)
{
    autofree char *rest = xasprintf("'Item': {'id': {'S': 'x'}, 'v': {'S': '%s'}}", value);
    struct answer answer = put(w, region, "money", rest);
    ck_assert_msg(answer.class == AWS_OK, "%s", answer.message);
    answer_clear(&answer);
}

static const char *value_in(struct world *w, enum region region)
{
    return unit_at(world_ok(w, "dynamodb:GetItem", region,
                            "{'TableName': 'money', 'Key': {'id': {'S': 'x'}}}"),
                   "/Item/v/S");
}

START_TEST(test_eventual_replication)
{
    struct world w = world_new(1);
    make_global(&w, false);
    dynamodb_set_lag(w.cloud, EAST2, SECONDS(30));
    put_value(&w, EAST1, "one");
    ck_assert_str_eq(value_in(&w, EAST2), "");
    /* A condition sees this region's copy alone: both regions think they are first. */
    struct answer answer = put(&w, EAST2, "money",
                               "'Item': {'id': {'S': 'x'}, 'v': {'S': 'two'}}, "
                               "'ConditionExpression': 'attribute_not_exists(id)'");
    ck_assert_int_eq(answer.class, AWS_OK);
    answer_clear(&answer);
    world_wait(&w, SECONDS(31));
    ck_assert_str_eq(value_in(&w, EAST1), "two"); /* the last writer wins everywhere */
    ck_assert_str_eq(value_in(&w, EAST2), "two");
    world_do(&w, "dynamodb:DeleteItem", EAST2, "{'TableName': 'money', 'Key': {'id': {'S': 'x'}}}");
    world_wait(&w, SECONDS(31));
    ck_assert_str_eq(value_in(&w, EAST1), "");
    world_clear(&w);
}
END_TEST

START_TEST(test_isolated_region_catches_up)
{
    struct world w = world_new(1);
    make_global(&w, false);
    dynamodb_isolate(w.cloud, EAST1, true);
    put_value(&w, EAST1, "here");
    world_wait(&w, HOURS(1));
    ck_assert_str_eq(value_in(&w, EAST2), "");
    put_value(&w, EAST2, "there");
    dynamodb_isolate(w.cloud, EAST1, false);
    ck_assert_str_eq(value_in(&w, EAST1), "there"); /* written later */
    ck_assert_str_eq(value_in(&w, EAST2), "there");
    world_clear(&w);
}
END_TEST

START_TEST(test_strong_replication)
{
    static const char read[] =
        "{'TableName': 'money', 'Key': {'id': {'S': 'x'}}, 'ConsistentRead': true}";
    struct world w = world_new(1);
    make_global(&w, true);
    put_value(&w, EAST1, "one");
    ck_assert_str_eq(value_in(&w, EAST2), "one"); /* at once */
    struct answer answer = put(&w, EAST2, "money",
                               "'Item': {'id': {'S': 'x'}, 'v': {'S': 'two'}}, "
                               "'ConditionExpression': 'attribute_not_exists(id)'");
    ck_assert_str_eq(answer.code, "ConditionalCheckFailedException");
    answer_clear(&answer);
    /* One region lost: it refuses, the rest goes on; it catches up when it is back. */
    dynamodb_isolate(w.cloud, EAST1, true);
    world_fails(&w, "dynamodb:GetItem", EAST1, read, "InternalServerError", NULL);
    answer = put(&w, EAST1, "money", "'Item': {'id': {'S': 'x'}, 'v': {'S': 'lost'}}");
    ck_assert_str_eq(answer.code, "InternalServerError");
    ck_assert_int_eq(answer.status, 500);
    answer_clear(&answer);
    ck_assert_str_eq(value_in(&w, EAST1), "one"); /* an eventual read still answers */
    put_value(&w, EAST2, "three");
    dynamodb_isolate(w.cloud, EAST1, false);
    ck_assert_str_eq(value_in(&w, EAST1), "three");
    /* Two of three lost: nothing goes. */
    dynamodb_isolate(w.cloud, EAST1, true);
    dynamodb_isolate(w.cloud, WEST2, true);
    world_fails(&w, "dynamodb:GetItem", EAST2, read, "InternalServerError", NULL);
    world_clear(&w);
}
END_TEST

/* Two regions writing one item at the same moment: the second is told to try again. */
START_TEST(test_strong_conflict)
{
    struct world w = world_new(1);
    make_global(&w, true);
    put_value(&w, EAST1, "one");
    struct call call = call_new(
        "dynamodb:PutItem", EAST2,
        unit_json("{'TableName': 'money', 'Item': {'id': {'S': 'x'}, 'v': {'S': 'two'}}}"), NULL);
    struct answer answer = cloud_call(w.cloud, &w.caller, &call, w.now);
    ck_assert_str_eq(answer.code, "ReplicatedWriteConflictException");
    ck_assert(aws_class_retryable(answer.class));
    answer_clear(&answer);
    world_wait(&w, 100);
    answer = cloud_call(w.cloud, &w.caller, &call, w.now);
    ck_assert_int_eq(answer.class, AWS_OK);
    answer_clear(&answer);
    call_clear(&call);
    world_clear(&w);
}
END_TEST

/* Everything is in the state: a cloud that is put back goes on as if nothing had been. */
START_TEST(test_state_survives)
{
    struct world w = world_new(1);
    make_global(&w, false);
    put_value(&w, EAST1, "one");
    json_auto_t *state = cloud_state(w.cloud, w.now);
    struct world other = world_new(2);
    other.now = w.now;
    ck_assert_int_eq(cloud_restore(other.cloud, state), 0);
    world_wait(&other, SECONDS(5));
    ck_assert_str_eq(value_in(&other, EAST2), "one");
    world_clear(&other);
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_numbers,
        test_reserved_words,
        test_put_and_get,
        test_refused_items,
        test_conditions,
        test_update_expressions,
        test_conditional_update,
        test_query,
        test_batches,
        test_consumed_capacity,
        test_eventual_replication,
        test_isolated_region_catches_up,
        test_strong_replication,
        test_strong_conflict,
        test_state_survives,
    };
    return unit_run("cloud_items", tests, ARRAY_SIZE(tests));
}
