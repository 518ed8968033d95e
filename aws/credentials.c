/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials.h"

#include "aws/credentials_state.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>

enum {
    ADVISORY = 15 * 60 * 1000,  /* before the end: renew, and go on with the old ones meanwhile */
    MANDATORY = 10 * 60 * 1000, /* before the end: wait for a renewal under way */
    JITTER = 2 * 60 * 1000,     /* so that many daemons do not renew together */
    AGAIN_MIN = 5000,           /* after a failure, doubling */
    AGAIN_MAX = 60000,
    FETCH_TRIES = 3, /* container and instance metadata, as botocore */
    FETCH_PAUSE = 1000,
    TIMEOUT_FILE = 5000,
    TIMEOUT_PROCESS = 60000,
    TIMEOUT_FETCH = 2000,
    TIMEOUT_CALL = 30000,
};

/* ---- values ---- */

void credentials_clear(struct credentials *c)
{
    if (c == NULL)
        return;
    if (c->session_token != NULL)
        OPENSSL_cleanse(c->session_token, strlen(c->session_token));
    free(c->session_token);
    OPENSSL_cleanse(c, sizeof *c);
}

struct credentials credentials_copy(const struct credentials *c)
{
    struct credentials copy = *c;
    if (c->session_token != NULL)
        copy.session_token = xstrdup(c->session_token);
    return copy;
}

void credentials_need_clear(struct credentials_need *need)
{
    if (need == NULL)
        return;
    free(need->path);
    free(need->command);
    free(need->url);
    free(need->method);
    if (need->headers != NULL)
        http_headers_clear(need->headers);
    free(need->headers);
    call_clear(&need->call);
    *need = (struct credentials_need){ 0 };
}

/* ---- life ---- */

struct credentials_source *credentials_source_new(const json_t *environment,
                                                  const char *session_name)
{
    struct credentials_source *s = xcalloc(1, sizeof *s);
    s->environment = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)environment, name,
                        value) if (str_prefix(name, "AWS_") || strcmp(name, "HOME") == 0)
        json_object_set_new(s->environment, name, json_deep_copy(value));
    s->session_name = xstrdup(session_name != NULL ? session_name : "drd");
    const char *region = credentials_variable(s, "AWS_REGION");
    if (region == NULL)
        region = credentials_variable(s, "AWS_DEFAULT_REGION");
    s->region = region_parse(region);
    return s;
}

void credentials_source_seed(struct credentials_source *s, uint64_t seed)
{
    random_seed(&s->random, seed);
}

static void end_run(struct credentials_source *s)
{
    credentials_plan_clear(&s->plan);
    credentials_clear(&s->got);
    credentials_wipe_text(s->token);
    free(s->imds_role);
    const char *name;
    json_t *settings;
    json_object_foreach(s->profiles, name, settings)
    {
        const char *key;
        json_t *setting;
        json_object_foreach(settings, key, setting) credentials_wipe_json(json_incref(setting));
    }
    json_decref(s->profiles);
    s->profiles = NULL;
    s->token = s->imds_role = NULL;
    s->phase = PHASE_IDLE;
    s->id = 0;
    s->n_assumed = 0;
    s->tries = 0;
    s->not_before = 0;
}

void credentials_source_free(struct credentials_source *s)
{
    if (s == NULL)
        return;
    end_run(s);
    credentials_clear(&s->keys);
    credentials_wipe_json(s->environment);
    free(s->session_name);
    free(s->top.arn);
    free(s->top.external_id);
    free(s);
}

void credentials_source_assume(struct credentials_source *s, const char *role_arn,
                               const char *external_id, enum region region)
{
    free(s->top.arn);
    free(s->top.external_id);
    s->top.arn = role_arn == NULL ? NULL : xstrdup(role_arn);
    s->top.external_id = external_id == NULL ? NULL : xstrdup(external_id);
    if (region != REGION_NONE)
        s->region = region;
}

/* ---- how a run ends ---- */

static msec_t jitter(struct credentials_source *s, msec_t most)
{
    return (msec_t)random_below(&s->random, (uint64_t)most);
}

/* Sets when to renew. Keys that live for less than half an hour are renewed at half and at three
 * quarters of their life instead. */
