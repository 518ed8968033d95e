/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec.h"
#include "tests/sandbox/iam.h"
#include "tests/sandbox/inside.h"

enum { TRUST_MAX = 2048, INLINE_MAX = 10240, ATTACHED_MAX = 10 };

static json_t *roles_of(struct request *r)
{
    return service_object(r->state, "roles");
}

/* The role the call names; NULL and *ret filled when it is absent. */
static json_t *the_role(struct request *r, struct answer *ret)
{
    const char *name = request_text(r, "RoleName");
    json_t *role = json_object_get(roles_of(r), name);
    if (role == NULL)
        *ret = service_error(r, "NoSuchEntity", "The role with name %s cannot be found.", name);
    return role;
}

/* ---- shared with iam_policies.c ---- */

json_t *iam_document(struct request *r, const char *text, enum policy_kind kind, struct answer *ret)
{
    json_t *document;
    struct problem problem;
    if (policy_parse(text, kind, &document, &problem) == 0)
        return json_pack("{s:s, s:o}", "text", text, "document", document);
    *ret = service_error(r, "MalformedPolicyDocument", "%s", problem.text);
    return NULL;
}

json_t *iam_encoded(const json_t *document)
{
    autofree char *text = codec_percent_encode(json_string_value(json_object_get(document, "text")),
                                               false);
    return json_string(text);
}

struct answer iam_page(struct request *r, json_t *all, const char *list)
{
    size_t next;
    json_t *body = json_object();
    bool good = service_page(all, request_text(r, "Marker"),
                             request_integer(r, "MaxItems", IAM_PAGE), body, list, &next);
    json_decref(all);
    if (!good) {
        json_decref(body);
        return service_error(r, "ValidationError", "Invalid Marker.");
    }
    json_object_set_new(body, "IsTruncated", json_boolean(next != 0));
    if (next != 0)
        json_object_set_new(body, "Marker", json_sprintf("%zu", next));
    return answer_ok(body);
}

bool iam_tag(struct request *r, json_t *tags, struct answer *ret)
{
    json_auto_t *added = service_tag_map(request_member(r, "Tags"));
    json_auto_t *merged = json_copy(tags);
    json_object_update(merged, added);
    if (json_object_size(merged) > IAM_TAGS_MAX) {
        *ret = service_error(r, "LimitExceeded",
                             "The number of tags has reached the maximum "
                             "limit.");
        return false;
    }
    json_object_update(tags, added);
    return true;
}

void iam_untag(struct request *r, json_t *tags)
{
    size_t i;
    json_t *key;
    json_array_foreach(request_member(r, "TagKeys"), i, key)
    {
        json_object_del(tags, json_string_value(key));
    }
}

/* ---- roles ---- */

/* A trust policy may only name principals of this account that exist. */
static bool principals_exist(struct request *r, const json_t *trust, struct answer *ret)
{
    autofree char *prefix = xasprintf("arn:aws:iam::%s:role/", cloud_account(r->cloud));
    const json_t *statements = json_object_get(json_object_get(trust, "document"), "Statement");
    size_t i, j;
    json_t *statement, *name;
    json_array_foreach(statements, i, statement)
    {
        json_t *aws = json_object_get(json_object_get(statement, "Principal"), "AWS");
        json_auto_t *names = json_is_array(aws) ? json_incref(aws) : json_pack("[O*]", aws);
        json_array_foreach(names, j, name)
        {
            const char *arn = json_string_value(name);
            if (!str_prefix(arn, prefix) ||
                json_object_get(roles_of(r), strrchr(arn, '/') + 1) != NULL)
                continue;
            *ret = service_error(r, "MalformedPolicyDocument",
                                 "Invalid principal in policy: \"AWS\":\"%s\"", arn);
            return false;
        }
    }
    return true;
}

