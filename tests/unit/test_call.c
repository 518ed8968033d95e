/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "aws/call.h"

START_TEST(test_call_life)
{
    struct call_list list = { 0 };
    struct call call = call_new("sqs:GetQueueUrl", REGION_US_EAST_1,
                                unit_json("{'QueueName': 'q'}"), NULL);
    ck_assert_str_eq(call.slot, "GetQueueUrl");
    ck_assert_int_eq(call.retry, RETRY_FULL);
    ck_assert_int_eq(call.priority, PRIORITY_NORMAL);
    struct call copy = call_copy(&call);
    json_object_set_new(copy.args, "QueueName", json_string("other"));
    ck_assert_str_eq(json_string_value(json_object_get(call.args, "QueueName")), "q");
    call_list_add(&list, call);
    call_list_add(&list, copy);
    ck_assert_uint_eq(list.n, 2);
    call_list_clear(&list);
    ck_assert_uint_eq(list.n, 0);
    call_list_clear(NULL);
    call_clear(NULL);
    struct call named = call_new("sqs:GetQueueUrl", REGION_US_EAST_1, NULL, "url:dead");
    struct call empty = call_copy(&named);
    ck_assert_str_eq(empty.slot, "url:dead");
    ck_assert_ptr_null(empty.args);
    call_clear(&named);
    call_clear(&empty);
}
END_TEST

START_TEST(test_answers)
{
    struct answer ok = answer_ok(NULL), copy;
    ck_assert_int_eq(ok.class, AWS_OK);
    ck_assert(json_is_object(ok.body));
    answer_clear(&ok);
    struct answer error = answer_error(AWS_DENIED, "AccessDenied", 403, "no %s", "way");
    ck_assert_str_eq(error.message, "no way");
    copy = answer_copy(&error);
    ck_assert_json_eq(copy.body, error.body);
    ck_assert_str_eq(json_string_value(json_object_get(copy.body, "message")), "no way");
    answer_clear(&error);
    answer_clear(&copy);
    answer_clear(NULL);
}
END_TEST

