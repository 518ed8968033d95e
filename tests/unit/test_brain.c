/* SPDX-License-Identifier: Apache-2.0 */
/* The brain from boot to stop: the account first, commands, reloads, restarts. Kinds are made up,
 * the topology is real. AWS is a set of ids that exist. */
#include "daemon/brain/commands.h"
#include "daemon/brain/metrics.h"
#include "tests/unit/unit.h"

#define ACCOUNT "123456789012"

struct house {
    struct brain *brain;
    struct topology *topology;
    struct now now;
    msec_t wake;
    json_t *things;      /* set of ids */
    json_t *store;       /* the checkpoint, as a store would keep it */
    json_t *replies;     /* command id → [status, body] */
    const char *account; /* of the credentials */
    unsigned calls, identity_calls, alerts;
    char last_event[128];
    enum aws_class sts_fault;
    uint64_t next_command;
    struct effects effects;
    bool carrying_out;
};

static struct verdict fake_step(const struct kind *kind, const struct subject *subject,
                                const json_t *facts)
{
    (void)kind;
    if (!fact_known(facts, "live")) {
        struct verdict v = verdict_read();
        call_list_add(&v.calls, call_new("sqs:GetQueueUrl", subject->region,
                                         json_pack("{ss}", "QueueName", subject->id), "live"));
        return v;
    }
    bool there = !fact_absent(facts, "live");
    if (there == (subject->goal == GOAL_PRESENT))
        return verdict_done(
            json_pack("{ss ss ss}", "arn", "arn:x", "url", "https://x", "name", subject->id));
    json_t *drift = NULL;
    drift_add(&drift, "", NULL, NULL, false);
    struct call call = there ? call_new("sqs:DeleteQueue", subject->region,
                                        json_pack("{ss}", "QueueUrl", subject->id), NULL)
                             : call_new("sqs:CreateQueue", subject->region,
                                        json_pack("{ss}", "QueueName", subject->id), NULL);
    return verdict_write(call, drift, there ? "to be destroyed" : "absent");
}

static const struct kind fake = { .name = "sqs_queue", .service = "sqs", .step = fake_step };

static const struct kind *find_fake(const char *name)
{
    (void)name;
    return &fake;
}

static const char plain[] = "{'suffix': 'demo', 'regions': {'primary': 'us-east-1', 'secondary': "
                            "'us-east-2'}, 'queues': {'orders': {}}}";
static const char pinned[] = "{'suffix': 'demo', 'account': '123456789012', 'regions': {'primary': "
                             "'us-east-1', 'secondary': 'us-east-2'}, 'queues': {'orders': {}}}";
static const char more[] = "{'suffix': 'demo', 'regions': {'primary': 'us-east-1', 'secondary': "
                           "'us-east-2'}, 'queues': {'orders': {}, 'refunds': {}}}";

static struct topology *load(const char *text)
{
    json_auto_t *document = unit_json(text);
    autofree char *dumped = json_dumps(document, 0);
    struct topology *topology = NULL;
    struct problems problems = { 0 };
    int r = topology_load(dumped, strlen(dumped), "test.json", &topology, &problems);
    if (r < 0)
        ck_abort_msg("%s", problem_text(&problems.items[0]));
    return topology;
}

static void keep(struct house *h, const struct effect *effect)
{
    json_t *body = effect->record.body;
    if (effect->record.kind == RECORD_EVENT) {
        h->alerts += str_eq(json_string_value(json_object_get(body, "level")), "alert");
        str_copy(h->last_event, sizeof h->last_event,
                 json_string_value(json_object_get(body, "text")));
    }
    json_object_set_new(h->store, "seq", json_integer((json_int_t)effect->record.seq));
    static const struct {
        enum record_kind kind;
        const char *section, *key;
    } rows[] = { { RECORD_OPERATION, "operations", "id" },
                 { RECORD_RESOURCE, "resources", "id" },
                 { RECORD_SETTING, "settings", "key" } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].kind != effect->record.kind)
            continue;
        json_t *section = json_object_get(h->store, rows[i].section);
        const char *key = json_string_value(json_object_get(body, rows[i].key));
        if (rows[i].kind == RECORD_SETTING)
            json_object_set(section, key, json_object_get(body, "value"));
        else
            json_object_set(section, key, body);
    }
}

