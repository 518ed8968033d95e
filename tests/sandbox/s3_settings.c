/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket's settings: each is kept as the body that its Get operation answers, so that one table
 * serves get, put and delete of all of them. */
#include "tests/sandbox/s3.h"

static s3_check_fn check_versioning, check_encryption, check_tagging, check_ownership;

/* member: of the Put's arguments. bare: the Get answers its content, not the member itself.
 * absent: the error when it is not set; NULL: an empty body. */
static const struct setting {
    const char *name, *get, *put, *delete, *member;
    bool bare;
    const char *absent;
    s3_check_fn *check;
} settings[] = {
    /* clang-format off */
    { "versioning", "GetBucketVersioning", "PutBucketVersioning", NULL,
      "VersioningConfiguration", true, NULL, check_versioning },
    { "encryption", "GetBucketEncryption", "PutBucketEncryption", NULL,
      "ServerSideEncryptionConfiguration", false, NULL, check_encryption },
    { "public_access", "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock",
      "PublicAccessBlockConfiguration", false, "NoSuchPublicAccessBlockConfiguration", NULL },
    { "ownership", "GetBucketOwnershipControls", "PutBucketOwnershipControls", NULL,
      "OwnershipControls", false, "OwnershipControlsNotFoundError", check_ownership },
    { "policy", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy",
      "Policy", false, "NoSuchBucketPolicy", s3_check_policy },
    { "lifecycle", "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration",
      "DeleteBucketLifecycle", "LifecycleConfiguration", true, "NoSuchLifecycleConfiguration",
      s3_check_lifecycle },
    { "tagging", "GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging",
      "Tagging", true, "NoSuchTagSet", check_tagging },
    { "replication", "GetBucketReplication", "PutBucketReplication", "DeleteBucketReplication",
      "ReplicationConfiguration", false, "ReplicationConfigurationNotFoundError",
      s3_check_replication },
    /* clang-format on */
};

static const struct setting *setting_of(const struct request *r)
{
    size_t i = 0;
    while (!str_eq(settings[i].get, r->op->name) && !str_eq(settings[i].put, r->op->name) &&
           !str_eq(settings[i].delete, r->op->name)) {
        i++;
        assert(i < ARRAY_SIZE(settings)); /* an operation without a row is a bug */
    }
    return &settings[i];
}

struct answer s3_get_setting(struct request *r)
{
    struct answer error;
    const struct setting *setting = setting_of(r);
    const json_t *bucket = s3_find(r, &error);
    if (bucket == NULL)
        return error;
    const json_t *body = s3_setting(bucket, setting->name);
    if (body != NULL)
        return answer_ok(member_copy(body));
    if (setting->absent == NULL)
        return answer_ok(json_object());
    return s3_error_with(s3_error(r, setting->absent, NULL), "BucketName",
                         member_str(r->args, "Bucket"));
}

/* Two writes to the settings of one bucket that come close together may collide. */
static bool collides(struct request *r, json_t *bucket)
{
    const json_t *last = json_object_get(bucket, "written");
    bool close = last != NULL &&
                 r->now.boot < json_integer_value(last) + cloud_wait(r->cloud, S3_CONFLICT);
    member_set_int(bucket, "written", r->now.boot);
    return close && random_below(cloud_random(r->cloud), 16) == 0;
}

struct answer s3_put_setting(struct request *r)
{
    struct answer error;
    const struct setting *setting = setting_of(r);
    json_t *bucket = s3_find(r, &error);
    if (bucket == NULL)
        return error;
    const json_t *given = json_object_get(r->args, setting->member);
    if (given == NULL)
        return s3_malformed(r);
    json_auto_t *value = member_copy(given);
    if (setting->check != NULL && !setting->check(r, bucket, value, &error))
        return error;
    if (collides(r, bucket))
        return s3_error(r, "OperationAborted", NULL);
    json_t *kept = json_object_get(bucket, "settings");
    if (setting->bare)
        json_object_set(kept, setting->name, value);
    else
        json_object_set_new(kept, setting->name, json_pack("{s:O}", setting->member, value));
    if (str_eq(setting->name, "tagging") && json_array_size(json_object_get(value, "TagSet")) == 0)
        json_object_del(kept, "tagging");
    struct answer done = answer_ok(NULL);
    done.status = str_eq(setting->name, "tagging") || str_eq(setting->name, "policy") ? 204 : 200;
    return done;
}

