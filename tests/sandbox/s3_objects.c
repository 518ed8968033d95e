/* SPDX-License-Identifier: Apache-2.0 */
/* Objects and their versions: put, get, head, delete, with conditions. */
#include "tests/sandbox/s3.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "aws/codec.h"

enum { KEY_MAX = 1024, CONDITION_CONFLICT = 1 }; /* bytes; ms */

/* ---- versions in a bucket ---- */

json_t *s3_versions(const json_t *bucket, const char *key)
{
    return json_object_get(json_object_get(bucket, "objects"), key);
}

void s3_drop_version(json_t *bucket, const char *key, size_t index)
{
    json_t *objects = json_object_get(bucket, "objects"), *versions = json_object_get(objects, key);
    json_array_remove(versions, index);
    if (json_array_size(versions) == 0)
        json_object_del(objects, key);
}

/* The position of a version id; the size of the list when it is not there. */
static size_t version_index(const json_t *versions, const char *id)
{
    size_t i = 0;
    while (i < json_array_size(versions) && !member_is(json_array_get(versions, i), "id", id))
        i++;
    return i;
}

void s3_add_version(json_t *bucket, const char *key, json_t *version)
{
    json_t *versions = member_array(json_object_get(bucket, "objects"), key);
    size_t same = version_index(versions, member_str(version, "id"));
    if (same < json_array_size(versions))
        json_array_remove(versions, same);
    json_array_insert_new(versions, 0, version);
}

static char *fresh_id(struct request *r, const json_t *bucket)
{
    if (!s3_versioned(bucket))
        return xstrdup("null");
    char *id = xmalloc(33);
    random_hex(cloud_random(r->cloud), id, 16);
    return id;
}

/* Ids are tokens of S3's own making; anything else is told from an id that is merely absent. */
static bool id_is_legal(const json_t *bucket, const char *id)
{
    if (strcmp(id, "null") == 0)
        return true;
    return s3_setting(bucket, "versioning") != NULL && strlen(id) == 32 &&
           strspn(id, "0123456789abcdef") == 32;
}

static struct answer no_such_key(const struct request *r)
{
    return s3_error_with(s3_error(r, "NoSuchKey", NULL), "Key", member_str(r->args, "Key"));
}

static struct answer bad_id(const struct request *r, const char *id)
{
    struct answer error = s3_error(r, "InvalidArgument", "Invalid version id specified");
    error = s3_error_with(error, "ArgumentName", "versionId");
    return s3_error_with(error, "ArgumentValue", id);
}

/* ---- putting ---- */

static bool etag_equal(const char *etag, const char *given)
{
    size_t n = strlen(given);
    if (n >= 2 && given[0] == '"' && given[n - 1] == '"')
        return strcmp(etag, given) == 0;
    return strlen(etag) == n + 2 && strncmp(etag + 1, given, n) == 0;
}

static struct answer not_implemented(const struct request *r, const char *header)
{
    return s3_error_with(s3_error(r, "NotImplemented", NULL), "Header", header);
}

static struct answer precondition_failed(const struct request *r, const char *condition)
{
    return s3_error_with(s3_error(r, "PreconditionFailed", NULL), "Condition", condition);
}

/* Conditional writes. Source: S3 user guide, "How to prevent object overwrites with conditional
 * writes"; what is refused as not implemented, from recorded answers. */
static bool may_write(struct request *r, const json_t *current, struct answer *reterr)
{
    const char *match = member_str(r->args, "IfMatch");
    const char *none = member_str(r->args, "IfNoneMatch");
    bool exists = current != NULL && !member_true(current, "marker");
    bool racing = current != NULL && (match != NULL || none != NULL) &&
                  r->now.boot <
                      member_int(current, "boot") + cloud_wait(r->cloud, CONDITION_CONFLICT);
    if (match != NULL && none != NULL)
        *reterr = not_implemented(r, "If-Match,If-None-Match");
    else if (none != NULL && strcmp(none, "*") != 0)
        *reterr = not_implemented(r, "If-None-Match");
    else if (str_eq(match, "*"))
        *reterr = not_implemented(r, "If-Match");
    else if (racing && random_below(cloud_random(r->cloud), 4) == 0)
        *reterr = s3_error(r, "ConditionalRequestConflict", NULL);
    else if (none != NULL && exists)
        *reterr = precondition_failed(r, "If-None-Match");
    else if (match != NULL && !exists)
        *reterr = no_such_key(r);
    else if (match != NULL && !etag_equal(member_str(current, "etag"), match))
        *reterr = precondition_failed(r, "If-Match");
    else
        return true;
    return false;
}

