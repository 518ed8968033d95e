/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/s3.h"
#include "tests/unit/cloud_unit.h"

#define EAST1 REGION_US_EAST_1
#define EAST2 REGION_US_EAST_2

static const char in_east2[] =
    "{'Bucket': 'logs-b', 'CreateBucketConfiguration': {'LocationConstraint': 'us-east-2'}}";

static void make_buckets(struct world *w)
{
    world_do(w, "s3:CreateBucket", EAST1, "{'Bucket': 'logs-a'}");
    world_do(w, "s3:CreateBucket", EAST2, in_east2);
}

static void set_versioning(struct world *w, enum region region, const char *bucket,
                           const char *status)
{
    autofree char *args = xasprintf("{'Bucket': '%s', 'VersioningConfiguration': {'Status': '%s'}}",
                                    bucket, status);
    world_do(w, "s3:PutBucketVersioning", region, args);
}

START_TEST(test_bucket_life)
{
    struct world w = world_new(1);
    make_buckets(&w);
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:GetBucketLocation", EAST1, "{'Bucket': 'logs-b'}"),
                             "/LocationConstraint"),
                     "us-east-2");
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:GetBucketLocation", EAST1, "{'Bucket': 'logs-a'}"),
                             "/LocationConstraint"),
                     "");
    world_fails(&w, "s3:HeadBucket", EAST1, "{'Bucket': 'logs-b'}", "PermanentRedirect", NULL);
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:ListBuckets", EAST1, "{}"), "/Buckets/1/Name"),
                     "logs-b");
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:ListBuckets", EAST1, "{'BucketRegion': 'us-east-2'}"),
                             "/Buckets/0/Name"),
                     "logs-b");
    world_do(&w, "s3:CreateBucket", EAST1, "{'Bucket': 'logs-a'}"); /* us-east-1 says yes again */
    world_fails(&w, "s3:CreateBucket", EAST2, in_east2, "BucketAlreadyOwnedByYou", NULL);
    world_do(&w, "s3:DeleteBucket", EAST2, "{'Bucket': 'logs-b'}");
    world_fails(&w, "s3:HeadBucket", EAST2, "{'Bucket': 'logs-b'}", "NoSuchBucket", NULL);
    world_fails(&w, "s3:CreateBucket", EAST2, in_east2, "OperationAborted", NULL);
    world_wait(&w, S3_NAME_REUSE);
    world_do(&w, "s3:CreateBucket", EAST2, in_east2);
    world_clear(&w);
}
END_TEST

START_TEST(test_bucket_names_and_places)
{
    static const char *const bad[] = { "ab",      "Upper",       "a..b",
                                       "-abc",    "abc-",        "192.168.5.4",
                                       "xn--abc", "abc-s3alias", "under_score" };
    struct world w = world_new(1);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        autofree char *args = xasprintf("{'Bucket': '%s'}", bad[i]);
        world_fails(&w, "s3:CreateBucket", EAST1, args, "InvalidBucketName", NULL);
    }
    world_fails(&w, "s3:CreateBucket", EAST2, "{'Bucket': 'logs-b'}",
                "IllegalLocationConstraintException", "unspecified");
    world_fails(&w, "s3:CreateBucket", EAST2,
                "{'Bucket': 'logs-b', 'CreateBucketConfiguration': {'LocationConstraint': "
                "'us-west-2'}}",
                "IllegalLocationConstraintException", "us-west-2");
    world_fails(&w, "s3:GetBucketTagging", EAST1, "{'Bucket': 'absent-one'}", "NoSuchBucket", NULL);
    world_do(&w, "s3:CreateBucket", EAST1, "{'Bucket': 'logs-a'}");
    world_fails(&w, "s3:HeadBucket", EAST1,
                "{'Bucket': 'logs-a', 'ExpectedBucketOwner': '999999999999'}", "AccessDenied",
                NULL);
    world_clear(&w);
}
END_TEST

