/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "aws/codec.h"

#include <errno.h>

static const struct operation_model *model(const char *service, const char *name)
{
    const struct operation_model *op = model_operation(service, name);
    ck_assert_msg(op != NULL, "%s:%s is not imported", service, name);
    return op;
}

static struct http_request encoded(const char *service, const char *name, const char *args)
{
    struct http_request request = { 0 };
    struct problem problem = { 0 };
    json_auto_t *value = unit_json(args);
    int error = codec_encode_request(model(service, name), value, &request, &problem);
    ck_assert_msg(error == 0, "%s %s", problem.pointer, problem.text);
    return request;
}

static struct answer decoded(const char *service, const char *name, int status, const char *type,
                             const char *body, bool *is_error)
{
    struct http_response response = { .status = status,
                                      .body = xstrdup(body),
                                      .body_size = strlen(body) };
    struct answer answer;
    if (type != NULL)
        http_headers_add(&response.headers, "content-type", "%s", type);
    codec_decode_answer(model(service, name), &response, &answer, is_error);
    http_response_clear(&response);
    return answer;
}

/* ---- text ---- */

START_TEST(test_percent)
{
    autofree char *all = codec_percent_encode("a/b c:\xc3\xa9~", false);
    autofree char *kept = codec_percent_encode("a/b c", true);
    autofree char *back = NULL;
    size_t n;
    ck_assert_str_eq(all, "a%2Fb%20c%3A%C3%A9~");
    ck_assert_str_eq(kept, "a/b%20c");
    ck_assert(codec_percent_decode(all, strlen(all), false, &back, &n));
    ck_assert_str_eq(back, "a/b c:\xc3\xa9~");
    char *form = NULL;
    ck_assert(codec_percent_decode("a+b%2b%00", 9, true, &form, &n));
    ck_assert_uint_eq(n, 5);
    ck_assert_mem_eq(form, "a b+\0", 5);
    free(form);
    static const char *const broken[] = { "%", "%4", "a%zz", "%4g" };
    for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
        ck_assert(!codec_percent_decode(broken[i], strlen(broken[i]), false, &form, &n));
}
END_TEST

