/* SPDX-License-Identifier: Apache-2.0 */
/* Replication of new objects between buckets: what a configuration must be like, and the copying
 * itself, with the rights of the configured role and after a delay. Existing objects are not
 * replicated, replicas are not replicated on, deletions of a version are not replicated.
 * Sources: S3 user guide, "Replicating objects", "Setting up permissions for live replication". */
#include "tests/sandbox/s3.h"

static const char arn_prefix[] = "arn:aws:s3:::";

/* ---- the configuration ---- */

static const json_t *rule_tag(const json_t *rule)
{
    const json_t *filter = json_object_get(rule, "Filter");
    const json_t *tag = json_object_get(filter, "Tag");
    return tag != NULL ? tag : json_object_get(json_object_get(filter, "And"), "Tags");
}

static const char *rule_prefix(const json_t *rule)
{
    const json_t *filter = json_object_get(rule, "Filter");
    const char *found = member_str(filter, "Prefix");
    if (found == NULL)
        found = member_str(json_object_get(filter, "And"), "Prefix");
    if (found == NULL)
        found = member_str(rule, "Prefix");
    return found != NULL ? found : "";
}

static bool status_is(const json_t *parent, const char *name, const char *status)
{
    return member_is(json_object_get(parent, name), "Status", status);
}

static const char *rule_problem(const json_t *rule)
{
    const json_t *destination = json_object_get(rule, "Destination");
    const json_t *time = json_object_get(destination, "ReplicationTime");
    const json_t *metrics = json_object_get(destination, "Metrics");
    bool filter = json_object_get(rule, "Filter") != NULL;
    if (filter && json_object_get(rule, "Prefix") != NULL)
        return "Filter and Prefix cannot be used together";
    if (filter && json_object_get(rule, "Priority") == NULL)
        return "Priority must be specified for this version of Cross Region Replication "
               "configuration schema. Please refer to S3 Developer Guide for more information.";
    if (filter && json_object_get(rule, "DeleteMarkerReplication") == NULL)
        return "DeleteMarkerReplication must be specified for this version of Cross Region "
               "Replication configuration schema. Please refer to S3 Developer Guide for more "
               "information.";
    if (rule_tag(rule) != NULL && status_is(rule, "DeleteMarkerReplication", "Enabled"))
        return "Delete marker replication is not supported if any Tag filter is specified. Please "
               "refer to S3 Developer Guide for more information.";
    if (member_is(time, "Status", "Enabled") &&
        (member_int(json_object_get(time, "Time"), "Minutes") != 15 ||
         !member_is(metrics, "Status", "Enabled") ||
         member_int(json_object_get(metrics, "EventThreshold"), "Minutes") != 15))
        return "ReplicationTime needs Metrics, and both support 15 minutes only";
    return NULL;
}

static const char *destination_problem(struct request *r, const json_t *rule)
{
    const char *arn = member_str(json_object_get(rule, "Destination"), "Bucket");
    if (arn == NULL || !str_prefix(arn, arn_prefix))
        return "Invalid bucket ARN";
    const char *name = arn + strlen(arn_prefix);
    const json_t *bucket = s3_bucket(r->cloud, name, NULL);
    if (bucket == NULL)
        return "Destination bucket must exist.";
    if (member_is(r->args, "Bucket", name))
        return "Destination bucket cannot be the same as the source bucket.";
    if (!s3_versioned(bucket))
        return "Destination bucket must have versioning enabled.";
    return NULL;
}

static bool rules_are_right(struct request *r, const json_t *rules, struct answer *reterr)
{
    enum { RULES_MAX = 1000 };
    json_auto_t *ids = json_object(), *priorities = json_object();
    if (json_array_size(rules) < 1 || json_array_size(rules) > RULES_MAX) {
        *reterr = s3_malformed(r);
        return false;
    }
    size_t i;
    json_t *rule;
    json_array_foreach(rules, i, rule)
    {
        autofree char *fresh = cloud_uuid(r->cloud);
        autofree char *priority = xasprintf("%" JSON_INTEGER_FORMAT, member_int(rule, "Priority"));
        if (member_str(rule, "ID") == NULL)
            member_set_str(rule, "ID", fresh);
        const char *code = "InvalidRequest", *problem = rule_problem(rule);
        if (problem == NULL)
            problem = destination_problem(r, rule);
        if (problem == NULL && json_object_get(priorities, priority) != NULL)
            problem = "Found duplicate priority";
        if (problem == NULL && json_object_get(ids, member_str(rule, "ID")) != NULL) {
            code = "InvalidArgument";
            problem = "Rule Id must be unique. Found same Id for more than one rule";
        }
        if (problem != NULL) {
            *reterr = s3_error(r, code, "%s", problem);
            return false;
        }
        json_object_set_new(ids, member_str(rule, "ID"), json_true());
        json_object_set_new(priorities, priority, json_true());
    }
    return true;
}