/* What a new bucket has, and the codes for what it has not. */
START_TEST(test_defaults)
{
    static const struct {
        const char *operation, *pointer, *value;
    } present[] = {
        { "s3:GetBucketEncryption",
          "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault/"
          "SSEAlgorithm",
          "AES256" },
        { "s3:GetPublicAccessBlock", "/PublicAccessBlockConfiguration/BlockPublicPolicy", "true" },
        { "s3:GetBucketOwnershipControls", "/OwnershipControls/Rules/0/ObjectOwnership",
          "BucketOwnerEnforced" },
        { "s3:GetBucketVersioning", "/Status", "" },
    };
    static const char *const absent[][2] = {
        { "s3:GetBucketTagging", "NoSuchTagSet" },
        { "s3:GetBucketPolicy", "NoSuchBucketPolicy" },
        { "s3:GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration" },
        { "s3:GetBucketReplication", "ReplicationConfigurationNotFoundError" },
    };
    struct world w = world_new(1);
    make_buckets(&w);
    for (size_t i = 0; i < ARRAY_SIZE(present); i++)
        ck_assert_str_eq(unit_at(world_ok(&w, present[i].operation, EAST1, "{'Bucket': 'logs-a'}"),
                                 present[i].pointer),
                         present[i].value);
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
        world_fails(&w, absent[i][0], EAST1, "{'Bucket': 'logs-a'}", absent[i][1], NULL);
    world_do(&w, "s3:DeletePublicAccessBlock", EAST1, "{'Bucket': 'logs-a'}");
    world_do(&w, "s3:DeletePublicAccessBlock", EAST1, "{'Bucket': 'logs-a'}");
    world_fails(&w, "s3:GetPublicAccessBlock", EAST1, "{'Bucket': 'logs-a'}",
                "NoSuchPublicAccessBlockConfiguration", NULL);
    world_clear(&w);
}
END_TEST

/* Settings that S3 refuses, and why. */
START_TEST(test_refused_settings)
{
    static const struct {
        const char *operation, *member, *code, *text;
    } refused[] = {
        /* clang-format off */
        { "s3:PutBucketVersioning", "'VersioningConfiguration': {}",
          "IllegalVersioningConfigurationException", NULL },
        { "s3:PutBucketEncryption", "'ServerSideEncryptionConfiguration': {'Rules': []}",
          "MalformedXML", NULL },
        { "s3:PutBucketEncryption", "'ServerSideEncryptionConfiguration': {'Rules': "
          "[{'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'AES256', 'KMSMasterKeyID': "
          "'k'}}]}", "InvalidArgument", "KMSMasterKeyID" },
        { "s3:PutBucketOwnershipControls", "'OwnershipControls': {'Rules': []}", "MalformedXML",
          NULL },
        { "s3:PutBucketTagging", "'Tagging': {'TagSet': [{'Key': 'a', 'Value': '1'}, {'Key': 'a', "
          "'Value': '2'}]}", "InvalidTag", "multiple Tags" },
        { "s3:PutBucketTagging", "'Tagging': {'TagSet': [{'Key': 'a,b', 'Value': '1'}]}",
          "InvalidTag", "TagKey" },
        { "s3:PutBucketTagging", "'Tagging': {'TagSet': [{'Key': 'a', 'Value': '1,2'}]}",
          "InvalidTag", "TagValue" },
        { "s3:PutBucketTagging", "'Tagging': {'TagSet': [{'Key': 'aws:a', 'Value': '1'}]}",
          "InvalidTag", "System tags" },
        { "s3:PutBucketPolicy", "'Policy': 'nonsense'", "MalformedPolicy", "valid JSON" },
        { "s3:PutBucketPolicy", "'Policy': '{}'", "MalformedPolicy",
          "Missing required field Statement" },
        { "s3:PutBucketLifecycleConfiguration", "'LifecycleConfiguration': {'Rules': []}",
          "MalformedXML", NULL },
        { "s3:PutBucketLifecycleConfiguration", "'LifecycleConfiguration': {'Rules': [{'Status': "
          "'Enabled', 'Filter': {'Prefix': ''}}]}", "InvalidRequest", "At least one action" },
        { "s3:PutBucketLifecycleConfiguration", "'LifecycleConfiguration': {'Rules': [{'Status': "
          "'Enabled', 'Filter': {'Prefix': ''}, 'Expiration': {'Days': 0}}]}", "InvalidArgument",
          "positive" },
        { "s3:PutBucketReplication", "'ReplicationConfiguration': {'Role': "
          "'arn:aws:iam::123456789012:role/r', 'Rules': []}", "InvalidRequest", "Versioning" },
        /* clang-format on */
    };
    struct world w = world_new(1);
    make_buckets(&w);
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        autofree char *args = xasprintf("{'Bucket': 'logs-a', %s}", refused[i].member);
        world_fails(&w, refused[i].operation, EAST1, args, refused[i].code, refused[i].text);
    }
    world_clear(&w);
}
END_TEST