/* The body's digest, checked against what the caller sent along. */
static bool digest(struct request *r, const char *bytes, size_t n, char etag[35],
                   struct answer *reterr)
{
    unsigned char md5[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(bytes, n, md5, &size, EVP_md5(), NULL) != 1)
        abort();
    autofree char *text = codec_base64_encode(md5, size);
    const char *sent = member_str(r->args, "ContentMD5");
    if (sent != NULL && strcmp(sent, text) != 0) {
        *reterr = s3_error(r, strlen(sent) == 24 ? "BadDigest" : "InvalidDigest", NULL);
        return false;
    }
    char *p = etag;
    *p++ = '"';
    for (unsigned i = 0; i < size; i++)
        p += snprintf(p, 3, "%02x", md5[i]);
    memcpy(p, "\"", 2);
    return true;
}

/* "a=1&b=2" in x-amz-tagging. */
static json_t *tags_of(const char *header)
{
    json_t *tags = json_object();
    while (header != NULL && *header != '\0') {
        size_t n = strcspn(header, "&"), name = 0, size;
        while (name < n && header[name] != '=')
            name++;
        autofree char *key = NULL, *value = NULL;
        const char *rest = header + (name < n ? name + 1 : n);
        if (codec_percent_decode(header, name, true, &key, &size) &&
            codec_percent_decode(rest, n - (size_t)(rest - header), true, &value, &size))
            member_set_str(tags, key, value);
        header += n + (header[n] == '&');
    }
    return tags;
}

/* What GetObject and HeadObject give back of what PutObject brought. */
static json_t *head_of(const struct request *r)
{
    static const char *const kept[] = { "CacheControl",    "ContentDisposition",
                                        "ContentEncoding", "ContentLanguage",
                                        "ContentType",     "WebsiteRedirectLocation",
                                        "StorageClass",    "Expires" };
    json_t *head = json_object(), *value;
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if ((value = json_object_get(r->args, kept[i])) != NULL)
            json_object_set_new(head, kept[i], member_copy(value));
    if (member_is(head, "StorageClass", "STANDARD"))
        json_object_del(head, "StorageClass");
    if (member_str(head, "ContentType") == NULL)
        member_set_str(head, "ContentType", "binary/octet-stream");
    json_t *metadata = member_object(head, "Metadata");
    const char *name;
    json_object_foreach(json_object_get(r->args, "Metadata"), name, value)
    {
        autofree char *lower = xstrdup(name);
        for (char *p = lower; *p != '\0'; p++)
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p + 'a' - 'A');
        json_object_set(metadata, lower, value);
    }
    return head;
}

static const char *encryption(const struct request *r, const json_t *bucket)
{
    const char *asked = member_str(r->args, "ServerSideEncryption");
    const json_t *rules = json_object_get(
        json_object_get(s3_setting(bucket, "encryption"), "ServerSideEncryptionConfiguration"),
        "Rules");
    return asked != NULL ? asked
                         : member_str(json_object_get(json_array_get(rules, 0),
                                                      "ApplyServerSideEncryptionByDefault"),
                                      "SSEAlgorithm");
}

/* The id as answers give it: unversioned buckets speak of none, and a put with versioning suspended
 * neither. */
static void show_id(const json_t *bucket, const json_t *version, bool put, json_t *body)
{
    bool null_id = member_is(version, "id", "null");
    if (!null_id || (!put && s3_setting(bucket, "versioning") != NULL))
        json_object_set(body, "VersionId", json_object_get(version, "id"));
}

