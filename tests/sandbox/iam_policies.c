/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/iam.h"

enum { VERSIONS_MAX = 5, POLICY_MAX = 6144 };

static json_t *policies_of(struct request *r)
{
    return service_object(r->state, "policies");
}

/* AWS's own managed policies, as far as users of the sandbox name them. */
static const struct {
    const char *name, *document;
} aws_policies[] = {
    { "AdministratorAccess", "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                             "\"Action\":\"*\",\"Resource\":\"*\"}]}" },
    { "service-role/AWSLambdaBasicExecutionRole",
      "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
      "\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\"],"
      "\"Resource\":\"*\"}]}" },
    { "service-role/AWSLambdaSQSQueueExecutionRole",
      "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
      "\"sqs:ReceiveMessage\",\"sqs:DeleteMessage\",\"sqs:GetQueueAttributes\","
      "\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\"],"
      "\"Resource\":\"*\"}]}" },
};

static json_t *new_policy(struct request *r, const char *arn, const char *path, const char *name,
                          json_t *document)
{
    autofree char *id = service_id(r->cloud, "ANPA", 17);
    json_t *policy = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:i, s:{}, s:{s:{s:O, s:O, s:o}}}", "Arn", arn,
        "PolicyName", name, "PolicyId", id, "Path", path, "CreateDate", service_date(r->now),
        "UpdateDate", service_date(r->now), "default", "v1", "last", 1, "Tags", "versions", "v1",
        "text", json_object_get(document, "text"), "document",
        json_object_get(document, "document"), "CreateDate", service_date(r->now));
    assert(policy != NULL);
    json_object_set_new(policies_of(r), arn, policy);
    return policy;
}

json_t *iam_policy(struct request *r, const char *arn)
{
    static const char prefix[] = "arn:aws:iam::aws:policy/";
    json_t *policy = json_object_get(policies_of(r), arn);
    if (policy != NULL || !str_prefix(arn, prefix))
        return policy;
    for (size_t i = 0; i < ARRAY_SIZE(aws_policies); i++) {
        const char *name = aws_policies[i].name;
        if (strcmp(arn + strlen(prefix), name) != 0)
            continue;
        struct answer bad;
        json_auto_t *document = iam_document(r, aws_policies[i].document, POLICY_IDENTITY, &bad);
        const char *slash = strrchr(name, '/');
        autofree char *path = slash == NULL ? xstrdup("/")
                                            : xasprintf("/%.*s/", (int)(slash - name), name);
        return new_policy(r, arn, path, slash == NULL ? name : slash + 1, document);
    }
    return NULL;
}

static json_t *the_policy(struct request *r, struct answer *ret)
{
    const char *arn = request_text(r, "PolicyArn");
    json_t *policy = iam_policy(r, arn);
    if (policy == NULL)
        *ret = service_error(r, "NoSuchEntity", "Policy %s was not found.", arn);
    return policy;
}

static int count_uses(struct request *r, const char *arn, bool boundary)
{
    const char *name;
    json_t *role;
    int n = 0;
    json_object_foreach(service_object(r->state, "roles"), name, role)
    {
        const char *bound = json_string_value(json_object_get(role, "PermissionsBoundary"));
        n += boundary ? str_eq(bound, arn)
                      : json_object_get(json_object_get(role, "attached"), arn) != NULL;
    }
    return n;
}

static json_t *policy_shown(struct request *r, const json_t *policy)
{
    const char *arn = json_string_value(json_object_get(policy, "Arn"));
    json_t *shown = json_pack(
        "{s:O, s:O, s:O, s:O, s:O, s:i, s:i, s:b, s:O, s:O, s:O*}", "PolicyName",
        json_object_get(policy, "PolicyName"), "PolicyId", json_object_get(policy, "PolicyId"),
        "Arn", json_object_get(policy, "Arn"), "Path", json_object_get(policy, "Path"),
        "DefaultVersionId", json_object_get(policy, "default"), "AttachmentCount",
        count_uses(r, arn, false), "PermissionsBoundaryUsageCount", count_uses(r, arn, true),
        "IsAttachable", true, "CreateDate", json_object_get(policy, "CreateDate"), "UpdateDate",
        json_object_get(policy, "UpdateDate"), "Description",
        json_object_get(policy, "Description"));
    assert(shown != NULL);
    if (json_object_size(json_object_get(policy, "Tags")) > 0)
        json_object_set_new(shown, "Tags", service_tag_list(json_object_get(policy, "Tags")));
    return shown;
}