static json_t *trust_of(struct request *r, const char *text, struct answer *ret)
{
    if (strlen(text) > TRUST_MAX) {
        *ret = service_error(r, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d",
                             TRUST_MAX);
        return NULL;
    }
    json_t *trust = iam_document(r, text, POLICY_TRUST, ret);
    if (trust != NULL && !principals_exist(r, trust, ret)) {
        json_decref(trust);
        return NULL;
    }
    return trust;
}

/* The role as answers show it. */
static json_t *role_shown(const json_t *role, bool full)
{
    json_t *shown = json_pack(
        "{s:O, s:O, s:O, s:O, s:O, s:o, s:O*}", "Path", json_object_get(role, "Path"), "RoleName",
        json_object_get(role, "RoleName"), "RoleId", json_object_get(role, "RoleId"), "Arn",
        json_object_get(role, "Arn"), "CreateDate", json_object_get(role, "CreateDate"),
        "AssumeRolePolicyDocument", iam_encoded(json_object_get(role, "trust")), "Description",
        json_object_get(role, "Description"));
    assert(shown != NULL);
    const char *boundary = json_string_value(json_object_get(role, "PermissionsBoundary"));
    if (full && boundary != NULL)
        json_object_set_new(shown, "PermissionsBoundary",
                            json_pack("{s:s, s:s}", "PermissionsBoundaryType",
                                      "PermissionsBoundaryPolicy", "PermissionsBoundaryArn",
                                      boundary));
    if (full && json_object_size(json_object_get(role, "Tags")) > 0)
        json_object_set_new(shown, "Tags", service_tag_list(json_object_get(role, "Tags")));
    return shown;
}

static bool boundary_ok(struct request *r, const char *arn, struct answer *ret)
{
    if (arn == NULL || iam_policy(r, arn) != NULL)
        return true;
    *ret = service_error(r, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.",
                         arn);
    return false;
}

static struct answer create_role(struct request *r)
{
    struct answer bad;
    const char *name = request_text(r, "RoleName"), *path = request_text(r, "Path");
    const char *boundary = request_text(r, "PermissionsBoundary");
    path = path == NULL ? "/" : path;
    if (json_object_get(roles_of(r), name) != NULL)
        return service_error(r, "EntityAlreadyExists", "Role with name %s already exists.", name);
    json_auto_t *trust = trust_of(r, request_text(r, "AssumeRolePolicyDocument"), &bad);
    json_auto_t *tags = json_object();
    if (trust == NULL || !boundary_ok(r, boundary, &bad) || !iam_tag(r, tags, &bad))
        return bad;
    autofree char *id = service_id(r->cloud, "AROA", 17);
    autofree char *arn = xasprintf("arn:aws:iam::%s:role%s%s", cloud_account(r->cloud), path, name);
    /* Other services and sessions see a new role only after a while: 5 to 15 s. */
    msec_t spread = cloud_wait(
        r->cloud, SECONDS(5) + (msec_t)random_below(cloud_random(r->cloud), SECONDS(10)));
    json_t *role = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:O, s:s*, s:I, s:s*, s:O, s:{}, s:{}, s:I}", "RoleName", name,
        "RoleId", id, "Path", path, "Arn", arn, "CreateDate", service_date(r->now), "trust", trust,
        "Description", request_text(r, "Description"), "MaxSessionDuration",
        request_integer(r, "MaxSessionDuration", 3600), "PermissionsBoundary", boundary, "Tags",
        tags, "inline", "attached", "usable_at", (json_int_t)(r->now.boot + spread));
    assert(role != NULL);
    json_object_set_new(roles_of(r), name, role);
    return answer_ok(json_pack("{s:o}", "Role", role_shown(role, true)));
}

static struct answer get_role(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    if (role == NULL)
        return bad;
    json_t *shown = role_shown(role, true);
    json_object_set(shown, "MaxSessionDuration", json_object_get(role, "MaxSessionDuration"));
    json_object_set_new(shown, "RoleLastUsed", json_object());
    return answer_ok(json_pack("{s:o}", "Role", shown));
}