struct answer s3_put_object(struct request *r)
{
    struct answer error;
    char etag[35];
    json_t *bucket = s3_find(r, &error);
    const char *key = member_str(r->args, "Key"), *body = member_str(r->args, "Body");
    if (bucket == NULL)
        return error;
    if (strlen(key) > KEY_MAX)
        return s3_error(r, "KeyTooLongError", NULL);
    if (!may_write(r, json_array_get(s3_versions(bucket, key), 0), &error))
        return error;
    size_t size = 0;
    autofree char *bytes = codec_base64_decode(body != NULL ? body : "", &size);
    assert(bytes != NULL);
    if (!digest(r, bytes, size, etag, &error))
        return error;
    autofree char *id = fresh_id(r, bucket);
    json_t *version = json_pack("{s:s, s:I, s:I, s:s, s:I, s:s, s:o, s:o, s:s}", "id", id,
                                "modified", r->now.wall.ms, "boot", r->now.boot, "etag", etag,
                                "size", (json_int_t)size, "body", body != NULL ? body : "", "head",
                                head_of(r), "tags", tags_of(member_str(r->args, "Tagging")),
                                "encryption", encryption(r, bucket));
    assert(version != NULL);
    s3_add_version(bucket, key, version);
    s3_replicate(r, bucket, key, version);
    json_t *answer = json_pack("{s:s, s:s}", "ETag", etag, "ServerSideEncryption",
                               member_str(version, "encryption"));
    show_id(bucket, version, true, answer);
    return answer_ok(answer);
}

/* ---- getting ---- */

static const json_t *find_version(struct request *r, const json_t *bucket, struct answer *reterr)
{
    const char *key = member_str(r->args, "Key"), *id = member_str(r->args, "VersionId");
    const json_t *versions = s3_versions(bucket, key);
    const json_t *version = id != NULL ? member_find(versions, "id", id)
                                       : json_array_get(versions, 0);
    bool marker = member_true(version, "marker");
    if (id != NULL && !id_is_legal(bucket, id)) {
        *reterr = bad_id(r, id);
    } else if (version == NULL && id != NULL) {
        *reterr = s3_error_with(s3_error(r, "NoSuchVersion", NULL), "Key", key);
        *reterr = s3_error_with(*reterr, "VersionId", id);
    } else if (version == NULL || (marker && id == NULL)) {
        *reterr = no_such_key(r);
    } else if (marker) {
        *reterr = s3_error_with(s3_error(r, "MethodNotAllowed", NULL), "ResourceType",
                                "DeleteMarker");
    } else {
        return version;
    }
    return NULL;
}

static bool may_read(struct request *r, const json_t *version, struct answer *reterr)
{
    const char *match = member_str(r->args, "IfMatch");
    const char *none = member_str(r->args, "IfNoneMatch");
    const char *etag = member_str(version, "etag");
    if (match != NULL && strcmp(match, "*") != 0 && !etag_equal(etag, match))
        *reterr = precondition_failed(r, "If-Match");
    else if (none != NULL && (strcmp(none, "*") == 0 || etag_equal(etag, none)))
        *reterr = s3_error(r, "NotModified", NULL);
    else
        return true;
    return false;
}

static struct answer show(struct request *r, bool with_body)
{
    struct answer error;
    const json_t *bucket = s3_find(r, &error);
    const json_t *version = bucket != NULL ? find_version(r, bucket, &error) : NULL;
    if (version == NULL || !may_read(r, version, &error))
        return error;
    json_t *body = member_copy(json_object_get(version, "head"));
    member_set_str(body, "AcceptRanges", "bytes");
    member_set_int(body, "ContentLength", member_int(version, "size"));
    member_set_int(body, "LastModified", member_int(version, "modified") / 1000 * 1000);
    json_object_set(body, "ETag", json_object_get(version, "etag"));
    json_object_set(body, "ServerSideEncryption", json_object_get(version, "encryption"));
    if (json_object_size(json_object_get(version, "tags")) > 0)
        member_set_int(body, "TagCount",
                       (json_int_t)json_object_size(json_object_get(version, "tags")));
    if (member_str(version, "replication") != NULL)
        json_object_set(body, "ReplicationStatus", json_object_get(version, "replication"));
    if (with_body)
        json_object_set(body, "Body", json_object_get(version, "body"));
    show_id(bucket, version, false, body);
    return answer_ok(body);
}

struct answer s3_get_object(struct request *r)
{
    return show(r, true);
}

struct answer s3_head_object(struct request *r)
{
    return show(r, false);
}

/* ---- deleting ---- */

static json_t *add_marker(struct request *r, json_t *bucket, const char *key)
{
    autofree char *id = fresh_id(r, bucket);
    json_t *marker = json_pack("{s:s, s:I, s:I, s:b}", "id", id, "modified", r->now.wall.ms, "boot",
                               r->now.boot, "marker", 1);
    s3_add_version(bucket, key, marker);
    s3_replicate(r, bucket, key, marker);
    return marker;
}

