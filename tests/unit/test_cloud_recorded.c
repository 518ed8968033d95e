/* SPDX-License-Identifier: Apache-2.0 */
/* The cloud's DynamoDB and S3 against answers that real AWS gave: the same steps, and then the same
 * codes, messages, statuses and fields. Skipped (77) where the recordings are not at hand. */
#include "tests/sandbox/member.h"
#include "tests/unit/cloud_unit.h"

#define EAST1 REGION_US_EAST_1

/* What a step compares with; recorded NULL: it only prepares. */
struct step {
    const char *recorded, *operation, *args;
};

#define BUCKET "'Bucket': 'recorded-bucket'"
#define OBJECT "'Bucket': 'recorded-bucket', 'Key': 'test-delete'"
#define CONDITIONAL "'Bucket': 'recorded-bucket', 'Key': 'test-precondition'"

/* clang-format off */
static const struct step table_crud[] = {
    { "create-table", "dynamodb:CreateTable", "{'TableName': 'recorded', 'KeySchema': "
      "[{'AttributeName': 'id', 'KeyType': 'HASH'}], 'AttributeDefinitions': [{'AttributeName': "
      "'id', 'AttributeType': 'S'}], 'ProvisionedThroughput': {'ReadCapacityUnits': 5, "
      "'WriteCapacityUnits': 5}}" },
    { NULL, "wait", "" },
    { "describe-table", "dynamodb:DescribeTable", "{'TableName': 'recorded'}" },
    { "delete-table", "dynamodb:DeleteTable", "{'TableName': 'recorded'}" },
    { "delete-non-existent-table", "dynamodb:DeleteTable", "{'TableName': 'non-existent'}" },
    { NULL, NULL, NULL },
};
static const struct step table_index[] = {
    { "create-table-with-gsi", "dynamodb:CreateTable", "{'TableName': 'recorded', 'KeySchema': "
      "[{'AttributeName': 'TID', 'KeyType': 'HASH'}], 'AttributeDefinitions': [{'AttributeName': "
      "'TID', 'AttributeType': 'S'}, {'AttributeName': 'TRID', 'AttributeType': 'S'}], "
      "'BillingMode': 'PAY_PER_REQUEST', 'GlobalSecondaryIndexes': [{'IndexName': "
      "'TransactionRecordID', 'KeySchema': [{'AttributeName': 'TRID', 'KeyType': 'HASH'}], "
      "'Projection': {'ProjectionType': 'ALL'}}]}" },
    { NULL, "wait", "" },
    { "describe-table", "dynamodb:DescribeTable", "{'TableName': 'recorded'}" },
    { NULL, NULL, NULL },
};
static const struct step table_backups[] = {
    { NULL, "dynamodb:CreateTable", "{'TableName': 'recorded', 'KeySchema': [{'AttributeName': "
      "'id', 'KeyType': 'HASH'}], 'AttributeDefinitions': [{'AttributeName': 'id', "
      "'AttributeType': 'S'}], 'BillingMode': 'PAY_PER_REQUEST'}" },
    { NULL, "wait", "" },
    { "update-continuous-backup", "dynamodb:UpdateContinuousBackups", "{'TableName': 'recorded', "
      "'PointInTimeRecoverySpecification': {'PointInTimeRecoveryEnabled': true}}" },
    { "describe-continuous-backup", "dynamodb:DescribeContinuousBackups",
      "{'TableName': 'recorded'}" },
    { NULL, NULL, NULL },
};
static const struct step item_condition[] = {
    { NULL, "dynamodb:CreateTable", "{'TableName': 'recorded', 'KeySchema': [{'AttributeName': "
      "'id', 'KeyType': 'HASH'}], 'AttributeDefinitions': [{'AttributeName': 'id', "
      "'AttributeType': 'S'}], 'BillingMode': 'PAY_PER_REQUEST'}" },
    { NULL, "wait", "" },
    { NULL, "dynamodb:PutItem", "{'TableName': 'recorded', 'Item': {'id': {'S': '456'}, 'price': "
      "{'N': '650'}, 'product': {'S': 'sporting goods'}}}" },
    { "items", "dynamodb:DeleteItem", "{'TableName': 'recorded', 'Key': {'id': {'S': '456'}}, "
      "'ConditionExpression': 'price = :p', 'ExpressionAttributeValues': {':p': {'N': '1'}}, "
      "'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}" },
    { NULL, NULL, NULL },
};
static const struct step versioning[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "get-versioning-before", "s3:GetBucketVersioning", "{" BUCKET "}" },
    { "put-versioning-suspended-before", "s3:PutBucketVersioning",
      "{" BUCKET ", 'VersioningConfiguration': {'Status': 'Suspended'}}" },
    { "get-versioning-after-suspended", "s3:GetBucketVersioning", "{" BUCKET "}" },
    { "put-versioning-enabled-capitalized", "s3:PutBucketVersioning",
      "{" BUCKET ", 'VersioningConfiguration': {'Status': 'Enabled'}}" },
    { "get-versioning-after-enabled", "s3:GetBucketVersioning", "{" BUCKET "}" },
    { "put-versioning-empty", "s3:PutBucketVersioning",
      "{" BUCKET ", 'VersioningConfiguration': {}}" },
    { "get-versioning-no-bucket", "s3:GetBucketVersioning", "{'Bucket': 'absent-bucket'}" },
    { NULL, NULL, NULL },
};
static const struct step encryption[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "default-bucket-encryption", "s3:GetBucketEncryption", "{" BUCKET "}" },
    { NULL, NULL, NULL },
};
static const struct step tagging[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "get-bucket-tags-empty", "s3:GetBucketTagging", "{" BUCKET "}" },
    { "put-bucket-tags", "s3:PutBucketTagging", "{" BUCKET ", 'Tagging': {'TagSet': [{'Key': "
      "'tag1', 'Value': 'tag1'}, {'Key': 'tag2', 'Value': ''}]}}" },
    { "get-bucket-tags", "s3:GetBucketTagging", "{" BUCKET "}" },
    { "delete-bucket-tags", "s3:DeleteBucketTagging", "{" BUCKET "}" },
    { NULL, NULL, NULL },
};
static const struct step tag_checks[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "put-bucket-tags-duplicate-keys", "s3:PutBucketTagging", "{" BUCKET ", 'Tagging': {'TagSet': "
      "[{'Key': 'Key1', 'Value': 'a'}, {'Key': 'Key1', 'Value': 'b'}]}}" },
    { "put-bucket-tags-invalid-key", "s3:PutBucketTagging", "{" BUCKET ", 'Tagging': {'TagSet': "
      "[{'Key': 'Key1,Key2', 'Value': 'a'}]}}" },
    { "put-bucket-tags-aws-prefixed", "s3:PutBucketTagging", "{" BUCKET ", 'Tagging': {'TagSet': "
      "[{'Key': 'aws:prefixed', 'Value': 'a'}]}}" },
    { NULL, NULL, NULL },
};
static const struct step ownership[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "default-ownership", "s3:GetBucketOwnershipControls", "{" BUCKET "}" },
    { "put-ownership", "s3:PutBucketOwnershipControls", "{" BUCKET ", 'OwnershipControls': "
      "{'Rules': [{'ObjectOwnership': 'ObjectWriter'}]}}" },
    { "get-ownership", "s3:GetBucketOwnershipControls", "{" BUCKET "}" },
    { NULL, NULL, NULL },
};
static const struct step public_access[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "get-default-public-access-block", "s3:GetPublicAccessBlock", "{" BUCKET "}" },
    { "delete-public-access-block", "s3:DeletePublicAccessBlock", "{" BUCKET "}" },
    { "get-public-access-block-after-delete", "s3:GetPublicAccessBlock", "{" BUCKET "}" },
    { "idempotent-delete-public-access-block", "s3:DeletePublicAccessBlock", "{" BUCKET "}" },
    { NULL, NULL, NULL },
};
static const struct step policy[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "put-empty-bucket-policy", "s3:PutBucketPolicy", "{" BUCKET ", 'Policy': ''}" },
    { "put-bucket-policy-randomstring", "s3:PutBucketPolicy", "{" BUCKET ", 'Policy': 'random'}" },
    { "put-bucket-policy-empty-json", "s3:PutBucketPolicy", "{" BUCKET ", 'Policy': '{}'}" },
    { NULL, NULL, NULL },
};
static const struct step deleting[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "put-object", "s3:PutObject", "{" OBJECT ", 'Body': 'dGVzdC1kZWxldGU='}" },
    { "delete-object", "s3:DeleteObject", "{" OBJECT "}" },
    { "delete-nonexistent-object", "s3:DeleteObject", "{" OBJECT "}" },
    { "delete-nonexistent-object-versionid", "s3:DeleteObject",
      "{" OBJECT ", 'VersionId': 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'}" },
    { NULL, NULL, NULL },
};
static const struct step deleting_versions[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { NULL, "s3:PutBucketVersioning",
      "{" BUCKET ", 'VersioningConfiguration': {'Status': 'Enabled'}}" },
    { "put-object", "s3:PutObject", "{" OBJECT ", 'Body': 'dGVzdC1kZWxldGU='}" },
    { "delete-object", "s3:DeleteObject", "{" OBJECT "}" },
    { "get-deleted-object", "s3:GetObject", "{" OBJECT "}" },
    { "delete-object-2", "s3:DeleteObject", "{" OBJECT "}" },
    { "delete-with-bad-version", "s3:DeleteObject", "{" OBJECT ", 'VersionId': 'bad'}" },
    { "list-object-versions", "s3:ListObjectVersions",
      "{" BUCKET ", 'Prefix': 'test-delete', 'EncodingType': 'url'}" },
    { NULL, NULL, NULL },
};
static const struct step conditions[] = {
    { NULL, "s3:CreateBucket", "{" BUCKET "}" },
    { "put-obj", "s3:PutObject", "{" CONDITIONAL ", 'Body': 'dGVzdA=='}" },
    { "put-obj-if-match-wrong-etag", "s3:PutObject", "{" CONDITIONAL ", 'IfMatch': "
      "'d41d8cd98f00b204e9800998ecf8427e'}" },
    { "put-obj-overwrite", "s3:PutObject", "{" CONDITIONAL ", 'IfMatch': "
      "'098f6bcd4621d373cade4e832627b4f6'}" },
    { "del-obj", "s3:DeleteObject", "{" CONDITIONAL "}" },
    { "put-obj-if-match-key-not-exists", "s3:PutObject", "{" CONDITIONAL ", 'IfMatch': "
      "'d41d8cd98f00b204e9800998ecf8427e'}" },
    { NULL, NULL, NULL },
};
/* clang-format on */