START_TEST(test_base64)
{
    static const char *const pairs[][2] = {
        { "", "" },        { "f", "Zg==" },        { "fo", "Zm8=" },
        { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "\xff\xfe", "//4=" }
    };
    static const char *const broken[] = { "Z", "Zg=", "Z===", "Zg==Zg==", "Z g=", "Zg=a" };
    size_t n;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        autofree char *text = codec_base64_encode(pairs[i][0], strlen(pairs[i][0]));
        autofree char *back = codec_base64_decode(pairs[i][1], &n);
        ck_assert_str_eq(text, pairs[i][1]);
        ck_assert_str_eq(back, pairs[i][0]);
        ck_assert_uint_eq(n, strlen(pairs[i][0]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
        ck_assert_ptr_null(codec_base64_decode(broken[i], &n));
}
END_TEST

START_TEST(test_headers)
{
    struct http_headers headers = { 0 };
    http_headers_add(&headers, "X-One", "%d", 1);
    http_headers_add(&headers, "x-one", "%d", 2);
    ck_assert_str_eq(http_headers_get(&headers, "x-ONE"), "1");
    ck_assert_ptr_null(http_headers_get(&headers, "x-on"));
    ck_assert_ptr_null(http_headers_get(&headers, "x-ones"));
    http_headers_clear(&headers);
    http_headers_clear(NULL);
    http_request_clear(NULL);
    http_response_clear(NULL);
}
END_TEST

/* ---- requests ---- */

START_TEST(test_json_request)
{
    struct http_request r = encoded("sqs", "GetQueueUrl", "{'QueueName': 'q'}");
    ck_assert_str_eq(r.method, "POST");
    ck_assert_str_eq(r.path, "/");
    ck_assert_str_eq(r.query, "");
    ck_assert_str_eq(r.body, "{\"QueueName\":\"q\"}");
    ck_assert_str_eq(http_headers_get(&r.headers, "X-Amz-Target"), "AmazonSQS.GetQueueUrl");
    ck_assert_str_eq(http_headers_get(&r.headers, "Content-Type"), "application/x-amz-json-1.0");
    ck_assert_str_eq(http_headers_get(&r.headers, "x-amzn-query-mode"), "true");
    http_request_clear(&r);
}
END_TEST

START_TEST(test_query_request)
{
    struct http_request r = encoded("sns", "CreateTopic",
                                    "{'Name': 't', 'Attributes': {'FifoTopic': 'true'},"
                                    " 'Tags': [{'Key': 'k', 'Value': 'a&b'}]}");
    ck_assert_str_eq(r.body, "Action=CreateTopic&Version=2010-03-31&Name=t"
                             "&Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value=true"
                             "&Tags.member.1.Key=k&Tags.member.1.Value=a%26b");
    http_request_clear(&r);
}
END_TEST

START_TEST(test_labels)
{
    struct http_request r = encoded("lambda", "ListTags",
                                    "{'Resource': 'arn:aws:lambda:us-east-1:1:function:f/x'}");
    ck_assert_str_eq(r.path,
                     "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af%2Fx");
    http_request_clear(&r);
    r = encoded("s3", "PutObject", "{'Bucket': 'b', 'Key': 'a/b c', 'Body': 'aGk='}");
    ck_assert_str_eq(r.path, "/b/a/b%20c");
    ck_assert_str_eq(r.body, "hi");
    http_request_clear(&r);
    r = encoded("route53", "GetHostedZone", "{'Id': '/hostedzone/Z1'}");
    ck_assert_str_eq(r.path, "/2013-04-01/hostedzone/Z1");
    http_request_clear(&r);
}
END_TEST

START_TEST(test_service_facts)
{
    struct http_request r = encoded("apigateway", "GetRestApi", "{'restApiId': 'x'}");
    ck_assert_str_eq(http_headers_get(&r.headers, "Accept"), "application/json");
    ck_assert_uint_eq(r.body_size, 0);
    http_request_clear(&r);
    r = encoded("s3", "PutBucketVersioning",
                "{'Bucket': 'b', 'VersioningConfiguration': {'Status': 'Enabled'}}");
    ck_assert_str_eq(r.path, "/b");
    ck_assert_str_eq(r.query, "versioning");
    ck_assert_str_eq(r.body, "<VersioningConfiguration "
                             "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled"
                             "</Status></VersioningConfiguration>");
    const char *md5 = http_headers_get(&r.headers, "Content-MD5");
    const char *sha = http_headers_get(&r.headers, "x-amz-checksum-sha256");
    ck_assert((md5 != NULL && strlen(md5) == 24) || (sha != NULL && strlen(sha) == 44));
    http_request_clear(&r);
    r = encoded("s3", "CreateBucket", "{'Bucket': 'b'}"); /* us-east-1 takes no body */
    ck_assert_uint_eq(r.body_size, 0);
    ck_assert_ptr_null(http_headers_get(&r.headers, "Content-Type"));
    http_request_clear(&r);
}
END_TEST

/* Route 53 refuses elements in another order than its schema's. */
START_TEST(test_element_order)
{
    struct http_request r = encoded(
        "route53", "ChangeResourceRecordSets",
        "{'HostedZoneId': 'Z1', 'ChangeBatch': {'Changes': [{'ResourceRecordSet': {'TTL': 5,"
        "'Type': 'CNAME', 'ResourceRecords': [{'Value': 'x.'}], 'Failover': 'PRIMARY',"
        "'SetIdentifier': 'a', 'Name': 'n.'}, 'Action': 'UPSERT'}]}}");
    const char *order[] = { "<ChangeResourceRecordSetsRequest xmlns=\"https://route53",
                            "<Changes><Change><Action>UPSERT",
                            "<Name>",
                            "<Type>",
                            "<SetIdentifier>",
                            "<Failover>",
                            "<TTL>5</TTL>",
                            "<ResourceRecords><ResourceRecord><Value>x." };
    const char *at = r.body;
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        const char *next = strstr(at, order[i]);
        ck_assert_msg(next != NULL, "%s is out of order in %s", order[i], r.body);
        at = next;
    }
    http_request_clear(&r);
}
END_TEST

/* clang-format off */
static const struct {
    const char *service, *name, *args, *pointer, *text;
} bad_requests[] = {
    { "sqs", "GetQueueUrl", "{'QueueName': 1}", "/QueueName", "not a string" },
    { "sqs", "GetQueueUrl", "{'Queue': 'q'}", "/Queue", "no such member" },
    { "sqs", "GetQueueUrl", "[]", "", "not an object" },
    { "sqs", "CreateQueue", "{'QueueName': 'q', 'Attributes': {'a': true}}", "/Attributes/a", "not a string" },
    { "sns", "CreateTopic", "{'Name': 't', 'Tags': {}}", "/Tags", "not a list" },
    { "sns", "CreateTopic", "{'Name': 't', 'Tags': [{'Key': 7}]}", "/Tags/0/Key", "not a string" },
    { "s3", "HeadBucket", "{}", "/Bucket", "is missing" },
    { "s3", "HeadBucket", "{'Bucket': ''}", "/Bucket", "is empty" },
    { "s3", "HeadBucket", "{'Bucket': 'b', 'Nothing': 1}", "/Nothing", "no such member" },
    { "s3", "PutObject", "{'Bucket': 'b', 'Key': 'k', 'Body': '***'}", "/Body", "not base64" },
    { "s3", "PutObject", "{'Bucket': 'b', 'Key': 'k', 'IfMatch': 'x\\r\\nEvil: 1'}", "/IfMatch", "line break" },
    { "s3", "PutObject", "{'Bucket': 'b', 'Key': 'k', 'Metadata': {'a:b': 'c'}}", "/Metadata/a:b", "line break" },
    { "s3", "PutBucketVersioning", "{'Bucket': 'b', 'VersioningConfiguration': {'X': 1}}", "/VersioningConfiguration/X", "no such member" },
};
/* clang-format on */

START_TEST(test_bad_requests)
{
    for (size_t i = 0; i < ARRAY_SIZE(bad_requests); i++) {
        struct http_request request = { 0 };
        struct problem problem = { 0 };
        json_auto_t *args = unit_json(bad_requests[i].args);
        int error = codec_encode_request(model(bad_requests[i].service, bad_requests[i].name), args,
                                         &request, &problem);
        ck_assert_int_eq(error, -EINVAL);
        ck_assert_str_eq(problem.pointer, bad_requests[i].pointer);
        ck_assert_msg(strstr(problem.text, bad_requests[i].text) != NULL, "%s", problem.text);
    }
}
END_TEST

/* ---- answers ---- */

/* clang-format off */
static const struct {
    const char *service, *name;
    int status;
    const char *type, *body;
    bool is_error;
    const char *code, *message; /* a piece of the message */
} bad_answers[] = {
    { "sqs", "GetQueueUrl", 200, "text/html", "<html><body>Log in</body></html>", false, "", "is HTML: <html>" },
    { "sqs", "DeleteQueue", 200, "text/html", "<html>Log in</html>", false, "", "is HTML" },
    { "sqs", "GetQueueUrl", 200, NULL, "<!DOCTYPE html><p>", false, "", "is HTML" },
    { "sqs", "GetQueueUrl", 200, "application/xml", "<a/>", false, "", "is not JSON" },
    { "sqs", "GetQueueUrl", 200, "application/x-amz-json-1.0", "{\"QueueUrl\": \"htt", false, "", "is not JSON" },
    { "sqs", "GetQueueUrl", 200, "application/x-amz-json-1.0", "", false, "", "is empty" },
    { "sqs", "GetQueueUrl", 200, "application/x-amz-json-1.0", "{\"QueueUrl\": [1]}", false, "", "/QueueUrl is a list, not a string" },
    { "sqs", "GetQueueUrl", 200, "application/x-amz-json-1.0", "[]", false, "", "is a list, not an object" },
    { "sqs", "GetQueueUrl", 200, "application/x-amz-json-1.0", "{\"QueueUrl\": \"\\u0000\"}", false, "", "is not JSON" },
    { "sqs", "GetQueueUrl", 200, "application/x-amz-json-1.0", "{\"QueueUrl\": \"\xff\"}", false, "", "is not JSON" },
    { "sqs", "GetQueueUrl", 404, "text/html", "<html>nothing here</html>", false, "", "is not JSON" },
    { "sqs", "GetQueueUrl", 400, NULL, "", false, "", "is empty" },
    { "sqs", "GetQueueUrl", 400, NULL, "{}", false, "", "names no error code" },
    { "sqs", "GetQueueUrl", 503, "text/html", "<html>\n  Service   Unavailable\n</html>", true, "", "<html> Service Unavailable </html>" },
    { "sqs", "GetQueueUrl", 429, NULL, "slow", true, "", "slow" },
    { "iam", "GetRole", 200, "text/xml", "", false, "", "is empty" },
    { "iam", "GetRole", 200, "text/xml", "{}", false, "", "is not XML" },
    { "iam", "GetRole", 200, "text/xml", "<GetRoleResponse><GetRoleResult>", false, "", "is not XML" },
    { "iam", "GetRole", 200, "text/xml", "<GetUserResponse/>", false, "", "<GetUserResponse>, not <GetRoleResponse>" },
    { "iam", "GetRole", 200, "text/xml", "<GetRoleResponse/>", false, "", "holds no <GetRoleResult>" },
    { "iam", "GetRole", 403, "text/xml", "<odd/>", false, "", "<odd>, that names no error code" },
    { "iam", "GetRole", 200, "text/xml", "<!DOCTYPE x [<!ENTITY y \"z\">]><GetRoleResponse/>", false, "", "is HTML" },
    { "iam", "GetRole", 502, "text/xml", "", true, "", "is empty" },
    { "iam", "GetRole", 200, NULL, "<GetRoleResponse><GetRoleResult><Role><CreateDate>soon</CreateDate></Role></GetRoleResult></GetRoleResponse>", false, "", "/Role/CreateDate is no timestamp" },
    { "apigateway", "GetRestApi", 200, NULL, "", false, "", "is empty" },
    { "ssm", "GetParameter", 200, NULL, "{\"Parameter\": {\"Value\": \"hunter2", false, "", "not shown: it may hold secrets" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"ItemCount\": 1.5}}", false, "", "/Table/ItemCount is a number, not a whole number" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"ItemCount\": \"many\"}}", false, "", "/Table/ItemCount is no number" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"ItemCount\": true}}", false, "", "/Table/ItemCount is a boolean" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"CreationDateTime\": 1e300}}", false, "", "/Table/CreationDateTime is a timestamp out of range" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"CreationDateTime\": \"soon\"}}", false, "", "/Table/CreationDateTime is no timestamp" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"DeletionProtectionEnabled\": \"maybe\"}}", false, "", "neither true nor false" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"KeySchema\": {}}}", false, "", "/Table/KeySchema is an object, not a list" },
    { "dynamodb", "DescribeTable", 200, NULL, "{\"Table\": {\"KeySchema\": [[]]}}", false, "", "/Table/KeySchema/0 is a list, not an object" },
    { "dynamodb", "DescribeTable", 200, NULL, "\"text\"", false, "", "is a string, not an object" },
    { "sqs", "GetQueueAttributes", 200, NULL, "{\"Attributes\": {\"A\": 1}}", false, "", "/Attributes/A is a number, not a string" },
    { "sns", "GetTopicAttributes", 200, NULL, "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry><value>1</value></entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>", false, "", "/Attributes holds an entry without key or value" },
    { "s3", "ListObjectsV2", 200, NULL, "<ListBucketResult><Contents><Size>big</Size></Contents></ListBucketResult>", false, "", "/Contents/0/Size is no number" },
    { "s3", "ListObjectsV2", 200, NULL, "<ListBucketResult><IsTruncated>perhaps</IsTruncated></ListBucketResult>", false, "", "/IsTruncated is neither" },
    { "s3", "GetBucketReplication", 200, NULL, "", false, "", "is empty" },
    { "s3", "GetBucketReplication", 200, NULL, "<html/>", false, "", "is HTML" },
    { "s3", "GetBucketVersioning", 404, NULL, "", false, "", "is empty" },
    /* and errors in good form */
    { "sqs", "GetQueueUrl", 400, NULL, "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"gone\"}", true, "QueueDoesNotExist", "gone" },
    { "dynamodb", "DescribeTable", 400, NULL, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://x/\",\"Message\":\"gone\"}", true, "ResourceNotFoundException", "gone" },
    { "iam", "GetRole", 404, NULL, "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>gone</Message></Error><RequestId>r-1</RequestId></ErrorResponse>", true, "NoSuchEntity", "gone" },
    { "s3", "GetBucketPolicy", 404, NULL, "<Error><Code>NoSuchBucketPolicy</Code><Message>gone</Message><RequestId>r-1</RequestId></Error>", true, "NoSuchBucketPolicy", "gone" },
    { "s3", "PutBucketVersioning", 200, NULL, "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>late</Message></Error>", true, "InternalError", "late" },
    { "s3", "HeadBucket", 404, NULL, "", true, "404", "" },
    { "s3", "GetObject", 304, NULL, "", true, "304", "" },
    { "route53", "ChangeResourceRecordSets", 400, NULL, "<InvalidChangeBatch xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Messages><Message>bad record</Message></Messages><RequestId>r-1</RequestId></InvalidChangeBatch>", true, "InvalidChangeBatch", "bad record" },
};
/* clang-format on */

START_TEST(test_bad_answers)
{
    for (size_t i = 0; i < ARRAY_SIZE(bad_answers); i++) {
        bool is_error;
        struct answer a = decoded(bad_answers[i].service, bad_answers[i].name,
                                  bad_answers[i].status, bad_answers[i].type, bad_answers[i].body,
                                  &is_error);
        ck_assert_msg(is_error == bad_answers[i].is_error, "%zu %s", i, bad_answers[i].body);
        ck_assert_msg(a.class == AWS_BAD_ANSWER || is_error, "%zu %s", i, bad_answers[i].body);
        ck_assert_str_eq(a.code, bad_answers[i].code);
        ck_assert_msg(strstr(a.message, bad_answers[i].message) != NULL, "%zu: %s", i, a.message);
        ck_assert(json_is_object(a.body));
        answer_clear(&a);
    }
}
END_TEST

START_TEST(test_deep_and_large)
{
    struct buffer deep = { 0 };
    bool is_error;
    buffer_str(&deep, "{\"x\": ");
    for (int i = 0; i < 1000000; i++)
        buffer_str(&deep, "[");
    struct answer a = decoded("sqs", "GetQueueUrl", 200, NULL, deep.text, &is_error);
    ck_assert_int_eq(a.class, AWS_BAD_ANSWER);
    ck_assert_ptr_nonnull(strstr(a.message, "deeper than 64"));
    answer_clear(&a);
    buffer_clear(&deep);
    char *large = xcalloc(CODEC_ANSWER_MAX + 2, 1);
    memset(large, ' ', CODEC_ANSWER_MAX + 1);
    a = decoded("sqs", "GetQueueUrl", 200, NULL, large, &is_error);
    ck_assert_int_eq(a.class, AWS_BAD_ANSWER);
    ck_assert_ptr_nonnull(strstr(a.message, "is larger than"));
    answer_clear(&a);
    free(large);
}
END_TEST

START_TEST(test_good_answers)
{
    bool is_error;
    struct answer a = decoded("sqs", "GetQueueUrl", 200, NULL,
                              "{\"QueueUrl\": \"u\", \"New\": {\"a\": 1}, \"New\": 2}", &is_error);
    json_auto_t *url = unit_json("{'QueueUrl': 'u'}");
    ck_assert_int_eq(a.class, AWS_OK);
    ck_assert_json_eq(a.body, url);
    answer_clear(&a);
    a = decoded("s3", "GetBucketLocation", 200, NULL,
                "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>",
                &is_error);
    json_auto_t *nowhere = json_object();
    ck_assert_json_eq(a.body, nowhere);
    answer_clear(&a);
    a = decoded("s3", "GetBucketLocation", 200, NULL,
                "<LocationConstraint>us-east-2</LocationConstraint>", &is_error);
    json_auto_t *ohio = unit_json("{'LocationConstraint': 'us-east-2'}");
    ck_assert_json_eq(a.body, ohio);
    answer_clear(&a);
    a = decoded("s3", "GetBucketLifecycleConfiguration", 200, NULL,
                "<LifecycleConfiguration><Rule><ID>a</ID></Rule><Rule><ID>b</ID></Rule>"
                "</LifecycleConfiguration>",
                &is_error);
    json_auto_t *rules = unit_json("{'Rules': [{'ID': 'a'}, {'ID': 'b'}]}");
    ck_assert_json_eq(a.body, rules);
    answer_clear(&a);
    a = decoded("s3", "GetObject", 200, "text/html", "<html>mine</html>", &is_error);
    ck_assert_int_eq(a.class, AWS_OK); /* an object may be any text */
    ck_assert_str_eq(json_string_value(json_object_get(a.body, "Body")),
                     "PGh0bWw+bWluZTwvaHRtbD4=");
    answer_clear(&a);
}
END_TEST

/* Forms that AWS does not promise and that lose nothing. */
START_TEST(test_lenient_answers)
{
    bool is_error;
    struct answer a = decoded("dynamodb", "DescribeTable", 200, NULL,
                              "{\"Table\": {\"ItemCount\": 5.0, \"TableSizeBytes\": \"7\","
                              "\"DeletionProtectionEnabled\": \"true\", \"TableName\": null,"
                              "\"CreationDateTime\": \"2026-11-22T15:04:05.250Z\"}}",
                              &is_error);
    json_auto_t *wanted = unit_json(
        "{'Table': {'ItemCount': 5, 'TableSizeBytes': 7,"
        " 'DeletionProtectionEnabled': true, 'CreationDateTime': 1795359845250}}");
    ck_assert_msg(a.class == AWS_OK, "%s", a.message);
    ck_assert_json_eq(a.body, wanted);
    answer_clear(&a);
    a = decoded("dynamodb", "DescribeTable", 200, NULL,
                "{\"Table\": {\"CreationDateTime\": 1795359845.25}}", &is_error);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(a.body, "Table"), "CreationDateTime")),
        1795359845250);
    answer_clear(&a);
}
END_TEST

