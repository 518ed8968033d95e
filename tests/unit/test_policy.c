/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/policy.h"
#include "tests/unit/unit.h"

/* One statement in single quotes, asked for one action on one resource with one context. */
static enum policy_effect ask(const char *statement, enum policy_kind kind, const char *action,
                              const char *resource, const char *context)
{
    autofree char *text = xasprintf("{'Version': '2012-10-17', 'Statement': [%s]}", statement);
    json_auto_t *document = unit_json(text);
    json_auto_t *facts = unit_json(context);
    struct problem problem;
    int error = policy_check(document, kind, &problem);
    if (error < 0)
        ck_abort_msg("%s: %s", statement, problem.text);
    struct policy_request request = { .action = action,
                                      .resource = resource,
                                      .context = facts,
                                      .principal = "arn:aws:sts::111111111111:assumed-role/r/s",
                                      .role = "arn:aws:iam::111111111111:role/r",
                                      .account = "111111111111" };
    return policy_evaluate(document, kind, &request, NULL);
}

static enum policy_effect identity(const char *statement, const char *action, const char *resource)
{
    return ask(statement, POLICY_IDENTITY, action, resource, "{}");
}

START_TEST(test_glob)
{
    ck_assert(policy_glob("s3:Get*", "s3:GetObject", false));
    ck_assert(policy_glob("S3:get*", "s3:GetObject", true));
    ck_assert(!policy_glob("S3:get*", "s3:GetObject", false));
    ck_assert(policy_glob("a?c*e", "abcde", false));
    ck_assert(!policy_glob("a?c", "ac", false));
    ck_assert(policy_glob("*", "", false));
    ck_assert(policy_glob("*a*b*c*", "xxaxxbxxbxxc", false));
    ck_assert(!policy_glob("*a*b*c", "xxaxxbxxcx", false));
}
END_TEST

START_TEST(test_actions_and_resources)
{
    const char *allow = "{'Effect': 'Allow', 'Action': ['SQS:create*', 'sqs:Tag?ueue'], "
                        "'Resource': 'arn:aws:sqs:*:111111111111:orders-*'}";
    const char *orders = "arn:aws:sqs:us-east-1:111111111111:orders-1";
    ck_assert_int_eq(identity(allow, "sqs:CreateQueue", orders), POLICY_ALLOW);
    ck_assert_int_eq(identity(allow, "sqs:TagQueue", orders), POLICY_ALLOW);
    ck_assert_int_eq(identity(allow, "sqs:DeleteQueue", orders), POLICY_NONE);
    /* a wildcard does not reach over the colons of an ARN */
    ck_assert_int_eq(identity("{'Effect': 'Allow', 'Action': '*', 'Resource': 'arn:aws:sqs:*'}",
                              "sqs:CreateQueue", orders),
                     POLICY_NONE);
    const char *not = "{'Effect': 'Deny', 'NotAction': ['iam:*', 'sts:*'], 'NotResource': "
                      "'arn:aws:s3:::keep/*'}";
    ck_assert_int_eq(identity(not, "s3:GetObject", "arn:aws:s3:::other/x"), POLICY_DENY);
    ck_assert_int_eq(identity(not, "s3:GetObject", "arn:aws:s3:::keep/x"), POLICY_NONE);
    ck_assert_int_eq(identity(not, "iam:GetRole", "*"), POLICY_NONE);
}
END_TEST

START_TEST(test_deny_wins)
{
    const char *both = "{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}, "
                       "{'Sid': 'No', 'Effect': 'Deny', 'Action': 's3:Delete*', 'Resource': '*'}";
    ck_assert_int_eq(identity(both, "s3:DeleteObject", "arn:aws:s3:::b/k"), POLICY_DENY);
    ck_assert_int_eq(identity(both, "s3:GetObject", "arn:aws:s3:::b/k"), POLICY_ALLOW);
    json_auto_t *document = unit_json("{'Statement': {'Sid': 'One', 'Effect': 'Allow', "
                                      "'Action': '*', 'Resource': '*'}}");
    const char *sid;
    struct policy_request request = { .action = "a:b", .resource = "*" };
    ck_assert_int_eq(policy_evaluate(document, POLICY_IDENTITY, &request, &sid), POLICY_ALLOW);
    ck_assert_str_eq(sid, "One");
}
END_TEST

/* condition, context, does it hold? Source: IAM User Guide, "IAM JSON policy elements: Condition
 * operators" and "… with multiple context keys or values". */