/* A message is cut between characters, or it would be no JSON. */
START_TEST(test_long_message)
{
    char text[400];
    for (size_t i = 0; i < sizeof text - 1; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    text[sizeof text - 1] = '\0';
    struct answer answer = answer_error(AWS_INVALID, NULL, 400, "x%s", text);
    size_t n = strlen(answer.message);
    ck_assert_uint_eq(n % 3, 1);
    ck_assert_uint_gt(n, sizeof answer.message - 4);
    ck_assert_str_eq(json_string_value(json_object_get(answer.body, "message")), answer.message);
    answer_clear(&answer);
}
END_TEST

START_TEST(test_class_names)
{
    for (unsigned class = 0; class < N_AWS_CLASSES; class ++)
        ck_assert_int_eq(aws_class_parse(aws_class_name((enum aws_class) class)), class);
    ck_assert_int_eq(aws_class_parse("fine"), N_AWS_CLASSES);
    ck_assert_int_eq(aws_class_parse(NULL), N_AWS_CLASSES);
    ck_assert(aws_class_retryable(AWS_THROTTLED));
    ck_assert(!aws_class_retryable(AWS_CONFLICT));
}
END_TEST

/* clang-format off */
static const struct {
    const char *op, *code;
    int status;
    const char *message;
    enum aws_class class;
} answers[] = {
    { "sqs:GetQueueUrl", "AWS.SimpleQueueService.NonExistentQueue", 400, NULL, AWS_NOT_FOUND },
    { "sqs:GetQueueUrl", "QueueDoesNotExist", 400, NULL, AWS_NOT_FOUND },
    { "sqs:CreateQueue", "AWS.SimpleQueueService.QueueDeletedRecently", 400, "You must wait", AWS_IN_PROGRESS },
    { "sqs:CreateQueue", "QueueAlreadyExists", 400, NULL, AWS_EXISTS },
    { "sqs:CreateQueue", "RequestThrottled", 403, NULL, AWS_THROTTLED },
    { "dynamodb:DescribeTable", "ResourceNotFoundException", 400, NULL, AWS_NOT_FOUND },
    { "dynamodb:CreateTable", "ResourceInUseException", 400, "Table already exists: x", AWS_EXISTS },
    { "dynamodb:UpdateTable", "ResourceInUseException", 400, "Attempt to change a resource which is still in use", AWS_IN_PROGRESS },
    { "dynamodb:CreateTable", "LimitExceededException", 400, "Only 10 tables can be created, updated, or deleted simultaneously", AWS_THROTTLED },
    { "dynamodb:UpdateTable", "LimitExceededException", 400, "Failed to create replica: current TableMaxReadCapacityUnits is insufficient", AWS_QUOTA },
    { "dynamodb:PutItem", "ConditionalCheckFailedException", 400, NULL, AWS_CONFLICT },
    { "dynamodb:PutItem", "ReplicatedWriteConflictException", 400, NULL, AWS_TRANSIENT },
    { "dynamodb:PutItem", "TransactionCanceledException", 400, "reasons [None, ConditionalCheckFailed]", AWS_CONFLICT },
    { "lambda:CreateFunction", "InvalidParameterValueException", 400, "The role defined for the function cannot be assumed by Lambda.", AWS_IN_PROGRESS },
    { "lambda:CreateFunction", "InvalidParameterValueException", 400, "Runtime is not valid", AWS_INVALID },
    { "lambda:CreateFunction", "ResourceConflictException", 409, "Function already exist: x", AWS_EXISTS },
    { "lambda:UpdateFunctionCode", "ResourceConflictException", 409, "The operation cannot be performed at this time. An update is in progress", AWS_IN_PROGRESS },
    { "lambda:UpdateAlias", "PreconditionFailedException", 412, NULL, AWS_CONFLICT },
    { "s3:HeadBucket", "404", 404, NULL, AWS_NOT_FOUND },
    { "s3:HeadBucket", "403", 403, NULL, AWS_DENIED },
    { "s3:CreateBucket", "OperationAborted", 409, NULL, AWS_IN_PROGRESS },
    { "s3:CreateBucket", "BucketAlreadyOwnedByYou", 409, NULL, AWS_EXISTS },
    { "s3:PutObject", "PreconditionFailed", 412, NULL, AWS_CONFLICT },
    { "s3:PutObject", "ConditionalRequestConflict", 409, NULL, AWS_CONFLICT },
    { "s3:PutObject", "SlowDown", 503, NULL, AWS_THROTTLED },
    { "s3:PutObject", "RequestTimeTooSkewed", 403, NULL, AWS_CREDENTIALS },
    { "s3:PutObject", "AccessDenied", 403, NULL, AWS_DENIED },
    { "iam:GetRole", "NoSuchEntity", 404, NULL, AWS_NOT_FOUND },
    { "iam:CreateRole", "EntityAlreadyExists", 409, NULL, AWS_EXISTS },
    { "iam:CreateRole", "LimitExceeded", 409, "Cannot exceed quota for RolesPerAccount: 1000", AWS_QUOTA },
    { "iam:CreateRole", "ConcurrentModification", 409, NULL, AWS_IN_PROGRESS },
    { "iam:GetRole", "ExpiredToken", 403, NULL, AWS_CREDENTIALS },
    { "iam:GetRole", "Throttling", 400, "Rate exceeded", AWS_THROTTLED },
    { "sns:Publish", "KMSNotFound", 400, NULL, AWS_INVALID },
    { "sns:Publish", "KMSAccessDenied", 400, NULL, AWS_DENIED },
    { "route53:ChangeResourceRecordSets", "PriorRequestNotComplete", 400, NULL, AWS_THROTTLED },
    { "route53:ChangeResourceRecordSets", "InvalidChangeBatch", 400, "[Tried to delete resource record set [name='x'] but it was not found]", AWS_NOT_FOUND },
    { "route53:ChangeResourceRecordSets", "InvalidChangeBatch", 400, "[FATAL problem]", AWS_INVALID },
    { "route53:CreateHealthCheck", "TooManyHealthChecks", 400, NULL, AWS_QUOTA },
    { "route53:UpdateHealthCheck", "HealthCheckVersionMismatch", 409, NULL, AWS_CONFLICT },
    { "apigateway:CreateResource", "ConflictException", 409, "Another resource with the same parent already has this name", AWS_EXISTS },
    { "apigateway:GetRestApi", "NotFoundException", 404, NULL, AWS_NOT_FOUND },
    { "apigateway:GetRestApi", "TooManyRequestsException", 429, NULL, AWS_THROTTLED },
    /* What nobody knows goes by its status; and 404 is not "absent" then. */
    { "apigateway:GetRestApi", "SomethingNew", 404, NULL, AWS_INVALID },
    { "apigateway:GetRestApi", "SomethingNew", 400, NULL, AWS_INVALID },
    { "apigateway:GetRestApi", "SomethingNew", 408, NULL, AWS_TRANSIENT },
    { "apigateway:GetRestApi", "SomethingNew", 409, NULL, AWS_CONFLICT },
    { "apigateway:GetRestApi", "", 503, NULL, AWS_TRANSIENT },
    { "apigateway:GetRestApi", "", 429, NULL, AWS_THROTTLED },
    { "apigateway:GetRestApi", "", 403, NULL, AWS_DENIED },
    { "apigateway:GetRestApi", "", 0, NULL, AWS_UNKNOWN_OUTCOME },
};
/* clang-format on */

START_TEST(test_classes)
{
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        enum aws_class class = aws_classify(operation_get(answers[i].op), answers[i].code,
                                            answers[i].status, answers[i].message);
        ck_assert_msg(class == answers[i].class, "%s %s %d %s: %s, wanted %s", answers[i].op,
                      answers[i].code, answers[i].status,
                      answers[i].message == NULL ? "" : answers[i].message, aws_class_name(class),
                      aws_class_name(answers[i].class));
    }
    ck_assert_int_eq(aws_classify(NULL, "NoSuchKey", 404, NULL), AWS_NOT_FOUND);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_call_life, test_answers, test_long_message,
                                   test_class_names, test_classes };
    return unit_run("call", tests, ARRAY_SIZE(tests));
}