static struct answer world_answer(struct house *h, const struct call *call)
{
    const char *name = json_string_value(json_object_get(call->args, "QueueName"));
    if (str_eq(call->op->name, "GetCallerIdentity")) {
        h->identity_calls++;
        if (h->sts_fault != AWS_OK)
            return answer_error(h->sts_fault, "ExpiredToken", 403, "the token has expired");
        return answer_ok(
            json_pack("{ss ss}", "Account", h->account, "Arn", "arn:aws:iam::1:user/drd"));
    }
    h->calls++;
    if (str_eq(call->op->name, "GetQueueUrl") && json_object_get(h->things, name) == NULL)
        return answer_error(AWS_NOT_FOUND, "NonExistentQueue", 400, "no");
    if (str_eq(call->op->name, "CreateQueue"))
        json_object_set_new(h->things, name, json_true());
    if (str_eq(call->op->name, "DeleteQueue"))
        json_object_del(h->things, json_string_value(json_object_get(call->args, "QueueUrl")));
    return answer_ok(json_object());
}

static void step(struct house *h, const struct event *event);

static void carry_out(struct house *h, struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_CALL: {
        struct answer answer = world_answer(h, &effect->call.call);
        answer.call = effect->call.id;
        step(h, &(struct event){ .kind = EVENT_ANSWER, .answer = &answer });
        answer_clear(&answer);
        return;
    }
    case EFFECT_RECORD:
        keep(h, effect);
        step(h,
             &(struct event){ .kind = EVENT_RECORDED, .recorded = { .seq = effect->record.seq } });
        return;
    case EFFECT_REPLY: {
        char id[32];
        snprintf(id, sizeof(id), "%" PRIu64, effect->reply.command);
        ck_assert_ptr_null(json_object_get(h->replies, id)); /* once */
        json_object_set_new(h->replies, id,
                            json_pack("[i, O]", effect->reply.status, effect->reply.body));
        return;
    }
    case EFFECT_WAKE:
        h->wake = effect->wake;
        return;
    case EFFECT_PROBE:
    case EFFECT_RESOLVE:
        ck_abort_msg("nothing watches yet");
    }
}

/* Effects are carried out in the order in which they were asked for, also those that come of
 * carrying out. */
static void step(struct house *h, const struct event *event)
{
    brain_step(h->brain, event, h->now, &h->effects);
    if (h->carrying_out)
        return;
    h->carrying_out = true;
    for (size_t i = 0; i < h->effects.n; i++) {
        struct effect effect = h->effects.items[i]; /* the list may move */
        carry_out(h, &effect);
    }
    effects_clear(&h->effects);
    h->carrying_out = false;
}

static void boot(struct house *h, bool observe)
{
    h->brain = brain_new_with(find_fake);
    h->wake = NEVER;
    step(h, &(struct event){ .kind = EVENT_BOOTED,
                             .booted = { .topology = h->topology,
                                         .checkpoint = h->store,
                                         .observe = observe,
                                         .version = "1" } });
}

static void house_init(struct house *h, const char *text)
{
    *h = (struct house){ .now = { 1, { 1700000000000 } },
                         .topology = load(text),
                         .things = json_object(),
                         .store = unit_json("{'resources': {}, 'settings': {}, 'operations': {}}"),
                         .replies = json_object(),
                         .account = ACCOUNT,
                         .next_command = 1 };
}

static void house_clear(struct house *h)
{
    brain_free(h->brain);
    topology_unref(h->topology);
    json_decref(h->things);
    json_decref(h->store);
    json_decref(h->replies);
}

static void run_for(struct house *h, msec_t duration)
{
    msec_t end = h->now.boot + duration;
    for (unsigned guard = 0; h->wake <= end; guard++) {
        ck_assert_uint_lt(guard, 100000);
        msec_t to = msec_max(h->wake, h->now.boot);
        h->now.wall.ms += to - h->now.boot;
        h->now.boot = to;
        h->wake = NEVER;
        step(h, &(struct event){ .kind = EVENT_TICK });
    }
    h->now.wall.ms += end - h->now.boot;
    h->now.boot = end;
}