static json_t *policy_document(struct request *r, struct answer *ret)
{
    const char *text = request_text(r, "PolicyDocument");
    if (strlen(text) <= POLICY_MAX)
        return iam_document(r, text, POLICY_IDENTITY, ret);
    *ret = service_error(r, "LimitExceeded", "Cannot exceed quota for PolicySize: %d", POLICY_MAX);
    return NULL;
}

struct answer iam_create_policy(struct request *r)
{
    struct answer bad;
    const char *name = request_text(r, "PolicyName"), *path = request_text(r, "Path");
    path = path == NULL ? "/" : path;
    autofree char *arn = xasprintf("arn:aws:iam::%s:policy%s%s", cloud_account(r->cloud), path,
                                   name);
    if (json_object_get(policies_of(r), arn) != NULL)
        return service_error(r, "EntityAlreadyExists",
                             "A policy called %s already exists. Duplicate names are not allowed.",
                             name);
    json_auto_t *document = policy_document(r, &bad);
    json_auto_t *tags = json_object();
    if (document == NULL || !iam_tag(r, tags, &bad))
        return bad;
    json_t *policy = new_policy(r, arn, path, name, document);
    json_object_set(policy, "Tags", tags);
    json_object_set(policy, "Description", json_object_get(r->args, "Description"));
    json_t *shown = policy_shown(r, policy);
    json_object_del(shown, "Description"); /* CreatePolicy does not repeat it */
    return answer_ok(json_pack("{s:o}", "Policy", shown));
}

struct answer iam_get_policy(struct request *r)
{
    struct answer bad;
    json_t *policy = the_policy(r, &bad);
    return policy == NULL ? bad : answer_ok(json_pack("{s:o}", "Policy", policy_shown(r, policy)));
}

struct answer iam_delete_policy(struct request *r)
{
    struct answer bad;
    json_t *policy = the_policy(r, &bad);
    if (policy == NULL)
        return bad;
    const char *arn = request_text(r, "PolicyArn");
    if (count_uses(r, arn, false) + count_uses(r, arn, true) > 0)
        return service_error(r, "DeleteConflict", "Cannot delete a policy attached to entities.");
    if (json_object_size(json_object_get(policy, "versions")) > 1)
        return service_error(r, "DeleteConflict",
                             "This policy has more than one version. Before you delete a policy, "
                             "you must delete the policy's versions. The default version is "
                             "deleted with the policy.");
    json_object_del(policies_of(r), arn);
    return answer_ok(json_object());
}

/* ---- versions ---- */

static json_t *version_shown(const json_t *policy, const char *id, bool with_text)
{
    const json_t *version = json_object_get(json_object_get(policy, "versions"), id);
    const char *current = json_string_value(json_object_get(policy, "default"));
    json_t *shown = json_pack("{s:s, s:b, s:O}", "VersionId", id, "IsDefaultVersion",
                              strcmp(current, id) == 0, "CreateDate",
                              json_object_get(version, "CreateDate"));
    assert(shown != NULL);
    if (with_text)
        json_object_set_new(shown, "Document", iam_encoded(version));
    return shown;
}

struct answer iam_create_policy_version(struct request *r)
{
    struct answer bad;
    json_t *policy = the_policy(r, &bad);
    json_auto_t *document = policy == NULL ? NULL : policy_document(r, &bad);
    if (document == NULL)
        return bad;
    json_t *versions = json_object_get(policy, "versions");
    if (json_object_size(versions) >= VERSIONS_MAX)
        return service_error(r, "LimitExceeded",
                             "A managed policy can have up to %d versions. Before you create a new "
                             "version, you must delete an existing version.",
                             VERSIONS_MAX);
    json_int_t last = json_integer_value(json_object_get(policy, "last")) + 1;
    autofree char *id = xasprintf("v%" JSON_INTEGER_FORMAT, last);
    json_object_set_new(policy, "last", json_integer(last));
    json_object_set_new(document, "CreateDate", service_date(r->now));
    json_object_set(versions, id, document);
    json_object_set_new(policy, "UpdateDate", service_date(r->now));
    if (request_true(r, "SetAsDefault"))
        json_object_set_new(policy, "default", json_string(id));
    return answer_ok(json_pack("{s:o}", "PolicyVersion", version_shown(policy, id, false)));
}