/* Deletes one version for good. DeletedObject in *ret; false when there is no such version. */
static bool delete_version(json_t *bucket, const char *key, const char *id, json_t **ret)
{
    const json_t *versions = s3_versions(bucket, key);
    size_t at = version_index(versions, id);
    *ret = json_pack("{s:s, s:s}", "Key", key, "VersionId", id);
    if (at == json_array_size(versions))
        return false;
    if (member_true(json_array_get(versions, at), "marker")) {
        json_object_set_new(*ret, "DeleteMarker", json_true());
        member_set_str(*ret, "DeleteMarkerVersionId", id);
    }
    s3_drop_version(bucket, key, at);
    return true;
}

/* Deletes without naming a version: for good in a bucket that never had versions. */
static json_t *delete_latest(struct request *r, json_t *bucket, const char *key)
{
    json_t *deleted = json_pack("{s:s}", "Key", key);
    if (s3_setting(bucket, "versioning") == NULL) {
        json_object_del(json_object_get(bucket, "objects"), key);
        return deleted;
    }
    const json_t *marker = add_marker(r, bucket, key);
    json_object_set_new(deleted, "DeleteMarker", json_true());
    json_object_set(deleted, "DeleteMarkerVersionId", json_object_get(marker, "id"));
    return deleted;
}

static bool may_delete(struct request *r, const json_t *bucket, struct answer *reterr)
{
    const char *match = member_str(r->args, "IfMatch");
    const json_t *current = json_array_get(s3_versions(bucket, member_str(r->args, "Key")), 0);
    bool exists = current != NULL && !member_true(current, "marker");
    if (json_object_get(r->args, "IfMatchLastModifiedTime") != NULL)
        *reterr = not_implemented(r, "x-amz-if-match-last-modified-time");
    else if (json_object_get(r->args, "IfMatchSize") != NULL)
        *reterr = not_implemented(r, "x-amz-if-match-size");
    else if (json_object_get(r->args, "BypassGovernanceRetention") != NULL)
        *reterr = s3_error(r, "InvalidArgument",
                           "x-amz-bypass-governance-retention is only applicable to Object Lock "
                           "enabled buckets.");
    else if (match != NULL && !exists)
        *reterr = no_such_key(r);
    else if (match != NULL && !etag_equal(member_str(current, "etag"), match))
        *reterr = precondition_failed(r, "If-Match");
    else
        return true;
    return false;
}

struct answer s3_delete_object(struct request *r)
{
    struct answer error;
    json_t *bucket = s3_find(r, &error);
    const char *key = member_str(r->args, "Key"), *id = member_str(r->args, "VersionId");
    if (bucket == NULL || !may_delete(r, bucket, &error))
        return error;
    if (id != NULL && !id_is_legal(bucket, id))
        return bad_id(r, id);
    json_t *body = NULL;
    if (id != NULL) {
        delete_version(bucket, key, id, &body);
    } else {
        body = delete_latest(r, bucket, key);
        json_t *marker = json_object_get(body, "DeleteMarkerVersionId");
        if (marker != NULL)
            json_object_set(body, "VersionId", marker);
    }
    json_object_del(body, "DeleteMarkerVersionId");
    json_object_del(body, "Key");
    return answer_ok(body);
}

struct answer s3_delete_objects(struct request *r)
{
    enum { OBJECTS_MAX = 1000 };
    struct answer error;
    json_t *bucket = s3_find(r, &error);
    const json_t *request = json_object_get(r->args, "Delete");
    const json_t *objects = json_object_get(request, "Objects");
    if (bucket == NULL)
        return error;
    if (json_array_size(objects) < 1 || json_array_size(objects) > OBJECTS_MAX)
        return s3_malformed(r);
    json_t *body = json_object(), *each;
    size_t i;
    json_array_foreach(objects, i, each)
    {
        const char *key = member_str(each, "Key"), *id = member_str(each, "VersionId");
        json_t *deleted = NULL;
        bool done = id == NULL || delete_version(bucket, key, id, &deleted);
        if (id == NULL)
            deleted = delete_latest(r, bucket, key);
        if (!done) {
            member_set_str(deleted, "Code", "NoSuchVersion");
            member_set_str(deleted, "Message", "The specified version does not exist.");
        }
        if (done && member_true(request, "Quiet"))
            json_decref(deleted);
        else
            json_array_append_new(member_array(body, done ? "Deleted" : "Errors"), deleted);
    }
    return answer_ok(body);
}