START_TEST(test_hints)
{
    static const struct {
        const char *name, *value;
        msec_t wait;
    } hints[] = { { "Retry-After", "3", 3000 },
                  { "x-amz-retry-after", "1500", 1500 },
                  { "Retry-After", "Sun, 22 Nov 2026 15:04:05 GMT", 0 },
                  { "Retry-After", "99999999999999999999", 0 },
                  { "Retry-After", "-1", 0 } };
    for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
        struct http_response r = { .status = 429, .body = xstrdup("{\"__type\":\"Throttling\"}") };
        struct answer a;
        bool is_error;
        r.body_size = strlen(r.body);
        http_headers_add(&r.headers, hints[i].name, "%s", hints[i].value);
        http_headers_add(&r.headers, "x-amzn-RequestId", "%s", "id-1");
        codec_decode_answer(model("dynamodb", "GetItem"), &r, &a, &is_error);
        ck_assert(is_error);
        ck_assert_int_eq(a.retry_after, hints[i].wait);
        ck_assert_str_eq(a.request_id, "id-1");
        answer_clear(&a);
        http_response_clear(&r);
    }
}
END_TEST

/* ---- the server's side ---- */

/* clang-format off */
static const struct {
    const char *service, *method, *path, *query, *name;
} routes[] = {
    { "s3", "GET", "/", "", "ListBuckets" },
    { "s3", "PUT", "/b", "", "CreateBucket" },
    { "s3", "PUT", "/b/", "", "CreateBucket" },
    { "s3", "PUT", "/b", "versioning", "PutBucketVersioning" },
    { "s3", "PUT", "/b", "versioning=", "PutBucketVersioning" },
    { "s3", "GET", "/b", "list-type=2&prefix=x", "ListObjectsV2" },
    { "s3", "GET", "/b", "versions", "ListObjectVersions" },
    { "s3", "GET", "/b/k/with/slashes", "", "GetObject" },
    { "s3", "GET", "/b/k", "x-id=GetObject", "GetObject" },
    { "s3", "PUT", "/b", "acl", NULL }, /* not CreateBucket */
    { "s3", "GET", "/b", "location", "GetBucketLocation" },
    { "s3", "DELETE", "/b", "", "DeleteBucket" },
    { "lambda", "GET", "/2015-03-31/functions/f", "", "GetFunction" },
    { "lambda", "GET", "/2015-03-31/functions/f/configuration", "Qualifier=live", "GetFunctionConfiguration" },
    { "lambda", "GET", "/2099-01-01/functions/f", "", NULL },
    { "apigateway", "GET", "/restapis/x/stages/y", "", "GetStage" },
    { "route53", "POST", "/2013-04-01/hostedzone/Z1/rrset/", "", "ChangeResourceRecordSets" },
    { "route53", "POST", "/2013-04-01/hostedzone/Z1/rrset", "", "ChangeResourceRecordSets" },
    { "route53", "GET", "/2013-04-01/healthcheck/h/status", "", "GetHealthCheckStatus" },
    { "route53", "GET", "/2013-04-01/hostedzone/Z%2", "", "GetHostedZone" },
};
/* clang-format on */

