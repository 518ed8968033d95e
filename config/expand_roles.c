/* SPDX-License-Identifier: Apache-2.0 */
/* Roles: exactly what is used, on exactly what it is used on. ARNs are derived and not referred to,
 * so that a role is complete while one of the regions cannot be reached. */
#include "config/expand.h"

#include "config/place.h"
#include "config/statements.h"

enum { INLINE_MAX = 10240 }; /* characters in all inline policies of a role; IAM quota */

/* Who assumes it. AWS documents aws:SourceAccount in trust policies for tasks and schedules; Lambda
 * and EC2 do not send it, and a condition on what is not sent locks the role. */
static const struct assumer {
    const char *word, *service;
    bool sends_account;
} assumers[] = {
    { "lambda", "lambda.amazonaws.com", false },
    { "ecs", "ecs-tasks.amazonaws.com", true },
    { "ec2", "ec2.amazonaws.com", false },
    { "scheduler", "scheduler.amazonaws.com", true },
};

/* What each access means. Listing and scanning are never among it: a program that knows its keys
 * needs neither. */
static const struct grant {
    const char *use, *access;
    const char *actions[6];         /* on the thing */
    const char *content_actions[6]; /* on the objects of a bucket */
} grants[] = {
    { "table",
      "read",
      { "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DescribeTable",
        "dynamodb:GetItem", "dynamodb:Query" },
      { NULL } },
    { "table",
      "write",
      { "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem",
        "dynamodb:UpdateItem" },
      { NULL } },
    { "queue", "send", { "sqs:GetQueueUrl", "sqs:SendMessage" }, { NULL } },
    { "queue",
      "consume",
      { "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl", "sqs:ReceiveMessage" },
      { NULL } },
    { "bucket", "read", { "s3:ListBucket" }, { "s3:GetObject", "s3:GetObjectVersion" } },
    { "bucket", "write", { NULL }, { "s3:AbortMultipartUpload", "s3:PutObject" } },
    { "parameter", "read", { "ssm:GetParameter", "ssm:GetParameters" }, { NULL } },
};

/* One use, in one region. */
struct use {
    const char *kind; /* as grants has it: dead letters are a queue */
    const char *service;
    const char *name; /* what the user calls it */
    const char *access;
    const json_t *value; /* its intent */
    char *arn;
};

/* What a grant is for: reading a table means its indexes too, by name. */
static json_t *resources_of(const struct use *use, const char *access)
{
    json_t *list = json_pack("[s]", use->arn);
    if (!str_eq(use->kind, "table") || !str_eq(access, "read"))
        return list;
    const char *index;
    json_t *value;
    json_object_foreach(json_object_get(use->value, "indexes"), index, value)
    {
        autofree char *arn = xasprintf("%s/index/%s", use->arn, index);
        json_array_append_new(list, json_string(arn));
    }
    return list;
}

/* The inline policy for a service: made when first needed. */
static json_t *policy_for(const struct expansion *x, json_t *policies, const char *service)
{
    autofree char *name = xasprintf("%s-%s", service, x->suffix);
    json_t *policy = json_object_get(policies, name);
    if (policy == NULL) {
        policy = statements_new();
        json_object_set_new(policies, name, policy);
    }
    return policy;
}

/* Secret parameters are encrypted with the account's aws/ssm key, whose id nobody can derive: so
 * any key, but only through SSM and only for this parameter. */
static void allow_decrypt(const struct expansion *x, json_t *policies, const struct use *use,
                          enum region region)
{
    static const char *const actions[] = { "kms:Decrypt", NULL };
    autofree char *sid = statements_sid("decrypt", use->name);
    autofree char *via = xasprintf("ssm.%s.amazonaws.com", region_name(region));
    json_t *keys = json_pack(
        "[o]", json_sprintf("arn:aws:kms:%s:%s:key/*", region_name(region), x->account));
    json_t *condition = json_pack("{s:{s:s, s:s}}", "StringEquals", "kms:ViaService", via,
                                  "kms:EncryptionContext:PARAMETER_ARN", use->arn);
    statements_allow(policy_for(x, policies, "kms"), sid, actions, keys, condition);
}

