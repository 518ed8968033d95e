/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/commands.h"

#include "daemon/base/nearest.h"

/* Far above any use, and far below what would overflow when times are added to it. */
#define NUMBER_MOST INT64_C(1000000000000000)

static void refuse(const struct event *event, int status, struct turn *t, const char *error,
                   const char *reason)
{
    turn_reply(t, event->command.id, status,
               json_pack("{ss ss*}", "error", error, "reason", reason));
}

static void reply(const struct event *event, json_t *body, struct turn *t)
{
    turn_reply(t, event->command.id, 200, body);
}

static const char *text(const struct event *event, const char *key)
{
    return json_string_value(json_object_get(event->command.args, key));
}

static void run_status(struct brain *b, const struct event *event, struct turn *t)
{
    reply(event, brain_status(b, t->now), t);
}

static void run_resources(struct brain *b, const struct event *event, struct turn *t)
{
    reply(event, engine_rows(b->engine, event->command.args, t->now.boot), t);
}

static void no_such(const struct event *event, const char *error, const char *nearest,
                    struct turn *t)
{
    turn_reply(t, event->command.id, 404,
               json_pack("{ss ss*}", "error", error, "nearest", nearest));
}

static void run_resource(struct brain *b, const struct event *event, struct turn *t)
{
    const char *id = text(event, "id");
    json_t *row = engine_row(b->engine, id, t->now.boot);
    if (row != NULL)
        reply(event, row, t);
    else
        no_such(event, "there is no resource of this id", engine_nearest(b->engine, id), t);
}

static void run_drift(struct brain *b, const struct event *event, struct turn *t)
{
    reply(event,
          json_pack("{so si}", "rows", engine_problems(b->engine, 1000, t->now.boot), "exit_code",
                    engine_exit_code(b->engine)),
          t);
}

static void run_outputs(struct brain *b, const struct event *event, struct turn *t)
{
    json_t *outputs = json_object(), *missing = json_object();
    const char *name;
    json_t *wanted;
    json_object_foreach(b->output_refs, name, wanted)
    {
        char id[256] = "";
        json_t *value = graph_resolve(wanted, engine_outputs(b->engine), id);
        if (value != NULL)
            json_object_set_new(outputs, name, value);
        else
            json_object_set_new(missing, name, json_string(id));
    }
    reply(event, json_pack("{so so}", "outputs", outputs, "missing", missing), t);
}

static void start_order(struct brain *b, const struct event *event, enum order_kind kind,
                        const char *only, struct turn *t)
{
    const struct order *order = orders_add(&b->orders, kind, event->command.who, only, &b->random,
                                           &b->journal, t);
    if (order == NULL)
        refuse(event, 409, t, "too many operations are running", "wait for one of them to end");
    else
        turn_reply(t, event->command.id, 202, json_pack("{ss}", "operation", order->id));
}

/* True when it was refused: no account, wrong account, a configuration that cannot be used. */
static bool cannot_start(struct brain *b, const struct event *event, struct turn *t)
{
    autofree char *reason = brain_refusal(b);
    if (reason != NULL)
        refuse(event, 409, t, "refused", reason);
    return reason != NULL;
}

static void run_reconcile(struct brain *b, const struct event *event, struct turn *t)
{
    if (cannot_start(b, event, t))
        return;
    if (engine_destroying(b->engine))
        refuse(event, 409, t, "refused", "the environment is being or was destroyed; resume first");
    else
        start_order(b, event, ORDER_RECONCILE, NULL, t);
}

static void run_plan(struct brain *b, const struct event *event, struct turn *t)
{
    if (cannot_start(b, event, t))
        return;
    /* Whoever may look may ask for plans: they must not fill the places of those who act. */
    const struct order *same = orders_waiting(&b->orders, ORDER_PLAN);
    if (same != NULL)
        turn_reply(t, event->command.id, 202, json_pack("{ss}", "operation", same->id));
    else
        start_order(b, event, ORDER_PLAN, NULL, t);
}

static const char *destroy_refusal(const struct brain *b, const char *confirm)
{
    if (!str_eq(confirm, topology_suffix(b->topology)))
        return "confirm is not the suffix of this environment";
    if (b->observe)
        return "the daemon only observes";
    if (engine_on_hold(b->engine))
        return "on hold; resume first";
    if (orders_running(&b->orders, ORDER_DESTROY))
        return "a destroy is running already";
    if (orders_full(&b->orders)) /* or it would go on without an operation to follow */
        return "too many operations are running; wait for one of them to end";
    return NULL;
}

