/* SPDX-License-Identifier: Apache-2.0 */
/* s3_replication: the replication rules of a source bucket. A resource of its own, because two
 * buckets that replicate to each other would each have to be there first. It carries no tags: the
 * bucket's tags say whether it is ours. The configuration is one document that each put replaces.
 * Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html */
#include "reconcilers/fields.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"

static json_t *bucket(const struct scene *s)
{
    return json_pack("{s:s, s:s}", "Bucket", resource_name(s), "ExpectedBucketOwner",
                     s->subject->account);
}

static json_t *whole(const struct scene *s)
{
    json_t *args = bucket(s);
    json_auto_t *wanted = fields_wanted(s);
    json_object_update(args, wanted);
    return args;
}

/* Before rules are put into a bucket, it has to be there and be ours. */
static bool missing(const struct scene *s, struct verdict *ret)
{
    if (s->subject->goal == GOAL_ABSENT)
        return false;
    const json_t *fact = json_object_get(s->facts, "replication");
    json_auto_t *tags = fields_tags(s);
    if (str_eq(json_string_value(json_object_get(fact, "code")), "NoSuchBucket")) {
        *ret = verdict_wait(SECONDS(5), "its bucket is not there yet");
    } else if (!fact_known(s->facts, "tags")) {
        *ret = verdict_read();
        call_list_add(&ret->calls,
                      call_new("s3:GetBucketTagging", s->subject->region, bucket(s), "tags"));
    } else if (resource_ownership(s, tags) != OWNED) {
        *ret = verdict_blocked(NULL, "its bucket is not ours");
    } else {
        return false;
    }
    return true;
}

static json_t *report(const struct scene *s)
{
    const json_t *rules = pointer_get(fact_body(s->facts, "replication"),
                                      "/ReplicationConfiguration/Rules");
    json_t *ids = json_array();
    for (size_t i = 0; i < json_array_size(rules); i++)
        json_array_append(ids, json_object_get(json_array_get(rules, i), "ID"));
    return json_pack("{s:o}", "rules", ids);
}

/* clang-format off */
static const struct read reads[] = {
    { .slot = "replication", .operation = "s3:GetBucketReplication", .args = bucket },
    { .slot = "tags", .operation = "s3:GetBucketTagging", .args = bucket, .optional = true },
    { 0 },
};
static const struct field fields[] = {
    { .want = "/Tags", .slot = "tags", .live = "/TagSet", .form = FORM_TAG_LIST,
      .repair = "s3:PutBucketTagging" /* never: want has none; the row finds the owner */ },
    { .want = "/ReplicationConfiguration/Rules", .slot = "replication",
      .live = "/ReplicationConfiguration/Rules", .form = FORM_SET,
      .repair = "s3:PutBucketReplication",
      .defaults = "[{\"Filter\":{\"Prefix\":\"\"},"
                  "\"DeleteMarkerReplication\":{\"Status\":\"Disabled\"}}]",
      .doc = "what is replicated to where" },
    { .want = "/ReplicationConfiguration/Role", .slot = "replication",
      .live = "/ReplicationConfiguration/Role", .repair = "s3:PutBucketReplication",
      .doc = "the role that S3 takes to replicate" },
};
static const struct change changes[] = {
    { .operation = "s3:PutBucketReplication",    .args = whole },
    { .operation = "s3:DeleteBucketReplication", .args = bucket },
    { 0 },
};
/* clang-format on */
static const char *const also[] = { "s3:GetBucketTagging", NULL };
static const char *const outputs[] = { "rules", NULL };

const struct kind kind_s3_replication = {
    .name = "s3_replication",
    .service = "s3",
    .doc = "Belongs to the bucket: the bucket's tags say whether it is ours.",
    .settle = SECONDS(10),
    .step = resource_step,
    .reads = reads,
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .changes = changes,
    .create = "s3:PutBucketReplication",
    .destroy = "s3:DeleteBucketReplication",
    .missing = missing,
    .report = report,
    .also = also,
    .outputs = outputs,
    .identity = "Bucket",
};
