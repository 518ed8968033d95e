/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox's cloud in-process: the pipeline (validation, permissions, rates), and STS, IAM, SQS
 * and SSM as AWS behaves. */
#include "aws/codec.h"
#include "tests/sandbox/service.h"
#include "tests/unit/unit.h"

#define KEY "AKIAADMIN"
#define TRUST_ME                                                                                   \
    "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":"           \
    "{\"AWS\":\"123456789012\"}}]}"

struct world {
    struct cloud *cloud;
    struct caller caller;
    struct now now;
    struct answer answer; /* of the last call */
};

static struct world world_with(msec_t stale_reads, uint64_t seed)
{
    static const enum region regions[] = { REGION_US_EAST_1, REGION_US_EAST_2 };
    struct cloud_settings settings = { .regions = regions,
                                       .n_regions = ARRAY_SIZE(regions),
                                       .seed = seed,
                                       .stale_reads = stale_reads };
    struct world w = { .cloud = cloud_new(&settings),
                       .now = { .boot = 1000000, .wall = { 1795359600000 } } };
    cloud_add_user(w.cloud, "admin", KEY, "secret", NULL);
    w.caller = cloud_caller(w.cloud, KEY, "127.0.0.1");
    return w;
}

static struct world world_new(void)
{
    return world_with(0, 1);
}

static void world_clear(struct world *w)
{
    answer_clear(&w->answer);
    cloud_free(w->cloud);
}

static void pass(struct world *w, msec_t ms)
{
    w->now.boot += ms;
    w->now.wall.ms += ms;
}

/* Calls with arguments in single quotes, and gives the answer's body. */
static const json_t *say_in(struct world *w, enum region region, const char *operation,
                            json_t *args)
{
    struct call call = call_new(operation, region, args, NULL);
    answer_clear(&w->answer);
    w->answer = cloud_call(w->cloud, &w->caller, &call, w->now);
    call_clear(&call);
    return w->answer.body;
}
static const json_t *say(struct world *w, const char *operation, const char *args)
{
    return say_in(w, REGION_US_EAST_1, operation, unit_json(args));
}

#define ck_ok(w)                                                                                   \
    ck_assert_msg((w)->answer.class == AWS_OK, "%s: %s", (w)->answer.code, (w)->answer.message)
#define ck_refused(w, error, text)                                                                 \
    do {                                                                                           \
        ck_assert_str_eq((w)->answer.code, error);                                                 \
        ck_assert_msg(strstr((w)->answer.message, text) != NULL, "%s", (w)->answer.message);       \
    } while (0)

static const char *text_at(const json_t *body, const char *a, const char *b)
{
    const json_t *value = json_object_get(body, a);
    return json_string_value(b == NULL ? value : json_object_get(value, b));
}

/* ---- the pipeline ---- */

START_TEST(test_validation)
{
    struct world w = world_new();
    say(&w, "iam:GetRole", "{}");
    ck_refused(&w, "ValidationError",
               "Value at 'roleName' failed to satisfy constraint: Member "
               "must not be null");
    ck_assert_int_eq(w.answer.status, 400);
    ck_assert_int_eq(w.answer.class, AWS_INVALID);
    say(&w, "iam:GetRole", "{'RoleName': 'a b'}");
    ck_refused(&w, "ValidationError", "regular expression pattern: [\\w+=,.@-]+");
    say(&w, "ssm:GetParameters", "{'Names': ['1','2','3','4','5','6','7','8','9','10','11']}");
    ck_refused(&w, "ValidationException", "length less than or equal to 10");
    say(&w, "ssm:PutParameter", "{'Name': 'a', 'Value': 'v', 'Type': 'Text'}");
    ck_refused(&w, "ValidationException", "enum value set: [String, StringList, SecureString]");
    say(&w, "sqs:GetQueueUrl", "{}");
    ck_refused(&w, "MissingRequiredParameterException", "parameter QueueName");
    say(&w, "sqs:GetQueueUrl", "{'QueueName': 'q', 'Bogus': 1}");
    ck_assert_int_eq(w.answer.class, AWS_INVALID);
    world_clear(&w);
}
END_TEST

START_TEST(test_not_implemented_is_said)
{
    struct world w = world_new();
    say(&w, "acm:ListCertificates", "{}");
    ck_refused(&w, "NotImplemented", "does not implement acm:ListCertificates");
    ck_assert_int_eq(w.answer.status, 501);
    say_in(&w, REGION_EU_WEST_1, "sqs:ListQueues", json_object());
    ck_refused(&w, "UnrecognizedClientException", "no region eu-west-1");
    world_clear(&w);
}
END_TEST

static void add_limited(struct world *w, const char *statement)
{
    autofree char *text = xasprintf("[{'Statement': [%s]}]", statement);
    json_auto_t *policies = unit_json(text);
    cloud_add_user(w->cloud, "limited", "AKIALIMITED", "secret", policies);
    w->caller = cloud_caller(w->cloud, "AKIALIMITED", "127.0.0.1");
}

START_TEST(test_permissions)
{
    struct world w = world_new();
    add_limited(&w, "{'Sid': 'Queues', 'Effect': 'Allow', 'Action': 'sqs:*', "
                    "'Resource': 'arn:aws:sqs:*:*:mine-*'}, "
                    "{'Effect': 'Deny', 'Action': 'sqs:DeleteQueue', 'Resource': '*'}");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'mine-1'}");
    ck_ok(&w);
    ck_assert_str_eq(cloud_decision(w.cloud),
                     "allowed by statement Queues of a policy of the user");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'other'}");
    ck_refused(&w, "AccessDeniedException",
               "User: arn:aws:iam::123456789012:user/limited is not authorized to perform: "
               "sqs:CreateQueue on resource: arn:aws:sqs:us-east-1:123456789012:other because no "
               "identity-based policy allows the sqs:CreateQueue action");
    ck_assert_int_eq(w.answer.class, AWS_DENIED);
    say(&w, "sqs:DeleteQueue",
        "{'QueueUrl': 'https://sqs.us-east-1.amazonaws.com/123456789012/mine-1'}");
    ck_refused(&w, "AccessDeniedException", "with an explicit deny in an identity-based policy");
    say(&w, "sts:GetCallerIdentity", "{}");
    ck_ok(&w);
    world_clear(&w);
}
END_TEST