static struct answer put_policy(struct world *w, const char *policy)
{
    json_auto_t *document = unit_json(policy);
    autofree char *text = json_dumps(document, JSON_COMPACT);
    return world_call(w, "s3:PutBucketPolicy", EAST1,
                      json_pack("{s:s, s:s}", "Bucket", "logs-a", "Policy", text));
}

START_TEST(test_bucket_policy)
{
    static const char *const policies[][3] = {
        { "{'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', "
          "'Resource': 'arn:aws:s3:::logs-a/*'}]}",
          "AccessDenied", "BlockPublicPolicy" },
        { "{'Statement': {'Effect': 'Deny', 'Principal': '*', 'Action': ['s3:*'], 'Resource': "
          "['arn:aws:s3:::logs-a', 'arn:aws:s3:::logs-a/*'], 'Condition': {'Bool': "
          "{'aws:SecureTransport': 'false'}}}}",
          NULL, NULL },
        { "{'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', "
          "'Resource': 'arn:aws:s3:::logs-a/*', 'Condition': {'StringEquals': "
          "{'aws:PrincipalOrgID': 'o-1'}}}]}",
          NULL, NULL },
        { "{'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': 'x'}, 'Action': 's3:GetObject', "
          "'Resource': 'arn:aws:s3:::other/*'}]}",
          "MalformedPolicy", "invalid resource" },
        { "{'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': 'x'}, 'Action': 'sqs:Send', "
          "'Resource': 'arn:aws:s3:::logs-a/*'}]}",
          "MalformedPolicy", "invalid action" },
        { "{'Statement': [{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]}",
          "MalformedPolicy", "Principal" },
    };
    struct world w = world_new(1);
    make_buckets(&w);
    for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
        struct answer answer = put_policy(&w, policies[i][0]);
        ck_assert_str_eq(answer.code, policies[i][1] != NULL ? policies[i][1] : "");
        if (policies[i][2] != NULL)
            ck_assert_ptr_nonnull(strstr(answer.message, policies[i][2]));
        answer_clear(&answer);
    }
    world_do(&w, "s3:DeleteBucketPolicy", EAST1, "{'Bucket': 'logs-a'}");
    world_clear(&w);
}
END_TEST

/* Writes to one bucket's settings that come close together collide sometimes, never when apart. */
START_TEST(test_racing_settings)
{
    struct world w = world_new(7);
    make_buckets(&w);
    int aborted = 0;
    for (int i = 0; i < 400; i++) {
        struct call call = call_new(
            "s3:PutBucketVersioning", EAST1,
            unit_json("{'Bucket': 'logs-a', 'VersioningConfiguration': {'Status': "
                      "'Enabled'}}"),
            NULL);
        world_wait(&w, 50);
        struct answer answer = cloud_call(w.cloud, &w.caller, &call, w.now);
        aborted += strcmp(answer.code, "OperationAborted") == 0;
        answer_clear(&answer);
        call_clear(&call);
    }
    ck_assert_int_gt(aborted, 2);
    ck_assert_int_lt(aborted, 100);
    world_clear(&w);
}
END_TEST

START_TEST(test_unversioned_objects)
{
    struct world w = world_new(1);
    make_buckets(&w);
    json_t *put = world_ok(&w, "s3:PutObject", EAST1,
                           "{'Bucket': 'logs-a', 'Key': 'k', 'Body': 'dGVzdA==', 'Metadata': "
                           "{'Epoch': '7'}}");
    ck_assert_ptr_null(json_object_get(put, "VersionId"));
    ck_assert_str_eq(unit_at(put, "/ETag"), "\"098f6bcd4621d373cade4e832627b4f6\"");
    json_auto_t *got = world_ok(&w, "s3:GetObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}");
    ck_assert_str_eq(member_str(got, "Body"), "dGVzdA==");
    ck_assert_int_eq(member_int(got, "ContentLength"), 4);
    ck_assert_str_eq(member_str(json_object_get(got, "Metadata"), "epoch"), "7");
    ck_assert_ptr_null(json_object_get(got, "VersionId"));
    world_fails(&w, "s3:DeleteBucket", EAST1, "{'Bucket': 'logs-a'}", "BucketNotEmpty", NULL);
    world_fails(&w, "s3:GetObject", EAST1,
                "{'Bucket': 'logs-a', 'Key': 'k', 'VersionId': 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'}",
                "InvalidArgument", "Invalid version id");
    world_do(&w, "s3:DeleteObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}");
    world_do(&w, "s3:DeleteObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'never-there'}");
    world_fails(&w, "s3:HeadObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}", "NoSuchKey", NULL);
    world_do(&w, "s3:DeleteBucket", EAST1, "{'Bucket': 'logs-a'}");
    world_clear(&w);
}
END_TEST

