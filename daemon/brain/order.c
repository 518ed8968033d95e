/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/order.h"

enum { RUNNING_MOST = 8, PATIENCE = 60 * 60 * 1000 };

static const char *command_name(enum order_kind kind)
{
    switch (kind) {
    case ORDER_RECONCILE:
        return "reconcile";
    case ORDER_PLAN:
        return "plan";
    case ORDER_DESTROY:
        return "destroy";
    }
    return "";
}

static const char *state_name(enum order_state state)
{
    switch (state) {
    case ORDER_RUNNING:
        return "running";
    case ORDER_DONE:
        return "done";
    case ORDER_FAILED:
        return "failed";
    }
    return "";
}

static void order_free(struct order *order)
{
    if (order == NULL)
        return;
    free(order->who);
    free(order->only);
    free(order->reason);
    json_decref(order->result);
    free(order);
}

void orders_clear(struct orders *o)
{
    for (size_t i = 0; i < o->n; i++)
        order_free(o->items[i]);
    o->n = 0;
}

static void record(const struct order *order, struct journal *journal, struct turn *t)
{
    json_t *summary = NULL; /* a plan's list of changes stays in memory */
    if (order->result != NULL && order->kind != ORDER_PLAN)
        summary = order->result;
    json_t *body = json_pack("{ss ss ss ss ss* ss* sI sO*}", "id", order->id, "command",
                             command_name(order->kind), "who", order->who, "state",
                             state_name(order->state), "only", order->only, "reason", order->reason,
                             "started", (json_int_t)order->started_wall, "summary", summary);
    assert(body != NULL);
    if (order->ended_wall != 0)
        json_object_set_new(body, "ended", json_integer(order->ended_wall));
    journal_add(journal, RECORD_OPERATION, body, t);
}

static void make_room(struct orders *o)
{
    if (o->n < ORDERS_KEPT)
        return;
    size_t oldest = 0;
    while (o->items[oldest]->state == ORDER_RUNNING)
        oldest++; /* at most RUNNING_MOST are */
    order_free(o->items[oldest]);
    memmove(&o->items[oldest], &o->items[oldest + 1], (o->n - oldest - 1) * sizeof(struct order *));
    o->n--;
}

static struct order *append(struct orders *o, enum order_kind kind, const char *who,
                            const char *only, struct turn *t)
{
    make_room(o);
    struct order *order = xcalloc(1, sizeof(*order));
    order->kind = kind;
    order->who = xstrdup(who);
    order->only = only != NULL ? xstrdup(only) : NULL;
    order->started = order->progress_at = t->now.boot;
    order->started_wall = t->now.wall.ms;
    order->remaining = SIZE_MAX;
    o->items[o->n++] = order;
    return order;
}

static void finish(struct order *order, enum order_state state, const char *reason,
                   struct journal *journal, struct turn *t)
{
    order->state = state;
    order->reason = reason != NULL ? xstrdup(reason) : NULL;
    order->ended = t->now.boot;
    order->ended_wall = t->now.wall.ms;
    record(order, journal, t);
}

static void restore(struct orders *o, const char *id, const json_t *body, struct journal *journal,
                    struct turn *t)
{
    const char *state = json_string_value(json_object_get(body, "state"));
    const char *command = json_string_value(json_object_get(body, "command"));
    const char *who = json_string_value(json_object_get(body, "who"));
    if (!str_eq(state, "running") || command == NULL || who == NULL || o->n >= RUNNING_MOST)
        return;
    enum order_kind kind = str_eq(command, "destroy") ? ORDER_DESTROY
                           : str_eq(command, "plan")  ? ORDER_PLAN
                                                      : ORDER_RECONCILE;
    const char *only = json_string_value(json_object_get(body, "only"));
    struct order *order = append(o, kind, who, only, t);
    str_copy(order->id, sizeof(order->id), id);
    order->started_wall = json_integer_value(json_object_get(body, "started"));
    if (kind != ORDER_DESTROY)
        finish(order, ORDER_FAILED, "the daemon restarted; ask again", journal, t);
}

void orders_restore(struct orders *o, const json_t *recorded, struct journal *journal,
                    struct turn *t)
{
    const char *id;
    json_t *body;
    json_object_foreach((json_t *)(uintptr_t)recorded, id, body) restore(o, id, body, journal, t);
}

bool orders_full(const struct orders *o)
{
    size_t running = 0;
    for (size_t i = 0; i < o->n; i++)
        running += o->items[i]->state == ORDER_RUNNING;
    return running >= RUNNING_MOST;
}

struct order *orders_add(struct orders *o, enum order_kind kind, const char *who, const char *only,
                         struct random *random, struct journal *journal, struct turn *t)
{
    if (orders_full(o))
        return NULL;
    struct order *order = append(o, kind, who, only, t);
    char id[sizeof(order->id)];
    do
        random_hex(random, id, 4);
    while (orders_find(o, id) != NULL);
    str_copy(order->id, sizeof(order->id), id);
    record(order, journal, t);
    return order;
}