static struct answer list_roles(struct request *r)
{
    const char *prefix = request_text(r, "PathPrefix"), *name;
    json_t *role, *all = json_array();
    json_object_foreach(roles_of(r), name, role)
    {
        if (prefix != NULL && !str_prefix(json_string_value(json_object_get(role, "Path")), prefix))
            continue;
        json_t *shown = role_shown(role, false);
        json_object_set(shown, "MaxSessionDuration", json_object_get(role, "MaxSessionDuration"));
        json_array_append_new(all, shown);
    }
    return iam_page(r, all, "Roles");
}

static struct answer update_role(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    if (role == NULL)
        return bad;
    json_t *text = json_object_get(r->args, "Description");
    json_object_set(role, "Description", text);
    json_object_set(role, "MaxSessionDuration", json_object_get(r->args, "MaxSessionDuration"));
    return answer_ok(json_object());
}

static struct answer update_assume_role_policy(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    json_t *trust = role == NULL ? NULL : trust_of(r, request_text(r, "PolicyDocument"), &bad);
    if (trust == NULL)
        return bad;
    json_object_set_new(role, "trust", trust);
    return answer_ok(json_object());
}

static struct answer delete_role(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    if (role == NULL)
        return bad;
    if (json_object_size(json_object_get(role, "attached")) > 0)
        return service_error(r, "DeleteConflict",
                             "Cannot delete entity, must detach all policies first.");
    if (json_object_size(json_object_get(role, "inline")) > 0)
        return service_error(r, "DeleteConflict",
                             "Cannot delete entity, must delete policies first.");
    json_object_del(roles_of(r), request_text(r, "RoleName"));
    return answer_ok(json_object());
}

/* ---- inline policies ---- */

static size_t inline_size(const json_t *policies, const char *but)
{
    const char *name;
    json_t *policy;
    size_t size = 0;
    json_object_foreach((json_t *)(uintptr_t)policies, name, policy)
    {
        if (strcmp(name, but) != 0)
            size += json_string_length(json_object_get(policy, "text"));
    }
    return size;
}

static struct answer put_role_policy(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    const char *name = request_text(r, "PolicyName"), *text = request_text(r, "PolicyDocument");
    json_auto_t *document = role == NULL ? NULL : iam_document(r, text, POLICY_IDENTITY, &bad);
    if (document == NULL)
        return bad;
    json_t *policies = json_object_get(role, "inline");
    if (inline_size(policies, name) + strlen(text) > INLINE_MAX)
        return service_error(r, "LimitExceeded",
                             "Maximum policy size of %d bytes exceeded for role %s", INLINE_MAX,
                             request_text(r, "RoleName"));
    json_object_set(policies, name, document);
    return answer_ok(json_object());
}

/* The inline policy the call names; NULL and *ret filled when role or policy is absent. */
static const json_t *the_inline(struct request *r, json_t **ret_role, struct answer *ret)
{
    const char *name = request_text(r, "PolicyName");
    *ret_role = the_role(r, ret);
    if (*ret_role == NULL)
        return NULL;
    const json_t *policy = json_object_get(json_object_get(*ret_role, "inline"), name);
    if (policy == NULL)
        *ret = service_error(r, "NoSuchEntity", "The role policy with name %s cannot be found.",
                             name);
    return policy;
}

static struct answer get_role_policy(struct request *r)
{
    struct answer bad;
    json_t *role;
    const json_t *policy = the_inline(r, &role, &bad);
    if (policy == NULL)
        return bad;
    return answer_ok(json_pack("{s:s, s:s, s:o}", "RoleName", request_text(r, "RoleName"),
                               "PolicyName", request_text(r, "PolicyName"), "PolicyDocument",
                               iam_encoded(policy)));
}

static struct answer delete_role_policy(struct request *r)
{
    struct answer bad;
    json_t *role;
    if (the_inline(r, &role, &bad) == NULL)
        return bad;
    json_object_del(json_object_get(role, "inline"), request_text(r, "PolicyName"));
    return answer_ok(json_object());
}

