/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/permission.h"
#include "tests/unit/unit.h"

START_TEST(test_catalogue_and_models_name_the_same_operations)
{
    ck_assert_uint_eq(n_operations, n_operation_models);
    for (size_t i = 0; i < n_operations; i++) {
        const struct operation *op = &operations[i];
        ck_assert_msg(operation_model(op) == &operation_models[i],
                      "row %zu (%s:%s) is out of order", i, op->service, op->name);
        ck_assert_ptr_eq(operation_find(op->service, op->name), op);
        autofree char *both = xasprintf("%s:%s", op->service, op->name);
        ck_assert_ptr_eq(operation_named(both), op);
    }
    ck_assert_ptr_null(operation_named("sqs"));
    ck_assert_ptr_null(operation_named("sqs:Nope"));
    ck_assert_ptr_null(operation_named("zzz:CreateQueue"));
}
END_TEST

/* True when the path "A.B[].C" leads to a member of the shape. */
static bool leads_somewhere(const struct shape *shape, const char *path)
{
    while (*path != '\0') {
        size_t n = strcspn(path, ".[");
        autofree char *name = xstrndup(path, n);
        const struct member *m = shape->type == SHAPE_STRUCTURE ? model_member(shape, name) : NULL;
        if (m == NULL)
            return false;
        shape = m->shape;
        path += n;
        if (str_prefix(path, "[]")) {
            if (shape->type != SHAPE_LIST)
                return false;
            shape = shape->element->shape;
            path += 2;
        }
        path += *path == '.';
    }
    return true;
}

static void check_pattern(const struct operation *op, const char *pattern)
{
    for (const char *p = strchr(pattern, '{'); p != NULL; p = strchr(p + 1, '{')) {
        autofree char *path = xstrndup(p + 1, strcspn(p + 1, ":}"));
        if (*path == '\0' || str_eq(path, "region") || str_eq(path, "account"))
            continue;
        ck_assert_msg(leads_somewhere(operation_model(op)->input, path), "%s:%s has no %s",
                      op->service, op->name, path);
    }
}

START_TEST(test_placeholders_name_members_of_the_model)
{
    for (size_t i = 0; i < n_operations; i++) {
        const struct operation *op = &operations[i];
        check_pattern(op, op->iam_resource);
        for (const struct permission *p = op->also; p != NULL && p->action != NULL; p++) {
            check_pattern(op, p->resource);
            ck_assert_msg(leads_somewhere(operation_model(op)->input, p->when), "%s:%s has no %s",
                          op->service, op->name, p->when);
        }
        if (op->batch == NULL)
            continue;
        ck_assert_ptr_nonnull(model_member(operation_model(op)->input, op->batch->list));
        for (size_t k = 0; k < ARRAY_SIZE(op->batch->deal) && op->batch->deal[k].result; k++)
            ck_assert_ptr_nonnull(
                model_member(operation_model(op)->output, op->batch->deal[k].result));
    }
}
END_TEST

START_TEST(test_home_and_names)
{
    ck_assert_int_eq(operation_region(operation_get("iam:GetRole"), REGION_US_WEST_2),
                     REGION_US_EAST_1);
    ck_assert_int_eq(operation_region(operation_get("sqs:GetQueueUrl"), REGION_US_WEST_2),
                     REGION_US_WEST_2);
    ck_assert_str_eq(budget_family_name(BUDGET_DYNAMODB_TAG), "dynamodb-tag");
    ck_assert_int_eq(operation_get("s3:DeleteBucketPolicy")->access, ACCESS_WRITE);
    ck_assert_int_eq(operation_get("s3:DeleteBucket")->access, ACCESS_DESTROY);
    ck_assert_int_eq(operation_get("dynamodb:PutItem")->plane, PLANE_DATA);
}
END_TEST

