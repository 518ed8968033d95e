/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets: create, find, list, delete. */
#include "tests/sandbox/s3.h"

#include <stdio.h>

/* ---- names. Source: S3 user guide, "General purpose bucket naming rules" ---- */

static bool looks_like_address(const char *name)
{
    unsigned part[4];
    int end = 0;
    /* NOLINTNEXTLINE(cert-err34-c): three digits fit, and more are no match */
    return sscanf(name, "%3u.%3u.%3u.%3u%n", &part[0], &part[1], &part[2], &part[3], &end) == 4 &&
           name[end] == '\0';
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool name_is_legal(const char *name)
{
    static const char *const prefixes[] = { "xn--", "sthree-", "amzn-s3-demo-" };
    static const char *const suffixes[] = { "-s3alias", "--ol-s3", ".mrap", "--x-s3",
                                            "--table-s3" };
    size_t n = strlen(name);
    if (n < 3 || n > 63 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != n)
        return false;
    if (!is_alnum(name[0]) || !is_alnum(name[n - 1]) || strstr(name, "..") != NULL)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
        if (str_prefix(name, prefixes[i]))
            return false;
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
        if (str_suffix(name, suffixes[i]))
            return false;
    return !looks_like_address(name);
}

/* ---- creating ---- */

/* us-east-1 is the region without a constraint; everywhere else it must name the region asked. */
static bool location_is_right(struct request *r, struct answer *reterr)
{
    const char *wanted = member_str(json_object_get(r->args, "CreateBucketConfiguration"),
                                    "LocationConstraint");
    const char *here = region_name(r->region);
    bool home = r->region == REGION_US_EAST_1;
    if (str_eq(wanted, "us-east-1") || (wanted != NULL && region_parse(wanted) == REGION_NONE))
        *reterr = s3_error(r, "InvalidLocationConstraint", NULL);
    else if (wanted == NULL ? !home : (home || strcmp(wanted, here) != 0))
        *reterr = s3_error(r, "IllegalLocationConstraintException",
                           "The %s location constraint is incompatible for the region specific "
                           "endpoint this request was sent to.",
                           wanted != NULL ? wanted : "unspecified");
    else
        return true;
    return false;
}

static json_t *tags_wanted(const struct request *r)
{
    json_t *tags = json_object_get(json_object_get(r->args, "CreateBucketConfiguration"), "Tags");
    return json_array_size(tags) > 0 ? tags : NULL;
}

static json_t *created_body(const struct request *r, const char *name)
{
    json_t *location = r->region == REGION_US_EAST_1
                           ? json_sprintf("/%s", name)
                           : json_sprintf("http://%s.s3.amazonaws.com/", name);
    return json_pack("{s:o, s:o}", "Location", location, "BucketArn",
                     json_sprintf("arn:aws:s3:::%s", name));
}

static struct answer taken(struct request *r, const char *name, const json_t *bucket,
                           enum region region)
{
    if (!member_is(bucket, "owner", r->caller->account))
        return s3_error_with(s3_error(r, "BucketAlreadyExists", NULL), "BucketName", name);
    /* For compatibility us-east-1 says yes again, as long as nothing new is asked for. */
    if (region == REGION_US_EAST_1 && r->region == region && tags_wanted(r) == NULL)
        return answer_ok(created_body(r, name));
    return s3_error_with(s3_error(r, "BucketAlreadyOwnedByYou", NULL), "BucketName", name);
}

static json_t *new_bucket(const struct request *r)
{
    const char *ownership = member_str(r->args, "ObjectOwnership");
    json_t *bucket = json_pack(
        "{s:s, s:I, s:{}, s:{s:{s:{s:[{s:{s:s}, s:b}]}}, s:{s:{s:b, s:b, s:b, s:b}}, "
        "s:{s:{s:[{s:s}]}}}}",
        "owner", r->caller->account, "created", r->now.wall.ms, "objects", "settings", "encryption",
        "ServerSideEncryptionConfiguration", "Rules", "ApplyServerSideEncryptionByDefault",
        "SSEAlgorithm", "AES256", "BucketKeyEnabled", 0, "public_access",
        "PublicAccessBlockConfiguration", "BlockPublicAcls", 1, "IgnorePublicAcls", 1,
        "BlockPublicPolicy", 1, "RestrictPublicBuckets", 1, "ownership", "OwnershipControls",
        "Rules", "ObjectOwnership", ownership != NULL ? ownership : "BucketOwnerEnforced");
    assert(bucket != NULL);
    json_t *tags = tags_wanted(r);
    if (tags != NULL)
        json_object_set_new(json_object_get(bucket, "settings"), "tagging",
                            json_pack("{s:o}", "TagSet", member_copy(tags)));
    return bucket;
}

static bool options_are_right(struct request *r, struct answer *reterr)
{
    const json_t *tag = NULL;
    const char *problem = s3_tags_problem(tags_wanted(r), &tag);
    const char *acl = member_str(r->args, "ACL"), *owner = member_str(r->args, "ObjectOwnership");
    if (problem != NULL)
        *reterr = s3_error_with(s3_error(r, "InvalidTag", "%s", problem), "TagKey",
                                member_str(tag, "Key"));
    else if (member_true(r->args, "ObjectLockEnabledForBucket"))
        *reterr = s3_error(r, "NotImplemented", "Object Lock is not supported here");
    else if (acl != NULL && strcmp(acl, "private") != 0 &&
             (owner == NULL || strcmp(owner, "BucketOwnerEnforced") == 0))
        *reterr = s3_error(r, "InvalidRequest",
                           "Bucket cannot have ACLs set with ObjectOwnership's "
                           "BucketOwnerEnforced setting");
    else
        return true;
    return false;
}

struct answer s3_create_bucket(struct request *r)
{
    const char *name = member_str(r->args, "Bucket");
    struct answer error;
    if (!name_is_legal(name))
        return s3_error_with(s3_error(r, "InvalidBucketName", NULL), "BucketName", name);
    if (!location_is_right(r, &error) || !options_are_right(r, &error))
        return error;
    enum region region = REGION_NONE;
    const json_t *bucket = s3_bucket(r->cloud, name, &region);
    if (bucket != NULL)
        return taken(r, name, bucket, region);
    json_t *deleted = member_object(r->state, "deleted");
    const json_t *since = json_object_get(deleted, name);
    if (since != NULL &&
        r->now.boot < json_integer_value(since) + cloud_wait(r->cloud, S3_NAME_REUSE))
        return s3_error(r, "OperationAborted", NULL);
    json_object_del(deleted, name);
    json_object_set_new(member_object(r->state, "buckets"), name, new_bucket(r));
    return answer_ok(created_body(r, name));
}

struct answer s3_head_bucket(struct request *r)
{
    struct answer error;
    if (s3_find(r, &error) == NULL)
        return error;
    const char *name = member_str(r->args, "Bucket");
    return answer_ok(json_pack("{s:s, s:o}", "BucketRegion", region_name(r->region), "BucketArn",
                               json_sprintf("arn:aws:s3:::%s", name)));
}

struct answer s3_delete_bucket(struct request *r)
{
    struct answer error;
    const json_t *bucket = s3_find(r, &error);
    const char *name = member_str(r->args, "Bucket");
    if (bucket == NULL)
        return error;
    if (json_object_size(json_object_get(bucket, "objects")) > 0) {
        bool versions = s3_setting(bucket, "versioning") != NULL;
        error = s3_error(r, "BucketNotEmpty", "The bucket you tried to delete is not empty%s",
                         versions ? ". You must delete all versions in the bucket." : "");
        return s3_error_with(error, "BucketName", name);
    }
    json_object_del(json_object_get(r->state, "buckets"), name);
    member_set_int(member_object(r->state, "deleted"), name, r->now.boot);
    return answer_ok(NULL);
}

/* Any region's endpoint knows where a bucket is. */
struct answer s3_get_location(struct request *r)
{
    enum region region = REGION_NONE;
    const char *name = member_str(r->args, "Bucket");
    const char *expected = member_str(r->args, "ExpectedBucketOwner");
    const json_t *bucket = s3_bucket(r->cloud, name, &region);
    if (bucket == NULL)
        return s3_error_with(s3_error(r, "NoSuchBucket", NULL), "BucketName", name);
    if (!member_is(bucket, "owner", r->caller->account) ||
        (expected != NULL && !member_is(bucket, "owner", expected)))
        return s3_error(r, "AccessDenied", NULL);
    if (region == REGION_US_EAST_1)
        return answer_ok(json_object());
    return answer_ok(json_pack("{s:s}", "LocationConstraint", region_name(region)));
}

/* ---- listing ---- */

static int by_bucket_name(const void *a, const void *b)
{
    return strcmp(member_str(*(const json_t *const *)a, "Name"),
                  member_str(*(const json_t *const *)b, "Name"));
}

static json_t *state_of(struct request *r, enum region region)
{
    return region == r->region ? r->state : cloud_service_state(r->cloud, "s3", region);
}

static void collect(struct request *r, enum region region, json_t *all)
{
    const char *prefix = member_str(r->args, "Prefix"), *name;
    const char *after = member_str(r->args, "ContinuationToken");
    json_t *bucket;
    json_object_foreach(json_object_get(state_of(r, region), "buckets"), name,
                        bucket) if (member_is(bucket, "owner", r->caller->account) &&
                                    (prefix == NULL || str_prefix(name, prefix)) &&
                                    (after == NULL || strcmp(name, after) > 0))
        json_array_append_new(all, json_pack("{s:s, s:I, s:s}", "Name", name, "CreationDate",
                                             member_int(bucket, "created"), "BucketRegion",
                                             region_name(region)));
}

struct answer s3_list_buckets(struct request *r)
{
    json_auto_t *all = json_array();
    const char *only = member_str(r->args, "BucketRegion");
    for (enum region region = REGION_NONE + 1; region < N_REGIONS; region++)
        if (cloud_has_region(r->cloud, region) &&
            (only == NULL || strcmp(only, region_name(region)) == 0))
            collect(r, region, all);
    size_t n = json_array_size(all), max = (size_t)member_int(r->args, "MaxBuckets");
    if (max == 0)
        max = 10000;
    autofree json_t **sorted = xcalloc(n + 1, sizeof(json_t *));
    for (size_t i = 0; i < n; i++)
        sorted[i] = json_array_get(all, i);
    qsort(sorted, n, sizeof(json_t *), by_bucket_name);
    json_t *page = json_array();
    for (size_t i = 0; i < n && i < max; i++)
        json_array_append(page, sorted[i]);
    return answer_ok(json_pack("{s:o, s:{s:s}, s:s*, s:s*}", "Buckets", page, "Owner", "ID",
                               r->caller->account, "ContinuationToken",
                               n > max ? member_str(sorted[max - 1], "Name") : NULL, "Prefix",
                               member_str(r->args, "Prefix")));
}