static void schedule(struct credentials_source *s, struct now now)
{
    s->expires = s->advisory = s->mandatory = NEVER;
    s->renewable = !s->plan.from_environment || s->plan.n_roles > 0;
    if (s->keys.expires.ms == 0)
        return;
    msec_t life = s->keys.expires.ms - now.wall.ms;
    s->expires = now.boot + life;
    s->advisory = msec_max(s->expires - ADVISORY + jitter(s, JITTER), now.boot + life / 2);
    s->mandatory = msec_max(s->expires - MANDATORY, now.boot + life / 4 * 3);
}

static void succeed(struct credentials_source *s, struct now now)
{
    credentials_clear(&s->keys);
    s->keys = s->got;
    s->got = (struct credentials){ 0 };
    str_copy(s->name, sizeof s->name, s->plan.name);
    s->have = true;
    s->failed = false;
    s->failures = 0;
    s->again_at = 0;
    schedule(s, now);
    end_run(s);
}

/* Instance metadata goes away at times, and its keys are good for longer than they say: AWS
 * accepts them while it cannot renew them. Source: AWS SDKs reference guide, "static stability". */
static bool go_on_with_stale(struct credentials_source *s, struct now now)
{
    if (s->plan.base != BASE_IMDS || !s->have || s->plan.n_roles > 0)
        return false;
    msec_t longer = MANDATORY + MINUTES(2) + jitter(s, MINUTES(8));
    s->expires = msec_max(s->expires, now.boot + longer);
    s->advisory = now.boot + longer / 2;
    s->mandatory = s->expires;
    return true;
}

static void fail(struct credentials_source *s, const struct problem *why, struct now now)
{
    s->problem = *why;
    if (s->problem.remedy[0] == '\0' && s->plan.only_guessed)
        problem_remedy(&s->problem,
                       "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give "
                       "this instance a role");
    s->failed = true;
    unsigned doublings = s->failures < 4 ? s->failures : 4;
    msec_t pause = msec_min((msec_t)AGAIN_MIN << doublings, AGAIN_MAX);
    s->failures++;
    s->again_at = now.boot + pause + jitter(s, pause / 4);
    (void)go_on_with_stale(s, now);
    if (s->plan.name[0] != '\0')
        str_copy(s->name, sizeof s->name, s->plan.name);
    end_run(s);
}

static void fail_text(struct credentials_source *s, struct now now, const char *format, ...)
    PRINTF(3, 4);