static void allow_use(const struct expansion *x, json_t *policies, const struct use *use)
{
    json_t *policy = policy_for(x, policies, use->service);
    for (size_t i = 0; i < ARRAY_SIZE(grants); i++) {
        const struct grant *g = &grants[i];
        bool both = str_eq(use->access, "read_write") &&
                    (str_eq(g->access, "read") || str_eq(g->access, "write"));
        if (!str_eq(g->use, use->kind) || !(both || str_eq(g->access, use->access)))
            continue;
        autofree char *sid = statements_sid(g->access, use->name);
        autofree char *content_sid = statements_sid(sid, "objects");
        if (g->actions[0] != NULL)
            statements_allow(policy, sid, g->actions, resources_of(use, g->access), NULL);
        if (g->content_actions[0] != NULL)
            statements_allow(policy, content_sid, g->content_actions,
                             json_pack("[o]", json_sprintf("%s/*", use->arn)), NULL);
    }
}

static bool access_fits(const char *kind, const char *access)
{
    bool fits = false;
    for (size_t i = 0; i < ARRAY_SIZE(grants); i++)
        fits = fits || (str_eq(grants[i].use, kind) && str_eq(grants[i].access, access));
    return fits ||
           (str_eq(access, "read_write") && (str_eq(kind, "table") || str_eq(kind, "bucket")));
}

/* Which of the keys says what is used, and what it means. */
static const struct usable {
    const char *key, *section, *kind, *service, *fits;
} usables[] = {
    { "table", "tables", "table", "dynamodb", "read, write or read_write" },
    { "queue", "queues", "queue", "sqs", "send or consume" },
    { "dead_letters", "queues", "queue", "sqs", "send or consume" },
    { "bucket", "buckets", "bucket", "s3", "read, write or read_write" },
    { "parameter", "parameters", "parameter", "ssm", "read" },
};

/* The schema lets exactly one of the keys through. */
static const struct usable *usable_of(const json_t *use)
{
    size_t i = 0;
    while (i + 1 < ARRAY_SIZE(usables) && json_object_get(use, usables[i].key) == NULL)
        i++;
    return &usables[i];
}

/* False with problems: no such thing, or an access that it does not have. */
static bool check_use(struct expansion *x, const json_t *use, const char *pointer)
{
    const struct usable *u = usable_of(use);
    const char *name = json_string_value(json_object_get(use, u->key));
    const char *access = json_string_value(json_object_get(use, "access"));
    autofree char *below = place_key(pointer, u->key);
    autofree char *at_access = place_key(pointer, "access");
    size_t before = x->problems->n;
    if (str_eq(u->key, "dead_letters"))
        free(expand_dead_letters(x, name, below));
    else
        (void)expand_lookup(x, u->section, name, below);
    if (!access_fits(u->kind, access)) {
        struct problem *p = problems_add(x->problems, at_access, "\"%s\" is no access to a %s",
                                         access, u->kind);
        problem_remedy(p, "Use %s.", u->fits);
    }
    return x->problems->n == before;
}

static enum named form_of(const struct usable *u, const json_t *value)
{
    if (str_eq(u->kind, "table"))
        return NAMED_TABLE;
    if (str_eq(u->kind, "queue"))
        return expand_queue_form(value);
    return str_eq(u->kind, "bucket") ? NAMED_BUCKET : NAMED_PARAMETER;
}

