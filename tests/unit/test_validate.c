/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/pattern.h"
#include "aws/validate.h"
#include "tests/unit/unit.h"

#include <errno.h>

START_TEST(test_inputs)
{
    static const struct {
        const char *service, *operation, *input, *problem; /* NULL: good */
    } rows[] = {
        { "sqs", "CreateQueue", "{'QueueName': 'orders', 'Attributes': {'DelaySeconds': '5'}}",
          NULL },
        { "sqs", "CreateQueue", "{}", "/QueueName: required, but missing" },
        { "sqs", "CreateQueue", "[]", "expected an object, not a list" },
        { "sqs", "CreateQueue", "{'QueueName': 5}", "/QueueName: expected a string, not a number" },
        { "sqs", "CreateQueue", "{'QueueName': 'q', 'Atributes': {}}",
          "/Atributes: unknown member. Did you mean Attributes?" },
        { "sqs", "CreateQueue", "{'QueueName': 'q', 'Zzzzzzzzzzz': {}}",
          "/Zzzzzzzzzzz: unknown member" },
        { "sqs", "CreateQueue", "{'QueueName': 'q', 'Attributes': {'Nope': '1'}}",
          "/Attributes/Nope: 'Nope' is none of the values that AWS knows here (All, …)" },
        { "sqs", "CreateQueue", "{'QueueName': 'q', 'Attributes': {'DelaySeconds': 5}}",
          "/Attributes/DelaySeconds: expected a string, not a number" },
        { "sqs", "GetQueueAttributes", "{'QueueUrl': 'u', 'AttributeNames': 'All'}",
          "/AttributeNames: expected a list, not a string" },
        { "dynamodb", "Query", "{'TableName': 'table', 'IndexName': 'by!'}",
          "/IndexName: 'by!' does not match [a-zA-Z0-9_.-]+" },
        { "iam", "GetRole", "{'RoleName': ''}", "/RoleName: 0 characters is below the least, 1" },
        { "iam", "CreateRole",
          "{'RoleName': 'r', 'AssumeRolePolicyDocument': '{}', 'MaxSessionDuration': 60}",
          "/MaxSessionDuration: 60 is below the least, 3600" },
        { "iam", "CreateRole",
          "{'RoleName': 'r', 'AssumeRolePolicyDocument': '{}', 'MaxSessionDuration': 99999999999}",
          "/MaxSessionDuration: 99999999999 does not fit in 32 bits" },
        { "iam", "CreateRole",
          "{'RoleName': 'r', 'AssumeRolePolicyDocument': '{}', 'Tags': [{'Key': 'k'}]}",
          "/Tags/0/Value: required, but missing" },
        { "dynamodb", "PutItem", "{'TableName': 'table', 'Item': {'id': {'B': '####'}}}",
          "/Item/id/B: expected base64 text, not a string" },
        { "dynamodb", "PutItem", "{'TableName': 'table', 'Item': {'id': {'BOOL': 1}}}",
          "/Item/id/BOOL: expected true or false, not a number" },
        { "cloudwatch", "GetMetricData",
          "{'StartTime': 'now', 'EndTime': 2, 'MetricDataQueries': []}",
          "/StartTime: expected milliseconds since 1970, not a string" },
        { "cloudwatch", "PutMetricAlarm", "{'AlarmName': 'a', 'Threshold': 'x'}",
          "/Threshold: expected a number, not a string" },
        { "ssm", "GetParameters", "{'Names': []}", "/Names: 0 elements is below the least, 1" },
        { "sts", "GetCallerIdentity", "{}", NULL },
        { "sts", "GetCallerIdentity", "{'x': 1}", "/x: unknown member" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        json_auto_t *input = unit_json(rows[i].input);
        struct problem p;
        int error = validate_input(model_operation(rows[i].service, rows[i].operation)->input,
                                   input, &p);
        autofree char *text = problem_text(&p);
        if (rows[i].problem == NULL)
            ck_assert_msg(error == 0, "%s: %s", rows[i].input, text);
        else
            ck_assert_msg(error == -EINVAL && str_prefix(text, rows[i].problem),
                          "%s says\n%s, not\n%s", rows[i].input, text, rows[i].problem);
    }
    struct problem p;
    ck_assert_int_eq(validate_input(NULL, NULL, &p), 0);
}
END_TEST

START_TEST(test_union_has_one_member)
{
    static const struct shape text = { .name = "Text", .type = SHAPE_STRING };
    static const struct member members[] = { { .name = "a", .shape = &text },
                                             { .name = "b", .shape = &text } };
    static const struct shape either = { .name = "Either",
                                         .type = SHAPE_STRUCTURE,
                                         .members = members,
                                         .n_members = 2,
                                         .is_union = true };
    json_auto_t *one = unit_json("{'a': 'x'}"), *two = unit_json("{'a': 'x', 'b': 'y'}");
    struct problem p;
    ck_assert_int_eq(validate_input(&either, one, &p), 0);
    ck_assert_int_eq(validate_input(&either, two, &p), -EINVAL);
    ck_assert_str_eq(p.text, "exactly one member must be set, not 2");
}
END_TEST

START_TEST(test_patterns)
{
    static const struct {
        const char *pattern, *posix, *yes, *no;
    } rows[] = {
        { "[a-c-_.]+", "^([._abc-]+)$", "a-_.", "d" },
        { "\\d{12}", "^([0123456789]{12})$", "123456789012", "12345678901x" },
        { "[\\w+=,.@-]+", NULL, "a_Z9+=,.@-", "a b" },
        { "(?:a|b)\\/c", "^((a|b)/c)$", "a/c", "a/d" },
        { "[^:].*", "^([^:].*)$", "x:", ":x" },
        { "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)", NULL, "/a/", "a/" },
        { "[^ /\\.$\\x22]*", NULL, "abc", "a\"b" },
        { "[\\s\\S]*", NULL, "any\nthing", NULL },
        { "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?", NULL, "v12.a-b", "v0" },
        { "(?!^[0-9]+$)([a-z]+)", "none", "123", NULL },
        { "[\\p{L}]+", "none", "???", NULL },
        { "a+?", "none", "zzz", NULL },
        { "[unclosed", "none", "zzz", NULL },
        { "[\\]^]+", "^([]^]+)$", "]^", "a" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        autofree char *posix = pattern_posix(rows[i].pattern);
        if (str_eq(rows[i].posix, "none"))
            ck_assert_ptr_null(posix);
        else if (rows[i].posix != NULL)
            ck_assert_str_eq(posix, rows[i].posix);
        ck_assert_msg(pattern_matches(rows[i].pattern, rows[i].yes), "%s", rows[i].pattern);
        if (rows[i].no != NULL)
            ck_assert_msg(!pattern_matches(rows[i].pattern, rows[i].no), "%s", rows[i].pattern);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_inputs, test_union_has_one_member, test_patterns };
    return unit_run("validate", tests, ARRAY_SIZE(tests));
}
