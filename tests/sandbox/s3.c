/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/s3.h"

#include <stdio.h>

/* The codes used here, with the status and the message that S3 gives them.
 * Source: S3 API reference, "Error responses". */
static const struct {
    const char *code;
    int status;
    const char *message;
} errors[] = {
    { "AccessDenied", 403, "Access Denied" },
    { "BadDigest", 400, "The Content-MD5 you specified did not match what we received." },
    { "BucketAlreadyExists", 409,
      "The requested bucket name is not available. The bucket namespace is shared by all users of "
      "the system. Please select a different name and try again." },
    { "BucketAlreadyOwnedByYou", 409,
      "Your previous request to create the named bucket succeeded and you already own it." },
    { "BucketNotEmpty", 409, "The bucket you tried to delete is not empty" },
    { "ConditionalRequestConflict", 409,
      "The conditional request cannot succeed due to a conflicting operation against this "
      "resource." },
    { "IllegalLocationConstraintException", 400, NULL },
    { "IllegalVersioningConfigurationException", 400, "The Versioning element must be specified" },
    { "InvalidArgument", 400, "Invalid Argument" },
    { "InvalidBucketName", 400, "The specified bucket is not valid." },
    { "InvalidBucketState", 409, NULL },
    { "InvalidDigest", 400, "The Content-MD5 you specified was invalid." },
    { "InvalidLocationConstraint", 400, "The specified location-constraint is not valid" },
    { "InvalidRequest", 400, NULL },
    { "InvalidTag", 400, NULL },
    { "KeyTooLongError", 400, "Your key is too long" },
    { "MalformedPolicy", 400, NULL },
    { "MalformedXML", 400,
      "The XML you provided was not well-formed or did not validate against our published schema" },
    { "MethodNotAllowed", 405, "The specified method is not allowed against this resource." },
    { "NoSuchBucket", 404, "The specified bucket does not exist" },
    { "NoSuchBucketPolicy", 404, "The bucket policy does not exist" },
    { "NoSuchKey", 404, "The specified key does not exist." },
    { "NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist" },
    { "NoSuchPublicAccessBlockConfiguration", 404,
      "The public access block configuration was not found" },
    { "NoSuchTagSet", 404, "The TagSet does not exist" },
    { "NoSuchVersion", 404, "The specified version does not exist." },
    { "NotImplemented", 501,
      "A header you provided implies functionality that is not implemented" },
    { "NotModified", 304, "Not Modified" },
    { "OperationAborted", 409,
      "A conflicting conditional operation is currently in progress against this resource. Please "
      "try again." },
    { "OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found" },
    { "PermanentRedirect", 301,
      "The bucket you are attempting to access must be addressed using the specified endpoint. "
      "Please send all future requests to this endpoint." },
    { "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold" },
    { "ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found" },
};

struct answer s3_error(const struct request *r, const char *code, const char *format, ...)
{
    size_t i = 0;
    while (strcmp(errors[i].code, code) != 0) {
        i++;
        assert(i < ARRAY_SIZE(errors)); /* a code without a row is a bug */
    }
    char text[256] = "";
    if (format != NULL) {
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof(text), format, args);
        va_end(args);
    } else {
        str_copy(text, sizeof(text), errors[i].message);
    }
    struct answer error = service_error(r, code, "%s", text);
    error.status = errors[i].status;
    error.class = aws_classify(r->op, code, error.status, text);
    return error;
}

struct answer s3_error_with(struct answer error, const char *element, const char *value)
{
    if (error.body == NULL)
        error.body = json_pack("{s:s}", "message", error.message);
    member_set_str(error.body, element, value);
    return error;
}

struct answer s3_malformed(const struct request *r)
{
    return s3_error(r, "MalformedXML", NULL);
}

static json_t *region_state(struct cloud *c, enum region region)
{
    return cloud_service_state(c, "s3", region);
}

void s3_set_lag(struct cloud *c, enum region to, msec_t lag)
{
    member_set_int(region_state(c, to), "lag_ms", lag);
}

json_t *s3_bucket(struct cloud *c, const char *name, enum region *ret_region)
{
    for (enum region region = REGION_NONE + 1; region < N_REGIONS; region++) {
        if (!cloud_has_region(c, region))
            continue;
        json_t *bucket = json_object_get(json_object_get(region_state(c, region), "buckets"), name);
        if (bucket == NULL)
            continue;
        if (ret_region != NULL)
            *ret_region = region;
        return bucket;
    }
    return NULL;
}

/* The bucket in the state that the request sees, which for a read may be an older one. */
static json_t *s3_here(const struct request *r, const char *name, struct answer *reterr)
{
    json_t *bucket = json_object_get(json_object_get(r->state, "buckets"), name);
    if (bucket == NULL)
        *reterr = s3_error_with(s3_error(r, "NoSuchBucket", NULL), "BucketName", name);
    return bucket;
}