static void add_use(struct expansion *x, json_t *policies, const json_t *use, enum region region)
{
    const struct usable *u = usable_of(use);
    const char *name = json_string_value(json_object_get(use, u->key));
    const json_t *value = json_object_get(json_object_get(x->document, u->section), name);
    autofree char *target = str_eq(u->key, "dead_letters") ? expand_dead_letters(x, name, "")
                                                           : xstrdup(name);
    struct naming n = expand_naming(x, region);
    autofree char *derived = naming_name(&n, form_of(u, value), target);
    struct use one = {
        .kind = u->kind,
        .service = u->service,
        .name = target,
        .access = json_string_value(json_object_get(use, "access")),
        .value = value,
        .arn = naming_arn(&n, form_of(u, value), derived),
    };
    allow_use(x, policies, &one);
    if (json_object_get(value, "secret") != NULL || json_object_get(value, "secrets") != NULL)
        allow_decrypt(x, policies, &one, region);
    free(one.arn);
}

void expand_role_add(struct expansion *x, const struct intent *intent, const char *name,
                     json_t *want)
{
    struct naming n = expand_naming(x, REGION_US_EAST_1);
    autofree char *derived = naming_name(&n, NAMED_ROLE, name);
    naming_check(&n, NAMED_ROLE, derived, intent->pointer, x->problems);
    json_object_set_new(want, "RoleName", json_string(derived));
    json_object_set_new(want, "Path", json_string("/"));
    json_t *boundary = expand_boundary_arn(x);
    if (boundary != NULL)
        json_object_set_new(want, "PermissionsBoundary", boundary);
    size_t size = 0;
    const char *key;
    json_t *policy;
    json_object_foreach(json_object_get(want, "Policies"), key, policy)
        size += statements_size(policy);
    if (size > INLINE_MAX) {
        struct problem *p = problems_add(x->problems, intent->pointer,
                                         "its policies come to %zu characters; IAM allows %d", size,
                                         INLINE_MAX);
        problem_remedy(p, "Split the role, or make its scope regional.");
    }
    expand_add(x, intent, "iam_role", name, REGION_US_EAST_1, want, "");
}

static json_t *trust(const struct expansion *x, const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(assumers); i++)
        if (str_eq(assumers[i].word, word))
            return statements_trust(assumers[i].service,
                                    assumers[i].sends_account ? x->account : NULL);
    assert(false);
    return NULL;
}

static void add_role(struct expansion *x, const struct intent *intent, const char *name,
                     const enum region *regions, size_t n_regions)
{
    json_t *policies = json_object();
    const json_t *uses = json_object_get(intent->value, "uses");
    for (size_t i = 0; i < json_array_size(uses); i++)
        for (size_t j = 0; j < n_regions; j++)
            add_use(x, policies, json_array_get(uses, i), regions[j]);
    const char *assumer = json_string_value(json_object_get(intent->value, "for"));
    const char *given = json_string_value(json_object_get(intent->value, "description"));
    autofree char *description = given[0] != '\0'
                                     ? xstrdup(given)
                                     : xasprintf("%s in %s, for %s", name, x->suffix, assumer);
    json_t *want = json_pack("{s:s, s:O, s:o, s:o, s:O}", "Description", description,
                             "MaxSessionDuration", json_object_get(intent->value, "session_s"),
                             "AssumeRolePolicyDocument", trust(x, assumer), "Policies", policies,
                             "AttachedPolicies",
                             json_object_get(intent->value, "managed_policies"));
    assert(want != NULL);
    expand_role_add(x, intent, name, want);
}

static void expand_role(struct expansion *x, const struct intent *intent)
{
    const json_t *uses = json_object_get(intent->value, "uses");
    autofree char *above = place_key(intent->pointer, "uses");
    bool good = true;
    for (size_t i = 0; i < json_array_size(uses); i++) {
        autofree char *pointer = place_index(above, i);
        good = check_use(x, json_array_get(uses, i), pointer) && good;
    }
    if (!good)
        return;
    if (str_eq(json_string_value(json_object_get(intent->value, "scope")), "global")) {
        add_role(x, intent, intent->name, x->regions, ARRAY_SIZE(x->regions));
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++) {
        autofree char *name = xasprintf("%s-%s", intent->name, region_name(x->regions[i]));
        add_role(x, intent, name, &x->regions[i], 1);
    }
}

void expand_roles(struct expansion *x)
{
    expand_each(x, "roles", expand_role);
}
