/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/house.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "config/topology.h"
#include "reconcilers/pointer.h"

#define KEY "AKIAIOSFODNN7EXAMPLE"

enum { WRITING_TAKES = 2 };

struct house_event {
    enum { ARRIVES, ENDS, RECORDED } kind;
    msec_t at;
    unsigned long order;
    unsigned life;
    uint64_t id;
    const struct operation *op;
    enum region region;
    json_t *args; /* ARRIVES; owned */
    struct net_plan plan;
    struct answer answer; /* ENDS; owned */
    bool sent;
    int error; /* RECORDED */
};

void house_violation(struct house *h, const char *judge, const char *format, ...)
{
    if (h->tally.violation != NULL)
        return;
    h->tally.violation = judge;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(h->tally.detail, sizeof(h->tally.detail), format, arguments);
    va_end(arguments);
}

static void trace(const struct house *h, const char *format, ...) PRINTF(2, 3);
static void trace(const struct house *h, const char *format, ...)
{
    if (!h->settings.trace)
        return;
    printf("%9.3f  ", (double)h->now.boot / 1000);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

/* The queue: a heap, so that ten thousand resources stay cheap. */

static bool before(const struct house_event *a, const struct house_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void push(struct house *h, struct house_event event)
{
    if (h->n_queue == h->queue_size) {
        h->queue_size = h->queue_size == 0 ? 64 : h->queue_size * 2;
        h->queue = xrealloc(h->queue, h->queue_size, sizeof(*h->queue));
    }
    event.order = ++h->order;
    event.life = h->life;
    size_t at = h->n_queue++;
    for (; at > 0 && before(&event, &h->queue[(at - 1) / 2]); at = (at - 1) / 2)
        h->queue[at] = h->queue[(at - 1) / 2];
    h->queue[at] = event;
}

static struct house_event pop(struct house *h)
{
    struct house_event first = h->queue[0], last = h->queue[--h->n_queue];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < h->n_queue && before(&h->queue[child + 1], &h->queue[child]))
            child++;
        if (child >= h->n_queue || !before(&h->queue[child], &last))
            break;
        h->queue[at] = h->queue[child];
        at = child;
    }
    h->queue[at] = last;
    return first;
}

/* The store */

static void keep(struct house *h, enum record_kind kind, uint64_t seq, json_t *body)
{
    static const struct {
        enum record_kind kind;
        const char *section, *key, *value;
    } rows[] = {
        { RECORD_OPERATION, "operations", "id", NULL },
        { RECORD_RESOURCE, "resources", "id", NULL },
        { RECORD_SETTING, "settings", "key", "value" },
    };
    json_object_set_new(h->store, "seq", json_integer((json_int_t)seq));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].kind != kind)
            continue;
        json_t *section = json_object_get(h->store, rows[i].section);
        const char *key = json_string_value(json_object_get(body, rows[i].key));
        json_t *value = rows[i].value != NULL ? json_object_get(body, rows[i].value) : body;
        if (json_is_null(value) || json_is_true(json_object_get(body, "gone")))
            json_object_del(section, key);
        else
            json_object_set(section, key, value);
    }
}

/* Brain effects */

static void drain(struct house *h);

static void submit(struct house *h, uint64_t id, const struct call *call)
{
    client_submit(h->client, id, call, h->now, &h->from_client);
    drain(h);
}

static void release_held(struct house *h, uint64_t seq, int error)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->n_held; i++) {
        struct held *held = &h->held[i];
        if (held->after != seq) {
            h->held[kept++] = *held;
            continue;
        }
        struct held due = *held;
        if (error == 0)
            submit(h, due.id, &due.call);
        call_clear(&due.call);
    }
    h->n_held = kept;
}

static void on_call(struct house *h, struct effect *effect)
{
    const struct call *call = &effect->call.call;
    if (call->op->access != ACCESS_READ) {
        h->tally.change_effects++;
        if (effect->after == 0)
            house_violation(h, "recorded before done", "%s", call->op->name);
        if (h->must_not_write)
            house_violation(h, "no change while held", "%s", call->op->name);
    }
    trace(h, "brain   %s %s", call->op->name, region_name(call->region));
    if (effect->after == 0) {
        submit(h, effect->call.id, call);
        return;
    }
    h->held = xrealloc(h->held, h->n_held + 1, sizeof(*h->held));
    h->held[h->n_held++] = (struct held){ effect->after, effect->call.id, effect->call.call };
    effect->call.call = (struct call){ 0 };
}

