/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/loop_state.h"

#include "daemon/brain/metrics.h"
#include "daemon/shell/clock.h"

#include <errno.h>

/* ---- replies ---- */

static void reply_local(struct loop *l, uint64_t id, int status, const json_t *body)
{
    for (size_t i = 0; i < l->n_local; i++)
        if (l->local[i].id == id) {
            struct local_command c = l->local[i];
            l->local[i] = l->local[--l->n_local];
            c.reply(c.owner, status, body);
            return;
        }
}

static void reply(struct loop *l, uint64_t id, int status, const json_t *body)
{
    if (id >= LOOP_LOCAL_IDS)
        reply_local(l, id, status, body);
    else if (l->control != NULL)
        control_reply(l->control, id, status, body);
}

void loop_reply_error(struct loop *l, uint64_t id, int status, json_t *error)
{
    reply(l, id, status, error);
    json_decref(error);
}

/* What the brain cannot know of the configuration: where it came from, and the one refused. */
static json_t *configuration(const struct loop *l)
{
    return json_pack("{ss sI sO*}", "file", l->options.config, "loaded", (json_int_t)l->loaded.ms,
                     "refused", l->rejected);
}

static void reply_metrics(struct loop *l, uint64_t id, const json_t *status)
{
    autofree char *text = metrics_render(status);
    json_auto_t *body = json_string(text);
    reply(l, id, 200, body);
}

/* What the brain knows of an operation, to be joined with its changes, which the store has. */
static void ask_changes(struct loop *l, uint64_t id, const char *key, int status, json_t *body,
                        const char *operation)
{
    if (status == 200)
        (void)json_object_set(l->views, key, body);
    writer_ask_operation(l->writer, id, operation);
}

/* The brain's answer needs more of us: the status says how the client and the configuration stand,
 * and the metrics are made of it; the changes of an operation, and operations that ended before
 * this process began, are in the store alone. True when the reply is, or will be, another one. */
static bool complete(struct loop *l, uint64_t id, int status, json_t *body)
{
    autofree char *key = xasprintf("%llu", (unsigned long long)id);
    json_auto_t *asked = json_incref(json_object_get(l->asked, key));
    (void)json_object_del(l->asked, key);
    const char *name = json_string_value(json_object_get(asked, "name"));
    if (str_eq(name, "operation") && (status == 200 || status == 404)) {
        ask_changes(l, id, key, status, body, json_string_value(json_object_get(asked, "id")));
        return true;
    }
    if (status != 200 || (!str_eq(name, "status") && !str_eq(name, "metrics")))
        return false;
    (void)json_object_set_new(body, "configuration", configuration(l));
    (void)json_object_set_new(body, "client", client_status(l->client, clock_now()));
    if (str_eq(name, "metrics"))
        reply_metrics(l, id, body);
    return str_eq(name, "metrics");
}

void loop_reply(struct loop *l, uint64_t id, int status, json_t *body)
{
    if (!complete(l, id, status, body))
        reply(l, id, status, body);
}

void loop_found(void *self, uint64_t id, int error, const json_t *body,
                const struct problem *problem)
{
    struct loop *l = self;
    autofree char *key = xasprintf("%llu", (unsigned long long)id);
    json_auto_t *view = json_incref(json_object_get(l->views, key));
    (void)json_object_del(l->views, key);
    if (view != NULL) { /* the brain knows the rest better, and lives without the store */
        json_t *changes = json_object_get(body, "changes");
        if (changes != NULL)
            (void)json_object_set(view, "changes", changes);
        reply(l, id, 200, view);
    } else if (error == 0)
        reply(l, id, 200, body);
    else if (error == -ENOENT)
        loop_reply_error(l, id, 404, control_error("NotFound", "%s", problem->text));
    else
        loop_reply_error(l, id, 500, control_error("JournalUnreadable", "%s", problem->text));
}

/* ---- commands ---- */

static void ask_brain(struct loop *l, const struct control_command *c)
{
    struct event event = { .kind = EVENT_COMMAND,
                           .command = { c->id, c->name, c->args, c->who, c->clearance } };
    loop_tell_brain(l, &event);
    loop_pump(l);
}

static void ask_and_complete(struct loop *l, const struct control_command *c)
{
    autofree char *key = xasprintf("%llu", (unsigned long long)c->id);
    json_t *asked = json_pack("{ss sO*}", "name", c->name, "id", json_object_get(c->args, "id"));
    (void)json_object_set_new(l->asked, key, asked);
    struct control_command command = *c;
    if (str_eq(c->name, "metrics"))
        command.name = "status";
    ask_brain(l, &command);
}

static void ask_log(struct loop *l, const struct control_command *c)
{
    const json_t *limit = json_object_get(c->args, "limit");
    struct store_query query = {
        .limit = json_is_integer(limit) ? (unsigned)msec_min(json_integer_value(limit), 1000) : 100,
        .before = (uint64_t)json_integer_value(json_object_get(c->args, "before")),
        .resource = json_string_value(json_object_get(c->args, "resource")),
    };
    writer_ask_log(l->writer, c->id, &query);
}

static void ask_client(struct loop *l, const struct control_command *c)
{
    json_auto_t *status = client_status(l->client, clock_now());
    reply(l, c->id, 200, status);
}

static void ask_health(struct loop *l, const struct control_command *c)
{
    json_auto_t *text = json_string("ok\n");
    reply(l, c->id, 200, text);
}

static void ask_ready(struct loop *l, const struct control_command *c)
{
    json_auto_t *text = json_string(l->stopping ? "stopping\n" : "ready\n");
    reply(l, c->id, l->stopping ? 503 : 200, text);
}

/* What the shell knows by itself; everything else is the brain's. */
void loop_on_command(void *self, const struct control_command *command)
{
    static const struct {
        const char *name;
        void (*ask)(struct loop *l, const struct control_command *c);
    } own[] = {
        { "client", ask_client },        { "health", ask_health },          { "log", ask_log },
        { "metrics", ask_and_complete }, { "operation", ask_and_complete }, { "ready", ask_ready },
        { "status", ask_and_complete },
    };
    struct loop *l = self;
    for (size_t i = 0; i < ARRAY_SIZE(own); i++)
        if (str_eq(own[i].name, command->name)) {
            own[i].ask(l, command);
            return;
        }
    ask_brain(l, command);
}

void loop_command(struct loop *l, const char *name, const json_t *args, loop_reply_fn *reply_fn,
                  void *owner)
{
    struct control_command command = { .id = LOOP_LOCAL_IDS | ++l->last_local,
                                       .name = name,
                                       .args = args,
                                       .who = "command line",
                                       .clearance = CLEARANCE_WRITE };
    l->local = xrealloc(l->local, l->n_local + 1, sizeof *l->local);
    l->local[l->n_local++] = (struct local_command){ command.id, reply_fn, owner };
    loop_on_command(l, &command);
}