START_TEST(test_conditions_of_a_call)
{
    struct world w = world_new();
    add_limited(&w, "{'Effect': 'Allow', 'Action': ['sqs:*'], 'Resource': '*', 'Condition': {"
                    "'StringEquals': {'aws:RequestedRegion': 'us-east-1'}, "
                    "'Bool': {'aws:SecureTransport': 'true'}, "
                    "'StringEqualsIfExists': {'aws:ResourceTag/team': 'pay'}, "
                    "'ForAllValues:StringEquals': {'aws:TagKeys': ['team']}}}");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'a', 'tags': {'team': 'pay'}}");
    ck_ok(&w);
    say(&w, "sqs:CreateQueue", "{'QueueName': 'b', 'tags': {'who': 'me'}}");
    ck_refused(&w, "AccessDeniedException", "sqs:");
    say_in(&w, REGION_US_EAST_2, "sqs:CreateQueue", unit_json("{'QueueName': 'a'}"));
    ck_refused(&w, "AccessDeniedException", "sqs:CreateQueue");
    w.caller.secure = false;
    say(&w, "sqs:GetQueueUrl", "{'QueueName': 'a'}");
    ck_refused(&w, "AccessDeniedException", "sqs:GetQueueUrl");
    w.caller = cloud_caller(w.cloud, KEY, "");
    say(&w, "sqs:TagQueue", "{'QueueUrl': 'http://h/123456789012/a', 'Tags': {'team': 'other'}}");
    w.caller = cloud_caller(w.cloud, "AKIALIMITED", "");
    say(&w, "sqs:GetQueueUrl", "{'QueueName': 'a'}");
    ck_refused(&w, "AccessDeniedException", "sqs:GetQueueUrl");
    world_clear(&w);
}
END_TEST

START_TEST(test_rates)
{
    struct world w = world_new();
    int throttled = 0;
    for (int i = 0; i < 60; i++) {
        say(&w, "ssm:GetParameter", "{'Name': 'none'}");
        throttled += w.answer.class == AWS_THROTTLED;
    }
    ck_assert_int_eq(throttled, 20); /* a burst of 40 */
    ck_refused(&w, "ThrottlingException", "Rate exceeded");
    say(&w, "sqs:ListQueues", "{}"); /* its own bucket */
    ck_ok(&w);
    say_in(&w, REGION_US_EAST_2, "ssm:GetParameter", unit_json("{'Name': 'none'}"));
    ck_assert_str_eq(w.answer.code, "ParameterNotFound");
    pass(&w, 25);
    say(&w, "ssm:GetParameter", "{'Name': 'none'}");
    ck_assert_str_eq(w.answer.code, "ParameterNotFound");
    world_clear(&w);
}
END_TEST

START_TEST(test_state_comes_back)
{
    struct world w = world_new();
    say(&w, "sqs:CreateQueue", "{'QueueName': 'kept'}");
    json_auto_t *state = cloud_state(w.cloud, w.now);
    world_clear(&w);
    struct world v = world_new();
    ck_assert_int_eq(cloud_restore(v.cloud, state), 0);
    say(&v, "sqs:GetQueueUrl", "{'QueueName': 'kept'}");
    ck_ok(&v);
    json_auto_t *alien = json_pack("{s:i, s:s, s:{}}", "version", 1, "account", "1", "services");
    ck_assert_int_lt(cloud_restore(v.cloud, alien), 0);
    json_auto_t *bare = json_object();
    ck_assert_int_lt(cloud_restore(v.cloud, bare), 0);
    world_clear(&v);
}
END_TEST

