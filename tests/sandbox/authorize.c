/* SPDX-License-Identifier: Apache-2.0 */
/* authorize: who may do what. Gathers the policies of a principal out of the cloud's own IAM state
 * and combines their verdicts as AWS does.
 * Source: IAM User Guide, "Policy evaluation logic" (within one account). */
#include "aws/codec.h"
#include "aws/permission.h"
#include "tests/sandbox/inside.h"
#include "tests/sandbox/words.h"

#include <stdio.h>
#include <strings.h>

/* What decides for one principal. Everything is borrowed from the state. */
struct identity {
    bool everything; /* the root user, and users added without policies */
    const char *name;
    char role_arn[256];
    const json_t *role;    /* of iam's state */
    const json_t *list;    /* of a user: documents */
    const json_t *session; /* session policy */
};

static const json_t *iam_state(struct cloud *c)
{
    return cloud_service_state(c, "iam", REGION_US_EAST_1);
}

static const json_t *find_role(struct cloud *c, const char *name)
{
    return json_object_get(json_object_get(iam_state(c), "roles"), name);
}

/* "arn:aws:sts::1:assumed-role/NAME/SESSION" and "arn:aws:iam::1:role/path/NAME" → NAME; the
 * caller frees. NULL for any other principal. */
static char *role_name(const char *principal)
{
    const char *part = strchr(principal, '/');
    const char *last = strrchr(principal, '/');
    if (part == NULL)
        return NULL;
    if (strstr(principal, ":assumed-role/") != NULL)
        return xstrndup(part + 1, strcspn(part + 1, "/"));
    return strstr(principal, ":role/") != NULL ? xstrdup(last + 1) : NULL;
}

static const json_t *key_of_principal(struct cloud *c, const char *principal)
{
    const char *access_key;
    json_t *key;
    json_t *keys = json_object_get(cloud_service_state(c, "identity", REGION_NONE), "keys");
    json_object_foreach(keys, access_key, key)
    {
        if (str_eq(json_string_value(json_object_get(key, "arn")), principal))
            return key;
    }
    return NULL;
}

static struct identity identity_of(struct cloud *c, const char *principal, const char *access_key)
{
    struct identity who = { .name = principal };
    autofree char *name = role_name(principal);
    if (name != NULL) {
        who.role = find_role(c, name);
        const char *arn = json_string_value(json_object_get(who.role, "Arn"));
        str_copy(who.role_arn, sizeof who.role_arn, arn == NULL ? "" : arn);
        const json_t *sessions = json_object_get(cloud_service_state(c, "sts", REGION_US_EAST_1),
                                                 "sessions");
        who.session = json_object_get(json_object_get(sessions, access_key), "policy");
        return who;
    }
    autofree char *root = xasprintf("arn:aws:iam::%s:root", c->account);
    const json_t *key = key_of_principal(c, principal);
    who.list = json_object_get(key, "policies");
    who.everything = strcmp(principal, root) == 0 || (key != NULL && who.list == NULL);
    return who;
}

/* Collects the verdict of one more document; the first deny and the first allow keep their names.
 */
struct verdicts {
    enum policy_effect effect;
    char by[192];
};

static void weigh(struct verdicts *v, const json_t *document, const struct policy_request *request,
                  const char *policy)
{
    const char *sid;
    enum policy_effect effect = policy_evaluate(document, POLICY_IDENTITY, request, &sid);
    if (effect == POLICY_NONE || v->effect == POLICY_DENY || effect == v->effect)
        return;
    v->effect = effect;
    (void)snprintf(v->by, sizeof v->by, "statement %s of %s", *sid == '\0' ? "(unnamed)" : sid,
                   policy);
}

static const json_t *managed_document(struct cloud *c, const char *arn)
{
    const json_t *policy = json_object_get(json_object_get(iam_state(c), "policies"), arn);
    const char *version = json_string_value(json_object_get(policy, "default"));
    if (version == NULL)
        return NULL;
    return json_object_get(json_object_get(json_object_get(policy, "versions"), version),
                           "document");
}

static struct verdicts weigh_identity(struct cloud *c, const struct identity *who,
                                      const struct policy_request *request)
{
    struct verdicts v = { POLICY_NONE, "" };
    const char *name;
    json_t *item;
    size_t i;
    if (who->everything)
        return (struct verdicts){ POLICY_ALLOW, "a user without limits" };
    json_array_foreach(who->list, i, item)
    {
        weigh(&v, item, request, "a policy of the user");
    }
    json_object_foreach(json_object_get(who->role, "inline"), name, item)
    {
        autofree char *policy = xasprintf("inline policy %s of role %s", name, who->role_arn);
        weigh(&v, json_object_get(item, "document"), request, policy);
    }
    json_object_foreach(json_object_get(who->role, "attached"), name, item)
    {
        autofree char *policy = xasprintf("policy %s of role %s", name, who->role_arn);
        const json_t *document = managed_document(c, name);
        if (document != NULL)
            weigh(&v, document, request, policy);
    }
    return v;
}

