/* SPDX-License-Identifier: Apache-2.0 */
/* s3_bucket: a bucket and its sub-resources, each with a get and a put of its own. The name is
 * known, so all are asked at once; GetBucketVersioning finds the bucket, since it is the one that
 * answers whenever the bucket is there. Every call names the expected owner: bucket names are
 * global. Each put replaces its sub-resource, so PutBucketTagging takes the tags of others along.
 * us-east-1 must not be named as a location. Tags are set while creating: there is no moment in
 * which the bucket is not known as ours. Deleting empties versions and delete markers first, a
 * thousand a call.
 * Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html,
 * API_DeleteObjects.html, API_PutBucketTagging.html, API_GetBucketEncryption.html */
#include "reconcilers/fields.h"
#include "reconcilers/form.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"

enum { DELETE_MAX = 1000 }; /* keys in one DeleteObjects */

static json_t *bucket(const struct scene *s)
{
    return json_pack("{s:s, s:s}", "Bucket", resource_name(s), "ExpectedBucketOwner",
                     s->subject->account);
}

static json_t *whole(const struct scene *s)
{
    json_t *args = json_pack("{s:s}", "Bucket", resource_name(s));
    const char *location = region_name(s->subject->region);
    if (strcmp(location, "us-east-1") != 0)
        pointer_put(args, "/CreateBucketConfiguration/LocationConstraint", json_string(location));
    const json_t *tags = json_object_get(s->subject->want, "Tags");
    if (json_object_size(tags) > 0)
        pointer_put(args, "/CreateBucketConfiguration/Tags", form_tag_list(tags));
    return args;
}

static void add_objects(json_t *objects, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && json_array_size(objects) < DELETE_MAX; i++) {
        const json_t *one = json_array_get(list, i);
        json_array_append_new(objects, json_pack("{s:O, s:O*}", "Key", json_object_get(one, "Key"),
                                                 "VersionId", json_object_get(one, "VersionId")));
    }
}

static bool empty(const struct scene *s, struct verdict *ret)
{
    const json_t *body = fact_body(s->facts, "versions");
    json_auto_t *objects = json_array();
    add_objects(objects, json_object_get(body, "Versions"));
    add_objects(objects, json_object_get(body, "DeleteMarkers"));
    if (json_array_size(objects) == 0)
        return false;
    json_t *args = bucket(s), *drift = NULL;
    json_object_set_new(args, "Delete", json_pack("{s:O, s:b}", "Objects", objects, "Quiet", 1));
    json_auto_t *count = json_sprintf("%zu object versions", json_array_size(objects));
    drift_add(&drift, "", NULL, count, false);
    *ret = verdict_write(call_new("s3:DeleteObjects", s->subject->region, args, NULL), drift,
                         "is emptied before it is deleted");
    return true;
}

static json_t *report(const struct scene *s)
{
    return json_pack("{s:o, s:s}", "arn", json_sprintf("arn:aws:s3:::%s", resource_name(s)), "name",
                     resource_name(s));
}

/* clang-format off */
#define PART(name, op) .slot = name, .operation = "s3:Get" op, .args = bucket, .optional = true
static const struct read reads[] = {
    { .slot = "versioning", .operation = "s3:GetBucketVersioning", .args = bucket },
    { PART("tags", "BucketTagging") },
    { PART("encryption", "BucketEncryption"),            .use = TO_KEEP },
    { PART("access", "PublicAccessBlock"),               .use = TO_KEEP },
    { PART("ownership", "BucketOwnershipControls"),      .use = TO_KEEP },
    { PART("policy", "BucketPolicy"),                    .use = TO_KEEP },
    { PART("lifecycle", "BucketLifecycleConfiguration"), .use = TO_KEEP },
    { .slot = "versions", .operation = "s3:ListObjectVersions", .args = bucket, .max_pages = 1,
      .use = TO_DESTROY },
    { 0 },
};
static const struct field fields[] = {
    { .want = "/Tags", .slot = "tags", .live = "/TagSet", .form = FORM_TAG_LIST,
      .repair = "s3:PutBucketTagging", .arg = "/Tagging/TagSet",
      .doc = "tags; others are left alone" },
    { .want = "/PublicAccessBlockConfiguration", .slot = "access",
      .live = "/PublicAccessBlockConfiguration", .repair = "s3:PutPublicAccessBlock",
      .defaults = "{\"BlockPublicAcls\":false,\"IgnorePublicAcls\":false,"
                  "\"BlockPublicPolicy\":false,\"RestrictPublicBuckets\":false}",
      .absent = "{}", .doc = "what the public can never be given" },
    { .want = "/OwnershipControls", .slot = "ownership", .live = "/OwnershipControls",
      .form = FORM_WITHIN, .repair = "s3:PutBucketOwnershipControls",
      .doc = "who owns uploaded objects" },
    { .want = "/ServerSideEncryptionConfiguration", .slot = "encryption",
      .live = "/ServerSideEncryptionConfiguration", .form = FORM_WITHIN,
      .repair = "s3:PutBucketEncryption", .defaults = "{\"Rules\":[{\"BucketKeyEnabled\":false}]}",
      .doc = "encryption of new objects" },
    { .want = "/VersioningConfiguration/Status", .slot = "versioning", .live = "/Status",
      .repair = "s3:PutBucketVersioning", .absent = "\"Suspended\"",
      .doc = "Enabled or Suspended" },
    { .want = "/Policy", .slot = "policy", .live = "/Policy", .form = FORM_POLICY,
      .repair = "s3:PutBucketPolicy", .remove = "s3:DeleteBucketPolicy",
      .doc = "who may use the bucket" },
    { .want = "/LifecycleConfiguration/Rules", .slot = "lifecycle", .live = "/Rules",
      .form = FORM_SET, .repair = "s3:PutBucketLifecycleConfiguration",
      .remove = "s3:DeleteBucketLifecycle", .defaults = "[{\"Filter\":{\"Prefix\":\"\"}}]",
      .doc = "when objects are deleted or moved" },
};
static const struct change changes[] = {
    { .operation = "s3:CreateBucket",                    .args = whole },
    { .operation = "s3:PutBucketTagging",                .args = bucket, .carry = CARRY_ALL },
    { .operation = "s3:PutPublicAccessBlock",            .args = bucket },
    { .operation = "s3:PutBucketOwnershipControls",      .args = bucket },
    { .operation = "s3:PutBucketEncryption",             .args = bucket },
    { .operation = "s3:PutBucketVersioning",             .args = bucket },
    { .operation = "s3:PutBucketPolicy",                 .args = bucket },
    { .operation = "s3:DeleteBucketPolicy",              .args = bucket },
    { .operation = "s3:PutBucketLifecycleConfiguration", .args = bucket },
    { .operation = "s3:DeleteBucketLifecycle",           .args = bucket },
    { .operation = "s3:DeleteBucket",                    .args = bucket },
    { 0 },
};
/* clang-format on */
static const char *const also[] = { "s3:DeleteObjects", NULL };
static const char *const outputs[] = { "arn", "name", NULL };

const struct kind kind_s3_bucket = {
    .name = "s3_bucket",
    .service = "s3",
    .doc = "Destroying deletes all object versions and delete markers first.",
    .settle = SECONDS(10),
    .step = resource_step,
    .reads = reads,
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .changes = changes,
    .create = "s3:CreateBucket",
    .destroy = "s3:DeleteBucket",
    .undo = empty,
    .report = report,
    .also = also,
    .outputs = outputs,
    .identity = "Bucket",
};