static struct answer list_role_policies(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad), *policy, *all = json_array();
    const char *name;
    json_object_foreach(json_object_get(role, "inline"), name, policy)
    {
        json_array_append_new(all, json_string(name));
    }
    if (role != NULL)
        return iam_page(r, all, "PolicyNames");
    json_decref(all);
    return bad;
}

/* ---- managed policies of a role ---- */

static struct answer attach_role_policy(struct request *r)
{
    struct answer bad;
    const char *arn = request_text(r, "PolicyArn");
    if (!str_prefix(arn, "arn:aws:iam::") || strstr(arn, ":policy/") == NULL)
        return service_error(r, "ValidationError", "Invalid ARN:  Could not be parsed!");
    json_t *role = the_role(r, &bad);
    if (role == NULL)
        return bad;
    if (iam_policy(r, arn) == NULL)
        return service_error(r, "NoSuchEntity", "Policy %s does not exist or is not attachable.",
                             arn);
    json_t *attached = json_object_get(role, "attached");
    if (json_object_get(attached, arn) == NULL && json_object_size(attached) >= ATTACHED_MAX)
        return service_error(r, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d",
                             ATTACHED_MAX);
    json_object_set_new(attached, arn, json_string(strrchr(arn, '/') + 1));
    return answer_ok(json_object());
}

static struct answer detach_role_policy(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    if (role == NULL)
        return bad;
    const char *arn = request_text(r, "PolicyArn");
    if (json_object_del(json_object_get(role, "attached"), arn) < 0)
        return service_error(r, "NoSuchEntity", "Policy %s was not found.", arn);
    return answer_ok(json_object());
}

static struct answer list_attached_role_policies(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad), *name, *all;
    const char *arn;
    if (role == NULL)
        return bad;
    all = json_array();
    json_object_foreach(json_object_get(role, "attached"), arn, name)
    {
        json_array_append_new(all, json_pack("{s:O, s:s}", "PolicyName", name, "PolicyArn", arn));
    }
    return iam_page(r, all, "AttachedPolicies");
}

static struct answer put_permissions_boundary(struct request *r)
{
    struct answer bad;
    const char *arn = request_text(r, "PermissionsBoundary");
    json_t *role = the_role(r, &bad);
    if (role == NULL || !boundary_ok(r, arn, &bad))
        return bad;
    json_object_set_new(role, "PermissionsBoundary", json_string(arn));
    return answer_ok(json_object());
}

static struct answer delete_permissions_boundary(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    if (role == NULL)
        return bad;
    json_object_del(role, "PermissionsBoundary");
    return answer_ok(json_object());
}

/* ---- tags ---- */

static struct answer tag_role(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    if (role == NULL || !iam_tag(r, json_object_get(role, "Tags"), &bad))
        return bad;
    return answer_ok(json_object());
}

static struct answer untag_role(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    if (role == NULL)
        return bad;
    iam_untag(r, json_object_get(role, "Tags"));
    return answer_ok(json_object());
}

static struct answer list_role_tags(struct request *r)
{
    struct answer bad;
    json_t *role = the_role(r, &bad);
    return role == NULL ? bad
                        : iam_page(r, service_tag_list(json_object_get(role, "Tags")), "Tags");
}

/* ---- simulation ---- */

static json_t *simulate_one(struct request *r, const char *action, const char *resource)
{
    json_auto_t *context = json_object();
    size_t i;
    json_t *entry;
    json_array_foreach(request_member(r, "ContextEntries"), i, entry)
    {
        json_object_set(context, json_string_value(json_object_get(entry, "ContextKeyName")),
                        json_object_get(entry, "ContextKeyValues"));
    }
    enum policy_effect effect = authorize_principal(r->cloud, request_text(r, "PolicySourceArn"),
                                                    action, resource, context);
    const char *decision = effect == POLICY_ALLOW  ? "allowed"
                           : effect == POLICY_DENY ? "explicitDeny"
                                                   : "implicitDeny";
    return json_pack("{s:s, s:s, s:s, s:[], s:[]}", "EvalActionName", action, "EvalResourceName",
                     resource, "EvalDecision", decision, "MatchedStatements",
                     "MissingContextValues");
}