/* ---- combining ---- */

static json_t *resource_policy(struct cloud *c, const struct policy_request *r, enum region region)
{
    autofree char *name = xstrndup(r->action, strcspn(r->action, ":"));
    const struct service *service = cloud_service(name);
    return service == NULL || service->resource_policy == NULL
               ? NULL
               : service->resource_policy(c, region, r->resource);
}

/* NULL when allowed, else how AWS ends its sentence. Fills c->decision. */
static const char *refusal(struct cloud *c, const struct identity *who,
                           const struct policy_request *request, enum region region)
{
    struct verdicts own = weigh_identity(c, who, request);
    struct verdicts bound = { POLICY_ALLOW, "" }, session = { POLICY_ALLOW, "" };
    const char *boundary = json_string_value(json_object_get(who->role, "PermissionsBoundary"));
    if (boundary != NULL) {
        bound = (struct verdicts){ POLICY_NONE, "" };
        weigh(&bound, managed_document(c, boundary), request, "the permissions boundary");
    }
    if (who->session != NULL) {
        session = (struct verdicts){ POLICY_NONE, "" };
        weigh(&session, who->session, request, "the session policy");
    }
    json_auto_t *attached = resource_policy(c, request, region);
    const char *sid = "";
    enum policy_effect theirs = attached == NULL
                                    ? POLICY_NONE
                                    : policy_evaluate(attached, POLICY_RESOURCE, request, &sid);
    const struct {
        enum policy_effect effect;
        const char *by, *ending;
    } denies[] = {
        { own.effect, own.by, "with an explicit deny in an identity-based policy" },
        { bound.effect, bound.by, "with an explicit deny in a permissions boundary" },
        { session.effect, session.by, "with an explicit deny in a session policy" },
        { theirs, "the resource policy", "with an explicit deny in a resource-based policy" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(denies); i++)
        if (denies[i].effect == POLICY_DENY) {
            (void)snprintf(c->decision, sizeof c->decision, "denied by %s", denies[i].by);
            return denies[i].ending;
        }
    if (theirs == POLICY_ALLOW) {
        (void)snprintf(c->decision, sizeof c->decision,
                       "allowed by statement %s of the resource policy", sid);
        return NULL;
    }
    const char *lacking = own.effect != POLICY_ALLOW       ? "identity-based policy"
                          : bound.effect != POLICY_ALLOW   ? "permissions boundary"
                          : session.effect != POLICY_ALLOW ? "session policy"
                                                           : NULL;
    if (lacking == NULL) {
        (void)snprintf(c->decision, sizeof c->decision, "allowed by %s", own.by);
        return NULL;
    }
    (void)snprintf(c->decision, sizeof c->decision, "denied: no %s allows %s on %s", lacking,
                   request->action, request->resource);
    return own.effect != POLICY_ALLOW     ? "because no identity-based policy allows the %s action"
           : bound.effect != POLICY_ALLOW ? "because no permissions boundary allows the %s action"
                                          : "because no session policy allows the %s action";
}

/* ---- the context of a call ---- */

/* Members of a call that IAM knows as condition keys. */
static const struct {
    const char *service, *member, *key;
} member_keys[] = {
    { "iam", "PolicyArn", "iam:PolicyARN" },
    { "iam", "PermissionsBoundary", "iam:PermissionsBoundary" },
    { "iam", "AWSServiceName", "iam:AWSServiceName" },
    { "ssm", "Overwrite", "ssm:Overwrite" },
    { "ssm", "Recursive", "ssm:Recursive" },
    { "sts", "ExternalId", "sts:ExternalId" },
    { "sts", "RoleSessionName", "sts:RoleSessionName" },
    { "s3", "Prefix", "s3:prefix" },
    { "s3", "VersionId", "s3:VersionId" },
};

/* The services that a role is handed to by calls that carry one. */
static const struct {
    const char *service, *principal;
} passed_to[] = {
    { "lambda", "lambda.amazonaws.com" },
    { "s3", "s3.amazonaws.com" },
    { "apigateway", "apigateway.amazonaws.com" },
};

static void add_tags(json_t *context, const char *prefix, const json_t *tags)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)tags, name, value)
    {
        autofree char *key = xasprintf("%s/%s", prefix, name);
        json_object_set(context, key, value);
    }
}