struct answer s3_delete_setting(struct request *r)
{
    struct answer error;
    const struct setting *setting = setting_of(r);
    json_t *bucket = s3_find(r, &error);
    if (bucket == NULL)
        return error;
    if (collides(r, bucket))
        return s3_error(r, "OperationAborted", NULL);
    json_object_del(json_object_get(bucket, "settings"), setting->name);
    return answer_ok(NULL);
}

/* ---- the simpler checks ---- */

static bool check_versioning(struct request *r, const json_t *bucket, json_t *value,
                             struct answer *reterr)
{
    const char *status = member_str(value, "Status");
    if (status == NULL)
        *reterr = s3_error(r, "IllegalVersioningConfigurationException", NULL);
    else if (strcmp(status, "Enabled") != 0 && strcmp(status, "Suspended") != 0)
        *reterr = s3_malformed(r);
    else if (strcmp(status, "Suspended") == 0 && s3_setting(bucket, "replication") != NULL)
        *reterr = s3_error(r, "InvalidBucketState",
                           "A replication configuration is present on this bucket, so the "
                           "versioning state cannot be changed.");
    else
        return true;
    return false;
}

static bool check_encryption(struct request *r, const json_t *bucket, json_t *value,
                             struct answer *reterr)
{
    (void)bucket;
    json_t *rules = json_object_get(value, "Rules"), *rule = json_array_get(rules, 0);
    const json_t *by_default = json_object_get(rule, "ApplyServerSideEncryptionByDefault");
    const char *algorithm = member_str(by_default, "SSEAlgorithm");
    if (json_array_size(rules) != 1 || algorithm == NULL) {
        *reterr = s3_malformed(r);
        return false;
    }
    if (strcmp(algorithm, "AES256") == 0 && member_str(by_default, "KMSMasterKeyID") != NULL) {
        *reterr = s3_error_with(s3_error(r, "InvalidArgument",
                                         "a KMSMasterKeyID is not applicable if the default sse "
                                         "algorithm is not aws:kms or aws:kms:dsse"),
                                "ArgumentName", "ApplyServerSideEncryptionByDefault");
        return false;
    }
    if (json_object_get(rule, "BucketKeyEnabled") == NULL)
        json_object_set_new(rule, "BucketKeyEnabled", json_false());
    return true;
}

static bool check_ownership(struct request *r, const json_t *bucket, json_t *value,
                            struct answer *reterr)
{
    (void)bucket;
    static const char *const known[] = { "BucketOwnerEnforced", "BucketOwnerPreferred",
                                         "ObjectWriter" };
    const json_t *rules = json_object_get(value, "Rules");
    const char *ownership = member_str(json_array_get(rules, 0), "ObjectOwnership");
    bool right = false;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        right |= str_eq(ownership, known[i]);
    if (right && json_array_size(rules) == 1)
        return true;
    *reterr = s3_malformed(r);
    return false;
}

/* Letters of any language, digits, spaces and + - = . _ : / @ are what a tag may hold. */
static bool tag_text_is_legal(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c < 0x80 && strchr(" +-=._:/@", c) == NULL)
            return false;
    }
    return true;
}

const char *s3_tags_problem(const json_t *tag_set, const json_t **ret_tag)
{
    enum { TAGS_MAX = 50 };
    json_auto_t *seen = json_object();
    size_t i;
    json_t *tag;
    json_array_foreach(tag_set, i, tag)
    {
        const char *key = member_str(tag, "Key"), *value = member_str(tag, "Value");
        *ret_tag = tag;
        if (key == NULL || key[0] == '\0' || strlen(key) > 128 || !tag_text_is_legal(key))
            return "The TagKey you have provided is invalid";
        if (value == NULL || strlen(value) > 256 || !tag_text_is_legal(value))
            return "The TagValue you have provided is invalid";
        if (str_prefix(key, "aws:"))
            return "System tags cannot be added/updated by requester";
        if (json_object_get(seen, key) != NULL)
            return "Cannot provide multiple Tags with the same key";
        json_object_set_new(seen, key, json_true());
    }
    return json_array_size(tag_set) > TAGS_MAX ? "Bucket tag count cannot be greater than 50"
                                               : NULL;
}

static bool check_tagging(struct request *r, const json_t *bucket, json_t *value,
                          struct answer *reterr)
{
    (void)bucket;
    const json_t *tag = NULL;
    const char *problem = s3_tags_problem(json_object_get(value, "TagSet"), &tag);
    if (problem == NULL)
        return true;
    *reterr = s3_error_with(s3_error(r, "InvalidTag", "%s", problem), "TagKey",
                            member_str(tag, "Key"));
    return false;
}