/* The body, borrowed; fails when the status is another. */
static const json_t *command_as(struct house *h, const char *name, const char *args, int status,
                                enum clearance clearance)
{
    json_auto_t *object = args != NULL ? unit_json(args) : NULL;
    uint64_t id = h->next_command++;
    step(h, &(struct event){ .kind = EVENT_COMMAND,
                             .command = { .id = id,
                                          .name = name,
                                          .args = object,
                                          .who = "uid 0 (root)",
                                          .clearance = clearance } });
    char key[32];
    snprintf(key, sizeof(key), "%" PRIu64, id);
    const json_t *reply = json_object_get(h->replies, key);
    ck_assert_ptr_nonnull(reply);
    const json_t *body = json_array_get(reply, 1);
    if (json_integer_value(json_array_get(reply, 0)) != status) {
        autofree char *text = json_dumps(body, 0);
        ck_abort_msg("%s: %s", name, text);
    }
    return body;
}

static const json_t *command(struct house *h, const char *name, const char *args, int status)
{
    return command_as(h, name, args, status, CLEARANCE_WRITE);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static const json_t *operation(struct house *h, const char *id)
{
    char args[64];
    snprintf(args, sizeof(args), "{'id': '%s'}", id);
    return command(h, "operation", args, 200);
}

START_TEST(test_asks_whose_account_it_is_first)
{
    struct house h;
    house_init(&h, pinned);
    boot(&h, false);
    ck_assert_uint_eq(h.identity_calls, 1);
    const json_t *status = command(&h, "status", NULL, 200);
    const json_t *account = json_object_get(status, "account");
    ck_assert_str_eq(text_of(account, "state"), "good");
    ck_assert_str_eq(text_of(account, "pinned"), ACCOUNT);
    run_for(&h, SECONDS(30));
    ck_assert_uint_gt(json_object_size(h.things), 0);
    ck_assert(brain_idle(h.brain));
    house_clear(&h);
}
END_TEST

START_TEST(test_wrong_account_makes_no_other_call)
{
    struct house h;
    house_init(&h, pinned);
    h.account = "999999999999";
    boot(&h, false);
    run_for(&h, HOURS(1));
    ck_assert_uint_eq(h.calls, 0);
    ck_assert_str_eq(text_of(command(&h, "status", NULL, 200), "posture"), "wrong account");
    const json_t *refusal = command(&h, "reconcile", NULL, 409);
    ck_assert_ptr_nonnull(strstr(text_of(refusal, "reason"), "999999999999"));
    command(&h, "plan", NULL, 409);
    command(&h, "destroy", "{'confirm': 'demo'}", 409);
    struct topology *topology = load(plain);
    step(&h, &(struct event){ .kind = EVENT_RELOADED, .reloaded = { .topology = topology } });
    topology_unref(topology);
    run_for(&h, SECONDS(30));
    ck_assert_uint_gt(h.calls, 0);
    topology = load(pinned); /* and back: it stops where it is */
    step(&h, &(struct event){ .kind = EVENT_RELOADED, .reloaded = { .topology = topology } });
    topology_unref(topology);
    unsigned calls = h.calls;
    run_for(&h, HOURS(1));
    ck_assert_uint_eq(h.calls, calls);
    house_clear(&h);
}
END_TEST

START_TEST(test_no_credentials_are_asked_again_ever_later)
{
    struct house h;
    house_init(&h, plain);
    h.sts_fault = AWS_CREDENTIALS;
    boot(&h, false);
    run_for(&h, MINUTES(10));
    ck_assert_uint_gt(h.identity_calls, 8);
    ck_assert_uint_lt(h.identity_calls, 40);
    ck_assert_uint_eq(h.calls, 0);
    const json_t *refusal = command(&h, "reconcile", NULL, 409);
    ck_assert_ptr_nonnull(strstr(text_of(refusal, "reason"), "ExpiredToken"));
    ck_assert_uint_eq(h.alerts, 1); /* not one for each time it was asked */
    ck_assert_int_eq(
        json_integer_value(json_object_get(command(&h, "status", NULL, 200), "exit_code")), 1);
    h.sts_fault = AWS_OK;
    run_for(&h, MINUTES(2));
    ck_assert_uint_gt(json_object_size(h.things), 0);
    house_clear(&h);
}
END_TEST

START_TEST(test_wrong_commands)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    ck_assert_str_eq(text_of(command(&h, "statsu", NULL, 404), "nearest"), "status");
    ck_assert_str_eq(text_of(command(&h, "hold", NULL, 400), "key"), "reason");
    const json_t *typo = command(&h, "hold", "{'reasn': 'x'}", 400);
    ck_assert_str_eq(text_of(typo, "key"), "reasn");
    ck_assert_str_eq(text_of(typo, "nearest"), "reason");
    ck_assert_str_eq(text_of(command(&h, "hold", "{'reason': 'x', 'for_ms': -1}", 400), "key"),
                     "for_ms");
    ck_assert_str_eq(text_of(command(&h, "hold", "{'reason': 7}", 400), "key"), "reason");
    command(&h, "status", "[1]", 400);
    command_as(&h, "reconcile", NULL, 403, CLEARANCE_READ);
    command_as(&h, "status", NULL, 200, CLEARANCE_READ);
    command(&h, "operation", "{'id': 'nope'}", 404);
    command(&h, "resource", "{'id': 'sqs_queue/order@us-east-1'}", 404);
    command(&h, "approve", "{'id': 'sqs_queue/order@us-east-1'}", 404);
    ck_assert_ptr_nonnull(
        strstr(text_of(command(&h, "destroy", "{'confirm': 'prod'}", 409), "reason"), "suffix"));
    house_clear(&h);
}
END_TEST