START_TEST(test_versions)
{
    struct world w = world_new(1);
    make_buckets(&w);
    set_versioning(&w, EAST1, "logs-a", "Enabled");
    world_do(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k', 'Body': 'YQ=='}");
    autofree char *second = xstrdup(unit_at(
        world_ok(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k', 'Body': 'Yg=='}"),
        "/VersionId"));
    ck_assert_uint_eq(strlen(second), 32);
    json_auto_t *gone = world_ok(&w, "s3:DeleteObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}");
    ck_assert(member_true(gone, "DeleteMarker"));
    world_fails(&w, "s3:GetObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}", "NoSuchKey", NULL);
    autofree char *marker = xasprintf("{'Bucket': 'logs-a', 'Key': 'k', 'VersionId': '%s'}",
                                      member_str(gone, "VersionId"));
    world_fails(&w, "s3:GetObject", EAST1, marker, "MethodNotAllowed", NULL);
    autofree char *older = xasprintf("{'Bucket': 'logs-a', 'Key': 'k', 'VersionId': '%s'}", second);
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:GetObject", EAST1, older), "/Body"), "Yg==");
    json_auto_t *list = world_ok(&w, "s3:ListObjectVersions", EAST1, "{'Bucket': 'logs-a'}");
    ck_assert_uint_eq(json_array_size(json_object_get(list, "Versions")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(list, "DeleteMarkers")), 1);
    world_do(&w, "s3:DeleteObject", EAST1, marker); /* undelete */
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:GetObject", EAST1,
                                      "{'Bucket': 'logs-a', 'Key': "
                                      "'k'}"),
                             "/Body"),
                     "Yg==");
    world_do(&w, "s3:DeleteObject", EAST1, older);
    world_fails(&w, "s3:GetObject", EAST1, older, "NoSuchVersion", NULL);
    world_fails(&w, "s3:DeleteBucket", EAST1, "{'Bucket': 'logs-a'}", "BucketNotEmpty",
                "all versions");
    world_clear(&w);
}
END_TEST

START_TEST(test_suspended_versions)
{
    struct world w = world_new(1);
    make_buckets(&w);
    set_versioning(&w, EAST1, "logs-a", "Enabled");
    world_do(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k', 'Body': 'YQ=='}");
    set_versioning(&w, EAST1, "logs-a", "Suspended");
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:PutObject", EAST1,
                                      "{'Bucket': 'logs-a', 'Key': 'k', 'Body': 'Yg=='}"),
                             "/VersionId"),
                     "");
    world_do(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k', 'Body': 'Yw=='}");
    ck_assert_str_eq(
        unit_at(world_ok(&w, "s3:GetObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}"),
                "/VersionId"),
        "null");
    json_auto_t *list = world_ok(&w, "s3:ListObjectVersions", EAST1, "{'Bucket': 'logs-a'}");
    ck_assert_uint_eq(json_array_size(json_object_get(list, "Versions")), 2);
    ck_assert_str_eq(
        unit_at(world_ok(&w, "s3:DeleteObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}"),
                "/VersionId"),
        "null");
    world_fails(&w, "s3:GetObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'k'}", "NoSuchKey", NULL);
    world_clear(&w);
}
END_TEST