static const struct {
    const char *condition, *context;
    bool holds;
} conditions[] = {
    { "'StringEquals': {'aws:RequestedRegion': ['us-east-1', 'us-east-2']}",
      "{'aws:RequestedRegion': 'us-east-2'}", true },
    { "'StringEquals': {'aws:RequestedRegion': 'us-east-1'}", "{'aws:RequestedRegion': 'x'}",
      false },
    { "'StringEquals': {'AWS:requestedregion': 'x'}", "{'aws:RequestedRegion': 'x'}", true },
    { "'StringEquals': {'aws:SourceArn': 'a'}", "{}", false },
    { "'StringEqualsIfExists': {'aws:SourceArn': 'a'}", "{}", true },
    { "'StringEqualsIfExists': {'aws:SourceArn': 'a'}", "{'aws:SourceArn': 'b'}", false },
    { "'StringNotEquals': {'aws:SourceArn': 'a'}", "{}", true },
    { "'StringNotEquals': {'aws:SourceArn': ['a', 'b']}", "{'aws:SourceArn': 'b'}", false },
    { "'StringNotEquals': {'aws:SourceArn': ['a', 'b']}", "{'aws:SourceArn': 'c'}", true },
    { "'StringEqualsIgnoreCase': {'k:x': 'ABC'}", "{'k:x': 'abc'}", true },
    { "'StringNotEqualsIgnoreCase': {'k:x': 'ABC'}", "{'k:x': 'abc'}", false },
    { "'StringLike': {'aws:ResourceTag/team': 'pay*'}", "{'aws:ResourceTag/team': 'payments'}",
      true },
    { "'StringNotLike': {'aws:ResourceTag/team': 'pay*'}", "{'aws:ResourceTag/team': 'payments'}",
      false },
    { "'ArnLike': {'aws:SourceArn': 'arn:aws:s3:*:*:b*'}", "{'aws:SourceArn': 'arn:aws:s3:::bb'}",
      true },
    { "'ArnEquals': {'aws:SourceArn': 'arn:aws:s3:*'}", "{'aws:SourceArn': 'arn:aws:s3:::bb'}",
      false },
    { "'ArnNotEquals': {'aws:SourceArn': 'arn:aws:s3:::b'}", "{'aws:SourceArn': 'arn:aws:s3:::b'}",
      false },
    { "'Bool': {'aws:SecureTransport': 'false'}", "{'aws:SecureTransport': false}", true },
    { "'Bool': {'aws:SecureTransport': false}", "{'aws:SecureTransport': true}", false },
    { "'Null': {'aws:TokenIssueTime': 'true'}", "{}", true },
    { "'Null': {'aws:TokenIssueTime': 'false'}", "{}", false },
    { "'Null': {'aws:TokenIssueTime': 'false'}", "{'aws:TokenIssueTime': 'x'}", true },
    { "'ForAllValues:StringEquals': {'aws:TagKeys': ['a', 'b']}", "{'aws:TagKeys': ['a']}", true },
    { "'ForAllValues:StringEquals': {'aws:TagKeys': ['a', 'b']}", "{'aws:TagKeys': ['a', 'c']}",
      false },
    { "'ForAllValues:StringEquals': {'aws:TagKeys': ['a', 'b']}", "{}", true },
    { "'ForAnyValue:StringEquals': {'aws:TagKeys': ['a', 'b']}", "{'aws:TagKeys': ['a', 'c']}",
      true },
    { "'ForAnyValue:StringEquals': {'aws:TagKeys': ['a', 'b']}", "{}", false },
    { "'ForAnyValue:StringLike': {'aws:TagKeys': 'drd:*'}", "{'aws:TagKeys': ['x', 'drd:y']}",
      true },
    { "'NumericLessThanEquals': {'s3:max-keys': '10'}", "{'s3:max-keys': 10}", true },
    { "'NumericLessThan': {'s3:max-keys': '10'}", "{'s3:max-keys': 10}", false },
    { "'NumericGreaterThan': {'s3:max-keys': '10'}", "{'s3:max-keys': 11}", true },
    { "'NumericGreaterThanEquals': {'s3:max-keys': '10'}", "{'s3:max-keys': 10}", true },
    { "'NumericEquals': {'s3:max-keys': '10'}", "{'s3:max-keys': 10.0}", true },
    { "'NumericNotEquals': {'s3:max-keys': '10'}", "{'s3:max-keys': 10}", false },
    { "'DateGreaterThan': {'aws:CurrentTime': '2026-01-01T00:00:00Z'}",
      "{'aws:CurrentTime': '2026-11-22T00:00:00Z'}", true },
    { "'DateLessThan': {'aws:CurrentTime': '2026-01-01T00:00:00Z'}",
      "{'aws:CurrentTime': '2026-11-22T00:00:00Z'}", false },
    { "'DateEquals': {'aws:EpochTime': '1767225600'}", "{'aws:EpochTime': '2026-01-01T00:00:00Z'}",
      true },
    { "'IpAddress': {'aws:SourceIp': '10.1.0.0/16'}", "{'aws:SourceIp': '10.1.2.3'}", true },
    { "'IpAddress': {'aws:SourceIp': '10.1.0.0/16'}", "{'aws:SourceIp': '10.2.2.3'}", false },
    { "'NotIpAddress': {'aws:SourceIp': '10.1.2.3'}", "{'aws:SourceIp': '10.1.2.3'}", false },
    { "'IpAddress': {'aws:SourceIp': '0.0.0.0/0'}", "{'aws:SourceIp': '10.2.2.3'}", true },
    { "'StringEquals': {'a:x': '${aws:PrincipalTag/team}'}",
      "{'a:x': 'pay', 'aws:PrincipalTag/team': 'pay'}", true },
    { "'StringEquals': {'a:x': '${aws:PrincipalTag/team}'}", "{'a:x': 'pay'}", false },
    { "'StringEquals': {'a:x': '1', 'a:y': '2'}", "{'a:x': '1', 'a:y': '3'}", false },
};

