/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/cloud.h"

#include <errno.h>

#include "aws/validate.h"
#include "tests/sandbox/inside.h"
#include "tests/sandbox/words.h"

struct cloud *cloud_new(const struct cloud_settings *settings)
{
    struct cloud *c = xcalloc(1, sizeof *c);
    str_copy(c->account, sizeof c->account,
             settings->account == NULL ? "123456789012" : settings->account);
    for (size_t i = 0; i < settings->n_regions; i++)
        c->exists[settings->regions[i]] = true;
    random_seed(&c->random, settings->seed);
    c->speed = settings->speed > 0 ? settings->speed : 1;
    c->stale_reads = settings->stale_reads;
    c->state = json_object();
    c->before = json_object();
    return c;
}

void cloud_free(struct cloud *c)
{
    if (c == NULL)
        return;
    json_decref(c->state);
    json_decref(c->before);
    free(c);
}

/* ---- what services ask ---- */

const struct service *cloud_service(const char *name)
{
    for (const struct service *const *s = services; *s != NULL; s++)
        if (strcmp((*s)->name, name) == 0)
            return *s;
    return NULL;
}

/* REGION_NONE stands for the state of a global service. */
static const char *place_name(const char *service, enum region region)
{
    const struct service *row = cloud_service(service);
    return region == REGION_NONE || (row != NULL && row->global) ? "global" : region_name(region);
}

json_t *cloud_service_state(struct cloud *c, const char *service, enum region region)
{
    return service_object(service_object(c->state, service), place_name(service, region));
}

bool cloud_has_region(const struct cloud *c, enum region region)
{
    return c->exists[region];
}

const char *cloud_account(const struct cloud *c)
{
    return c->account;
}

struct random *cloud_random(struct cloud *c)
{
    return &c->random;
}

msec_t cloud_wait(const struct cloud *c, msec_t ms)
{
    return (msec_t)((double)ms / c->speed);
}