START_TEST(test_stale_reads)
{
    struct world w = world_with(SECONDS(10), 7);
    int stale = 0, fresh = 0;
    say(&w, "sqs:ListQueues", "{}");
    for (int i = 0; i < 40; i++) {
        autofree char *create = xasprintf("{'QueueName': 'q%d'}", i);
        say(&w, "sqs:CreateQueue", create);
        ck_ok(&w);
        say(&w, "sqs:GetQueueUrl", create);
        stale += w.answer.class == AWS_NOT_FOUND;
        fresh += w.answer.class == AWS_OK;
        pass(&w, SECONDS(11));
        say(&w, "sqs:GetQueueUrl", create);
        ck_ok(&w);
    }
    ck_assert_int_gt(stale, 5);
    ck_assert_int_gt(fresh, 5);
    world_clear(&w);
}
END_TEST

/* ---- IAM and STS ---- */

static void create_role(struct world *w, const char *name, const char *trust)
{
    say_in(w, REGION_US_EAST_1, "iam:CreateRole",
           json_pack("{s:s, s:s}", "RoleName", name, "AssumeRolePolicyDocument", trust));
    ck_ok(w);
}

START_TEST(test_role_life)
{
    struct world w = world_new();
    say(&w, "iam:GetRole", "{'RoleName': 'r'}");
    ck_refused(&w, "NoSuchEntity", "The role with name r cannot be found.");
    ck_assert_int_eq(w.answer.status, 404);
    ck_assert_int_eq(w.answer.class, AWS_NOT_FOUND);
    create_role(&w, "r", TRUST_ME);
    ck_assert_str_eq(text_at(w.answer.body, "Role", "Arn"), "arn:aws:iam::123456789012:role/r");
    ck_assert_ptr_null(json_object_get(json_object_get(w.answer.body, "Role"), "RoleLastUsed"));
    const json_t *body = say(&w, "iam:GetRole", "{'RoleName': 'r'}");
    const char *encoded = text_at(body, "Role", "AssumeRolePolicyDocument");
    char *plain;
    size_t size;
    ck_assert(codec_percent_decode(encoded, strlen(encoded), false, &plain, &size));
    ck_assert_str_eq(plain, TRUST_ME);
    free(plain);
    ck_assert_ptr_nonnull(json_object_get(json_object_get(body, "Role"), "RoleLastUsed"));
    say_in(&w, REGION_US_EAST_2, "iam:CreateRole",
           json_pack("{s:s, s:s}", "RoleName", "r", "AssumeRolePolicyDocument", TRUST_ME));
    ck_refused(&w, "EntityAlreadyExists", "Role with name r already exists.");
    ck_assert_int_eq(w.answer.class, AWS_EXISTS);
    say(&w, "iam:PutRolePolicy", "{'RoleName': 'r', 'PolicyName': 'p', 'PolicyDocument': '{'}");
    ck_refused(&w, "MalformedPolicyDocument", "invalid Json");
    say_in(&w, REGION_US_EAST_1, "iam:PutRolePolicy",
           json_pack("{s:s, s:s, s:s}", "RoleName", "r", "PolicyName", "p", "PolicyDocument",
                     "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"));
    ck_ok(&w);
    say(&w, "iam:DeleteRole", "{'RoleName': 'r'}");
    ck_refused(&w, "DeleteConflict", "must delete policies first");
    say(&w, "iam:DeleteRolePolicy", "{'RoleName': 'r', 'PolicyName': 'p'}");
    ck_ok(&w);
    say(&w, "iam:GetRolePolicy", "{'RoleName': 'r', 'PolicyName': 'p'}");
    ck_refused(&w, "NoSuchEntity", "The role policy with name p cannot be found.");
    say(&w, "iam:DeleteRole", "{'RoleName': 'r'}");
    ck_ok(&w);
    world_clear(&w);
}
END_TEST