static void fail_text(struct credentials_source *s, struct now now, const char *format, ...)
{
    char text[sizeof s->problem.text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct problem problem = { 0 };
    problem_set(&problem, "", "%s: %s", s->plan.name, text);
    fail(s, &problem, now);
}

/* Adds who answered so to a problem with the answer. */
static void fail_document(struct credentials_source *s, const struct problem *why, struct now now)
{
    fail_text(s, now, "%s%s%s", why->pointer, why->pointer[0] == '\0' ? "" : " ", why->text);
}

/* ---- the run, forward ---- */

static void plan_made(struct credentials_source *s)
{
    static const enum phase first[] = { [BASE_STATIC] = PHASE_ASSUME,
                                        [BASE_PROCESS] = PHASE_PROCESS,
                                        [BASE_WEB_IDENTITY] = PHASE_TOKEN_FILE,
                                        [BASE_CONTAINER] = PHASE_CONTAINER,
                                        [BASE_IMDS] = PHASE_IMDS_TOKEN };
    struct plan *plan = &s->plan;
    if (s->top.arn != NULL)
        plan->roles[plan->n_roles++] = (struct role){
            .arn = xstrdup(s->top.arn),
            .external_id = s->top.external_id == NULL ? NULL : xstrdup(s->top.external_id)
        };
    s->phase = first[plan->base];
    if (plan->base == BASE_CONTAINER && plan->token_file != NULL)
        s->phase = PHASE_TOKEN_FILE;
    if (plan->base == BASE_STATIC)
        s->got = credentials_copy(&plan->keys);
}

static void start_run(struct credentials_source *s, struct now now)
{
    struct problem problem = { 0 };
    int error = credentials_plan_environment(s, &problem);
    if (error == 0) {
        plan_made(s);
    } else if (error == -ENOENT) {
        s->profiles = json_object();
        s->phase = PHASE_CONFIG_FILE;
    } else {
        str_copy(s->plan.name, sizeof s->plan.name, "environment");
        fail(s, &problem, now);
    }
}

static bool is_due(const struct credentials_source *s, struct now now)
{
    if (now.boot < s->again_at)
        return false;
    return !s->have || now.boot >= s->advisory;
}

/* ---- needs ---- */

static void add_header(struct credentials_need *need, const char *name, const char *value)
{
    if (need->headers == NULL)
        need->headers = xcalloc(1, sizeof *need->headers);
    http_headers_add(need->headers, name, "%s", value);
}

static void need_http(struct credentials_need *need, const char *method, char *url)
{
    need->kind = NEED_HTTP;
    need->method = xstrdup(method);
    need->url = url;
    need->timeout = TIMEOUT_FETCH;
}

static void need_role(struct credentials_source *s, struct credentials_need *need,
                      const struct role *role, const char *web_token)
{
    const char *session = role->session_name != NULL ? role->session_name : s->session_name;
    json_t *args = json_pack("{ss ss}", "RoleArn", role->arn, "RoleSessionName", session);
    assert(args != NULL);
    if (role->duration_s > 0)
        json_object_set_new(args, "DurationSeconds", json_integer(role->duration_s));
    if (role->external_id != NULL)
        json_object_set_new(args, "ExternalId", json_string(role->external_id));
    if (web_token != NULL)
        json_object_set_new(args, "WebIdentityToken", json_string(web_token));
    enum region region = s->region != REGION_NONE ? s->region : REGION_US_EAST_1;
    need->kind = NEED_CALL;
    need->timeout = TIMEOUT_CALL;
    need->with = web_token == NULL ? &s->got : NULL;
    need->call = call_new(web_token == NULL ? "sts:AssumeRole" : "sts:AssumeRoleWithWebIdentity",
                          region, args, NULL);
}

static void need_file(struct credentials_need *need, char *path)
{
    need->kind = NEED_FILE;
    need->path = path;
    need->timeout = TIMEOUT_FILE;
}

static struct credentials_need need_of(struct credentials_source *s)
{
    static const char imds_path[] = "/latest/meta-data/iam/security-credentials/";
    struct credentials_need need = { .id = s->id };
    switch (s->phase) {
    case PHASE_IDLE:
        break;
    case PHASE_CONFIG_FILE:
    case PHASE_CREDENTIALS_FILE:
        need_file(&need, credentials_file(s, s->phase == PHASE_CONFIG_FILE));
        break;
    case PHASE_TOKEN_FILE:
        need_file(&need, xstrdup(s->plan.token_file));
        break;
    case PHASE_WEB_IDENTITY:
        need_role(s, &need, &s->plan.web_role, s->token);
        break;
    case PHASE_PROCESS:
        need.kind = NEED_PROCESS;
        need.command = xstrdup(s->plan.command);
        need.timeout = TIMEOUT_PROCESS;
        break;
    case PHASE_CONTAINER:
        need_http(&need, "GET", xstrdup(s->plan.url));
        add_header(&need, "Accept", "application/json");
        if (s->token != NULL || s->plan.token != NULL)
            add_header(&need, "Authorization", s->token != NULL ? s->token : s->plan.token);
        break;
    case PHASE_IMDS_TOKEN:
        need_http(&need, "PUT", xasprintf("%s/latest/api/token", s->plan.url));
        add_header(&need, "X-aws-ec2-metadata-token-ttl-seconds", "21600");
        break;
    case PHASE_IMDS_ROLE:
    case PHASE_IMDS_KEYS:
        need_http(&need, "GET",
                  xasprintf("%s%s%s", s->plan.url, imds_path,
                            s->phase == PHASE_IMDS_ROLE ? "" : s->imds_role));
        add_header(&need, "X-aws-ec2-metadata-token", s->token);
        break;
    case PHASE_ASSUME:
        need_role(s, &need, &s->plan.roles[s->n_assumed], NULL);
        break;
    }
    return need;
}

void credentials_source_step(struct credentials_source *s, struct now now,
                             struct credentials_need **needs, size_t *n)
{
    if (s->phase == PHASE_IDLE && is_due(s, now))
        start_run(s, now);
    if (s->phase == PHASE_ASSUME && s->n_assumed == s->plan.n_roles)
        succeed(s, now);
    if (s->phase == PHASE_IDLE || s->id != 0 || now.boot < s->not_before)
        return;
    s->id = ++s->last_id;
    *needs = xrealloc(*needs, *n + 1, sizeof **needs);
    (*needs)[(*n)++] = need_of(s);
}

/* ---- results ---- */

static void file_read(struct credentials_source *s, int error, const char *text, struct now now)
{
    bool config = s->phase == PHASE_CONFIG_FILE;
    autofree char *file = credentials_file(s, config);
    struct problem problem = { 0 };
    if (error != 0 && error != -ENOENT && error != -ENOTDIR) {
        str_copy(problem.file, sizeof problem.file, file);
        problem_set(&problem, "", "cannot be read: %s", strerrordesc_np(-error));
        problem_remedy(&problem, "Let drd's user read it");
        fail(s, &problem, now);
        return;
    }
    if (error == 0 && profile_read(s->profiles, file, text, config, &problem) < 0) {
        fail(s, &problem, now);
        return;
    }
    s->phase = PHASE_CREDENTIALS_FILE;
    if (config)
        return;
    if (credentials_plan(s, &problem) < 0)
        fail(s, &problem, now);
    else
        plan_made(s);
}

static void token_read(struct credentials_source *s, int error, const char *text, struct now now)
{
    size_t n = error != 0 || text == NULL ? 0 : strcspn(text, "\r\n");
    if (n == 0) {
        fail_text(s, now, "the token file %s %s%s", s->plan.token_file,
                  error != 0 ? "cannot be read: " : "is empty",
                  error != 0 ? strerrordesc_np(-error) : "");
        return;
    }
    if (text[n + strspn(text + n, "\r\n")] != '\0') {
        fail_text(s, now, "the token file %s holds more than one line", s->plan.token_file);
        return;
    }
    s->token = xstrndup(text, n);
    s->phase = s->plan.base == BASE_CONTAINER ? PHASE_CONTAINER : PHASE_WEB_IDENTITY;
}

/* Reads a base's document; roles come next. */
static void document_read(struct credentials_source *s, enum document kind, const char *text,
                          struct now now)
{
    struct problem problem = { 0 };
    if (credentials_read_document(kind, text == NULL ? "" : text, &s->got, &problem) < 0)
        fail_document(s, &problem, now);
    else if (s->got.expires.ms != 0 && s->got.expires.ms <= now.wall.ms && kind != DOCUMENT_IMDS)
        fail_text(s, now, "the keys had expired when they came");
    else
        s->phase = PHASE_ASSUME;
}

static void process_ended(struct credentials_source *s, int error, int status, const char *text,
                          struct now now)
{
    if (error != 0)
        fail_text(s, now, "credential_process \"%s\" cannot run: %s", s->plan.command,
                  strerrordesc_np(-error));
    else if (status != 0)
        fail_text(s, now, "credential_process \"%s\" ended with %d", s->plan.command, status);
    else
        document_read(s, DOCUMENT_PROCESS, text, now);
}

/* True when there is an answer to look at; otherwise it is asked again, or the run has failed. */
static bool fetched(struct credentials_source *s, int error, int status, struct now now)
{
    if (error == 0 && status == 200) {
        s->tries = 0;
        return true;
    }
    bool final = status >= 400 && status < 500 && status != 429;
    if (!final && ++s->tries < FETCH_TRIES)
        s->not_before = now.boot + FETCH_PAUSE;
    else if (s->plan.only_guessed && !s->have)
        fail_text(s, now,
                  "no credentials: the environment has none, no profile and no container is "
                  "configured, and the instance metadata service gives none (%s)",
                  error != 0 ? strerrordesc_np(-error) : "HTTP error");
    else if (error != 0)
        fail_text(s, now, "%s: %s", s->plan.url, strerrordesc_np(-error));
    else
        fail_text(s, now, "%s answered with HTTP status %d", s->plan.url, status);
    return false;
}

static void imds_answered(struct credentials_source *s, int error, int status, const char *text,
                          struct now now)
{
    if (status == 401 && s->phase != PHASE_IMDS_TOKEN && s->tries < FETCH_TRIES) {
        s->tries++; /* the token is stale */
        credentials_wipe_text(s->token);
        s->token = NULL;
        s->phase = PHASE_IMDS_TOKEN;
        return;
    }
    unsigned tries = s->tries;
    if (!fetched(s, error, status, now))
        return;
    size_t n = text == NULL ? 0 : strcspn(text, "\r\n");
    if (s->phase == PHASE_IMDS_KEYS) {
        document_read(s, DOCUMENT_IMDS, text, now);
    } else if (n == 0) {
        fail_text(s, now, "%s answered with nothing", s->plan.url);
    } else if (s->phase == PHASE_IMDS_TOKEN) {
        s->token = xstrndup(text, n);
        s->tries = tries; /* so that 401 and new tokens do not go round for ever */
        s->phase = s->imds_role == NULL ? PHASE_IMDS_ROLE : PHASE_IMDS_KEYS;
    } else {
        s->imds_role = xstrndup(text, n);
        s->phase = PHASE_IMDS_KEYS;
    }
}

void credentials_source_text(struct credentials_source *s, uint64_t id, int error, int status,
                             const char *text, struct now now)
{
    if (id == 0 || id != s->id)
        return;
    s->id = 0;
    switch (s->phase) {
    case PHASE_CONFIG_FILE:
    case PHASE_CREDENTIALS_FILE:
        file_read(s, error, text, now);
        break;
    case PHASE_TOKEN_FILE:
        token_read(s, error, text, now);
        break;
    case PHASE_PROCESS:
        process_ended(s, error, status, text, now);
        break;
    case PHASE_CONTAINER:
        if (fetched(s, error, status, now))
            document_read(s, DOCUMENT_CONTAINER, text, now);
        break;
    case PHASE_IMDS_TOKEN:
    case PHASE_IMDS_ROLE:
    case PHASE_IMDS_KEYS:
        imds_answered(s, error, status, text, now);
        break;
    case PHASE_IDLE:
    case PHASE_WEB_IDENTITY:
    case PHASE_ASSUME:
        abort(); /* a text where nothing or an answer was asked for */
    }
}

void credentials_source_answer(struct credentials_source *s, uint64_t id,
                               const struct answer *answer, struct now now)
{
    if (id == 0 || id != s->id)
        return;
    s->id = 0;
    bool web = s->phase == PHASE_WEB_IDENTITY;
    const char *arn = web ? s->plan.web_role.arn : s->plan.roles[s->n_assumed].arn;
    struct problem problem = { 0 };
    struct credentials keys;
    if (answer->class != AWS_OK) {
        fail_text(s, now, "role %s cannot be assumed: %s: %s", arn,
                  answer->code[0] != '\0' ? answer->code : aws_class_name(answer->class),
                  answer->message);
    } else if (credentials_read_answer(answer->body, &keys, &problem) < 0) {
        fail_document(s, &problem, now);
    } else {
        credentials_clear(&s->got);
        s->got = keys;
        s->n_assumed += !web;
        s->phase = PHASE_ASSUME;
    }
}

/* ---- what others see ---- */

bool credentials_source_get(const struct credentials_source *s, struct now now,
                            const struct credentials **ret)
{
    if (!s->have || now.boot >= s->expires)
        return false;
    bool renewing = s->phase != PHASE_IDLE && !s->failed;
    if (renewing && now.boot >= s->mandatory)
        return false;
    *ret = &s->keys;
    return true;
}

void credentials_source_expired(struct credentials_source *s, const struct credentials *used,
                                struct now now)
{
    if (!s->have || strcmp(used->access_key, s->keys.access_key) != 0 || !s->renewable)
        return;
    s->have = false;
    s->again_at = now.boot;
}

msec_t credentials_source_next(const struct credentials_source *s, struct now now)
{
    if (s->id != 0)
        return NEVER;
    if (s->phase != PHASE_IDLE)
        return msec_max(s->not_before, now.boot);
    return msec_max(s->again_at, s->have ? s->advisory : now.boot);
}

const struct problem *credentials_source_problem(const struct credentials_source *s)
{
    return s->failed ? &s->problem : NULL;
}

const char *credentials_source_name(const struct credentials_source *s)
{
    return s->name[0] != '\0' ? s->name : "none yet";
}