START_TEST(test_reconcile_plan_outputs_views)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    json_object_clear(h.things);
    char id[32];
    str_copy(id, sizeof(id), text_of(command(&h, "plan", NULL, 202), "operation"));
    run_for(&h, SECONDS(5));
    const json_t *plan = operation(&h, id);
    ck_assert_str_eq(text_of(plan, "state"), "done");
    const json_t *changes = json_object_get(json_object_get(plan, "result"), "changes");
    ck_assert_uint_gt(json_array_size(changes), 0);
    ck_assert_uint_eq(json_object_size(h.things), 0);
    ck_assert_uint_gt(json_array_size(json_object_get(command(&h, "drift", NULL, 200), "rows")), 0);
    str_copy(id, sizeof(id), text_of(command(&h, "reconcile", NULL, 202), "operation"));
    run_for(&h, SECONDS(5));
    const json_t *done = operation(&h, id);
    ck_assert_str_eq(text_of(done, "state"), "done");
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(done, "result"), "exit_code")), 0);
    const json_t *outputs = command(&h, "outputs", NULL, 200);
    ck_assert_uint_eq(json_object_size(json_object_get(outputs, "missing")), 0);
    command(&h, "resource", "{'id': 'sqs_queue/orders@us-east-1'}", 200);
    const json_t *rows = command(&h, "resources", "{'kind': 'sqs_queue', 'limit': 1}", 200);
    ck_assert_uint_eq(json_array_size(json_object_get(rows, "rows")), 1);
    autofree char *metrics = metrics_render(command(&h, "status", NULL, 200));
    ck_assert_ptr_nonnull(strstr(metrics, "state=\"in_sync\"} "));
    ck_assert_ptr_nonnull(strstr(metrics, "drd_hold 0\n"));
    house_clear(&h);
}
END_TEST