START_TEST(test_managed_policies)
{
    struct world w = world_new();
    static const char document[] =
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"*\"}}";
    const char *arn = "arn:aws:iam::123456789012:policy/p";
    create_role(&w, "r", TRUST_ME);
    say(&w, "iam:AttachRolePolicy", "{'RoleName': 'r', 'PolicyArn': 'policy-arn-that-is-none'}");
    ck_refused(&w, "ValidationError", "Invalid ARN:  Could not be parsed!");
    json_auto_t *attach = json_pack("{s:s, s:s}", "RoleName", "r", "PolicyArn", arn);
    say_in(&w, REGION_US_EAST_1, "iam:AttachRolePolicy", json_deep_copy(attach));
    ck_refused(&w, "NoSuchEntity", "does not exist or is not attachable.");
    json_t *create = json_pack("{s:s, s:s}", "PolicyName", "p", "PolicyDocument", document);
    say_in(&w, REGION_US_EAST_1, "iam:CreatePolicy", json_deep_copy(create));
    ck_ok(&w);
    say_in(&w, REGION_US_EAST_1, "iam:CreatePolicy", create);
    ck_refused(&w, "EntityAlreadyExists", "A policy called p already exists");
    say_in(&w, REGION_US_EAST_1, "iam:AttachRolePolicy", json_deep_copy(attach));
    ck_ok(&w);
    for (int i = 2; i <= 5; i++) {
        say_in(&w, REGION_US_EAST_1, "iam:CreatePolicyVersion",
               json_pack("{s:s, s:s, s:b}", "PolicyArn", arn, "PolicyDocument", document,
                         "SetAsDefault", true));
        ck_ok(&w);
    }
    say_in(&w, REGION_US_EAST_1, "iam:CreatePolicyVersion",
           json_pack("{s:s, s:s}", "PolicyArn", arn, "PolicyDocument", document));
    ck_refused(&w, "LimitExceeded", "up to 5 versions");
    say_in(&w, REGION_US_EAST_1, "iam:DeletePolicy", json_pack("{s:s}", "PolicyArn", arn));
    ck_refused(&w, "DeleteConflict", "attached to entities");
    say_in(&w, REGION_US_EAST_1, "iam:DetachRolePolicy", json_deep_copy(attach));
    ck_ok(&w);
    say_in(&w, REGION_US_EAST_1, "iam:DeletePolicy", json_pack("{s:s}", "PolicyArn", arn));
    ck_refused(&w, "DeleteConflict", "more than one version");
    world_clear(&w);
}
END_TEST

static void become(struct world *w, const char *role, const char *more)
{
    autofree char *text = xasprintf("{'RoleArn': 'arn:aws:iam::123456789012:role/%s', "
                                    "'RoleSessionName': 'session'%s}",
                                    role, more);
    const json_t *body = say(w, "sts:AssumeRole", text);
    ck_ok(w);
    w->caller = cloud_caller(w->cloud, text_at(body, "Credentials", "AccessKeyId"), "127.0.0.1");
}

START_TEST(test_sessions)
{
    struct world w = world_new();
    const char *assume = "{'RoleArn': 'arn:aws:iam::123456789012:role/r', 'RoleSessionName': 'me'}";
    say(&w, "sts:AssumeRole", "{'RoleArn': 'nothing-valid-in-here', 'RoleSessionName': 'me'}");
    ck_refused(&w, "ValidationError", "nothing-valid-in-here is invalid");
    say(&w, "sts:AssumeRole", assume);
    ck_refused(&w, "AccessDenied", "is not authorized to perform: sts:AssumeRole on resource");
    create_role(&w, "r", TRUST_ME);
    say(&w, "sts:AssumeRole", assume); /* it has not spread yet */
    ck_refused(&w, "AccessDenied", "sts:AssumeRole");
    pass(&w, SECONDS(16));
    const json_t *body = say(&w, "sts:AssumeRole", assume);
    ck_ok(&w);
    ck_assert_str_eq(text_at(body, "AssumedRoleUser", "Arn"),
                     "arn:aws:sts::123456789012:assumed-role/r/me");
    autofree char *key = xstrdup(text_at(body, "Credentials", "AccessKeyId"));
    autofree char *token = xstrdup(text_at(body, "Credentials", "SessionToken"));
    autofree char *secret = xstrdup(text_at(body, "Credentials", "SecretAccessKey"));
    struct caller caller;
    char found[128];
    const char *code;
    ck_assert(cloud_authenticate(w.cloud, key, token, w.now, &caller, found, &code));
    ck_assert_str_eq(found, secret);
    ck_assert(!cloud_authenticate(w.cloud, key, "wrong", w.now, &caller, found, &code));
    ck_assert_str_eq(code, "InvalidClientTokenId");
    ck_assert(!cloud_authenticate(w.cloud, "AKIANOBODY", NULL, w.now, &caller, found, &code));
    ck_assert_str_eq(code, "InvalidClientTokenId");
    pass(&w, HOURS(1));
    ck_assert(!cloud_authenticate(w.cloud, key, token, w.now, &caller, found, &code));
    ck_assert_str_eq(code, "ExpiredToken");
    world_clear(&w);
}
END_TEST