START_TEST(test_routes)
{
    for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
        struct http_request r = { .path = xstrdup(routes[i].path),
                                  .query = xstrdup(routes[i].query) };
        str_copy(r.method, sizeof r.method, routes[i].method);
        const struct operation_model *op = codec_match_request(model_service(routes[i].service),
                                                               &r);
        ck_assert_msg(op == NULL ? routes[i].name == NULL : str_eq(op->name, routes[i].name),
                      "%s %s?%s is %s, not %s", routes[i].method, routes[i].path, routes[i].query,
                      op == NULL ? "nothing" : op->name,
                      routes[i].name == NULL ? "nothing" : routes[i].name);
        http_request_clear(&r);
    }
}
END_TEST

START_TEST(test_targets)
{
    struct http_request r = encoded("dynamodb", "DescribeTable", "{'TableName': 't'}");
    ck_assert_str_eq(codec_match_request(model_service("dynamodb"), &r)->name, "DescribeTable");
    ck_assert_ptr_null(codec_match_request(model_service("sqs"), &r));
    http_request_clear(&r);
    r = encoded("iam", "GetRole", "{'RoleName': 'r'}");
    ck_assert_str_eq(codec_match_request(model_service("iam"), &r)->name, "GetRole");
    ck_assert_ptr_null(codec_match_request(model_service("sts"), &r)); /* another version */
    http_request_clear(&r);
    struct http_request empty = { .method = "POST" };
    ck_assert_ptr_null(codec_match_request(model_service("dynamodb"), &empty));
    ck_assert_ptr_null(codec_match_request(model_service("iam"), &empty));
}
END_TEST

