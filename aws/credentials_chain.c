/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_chain: which source of keys is configured. The first one that is counts, and what is
 * wrong with it is said rather than passed over. Source: botocore's credential chain, AWS SDKs
 * reference guide, standardized-credentials. */
#include "aws/credentials_state.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>

void credentials_wipe_text(char *text)
{
    if (text != NULL)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

const char *credentials_variable(const struct credentials_source *s, const char *name)
{
    const char *value = json_string_value(json_object_get(s->environment, name));
    return value == NULL || *value == '\0' ? NULL : value;
}

char *credentials_file(const struct credentials_source *s, bool config)
{
    const char *given = credentials_variable(s, config ? "AWS_CONFIG_FILE"
                                                       : "AWS_SHARED_CREDENTIALS_FILE");
    const char *home = credentials_variable(s, "HOME");
    if (given == NULL)
        given = config ? "~/.aws/config" : "~/.aws/credentials";
    if (home != NULL && str_prefix(given, "~/"))
        return xasprintf("%s%s", home, given + 1);
    return xstrdup(given);
}

static void role_clear(struct role *role)
{
    free(role->arn);
    free(role->external_id);
    free(role->session_name);
    *role = (struct role){ 0 };
}

void credentials_plan_clear(struct plan *plan)
{
    credentials_clear(&plan->keys);
    role_clear(&plan->web_role);
    for (size_t i = 0; i < plan->n_roles; i++)
        role_clear(&plan->roles[i]);
    free(plan->command);
    free(plan->token_file);
    free(plan->url);
    credentials_wipe_text(plan->token);
    *plan = (struct plan){ 0 };
}

static char *copy_of(const char *text)
{
    return text == NULL ? NULL : xstrdup(text);
}

static void set_keys(struct credentials *keys, const char *access, const char *secret,
                     const char *token, const char *account)
{
    str_copy(keys->access_key, sizeof keys->access_key, access);
    str_copy(keys->secret_key, sizeof keys->secret_key, secret);
    str_copy(keys->account, sizeof keys->account, account == NULL ? "" : account);
    keys->session_token = copy_of(token);
}

static int complain(struct problem *p, const struct profile_value *at, const char *remedy,
                    const char *format, ...) PRINTF(4, 5);
static int complain(struct problem *p, const struct profile_value *at, const char *remedy,
                    const char *format, ...)
{
    char text[sizeof p->text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *p = (struct problem){ 0 };
    if (at != NULL && at->file != NULL) {
        str_copy(p->file, sizeof p->file, at->file);
        p->line = at->line;
    }
    problem_set(p, "", "%s", text);
    problem_remedy(p, "%s", remedy);
    return -EINVAL;
}

/* ---- environment ---- */

static int plan_environment(const struct credentials_source *s, struct plan *plan,
                            struct problem *reterr)
{
    const char *access = credentials_variable(s, "AWS_ACCESS_KEY_ID"),
               *secret = credentials_variable(s, "AWS_SECRET_ACCESS_KEY"),
               *token = credentials_variable(s, "AWS_SESSION_TOKEN"),
               *expires = credentials_variable(s, "AWS_CREDENTIAL_EXPIRATION");
    if (access == NULL || secret == NULL)
        return complain(reterr, NULL, "Set both or neither", "the environment has %s but not %s",
                        access == NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID",
                        access == NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY");
    if (strlen(access) >= sizeof plan->keys.access_key ||
        strlen(secret) >= sizeof plan->keys.secret_key)
        return complain(reterr, NULL, "Set the keys as AWS shows them",
                        "the keys in the environment are too long to be keys of AWS");
    if (token == NULL)
        token = credentials_variable(s, "AWS_SECURITY_TOKEN");
    if (expires != NULL && !wall_parse_iso8601(expires, &plan->keys.expires))
        return complain(reterr, NULL, "Set it like 2026-11-22T15:04:05Z",
                        "AWS_CREDENTIAL_EXPIRATION is not a time in ISO 8601 form");
    set_keys(&plan->keys, access, secret, token, credentials_variable(s, "AWS_ACCOUNT_ID"));
    plan->base = BASE_STATIC;
    plan->from_environment = true;
    str_copy(plan->name, sizeof plan->name, "environment");
    return 0;
}

static int plan_web_identity(struct plan *plan, const char *token_file, const char *arn,
                             const char *session_name)
{
    plan->base = BASE_WEB_IDENTITY;
    plan->token_file = xstrdup(token_file);
    plan->web_role.arn = xstrdup(arn);
    plan->web_role.session_name = copy_of(session_name);
    return 0;
}

/* ---- container and instance ---- */

static int plan_container(const struct credentials_source *s, struct plan *plan,
                          struct problem *reterr)
{
    const char *relative = credentials_variable(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
               *full = credentials_variable(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
               *token = credentials_variable(s, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (relative == NULL && full == NULL)
        return complain(reterr, NULL, "Run drd in an ECS task or EKS pod that has a role",
                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set");
    plan->url = relative != NULL ? xasprintf("http://169.254.170.2%s", relative) : xstrdup(full);
    if (!credentials_host_allowed(plan->url))
        return complain(reterr, NULL, "Use https, or plain http to this host or to AWS's addresses",
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that keys are not "
                        "fetched from: %s",
                        plan->url);
    if (token != NULL && strpbrk(token, "\r\n") != NULL)
        return complain(reterr, NULL, "Set it without line ends",
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN holds a line end");
    plan->base = BASE_CONTAINER;
    plan->token_file = copy_of(credentials_variable(s, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
    plan->token = copy_of(token);
    if (plan->name[0] == '\0')
        str_copy(plan->name, sizeof plan->name, "container");
    return 0;
}

static int plan_imds(const struct credentials_source *s, struct plan *plan, struct problem *reterr)
{
    const char *disabled = credentials_variable(s, "AWS_EC2_METADATA_DISABLED"),
               *endpoint = credentials_variable(s, "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
               *mode = credentials_variable(s, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (str_eq(disabled, "true"))
        return complain(reterr, NULL,
                        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
                        "no credentials: the environment has none, no profile is configured, and "
                        "AWS_EC2_METADATA_DISABLED forbids to ask the instance");
    bool ipv6 = str_eq(mode, "IPv6") || str_eq(mode, "ipv6");
    if (endpoint == NULL)
        endpoint = ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    plan->base = BASE_IMDS;
    plan->url = xstrdup(endpoint);
    if (str_suffix(plan->url, "/"))
        plan->url[strlen(plan->url) - 1] = '\0';
    if (plan->name[0] == '\0')
        str_copy(plan->name, sizeof plan->name, "imds");
    return 0;
}

/* ---- profiles ---- */

static int plan_credential_source(struct credentials_source *s, const char *profile,
                                  struct problem *reterr)
{
    struct profile_value source = profile_get(s->profiles, profile, "credential_source");
    char name[sizeof s->plan.name];
    str_copy(name, sizeof name, s->plan.name);
    int error;
    if (str_eq(source.text, "Environment"))
        error = plan_environment(s, &s->plan, reterr);
    else if (str_eq(source.text, "EcsContainer"))
        error = plan_container(s, &s->plan, reterr);
    else if (str_eq(source.text, "Ec2InstanceMetadata"))
        error = plan_imds(s, &s->plan, reterr);
    else
        return complain(reterr, &source, "Use Environment, EcsContainer or Ec2InstanceMetadata",
                        "credential_source \"%s\" is not known", source.text);
    str_copy(s->plan.name, sizeof s->plan.name, name);
    if (error < 0 && reterr->file[0] == '\0') {
        str_copy(reterr->file, sizeof reterr->file, source.file);
        reterr->line = source.line;
    }
    return error;
}

static int plan_static(struct credentials_source *s, const char *profile, struct problem *reterr)
{
    struct profile_value access = profile_get(s->profiles, profile, "aws_access_key_id"),
                         secret = profile_get(s->profiles, profile, "aws_secret_access_key"),
                         token = profile_get(s->profiles, profile, "aws_session_token"),
                         account = profile_get(s->profiles, profile, "aws_account_id");
    if (access.text == NULL || secret.text == NULL || *access.text == '\0' || *secret.text == '\0')
        return complain(reterr, access.text == NULL ? &secret : &access, "Write both or neither",
                        "profile %s needs aws_access_key_id and aws_secret_access_key together",
                        profile);
    if (strlen(access.text) >= sizeof s->plan.keys.access_key ||
        strlen(secret.text) >= sizeof s->plan.keys.secret_key)
        return complain(reterr, &access, "Write the keys as AWS shows them",
                        "the keys of profile %s are too long to be keys of AWS", profile);
    s->plan.base = BASE_STATIC;
    set_keys(&s->plan.keys, access.text, secret.text, token.text, account.text);
    return 0;
}

/* The way from the first profile to this one, to notice loops. */
struct trail {
    const char *profile;
    const struct trail *before;
};

static int plan_profile(struct credentials_source *s, const struct trail *trail,
                        struct problem *reterr);

static int add_role(struct credentials_source *s, const char *profile, struct problem *reterr)
{
    struct profile_value arn = profile_get(s->profiles, profile, "role_arn"),
                         duration = profile_get(s->profiles, profile, "duration_seconds"),
                         mfa = profile_get(s->profiles, profile, "mfa_serial");
    if (mfa.text != NULL)
        return complain(reterr, &mfa, "Use a role that asks for no code",
                        "profile %s has mfa_serial, and drd cannot ask a person for a code",
                        profile);
    if (s->plan.n_roles == ROLES_MAX - 1) /* one place is the top role's */
        return complain(reterr, &arn, "Assume the role more directly",
                        "more than %d roles in a chain", ROLES_MAX - 1);
    char *end = NULL;
    long seconds = duration.text == NULL ? 0 : strtol(duration.text, &end, 10);
    if (duration.text != NULL && (*end != '\0' || seconds < 900 || seconds > 43200))
        return complain(reterr, &duration, "Write a number from 900 to 43200",
                        "duration_seconds \"%s\" is out of range", duration.text);
    s->plan.roles[s->plan.n_roles++] = (struct role){
        .arn = xstrdup(arn.text),
        .external_id = copy_of(profile_get(s->profiles, profile, "external_id").text),
        .session_name = copy_of(profile_get(s->profiles, profile, "role_session_name").text),
        .duration_s = (int)seconds,
    };
    return 0;
}

static int plan_source_profile(struct credentials_source *s, const struct trail *trail,
                               struct profile_value source, struct problem *reterr)
{
    if (strcmp(source.text, trail->profile) == 0 &&
        profile_get(s->profiles, source.text, "aws_access_key_id").text != NULL)
        return plan_static(s, source.text, reterr);
    for (const struct trail *t = trail; t != NULL; t = t->before)
        if (strcmp(t->profile, source.text) == 0)
            return complain(reterr, &source, "Let one of them have keys of its own",
                            "source_profile goes round in a loop: %s leads back to %s",
                            trail->profile, source.text);
    if (!profile_exists(s->profiles, source.text))
        return complain(reterr, &source, "Name a profile that exists",
                        "source_profile names \"%s\", which is in neither file", source.text);
    struct trail next = { source.text, trail };
    return plan_profile(s, &next, reterr);
}

static int plan_role(struct credentials_source *s, const struct trail *trail,
                     struct problem *reterr)
{
    const char *profile = trail->profile;
    struct profile_value arn = profile_get(s->profiles, profile, "role_arn"),
                         token = profile_get(s->profiles, profile, "web_identity_token_file"),
                         source = profile_get(s->profiles, profile, "source_profile"),
                         place = profile_get(s->profiles, profile, "credential_source");
    if (token.text != NULL)
        return plan_web_identity(&s->plan, token.text, arn.text,
                                 profile_get(s->profiles, profile, "role_session_name").text);
    if ((source.text == NULL) == (place.text == NULL))
        return complain(reterr, &arn, "Write one of them",
                        "profile %s has role_arn and %s source_profile and credential_source",
                        profile, source.text == NULL ? "neither" : "both");
    int error = source.text != NULL ? plan_source_profile(s, trail, source, reterr)
                                    : plan_credential_source(s, profile, reterr);
    return error < 0 ? error : add_role(s, profile, reterr);
}

static int plan_profile(struct credentials_source *s, const struct trail *trail,
                        struct problem *reterr)
{
    const char *profile = trail->profile;
    struct profile_value process = profile_get(s->profiles, profile, "credential_process"),
                         sso = profile_get(s->profiles, profile, "sso_session");
    if (profile_get(s->profiles, profile, "role_arn").text != NULL)
        return plan_role(s, trail, reterr);
    if (profile_get(s->profiles, profile, "aws_access_key_id").text != NULL ||
        profile_get(s->profiles, profile, "aws_secret_access_key").text != NULL)
        return plan_static(s, profile, reterr);
    if (process.text != NULL) {
        s->plan.base = BASE_PROCESS;
        s->plan.command = xstrdup(process.text);
        return 0;
    }
    if (sso.text == NULL)
        sso = profile_get(s->profiles, profile, "sso_start_url");
    return complain(reterr, sso.text == NULL ? NULL : &sso,
                    "Give it role_arn, credential_process or keys", "profile %s %s", profile,
                    sso.text == NULL ? "holds no credentials"
                                     : "signs in through SSO, which a daemon cannot do");
}

static bool holds_credentials(const json_t *profiles, const char *name)
{
    static const char *const keys[] = { "role_arn",           "aws_access_key_id",
                                        "sso_session",        "aws_secret_access_key",
                                        "credential_process", "sso_start_url" };
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (profile_get(profiles, name, keys[i]).text != NULL)
            return true;
    return false;
}

/* ---- the chain ---- */

int credentials_plan_environment(struct credentials_source *s, struct problem *reterr)
{
    if (credentials_variable(s, "AWS_ACCESS_KEY_ID") == NULL &&
        credentials_variable(s, "AWS_SECRET_ACCESS_KEY") == NULL)
        return -ENOENT;
    return plan_environment(s, &s->plan, reterr);
}

static int plan_rest(struct credentials_source *s, struct problem *reterr)
{
    const char *token_file = credentials_variable(s, "AWS_WEB_IDENTITY_TOKEN_FILE"),
               *arn = credentials_variable(s, "AWS_ROLE_ARN");
    if (token_file != NULL && arn == NULL)
        return complain(reterr, NULL, "Set AWS_ROLE_ARN too",
                        "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not");
    if (token_file != NULL) {
        str_copy(s->plan.name, sizeof s->plan.name, "web identity");
        return plan_web_identity(&s->plan, token_file, arn,
                                 credentials_variable(s, "AWS_ROLE_SESSION_NAME"));
    }
    if (credentials_variable(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != NULL ||
        credentials_variable(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI") != NULL)
        return plan_container(s, &s->plan, reterr);
    s->plan.only_guessed = true;
    return plan_imds(s, &s->plan, reterr);
}

int credentials_plan(struct credentials_source *s, struct problem *reterr)
{
    const char *named = credentials_variable(s, "AWS_PROFILE");
    if (named == NULL)
        named = credentials_variable(s, "AWS_DEFAULT_PROFILE");
    const char *profile = named == NULL ? "default" : named;
    autofree char *file = credentials_file(s, true);
    if (named != NULL && !profile_exists(s->profiles, named))
        return complain(reterr, &(struct profile_value){ .file = file }, "Name one that exists",
                        "AWS_PROFILE names \"%s\", which neither this file nor the credentials "
                        "file has",
                        named);
    if (!holds_credentials(s->profiles, profile))
        return plan_rest(s, reterr);
    (void)snprintf(s->plan.name, sizeof s->plan.name, "profile %s", profile);
    return plan_profile(s, &(struct trail){ profile, NULL }, reterr);
}