/* The policy with the version that the call names; NULL and *ret filled when absent. */
static json_t *policy_with_version(struct request *r, struct answer *ret)
{
    const char *id = request_text(r, "VersionId");
    json_t *policy = the_policy(r, ret);
    if (policy != NULL && json_object_get(json_object_get(policy, "versions"), id) == NULL) {
        *ret = service_error(r, "NoSuchEntity",
                             "Policy %s version %s does not exist or is not attachable.",
                             request_text(r, "PolicyArn"), id);
        return NULL;
    }
    return policy;
}

struct answer iam_get_policy_version(struct request *r)
{
    struct answer bad;
    json_t *policy = policy_with_version(r, &bad);
    if (policy == NULL)
        return bad;
    return answer_ok(json_pack("{s:o}", "PolicyVersion",
                               version_shown(policy, request_text(r, "VersionId"), true)));
}

struct answer iam_delete_policy_version(struct request *r)
{
    struct answer bad;
    const char *id = request_text(r, "VersionId");
    json_t *policy = policy_with_version(r, &bad);
    if (policy == NULL)
        return bad;
    if (str_eq(json_string_value(json_object_get(policy, "default")), id))
        return service_error(r, "DeleteConflict", "Cannot delete the default version of a policy.");
    json_object_del(json_object_get(policy, "versions"), id);
    return answer_ok(json_object());
}

struct answer iam_list_policy_versions(struct request *r)
{
    struct answer bad;
    json_t *policy = the_policy(r, &bad), *version, *all;
    const char *id;
    if (policy == NULL)
        return bad;
    all = json_array();
    json_object_foreach(json_object_get(policy, "versions"), id, version)
    {
        json_array_insert_new(all, 0, version_shown(policy, id, false)); /* newest first */
    }
    return iam_page(r, all, "Versions");
}

/* ---- uses and tags ---- */

struct answer iam_list_entities_for_policy(struct request *r)
{
    struct answer bad;
    const char *arn = request_text(r, "PolicyArn"), *name;
    const char *usage = request_text(r, "PolicyUsageFilter");
    json_t *role, *all;
    if (the_policy(r, &bad) == NULL)
        return bad;
    all = json_array();
    json_object_foreach(service_object(r->state, "roles"), name, role)
    {
        bool attached = json_object_get(json_object_get(role, "attached"), arn) != NULL;
        bool bound = str_eq(json_string_value(json_object_get(role, "PermissionsBoundary")), arn);
        if ((attached && !str_eq(usage, "PermissionsBoundary")) ||
            (bound && !str_eq(usage, "PermissionsPolicy")))
            json_array_append_new(all, json_pack("{s:s, s:O}", "RoleName", name, "RoleId",
                                                 json_object_get(role, "RoleId")));
    }
    struct answer answer = iam_page(r, all, "PolicyRoles");
    if (answer.class == AWS_OK) {
        json_object_set_new(answer.body, "PolicyGroups", json_array());
        json_object_set_new(answer.body, "PolicyUsers", json_array());
    }
    return answer;
}

struct answer iam_tag_policy(struct request *r)
{
    struct answer bad;
    json_t *policy = the_policy(r, &bad);
    if (policy == NULL || !iam_tag(r, json_object_get(policy, "Tags"), &bad))
        return bad;
    return answer_ok(json_object());
}

struct answer iam_untag_policy(struct request *r)
{
    struct answer bad;
    json_t *policy = the_policy(r, &bad);
    if (policy == NULL)
        return bad;
    iam_untag(r, json_object_get(policy, "Tags"));
    return answer_ok(json_object());
}

struct answer iam_list_policy_tags(struct request *r)
{
    struct answer bad;
    json_t *policy = the_policy(r, &bad);
    return policy == NULL ? bad
                          : iam_page(r, service_tag_list(json_object_get(policy, "Tags")), "Tags");
}
