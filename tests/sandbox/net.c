/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/net.h"

#include <errno.h>

#include "daemon/base/random.h"

enum effect { REFUSE, HANG, RESET, THROTTLE, SLOW, ERROR, LOSE, N_EFFECTS };
static const char *const effect_names[N_EFFECTS] = { "refuse", "hang",  "reset", "throttle",
                                                     "slow",   "error", "lose" };

enum { ANY = -1 };

struct fault {
    struct fault *next;
    json_t *spec; /* as given, with its id; owned */
    enum effect effect;
    enum region region; /* REGION_NONE: any */
    int plane, access;  /* ANY, or the enums' values */
    double probability;
    msec_t delay, from, until;
    json_int_t count; /* calls it still strikes; negative: no end */
};

struct net {
    struct random random;
    msec_t round_trip;
    unsigned last_id;
    struct fault *faults; /* in the order they were added */
};

struct net *net_new(uint64_t seed, msec_t round_trip)
{
    struct net *n = xcalloc(1, sizeof *n);
    random_seed(&n->random, seed);
    n->round_trip = round_trip;
    return n;
}

static void fault_free(struct fault *f)
{
    json_decref(f->spec);
    free(f);
}

void net_clear_faults(struct net *n)
{
    while (n->faults != NULL) {
        struct fault *f = n->faults;
        n->faults = f->next;
        fault_free(f);
    }
}

void net_free(struct net *n)
{
    if (n == NULL)
        return;
    net_clear_faults(n);
    free(n);
}

/* ---- reading a fault ---- */

static const struct key {
    const char *name;
    json_type type; /* JSON_REAL: any number */
    const char *one_of;
} keys[] = {
    { "access", JSON_STRING, "read|write" },
    { "count", JSON_INTEGER, NULL },
    { "delay_ms", JSON_INTEGER, NULL },
    { "do", JSON_STRING, "refuse|hang|reset|throttle|slow|error|lose" },
    { "from_ms", JSON_INTEGER, NULL },
    { "id", JSON_STRING, NULL },
    { "operation", JSON_STRING, NULL },
    { "plane", JSON_STRING, "control|data" },
    { "probability", JSON_REAL, NULL },
    { "region", JSON_STRING, NULL },
    { "service", JSON_STRING, NULL },
    { "source", JSON_STRING, NULL },
    { "until_ms", JSON_INTEGER, NULL },
};

static bool among(const char *choices, const char *text)
{
    size_t n = strlen(text);
    for (const char *p = choices; p != NULL && n > 0; p = strchr(p, '|'), p = p ? p + 1 : p)
        if (strncmp(p, text, n) == 0 && (p[n] == '|' || p[n] == '\0'))
            return true;
    return false;
}

static int check_key(const char *name, const json_t *value, struct problem *reterr)
{
    autofree char *pointer = xasprintf("/%s", name);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        bool typed = keys[i].type == JSON_REAL ? json_is_number(value)
                                               : json_typeof(value) == keys[i].type;
        if (!typed)
            problem_set(reterr, pointer, "must be %s",
                        keys[i].type == JSON_STRING ? "a string" : "a number");
        else if (keys[i].one_of != NULL && !among(keys[i].one_of, json_string_value(value)))
            problem_set(reterr, pointer, "must be one of %s", keys[i].one_of);
        else if (strcmp(name, "region") == 0 && region_parse(json_string_value(value)) == 0)
            problem_set(reterr, pointer, "%s is no region", json_string_value(value));
        else
            return 0;
        return -EINVAL;
    }
    problem_set(reterr, pointer, "is not a key of a fault");
    return -EINVAL;
}

static int check_spec(const json_t *spec, struct problem *reterr)
{
    const char *name;
    json_t *value;
    if (!json_is_object(spec)) {
        problem_set(reterr, "", "a fault is an object");
        return -EINVAL;
    }
    json_object_foreach((json_t *)(uintptr_t)spec, name, value)
    {
        if (check_key(name, value, reterr) < 0)
            return -EINVAL;
    }
    if (json_object_get(spec, "do") == NULL) {
        problem_set(reterr, "/do", "is missing: what shall happen?");
        return -EINVAL;
    }
    double probability = json_number_value(json_object_get(spec, "probability"));
    if (probability < 0 || probability > 1) {
        problem_set(reterr, "/probability", "must be from 0 to 1");
        return -EINVAL;
    }
    return 0;
}

static const char *text_of(const json_t *spec, const char *name)
{
    return json_string_value(json_object_get(spec, name));
}

static json_int_t number_or(const json_t *spec, const char *name, json_int_t fallback)
{
    const json_t *value = json_object_get(spec, name);
    return value == NULL ? fallback : json_integer_value(value);
}

static struct fault *find_fault(const struct net *n, const char *id)
{
    struct fault *f = n->faults;
    while (f != NULL && !str_eq(text_of(f->spec, "id"), id))
        f = f->next;
    return f;
}