START_TEST(test_hold_and_resume)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    size_t made = json_object_size(h.things);
    command(&h, "hold", "{'reason': 'maintenance', 'for_ms': 6000000}", 200);
    ck_assert_str_eq(h.last_event, "put on hold by uid 0 (root): maintenance");
    json_object_clear(h.things);
    run_for(&h, MINUTES(3));
    ck_assert_uint_eq(json_object_size(h.things), 0);
    ck_assert_str_eq(text_of(command(&h, "status", NULL, 200), "posture"), "hold");
    command(&h, "destroy", "{'confirm': 'demo'}", 409);
    brain_free(h.brain); /* a hold outlives the daemon */
    boot(&h, false);
    run_for(&h, MINUTES(2));
    ck_assert_uint_eq(json_object_size(h.things), 0);
    command(&h, "resume", NULL, 200);
    run_for(&h, MINUTES(1));
    ck_assert_uint_ge(json_object_size(h.things), made);
    ck_assert_uint_gt(json_object_size(h.things), 0);
    house_clear(&h);
}
END_TEST

START_TEST(test_destroy_goes_on_after_a_restart)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    char id[32];
    str_copy(id, sizeof(id),
             text_of(command(&h, "destroy", "{'confirm': 'demo'}", 202), "operation"));
    command(&h, "reconcile", NULL, 409);
    command(&h, "destroy", "{'confirm': 'demo'}", 409);
    brain_free(h.brain);
    boot(&h, false);
    run_for(&h, MINUTES(2));
    ck_assert_str_eq(text_of(operation(&h, id), "state"), "done");
    ck_assert_uint_eq(json_object_size(h.things), 0);
    ck_assert_str_eq(text_of(command(&h, "status", NULL, 200), "posture"), "destroyed");
    ck_assert_int_eq(h.wake, NEVER);
    command(&h, "resume", NULL, 200);
    run_for(&h, MINUTES(1));
    ck_assert_uint_gt(json_object_size(h.things), 0);
    house_clear(&h);
}
END_TEST

static const char other[] = "{'suffix': 'prod', 'regions': {'primary': 'us-east-1', 'secondary': "
                            "'us-east-2'}, 'queues': {'orders': {}}}";

/* A destroy that was confirmed for one environment, and goes on after restarts, must not meet
 * another one, nor another account. */
START_TEST(test_state_is_of_one_environment_and_account)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    size_t made = json_object_size(h.things);
    ck_assert_uint_gt(made, 0);
    command(&h, "destroy", "{'confirm': 'demo'}", 202);
    json_auto_t *left = json_deep_copy(h.store);
    brain_free(h.brain);
    topology_unref(h.topology);
    h.topology = load(other);
    boot(&h, false);
    unsigned calls = h.calls;
    run_for(&h, HOURS(1));
    ck_assert_uint_eq(h.calls, calls);
    const json_t *status = command(&h, "status", NULL, 200);
    ck_assert_ptr_nonnull(strstr(text_of(status, "refusal"), "environment demo"));
    command(&h, "destroy", "{'confirm': 'prod'}", 409);
    command(&h, "reconcile", NULL, 409);

    brain_free(h.brain);
    topology_unref(h.topology);
    h.topology = load(plain);
    h.account = "999999999999";
    json_decref(h.store);
    h.store = json_incref(left);
    boot(&h, false);
    run_for(&h, HOURS(1));
    ck_assert_uint_eq(h.calls, calls);
    ck_assert_str_eq(text_of(command(&h, "status", NULL, 200), "posture"), "wrong account");
    ck_assert_ptr_nonnull(strstr(text_of(command(&h, "reconcile", NULL, 409), "reason"), ACCOUNT));
    h.account = ACCOUNT; /* the right keys, and a reload */
    step(&h, &(struct event){ .kind = EVENT_RELOADED, .reloaded = { .topology = h.topology } });
    run_for(&h, MINUTES(2));
    ck_assert_uint_eq(json_object_size(h.things), 0);
    house_clear(&h);
}
END_TEST