START_TEST(test_conditions)
{
    for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
        autofree char *statement = xasprintf(
            "{'Effect': 'Allow', 'Action': '*', 'Resource': '*', 'Condition': {%s}}",
            conditions[i].condition);
        bool holds = ask(statement, POLICY_IDENTITY, "a:b", "*", conditions[i].context) ==
                     POLICY_ALLOW;
        ck_assert_msg(holds == conditions[i].holds, "%s with %s", conditions[i].condition,
                      conditions[i].context);
    }
}
END_TEST

START_TEST(test_default_of_a_variable)
{
    json_auto_t *document = json_pack("{s:{s:s, s:s, s:s}}", "Statement", "Effect", "Allow",
                                      "Action", "*", "Resource",
                                      "arn:aws:s3:::${aws:PrincipalTag/team, 'none'}-bucket");
    struct policy_request request = { .action = "s3:ListBucket",
                                      .resource = "arn:aws:s3:::none-bucket" };
    ck_assert_int_eq(policy_evaluate(document, POLICY_IDENTITY, &request, NULL), POLICY_ALLOW);
    request.resource = "arn:aws:s3:::-bucket";
    ck_assert_int_eq(policy_evaluate(document, POLICY_IDENTITY, &request, NULL), POLICY_NONE);
}
END_TEST

START_TEST(test_principals)
{
    static const struct {
        const char *principal;
        enum policy_effect effect;
    } cases[] = {
        { "'*'", POLICY_ALLOW },
        { "{'AWS': '*'}", POLICY_ALLOW },
        { "{'AWS': 'arn:aws:iam::111111111111:root'}", POLICY_DELEGATE },
        { "{'AWS': '111111111111'}", POLICY_DELEGATE },
        { "{'AWS': '222222222222'}", POLICY_NONE },
        { "{'AWS': ['222222222222', 'arn:aws:iam::111111111111:role/r']}", POLICY_ALLOW },
        { "{'AWS': 'arn:aws:sts::111111111111:assumed-role/r/s'}", POLICY_ALLOW },
        { "{'AWS': 'arn:aws:sts::111111111111:assumed-role/r/other'}", POLICY_NONE },
        { "{'Service': 'lambda.amazonaws.com'}", POLICY_NONE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        autofree char *statement = xasprintf(
            "{'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': %s}", cases[i].principal);
        ck_assert_msg(ask(statement, POLICY_TRUST, "sts:AssumeRole", "*", "{}") == cases[i].effect,
                      "%s", cases[i].principal);
    }
}
END_TEST

START_TEST(test_check)
{
    static const struct {
        enum policy_kind kind;
        const char *text, *problem;
    } bad[] = {
        { POLICY_IDENTITY, "{", "This policy contains invalid Json" },
        { POLICY_IDENTITY, "[]", "Syntax errors in policy." },
        { POLICY_IDENTITY, "{\"Version\": \"2020-01-01\", \"Statement\": []}",
          "Syntax errors in policy." },
        { POLICY_IDENTITY,
          "{\"Statement\": [{\"Effect\": \"allow\", \"Action\": \"*\", "
          "\"Resource\": \"*\"}]}",
          "Syntax errors in policy." },
        { POLICY_IDENTITY, "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\"}]}",
          "Policy statement must contain resources." },
        { POLICY_IDENTITY, "{\"Statement\": [{\"Effect\": \"Allow\", \"Resource\": \"*\"}]}",
          "Policy statement must contain actions." },
        { POLICY_IDENTITY,
          "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", "
          "\"Resource\": \"*\", \"Principal\": \"*\"}]}",
          "Policy document should not specify a principal." },
        { POLICY_IDENTITY,
          "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", "
          "\"Resource\": \"*\", \"Conditions\": {}}]}",
          "Syntax errors in policy." },
        { POLICY_IDENTITY,
          "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", "
          "\"Resource\": \"*\", \"Condition\": {\"StringIs\": {\"a\": \"b\"}}}]}",
          "Syntax errors in policy." },
        { POLICY_TRUST,
          "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sts:*\", "
          "\"Principal\": \"*\", \"Resource\": \"*\"}]}",
          "Has prohibited field Resource" },
        { POLICY_TRUST, "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sts:*\"}]}",
          "Missing required field Principal" },
        { POLICY_RESOURCE,
          "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sqs:*\", "
          "\"Resource\": \"*\", \"Principal\": {\"Who\": \"me\"}}]}",
          "Invalid principal in policy." },
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct problem problem = { 0 };
        json_t *document = NULL;
        ck_assert_int_lt(policy_parse(bad[i].text, bad[i].kind, &document, &problem), 0);
        ck_assert_str_eq(problem.text, bad[i].problem);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_glob,       test_actions_and_resources, test_deny_wins,
                                   test_conditions, test_default_of_a_variable, test_principals,
                                   test_check };
    return unit_run("policy", tests, ARRAY_SIZE(tests));
}
