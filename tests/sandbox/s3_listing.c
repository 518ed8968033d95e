/* SPDX-License-Identifier: Apache-2.0 */
/* ListObjectsV2 and ListObjectVersions: sorted, by prefix, folded at a delimiter, in pages. */
#include "tests/sandbox/s3.h"

#include "aws/codec.h"

enum { KEYS_MAX = 1000 };

/* One listing under way. */
struct listing {
    const char *prefix, *delimiter;
    const char *after, *after_id; /* where the last page ended; "" for the beginning */
    size_t max, n;
    bool url; /* keys are percent-encoded */
    bool truncated;
    json_t *items, *markers, *prefixes;
    char *last;          /* owned: the key or prefix that this page ended with */
    const char *last_id; /* the version, for ListObjectVersions */
};

static json_t *key_text(const struct listing *l, const char *key)
{
    autofree char *encoded = l->url ? codec_percent_encode(key, true) : xstrdup(key);
    return json_string(encoded);
}

static void start(struct listing *l, const struct request *r)
{
    const json_t *max = json_object_get(r->args, "MaxKeys");
    const char *prefix = member_str(r->args, "Prefix");
    l->prefix = prefix != NULL ? prefix : "";
    l->delimiter = member_str(r->args, "Delimiter");
    l->max = max != NULL ? (size_t)json_integer_value(max) : KEYS_MAX;
    if (l->max > KEYS_MAX)
        l->max = KEYS_MAX;
    l->url = member_is(r->args, "EncodingType", "url");
    l->items = json_array();
    l->markers = json_array();
    l->prefixes = json_array();
}

/* The part of the key up to the delimiter behind the prefix; NULL when it is not folded. */
static char *fold(const struct listing *l, const char *key)
{
    if (l->delimiter == NULL || l->delimiter[0] == '\0')
        return NULL;
    const char *at = strstr(key + strlen(l->prefix), l->delimiter);
    return at != NULL ? xstrndup(key, (size_t)(at - key) + strlen(l->delimiter)) : NULL;
}

/* True when the page has room; else it ends here. */
static bool room(struct listing *l, const char *ends_with, const char *id)
{
    if (l->n == l->max) {
        l->truncated = l->max > 0;
        return false;
    }
    l->n++;
    free(l->last);
    l->last = xstrdup(ends_with);
    l->last_id = id;
    return true;
}