static void add_request_tags(json_t *context, const json_t *args)
{
    static const char *const members[] = { "Tags", "tags", "TagSet" };
    json_t *keys = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const json_t *tags = json_object_get(args, members[i]);
        json_auto_t *map = service_tag_map(tags);
        add_tags(context, "aws:RequestTag", map);
        const char *key;
        json_t *value;
        json_object_foreach(map, key, value)
        {
            json_array_append_new(keys, json_string(key));
        }
    }
    json_array_extend(keys, json_object_get(args, "TagKeys"));
    if (json_array_size(keys) > 0)
        json_object_set(context, "aws:TagKeys", keys);
    json_decref(keys);
}

static json_t *call_context(struct cloud *c, const struct caller *caller, const struct call *call,
                            const struct identity *who, struct now now)
{
    char date[32];
    wall_iso8601(now.wall, date);
    const char *slash = strchr(caller->principal, '/');
    json_t *context = json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:b}", "aws:SecureTransport",
                                caller->secure, "aws:RequestedRegion", region_name(call->region),
                                "aws:SourceIp", caller->source, "aws:PrincipalArn",
                                *who->role_arn != '\0' ? who->role_arn : caller->principal,
                                "aws:PrincipalAccount", caller->account, "aws:CurrentTime", date,
                                "aws:ViaAWSService", false);
    assert(context != NULL);
    if (strstr(caller->principal, ":user/") != NULL)
        json_object_set_new(context, "aws:username", json_string(slash + 1));
    add_tags(context, "aws:PrincipalTag", json_object_get(who->role, "Tags"));
    add_request_tags(context, call->args);
    for (size_t i = 0; i < ARRAY_SIZE(member_keys); i++)
        if (strcmp(member_keys[i].service, call->op->service) == 0)
            json_object_set(context, member_keys[i].key,
                            json_object_get(call->args, member_keys[i].member));
    for (size_t i = 0; i < ARRAY_SIZE(passed_to); i++)
        if (strcmp(passed_to[i].service, call->op->service) == 0)
            json_object_set_new(context, "iam:PassedToService",
                                json_string(passed_to[i].principal));
    if (strcmp(call->op->service, "iam") == 0 &&
        json_object_get(context, "iam:PermissionsBoundary") == NULL) {
        const char *name = json_string_value(json_object_get(call->args, "RoleName"));
        const json_t *role = name == NULL ? NULL : find_role(c, name);
        json_object_set(context, "iam:PermissionsBoundary",
                        json_object_get(role, "PermissionsBoundary"));
    }
    return context;
}

/* The tags of this resource and nothing of the one before. */
static void set_resource_tags(struct cloud *c, json_t *context, const char *action,
                              const char *resource, enum region region)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(context, next, key, value)
    {
        if (str_prefix(key, "aws:ResourceTag/"))
            json_object_del(context, key);
    }
    autofree char *name = xstrndup(action, strcspn(action, ":"));
    const struct service *service = cloud_service(name);
    if (service == NULL || service->resource_tags == NULL)
        return;
    json_auto_t *tags = service->resource_tags(c, region, resource);
    add_tags(context, "aws:ResourceTag", tags);
}

/* IAM checks a role's own ARN, which holds its path; a call names it without. */
static const char *with_path(struct cloud *c, const char *action, const char *resource)
{
    autofree char *name = str_prefix(action, "iam:") ? role_name(resource) : NULL;
    const char *arn = name == NULL ? NULL
                                   : json_string_value(json_object_get(find_role(c, name), "Arn"));
    return arn == NULL ? resource : arn;
}

/* The path of the request, where the catalogue names resources by it; else NULL. */
static char *path_of(const struct call *call)
{
    struct http_request request = { 0 };
    struct problem problem;
    if (strstr(call->op->iam_resource, "{:path}") == NULL ||
        codec_encode_request(operation_model(call->op), call->args, &request, &problem) < 0)
        return NULL;
    char *path = xstrdup(request.path);
    http_request_clear(&request);
    return path;
}

bool authorize_call(struct cloud *c, const struct caller *caller, const struct call *call,
                    struct now now, struct answer *ret)
{
    autofree char *path = path_of(call);
    json_auto_t *checks = permission_checks(call->op, call->region, c->account, call->args, path);
    struct identity who = identity_of(c, caller->principal, caller->access_key);
    json_auto_t *context = call_context(c, caller, call, &who, now);
    size_t i;
    json_t *check;
    str_copy(c->decision, sizeof c->decision, "allowed: AWS checks nothing");
    json_array_foreach(checks, i, check)
    {
        const char *action = json_string_value(json_object_get(check, "action"));
        const char *resource = json_string_value(json_object_get(check, "resource"));
        resource = with_path(c, action, resource);
        set_resource_tags(c, context, action, resource, call->region);
        struct policy_request request = { .action = action,
                                          .resource = resource,
                                          .context = context,
                                          .principal = caller->principal,
                                          .role = *who.role_arn == '\0' ? NULL : who.role_arn,
                                          .account = caller->account };
        const char *ending = refusal(c, &who, &request, call->region);
        if (ending == NULL)
            continue;
        struct buffer text = { 0 };
        buffer_printf(&text, "User: %s is not authorized to perform: %s on resource: %s ",
                      caller->principal, action, resource);
        const char *gap = strstr(ending, "%s");
        buffer_add(&text, ending, gap == NULL ? strlen(ending) : (size_t)(gap - ending));
        if (gap != NULL)
            buffer_printf(&text, "%s%s", action, gap + 2);
        *ret = words_denied(call->op, text.text);
        buffer_clear(&text);
        return false;
    }
    return true;
}