START_TEST(test_what_a_role_may)
{
    struct world w = world_new();
    create_role(&w, "r", TRUST_ME);
    pass(&w, SECONDS(16));
    static const char all[] =
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}";
    static const char sqs[] =
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"*\"}}";
    struct caller admin = w.caller;
    become(&w, "r", "");
    say(&w, "ssm:DescribeParameters", "{}");
    ck_refused(&w, "AccessDeniedException", "assumed-role/r/session is not authorized");
    struct caller role = w.caller;
    w.caller = admin;
    say_in(&w, REGION_US_EAST_1, "iam:PutRolePolicy",
           json_pack("{s:s, s:s, s:s}", "RoleName", "r", "PolicyName", "p", "PolicyDocument", all));
    w.caller = role;
    say(&w, "ssm:DescribeParameters", "{}");
    ck_ok(&w);
    w.caller = admin;
    say_in(&w, REGION_US_EAST_1, "iam:CreatePolicy",
           json_pack("{s:s, s:s}", "PolicyName", "bound", "PolicyDocument", sqs));
    say(&w, "iam:PutRolePermissionsBoundary",
        "{'RoleName': 'r', 'PermissionsBoundary': 'arn:aws:iam::123456789012:policy/bound'}");
    ck_ok(&w);
    w.caller = role;
    say(&w, "ssm:DescribeParameters", "{}");
    ck_refused(&w, "AccessDeniedException", "because no permissions boundary allows the");
    say(&w, "sqs:ListQueues", "{}");
    ck_ok(&w);
    w.caller = admin;
    autofree char *session = xasprintf(
        ", 'Policy': '%s'",
        "{\\'Statement\\':[{\\'Effect\\':\\'Allow\\',\\'Action\\':\\'sqs:GetQueueUrl\\',"
        "\\'Resource\\':\\'*\\'}]}");
    become(&w, "r", session);
    say(&w, "sqs:ListQueues", "{}");
    ck_refused(&w, "AccessDeniedException", "because no session policy allows the");
    world_clear(&w);
}
END_TEST

START_TEST(test_services_and_roles)
{
    struct world w = world_new();
    create_role(&w, "lambda",
                "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\","
                "\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}}]}");
    const char *arn = "arn:aws:iam::123456789012:role/lambda";
    ck_assert(!cloud_can_assume(w.cloud, "lambda.amazonaws.com", arn, w.now));
    pass(&w, SECONDS(16));
    ck_assert(cloud_can_assume(w.cloud, "lambda.amazonaws.com", arn, w.now));
    ck_assert(!cloud_can_assume(w.cloud, "s3.amazonaws.com", arn, w.now));
    ck_assert(!cloud_can_assume(w.cloud, "lambda.amazonaws.com", "arn:aws:iam::1:role/x", w.now));
    ck_assert(!cloud_allowed(w.cloud, arn, "s3:GetObject", "arn:aws:s3:::b/k", NULL));
    say(&w, "sts:AssumeRole",
        "{'RoleArn': 'arn:aws:iam::123456789012:role/lambda', 'RoleSessionName': 'me'}");
    ck_refused(&w, "AccessDenied", "sts:AssumeRole"); /* it trusts Lambda alone */
    const json_t *body = say(&w, "iam:SimulatePrincipalPolicy",
                             "{'PolicySourceArn': 'arn:aws:iam::123456789012:role/lambda', "
                             "'ActionNames': ['s3:GetObject']}");
    ck_ok(&w);
    const json_t *first = json_array_get(json_object_get(body, "EvaluationResults"), 0);
    ck_assert_str_eq(text_at(first, "EvalDecision", NULL), "implicitDeny");
    world_clear(&w);
}
END_TEST

/* ---- SQS ---- */

#define URL "'QueueUrl': 'https://sqs.us-east-1.amazonaws.com/123456789012/q'"