static bool add_prefix(struct listing *l, const char *folded)
{
    if (strcmp(folded, l->after) <= 0 || str_eq(l->last, folded))
        return true; /* already given */
    if (!room(l, folded, NULL))
        return false;
    json_array_append_new(l->prefixes, json_pack("{s:o}", "Prefix", key_text(l, folded)));
    return true;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keys that begin with the prefix, sorted by their bytes. The caller frees the array. */
static const char **sorted_keys(const json_t *bucket, const struct listing *l, size_t *ret_n)
{
    json_t *objects = json_object_get(bucket, "objects"), *versions;
    const char **keys = xcalloc(json_object_size(objects) + 1, sizeof(*keys)), *key;
    size_t n = 0;
    json_object_foreach(objects, key, versions) if (str_prefix(key, l->prefix)) keys[n++] = key;
    qsort(keys, n, sizeof(*keys), by_key);
    *ret_n = n;
    return keys;
}

static json_t *describe(const struct listing *l, const char *key, const json_t *version)
{
    json_t *out = json_pack("{s:o, s:I}", "Key", key_text(l, key), "LastModified",
                            member_int(version, "modified") / 1000 * 1000);
    if (member_true(version, "marker"))
        return out;
    const char *class = member_str(json_object_get(version, "head"), "StorageClass");
    json_object_set(out, "ETag", json_object_get(version, "etag"));
    json_object_set(out, "Size", json_object_get(version, "size"));
    member_set_str(out, "StorageClass", class != NULL ? class : "STANDARD");
    return out;
}

static json_t *finish(struct listing *l, const struct request *r)
{
    json_t *body = json_pack("{s:s, s:o, s:I, s:b, s:s*, s:s*}", "Name",
                             member_str(r->args, "Bucket"), "Prefix", key_text(l, l->prefix),
                             "MaxKeys", (json_int_t)l->max, "IsTruncated", l->truncated,
                             "Delimiter", l->delimiter, "EncodingType", l->url ? "url" : NULL);
    if (json_array_size(l->prefixes) > 0)
        json_object_set(body, "CommonPrefixes", l->prefixes);
    return body;
}

static void clear(struct listing *l)
{
    json_decref(l->items);
    json_decref(l->markers);
    json_decref(l->prefixes);
    free(l->last);
}

/* ---- ListObjectsV2 ---- */

static void list_current(struct listing *l, const struct request *r, const json_t *bucket)
{
    size_t n;
    autofree const char **keys = sorted_keys(bucket, l, &n);
    for (size_t i = 0; i < n; i++) {
        const json_t *version = json_array_get(s3_versions(bucket, keys[i]), 0);
        autofree char *folded = fold(l, keys[i]);
        if (member_true(version, "marker"))
            continue;
        if (folded != NULL) {
            if (!add_prefix(l, folded))
                return;
            continue;
        }
        if (strcmp(keys[i], l->after) <= 0)
            continue;
        if (!room(l, keys[i], NULL))
            return;
        json_t *object = describe(l, keys[i], version);
        if (member_true(r->args, "FetchOwner"))
            json_object_set_new(object, "Owner",
                                json_pack("{s:s}", "ID", member_str(bucket, "owner")));
        json_array_append_new(l->items, object);
    }
}

/* Tokens are opaque to callers. */
static void set_token(json_t *body, const char *last)
{
    autofree char *token = codec_base64_encode(last, strlen(last));
    member_set_str(body, "NextContinuationToken", token);
}

struct answer s3_list_objects(struct request *r)
{
    struct answer error;
    const json_t *bucket = s3_find(r, &error);
    if (bucket == NULL)
        return error;
    const char *token = member_str(r->args, "ContinuationToken");
    const char *after = member_str(r->args, "StartAfter");
    autofree char *from_token = token != NULL ? codec_base64_decode(token, &(size_t){ 0 }) : NULL;
    if (token != NULL && (from_token == NULL || token[0] == '\0'))
        return s3_error_with(
            s3_error(r, "InvalidArgument", "The continuation token provided is incorrect"),
            "ArgumentName", "continuation-token");
    struct listing l = { .after = from_token != NULL ? from_token : after != NULL ? after : "" };
    start(&l, r);
    list_current(&l, r, bucket);
    json_t *body = finish(&l, r);
    member_set_int(body, "KeyCount", (json_int_t)l.n);
    if (json_array_size(l.items) > 0)
        json_object_set(body, "Contents", l.items);
    if (token != NULL)
        member_set_str(body, "ContinuationToken", token);
    if (after != NULL)
        json_object_set_new(body, "StartAfter", key_text(&l, after));
    if (l.truncated)
        set_token(body, l.last);
    clear(&l);
    return answer_ok(body);
}

/* ---- ListObjectVersions ---- */

/* Where a key's versions begin on this page: behind the marker's version, if it is this key. */
static size_t first_version(const struct listing *l, const char *key, const json_t *versions)
{
    if (strcmp(key, l->after) != 0)
        return 0;
    if (l->after_id == NULL)
        return json_array_size(versions);
    size_t i = 0;
    while (i < json_array_size(versions) &&
           !member_is(json_array_get(versions, i), "id", l->after_id))
        i++;
    return i + 1;
}

static bool list_key(struct listing *l, const json_t *bucket, const char *key)
{
    const json_t *versions = s3_versions(bucket, key);
    for (size_t i = first_version(l, key, versions); i < json_array_size(versions); i++) {
        const json_t *version = json_array_get(versions, i);
        if (!room(l, key, member_str(version, "id")))
            return false;
        json_t *entry = describe(l, key, version);
        json_object_set(entry, "VersionId", json_object_get(version, "id"));
        json_object_set_new(entry, "IsLatest", json_boolean(i == 0));
        json_object_set_new(entry, "Owner", json_pack("{s:s}", "ID", member_str(bucket, "owner")));
        json_array_append_new(member_true(version, "marker") ? l->markers : l->items, entry);
    }
    return true;
}

static void list_all(struct listing *l, const json_t *bucket)
{
    size_t n;
    autofree const char **keys = sorted_keys(bucket, l, &n);
    for (size_t i = 0; i < n; i++) {
        autofree char *folded = fold(l, keys[i]);
        if (folded != NULL ? !add_prefix(l, folded)
                           : strcmp(keys[i], l->after) >= 0 && !list_key(l, bucket, keys[i]))
            return;
    }
}

struct answer s3_list_versions(struct request *r)
{
    struct answer error;
    const json_t *bucket = s3_find(r, &error);
    if (bucket == NULL)
        return error;
    const char *after = member_str(r->args, "KeyMarker");
    const char *after_id = member_str(r->args, "VersionIdMarker");
    if (after == NULL && after_id != NULL)
        return s3_error(r, "InvalidArgument",
                        "A version-id marker cannot be specified without a key marker.");
    struct listing l = { .after = after != NULL ? after : "", .after_id = after_id };
    start(&l, r);
    list_all(&l, bucket);
    json_t *body = finish(&l, r);
    json_object_set_new(body, "KeyMarker", key_text(&l, l.after));
    member_set_str(body, "VersionIdMarker", after_id != NULL ? after_id : "");
    if (json_array_size(l.items) > 0)
        json_object_set(body, "Versions", l.items);
    if (json_array_size(l.markers) > 0)
        json_object_set(body, "DeleteMarkers", l.markers);
    if (l.truncated) {
        json_object_set_new(body, "NextKeyMarker", key_text(&l, l.last));
        if (l.last_id != NULL)
            member_set_str(body, "NextVersionIdMarker", l.last_id);
    }
    clear(&l);
    return answer_ok(body);
}