static const struct {
    const char *file, *name;
    const struct step *steps;
} recordings[] = {
    { "dynamodb-test_dynamodb", "::test_table_crud", table_crud },
    { "dynamodb-test_dynamodb", "::test_gsi_with_billing_mode[PAY_PER_REQUEST]", table_index },
    { "dynamodb-test_dynamodb", "::test_continuous_backup_update", table_backups },
    { "dynamodb-test_dynamodb", "::test_return_values_on_conditions_check_failure",
      item_condition },
    { "s3-test_s3_api", "::test_bucket_versioning_crud", versioning },
    { "s3-test_s3_api", "::test_s3_default_bucket_encryption", encryption },
    { "s3-test_s3_api", "::test_bucket_tagging_crud", tagging },
    { "s3-test_s3_api", "::test_tagging_validation", tag_checks },
    { "s3-test_s3_api", "::test_crud_bucket_ownership_controls", ownership },
    { "s3-test_s3_api", "::test_crud_public_access_block", public_access },
    { "s3-test_s3_api", "::test_bucket_policy_exc", policy },
    { "s3-test_s3_api", "::test_delete_object", deleting },
    { "s3-test_s3_api", "::test_delete_object_versioned", deleting_versions },
    { "s3-test_s3_api", "::test_put_object_if_match", conditions },
};

