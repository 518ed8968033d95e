/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/once.h"

#include "daemon/shell/clock.h"

#include <stdio.h>

enum {
    LOOK_EVERY = 100, /* ms */
    SAY_AFTER = 3000, /* of silence, what is being waited for; and again … */
    SAY_EVERY = 15000,
    PATIENCE = 10000, /* with what may pass by itself, beyond the client's own: a region away */
};

struct once {
    struct loop *loop;
    const struct log *log;
    bool ended;
    char operation[64];
    msec_t begun, refused_since, said_at;
    char progress[128];
    json_t *result, *status, *drift;
    const char *state; /* "done", "failed"; static */
    int exit_code;
};

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value == NULL ? "" : value;
}

static void give_up(struct once *o, const char *why)
{
    if (o->ended)
        return;
    log_say(o->log, LOG_ERR, "%s", why);
    o->ended = true;
    o->exit_code = 1;
    loop_stop(o->loop);
}

/* ---- following ---- */

static void on_drift(void *self, int status, const json_t *body)
{
    struct once *o = self;
    if (status == 200)
        o->drift = json_deep_copy(json_object_get(body, "rows"));
}

static void on_operation(void *self, int status, const json_t *body)
{
    struct once *o = self;
    if (o->ended || status != 200 || str_eq(text(body, "state"), "running"))
        return;
    o->state = str_eq(text(body, "state"), "done") ? "done" : "failed";
    o->result = json_deep_copy(json_object_get(body, "result"));
    o->exit_code = (int)json_integer_value(json_object_get(o->result, "exit_code"));
    if (str_eq(o->state, "failed")) {
        log_say(o->log, LOG_ERR, "%s", text(body, "reason"));
        o->exit_code = o->exit_code == 0 ? 1 : o->exit_code;
    }
    loop_command(o->loop, "drift", NULL, on_drift, o);
    o->ended = true;
    loop_stop(o->loop);
}

static void show_progress(struct once *o, const json_t *status)
{
    char line[sizeof o->progress];
    const json_t *counts = json_object_get(status, "resources");
    json_int_t total = json_integer_value(json_object_get(counts, "total"));
    json_int_t good = json_integer_value(json_object_get(counts, "in_sync"));
    (void)snprintf(line, sizeof line, "%lld of %lld in sync", (long long)good, (long long)total);
    if (!o->log->terminal || total == 0 || strcmp(line, o->progress) == 0)
        return;
    str_copy(o->progress, sizeof o->progress, line);
    log_say(o->log, LOG_NOTICE, "%s", line);
}

/* Keys that are wrong stay wrong; a network may come back. */
static bool is_hopeless(const json_t *status)
{
    const json_t *account = json_object_get(status, "account");
    const char *class = text(json_object_get(account, "error"), "class");
    return str_eq(class, "credentials") || str_eq(class, "denied") || str_eq(class, "invalid") ||
           json_object_get(account, "error") == NULL;
}

/* Nothing happens before AWS has said whose account it is. */
static void show_waiting(struct once *o, const json_t *status)
{
    const json_t *account = json_object_get(status, "account");
    const json_t *error = json_object_get(account, "error");
    msec_t now = clock_now().boot;
    if (!str_eq(text(account, "state"), "unknown") ||
        now < (o->said_at == 0 ? o->begun + SAY_AFTER : o->said_at + SAY_EVERY))
        return;
    o->said_at = now;
    const json_t *in_flight = json_object_get(json_object_get(status, "client"), "in_flight");
    log_say(o->log, LOG_NOTICE, "waiting for AWS to answer sts:GetCallerIdentity (%s)%s%s",
            json_integer_value(in_flight) > 0 ? "asking now" : "pausing before the next attempt",
            error == NULL ? "" : "; last: ", text(error, "message"));
}