/* clang-format off */
static const struct {
    const char *service, *name, *path, *body, *pointer, *text;
} refused[] = {
    { "dynamodb", "DescribeTable", "/", "{\"TableName\": \"t\", \"More\": 1}", "/More", "no such member" },
    { "dynamodb", "DescribeTable", "/", "{\"TableName\": ", "", "is not JSON" },
    { "dynamodb", "DescribeTable", "/", "{\"TableName\": {}}", "/TableName", "not a string" },
    { "iam", "GetRole", "/", "Action=GetRole&Version=2010-05-08&RoleName=a&Other=1", "/Other", "no such member" },
    { "iam", "GetRole", "/", "Action=GetRole&RoleName=%zz", "", "not a form" },
    { "iam", "GetRole", "/", "Action=GetRole&RoleName=a&RoleName.x=b", "", "does not fit" },
    { "iam", "GetRole", "/", "RoleName.member.1=a", "/RoleName", "another type" },
    { "iam", "TagRole", "/", "RoleName=a&Tags.member.1.Bad=x", "/Tags/0/Bad", "no such member" },
    { "s3", "PutBucketVersioning", "/b", "<VersioningConfiguration><Odd/></VersioningConfiguration>", "/VersioningConfiguration/Odd", "no such member" },
    { "s3", "PutBucketVersioning", "/b", "<VersioningConfiguration>", "/VersioningConfiguration", "is not XML" },
    { "s3", "PutObject", "/b%z/k", "", "/Bucket", "percent" },
    { "s3", "PutObject", "/b", "", "", "is not /{Bucket}/{Key+}" },
};
/* clang-format on */