START_TEST(test_reload_to_another_environment_changes_nothing)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    command(&h, "destroy", "{'confirm': 'demo'}", 202);
    run_for(&h, MINUTES(2));
    ck_assert_uint_eq(json_object_size(h.things), 0);
    json_object_set_new(h.things, "sqs_queue/orders@us-east-1", json_true()); /* prod's */
    struct topology *topology = load(other);
    step(&h, &(struct event){ .kind = EVENT_RELOADED, .reloaded = { .topology = topology } });
    topology_unref(topology);
    run_for(&h, HOURS(1));
    ck_assert_uint_eq(json_object_size(h.things), 1);
    const json_t *status = command(&h, "status", NULL, 200);
    ck_assert_ptr_nonnull(strstr(text_of(status, "refusal"), "state_directory"));
    ck_assert_int_eq(json_integer_value(json_object_get(status, "exit_code")), 1);
    ck_assert_uint_eq(h.alerts, 1);
    house_clear(&h);
}
END_TEST

START_TEST(test_plans_are_not_lost_between_passes)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    json_object_clear(h.things);
    char first[32], second[32];
    h.carrying_out = true; /* both are asked for before the first one's answers come */
    step(&h,
         &(struct event){
             .kind = EVENT_COMMAND,
             .command = { .id = 901, .name = "plan", .who = "a", .clearance = CLEARANCE_WRITE } });
    h.carrying_out = false;
    step(&h, &(struct event){
                 .kind = EVENT_COMMAND,
                 .command = {
                     .id = 902, .name = "reconcile", .who = "b", .clearance = CLEARANCE_WRITE } });
    str_copy(first, sizeof(first),
             text_of(json_array_get(json_object_get(h.replies, "901"), 1), "operation"));
    str_copy(second, sizeof(second),
             text_of(json_array_get(json_object_get(h.replies, "902"), 1), "operation"));
    run_for(&h, MINUTES(1));
    const json_t *plan = json_object_get(operation(&h, first), "result");
    ck_assert_int_gt(json_integer_value(json_object_get(plan, "count")), 0);
    ck_assert_str_eq(text_of(operation(&h, second), "state"), "done");
    ck_assert_uint_gt(json_object_size(h.things), 0);
    house_clear(&h);
}
END_TEST

START_TEST(test_plans_do_not_fill_the_places_of_those_who_act)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    h.carrying_out = true; /* no answer comes meanwhile */
    for (uint64_t id = 900; id < 940; id++)
        step(&h, &(struct event){ .kind = EVENT_COMMAND,
                                  .command = { .id = id,
                                               .name = "plan",
                                               .who = "reader",
                                               .clearance = CLEARANCE_READ } });
    h.carrying_out = false;
    command(&h, "destroy", "{'confirm': 'demo'}", 202);
    run_for(&h, MINUTES(2));
    ck_assert_str_eq(text_of(command(&h, "status", NULL, 200), "posture"), "destroyed");
    house_clear(&h);
}
END_TEST

/* A destroy that is refused does not happen all the same. */
START_TEST(test_destroy_needs_a_place_among_the_operations)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    size_t made = json_object_size(h.things);
    h.carrying_out = true;
    for (uint64_t id = 900; id < 910; id++)
        step(&h, &(struct event){ .kind = EVENT_COMMAND,
                                  .command = { .id = id,
                                               .name = "reconcile",
                                               .who = "a",
                                               .clearance = CLEARANCE_WRITE } });
    json_auto_t *args = unit_json("{'confirm': 'demo'}");
    step(&h, &(struct event){ .kind = EVENT_COMMAND,
                              .command = { .id = 950,
                                           .name = "destroy",
                                           .who = "a",
                                           .args = args,
                                           .clearance = CLEARANCE_WRITE } });
    h.carrying_out = false;
    run_for(&h, 1);
    command(&h, "status", NULL, 200); /* and carries out what was put off */
    ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(h.replies, "950"), 0)), 409);
    run_for(&h, MINUTES(2));
    ck_assert_uint_eq(json_object_size(h.things), made);
    house_clear(&h);
}
END_TEST

START_TEST(test_a_hold_during_destroy_can_be_ended)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    size_t made = json_object_size(h.things);
    command(&h, "hold", "{'reason': 'wait', 'for_ms': 1000000000000000}", 200);
    command(&h, "hold", "{'reason': 'wait', 'for_ms': 9223372036854775807}", 400);
    command(&h, "resume", NULL, 200);
    command(&h, "destroy", "{'confirm': 'demo'}", 202);
    command(&h, "resume", NULL, 409);
    command(&h, "hold", "{'reason': 'wait'}", 200);
    command(&h, "resume", NULL, 200);
    run_for(&h, MINUTES(2));
    ck_assert_uint_lt(json_object_size(h.things), made);
    house_clear(&h);
}
END_TEST