static void judge_limit(struct house *h, const json_t *change)
{
    json_int_t pass = json_integer_value(json_object_get(change, "pass"));
    h->pass_changes = pass == h->pass ? h->pass_changes + 1 : 1;
    h->pass = pass;
    if (!h->unlimited && h->pass_changes > topology_settings(h->topology)->writes_per_pass)
        house_violation(h, "changes per pass", "%u in pass %d", h->pass_changes, (int)pass);
}

static void on_record(struct house *h, struct effect *effect)
{
    bool fails = h->now.boot < h->records_fail_until;
    h->tally.record_failures += fails;
    if (!fails && effect->record.kind == RECORD_CHANGE)
        judge_limit(h, effect->record.body);
    if (!fails && effect->record.kind == RECORD_CHANGE)
        json_array_append(h->tally.changes, effect->record.body);
    if (!fails)
        keep(h, effect->record.kind, effect->record.seq, effect->record.body);
    if (h->settings.trace) {
        autofree char *text = json_dumps(effect->record.body, JSON_COMPACT);
        trace(h, "record  %s%.200s", fails ? "FAILS " : "", text);
    }
    push(h, (struct house_event){ .kind = RECORDED,
                                  .at = h->now.boot + WRITING_TAKES,
                                  .id = effect->record.seq,
                                  .error = fails ? -ENOSPC : 0 });
}

static void on_reply(struct house *h, const struct effect *effect)
{
    char key[32];
    snprintf(key, sizeof(key), "%" PRIu64, effect->reply.command);
    if (json_object_get(h->replies, key) != NULL)
        house_violation(h, "every command answered once", "command %s twice", key);
    json_object_set_new(h->replies, key,
                        json_pack("[i, O]", effect->reply.status, effect->reply.body));
    h->answered++;
}

static void brain_effect(struct house *h, struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_CALL:
        on_call(h, effect);
        break;
    case EFFECT_RECORD:
        on_record(h, effect);
        break;
    case EFFECT_REPLY:
        on_reply(h, effect);
        break;
    case EFFECT_WAKE:
        h->brain_wake = effect->wake;
        break;
    case EFFECT_PROBE:
    case EFFECT_RESOLVE:
        house_violation(h, "effects", "nothing watches yet");
        break;
    }
}

static void step(struct house *h, const struct event *event)
{
    brain_step(h->brain, event, h->now, &h->from_brain);
    drain(h);
}

/* Client effects */

/* Counts again what the client was allowed to send. */
static void judge_budget(struct house *h, const struct attempt *attempt)
{
    enum region region = operation_region(attempt->op, attempt->region);
    if (h->settings.budget_scale > 1)
        return;
    msec_t wait = budget_take(&h->budget, region, attempt->op->family, PRIORITY_FAILOVER,
                              h->now.boot);
    if (wait > 0)
        house_violation(h, "budget", "%s in %s", budget_family_name(attempt->op->family),
                        region_name(region));
}

