/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets: a pair of S3 buckets for each name, the copying between them, and the role that does it.
 */
#include "config/expand.h"

#include "config/statements.h"

enum { ABORT_DAYS = 7 }; /* after which parts of an upload that never ended are removed */

static json_t *public_access_block(void)
{
    return json_pack("{s:b, s:b, s:b, s:b}", "BlockPublicAcls", 1, "IgnorePublicAcls", 1,
                     "BlockPublicPolicy", 1, "RestrictPublicBuckets", 1);
}

static json_t *days(const json_t *bucket, const char *key, const char *member)
{
    json_t *value = json_object_get(bucket, key);
    return value == NULL ? NULL : json_pack("{s:O}", member, value);
}

static json_t *lifecycle(const json_t *bucket)
{
    return json_pack("{s:[{s:s, s:s, s:{s:s}, s:{s:i}, s:o*, s:o*}]}", "Rules", "ID", "keep",
                     "Status", "Enabled", "Filter", "Prefix", "", "AbortIncompleteMultipartUpload",
                     "DaysAfterInitiation", ABORT_DAYS, "Expiration",
                     days(bucket, "expire_days", "Days"), "NoncurrentVersionExpiration",
                     days(bucket, "expire_versions_days", "NoncurrentDays"));
}

static json_t *arns(const char *bucket, bool whole, bool content)
{
    json_t *list = json_array();
    if (whole)
        json_array_append_new(list, json_string(bucket));
    if (content)
        json_array_append_new(list, json_sprintf("%s/*", bucket));
    return list;
}

static void add_bucket(struct expansion *x, const struct intent *intent, enum region region)
{
    struct naming n = expand_naming(x, region);
    autofree char *name = naming_name(&n, NAMED_BUCKET, intent->name);
    autofree char *arn = naming_arn(&n, NAMED_BUCKET, name);
    json_t *policy = statements_new();
    naming_check(&n, NAMED_BUCKET, name, intent->pointer, x->problems);
    statements_tls_only(policy, "s3:*", arns(arn, true, true));
    json_t *want = json_pack(
        "{s:s, s:{s:s}, s:{s:[{s:{s:s}, s:b}]}, s:o, s:{s:[{s:s}]}, s:o, s:o}", "Bucket", name,
        "VersioningConfiguration", "Status", "Enabled", "ServerSideEncryptionConfiguration",
        "Rules", "ApplyServerSideEncryptionByDefault", "SSEAlgorithm", "AES256", "BucketKeyEnabled",
        0, "PublicAccessBlockConfiguration", public_access_block(), "OwnershipControls", "Rules",
        "ObjectOwnership", "BucketOwnerEnforced", "Policy", policy, "LifecycleConfiguration",
        lifecycle(intent->value));
    assert(want != NULL);
    expand_add(x, intent, "s3_bucket", intent->name, region, want, "");
}

/* Replication -----------------------------------------------------------------------------------
 */

char *expand_replication_role(const char *bucket)
{
    return xasprintf("%s-replication", bucket);
}

/* Sources: GetBucketReplication and reading versions; destinations: writing replicas. What AWS
 * lists for "Setting up permissions for live replication", with nothing added. */
static json_t *replication_policy(const struct expansion *x, const char *bucket, bool both)
{
    static const char *const configuration[] = { "s3:GetReplicationConfiguration", "s3:ListBucket",
                                                 NULL };
    static const char *const read[] = { "s3:GetObjectVersionAcl",
                                        "s3:GetObjectVersionForReplication",
                                        "s3:GetObjectVersionTagging", NULL };
    static const char *const replicate[] = { "s3:ReplicateDelete", "s3:ReplicateObject",
                                             "s3:ReplicateTags", NULL };
    json_t *policy = statements_new();
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++) {
        struct naming n = expand_naming(x, x->regions[i]);
        autofree char *name = naming_name(&n, NAMED_BUCKET, bucket);
        autofree char *arn = naming_arn(&n, NAMED_BUCKET, name);
        bool source = both || x->regions[i] == x->primary;
        bool destination = both || x->regions[i] == x->secondary;
        if (source) {
            statements_allow(policy, "Source", configuration, arns(arn, true, false), NULL);
            statements_allow(policy, "SourceObjects", read, arns(arn, false, true), NULL);
        }
        if (destination)
            statements_allow(policy, "Destination", replicate, arns(arn, false, true), NULL);
    }
    return policy;
}