/* ---- what services ask ---- */

enum policy_effect authorize_principal(struct cloud *c, const char *principal, const char *action,
                                       const char *resource, const json_t *context)
{
    char kept[sizeof c->decision];
    memcpy(kept, c->decision, sizeof kept);
    struct identity who = identity_of(c, principal, "");
    json_auto_t *copy = context == NULL ? json_object() : json_copy((json_t *)(uintptr_t)context);
    set_resource_tags(c, copy, action, resource, REGION_US_EAST_1);
    struct policy_request request = { .action = action,
                                      .resource = resource,
                                      .context = copy,
                                      .principal = principal,
                                      .role = *who.role_arn == '\0' ? NULL : who.role_arn,
                                      .account = c->account };
    const char *ending = refusal(c, &who, &request, REGION_US_EAST_1);
    memcpy(c->decision, kept, sizeof kept); /* the decision is about the call, not behind it */
    return ending == NULL ? POLICY_ALLOW : str_prefix(ending, "with") ? POLICY_DENY : POLICY_NONE;
}

bool cloud_allowed(struct cloud *c, const char *principal, const char *action, const char *resource,
                   const json_t *context)
{
    return authorize_principal(c, principal, action, resource, context) == POLICY_ALLOW;
}

bool cloud_can_assume(struct cloud *c, const char *service_principal, const char *role_arn,
                      struct now now)
{
    autofree char *name = role_name(role_arn);
    const json_t *role = name == NULL ? NULL : find_role(c, name);
    if (role == NULL || !str_eq(json_string_value(json_object_get(role, "Arn")), role_arn) ||
        json_integer_value(json_object_get(role, "usable_at")) > now.boot)
        return false;
    json_auto_t *context = json_pack("{s:s}", "aws:SourceAccount", c->account);
    struct policy_request request = { .action = "sts:AssumeRole",
                                      .resource = role_arn,
                                      .context = context,
                                      .service = service_principal };
    const json_t *trust = json_object_get(json_object_get(role, "trust"), "document");
    return policy_evaluate(trust, POLICY_TRUST, &request, NULL) == POLICY_ALLOW;
}

bool authorize_trust(const struct request *r, const json_t *role, const char *external_id)
{
    const struct caller *caller = r->caller;
    struct identity who = identity_of(r->cloud, caller->principal, caller->access_key);
    json_auto_t *context = json_pack(
        "{s:s*, s:s, s:s, s:b}", "sts:ExternalId", external_id, "aws:PrincipalArn",
        *who.role_arn == '\0' ? caller->principal : who.role_arn, "aws:PrincipalAccount",
        caller->account, "aws:SecureTransport", caller->secure);
    struct policy_request request = { .action = "sts:AssumeRole",
                                      .resource = "*",
                                      .context = context,
                                      .principal = caller->principal,
                                      .role = *who.role_arn == '\0' ? NULL : who.role_arn,
                                      .account = caller->account };
    const json_t *trust = json_object_get(json_object_get(role, "trust"), "document");
    enum policy_effect effect = policy_evaluate(trust, POLICY_TRUST, &request, NULL);
    return effect == POLICY_ALLOW || effect == POLICY_DELEGATE;
}

bool authorize_federated(const json_t *role, const char *provider, const json_t *context)
{
    struct policy_request request = { .action = "sts:AssumeRoleWithWebIdentity",
                                      .resource = "*",
                                      .context = context,
                                      .federated = provider };
    const json_t *trust = json_object_get(json_object_get(role, "trust"), "document");
    return policy_evaluate(trust, POLICY_TRUST, &request, NULL) == POLICY_ALLOW;
}

bool cloud_may_pass(const struct request *r, const char *role_arn, const char *service_principal,
                    struct answer *ret)
{
    json_auto_t *context = json_pack("{s:s}", "iam:PassedToService", service_principal);
    if (cloud_allowed(r->cloud, r->caller->principal, "iam:PassRole", role_arn, context))
        return true;
    autofree char *text = xasprintf("User: %s is not authorized to perform: iam:PassRole on "
                                    "resource: %s because no identity-based policy allows the "
                                    "iam:PassRole action",
                                    r->caller->principal, role_arn);
    *ret = words_denied(r->op, text);
    return false;
}
