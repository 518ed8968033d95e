/* SPDX-License-Identifier: Apache-2.0 */
/* iam_role: a role with its trust policy, its inline policies and the attached ones as sets, the
 * boundary and the tags. What is not wanted of policies is taken away: a role may do exactly what
 * the topology says. Policies are compared by meaning; AWS gives them percent-encoded.
 * The names of the wanted inline policies are known, so everything is asked at once.
 * UpdateRole sets the session duration to an hour when it is not told one, so both of its values
 * always travel together. Deleting takes the inline and attached policies first.
 * Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html,
 * API_DeleteRole.html, API_GetRolePolicy.html */
#include "reconcilers/fields.h"
#include "reconcilers/resource.h"

static json_t *role(const struct scene *s)
{
    return json_pack("{s:s}", "RoleName", resource_name(s));
}

static json_t *inline_policy(const struct scene *s)
{
    return json_pack("{s:s, s:s}", "RoleName", resource_name(s), "PolicyName", s->item);
}

static json_t *attached_policy(const struct scene *s)
{
    return json_pack("{s:s, s:s}", "RoleName", resource_name(s), "PolicyArn", s->item);
}

static json_t *whole(const struct scene *s)
{
    json_t *args = fields_wanted(s);
    json_object_set_new(args, "RoleName", json_string(resource_name(s)));
    return args;
}

static json_t *report(const struct scene *s)
{
    return json_pack("{s:s, s:s}", "arn", resource_live(s, "role", "/Role/Arn"), "name",
                     resource_name(s));
}

/* clang-format off */
static const struct read reads[] = {
    { .slot = "role",     .operation = "iam:GetRole",                  .args = role },
    { .slot = "inline",   .operation = "iam:ListRolePolicies",         .args = role },
    { .slot = "attached", .operation = "iam:ListAttachedRolePolicies", .args = role },
    { .slot = "policy:*", .operation = "iam:GetRolePolicy", .args = inline_policy,
      .each = "/Policies", .use = TO_KEEP },
    { 0 },
};
static const struct field fields[] = {
    { .want = "/Tags", .slot = "role", .live = "/Role/Tags", .form = FORM_TAG_LIST,
      .repair = "iam:TagRole", .doc = "tags; others are left alone" },
    { .want = "/AssumeRolePolicyDocument", .slot = "role", .live = "/Role/AssumeRolePolicyDocument",
      .form = FORM_POLICY, .repair = "iam:UpdateAssumeRolePolicy", .arg = "/PolicyDocument",
      .doc = "who may take the role" },
    { .want = "/PermissionsBoundary", .slot = "role",
      .live = "/Role/PermissionsBoundary/PermissionsBoundaryArn",
      .repair = "iam:PutRolePermissionsBoundary", .remove = "iam:DeleteRolePermissionsBoundary",
      .doc = "the most that its policies can allow" },
    { .want = "/Policies/*", .slot = "policy:*", .live = "/PolicyDocument", .form = FORM_POLICY,
      .repair = "iam:PutRolePolicy", .arg = "/PolicyDocument", .doc = "an inline policy" },
    { .want = "/Description", .slot = "role", .live = "/Role/Description", .absent = "\"\"",
      .repair = "iam:UpdateRole", .doc = "description" },
    { .want = "/MaxSessionDuration", .slot = "role", .live = "/Role/MaxSessionDuration",
      .absent = "3600", .repair = "iam:UpdateRole", .doc = "longest session, in seconds" },
    { .want = "/Path", .slot = "role", .live = "/Role/Path", .absent = "\"/\"", .doc = "path" },
};
static const struct set sets[] = {
    { .want = "/Policies", .slot = "inline", .live = "/PolicyNames", .name = "",
      .remove = "iam:DeleteRolePolicy", .doc = "inline policies that nobody wants go" },
    { .want = "/AttachedPolicies", .slot = "attached", .live = "/AttachedPolicies",
      .name = "/PolicyArn", .add = "iam:AttachRolePolicy", .remove = "iam:DetachRolePolicy",
      .doc = "attached managed policies" },
    { 0 },
};
static const struct change changes[] = {
    { .operation = "iam:CreateRole",                    .args = whole },
    { .operation = "iam:TagRole",                       .args = role },
    { .operation = "iam:UpdateAssumeRolePolicy",        .args = role },
    { .operation = "iam:PutRolePermissionsBoundary",    .args = role },
    { .operation = "iam:DeleteRolePermissionsBoundary", .args = role },
    { .operation = "iam:PutRolePolicy",                 .args = inline_policy },
    { .operation = "iam:DeleteRolePolicy",              .args = inline_policy },
    { .operation = "iam:AttachRolePolicy",              .args = attached_policy },
    { .operation = "iam:DetachRolePolicy",              .args = attached_policy },
    { .operation = "iam:UpdateRole",                    .args = role, .carry = CARRY_ALL },
    { .operation = "iam:DeleteRole",                    .args = role },
    { 0 },
};
/* clang-format on */
static const char *const outputs[] = { "arn", "name", NULL };

const struct kind kind_iam_role = {
    .name = "iam_role",
    .service = "iam",
    .global = true,
    .settle = SECONDS(15),
    .step = resource_step,
    .reads = reads,
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .sets = sets,
    .changes = changes,
    .create = "iam:CreateRole",
    .destroy = "iam:DeleteRole",
    .report = report,
    .outputs = outputs,
    .identity = "RoleName",
};
