/* SPDX-License-Identifier: Apache-2.0 */
/* sts: sessions of roles. A session is a key of its own with a secret, a token and an end; the
 * cloud reads state "sessions" when it verifies signatures and gathers policies. One state for all
 * regions: a session from one region's STS is good in the others. */
#include "aws/codec.h"
#include "tests/sandbox/inside.h"
#include "tests/sandbox/words.h"

enum { DEFAULT_DURATION = 3600, CHAINED_MAX = 3600, FORGET_AFTER_MS = 3600 * 1000 };

static const json_t *find_role(struct request *r, const char *arn)
{
    const json_t *state = cloud_service_state(r->cloud, "iam", r->region);
    const char *slash = strrchr(arn, '/');
    const json_t *role = slash == NULL
                             ? NULL
                             : json_object_get(json_object_get(state, "roles"), slash + 1);
    return str_eq(json_string_value(json_object_get(role, "Arn")), arn) ? role : NULL;
}

static bool arn_well_formed(const char *arn)
{
    int colons = 0;
    for (const char *p = arn; *p != '\0'; p++)
        colons += *p == ':';
    const char *resource = arn;
    for (int i = 0; i < 5 && resource != NULL; i++) {
        resource = strchr(resource, ':');
        resource = resource == NULL ? NULL : resource + 1;
    }
    return colons >= 5 && str_prefix(arn, "arn:") && arn[4] != ':' && resource != NULL &&
           *resource != '\0' && strchr(arn + 4, ':')[1] != ':';
}

static struct answer not_authorized(struct request *r, const char *action, const char *arn)
{
    bool anonymous = *r->caller->principal == '\0';
    autofree char *text = anonymous
                              ? xasprintf("Not authorized to perform %s", action)
                              : xasprintf(
                                    "User: %s is not authorized to perform: %s on resource: %s",
                                    r->caller->principal, action, arn);
    return words_denied(r->op, text);
}

/* Sessions that ended long ago are forgotten: their keys are then unknown instead of expired. */
static void forget_old(json_t *sessions, struct now now)
{
    const char *key;
    json_t *session;
    void *next;
    json_object_foreach_safe(sessions, next, key, session)
    {
        if (json_integer_value(json_object_get(session, "expires")) + FORGET_AFTER_MS < now.wall.ms)
            json_object_del(sessions, key);
    }
}

/* Makes the session; the body holds Credentials and AssumedRoleUser. */
static json_t *open_session(struct request *r, const json_t *role, json_t *policy)
{
    const char *name = request_text(r, "RoleSessionName");
    const char *role_name = json_string_value(json_object_get(role, "RoleName"));
    json_t *sessions = service_object(r->state, "sessions");
    forget_old(sessions, r->now);
    autofree char *key = service_id(r->cloud, "ASIA", 16);
    autofree char *secret = service_id(r->cloud, "", 40);
    autofree char *token = service_id(r->cloud, "IQoJb3JpZ2luX2Vj", 240);
    autofree char *arn = xasprintf("arn:aws:sts::%s:assumed-role/%s/%s", cloud_account(r->cloud),
                                   role_name, name);
    autofree char *id = xasprintf("%s:%s", json_string_value(json_object_get(role, "RoleId")),
                                  name);
    json_int_t expires = r->now.wall.ms +
                         1000 * request_integer(r, "DurationSeconds", DEFAULT_DURATION);
    json_t *session = json_pack("{s:s, s:s, s:s, s:s, s:I, s:O*}", "arn", arn, "id", id, "secret",
                                secret, "token", token, "expires", expires, "policy", policy);
    json_t *body = json_pack("{s:{s:s, s:s, s:s, s:I}, s:{s:s, s:s}}", "Credentials", "AccessKeyId",
                             key, "SecretAccessKey", secret, "SessionToken", token, "Expiration",
                             expires, "AssumedRoleUser", "AssumedRoleId", id, "Arn", arn);
    assert(session != NULL && body != NULL);
    json_object_set_new(sessions, key, session);
    return body;
}

/* What AWS checks of duration and session policy, common to both ways in. */
static bool session_ok(struct request *r, const json_t *role, json_t **ret_policy,
                       struct answer *ret)
{
    json_int_t wanted = request_integer(r, "DurationSeconds", DEFAULT_DURATION);
    const char *text = request_text(r, "Policy");
    struct problem problem;
    *ret_policy = NULL;
    if (wanted > json_integer_value(json_object_get(role, "MaxSessionDuration"))) {
        *ret = service_error(r, "ValidationError",
                             "The requested DurationSeconds exceeds the MaxSessionDuration set for "
                             "this role.");
        return false;
    }
    if (text != NULL && policy_parse(text, POLICY_IDENTITY, ret_policy, &problem) < 0) {
        *ret = service_error(r, "MalformedPolicyDocument", "%s", problem.text);
        return false;
    }
    return true;
}

static bool usable(struct request *r, const json_t *role)
{
    return role != NULL && json_integer_value(json_object_get(role, "usable_at")) <= r->now.boot;
}