START_TEST(test_checks)
{
    static const struct {
        const char *operation, *args, *path, *checks;
    } rows[] = {
        { "sqs:CreateQueue", "{'QueueName': 'q', 'tags': {'a': 'b'}}", NULL,
          "[{'action': 'sqs:CreateQueue', 'resource': 'arn:aws:sqs:us-east-2:123456789012:q'},"
          "{'action': 'sqs:TagQueue', 'resource': 'arn:aws:sqs:us-east-2:123456789012:q'}]" },
        { "sqs:DeleteQueue", "{'QueueUrl': 'http://x/123456789012/q'}", NULL,
          "[{'action': 'sqs:DeleteQueue', 'resource': 'arn:aws:sqs:us-east-2:123456789012:q'}]" },
        { "ssm:GetParameters", "{'Names': ['/a/b', 'c']}", NULL,
          "[{'action': 'ssm:GetParameters',"
          "  'resource': 'arn:aws:ssm:us-east-2:123456789012:parameter/a/b'},"
          "{'action': 'ssm:GetParameters',"
          "  'resource': 'arn:aws:ssm:us-east-2:123456789012:parameter/c'}]" },
        { "iam:CreateRole", "{'RoleName': 'r', 'Path': '/drd/'}", NULL,
          "[{'action': 'iam:CreateRole', 'resource': 'arn:aws:iam::123456789012:role/drd/r'}]" },
        { "iam:CreateRole", "{'RoleName': 'r'}", NULL,
          "[{'action': 'iam:CreateRole', 'resource': 'arn:aws:iam::123456789012:role/r'}]" },
        { "lambda:GetFunction",
          "{'FunctionName': 'arn:aws:lambda:us-east-2:123456789012:function:f:live'}", NULL,
          "[{'action': 'lambda:GetFunction',"
          "  'resource': 'arn:aws:lambda:us-east-2:123456789012:function:f'}]" },
        { "dynamodb:BatchGetItem", "{'RequestItems': {'t': {}, 'u': {}}}", NULL,
          "[{'action': 'dynamodb:BatchGetItem',"
          "  'resource': 'arn:aws:dynamodb:us-east-2:123456789012:table/t'},"
          "{'action': 'dynamodb:BatchGetItem',"
          "  'resource': 'arn:aws:dynamodb:us-east-2:123456789012:table/u'}]" },
        { "dynamodb:TransactWriteItems", /* per element, and nothing for kinds that are absent */
          "{'TransactItems': [{'Delete': {'TableName': 't'}},"
          " {'ConditionCheck': {'TableName': 'u'}}]}",
          NULL,
          "[{'action': 'dynamodb:DeleteItem',"
          "  'resource': 'arn:aws:dynamodb:us-east-2:123456789012:table/t'},"
          "{'action': 'dynamodb:ConditionCheckItem',"
          "  'resource': 'arn:aws:dynamodb:us-east-2:123456789012:table/u'}]" },
        { "dynamodb:TransactWriteItems",
          "{'TransactItems': [{'Update': {'TableName': 'u'}}, {'Put': {'TableName': 't'}}]}", NULL,
          "[{'action': 'dynamodb:PutItem',"
          "  'resource': 'arn:aws:dynamodb:us-east-2:123456789012:table/t'},"
          "{'action': 'dynamodb:UpdateItem',"
          "  'resource': 'arn:aws:dynamodb:us-east-2:123456789012:table/u'}]" },
        { "apigateway:DeleteRestApi", "{'restApiId': 'x'}", "/restapis/x",
          "[{'action': 'apigateway:DELETE',"
          "  'resource': 'arn:aws:apigateway:us-east-2::/restapis/x'}]" },
        { "sts:GetCallerIdentity", "{}", NULL, "[]" },
        { "s3:ListBuckets", "{}", NULL, "[{'action': 's3:ListAllMyBuckets', 'resource': '*'}]" },
        { "s3:DeleteObjects",
          "{'Bucket': 'b', 'Delete': {'Objects': [{'Key': 'k', 'VersionId': '1'}]}}", NULL,
          "[{'action': 's3:DeleteObject', 'resource': 'arn:aws:s3:::b/k'},"
          "{'action': 's3:DeleteObjectVersion', 'resource': 'arn:aws:s3:::b/k'}]" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        json_auto_t *args = unit_json(rows[i].args), *wanted = unit_json(rows[i].checks);
        json_auto_t *checks = permission_checks(operation_get(rows[i].operation), REGION_US_EAST_2,
                                                "123456789012", args, rows[i].path);
        ck_assert_json_eq(checks, wanted);
    }
    json_auto_t *add = unit_json("{'TableName': 't', 'ReplicaUpdates':"
                                 " [{'Create': {'RegionName': 'us-east-2'}}]}");
    json_auto_t *checks = permission_checks(operation_get("dynamodb:UpdateTable"), REGION_US_EAST_1,
                                            "123456789012", add, NULL);
    ck_assert_uint_eq(json_array_size(checks), 11);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(checks, 2), "resource")),
                     "arn:aws:dynamodb:us-east-2:123456789012:table/t");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_catalogue_and_models_name_the_same_operations,
                                   test_placeholders_name_members_of_the_model, test_home_and_names,
                                   test_checks };
    return unit_run("operation", tests, ARRAY_SIZE(tests));
}