static void send_attempt(struct house *h, const struct attempt *attempt)
{
    h->tally.attempts++;
    h->tally.by_family[attempt->op->family]++;
    judge_budget(h, attempt);
    struct call call = { .op = attempt->op,
                         .region = attempt->region,
                         .args = json_incref((json_t *)(uintptr_t)attempt->args) };
    struct house_event event = { .op = attempt->op,
                                 .region = attempt->region,
                                 .id = attempt->id,
                                 .sent = true,
                                 .plan = net_plan(h->net, &h->caller, &call, h->now) };
    if (event.plan.deliver) {
        event.kind = ARRIVES;
        event.at = h->now.boot + event.plan.delay / 2;
        event.args = json_incref(call.args);
        push(h, event);
    }
    bool answered = event.plan.reply == NET_SEND;
    bool in_time = event.plan.delay < attempt->timeout;
    event.kind = ENDS;
    event.args = NULL;
    if (!answered || !in_time) { /* the caller finds out alone */
        bool hangs = event.plan.reply == NET_HANG || !in_time;
        event.sent = event.plan.reply != NET_REFUSE;
        event.at = h->now.boot + (hangs ? attempt->timeout : event.plan.delay);
        bool unknown = event.sent && attempt->op->access != ACCESS_READ;
        event.answer = answer_error(unknown ? AWS_UNKNOWN_OUTCOME : AWS_TRANSIENT, "", 0,
                                    hangs ? "no answer in time" : "connection lost");
        push(h, event);
    } else if (!event.plan.deliver) {
        event.at = h->now.boot + event.plan.delay;
        enum aws_class class = aws_classify(attempt->op, event.plan.code, event.plan.status, NULL);
        event.answer = answer_error(class, event.plan.code, event.plan.status, "injected");
        push(h, event);
    }
    json_decref(call.args);
}

static void client_effect(struct house *h, const struct client_effect *effect)
{
    switch (effect->kind) {
    case CLIENT_ATTEMPT:
        send_attempt(h, &effect->attempt);
        break;
    case CLIENT_ANSWERED:
        trace(h, "answer  %s %s %s", aws_class_name(effect->answer.class), effect->answer.code,
              effect->answer.message);
        step(h, &(struct event){ .kind = EVENT_ANSWER, .answer = &effect->answer });
        break;
    case CLIENT_WAKE:
        h->client_wake = effect->wake;
        break;
    case CLIENT_READ_FILE:
    case CLIENT_RUN_PROCESS:
    case CLIENT_HTTP:
        house_violation(h, "effects", "the keys are in the environment");
        break;
    }
}

/* Effects are carried out in the order in which they were asked for, also those that come of
 * carrying out others: of two wakes the later word counts. */
static void drain(struct house *h)
{
    if (h->draining)
        return;
    h->draining = true;
    size_t brain = 0, client = 0;
    while (brain < h->from_brain.n || client < h->from_client.n) {
        if (brain < h->from_brain.n) {
            struct effect effect = h->from_brain.items[brain]; /* the list may move */
            brain_effect(h, &effect);
            h->from_brain.items[brain++] = effect;
        } else {
            struct client_effect effect = h->from_client.items[client++];
            client_effect(h, &effect);
        }
    }
    effects_clear(&h->from_brain);
    client_effects_clear(&h->from_client);
    h->draining = false;
}

/* Time */

static const char *created_name(const struct call *call)
{
    const char *const members[] = { "RoleName", "PolicyName", "TableName", "Bucket" };
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (json_object_get(call->args, members[i]) != NULL)
            return json_string_value(json_object_get(call->args, members[i]));
    return NULL;
}

/* What was deleted may be created again. */
static void note_creation(struct house *h, const struct call *call, const struct answer *answer)
{
    const char *name = created_name(call), *operation = call->op->name;
    bool deleted = str_prefix(operation, "Delete");
    if ((!deleted && !str_prefix(operation, "Create")) || name == NULL || answer->class != AWS_OK)
        return;
    autofree char *key = xasprintf("%s %s@%s", operation + strlen("Create"), name,
                                   region_name(call->region));
    if (deleted) {
        json_object_del(h->tally.created, key);
        return;
    }
    json_int_t n = json_integer_value(json_object_get(h->tally.created, key)) + 1;
    json_object_set_new(h->tally.created, key, json_integer(n));
    if (n > 1)
        house_violation(h, "nothing created twice", "%s", key);
}

static void note_change(struct house *h, const struct call *call, const struct answer *answer)
{
    h->tally.last_write = h->now.boot;
    h->tally.calls_write++;
    note_creation(h, call, answer);
}