START_TEST(test_queue_attributes)
{
    struct world w = world_new();
    const json_t *body = say(&w, "sqs:CreateQueue",
                             "{'QueueName': 'q', 'Attributes': {'DelaySeconds': '5'}}");
    ck_assert_str_eq(text_at(body, "QueueUrl", NULL),
                     "https://sqs.us-east-1.amazonaws.com/123456789012/q");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q', 'Attributes': {'DelaySeconds': '6'}}");
    ck_refused(&w, "QueueNameExists",
               "A queue already exists with the same name and a different value for attribute "
               "DelaySeconds");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q', 'Attributes': {'VisibilityTimeout': '30'}}");
    ck_ok(&w); /* the same by default */
    body = say(&w, "sqs:GetQueueAttributes", "{" URL ", 'AttributeNames': ['All']}");
    json_auto_t *wanted = unit_json(
        "{'ApproximateNumberOfMessages': '0', 'ApproximateNumberOfMessagesDelayed': '0',"
        "'ApproximateNumberOfMessagesNotVisible': '0', 'CreatedTimestamp': '1795359600',"
        "'DelaySeconds': '5', 'LastModifiedTimestamp': '1795359600', 'MaximumMessageSize': "
        "'1048576', 'MessageRetentionPeriod': '345600', 'QueueArn': "
        "'arn:aws:sqs:us-east-1:123456789012:q', 'ReceiveMessageWaitTimeSeconds': '0', "
        "'SqsManagedSseEnabled': 'true', 'VisibilityTimeout': '30'}");
    ck_assert_json_eq(json_object_get(body, "Attributes"), wanted);
    say(&w, "sqs:SetQueueAttributes", "{" URL ", 'Attributes': {'DelaySeconds': '901'}}");
    ck_refused(&w, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds.");
    say(&w, "sqs:SetQueueAttributes", "{" URL ", 'Attributes': {'FifoQueue': 'true'}}");
    ck_refused(&w, "InvalidAttributeName", "Unknown Attribute FifoQueue.");
    say(&w, "sqs:SetQueueAttributes", "{" URL ", 'Attributes': {'DeduplicationScope': 'queue'}}");
    ck_refused(&w, "InvalidAttributeName",
               "You can specify the DeduplicationScope only when FifoQueue is set to true.");
    say(&w, "sqs:GetQueueAttributes",
        "{'QueueUrl': 'https://sqs.us-east-2.amazonaws.com/123456789012/q'}");
    ck_refused(&w, "InvalidAddress", "is not valid for this endpoint.");
    say(&w, "sqs:GetQueueAttributes",
        "{'QueueUrl': 'https://sqs.us-east-1.amazonaws.com/123456789012/none'}");
    ck_refused(&w, "QueueDoesNotExist", "The specified queue does not exist.");
    ck_assert_int_eq(w.answer.class, AWS_NOT_FOUND);
    world_clear(&w);
}
END_TEST

START_TEST(test_deleted_recently)
{
    struct world w = world_new();
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q'}");
    say(&w, "sqs:DeleteQueue", "{" URL "}");
    ck_ok(&w);
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q'}");
    ck_refused(&w, "QueueDeletedRecently", "You must wait 60 seconds");
    pass(&w, SECONDS(60));
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q'}");
    ck_ok(&w);
    world_clear(&w);
}
END_TEST

START_TEST(test_dead_letters_and_back)
{
    struct world w = world_new();
    const char *redrive = "{'QueueName': 'q', 'Attributes': {'RedrivePolicy': "
                          "'{\\'deadLetterTargetArn\\':\\'arn:aws:sqs:us-east-1:123456789012:dead"
                          "\\',\\'maxReceiveCount\\':2}'}}";
    say(&w, "sqs:CreateQueue", redrive);
    ck_refused(&w, "InvalidParameterValueException", "Dead letter target does not exist.");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'dead'}");
    say(&w, "sqs:CreateQueue", redrive);
    ck_ok(&w);
    const json_t *body = say(&w, "sqs:SendMessage", "{" URL ", 'MessageBody': 'hello'}");
    ck_assert_str_eq(text_at(body, "MD5OfMessageBody", NULL), "5d41402abc4b2a76b9719d911017c592");
    for (int i = 0; i < 2; i++) {
        body = say(&w, "sqs:ReceiveMessage", "{" URL "}");
        ck_assert_uint_eq(json_array_size(json_object_get(body, "Messages")), 1);
        body = say(&w, "sqs:ReceiveMessage", "{" URL "}");
        ck_assert_ptr_null(json_object_get(body, "Messages")); /* invisible */
        pass(&w, SECONDS(31));
    }
    body = say(&w, "sqs:ReceiveMessage", "{" URL "}");
    ck_assert_ptr_null(json_object_get(body, "Messages"));
    const char *dead = "{'QueueUrl': 'http://sandbox/123456789012/dead', 'AttributeNames': "
                       "['All']}";
    body = say(&w, "sqs:GetQueueAttributes", dead);
    ck_assert_str_eq(text_at(body, "Attributes", "ApproximateNumberOfMessages"), "1");
    const char *start = "{'SourceArn': 'arn:aws:sqs:us-east-1:123456789012:dead'}";
    say(&w, "sqs:StartMessageMoveTask", "{'SourceArn': 'arn:aws:sqs:us-east-1:123456789012:q'}");
    ck_refused(&w, "InvalidParameterValueException",
               "Source queue must be configured as a Dead Letter Queue.");
    say(&w, "sqs:StartMessageMoveTask", start);
    ck_ok(&w);
    body = say(&w, "sqs:ListMessageMoveTasks", start);
    const json_t *task = json_array_get(json_object_get(body, "Results"), 0);
    ck_assert_str_eq(text_at(task, "Status", NULL), "COMPLETED");
    body = say(&w, "sqs:ReceiveMessage", "{" URL "}");
    const json_t *message = json_array_get(json_object_get(body, "Messages"), 0);
    autofree char *delete = xasprintf("{" URL ", 'ReceiptHandle': '%s'}",
                                      text_at(message, "ReceiptHandle", NULL));
    say(&w, "sqs:DeleteMessage", delete);
    ck_ok(&w);
    say(&w, "sqs:DeleteMessage", "{" URL ", 'ReceiptHandle': 'nonsense'}");
    ck_refused(&w, "ReceiptHandleIsInvalid", "receipt handle");
    world_clear(&w);
}
END_TEST

