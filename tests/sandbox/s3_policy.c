/* SPDX-License-Identifier: Apache-2.0 */
/* What S3 checks of a bucket policy and of a lifecycle configuration before it takes them. */
#include "tests/sandbox/s3.h"

/* ---- bucket policies ---- */

/* Conditions on these keys keep a policy from being public. Source: S3 user guide, "The meaning of
 * public". */
static const char *const narrowing_keys[] = {
    "aws:SourceIp",
    "aws:SourceArn",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceAccount",
    "aws:SourceOwner",
    "aws:SourceOrgID",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:userid",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
};

static bool is_narrowed(const json_t *statement)
{
    const char *op, *key;
    json_t *keys, *value;
    json_object_foreach(json_object_get(statement, "Condition"), op, keys) json_object_foreach(
        keys, key, value) for (size_t i = 0; i < ARRAY_SIZE(narrowing_keys);
                               i++) if (strcasecmp(key, narrowing_keys[i]) == 0) return true;
    return false;
}

static bool has_star(const json_t *value)
{
    size_t i;
    json_t *each;
    if (str_eq(json_string_value(value), "*"))
        return true;
    json_array_foreach(value, i, each) if (str_eq(json_string_value(each), "*")) return true;
    return false;
}

static bool is_public(const json_t *statement)
{
    const json_t *principal = json_object_get(statement, "Principal");
    return member_is(statement, "Effect", "Allow") && !is_narrowed(statement) &&
           (has_star(principal) || has_star(json_object_get(principal, "AWS")));
}

/* A string or an array of them, all of which begin with prefix. */
static bool all_begin(const json_t *value, const char *prefix)
{
    size_t i;
    json_t *each;
    if (json_is_string(value))
        return str_prefix(json_string_value(value), prefix) ||
               strcmp(json_string_value(value), "*") == 0;
    json_array_foreach(value, i,
                       each) if (!json_is_string(each) || !all_begin(each, prefix)) return false;
    return json_array_size(value) > 0;
}

static const char *either(const json_t *statement, const char *name, const char *negated)
{
    return json_object_get(statement, name) != NULL      ? name
           : json_object_get(statement, negated) != NULL ? negated
                                                         : NULL;
}

static char *statement_problem(const json_t *statement, const char *bucket_arn)
{
    const char *effect = member_str(statement, "Effect");
    if (effect == NULL)
        return xstrdup("Missing required field Effect");
    if (strcmp(effect, "Allow") != 0 && strcmp(effect, "Deny") != 0)
        return xasprintf("Invalid effect: %s", effect);
    if (either(statement, "Principal", "NotPrincipal") == NULL)
        return xstrdup("Missing required field Principal");
    const char *action = either(statement, "Action", "NotAction");
    const char *resource = either(statement, "Resource", "NotResource");
    if (action == NULL)
        return xstrdup("Missing required field Action");
    if (!all_begin(json_object_get(statement, action), "s3:"))
        return xstrdup("Policy has invalid action");
    if (resource == NULL)
        return xstrdup("Missing required field Resource");
    if (!all_begin(json_object_get(statement, resource), bucket_arn))
        return xstrdup("Policy has invalid resource");
    return NULL;
}

static char *policy_problem(const char *text, const char *bucket_arn, json_t **ret_policy)
{
    enum { POLICY_MAX = 20 * 1024 };
    json_t *policy = text[0] == '{' ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    *ret_policy = policy;
    if (policy == NULL)
        return xstrdup("Policies must be valid JSON and the first byte must be '{'");
    if (strlen(text) > POLICY_MAX)
        return xasprintf("Policy length exceeds the limit of %d bytes", POLICY_MAX);
    const json_t *statements = json_object_get(policy, "Statement");
    if (statements == NULL)
        return xstrdup("Missing required field Statement");
    if (json_is_object(statements))
        return statement_problem(statements, bucket_arn);
    size_t i;
    json_t *statement;
    char *problem = NULL;
    json_array_foreach(statements, i,
                       statement) if ((problem = statement_problem(statement, bucket_arn)) !=
                                      NULL) return problem;
    return json_array_size(statements) > 0 ? NULL
                                           : xstrdup("Could not parse the policy: Statement "
                                                     "is empty!");
}