static struct answer simulate_principal_policy(struct request *r)
{
    const char *source = request_text(r, "PolicySourceArn"), *slash = strrchr(source, '/');
    if (strstr(source, ":role/") != NULL && json_object_get(roles_of(r), slash + 1) == NULL)
        return service_error(r, "NoSuchEntity", "The role with name %s cannot be found.",
                             slash + 1);
    json_auto_t *any = json_pack("[s]", "*");
    const json_t *resources = request_member(r, "ResourceArns");
    json_t *all = json_array(), *action, *resource;
    size_t i, j;
    json_array_foreach(request_member(r, "ActionNames"), i, action)
    {
        json_array_foreach(resources == NULL ? any : resources, j, resource)
        {
            json_array_append_new(
                all, simulate_one(r, json_string_value(action), json_string_value(resource)));
        }
    }
    return iam_page(r, all, "EvaluationResults");
}

/* ---- the service ---- */

static json_t *resource_tags(struct cloud *c, enum region region, const char *arn)
{
    json_t *state = cloud_service_state(c, "iam", region);
    const char *slash = strrchr(arn, '/');
    const json_t *owner = NULL;
    if (slash != NULL && strstr(arn, ":role/") != NULL)
        owner = json_object_get(json_object_get(state, "roles"), slash + 1);
    else if (strstr(arn, ":policy/") != NULL)
        owner = json_object_get(json_object_get(state, "policies"), arn);
    return json_deep_copy(json_object_get(owner, "Tags"));
}

static const struct service_operation operations_table[] = {
    { "AttachRolePolicy", attach_role_policy },
    { "CreatePolicy", iam_create_policy },
    { "CreatePolicyVersion", iam_create_policy_version },
    { "CreateRole", create_role },
    { "DeletePolicy", iam_delete_policy },
    { "DeletePolicyVersion", iam_delete_policy_version },
    { "DeleteRole", delete_role },
    { "DeleteRolePermissionsBoundary", delete_permissions_boundary },
    { "DeleteRolePolicy", delete_role_policy },
    { "DetachRolePolicy", detach_role_policy },
    { "GetPolicy", iam_get_policy },
    { "GetPolicyVersion", iam_get_policy_version },
    { "GetRole", get_role },
    { "GetRolePolicy", get_role_policy },
    { "ListAttachedRolePolicies", list_attached_role_policies },
    { "ListEntitiesForPolicy", iam_list_entities_for_policy },
    { "ListPolicyTags", iam_list_policy_tags },
    { "ListPolicyVersions", iam_list_policy_versions },
    { "ListRolePolicies", list_role_policies },
    { "ListRoleTags", list_role_tags },
    { "ListRoles", list_roles },
    { "PutRolePermissionsBoundary", put_permissions_boundary },
    { "PutRolePolicy", put_role_policy },
    { "SimulatePrincipalPolicy", simulate_principal_policy },
    { "TagPolicy", iam_tag_policy },
    { "TagRole", tag_role },
    { "UntagPolicy", iam_untag_policy },
    { "UntagRole", untag_role },
    { "UpdateAssumeRolePolicy", update_assume_role_policy },
    { "UpdateRole", update_role },
    { NULL, NULL },
};

static const char *const eventual[] = {
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "ListRolePolicies",
    "ListAttachedRolePolicies",
    "ListRoleTags",
    "ListRoles",
    "ListPolicyVersions",
    "ListPolicyTags",
    "ListEntitiesForPolicy",
    NULL,
};

const struct service service_iam = {
    .name = "iam",
    .global = true,
    .operations = operations_table,
    .resource_tags = resource_tags,
    .eventual_reads = eventual,
};