static void on_status(void *self, int http_status, const json_t *status)
{
    struct once *o = self;
    const char *refusal = text(status, "refusal");
    if (o->ended || http_status != 200)
        return;
    json_decref(o->status);
    o->status = json_deep_copy(status);
    show_progress(o, status);
    show_waiting(o, status);
    if (refusal[0] == '\0') {
        o->refused_since = 0;
        return;
    }
    msec_t now = clock_now().boot;
    if (o->refused_since == 0)
        o->refused_since = now;
    if (is_hopeless(status) || now - o->refused_since > PATIENCE)
        give_up(o, refusal);
}

static void on_begun(void *self, int status, const json_t *body)
{
    struct once *o = self;
    if (status == 202)
        str_copy(o->operation, sizeof o->operation, text(body, "operation"));
    else
        give_up(o, text(body, "reason")[0] != '\0' ? text(body, "reason") : text(body, "error"));
}

static void look(void *self)
{
    struct once *o = self;
    loop_command(o->loop, "status", NULL, on_status, o);
    if (o->ended || o->operation[0] == '\0')
        return;
    json_auto_t *args = json_pack("{ss}", "id", o->operation);
    loop_command(o->loop, "operation", args, on_operation, o);
}

/* ---- the report ---- */

static void print_row(const json_t *row)
{
    const json_t *error = json_object_get(row, "error");
    printf("  %-10s %-44s %s\n", text(row, "state"), text(row, "id"), text(row, "reason"));
    if (error != NULL)
        printf("             %s: %s: %s\n", text(error, "operation"), text(error, "code"),
               text(error, "message"));
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(row, "drift"), i, entry)
    {
        autofree char *wanted = json_dumps(json_object_get(entry, "wanted"), JSON_ENCODE_ANY);
        autofree char *live = json_dumps(json_object_get(entry, "live"), JSON_ENCODE_ANY);
        const char *pointer = text(entry, "pointer");
        printf("             %s is %s, wanted %s\n", pointer[0] == '\0' ? "it" : pointer,
               live == NULL ? "absent" : live, wanted == NULL ? "absent" : wanted);
    }
}

static void print_counts(const struct once *o)
{
    const json_t *counts = json_object_get(o->result, "resources");
    const char *name, *between = ": ";
    const json_t *n;
    printf("%s: %lld resources", text(o->status, "environment"),
           (long long)json_integer_value(json_object_get(counts, "total")));
    json_object_foreach((json_t *)(uintptr_t)counts, name, n)
    {
        if (strcmp(name, "total") == 0)
            continue;
        printf("%s%lld %s", between, (long long)json_integer_value(n), name);
        between = ", ";
    }
    printf("; %.1f s\n",
           (double)json_integer_value(json_object_get(o->result, "duration_ms")) / 1000);
}

static void print_text(const struct once *o)
{
    size_t i;
    const json_t *row;
    print_counts(o);
    json_array_foreach(o->drift, i, row) print_row(row);
}

static void print_json(const struct once *o)
{
    json_auto_t *report = json_pack(
        "{si ss sO* sO* sO*}", "exit_code", o->exit_code, "state", o->state, "environment",
        json_object_get(o->status, "environment"), "result", o->result, "not_in_sync", o->drift);
    assert(report != NULL);
    (void)json_dumpf(report, stdout, JSON_INDENT(2));
    (void)putchar('\n');
}

int once_run(const char *config, bool observe, bool as_json, const struct log *log)
{
    struct once o = { .log = log, .exit_code = 1, .begun = clock_now().boot };
    struct loop_options options = { .config = config, .observe = observe, .alone = true };
    struct problems problems = { 0 };
    if (loop_new(&options, log, &o.loop, &problems) < 0) {
        log_problems(log, LOG_ERR, &problems);
        problems_clear(&problems);
        return 1;
    }
    json_auto_t *args = json_object();
    loop_every(o.loop, LOOK_EVERY, look, &o);
    loop_command(o.loop, "reconcile", args, on_begun, &o);
    loop_run(o.loop);
    loop_free(o.loop);
    if (o.result != NULL && as_json)
        print_json(&o);
    else if (o.result != NULL)
        print_text(&o);
    json_decref(o.result);
    json_decref(o.status);
    json_decref(o.drift);
    return o.exit_code;
}