START_TEST(test_fifo)
{
    struct world w = world_new();
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q', 'Attributes': {'FifoQueue': 'true'}}");
    ck_refused(&w, "InvalidParameterValueException", "must end with .fifo suffix");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q.fifo'}");
    ck_refused(&w, "InvalidParameterValueException", "Can only include alphanumeric");
    say(&w, "sqs:CreateQueue", "{'QueueName': 'q.fifo', 'Attributes': {'FifoQueue': 'true'}}");
    ck_ok(&w);
#define FIFO "'QueueUrl': 'https://sqs.us-east-1.amazonaws.com/123456789012/q.fifo'"
    say(&w, "sqs:SendMessage", "{" FIFO ", 'MessageBody': 'a'}");
    ck_refused(&w, "MissingRequiredParameterException",
               "The request must contain the parameter MessageGroupId.");
    say(&w, "sqs:SendMessage", "{" FIFO ", 'MessageBody': 'a', 'MessageGroupId': 'g'}");
    ck_refused(&w, "InvalidParameterValueException",
               "The queue should either have ContentBasedDeduplication enabled or "
               "MessageDeduplicationId provided explicitly");
    for (int i = 0; i < 2; i++) { /* the second is a duplicate */
        say(&w, "sqs:SendMessage",
            "{" FIFO ", 'MessageBody': 'a', 'MessageGroupId': 'g', 'MessageDeduplicationId': '1'}");
        ck_ok(&w);
    }
    say(&w, "sqs:SendMessage",
        "{" FIFO ", 'MessageBody': 'b', 'MessageGroupId': 'g', 'MessageDeduplicationId': '2'}");
    const json_t *body = say(&w, "sqs:ReceiveMessage", "{" FIFO "}");
    const json_t *message = json_array_get(json_object_get(body, "Messages"), 0);
    ck_assert_str_eq(text_at(message, "Body", NULL), "a");
    autofree char *delete = xasprintf("{" FIFO ", 'ReceiptHandle': '%s'}",
                                      text_at(message, "ReceiptHandle", NULL));
    body = say(&w, "sqs:ReceiveMessage", "{" FIFO "}"); /* the group waits */
    ck_assert_ptr_null(json_object_get(body, "Messages"));
    say(&w, "sqs:DeleteMessage", delete);
    body = say(&w, "sqs:ReceiveMessage", "{" FIFO "}");
    message = json_array_get(json_object_get(body, "Messages"), 0);
    ck_assert_str_eq(text_at(message, "Body", NULL), "b");
    world_clear(&w);
}
END_TEST

/* ---- SSM ---- */

START_TEST(test_parameters)
{
    struct world w = world_new();
    say(&w, "ssm:PutParameter", "{'Name': '/a/b', 'Value': 'v'}");
    ck_refused(&w, "ValidationException", "A parameter type is required");
    const json_t *body = say(&w, "ssm:PutParameter",
                             "{'Name': '/a/b', 'Value': 'v', 'Type': 'String'}");
    json_auto_t *put = unit_json("{'Version': 1, 'Tier': 'Standard'}");
    ck_assert_json_eq(body, put);
    say(&w, "ssm:PutParameter", "{'Name': '/a/b', 'Value': 'v', 'Type': 'String'}");
    ck_refused(&w, "ParameterAlreadyExists", "The parameter already exists.");
    say(&w, "ssm:PutParameter",
        "{'Name': '/a/b', 'Value': 'w', 'Type': 'String', 'Overwrite': "
        "true, 'Tags': [{'Key': 'k', 'Value': 'v'}]}");
    ck_refused(&w, "ValidationException", "tags and overwrite can't be used together");
    body = say(&w, "ssm:PutParameter", "{'Name': '/a/b', 'Value': 'w', 'Overwrite': true}");
    ck_assert_int_eq(json_integer_value(json_object_get(body, "Version")), 2);
    body = say(&w, "ssm:GetParameter", "{'Name': '/a/b'}");
    json_auto_t *shown = unit_json(
        "{'Parameter': {'ARN': 'arn:aws:ssm:us-east-1:123456789012:parameter/a/b', "
        "'DataType': 'text', 'LastModifiedDate': 1795359600000, 'Name': '/a/b', "
        "'Type': 'String', 'Value': 'w', 'Version': 2}}");
    ck_assert_json_eq(body, shown);
    body = say(&w, "ssm:GetParameter", "{'Name': '/a/b:1'}");
    ck_assert_str_eq(text_at(body, "Parameter", "Value"), "v");
    say(&w, "ssm:GetParameter", "{'Name': 'arn:aws:ssm:us-east-1:123456789012:parameter/a/b'}");
    ck_ok(&w);
    body = say(&w, "ssm:GetParameters", "{'Names': ['/a/b', '/none']}");
    ck_assert_uint_eq(json_array_size(json_object_get(body, "Parameters")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(body, "InvalidParameters")), 1);
    say(&w, "ssm:DeleteParameter", "{'Name': '/a/b'}");
    ck_ok(&w);
    say(&w, "ssm:DeleteParameter", "{'Name': '/a/b'}");
    ck_refused(&w, "ParameterNotFound", "");
    world_clear(&w);
}
END_TEST

