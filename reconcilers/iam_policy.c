/* SPDX-License-Identifier: Apache-2.0 */
/* iam_policy: a customer managed policy, such as the permissions boundary of all roles. Keeps the
 * document of the default version and the tags. A document changes by a new default version; AWS
 * keeps five, so the oldest goes first when there are five. Deleting takes the other versions
 * first. Description and path cannot be changed.
 * Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html,
 * API_DeletePolicy.html, API_GetPolicyVersion.html (documents are percent-encoded). */
#include "reconcilers/fields.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"

enum { VERSIONS_MAX = 5 };

static json_t *arn(const struct scene *s)
{
    const char *path = resource_want(s, "/Path");
    return json_sprintf("arn:aws:iam::%s:policy%s%s", s->subject->account,
                        path != NULL ? path : "/", resource_name(s));
}

static json_t *policy(const struct scene *s)
{
    return json_pack("{s:o}", "PolicyArn", arn(s));
}

static json_t *default_version(const struct scene *s)
{
    const char *id = resource_live(s, "policy", "/Policy/DefaultVersionId");
    return id == NULL ? NULL : json_pack("{s:o, s:s}", "PolicyArn", arn(s), "VersionId", id);
}

static json_t *whole(const struct scene *s)
{
    json_t *args = fields_wanted(s);
    json_object_set_new(args, "PolicyName", json_string(resource_name(s)));
    return args;
}

static json_t *new_version(const struct scene *s)
{
    return json_pack("{s:o, s:b}", "PolicyArn", arn(s), "SetAsDefault", 1);
}

static int number(const char *version) /* "v12" */
{
    int n = 0;
    for (const char *p = version + 1; *version != '\0' && *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (*p - '0');
    return n;
}

/* The oldest version that is not the default; NULL when there is none. */
static const char *oldest(const json_t *versions)
{
    const char *found = NULL;
    for (size_t i = 0; i < json_array_size(versions); i++) {
        const json_t *version = json_array_get(versions, i);
        const char *id = json_string_value(json_object_get(version, "VersionId"));
        if (id != NULL && !json_is_true(json_object_get(version, "IsDefaultVersion")) &&
            (found == NULL || number(id) < number(found)))
            found = id;
    }
    return found;
}

static bool drop_oldest(const struct scene *s, const json_t *versions, struct verdict *ret)
{
    const char *id = oldest(versions);
    if (id == NULL)
        return false;
    json_t *args = json_pack("{s:o, s:s}", "PolicyArn", arn(s), "VersionId", id);
    json_t *drift = NULL;
    json_auto_t *live = json_string(id);
    drift_add(&drift, "/PolicyDocument", NULL, live, false);
    *ret = verdict_write(call_new("iam:DeletePolicyVersion", s->subject->region, args, NULL), drift,
                         "an old version is in the way");
    return true;
}

static bool make_room(const struct scene *s, struct verdict *ret)
{
    const json_t *body = fact_body(s->facts, "versions");
    if (body == NULL) {
        *ret = verdict_read();
        call_list_add(&ret->calls, call_new("iam:ListPolicyVersions", s->subject->region, policy(s),
                                            "versions"));
        return true;
    }
    const json_t *versions = json_object_get(body, "Versions");
    return json_array_size(versions) >= VERSIONS_MAX && drop_oldest(s, versions, ret);
}

static bool drop_versions(const struct scene *s, struct verdict *ret)
{
    return drop_oldest(s, pointer_get(fact_body(s->facts, "versions"), "/Versions"), ret);
}

static json_t *report(const struct scene *s)
{
    return json_pack("{s:o}", "arn", arn(s));
}

/* clang-format off */
static const struct read reads[] = {
    { .slot = "policy",   .operation = "iam:GetPolicy",          .args = policy },
    { .slot = "version",  .operation = "iam:GetPolicyVersion",   .args = default_version, .use = TO_KEEP },
    { .slot = "versions", .operation = "iam:ListPolicyVersions", .args = policy, .use = TO_DESTROY },
    { 0 },
};
static const struct field fields[] = {
    { .want = "/Tags", .slot = "policy", .live = "/Policy/Tags", .form = FORM_TAG_LIST,
      .repair = "iam:TagPolicy", .doc = "tags; others are left alone" },
    { .want = "/PolicyDocument", .slot = "version", .live = "/PolicyVersion/Document",
      .form = FORM_POLICY, .repair = "iam:CreatePolicyVersion",
      .doc = "what the policy says, in its default version" },
    { .want = "/Path", .slot = "policy", .live = "/Policy/Path", .absent = "\"/\"", .doc = "path" },
    { .want = "/Description", .slot = "policy", .live = "/Policy/Description", .absent = "\"\"",
      .doc = "description" },
};
static const struct change changes[] = {
    { .operation = "iam:CreatePolicy",        .args = whole },
    { .operation = "iam:CreatePolicyVersion", .args = new_version, .first = make_room },
    { .operation = "iam:TagPolicy",           .args = policy },
    { .operation = "iam:DeletePolicy",        .args = policy },
    { 0 },
};
/* clang-format on */
static const char *const also[] = { "iam:DeletePolicyVersion", "iam:ListPolicyVersions", NULL };
static const char *const outputs[] = { "arn", NULL };

const struct kind kind_iam_policy = {
    .name = "iam_policy",
    .service = "iam",
    .doc = "AWS keeps five versions of a document: the oldest makes room for a new one.",
    .global = true,
    .settle = SECONDS(15),
    .step = resource_step,
    .reads = reads,
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .changes = changes,
    .create = "iam:CreatePolicy",
    .destroy = "iam:DeletePolicy",
    .undo = drop_versions,
    .report = report,
    .also = also,
    .outputs = outputs,
    .identity = "PolicyName",
};