static struct answer assume_role(struct request *r)
{
    const char *arn = request_text(r, "RoleArn");
    struct answer bad;
    if (!arn_well_formed(arn))
        return service_error(r, "ValidationError", "%s is invalid", arn);
    const json_t *role = find_role(r, arn);
    if (!usable(r, role) || !authorize_trust(r, role, request_text(r, "ExternalId")))
        return not_authorized(r, "sts:AssumeRole", arn);
    if (strstr(r->caller->principal, ":assumed-role/") != NULL &&
        request_integer(r, "DurationSeconds", DEFAULT_DURATION) > CHAINED_MAX)
        return service_error(r, "ValidationError",
                             "The requested DurationSeconds exceeds the 1 hour session limit for "
                             "roles assumed by role chaining");
    json_t *policy;
    if (!session_ok(r, role, &policy, &bad))
        return bad;
    json_t *body = open_session(r, role, policy);
    if (policy != NULL)
        json_object_set_new(body, "PackedPolicySize", json_integer(6));
    json_decref(policy);
    return answer_ok(body);
}

/* ---- web identity ---- */

/* The claims of a JSON Web Token; NULL when it is none. The signature is not verified: the sandbox
 * has no keys of providers. */
static json_t *token_claims(const char *token)
{
    const char *dot = strchr(token, '.');
    if (dot == NULL || strchr(dot + 1, '.') == NULL)
        return NULL;
    size_t n = strcspn(dot + 1, "."), size;
    autofree char *part = xasprintf("%.*s%.*s", (int)n, dot + 1, (int)((4 - n % 4) % 4), "===");
    for (char *p = part; *p != '\0'; p++)
        *p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
    autofree char *bytes = codec_base64_decode(part, &size);
    return bytes == NULL ? NULL : json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
}

static struct answer assume_role_with_web_identity(struct request *r)
{
    const char *arn = request_text(r, "RoleArn");
    struct answer bad;
    json_auto_t *claims = token_claims(request_text(r, "WebIdentityToken"));
    const char *issuer = json_string_value(json_object_get(claims, "iss"));
    const char *subject = json_string_value(json_object_get(claims, "sub"));
    if (issuer == NULL || subject == NULL)
        return service_error(r, "InvalidIdentityToken",
                             "The ID Token provided is not a valid JWT. (You may see this error if "
                             "you sent an Access Token)");
    json_int_t end = json_integer_value(json_object_get(claims, "exp"));
    if (end != 0 && end * 1000 <= r->now.wall.ms)
        return service_error(r, "ExpiredTokenException",
                             "Token expired: current date/time must be before the expiration "
                             "date/time");
    const char *host = strstr(issuer, "://") == NULL ? issuer : strstr(issuer, "://") + 3;
    autofree char *provider = xasprintf("arn:aws:iam::%s:oidc-provider/%s", cloud_account(r->cloud),
                                        host);
    autofree char *sub_key = xasprintf("%s:sub", host), *aud_key = xasprintf("%s:aud", host);
    json_auto_t *context = json_pack("{s:s, s:O*}", sub_key, subject, aud_key,
                                     json_object_get(claims, "aud"));
    const json_t *role = find_role(r, arn);
    if (!usable(r, role) || !authorize_federated(role, provider, context))
        return not_authorized(r, "sts:AssumeRoleWithWebIdentity", arn);
    json_t *policy;
    if (!session_ok(r, role, &policy, &bad))
        return bad;
    json_t *body = open_session(r, role, policy);
    json_decref(policy);
    json_object_set_new(body, "SubjectFromWebIdentityToken", json_string(subject));
    json_object_set_new(body, "Provider", json_string(provider));
    json_object_set(body, "Audience", json_object_get(claims, "aud"));
    return answer_ok(body);
}

static struct answer get_caller_identity(struct request *r)
{
    const struct caller *who = r->caller;
    const json_t *session = json_object_get(json_object_get(r->state, "sessions"), who->access_key);
    const char *id = json_string_value(json_object_get(session, "id"));
    return answer_ok(json_pack("{s:s, s:s, s:s}", "UserId", id == NULL ? who->access_key : id,
                               "Account", who->account, "Arn", who->principal));
}

static const struct service_operation operations_table[] = {
    { "AssumeRole", assume_role },
    { "AssumeRoleWithWebIdentity", assume_role_with_web_identity },
    { "GetCallerIdentity", get_caller_identity },
    { NULL, NULL },
};

/* A role's trust policy is the resource policy of sts:AssumeRole. */
static json_t *trust_policy(struct cloud *c, enum region region, const char *arn)
{
    struct request r = { .cloud = c, .region = region };
    const json_t *role = find_role(&r, arn);
    return json_deep_copy(json_object_get(json_object_get(role, "trust"), "document"));
}

const struct service service_sts = {
    .name = "sts",
    .global = true,
    .operations = operations_table,
    .resource_policy = trust_policy,
};