START_TEST(test_reload_makes_orphans_that_can_be_destroyed)
{
    struct house h;
    house_init(&h, more);
    boot(&h, false);
    run_for(&h, SECONDS(30));
    size_t made = json_object_size(h.things);
    struct topology *topology = load(plain);
    step(&h, &(struct event){ .kind = EVENT_RELOADED, .reloaded = { .topology = topology } });
    topology_unref(topology);
    run_for(&h, MINUTES(2));
    ck_assert_uint_eq(json_object_size(h.things), made);
    command(&h, "destroy", "{'confirm': 'demo', 'only': 'sqs_queue/orders@us-east-1'}", 409);
    char id[32];
    str_copy(id, sizeof(id),
             text_of(command(&h, "destroy",
                             "{'confirm': 'demo', 'only': 'sqs_queue/refunds@us-east-1'}", 202),
                     "operation"));
    run_for(&h, MINUTES(1));
    ck_assert_str_eq(text_of(operation(&h, id), "state"), "done");
    ck_assert_uint_eq(json_object_size(h.things), made - 1);
    house_clear(&h);
}
END_TEST

START_TEST(test_observe_and_stop)
{
    struct house h;
    house_init(&h, plain);
    boot(&h, true);
    run_for(&h, MINUTES(3));
    ck_assert_uint_eq(json_object_size(h.things), 0);
    const json_t *status = command(&h, "status", NULL, 200);
    ck_assert_str_eq(text_of(status, "posture"), "observe");
    ck_assert_int_eq(json_integer_value(json_object_get(status, "exit_code")), 2);
    command(&h, "destroy", "{'confirm': 'demo'}", 409);
    brain_stop(h.brain);
    command(&h, "reconcile", NULL, 409);
    unsigned calls = h.calls;
    run_for(&h, HOURS(1));
    ck_assert_uint_eq(h.calls, calls);
    ck_assert(brain_idle(h.brain));
    house_clear(&h);
}
END_TEST

START_TEST(test_metrics_of_the_client)
{
    json_auto_t *status = unit_json(
        "{'client': {'attempts': {'sqs:GetQueueUrl': {'ok': 3}}, 'clock_offset_ms': {'us-east-1': "
        "-1500}}, 'unreachable': [{'region': 'us-east-2', 'service': 's\\\\q\\\"s\\n', "
        "'dark_ms': 2500}]}");
    autofree char *text = metrics_render(status);
    static const char *const lines[] = {
        "drd_aws_attempts_total{operation=\"sqs:GetQueueUrl\",outcome=\"ok\"} 3\n",
        "drd_clock_offset_seconds{region=\"us-east-1\"} -1.500\n",
        "drd_unreachable_seconds{region=\"us-east-2\",service=\"s\\\\q\\\"s\\n\"} 2.500\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        ck_assert_msg(strstr(text, lines[i]) != NULL, "%s is not in %s", lines[i], text);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_asks_whose_account_it_is_first,
        test_wrong_account_makes_no_other_call,
        test_no_credentials_are_asked_again_ever_later,
        test_wrong_commands,
        test_reconcile_plan_outputs_views,
        test_hold_and_resume,
        test_destroy_goes_on_after_a_restart,
        test_state_is_of_one_environment_and_account,
        test_reload_to_another_environment_changes_nothing,
        test_plans_are_not_lost_between_passes,
        test_plans_do_not_fill_the_places_of_those_who_act,
        test_destroy_needs_a_place_among_the_operations,
        test_a_hold_during_destroy_can_be_ended,
        test_reload_makes_orphans_that_can_be_destroyed,
        test_observe_and_stop,
        test_metrics_of_the_client,
    };
    return unit_run("brain", tests, ARRAY_SIZE(tests));
}