char *cloud_uuid(struct cloud *c)
{
    char hex[33];
    random_hex(&c->random, hex, 16);
    hex[12] = '4';
    hex[16] = "89ab"[random_below(&c->random, 4)];
    return xasprintf("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* ---- users and keys ---- */

static json_t *keys_of(struct cloud *c)
{
    return service_object(cloud_service_state(c, "identity", REGION_NONE), "keys");
}

void cloud_add_user(struct cloud *c, const char *name, const char *access_key, const char *secret,
                    const json_t *policies)
{
    autofree char *arn = xasprintf("arn:aws:iam::%s:user/%s", c->account, name);
    json_t *key = json_pack("{s:s, s:s, s:s}", "name", name, "arn", arn, "secret", secret);
    assert(key != NULL);
    if (policies != NULL)
        json_object_set_new(key, "policies", json_deep_copy(policies));
    json_object_set_new(keys_of(c), access_key, key);
}

static const json_t *const_path(const struct cloud *c, const char *service, const char *list,
                                const char *name)
{
    const json_t *state = json_object_get(json_object_get(c->state, service), "global");
    return json_object_get(json_object_get(state, list), name);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static void fill_caller(const struct cloud *c, const char *principal, const char *access_key,
                        struct caller *ret)
{
    str_copy(ret->account, sizeof ret->account, c->account);
    str_copy(ret->principal, sizeof ret->principal, principal);
    str_copy(ret->access_key, sizeof ret->access_key, access_key);
}

bool cloud_authenticate(const struct cloud *c, const char *access_key, const char *token,
                        struct now now, struct caller *ret, char ret_secret[128],
                        const char **ret_code)
{
    const json_t *key = const_path(c, "identity", "keys", access_key);
    const json_t *session = const_path(c, "sts", "sessions", access_key);
    *ret_code = "InvalidClientTokenId";
    if (key == NULL && session == NULL)
        return false;
    if (session != NULL) {
        if (!str_eq(token, text_of(session, "token")))
            return false;
        *ret_code = "ExpiredToken";
        if (json_integer_value(json_object_get(session, "expires")) <= now.wall.ms)
            return false;
    }
    const json_t *found = key != NULL ? key : session;
    fill_caller(c, text_of(found, "arn"), access_key, ret);
    str_copy(ret_secret, 128, text_of(found, "secret"));
    *ret_code = NULL;
    return true;
}

struct caller cloud_caller(const struct cloud *c, const char *access_key, const char *source)
{
    struct caller caller = { .secure = true };
    const json_t *key = const_path(c, "identity", "keys", access_key);
    if (key == NULL)
        key = const_path(c, "sts", "sessions", access_key);
    fill_caller(c, text_of(key, "arn"), access_key, &caller);
    str_copy(caller.source, sizeof caller.source, source);
    return caller;
}

/* ---- reads that lag behind writes ---- */

static bool listed(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static char *before_key(const struct call *call)
{
    return xasprintf("%s/%s", call->op->service, place_name(call->op->service, call->region));
}

/* Keeps what was, before a write; an older copy that still lasts is kept instead. */
static void remember(struct cloud *c, const struct service *service, const struct request *r,
                     const struct call *call)
{
    if (c->stale_reads <= 0 || service->eventual_reads == NULL || call->op->access == ACCESS_READ)
        return;
    autofree char *key = before_key(call);
    json_t *kept = json_object_get(c->before, key);
    if (json_integer_value(json_object_get(kept, "until")) > r->now.boot)
        return;
    msec_t lag = cloud_wait(c, (msec_t)random_below(&c->random, (uint64_t)c->stale_reads));
    json_object_set_new(c->before, key,
                        json_pack("{s:I, s:o}", "until", (json_int_t)(r->now.boot + lag), "state",
                                  json_deep_copy(r->state)));
}

/* A copy of what was, when this read happens to be answered by a server that lags; else NULL. */
static json_t *stale_state(struct cloud *c, const struct service *service, const struct request *r,
                           const struct call *call)
{
    if (c->stale_reads <= 0 || !listed(service->eventual_reads, call->op->name))
        return NULL;
    autofree char *key = before_key(call);
    json_t *kept = json_object_get(c->before, key);
    if (json_integer_value(json_object_get(kept, "until")) <= r->now.boot ||
        random_below(&c->random, 2) == 0)
        return NULL;
    return json_deep_copy(json_object_get(kept, "state"));
}

/* ---- calls ---- */

static service_run_fn *find_run(const struct service *service, const char *operation)
{
    const struct service_operation *o = service == NULL ? NULL : service->operations;
    for (; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, operation) == 0)
            return o->run;
    return NULL;
}

static void settle(struct cloud *c, struct now now)
{
    for (const struct service *const *s = services; *s != NULL; s++)
        if ((*s)->settle != NULL)
            (*s)->settle(c, now);
}

static struct answer run(struct cloud *c, const struct service *service, service_run_fn *fn,
                         struct request *r, const struct call *call)
{
    r->state = cloud_service_state(c, call->op->service, call->region);
    remember(c, service, r, call);
    json_auto_t *stale = stale_state(c, service, r, call);
    if (stale != NULL)
        r->state = stale;
    return fn(r);
}

static struct answer answer_call(struct cloud *c, const struct caller *caller,
                                 const struct call *call, struct now now)
{
    const struct operation *op = call->op;
    const struct service *service = cloud_service(op->service);
    service_run_fn *fn = find_run(service, op->name);
    str_copy(c->decision, sizeof c->decision, "");
    if (fn == NULL)
        return answer_error(AWS_INVALID, "NotImplemented", 501,
                            "the sandbox does not implement %s:%s", op->service, op->name);
    if (!service->global && !cloud_has_region(c, call->region))
        return answer_error(AWS_CREDENTIALS, "UnrecognizedClientException", 400,
                            "The security token included in the request is invalid (the sandbox "
                            "has no region %s)",
                            region_name(call->region));
    settle(c, now);
    struct problem problem;
    json_auto_t *empty = json_object();
    const json_t *args = call->args == NULL ? empty : call->args;
    if (validate_input(operation_model(op)->input, args, &problem) < 0)
        return words_invalid(op, &problem, args);
    struct answer refused;
    if (!authorize_call(c, caller, call, now, &refused))
        return refused;
    if (!rates_take(&c->rates, op, call->region, now.boot))
        return words_throttled(op);
    struct request r = {
        .cloud = c, .caller = caller, .op = op, .region = call->region, .args = args, .now = now
    };
    return run(c, service, fn, &r, call);
}

struct answer cloud_call(struct cloud *c, const struct caller *caller, const struct call *call,
                         struct now now)
{
    struct answer answer = answer_call(c, caller, call, now);
    autofree char *id = cloud_uuid(c);
    str_copy(answer.request_id, sizeof answer.request_id, id);
    if (answer.status == 0 || answer.status == 200) {
        int status = operation_model(call->op)->status;
        answer.status = status == 0 ? 200 : status;
    }
    answer.attempts = 1;
    answer.sent = answer.received = now;
    return answer;
}

const char *cloud_decision(const struct cloud *c)
{
    return c->decision;
}

/* ---- saving and showing ---- */

json_t *cloud_state(const struct cloud *c, struct now now)
{
    /* Time passes for showing too: settling needs the cloud, which stays as observable as before.
     */
    settle((struct cloud *)(uintptr_t)c, now);
    json_t *state = json_pack("{s:i, s:s, s:o}", "version", 1, "account", c->account, "services",
                              json_deep_copy(c->state));
    assert(state != NULL);
    return state;
}

int cloud_restore(struct cloud *c, const json_t *state)
{
    const json_t *all = json_object_get(state, "services");
    if (json_integer_value(json_object_get(state, "version")) != 1 || !json_is_object(all) ||
        !str_eq(json_string_value(json_object_get(state, "account")), c->account))
        return -EINVAL;
    json_decref(c->state);
    c->state = json_deep_copy(all);
    json_object_clear(c->before);
    return 0;
}