static void arrives(struct house *h, struct house_event *event)
{
    struct call call = { .op = event->op, .region = event->region, .args = event->args };
    struct answer answer = cloud_call(h->cloud, &h->caller, &call, h->now);
    trace(h, "cloud   %s %s: %s %s", call.op->name, region_name(call.region),
          aws_class_name(answer.class), answer.code);
    if (call.op->access == ACCESS_READ)
        h->tally.calls_read++;
    else
        note_change(h, &call, &answer);
    if (event->plan.reply == NET_SEND && event->life == h->life) {
        struct house_event ends = { .kind = ENDS,
                                    .id = event->id,
                                    .at = h->now.boot + event->plan.delay - event->plan.delay / 2,
                                    .sent = true,
                                    .answer = answer };
        push(h, ends);
    } else {
        answer_clear(&answer);
    }
    json_decref(event->args);
}

static void ends(struct house *h, struct house_event *event)
{
    if (event->life != h->life) {
        answer_clear(&event->answer);
        return;
    }
    client_attempt_ended(h->client, event->id, event->answer, event->sent, (wall_t){ 0 }, h->now,
                         &h->from_client);
    drain(h);
}

static void recorded(struct house *h, const struct house_event *event)
{
    if (event->life != h->life)
        return;
    step(h, &(struct event){ .kind = EVENT_RECORDED,
                             .recorded = { .seq = event->id, .error = event->error } });
    release_held(h, event->id, event->error);
}

static void advance(struct house *h, msec_t to)
{
    if (to <= h->now.boot)
        return;
    h->now.wall.ms += to - h->now.boot;
    h->now.boot = to;
}

static void happen(struct house *h, struct house_event event)
{
    switch (event.kind) {
    case ARRIVES:
        arrives(h, &event);
        break;
    case ENDS:
        ends(h, &event);
        break;
    case RECORDED:
        recorded(h, &event);
        break;
    }
}

void house_run(struct house *h, msec_t until)
{
    msec_t stuck_at = -1;
    unsigned stuck = 0;
    while (h->tally.violation == NULL) {
        msec_t event_at = h->n_queue > 0 ? h->queue[0].at : NEVER;
        msec_t next = msec_min(msec_min(h->client_wake, h->brain_wake), event_at);
        if (next > until)
            break;
        advance(h, next);
        stuck = stuck_at == h->now.boot ? stuck + 1 : 0;
        stuck_at = h->now.boot;
        if (stuck > 100000)
            house_violation(h, "time goes on", "at %" PRId64 " ms", (int64_t)h->now.boot);
        h->tally.events++;
        if (event_at <= next) {
            happen(h, pop(h));
        } else if (h->client_wake <= next) {
            h->client_wake = NEVER;
            client_woken(h->client, h->now, &h->from_client);
            drain(h);
        } else {
            h->brain_wake = NEVER;
            step(h, &(struct event){ .kind = EVENT_TICK });
        }
        if (h->crash_at != 0 && h->tally.events >= h->crash_at) {
            h->crash_at = 0;
            house_crash(h);
        }
    }
    advance(h, until);
}

/* Life */

static struct topology *load(const char *text)
{
    struct topology *topology = NULL;
    struct problems problems = { 0 };
    if (topology_load(text, strlen(text), "simulation.json", &topology, &problems) < 0) {
        autofree char *problem = problem_text(&problems.items[0]);
        fprintf(stderr, "%s\n", problem);
        abort();
    }
    return topology;
}

static void boot(struct house *h)
{
    h->life++;
    h->pass = 0;
    h->brain_wake = h->client_wake = NEVER;
    budget_init(&h->budget, h->settings.budget_scale);
    struct event event = { .kind = EVENT_BOOTED,
                           .booted = { .topology = h->topology,
                                       .checkpoint = h->store,
                                       .observe = h->settings.observe,
                                       .version = "simulation" } };
    uint8_t entropy[32];
    for (size_t i = 0; i < sizeof(entropy); i++)
        entropy[i] = event.booted.entropy[i] = (uint8_t)random_below(&h->random, 256);
    json_auto_t *environment = json_pack("{ss ss}", "AWS_ACCESS_KEY_ID", KEY,
                                         "AWS_SECRET_ACCESS_KEY", "secret");
    const struct settings *settings = topology_settings(h->topology);
    const struct client_settings client = { .call_timeout = settings->call_timeout,
                                            .attempt_timeout = settings->attempt_timeout,
                                            .budget_scale = h->settings.budget_scale,
                                            .observe = h->settings.observe };
    h->client = client_new(&client, credentials_source_new(environment, "drd"), entropy);
    h->brain = brain_new();
    step(h, &event);
}