static json_t *load(const char *file)
{
    const char *folder = getenv("DRD_VECTORS");
    const char *source = getenv("DRD_SOURCE");
    autofree char *beside = xasprintf("%s/../shared/vectors", source != NULL ? source : ".");
    autofree char *path = xasprintf("%s/responses/%s.json", folder != NULL ? folder : beside, file);
    return json_load_file(path, 0, NULL);
}

static const json_t *find_recording(const json_t *all, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach(
        (json_t *)(uintptr_t)all, key,
        value) if (str_suffix(key, name)) return json_object_get(value, "recorded-content");
    ck_abort_msg("no recording %s", name);
    return NULL;
}

/* Placeholders ("<test-table>", "datetime") and names of ours stand for anything. */
static bool is_placeholder(const char *text)
{
    return strchr(text, '<') != NULL || strcmp(text, "datetime") == 0;
}

/* What recordings hold that this cloud knowingly leaves out. */
static bool left_out(const char *member)
{
    return str_prefix(member, "Checksum") || str_eq(member, "ResponseMetadata");
}

static void compare(const json_t *want, const json_t *have, const char *where)
{
    const char *name;
    json_t *value;
    size_t i;
    if (json_is_string(want) && is_placeholder(json_string_value(want))) {
        ck_assert_msg(have != NULL, "%s is missing", where);
        return;
    }
    ck_assert_msg(have != NULL && (json_typeof(want) == json_typeof(have) ||
                                   (json_is_boolean(want) && json_is_boolean(have))),
                  "%s is missing or of another type", where);
    json_object_foreach((json_t *)(uintptr_t)want, name, value)
    {
        autofree char *path = xasprintf("%s/%s", where, name);
        if (!left_out(name))
            compare(value, json_object_get(have, name), path);
    }
    json_object_foreach((json_t *)(uintptr_t)have, name, value)
        ck_assert_msg(!json_is_object(want) || json_object_get(want, name) != NULL,
                      "%s/%s is more than AWS says", where, name);
    ck_assert_msg(json_array_size(want) == json_array_size(have), "%s: length", where);
    json_array_foreach(want, i, value)
    {
        autofree char *path = xasprintf("%s/%zu", where, i);
        compare(value, json_array_get(have, i), path);
    }
    if (!json_is_object(want) && !json_is_array(want))
        ck_assert_msg(json_equal(want, have), "%s differs", where);
}