static json_t *outcome(const struct engine *engine, const struct order *order, msec_t now)
{
    json_t *result = json_pack("{so si so sI}", "resources", engine_counts(engine, REGION_NONE),
                               "exit_code", engine_exit_code(engine), "problems",
                               engine_problems(engine, 20, now), "duration_ms",
                               (json_int_t)(now - order->started));
    assert(result != NULL);
    return result;
}

static void step_reconcile(struct order *order, struct engine *engine, struct journal *journal,
                           struct turn *t)
{
    if (engine_passed(engine) < order->pass)
        return;
    bool late = t->now.boot - order->started > PATIENCE;
    if (engine_unsettled(engine) > 0 && !late)
        return;
    order->result = outcome(engine, order, t->now.boot);
    finish(order, late ? ORDER_FAILED : ORDER_DONE,
           late ? "AWS was still at work after an hour; drd goes on" : NULL, journal, t);
}

static void step_plan(struct order *order, struct engine *engine, struct journal *journal,
                      struct turn *t)
{
    if (engine_passed(engine) < order->pass)
        return;
    json_t *changes = engine_take_plan(engine, t);
    if (changes == NULL) {
        finish(order, ORDER_FAILED, "something else came in between; ask again", journal, t);
        return;
    }
    size_t n = json_array_size(changes);
    order->result = outcome(engine, order, t->now.boot);
    json_object_set_new(order->result, "changes", changes);
    json_object_set_new(order->result, "count", json_integer((json_int_t)n));
    finish(order, ORDER_DONE, NULL, journal, t);
}

static void step_destroy(struct order *order, struct engine *engine, struct journal *journal,
                         struct turn *t)
{
    size_t remaining = engine_remaining(engine, order->only);
    if (remaining != order->remaining)
        order->progress_at = t->now.boot;
    order->remaining = remaining;
    if (remaining == 0) {
        order->result = outcome(engine, order, t->now.boot);
        finish(order, ORDER_DONE, NULL, journal, t);
    } else if (engine_stuck(engine)) {
        order->result = outcome(engine, order, t->now.boot);
        finish(order, ORDER_FAILED, "what is left waits for a person; see the problems", journal,
               t);
    } else if (t->now.boot - order->progress_at > PATIENCE) {
        order->result = outcome(engine, order, t->now.boot);
        finish(order, ORDER_FAILED, "no progress for an hour; drd goes on trying", journal, t);
    }
}

static void start(struct order *order, struct engine *engine, struct turn *t)
{
    struct engine_cause cause = { order->id, order->who, order->kind == ORDER_PLAN };
    order->pass = engine_ask(engine, &cause, t);
    order->asked = true;
}

void orders_step(struct orders *o, struct engine *engine, struct journal *journal, struct turn *t)
{
    if (!engine_configured(engine))
        return;
    for (size_t i = 0; i < o->n; i++) {
        struct order *order = o->items[i];
        if (order->state != ORDER_RUNNING)
            continue;
        if (!order->asked && engine_asked(engine))
            continue; /* one after the other */
        if (!order->asked)
            start(order, engine, t);
        switch (order->kind) {
        case ORDER_RECONCILE:
            step_reconcile(order, engine, journal, t);
            break;
        case ORDER_PLAN:
            step_plan(order, engine, journal, t);
            break;
        case ORDER_DESTROY:
            step_destroy(order, engine, journal, t);
            break;
        }
    }
}

const struct order *orders_waiting(const struct orders *o, enum order_kind kind)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->items[i]->state == ORDER_RUNNING && o->items[i]->kind == kind && !o->items[i]->asked)
            return o->items[i];
    return NULL;
}

bool orders_running(const struct orders *o, enum order_kind kind)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->items[i]->state == ORDER_RUNNING && o->items[i]->kind == kind)
            return true;
    return false;
}

const struct order *orders_find(const struct orders *o, const char *id)
{
    for (size_t i = 0; i < o->n; i++)
        if (str_eq(o->items[i]->id, id))
            return o->items[i];
    return NULL;
}

json_t *order_view(const struct order *order, msec_t now)
{
    json_t *view = json_pack("{ss ss ss ss sI ss* ss* sO*}", "id", order->id, "command",
                             command_name(order->kind), "state", state_name(order->state), "who",
                             order->who, "age_ms", (json_int_t)(now - order->started), "only",
                             order->only, "reason", order->reason, "result", order->result);
    assert(view != NULL);
    if (order->state == ORDER_RUNNING && order->remaining != SIZE_MAX)
        json_object_set_new(view, "remaining", json_integer((json_int_t)order->remaining));
    return view;
}

json_t *orders_view(const struct orders *o, msec_t now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->n; i++)
        if (o->items[i]->state == ORDER_RUNNING)
            json_array_append_new(list, order_view(o->items[i], now));
    return list;
}