static void die(struct house *h)
{
    brain_free(h->brain);
    client_free(h->client);
    for (size_t i = 0; i < h->n_held; i++)
        call_clear(&h->held[i].call);
    h->n_held = 0;
    h->brain = NULL;
    h->client = NULL;
}

void house_crash(struct house *h)
{
    trace(h, "CRASH");
    h->tally.crashes++;
    die(h);
    /* A hold that the store never took cannot outlive a crash. */
    if (json_object_get(json_object_get(h->store, "settings"), "hold") == NULL)
        h->must_not_write = h->settings.observe;
    boot(h);
}

void house_reload(struct house *h, const char *text)
{
    trace(h, "RELOAD");
    topology_unref(h->topology);
    h->topology = load(text);
    step(h, &(struct event){ .kind = EVENT_RELOADED, .reloaded = { .topology = h->topology } });
}

void house_init(struct house *h, const struct house_settings *settings)
{
    *h = (struct house){ .settings = *settings,
                         .now = { 1000, { 1700000000000 } },
                         .topology = load(settings->text),
                         .replies = json_object(),
                         .tally = { .created = json_object() } };
    random_seed(&h->random, settings->seed);
    h->store = json_pack("{s{} s{} s{} si}", "resources", "settings", "operations", "seq", 0);
    h->must_not_write = settings->observe;
    static const enum region regions[] = { REGION_US_EAST_1, REGION_US_EAST_2, REGION_US_WEST_2 };
    const struct cloud_settings cloud = { .regions = regions,
                                          .n_regions = ARRAY_SIZE(regions),
                                          .seed = settings->seed,
                                          .stale_reads = settings->stale_reads };
    h->cloud = cloud_new(&cloud);
    cloud_add_user(h->cloud, "drd", KEY, "secret", NULL);
    h->caller = cloud_caller(h->cloud, KEY, "10.0.0.1");
    h->net = net_new(settings->seed, settings->round_trip);
    boot(h);
}

void house_clear(struct house *h)
{
    die(h);
    while (h->n_queue > 0) {
        struct house_event event = pop(h);
        json_decref(event.args);
        answer_clear(&event.answer);
    }
    free(h->queue);
    free(h->held);
    cloud_free(h->cloud);
    net_free(h->net);
    topology_unref(h->topology);
    json_decref(h->store);
    json_decref(h->replies);
    json_decref(h->tally.created);
}

const json_t *house_command(struct house *h, const char *name, json_t *args, int *ret_status)
{
    json_auto_t *taken = args;
    char key[32];
    struct event event = { .kind = EVENT_COMMAND,
                           .command = { .id = ++h->next_command,
                                        .name = name,
                                        .args = taken,
                                        .who = "uid 1000 (simulation)",
                                        .clearance = CLEARANCE_WRITE } };
    h->asked++;
    json_object_clear(h->replies);
    step(h, &event);
    snprintf(key, sizeof(key), "%" PRIu64, event.command.id);
    const json_t *reply = json_object_get(h->replies, key);
    if (reply == NULL)
        house_violation(h, "every command answered once", "%s was not answered", name);
    if (ret_status != NULL)
        *ret_status = (int)json_integer_value(json_array_get(reply, 0));
    return json_array_get(reply, 1);
}

json_int_t house_status(struct house *h, const char *pointer)
{
    return json_integer_value(pointer_get(house_command(h, "status", NULL, NULL), pointer));
}

struct answer house_outsider(struct house *h, const char *operation, enum region region,
                             json_t *args)
{
    struct call call = call_new(operation, region, args, NULL);
    struct answer answer = cloud_call(h->cloud, &h->caller, &call, h->now);
    trace(h, "OUTSIDER %s: %s", call.op->name, aws_class_name(answer.class));
    note_creation(h, &call, &answer);
    call_clear(&call);
    return answer;
}