START_TEST(test_conditional_writes)
{
    static const char put[] = "{'Bucket': 'logs-a', 'Key': 'lever', 'Body': 'YQ=='%s}";
    struct world w = world_new(1);
    make_buckets(&w);
    static const struct {
        const char *condition, *code;
    } steps[] = {
        { ", 'IfMatch': '0cc175b9c0f1b6a831c399e269772661'", "NoSuchKey" },
        { ", 'IfNoneMatch': '*'", NULL },
        { ", 'IfNoneMatch': '*'", "PreconditionFailed" },
        { ", 'IfMatch': '0cc175b9c0f1b6a831c399e269772661'", NULL },
        { ", 'IfMatch': '\\'0cc175b9c0f1b6a831c399e269772661\\''", NULL },
        { ", 'IfMatch': '99c175b9c0f1b6a831c399e269772661'", "PreconditionFailed" },
        { ", 'IfMatch': '*'", "NotImplemented" },
        { ", 'IfNoneMatch': 'abc'", "NotImplemented" },
        { ", 'IfMatch': 'a', 'IfNoneMatch': '*'", "NotImplemented" },
        { ", 'ContentMD5': 'DMF1ucDxtqgxw5niaXcmYQ=='", NULL },
        { ", 'ContentMD5': 'AAF1ucDxtqgxw5niaXcmYQ=='", "BadDigest" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        struct buffer args = { 0 };
        const char *at = strstr(put, "%s");
        buffer_add(&args, put, (size_t)(at - put));
        buffer_str(&args, steps[i].condition);
        buffer_str(&args, at + 2);
        autofree char *text = buffer_take(&args);
        if (steps[i].code != NULL)
            world_fails(&w, "s3:PutObject", EAST1, text, steps[i].code, NULL);
        else
            world_do(&w, "s3:PutObject", EAST1, text);
    }
    world_fails(&w, "s3:DeleteObject", EAST1,
                "{'Bucket': 'logs-a', 'Key': 'lever', 'IfMatch': 'abc'}", "PreconditionFailed",
                NULL);
    world_fails(&w, "s3:GetObject", EAST1,
                "{'Bucket': 'logs-a', 'Key': 'lever', 'IfNoneMatch': "
                "'0cc175b9c0f1b6a831c399e269772661'}",
                "NotModified", NULL);
    world_clear(&w);
}
END_TEST

static void put_keys(struct world *w, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        autofree char *args = xasprintf("{'Bucket': 'logs-a', 'Key': '%s'}", keys[i]);
        world_do(w, "s3:PutObject", EAST1, args);
    }
}

START_TEST(test_listing)
{
    static const char *const keys[] = { "b/2", "a", "b/1", "c", "b/3", "d e" };
    struct world w = world_new(1);
    make_buckets(&w);
    put_keys(&w, keys, ARRAY_SIZE(keys));
    json_auto_t *all = world_ok(&w, "s3:ListObjectsV2", EAST1,
                                "{'Bucket': 'logs-a', 'EncodingType': 'url'}");
    ck_assert_int_eq(member_int(all, "KeyCount"), 6);
    ck_assert_str_eq(member_str(json_array_get(json_object_get(all, "Contents"), 5), "Key"),
                     "d%20e");
    json_auto_t *first = world_ok(
        &w, "s3:ListObjectsV2", EAST1,
        "{'Bucket': 'logs-a', 'Delimiter': '/', 'MaxKeys': 2}"); /* a, b/ */
    ck_assert_uint_eq(json_array_size(json_object_get(first, "Contents")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(first, "CommonPrefixes")), 1);
    ck_assert(member_true(first, "IsTruncated"));
    struct answer second = world_call(&w, "s3:ListObjectsV2", EAST1,
                                      json_pack("{s:s, s:s, s:s}", "Bucket", "logs-a", "Delimiter",
                                                "/", "ContinuationToken",
                                                member_str(first, "NextContinuationToken")));
    ck_assert_int_eq(member_int(second.body, "KeyCount"), 2); /* c, d e */
    ck_assert(!member_true(second.body, "IsTruncated"));
    answer_clear(&second);
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:ListObjectsV2", EAST1,
                                      "{'Bucket': 'logs-a', 'StartAfter': 'b/2', 'Prefix': 'b'}"),
                             "/Contents/0/Key"),
                     "b/3");
    world_clear(&w);
}
END_TEST