static void add_replication_role(struct expansion *x, const struct intent *intent, bool both)
{
    autofree char *name = expand_replication_role(intent->name);
    autofree char *policy_name = xasprintf("s3-%s", x->suffix);
    autofree char *description = xasprintf("Copies %s between its regions", intent->name);
    json_t *want = json_pack("{s:s, s:i, s:o, s:{s:o}, s:[]}", "Description", description,
                             "MaxSessionDuration", 3600, "AssumeRolePolicyDocument",
                             statements_trust("s3.amazonaws.com", NULL), "Policies", policy_name,
                             replication_policy(x, intent->name, both), "AttachedPolicies");
    assert(want != NULL);
    expand_role_add(x, intent, name, want);
}

/* Metrics come with time control and are what lag is read from. */
static json_t *destination(const char *arn, bool time_control)
{
    json_t *to = json_pack("{s:s}", "Bucket", arn);
    assert(to != NULL);
    if (!time_control)
        return to;
    json_object_set_new(to, "ReplicationTime",
                        json_pack("{s:s, s:{s:i}}", "Status", "Enabled", "Time", "Minutes", 15));
    json_object_set_new(
        to, "Metrics",
        json_pack("{s:s, s:{s:i}}", "Status", "Enabled", "EventThreshold", "Minutes", 15));
    return to;
}

static json_t *replication_rule(const struct expansion *x, const struct intent *intent,
                                enum region region, bool both)
{
    const char *to = region_name(expand_other(x, region));
    autofree char *arn = xasprintf("${s3_bucket/%s@%s.arn}", intent->name, to);
    autofree char *rule_id = xasprintf("to-%s", to);
    bool deletes = json_is_true(json_object_get(intent->value, "replicate_deletes"));
    bool time_control = json_is_true(json_object_get(intent->value, "time_control"));
    json_t *modifications = both ? json_pack("{s:{s:s}}", "ReplicaModifications", "Status",
                                             "Enabled")
                                 : NULL;
    json_t *rule = json_pack("{s:s, s:i, s:s, s:{s:s}, s:{s:s}, s:o*, s:o}", "ID", rule_id,
                             "Priority", 1, "Status", "Enabled", "Filter", "Prefix", "",
                             "DeleteMarkerReplication", "Status", deletes ? "Enabled" : "Disabled",
                             "SourceSelectionCriteria", modifications, "Destination",
                             destination(arn, time_control));
    assert(rule != NULL);
    return rule;
}

static void add_replication(struct expansion *x, const struct intent *intent, enum region region,
                            bool both)
{
    struct naming n = expand_naming(x, region);
    autofree char *name = naming_name(&n, NAMED_BUCKET, intent->name);
    autofree char *role = expand_replication_role(intent->name);
    autofree char *role_arn = xasprintf("${iam_role/%s.arn}", role);
    autofree char *id = xasprintf("s3_replication/%s@%s", intent->name, region_name(region));
    autofree char *source = xasprintf("s3_bucket/%s@%s", intent->name, region_name(region));
    json_t *want = json_pack("{s:s, s:{s:s, s:[o]}}", "Bucket", name, "ReplicationConfiguration",
                             "Role", role_arn, "Rules", replication_rule(x, intent, region, both));
    assert(want != NULL);
    expand_add(x, intent, "s3_replication", intent->name, region, want, NULL);
    graph_need(x->graph, id, source);
}

static void expand_bucket(struct expansion *x, const struct intent *intent)
{
    const char *replicate = json_string_value(json_object_get(intent->value, "replicate"));
    bool both = str_eq(replicate, "both");
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++)
        add_bucket(x, intent, x->regions[i]);
    if (str_eq(replicate, "none"))
        return;
    add_replication_role(x, intent, both);
    add_replication(x, intent, x->primary, both);
    if (both)
        add_replication(x, intent, x->secondary, both);
}

void expand_buckets(struct expansion *x)
{
    expand_each(x, "buckets", expand_bucket);
}