int net_add_fault(struct net *n, const json_t *spec, struct now now, char **ret,
                  struct problem *reterr)
{
    if (check_spec(spec, reterr) < 0)
        return -EINVAL;
    if (find_fault(n, text_of(spec, "id")) != NULL) {
        problem_set(reterr, "/id", "there is a fault %s already", text_of(spec, "id"));
        return -EINVAL;
    }
    struct fault *f = xcalloc(1, sizeof *f);
    f->spec = json_deep_copy(spec);
    if (text_of(spec, "id") == NULL)
        json_object_set_new(f->spec, "id", json_sprintf("fault-%u", ++n->last_id));
    while (strcmp(effect_names[f->effect], text_of(spec, "do")) != 0)
        f->effect++;
    f->region = region_parse(text_of(spec, "region"));
    const char *plane = text_of(spec, "plane"), *access = text_of(spec, "access");
    f->plane = plane == NULL ? ANY : str_eq(plane, "data") ? PLANE_DATA : PLANE_CONTROL;
    f->access = access == NULL ? ANY : str_eq(access, "read") ? ACCESS_READ : ACCESS_WRITE;
    const json_t *probability = json_object_get(spec, "probability");
    f->probability = probability == NULL ? 1 : json_number_value(probability);
    f->delay = number_or(spec, "delay_ms", f->effect == SLOW ? 1000 : 0);
    f->from = now.boot + number_or(spec, "from_ms", 0);
    json_int_t until = number_or(spec, "until_ms", -1);
    f->until = until < 0 ? NEVER : now.boot + until;
    f->count = number_or(spec, "count", -1);
    struct fault **last = &n->faults;
    while (*last != NULL)
        last = &(*last)->next;
    *last = f;
    *ret = xstrdup(text_of(f->spec, "id"));
    return 0;
}

bool net_remove_fault(struct net *n, const char *id)
{
    for (struct fault **p = &n->faults; *p != NULL; p = &(*p)->next) {
        struct fault *f = *p;
        if (!str_eq(text_of(f->spec, "id"), id))
            continue;
        *p = f->next;
        fault_free(f);
        return true;
    }
    return false;
}

json_t *net_faults(const struct net *n, struct now now)
{
    json_t *list = json_array();
    for (const struct fault *f = n->faults; f != NULL; f = f->next) {
        json_t *shown = json_deep_copy(f->spec);
        bool active = f->from <= now.boot && now.boot < f->until && f->count != 0;
        json_object_set_new(shown, "active", json_boolean(active));
        if (f->count >= 0)
            json_object_set_new(shown, "count", json_integer(f->count));
        json_array_append_new(list, shown);
    }
    return list;
}

/* ---- planning ---- */

static bool names_fit(const struct fault *f, const struct caller *caller, const struct call *call)
{
    const struct {
        const char *wanted, *actual;
    } names[] = {
        { text_of(f->spec, "service"), call->op->service },
        { text_of(f->spec, "operation"), call->op->name },
        { text_of(f->spec, "source"), caller->source },
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].wanted != NULL && strcmp(names[i].wanted, names[i].actual) != 0)
            return false;
    return true;
}

static bool strikes(struct net *n, struct fault *f, const struct caller *caller,
                    const struct call *call, struct now now)
{
    /* Destroying is a write; a global service lives where its endpoint is. */
    int access = call->op->access == ACCESS_READ ? ACCESS_READ : ACCESS_WRITE;
    if (now.boot < f->from || now.boot >= f->until || f->count == 0 ||
        (f->region != REGION_NONE && f->region != operation_region(call->op, call->region)) ||
        (f->plane != ANY && f->plane != (int)call->op->plane) ||
        (f->access != ANY && f->access != access) || !names_fit(f, caller, call) ||
        (f->probability < 1 && random_unit(&n->random) >= f->probability))
        return false;
    if (f->count > 0)
        f->count--;
    return true;
}

static const char *throttling_code(const struct call *call)
{
    switch (operation_model(call->op)->service->protocol) {
    case PROTOCOL_JSON:
        return "ThrottlingException";
    case PROTOCOL_QUERY:
        return "Throttling";
    case PROTOCOL_REST_JSON:
        return "TooManyRequestsException";
    case PROTOCOL_REST_XML:
        return strcmp(call->op->service, "s3") == 0 ? "SlowDown" : "Throttling";
    }
    return "Throttling";
}

static void apply(struct net_plan *plan, const struct fault *f, const struct call *call)
{
    plan->delay += f->delay;
    switch (f->effect) {
    case SLOW:
    case N_EFFECTS:
        return;
    case REFUSE:
        *plan = (struct net_plan){ .reply = NET_REFUSE };
        return;
    case HANG:
        *plan = (struct net_plan){ .reply = NET_HANG };
        return;
    case RESET:
        *plan = (struct net_plan){ .delay = plan->delay, .reply = NET_RESET };
        return;
    case LOSE:
        plan->reply = NET_LOSE;
        return;
    case THROTTLE:
        plan->deliver = false;
        plan->code = throttling_code(call);
        plan->status = strcmp(plan->code, "SlowDown") == 0                   ? 503
                       : strcmp(plan->code, "TooManyRequestsException") == 0 ? 429
                                                                             : 400;
        return;
    case ERROR:
        plan->deliver = false;
        plan->status = 503;
        plan->code = "ServiceUnavailable";
        return;
    }
}

struct net_plan net_plan(struct net *n, const struct caller *caller, const struct call *call,
                         struct now now)
{
    struct net_plan plan = { .deliver = true, .delay = n->round_trip, .reply = NET_SEND };
    for (struct fault *f = n->faults; f != NULL; f = f->next) {
        if (!strikes(n, f, caller, call, now))
            continue;
        apply(&plan, f, call);
        if (f->effect != SLOW) /* delays add up; of the rest the first one decides */
            break;
    }
    return plan;
}