/* Reading all versions two at a time gives each exactly once. */
START_TEST(test_listing_versions)
{
    static const char *const keys[] = { "a", "b", "b", "b", "c" };
    struct world w = world_new(1);
    make_buckets(&w);
    set_versioning(&w, EAST1, "logs-a", "Enabled");
    put_keys(&w, keys, ARRAY_SIZE(keys));
    world_do(&w, "s3:DeleteObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'b'}");
    json_auto_t *marker = json_object(), *seen = json_object();
    int pages = 0;
    bool more = true;
    for (; more && pages < 10; pages++) {
        json_t *args = json_pack("{s:s, s:i}", "Bucket", "logs-a", "MaxKeys", 2);
        json_object_update(args, marker);
        struct answer page = world_call(&w, "s3:ListObjectVersions", EAST1, args);
        static const char *const lists[] = { "Versions", "DeleteMarkers" };
        for (size_t l = 0; l < 2; l++) {
            size_t i;
            json_t *each;
            json_array_foreach(json_object_get(page.body, lists[l]), i, each)
            {
                ck_assert_ptr_null(json_object_get(seen, member_str(each, "VersionId")));
                json_object_set_new(seen, member_str(each, "VersionId"), json_true());
            }
        }
        more = member_true(page.body, "IsTruncated");
        json_object_set(marker, "KeyMarker", json_object_get(page.body, "NextKeyMarker"));
        json_object_set(marker, "VersionIdMarker",
                        json_object_get(page.body, "NextVersionIdMarker"));
        answer_clear(&page);
    }
    ck_assert_uint_eq(json_object_size(seen), 6);
    ck_assert_int_eq(pages, 3);
    world_clear(&w);
}
END_TEST

START_TEST(test_delete_objects)
{
    static const char *const keys[] = { "a", "b" };
    struct world w = world_new(1);
    make_buckets(&w);
    put_keys(&w, keys, 2);
    json_auto_t *body = world_ok(
        &w, "s3:DeleteObjects", EAST1,
        "{'Bucket': 'logs-a', 'Delete': {'Objects': [{'Key': 'a'}, {'Key': 'b', 'VersionId': "
        "'0123456789abcdef0123456789abcdef'}]}}");
    ck_assert_uint_eq(json_array_size(json_object_get(body, "Deleted")), 1);
    ck_assert_str_eq(member_str(json_array_get(json_object_get(body, "Errors"), 0), "Code"),
                     "NoSuchVersion");
    world_do(&w, "s3:DeleteObjects", EAST1,
             "{'Bucket': 'logs-a', 'Delete': {'Objects': [{'Key': 'b', 'VersionId': 'null'}]}}");
    world_do(&w, "s3:DeleteBucket", EAST1, "{'Bucket': 'logs-a'}");
    world_clear(&w);
}
END_TEST

/* ---- replication ---- */