START_TEST(test_refused_requests)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct http_request r = { .path = xstrdup(refused[i].path),
                                  .query = xstrdup(""),
                                  .body = xstrdup(refused[i].body),
                                  .body_size = strlen(refused[i].body) };
        struct problem problem = { 0 };
        json_t *args = NULL;
        int error = codec_decode_request(model(refused[i].service, refused[i].name), &r, &args,
                                         &problem);
        ck_assert_msg(error == -EINVAL, "%zu %s", i, refused[i].body);
        ck_assert_ptr_null(args);
        ck_assert_str_eq(problem.pointer, refused[i].pointer);
        ck_assert_msg(strstr(problem.text, refused[i].text) != NULL, "%zu: %s", i, problem.text);
        http_request_clear(&r);
    }
}
END_TEST

/* An error that the server writes is the error that the client reads, in every protocol. */
START_TEST(test_errors_back)
{
    static const struct {
        const char *service, *name, *code;
        int status;
    } cases[] = { { "dynamodb", "DescribeTable", "ResourceNotFoundException", 400 },
                  { "sqs", "GetQueueUrl", "AWS.SimpleQueueService.NonExistentQueue", 400 },
                  { "sqs", "GetQueueUrl", "QueueDoesNotExist", 400 }, /* its name in the model */
                  { "lambda", "GetFunction", "ResourceNotFoundException", 404 },
                  { "iam", "GetRole", "NoSuchEntity", 404 },
                  { "s3", "GetBucketPolicy", "NoSuchBucketPolicy", 404 },
                  { "route53", "GetHostedZone", "NoSuchHostedZone", 404 } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct operation_model *op = model(cases[i].service, cases[i].name);
        struct answer sent = answer_error(AWS_NOT_FOUND, cases[i].code, cases[i].status, "<gone>");
        struct answer read;
        struct http_response response;
        bool is_error;
        str_copy(sent.request_id, sizeof sent.request_id, "r-7");
        sent.retry_after = 1500;
        codec_encode_answer(op->service, op, &sent, &response);
        ck_assert_int_eq(response.status, cases[i].status);
        codec_decode_answer(op, &response, &read, &is_error);
        ck_assert(is_error);
        ck_assert_str_eq(read.code, str_eq(cases[i].code, "QueueDoesNotExist")
                                        ? "AWS.SimpleQueueService.NonExistentQueue"
                                        : cases[i].code);
        ck_assert_str_eq(read.message, "<gone>");
        ck_assert_str_eq(read.request_id, "r-7");
        ck_assert_int_eq(read.retry_after, 2000);
        answer_clear(&sent);
        answer_clear(&read);
        http_response_clear(&response);
    }
}
END_TEST