json_t *s3_find(struct request *r, struct answer *reterr)
{
    const char *name = member_str(r->args, "Bucket");
    const char *expected = member_str(r->args, "ExpectedBucketOwner");
    enum region region = REGION_NONE;
    json_t *bucket = s3_bucket(r->cloud, name, &region);
    if (bucket == NULL)
        *reterr = s3_error_with(s3_error(r, "NoSuchBucket", NULL), "BucketName", name);
    else if (region != r->region)
        *reterr = s3_error_with(
            s3_error_with(s3_error(r, "PermanentRedirect", NULL), "Bucket", name), "BucketRegion",
            region_name(region));
    else if (!member_is(bucket, "owner", r->caller->account) ||
             (expected != NULL && !member_is(bucket, "owner", expected)))
        *reterr = s3_error(r, "AccessDenied", NULL);
    else
        return s3_here(r, name, reterr);
    return NULL;
}

json_t *s3_setting(const json_t *bucket, const char *setting)
{
    return json_object_get(json_object_get(bucket, "settings"), setting);
}

bool s3_versioned(const json_t *bucket)
{
    return member_is(s3_setting(bucket, "versioning"), "Status", "Enabled");
}

static void settle(struct cloud *c, struct now now)
{
    for (enum region region = REGION_NONE + 1; region < N_REGIONS; region++)
        if (cloud_has_region(c, region))
            s3_replication_settle(c, region, now);
}

static const struct service_operation operations_of_s3[] = {
    { "CreateBucket", s3_create_bucket },
    { "DeleteBucket", s3_delete_bucket },
    { "DeleteBucketLifecycle", s3_delete_setting },
    { "DeleteBucketPolicy", s3_delete_setting },
    { "DeleteBucketReplication", s3_delete_setting },
    { "DeleteBucketTagging", s3_delete_setting },
    { "DeleteObject", s3_delete_object },
    { "DeleteObjects", s3_delete_objects },
    { "DeletePublicAccessBlock", s3_delete_setting },
    { "GetBucketEncryption", s3_get_setting },
    { "GetBucketLifecycleConfiguration", s3_get_setting },
    { "GetBucketLocation", s3_get_location },
    { "GetBucketOwnershipControls", s3_get_setting },
    { "GetBucketPolicy", s3_get_setting },
    { "GetBucketReplication", s3_get_setting },
    { "GetBucketTagging", s3_get_setting },
    { "GetBucketVersioning", s3_get_setting },
    { "GetObject", s3_get_object },
    { "GetPublicAccessBlock", s3_get_setting },
    { "HeadBucket", s3_head_bucket },
    { "HeadObject", s3_head_object },
    { "ListBuckets", s3_list_buckets },
    { "ListObjectVersions", s3_list_versions },
    { "ListObjectsV2", s3_list_objects },
    { "PutBucketEncryption", s3_put_setting },
    { "PutBucketLifecycleConfiguration", s3_put_setting },
    { "PutBucketOwnershipControls", s3_put_setting },
    { "PutBucketPolicy", s3_put_setting },
    { "PutBucketReplication", s3_put_setting },
    { "PutBucketTagging", s3_put_setting },
    { "PutBucketVersioning", s3_put_setting },
    { "PutObject", s3_put_object },
    { "PutPublicAccessBlock", s3_put_setting },
    { NULL, NULL },
};

/* What IAM asks: buckets have a policy and tags, objects borrow their bucket's policy. */
static const json_t *bucket_of_arn(struct cloud *c, const char *arn)
{
    static const char prefix[] = "arn:aws:s3:::";
    if (!str_prefix(arn, prefix))
        return NULL;
    const char *name = arn + strlen(prefix);
    autofree char *bucket = xstrndup(name, strcspn(name, "/"));
    return s3_bucket(c, bucket, NULL);
}

static json_t *resource_policy(struct cloud *c, enum region region, const char *arn)
{
    (void)region;
    const char *text = member_str(s3_setting(bucket_of_arn(c, arn), "policy"), "Policy");
    return text != NULL ? json_loads(text, 0, NULL) : NULL;
}

static json_t *resource_tags(struct cloud *c, enum region region, const char *arn)
{
    (void)region;
    json_t *list = json_object_get(s3_setting(bucket_of_arn(c, arn), "tagging"), "TagSet");
    if (list == NULL || strchr(arn, '/') != NULL)
        return NULL;
    json_t *tags = json_object(), *tag;
    size_t i;
    json_array_foreach(list, i, tag)
        json_object_set(tags, member_str(tag, "Key"), json_object_get(tag, "Value"));
    return tags;
}

/* Objects and listings are strongly consistent; bucket configurations are not. Source: S3 user
 * guide, "Amazon S3 data consistency model". */
static const char *const eventual_reads[] = {
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketReplication",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetPublicAccessBlock",
    "ListBuckets",
    NULL,
};

const struct service service_s3 = {
    .name = "s3",
    .operations = operations_of_s3,
    .settle = settle,
    .resource_tags = resource_tags,
    .resource_policy = resource_policy,
    .eventual_reads = eventual_reads,
};