START_TEST(test_parameter_limits)
{
    struct world w = world_new();
    char value[8194];
    const struct {
        size_t size;
        const char *tier, *code;
    } cases[] = {
        { 4096, "Standard", "" },
        { 4097, "Standard", "ValidationException" },
        { 4097, "Advanced", "" },
        { 8193, "Advanced", "ValidationException" },
        { 4097, "Intelligent-Tiering", "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        memset(value, 'x', cases[i].size);
        value[cases[i].size] = '\0';
        autofree char *name = xasprintf("p%zu", i);
        say_in(&w, REGION_US_EAST_1, "ssm:PutParameter",
               json_pack("{s:s, s:s, s:s, s:s}", "Name", name, "Value", value, "Type", "String",
                         "Tier", cases[i].tier));
        ck_assert_str_eq(w.answer.code, cases[i].code);
    }
    static const char *const names[] = { "aws-x", "/ssm/x", "a/b", "a b",
                                         "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        pass(&w, SECONDS(1));
        say_in(&w, REGION_US_EAST_1, "ssm:PutParameter",
               json_pack("{s:s, s:s, s:s}", "Name", names[i], "Value", "v", "Type", "String"));
        ck_assert_msg(w.answer.class == AWS_INVALID || w.answer.class == AWS_QUOTA, "%s: %s",
                      names[i], w.answer.code);
    }
    world_clear(&w);
}
END_TEST

START_TEST(test_secure_string_and_paths)
{
    struct world w = world_new();
    say(&w, "ssm:PutParameter", "{'Name': '/db/url', 'Value': 's3cret', 'Type': 'SecureString'}");
    const json_t *body = say(&w, "ssm:GetParameter", "{'Name': '/db/url'}");
    ck_assert_ptr_null(strstr(text_at(body, "Parameter", "Value"), "s3cret"));
    body = say(&w, "ssm:GetParameter", "{'Name': '/db/url', 'WithDecryption': true}");
    ck_assert_str_eq(text_at(body, "Parameter", "Value"), "s3cret");
    for (int i = 0; i < 12; i++) {
        pass(&w, SECONDS(1));
        say_in(&w, REGION_US_EAST_1, "ssm:PutParameter",
               json_pack("{s:o, s:s, s:s}", "Name", json_sprintf("/many/%02d", i), "Value", "v",
                         "Type", "String"));
        ck_ok(&w);
    }
    body = say(&w, "ssm:GetParametersByPath", "{'Path': '/many'}");
    ck_assert_uint_eq(json_array_size(json_object_get(body, "Parameters")), 10);
    autofree char *next = xasprintf("{'Path': '/many', 'NextToken': '%s'}",
                                    text_at(body, "NextToken", NULL));
    body = say(&w, "ssm:GetParametersByPath", next);
    ck_assert_uint_eq(json_array_size(json_object_get(body, "Parameters")), 2);
    ck_assert_ptr_null(json_object_get(body, "NextToken"));
    body = say(&w, "ssm:GetParametersByPath", "{'Path': '/'}");
    ck_assert_uint_eq(json_array_size(json_object_get(body, "Parameters")), 0);
    say(&w, "ssm:AddTagsToResource",
        "{'ResourceType': 'Parameter', 'ResourceId': '/db/url', "
        "'Tags': [{'Key': 'team', 'Value': 'pay'}]}");
    ck_ok(&w);
    body = say(&w, "ssm:DescribeParameters",
               "{'ParameterFilters': [{'Key': 'tag:team', 'Values': ['pay']}]}");
    ck_assert_uint_eq(json_array_size(json_object_get(body, "Parameters")), 1);
    say(&w, "ssm:ListTagsForResource", "{'ResourceType': 'Parameter', 'ResourceId': '/none'}");
    ck_refused(&w, "InvalidResourceId", "The resource ID is not valid.");
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_validation,
        test_not_implemented_is_said,
        test_permissions,
        test_conditions_of_a_call,
        test_rates,
        test_state_comes_back,
        test_stale_reads,
        test_role_life,
        test_managed_policies,
        test_sessions,
        test_what_a_role_may,
        test_services_and_roles,
        test_queue_attributes,
        test_deleted_recently,
        test_dead_letters_and_back,
        test_fifo,
        test_parameters,
        test_parameter_limits,
        test_secure_string_and_paths,
    };
    return unit_run("cloud", tests, ARRAY_SIZE(tests));
}