bool s3_check_replication(struct request *r, const json_t *bucket, json_t *value,
                          struct answer *reterr)
{
    const char *role = member_str(value, "Role");
    if (!s3_versioned(bucket)) {
        *reterr = s3_error(r, "InvalidRequest",
                           "Versioning must be 'Enabled' on the bucket to apply a replication "
                           "configuration");
        return false;
    }
    if (!cloud_may_pass(r, role, "s3.amazonaws.com", reterr))
        return false;
    /* Whether the role exists and trusts S3, however fresh it is: S3 takes it on later. */
    struct now later = { .boot = r->now.boot + HOURS(1), .wall = r->now.wall };
    if (!cloud_can_assume(r->cloud, "s3.amazonaws.com", role, later)) {
        *reterr = s3_error_with(s3_error(r, "InvalidArgument",
                                         "The role of the replication configuration does not "
                                         "exist or does not trust s3.amazonaws.com"),
                                "ArgumentName", "Role");
        return false;
    }
    return rules_are_right(r, json_object_get(value, "Rules"), reterr);
}

/* ---- the copying ---- */

static bool tags_match(const json_t *rule, const json_t *version)
{
    const json_t *filter = rule_tag(rule), *tags = json_object_get(version, "tags");
    size_t i;
    json_t *tag;
    if (json_is_object(filter))
        return member_is(tags, member_str(filter, "Key"), member_str(filter, "Value"));
    json_array_foreach(filter, i, tag) if (!member_is(tags, member_str(tag, "Key"),
                                                      member_str(tag, "Value"))) return false;
    return true;
}

static bool rule_matches(const json_t *rule, const char *key, const json_t *version)
{
    bool marker = member_true(version, "marker");
    return member_is(rule, "Status", "Enabled") && str_prefix(key, rule_prefix(rule)) &&
           (marker ? status_is(rule, "DeleteMarkerReplication", "Enabled")
                   : tags_match(rule, version));
}

void s3_replicate(struct request *r, const json_t *bucket, const char *key, json_t *version)
{
    const json_t *configuration = json_object_get(s3_setting(bucket, "replication"),
                                                  "ReplicationConfiguration");
    json_auto_t *done = json_object(); /* of rules to one bucket only one copies */
    size_t i;
    json_t *rule;
    json_array_foreach(json_object_get(configuration, "Rules"), i, rule)
    {
        const char *to = member_str(json_object_get(rule, "Destination"), "Bucket");
        if (!rule_matches(rule, key, version) || json_object_get(done, to) != NULL)
            continue;
        enum region region = REGION_NONE;
        json_object_set_new(done, to, json_true());
        s3_bucket(r->cloud, to + strlen(arn_prefix), &region);
        const json_t *lag = json_object_get(cloud_service_state(r->cloud, "s3", region), "lag_ms");
        msec_t wait = cloud_wait(r->cloud, lag != NULL ? json_integer_value(lag) : S3_LAG);
        json_t *job = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "at", r->now.boot + wait, "from",
                                member_str(r->args, "Bucket"), "to", to + strlen(arn_prefix), "key",
                                key, "id", member_str(version, "id"), "role",
                                member_str(configuration, "Role"));
        assert(job != NULL);
        json_array_append_new(member_array(r->state, "queue"), job);
        member_set_str(version, "replication", "PENDING");
    }
}

static json_t *version_with_id(const json_t *versions, const char *id)
{
    return member_find(versions, "id", id);
}

/* The role must be allowed to read the source and to write the copy. */
static bool role_may(struct cloud *c, const json_t *job, bool marker, struct now now)
{
    const char *role = member_str(job, "role"), *key = member_str(job, "key");
    autofree char *source = xasprintf("%s%s", arn_prefix, member_str(job, "from"));
    autofree char *source_object = xasprintf("%s/%s", source, key);
    autofree char *target = xasprintf("%s%s/%s", arn_prefix, member_str(job, "to"), key);
    const struct {
        const char *action, *resource;
    } needs[] = {
        { "s3:GetReplicationConfiguration", source },
        { "s3:ListBucket", source },
        { "s3:GetObjectVersionForReplication", source_object },
        { marker ? "s3:ReplicateDelete" : "s3:ReplicateObject", target },
    };
    if (!cloud_can_assume(c, "s3.amazonaws.com", role, now))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
        if (!cloud_allowed(c, role, needs[i].action, needs[i].resource, NULL))
            return false;
    return true;
}

/* Carries one job out; how it went is written to the source version. */
static void copy_version(struct cloud *c, const json_t *job, struct now now)
{
    const char *key = member_str(job, "key"), *id = member_str(job, "id");
    const json_t *from = s3_bucket(c, member_str(job, "from"), NULL);
    json_t *to = s3_bucket(c, member_str(job, "to"), NULL);
    json_t *version = version_with_id(s3_versions(from, key), id);
    if (version == NULL)
        return; /* deleted for good in the meantime */
    bool right = to != NULL && s3_versioned(to) &&
                 role_may(c, job, member_true(version, "marker"), now);
    if (right && version_with_id(s3_versions(to, key), id) == NULL) {
        json_t *copy = member_copy(version);
        member_set_str(copy, "replication", "REPLICA");
        s3_add_version(to, key, copy);
    }
    member_set_str(version, "replication", right ? "COMPLETED" : "FAILED");
}

void s3_replication_settle(struct cloud *c, enum region region, struct now now)
{
    json_t *queue = json_object_get(cloud_service_state(c, "s3", region), "queue");
    for (size_t i = 0; i < json_array_size(queue);) {
        json_t *job = json_array_get(queue, i);
        if (now.boot < member_int(job, "at")) {
            i++;
            continue;
        }
        copy_version(c, job, now);
        json_array_remove(queue, i);
    }
}