static const char trust[] =
    "{\\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": [{\\\"Effect\\\": \\\"Allow\\\", "
    "\\\"Principal\\\": {\\\"Service\\\": \\\"s3.amazonaws.com\\\"}, \\\"Action\\\": "
    "\\\"sts:AssumeRole\\\"}]}";

static void make_role(struct world *w, const char *actions)
{
    autofree char *create = xasprintf(
        "{\"RoleName\": \"copier\", \"AssumeRolePolicyDocument\": \"%s\"}", trust);
    world_do(w, "iam:CreateRole", EAST1, create);
    autofree char *policy = xasprintf(
        "{\"RoleName\": \"copier\", \"PolicyName\": \"p\", \"PolicyDocument\": "
        "\"{\\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": [{\\\"Effect\\\": "
        "\\\"Allow\\\", \\\"Action\\\": %s, \\\"Resource\\\": \\\"*\\\"}]}\"}",
        actions);
    world_do(w, "iam:PutRolePolicy", EAST1, policy);
    world_wait(w, MINUTES(1)); /* until AWS's services can assume it */
}

static const char rule[] =
    "{'Bucket': 'logs-a', 'ReplicationConfiguration': {'Role': "
    "'arn:aws:iam::123456789012:role/copier', 'Rules': [{'ID': 'r', 'Status': 'Enabled', "
    "'Priority': 1, 'Filter': {'Prefix': 'in/'}, 'DeleteMarkerReplication': {'Status': 'Enabled'}, "
    "'Destination': {'Bucket': 'arn:aws:s3:::logs-b'}}]}}";

START_TEST(test_replication_configuration)
{
    struct world w = world_new(1);
    make_buckets(&w);
    set_versioning(&w, EAST1, "logs-a", "Enabled");
    world_fails(&w, "s3:PutBucketReplication", EAST1, rule, "InvalidArgument", "role");
    make_role(&w, "\\\"s3:*\\\"");
    world_fails(&w, "s3:PutBucketReplication", EAST1, rule, "InvalidRequest",
                "Destination bucket must have versioning enabled.");
    set_versioning(&w, EAST2, "logs-b", "Enabled");
    world_do(&w, "s3:PutBucketReplication", EAST1, rule);
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:GetBucketReplication", EAST1, "{'Bucket': 'logs-a'}"),
                             "/ReplicationConfiguration/Rules/0/ID"),
                     "r");
    world_fails(&w, "s3:PutBucketVersioning", EAST1,
                "{'Bucket': 'logs-a', 'VersioningConfiguration': {'Status': 'Suspended'}}",
                "InvalidBucketState", NULL);
    world_do(&w, "s3:DeleteBucketReplication", EAST1, "{'Bucket': 'logs-a'}");
    set_versioning(&w, EAST1, "logs-a", "Suspended");
    world_clear(&w);
}
END_TEST

START_TEST(test_replication_of_objects)
{
    struct world w = world_new(1);
    make_buckets(&w);
    make_role(&w, "\\\"s3:*\\\"");
    set_versioning(&w, EAST1, "logs-a", "Enabled");
    set_versioning(&w, EAST2, "logs-b", "Enabled");
    world_do(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'in/old', 'Body': 'YQ=='}");
    world_do(&w, "s3:PutBucketReplication", EAST1, rule);
    s3_set_lag(w.cloud, EAST2, SECONDS(10));
    world_do(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'in/k', 'Body': 'Yg=='}");
    world_do(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'out', 'Body': 'Yg=='}");
    static const char head_in[] = "{'Bucket': 'logs-a', 'Key': 'in/k'}";
    static const char there[] = "{'Bucket': 'logs-b', 'Key': 'in/k'}";
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:HeadObject", EAST1, head_in), "/ReplicationStatus"),
                     "PENDING");
    world_fails(&w, "s3:HeadObject", EAST2, there, "NoSuchKey", NULL);
    world_wait(&w, SECONDS(10));
    ck_assert_str_eq(unit_at(world_ok(&w, "s3:HeadObject", EAST1, head_in), "/ReplicationStatus"),
                     "COMPLETED");
    json_auto_t *here = world_ok(&w, "s3:GetObject", EAST1, head_in);
    json_auto_t *copy = world_ok(&w, "s3:GetObject", EAST2, there);
    ck_assert_str_eq(member_str(copy, "ReplicationStatus"), "REPLICA");
    ck_assert_str_eq(member_str(copy, "VersionId"), member_str(here, "VersionId"));
    ck_assert_str_eq(member_str(copy, "Body"), "Yg==");
    world_fails(&w, "s3:HeadObject", EAST2, "{'Bucket': 'logs-b', 'Key': 'out'}", "NoSuchKey",
                NULL);
    world_fails(&w, "s3:HeadObject", EAST2, "{'Bucket': 'logs-b', 'Key': 'in/old'}", "NoSuchKey",
                NULL);
    world_do(&w, "s3:DeleteObject", EAST1, head_in); /* the marker follows */
    world_wait(&w, SECONDS(10));
    world_fails(&w, "s3:HeadObject", EAST2, there, "NoSuchKey", NULL);
    json_auto_t *list = world_ok(&w, "s3:ListObjectVersions", EAST2, "{'Bucket': 'logs-b'}");
    ck_assert_uint_eq(json_array_size(json_object_get(list, "DeleteMarkers")), 1);
    world_clear(&w);
}
END_TEST

/* The configured role's rights decide, and so does the destination's versioning. */
START_TEST(test_replication_fails)
{
    struct world w = world_new(1);
    make_buckets(&w);
    make_role(&w, "[\\\"s3:ReplicateObject\\\", \\\"s3:ListBucket\\\"]");
    set_versioning(&w, EAST1, "logs-a", "Enabled");
    set_versioning(&w, EAST2, "logs-b", "Enabled");
    world_do(&w, "s3:PutBucketReplication", EAST1, rule);
    world_do(&w, "s3:PutObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'in/k', 'Body': 'Yg=='}");
    world_wait(&w, MINUTES(1));
    ck_assert_str_eq(
        unit_at(world_ok(&w, "s3:HeadObject", EAST1, "{'Bucket': 'logs-a', 'Key': 'in/k'}"),
                "/ReplicationStatus"),
        "FAILED");
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_bucket_life,
        test_bucket_names_and_places,
        test_defaults,
        test_refused_settings,
        test_bucket_policy,
        test_racing_settings,
        test_unversioned_objects,
        test_versions,
        test_suspended_versions,
        test_conditional_writes,
        test_listing,
        test_listing_versions,
        test_delete_objects,
        test_replication_configuration,
        test_replication_of_objects,
        test_replication_fails,
    };
    return unit_run("cloud_s3", tests, ARRAY_SIZE(tests));
}