START_TEST(test_error_before_operation)
{
    struct answer sent = answer_error(AWS_INVALID, "UnknownOperationException", 400, "what?");
    struct http_response response;
    codec_encode_answer(model_service("dynamodb"), NULL, &sent, &response);
    ck_assert_str_eq(response.body,
                     "{\"__type\":\"UnknownOperationException\",\"message\":\"what?\"}");
    http_response_clear(&response);
    /* What the model cannot say is our own cloud's fault, and shown as one. */
    struct answer odd = answer_ok(unit_json("{'QueueUrl': 5}"));
    const struct operation_model *op = model("sqs", "GetQueueUrl");
    codec_encode_answer(op->service, op, &odd, &response);
    ck_assert_int_eq(response.status, 500);
    ck_assert_ptr_nonnull(strstr(response.body, "InternalFailure"));
    http_response_clear(&response);
    answer_clear(&odd);
    answer_clear(&sent);
}
END_TEST

/* What the server's side writes, the client's side reads: every protocol, and headers besides. */
START_TEST(test_answers_there_and_back)
{
    static const struct {
        const char *service, *op, *body;
    } rows[] = {
        { "sts", "AssumeRole",
          "{'Credentials': {'AccessKeyId': 'A', 'SecretAccessKey': 's', 'SessionToken': 't<&>', "
          "'Expiration': 1700000000000}}" },
        { "iam", "GetRole",
          "{'Role': {'Path': '/', 'RoleName': 'r', 'RoleId': 'x', 'Arn': 'a', 'CreateDate': "
          "1700000000000, 'MaxSessionDuration': 3600, 'Tags': [{'Key': 'k', 'Value': ''}]}}" },
        { "sns", "GetTopicAttributes", "{'Attributes': {'DisplayName': 'x', 'Policy': '{}'}}" },
        { "lambda", "GetFunctionConfiguration",
          "{'FunctionName': 'f', 'Timeout': 3, 'Environment': {'Variables': {'A': 'b'}}, "
          "'Layers': [{'Arn': 'x', 'CodeSize': 5}]}" },
        { "apigateway", "GetRestApi",
          "{'id': 'i', 'name': 'n', 'createdDate': 1700000000000, 'tags': {'a': 'b'}}" },
        { "route53", "GetHealthCheck",
          "{'HealthCheck': {'Id': 'h', 'CallerReference': 'c', 'HealthCheckVersion': 1, "
          "'HealthCheckConfig': {'Type': 'HTTPS', 'Inverted': true, 'Regions': ['us-east-1', "
          "'us-west-1']}}}" },
        { "s3", "GetBucketTagging", "{'TagSet': [{'Key': 'a', 'Value': 'b'}]}" },
        { "s3", "HeadObject",
          "{'ContentLength': 5, 'ETag': 'x', 'LastModified': 1700000000000, 'Metadata': {'a': "
          "'b'}}" },
        { "dynamodb", "GetItem", "{'Item': {'id': {'B': 'AAEC'}, 'n': {'N': '1.5'}}}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct operation_model *op = model(rows[i].service, rows[i].op);
        struct answer sent = answer_ok(unit_json(rows[i].body)), read;
        struct http_response response;
        bool is_error;
        codec_encode_answer(op->service, op, &sent, &response);
        codec_decode_answer(op, &response, &read, &is_error);
        autofree char *shown = json_dumps(read.body, JSON_SORT_KEYS);
        ck_assert_msg(!is_error && read.class == AWS_OK && json_equal(sent.body, read.body),
                      "%s: %s %s", rows[i].op, response.body, shown);
        answer_clear(&sent);
        answer_clear(&read);
        http_response_clear(&response);
    }
}
END_TEST

/* A value of the wrong type never leaves: it is our own fault, and shown as one. */
START_TEST(test_answers_that_the_model_cannot_say)
{
    static const struct {
        const char *service, *op, *body;
    } rows[] = {
        { "sts", "AssumeRole", "{'Credentials': 'x'}" },
        { "sts", "AssumeRole", "{'Credentials': {'Expiration': 'soon'}}" },
        { "iam", "GetRole", "{'Role': {'Tags': {'Key': 'k'}}}" },
        { "iam", "GetRole", "{'Role': {'Tags': [{'Key': 5}]}}" },
        { "iam", "GetRole", "{'Role': {'MaxSessionDuration': 1.5}}" },
        { "sns", "GetTopicAttributes", "{'Attributes': []}" },
        { "sns", "GetTopicAttributes", "{'Attributes': {'DisplayName': 7}}" },
        { "lambda", "GetFunctionConfiguration", "{'Timeout': '3'}" },
        { "lambda", "GetFunctionConfiguration", "{'Layers': [{'CodeSize': {}}]}" },
        { "lambda", "GetFunctionConfiguration", "{'Environment': {'Variables': ['A']}}" },
        { "apigateway", "GetRestApi", "{'createdDate': true}" },
        { "route53", "GetHealthCheck", "{'HealthCheck': {'HealthCheckConfig': {'Inverted': 1}}}" },
        { "route53", "GetHealthCheck", "{'HealthCheck': {'HealthCheckVersion': 'one'}}" },
        { "s3", "GetBucketTagging", "{'TagSet': ['a']}" },
        { "s3", "HeadObject", "{'ContentLength': 'five'}" },
        { "s3", "HeadObject", "{'Metadata': {'a': 1}}" },
        { "dynamodb", "GetItem", "{'Item': {'id': {'B': 5}}}" },
        { "dynamodb", "GetItem", "{'Item': {'id': {'BOOL': 'yes'}}}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct operation_model *op = model(rows[i].service, rows[i].op);
        struct answer sent = answer_ok(unit_json(rows[i].body));
        struct http_response response;
        codec_encode_answer(op->service, op, &sent, &response);
        ck_assert_msg(response.status == 500, "%s %s: %d %s", rows[i].op, rows[i].body,
                      response.status, response.body);
        answer_clear(&sent);
        http_response_clear(&response);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_percent,
        test_base64,
        test_headers,
        test_json_request,
        test_query_request,
        test_labels,
        test_service_facts,
        test_element_order,
        test_bad_requests,
        test_bad_answers,
        test_deep_and_large,
        test_good_answers,
        test_lenient_answers,
        test_hints,
        test_routes,
        test_targets,
        test_refused_requests,
        test_errors_back,
        test_error_before_operation,
        test_answers_there_and_back,
        test_answers_that_the_model_cannot_say,
    };
    return unit_run("codec", tests, ARRAY_SIZE(tests));
}