static void compare_error(const json_t *want, const struct answer *have, const char *where)
{
    const char *name;
    json_t *value;
    ck_assert_msg(member_is(want, "Code", have->code), "%s: code %s", where, have->code);
    ck_assert_msg(
        member_is(want, "Message", have->message) || is_placeholder(member_str(want, "Message")),
        "%s: message '%s', AWS says '%s'", where, have->message, member_str(want, "Message"));
    json_object_foreach((json_t *)(uintptr_t)want, name,
                        value) if (strcmp(name, "Code") != 0 && strcmp(name, "Message") != 0)
        ck_assert_msg(json_object_get(have->body, name) != NULL, "%s: element %s", where, name);
}

static void run(struct world *w, const json_t *recording, const struct step *step)
{
    if (strcmp(step->operation, "wait") == 0) {
        world_wait(w, MINUTES(1));
        return;
    }
    struct answer answer = world_call(w, step->operation, EAST1, unit_json(step->args));
    if (step->recorded == NULL) {
        ck_assert_msg(answer.class == AWS_OK, "%s: %s", step->operation, answer.message);
        answer_clear(&answer);
        return;
    }
    const json_t *want = json_object_get(recording, step->recorded);
    ck_assert_msg(want != NULL, "nothing recorded as %s", step->recorded);
    const json_t *error = json_object_get(want, "Error");
    json_auto_t *nothing = json_object();
    if (error != NULL)
        compare_error(error, &answer, step->recorded);
    else
        compare(want, answer.body != NULL ? answer.body : nothing, step->recorded);
    ck_assert_msg(member_int(json_object_get(want, "ResponseMetadata"), "HTTPStatusCode") ==
                      answer.status,
                  "%s: status %d", step->recorded, answer.status);
    answer_clear(&answer);
}

START_TEST(test_recordings)
{
    for (size_t i = 0; i < ARRAY_SIZE(recordings); i++) {
        json_auto_t *all = load(recordings[i].file);
        const json_t *recording = find_recording(all, recordings[i].name);
        struct world w = world_new(1);
        for (const struct step *step = recordings[i].steps; step->operation != NULL; step++)
            run(&w, recording, step);
        world_clear(&w);
    }
}
END_TEST

int main(void)
{
    json_auto_t *there = load("s3-test_s3_api");
    if (there == NULL) {
        puts("skipped: no recordings (DRD_VECTORS)");
        return 77;
    }
    const TTest *const tests[] = { test_recordings };
    return unit_run("cloud_recorded", tests, ARRAY_SIZE(tests));
}