static void run_destroy(struct brain *b, const struct event *event, struct turn *t)
{
    if (cannot_start(b, event, t))
        return;
    const char *only = text(event, "only");
    const char *reason = destroy_refusal(b, text(event, "confirm"));
    if (reason == NULL)
        reason = engine_destroy(b->engine, only, event->command.who, t);
    if (reason != NULL)
        refuse(event, 409, t, "refused", reason);
    else
        start_order(b, event, ORDER_DESTROY, only, t);
}

static void run_operation(struct brain *b, const struct event *event, struct turn *t)
{
    const struct order *order = orders_find(&b->orders, text(event, "id"));
    if (order != NULL)
        reply(event, order_view(order, t->now.boot), t);
    else
        no_such(event, "there is no operation of this id since the daemon started", NULL, t);
}

static void run_approve(struct brain *b, const struct event *event, struct turn *t)
{
    const char *id = text(event, "id");
    if (engine_approval_destroys(b->engine, id) &&
        !str_eq(text(event, "confirm"), b->home_environment)) {
        refuse(event, 409, t, "refused",
               "approving this deletes the resource, or the part that differs, with its data; "
               "repeat with --confirm SUFFIX if that is meant");
        return;
    }
    const char *reason = engine_approve(b->engine, id, event->command.who, t);
    if (reason == NULL)
        reply(event, json_pack("{ss}", "approved", id), t);
    else if (str_prefix(reason, "there is no"))
        no_such(event, reason, engine_nearest(b->engine, id), t);
    else
        refuse(event, 409, t, "refused", reason);
}

static void run_hold(struct brain *b, const struct event *event, struct turn *t)
{
    const json_t *duration = json_object_get(event->command.args, "for_ms");
    int64_t until = duration != NULL ? t->now.wall.ms + json_integer_value(duration) : 0;
    engine_hold(b->engine, text(event, "reason"), event->command.who, until, t);
    const char *warning = b->journal.error != 0
                              ? "the journal cannot be written: a restart would forget this hold"
                              : NULL;
    reply(event,
          json_pack("{ss sI ss*}", "hold", text(event, "reason"), "changes_under_way",
                    (json_int_t)engine_changing(b->engine), "warning", warning),
          t);
}

static void run_resume(struct brain *b, const struct event *event, struct turn *t)
{
    bool destroying = orders_running(&b->orders, ORDER_DESTROY), held = engine_on_hold(b->engine);
    if (destroying && !held) {
        refuse(event, 409, t, "refused", "a destroy is running; hold stops it where it is");
        return;
    }
    if (held)
        engine_hold(b->engine, NULL, event->command.who, 0, t);
    if (engine_destroying(b->engine) && !destroying)
        engine_revive(b->engine, t);
    reply(event, json_pack("{sb}", "resumed", 1), t);
}

/* clang-format off */
static const struct argument no_arguments[] = { { NULL, false, false } };
static const struct argument id_arguments[] = { { "id", true, false }, { NULL, false, false } };
static const struct argument approve_arguments[] = {
    { "id", true, false }, { "confirm", false, false }, { NULL, false, false },
};
static const struct argument destroy_arguments[] = {
    { "confirm", true, false }, { "only", false, false }, { NULL, false, false },
};
static const struct argument hold_arguments[] = {
    { "reason", true, false }, { "for_ms", false, true }, { NULL, false, false },
};
static const struct argument filter_arguments[] = {
    { "state", false, false }, { "region", false, false }, { "kind", false, false },
    { "id", false, false }, { "offset", false, true }, { "limit", false, true },
    { NULL, false, false },
};

