/* SPDX-License-Identifier: Apache-2.0 */
/* s3: what the files of the sandbox's S3 share, and the knob for replication lag.
 *
 * State of a region: {"buckets": {name: bucket}, "deleted": {name: boot time}, "queue": [...],
 * "lag_ms"?}. Names are unique over all regions. A bucket: {"owner", "created", "settings": {name:
 * body of its Get operation}, "objects": {key: [version, ...]}}, versions newest first. A version:
 * {"id", "modified", "marker"?, "etag", "size", "body" (base64), "head": {what GetObject answers},
 * "replication"?}. */
#ifndef DRD_SANDBOX_S3_H
#define DRD_SANDBOX_S3_H

#include "tests/sandbox/member.h"
#include "tests/sandbox/service.h"

extern const struct service service_s3;

/* How long objects take into this region (milliseconds, before the cloud's speed divides them). */
void s3_set_lag(struct cloud *c, enum region to, msec_t lag);

enum {
    S3_NAME_REUSE = 10000, /* a deleted name is refused for a while: AWS names no time; modelled */
    S3_CONFLICT = 300,     /* writes to a bucket's settings this close may collide */
    S3_LAG = 3000,         /* default replication lag */
};

/* An error with the status that S3 gives the code; format NULL: S3's usual message. */
struct answer s3_error(const struct request *r, const char *code, const char *format, ...)
    PRINTF(3, 4);
/* Adds an element to an error's body, as S3 does (<BucketName>, <Key>, <Condition>). */
struct answer s3_error_with(struct answer error, const char *element, const char *value);
struct answer s3_malformed(const struct request *r);

/* Any bucket of that name, in whichever region; NULL: none. ret_region may be NULL. */
json_t *s3_bucket(struct cloud *c, const char *name, enum region *ret_region);
/* The bucket that the call names, of this region and the expected owner; NULL with *reterr. */
json_t *s3_find(struct request *r, struct answer *reterr);
/* A setting's Get body, or NULL. */
json_t *s3_setting(const json_t *bucket, const char *setting);
bool s3_versioned(const json_t *bucket); /* Enabled now */
/* NULL when the tags are sound, else the error's message; *ret_tag is the tag it is about. */
const char *s3_tags_problem(const json_t *tag_set, const json_t **ret_tag);

/* One setting of a bucket and how to check it (s3_settings.c, s3_policy.c, s3_replication.c). The
 * check may complete value (rule ids). False with *reterr when S3 refuses it. */
typedef bool s3_check_fn(struct request *r, const json_t *bucket, json_t *value,
                         struct answer *reterr);
s3_check_fn s3_check_policy, s3_check_replication, s3_check_lifecycle;

/* ---- objects (s3_objects.c, s3_replication.c) ---- */

/* The versions of a key, newest first; NULL when there are none. Borrowed. */
json_t *s3_versions(const json_t *bucket, const char *key);
/* Puts a version in its place: the newest, or instead of the null version. */
void s3_add_version(json_t *bucket, const char *key, json_t *version);
void s3_drop_version(json_t *bucket, const char *key, size_t index);
/* After a write to a bucket with replication: marks the version and queues what its rules say. */
void s3_replicate(struct request *r, const json_t *bucket, const char *key, json_t *version);
void s3_replication_settle(struct cloud *c, enum region region, struct now now);

service_run_fn s3_create_bucket, s3_head_bucket, s3_delete_bucket, s3_list_buckets;
service_run_fn s3_get_location, s3_get_setting, s3_put_setting, s3_delete_setting;
service_run_fn s3_put_object, s3_get_object, s3_head_object, s3_delete_object, s3_delete_objects;
service_run_fn s3_list_objects, s3_list_versions;

#endif