static bool any_public(const json_t *policy)
{
    const json_t *statements = json_object_get(policy, "Statement");
    size_t i;
    json_t *statement;
    if (json_is_object(statements))
        return is_public(statements);
    json_array_foreach(statements, i, statement) if (is_public(statement)) return true;
    return false;
}

bool s3_check_policy(struct request *r, const json_t *bucket, json_t *value, struct answer *reterr)
{
    autofree char *arn = xasprintf("arn:aws:s3:::%s", member_str(r->args, "Bucket"));
    json_auto_t *policy = NULL;
    autofree char *problem = policy_problem(json_string_value(value), arn, &policy);
    const json_t *block = json_object_get(s3_setting(bucket, "public_access"),
                                          "PublicAccessBlockConfiguration");
    if (problem != NULL)
        *reterr = s3_error(r, "MalformedPolicy", "%s", problem);
    else if (member_true(block, "BlockPublicPolicy") && any_public(policy))
        *reterr = s3_error(r, "AccessDenied",
                           "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: "
                           "\"%s\" because public policies are prevented by the BlockPublicPolicy "
                           "setting in S3 Block Public Access.",
                           r->caller->principal, arn);
    else
        return true;
    return false;
}

/* ---- lifecycle ---- */

static const char *const lifecycle_actions[] = {
    "Expiration",
    "Transitions",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
};

static bool rule_has_action(const json_t *rule)
{
    for (size_t i = 0; i < ARRAY_SIZE(lifecycle_actions); i++)
        if (json_object_get(rule, lifecycle_actions[i]) != NULL)
            return true;
    return false;
}

static bool days_are_positive(const json_t *action, const char *name)
{
    const json_t *days = json_object_get(action, name);
    return days == NULL || json_integer_value(days) > 0;
}

/* NULL when sound. *ret_code is the error's code. */
static const char *rule_problem(const json_t *rule, const char **ret_code)
{
    const char *status = member_str(rule, "Status");
    bool filter = json_object_get(rule, "Filter") != NULL;
    bool prefix = json_object_get(rule, "Prefix") != NULL;
    *ret_code = "MalformedXML";
    if (status == NULL || (strcmp(status, "Enabled") != 0 && strcmp(status, "Disabled") != 0) ||
        filter == prefix)
        return "The XML you provided was not well-formed or did not validate against our "
               "published schema";
    *ret_code = "InvalidRequest";
    if (!rule_has_action(rule))
        return "At least one action needs to be specified in a rule";
    *ret_code = "InvalidArgument";
    if (!days_are_positive(json_object_get(rule, "Expiration"), "Days"))
        return "'Days' for Expiration action must be a positive integer";
    if (!days_are_positive(json_object_get(rule, "NoncurrentVersionExpiration"), "NoncurrentDays"))
        return "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer";
    if (!days_are_positive(json_object_get(rule, "AbortIncompleteMultipartUpload"),
                           "DaysAfterInitiation"))
        return "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive "
               "integer";
    return NULL;
}

bool s3_check_lifecycle(struct request *r, const json_t *bucket, json_t *value,
                        struct answer *reterr)
{
    enum { RULES_MAX = 1000 };
    (void)bucket;
    const json_t *rules = json_object_get(value, "Rules");
    json_auto_t *ids = json_object();
    if (json_array_size(rules) < 1 || json_array_size(rules) > RULES_MAX) {
        *reterr = s3_malformed(r);
        return false;
    }
    size_t i;
    json_t *rule;
    json_array_foreach(rules, i, rule)
    {
        const char *code, *problem = rule_problem(rule, &code);
        autofree char *fresh = cloud_uuid(r->cloud);
        if (member_str(rule, "ID") == NULL)
            member_set_str(rule, "ID", fresh);
        if (problem == NULL && json_object_get(ids, member_str(rule, "ID")) != NULL)
            problem = "Rule ID must be unique. Found same ID for more than one rule";
        if (problem != NULL) {
            *reterr = s3_error(r, code, "%s", problem);
            return false;
        }
        json_object_set_new(ids, member_str(rule, "ID"), json_true());
    }
    const char *least = member_str(r->args, "TransitionDefaultMinimumObjectSize");
    member_set_str(value, "TransitionDefaultMinimumObjectSize",
                   least != NULL ? least : "all_storage_classes_128K");
    return true;
}