const struct command_row command_rows[] = {
    { "approve", CLEARANCE_WRITE, approve_arguments, "let one resource be repaired or replaced", run_approve },
    { "destroy", CLEARANCE_WRITE, destroy_arguments, "take everything down, or one orphan", run_destroy },
    { "drift", CLEARANCE_READ, no_arguments, "all that is not in sync", run_drift },
    { "hold", CLEARANCE_WRITE, hold_arguments, "change nothing for now", run_hold },
    { "operation", CLEARANCE_READ, id_arguments, "how an operation goes", run_operation },
    { "outputs", CLEARANCE_READ, no_arguments, "names, ARNs and URLs of what was made", run_outputs },
    { "plan", CLEARANCE_READ, no_arguments, "what a pass would change now", run_plan },
    { "reconcile", CLEARANCE_WRITE, no_arguments, "a pass now", run_reconcile },
    { "resource", CLEARANCE_READ, id_arguments, "one resource", run_resource },
    { "resources", CLEARANCE_READ, filter_arguments, "resources, paged", run_resources },
    { "resume", CLEARANCE_WRITE, no_arguments, "end a hold, or want things present again", run_resume },
    { "status", CLEARANCE_READ, no_arguments, "the summary", run_status },
    { NULL, CLEARANCE_READ, NULL, NULL, NULL },
};
/* clang-format on */

static const struct command_row *find_row(const char *name)
{
    for (const struct command_row *row = command_rows; row->name != NULL; row++)
        if (str_eq(row->name, name))
            return row;
    return NULL;
}

static void unknown_command(const struct event *event, struct turn *t)
{
    struct nearest nearest;
    nearest_init(&nearest, event->command.name);
    for (const struct command_row *row = command_rows; row->name != NULL; row++)
        nearest_offer(&nearest, row->name);
    no_such(event, "there is no such command", nearest.best, t);
}

static const char *argument_problem(const struct argument *argument, const json_t *value)
{
    if (value == NULL)
        return argument->required ? "is required" : NULL;
    if (!argument->number)
        return json_is_string(value) && json_string_length(value) > 0 ? NULL : "must be text";
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
                   json_integer_value(value) <= NUMBER_MOST
               ? NULL
               : "must be a number, not below 0 and not above 10^15";
}

static bool known_key(const struct command_row *row, const char *key, struct nearest *nearest)
{
    for (const struct argument *a = row->arguments; a->key != NULL; a++) {
        if (strcmp(a->key, key) == 0)
            return true;
        nearest_offer(nearest, a->key);
    }
    return false;
}

static void bad_argument(const struct event *event, const char *key, const char *problem,
                         const char *nearest, struct turn *t)
{
    autofree char *error = xasprintf("%s: %s", key, problem);
    turn_reply(t, event->command.id, 400,
               json_pack("{ss ss ss*}", "error", error, "key", key, "nearest", nearest));
}

/* True when an argument was wrong, and said so. */
static bool wrong_arguments(const struct command_row *row, const struct event *event,
                            struct turn *t)
{
    const json_t *args = event->command.args;
    if (args != NULL && !json_is_object(args)) {
        bad_argument(event, "", "arguments must be an object", NULL, t);
        return true;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        struct nearest nearest;
        nearest_init(&nearest, key);
        if (!known_key(row, key, &nearest)) {
            bad_argument(event, key, "there is no such argument", nearest.best, t);
            return true;
        }
    }
    for (const struct argument *a = row->arguments; a->key != NULL; a++) {
        const char *problem = argument_problem(a, json_object_get(args, a->key));
        if (problem != NULL) {
            bad_argument(event, a->key, problem, NULL, t);
            return true;
        }
    }
    return false;
}

/* What changes things is answered once its records are on disk: a yes outlives a crash. */
static void run_row(struct brain *b, const struct command_row *row, const struct event *event,
                    struct turn *t)
{
    size_t first = t->out->n;
    uint64_t before = b->journal.seq;
    row->run(b, event, t);
    if (row->clearance != CLEARANCE_WRITE || b->journal.seq == before)
        return; /* a refusal records nothing, and waits for nothing */
    for (size_t i = first; i < t->out->n; i++)
        if (t->out->items[i].kind == EFFECT_REPLY)
            t->out->items[i].after = b->journal.seq;
}

void commands_run(struct brain *b, const struct event *event, struct turn *t)
{
    const struct command_row *row = find_row(event->command.name);
    if (row == NULL) {
        unknown_command(event, t);
        return;
    }
    if (event->command.clearance < row->clearance) {
        refuse(event, 403, t, "not allowed",
               "this command changes things; it takes a member of the group that may write");
        return;
    }
    if (wrong_arguments(row, event, t))
        return;
    if (b->stopping && row->clearance == CLEARANCE_WRITE)
        refuse(event, 409, t, "refused", "the daemon is stopping");
    else
        run_row(b, row, event, t);
}
