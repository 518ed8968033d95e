/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against a made-up kind and a made-up AWS: {name: value}, one call to read it, one to
 * create and one to change it. Virtual time; every record and call is kept for the assertions. */
#include "daemon/brain/engine.h"
#include "tests/unit/unit.h"

#include <errno.h>

#define HERE REGION_US_EAST_1
#define THERE REGION_US_EAST_2

enum { CALLS_MOST = 256, ROUND_TRIP = 10 };

struct world {
    struct engine *engine;
    struct journal journal;
    struct random random;
    struct settings settings;
    struct now now;
    json_t *things;  /* id → value */
    json_t *records; /* [[kind, body]] */
    json_t *calls;   /* ["sqs:SetQueueAttributes name"] */
    struct {
        uint64_t id;
        struct call call;
        msec_t due;
    } out[CALLS_MOST];
    size_t n_out;
    int record_error;             /* what the store says to the next records */
    enum aws_class read_fault;    /* AWS_OK: none */
    enum aws_class write_fault;   /* … */
    enum region lost;             /* nothing there answers */
    bool works_anyway, forgetful; /* a failed write happens; an accepted one does not */
    unsigned throws;              /* so many faults, then none; 0: forever */
};

/* want: {"Name", "Value", "Needs"?, "Fixed"?} */
static struct verdict fake_step(const struct kind *kind, const struct subject *subject,
                                const json_t *facts)
{
    (void)kind;
    json_t *name = json_object_get(subject->want, "Name");
    json_t *value = json_object_get(subject->want, "Value");
    if (!fact_known(facts, "live")) {
        struct verdict v = verdict_read();
        call_list_add(&v.calls, call_new("sqs:GetQueueUrl", subject->region,
                                         json_pack("{sO}", "QueueName", name), "live"));
        return v;
    }
    const json_t *live = json_object_get(fact_body(facts, "live"), "Value");
    const char *operation = live == NULL ? "sqs:CreateQueue" : "sqs:SetQueueAttributes";
    json_t *drift = NULL;
    if (subject->goal == GOAL_ABSENT) {
        if (live == NULL)
            return verdict_done(NULL);
        drift_add(&drift, "", NULL, live, false);
        return verdict_write(
            call_new("sqs:DeleteQueue", subject->region, json_pack("{sO}", "QueueUrl", name), NULL),
            drift, "to be destroyed");
    }
    if (live != NULL && json_equal(live, value))
        return verdict_done(json_pack("{ss+}", "arn", "arn:", json_string_value(name)));
    drift_add(&drift, "/Value", value, live, false);
    if (live != NULL && json_object_get(subject->want, "Fixed") != NULL &&
        !verdict_consented(subject, drift)) {
        struct verdict v = verdict_blocked(drift, "fixed at creation");
        v.by_consent = true;
        return v;
    }
    return verdict_write(call_new(operation, subject->region,
                                  json_pack("{sO sO}", "QueueName", name, "Value", value), NULL),
                         drift, live == NULL ? "absent" : "drifted");
}

static const char *const fake_outputs[] = { "arn", NULL };
static const struct kind fake = { .name = "fake",
                                  .service = "sqs",
                                  .settle = SECONDS(10),
                                  .step = fake_step,
                                  .outputs = fake_outputs,
                                  .identity = "Name" };
static const struct kind steering = { .name = "steering",
                                      .service = "sqs",
                                      .steers_traffic = true,
                                      .step = fake_step,
                                      .outputs = fake_outputs,
                                      .identity = "Name" };

static const struct kind *find_fake(const char *name)
{
    return str_eq(name, "fake") ? &fake : str_eq(name, "steering") ? &steering : NULL;
}

static void world_init(struct world *w, bool observe, const json_t *checkpoint)
{
    *w = (struct world){ .now = { 1000, { 1700000000000 } },
                         .things = json_object(),
                         .records = json_array(),
                         .calls = json_array() };
    w->settings = (struct settings){ .pass_interval = MINUTES(1),
                                     .writes_per_pass = 100,
                                     .destroys_per_pass = 100,
                                     .repairs_per_hour = 3,
                                     .resources_at_once = 4 };
    random_seed(&w->random, 1);
    w->engine = engine_new(&w->journal, &w->random, find_fake, observe);
    engine_restore(w->engine, checkpoint, w->now);
}

static void world_clear(struct world *w)
{
    engine_free(w->engine);
    journal_clear(&w->journal);
    for (size_t i = 0; i < w->n_out; i++)
        call_clear(&w->out[i].call);
    json_decref(w->things);
    json_decref(w->records);
    json_decref(w->calls);
}

static struct answer world_answer(struct world *w, const struct call *call)
{
    bool reads = call->op->access == ACCESS_READ;
    const char *name = json_string_value(json_object_get(call->args, "QueueName"));
    if (name == NULL)
        name = json_string_value(json_object_get(call->args, "QueueUrl"));
    char text[128];
    snprintf(text, sizeof(text), "%s %s", call->op->name, name);
    json_array_append_new(w->calls, json_string(text));
    enum aws_class fault = reads ? w->read_fault : w->write_fault;
    if (w->lost == call->region)
        return answer_error(AWS_TRANSIENT, "", 0, "no route to host");
    if (fault != AWS_OK && w->throws > 0 && --w->throws == 0)
        w->read_fault = w->write_fault = AWS_OK;
    if (!reads && !w->forgetful && (fault == AWS_OK || w->works_anyway)) {
        json_object_set(w->things, name, json_object_get(call->args, "Value"));
        if (call->op->access == ACCESS_DESTROY)
            json_object_del(w->things, name);
    }
    if (fault != AWS_OK)
        return answer_error(fault, "Oops", 400, "that did not work");
    json_t *value = json_object_get(w->things, name);
    if (reads && value == NULL)
        return answer_error(AWS_NOT_FOUND, "NonExistentQueue", 400, "no");
    return answer_ok(json_pack("{sO*}", "Value", value));
}

/* Carries effects out until there are none left that need no time. */
static void settle(struct world *w, struct effects *effects)
{
    for (size_t i = 0; i < effects->n; i++) {
        struct effect *effect = &effects->items[i];
        if (effect->kind == EFFECT_RECORD) {
            json_t *body = json_incref(effect->record.body);
            ck_assert(json_object_get(body, "time") != NULL);
            if (w->record_error == 0)
                json_array_append_new(w->records,
                                      json_pack("[i, o]", (int)effect->record.kind, body));
            else
                json_decref(body);
        } else if (effect->kind == EFFECT_CALL) {
            ck_assert_uint_lt(w->n_out, CALLS_MOST);
            if (effect->after != 0 && w->record_error != 0)
                continue;
            ck_assert(effect->after != 0 || effect->call.call.op->access == ACCESS_READ);
            w->out[w->n_out].id = effect->call.id;
            w->out[w->n_out].call = effect->call.call;
            w->out[w->n_out++].due = w->now.boot + ROUND_TRIP;
            effect->call.call = (struct call){ 0 };
        }
    }
    struct effects more = { 0 };
    struct turn t = { w->now, &more };
    for (size_t i = 0; i < effects->n; i++)
        if (effects->items[i].kind == EFFECT_RECORD)
            engine_recorded(w->engine, effects->items[i].record.seq, w->record_error, &t);
    effects_clear(effects);
    if (more.n > 0)
        settle(w, &more);
    effects_clear(&more);
}

static void answer_one(struct world *w, size_t i)
{
    struct effects effects = { 0 };
    struct turn t = { w->now, &effects };
    struct answer answer = world_answer(w, &w->out[i].call);
    answer.call = w->out[i].id;
    call_clear(&w->out[i].call);
    w->out[i] = w->out[--w->n_out];
    ck_assert(engine_answer(w->engine, &answer, &t));
    answer_clear(&answer);
    settle(w, &effects);
}

static void advance(struct world *w, msec_t to)
{
    w->now.wall.ms += to - w->now.boot;
    w->now.boot = to;
}

static void run_for(struct world *w, msec_t duration)
{
    msec_t end = w->now.boot + duration;
    for (unsigned guard = 0;; guard++) {
        ck_assert_uint_lt(guard, 200000);
        size_t first = SIZE_MAX;
        for (size_t i = 0; i < w->n_out; i++)
            if (first == SIZE_MAX || w->out[i].due < w->out[first].due)
                first = i;
        msec_t next = engine_next(w->engine);
        if (first != SIZE_MAX && w->out[first].due <= next) {
            if (w->out[first].due > end)
                break;
            advance(w, msec_max(w->out[first].due, w->now.boot));
            answer_one(w, first);
            continue;
        }
        if (next > end)
            break;
        advance(w, msec_max(next, w->now.boot));
        struct effects effects = { 0 };
        engine_tick(w->engine, &(struct turn){ w->now, &effects });
        settle(w, &effects);
    }
    advance(w, end);
}

/* names: "a b>a c" — c alone, b needs a; upper case: in the other region. */
static void configure(struct world *w, const char *names, const char *kind, enum mode mode)
{
    struct graph graph = { 0 };
    struct problems problems = { 0 };
    for (const char *p = names; *p != '\0'; p++) {
        if (*p == ' ')
            continue;
        char name[2] = { *p, '\0' };
        bool here = *p >= 'a';
        json_t *want = json_pack("{ss ss}", "Name", name, "Value", "good");
        if (p[1] == '>') {
            json_object_set_new(want, "Needs", json_sprintf("${%s/%c.arn}", kind, p[2]));
            p += 2;
        } else if (p[1] == '!') {
            json_object_set_new(want, "Fixed", json_true());
            p++;
        }
        struct resource *r = graph_add(&graph, kind, name, here ? HERE : THERE, true, want, "/x");
        r->region = here ? HERE : THERE;
        r->mode = mode;
    }
    ck_assert_int_eq(graph_finish(&graph, &problems), 0);
    struct effects effects = { 0 };
    const struct engine_place place = { "test", "123456789012", &w->settings };
    engine_configure(w->engine, &graph, &place, &(struct turn){ w->now, &effects });
    settle(w, &effects);
}

static const char *state_of(struct world *w, const char *id)
{
    static char state[32];
    json_auto_t *row = engine_row(w->engine, id, w->now.boot);
    ck_assert_ptr_nonnull(row);
    str_copy(state, sizeof(state), json_string_value(json_object_get(row, "state")));
    return state;
}

static size_t count_calls(const struct world *w, const char *prefix)
{
    size_t n = 0, i;
    json_t *call;
    json_array_foreach(w->calls, i, call) n += str_prefix(json_string_value(call), prefix);
    return n;
}

static size_t count_records(const struct world *w, enum record_kind kind)
{
    size_t n = 0, i;
    json_t *record;
    json_array_foreach(w->records, i, record)
        n += json_integer_value(json_array_get(record, 0)) == (json_int_t)kind;
    return n;
}

static size_t count_writes(const struct world *w)
{
    return json_array_size(w->calls) - count_calls(w, "Get");
}

static json_int_t status_number(const struct world *w, const char *object, const char *key)
{
    json_auto_t *status = engine_status(w->engine, w->now);
    const json_t *in = object != NULL ? json_object_get(status, object) : status;
    return json_integer_value(json_object_get(in, key));
}

START_TEST(test_creates_in_order_and_then_rests)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "c>b b>a a D", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    json_auto_t *want = unit_json("{'a': 'good', 'b': 'good', 'c': 'good', 'D': 'good'}");
    ck_assert_json_eq(w.things, want);
    ck_assert_uint_eq(count_writes(&w), 4);
    ck_assert_int_eq(engine_exit_code(w.engine), 0);
    ck_assert_uint_eq(count_records(&w, RECORD_CHANGE), 4);
    ck_assert_uint_eq(count_records(&w, RECORD_RESULT), 4);
    ck_assert_uint_eq(engine_busy(w.engine), 0);
    ck_assert_int_eq(engine_next(w.engine), 1000 + MINUTES(1)); /* only the next pass */
    size_t calls = json_array_size(w.calls);
    run_for(&w, MINUTES(1));
    ck_assert_uint_eq(json_array_size(w.calls), calls + 4); /* one read each */
    ck_assert_uint_eq(count_writes(&w), 4);
    world_clear(&w);
}
END_TEST

START_TEST(test_repairs_and_records_before_and_after)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    json_object_set_new(w.things, "a", json_string("bad"));
    run_for(&w, MINUTES(1));
    ck_assert_str_eq(json_string_value(json_object_get(w.things, "a")), "good");
    size_t i;
    json_t *record, *found = NULL;
    json_array_foreach(w.records, i, record) if (json_integer_value(json_array_get(record, 0)) ==
                                                 RECORD_CHANGE) found = json_array_get(record, 1);
    json_auto_t *fields = unit_json("[{'pointer': '/Value', 'before': 'bad', 'after': 'good'}]");
    ck_assert_json_eq(json_object_get(found, "fields"), fields);
    ck_assert_str_eq(json_string_value(json_object_get(found, "op")), "sqs:SetQueueAttributes");
    world_clear(&w);
}
END_TEST

START_TEST(test_observe_writes_nothing_and_sees_all)
{
    struct world w;
    world_init(&w, true, NULL);
    configure(&w, "a b>a c", "fake", MODE_ENFORCE);
    json_object_set_new(w.things, "c", json_string("bad"));
    run_for(&w, MINUTES(2));
    ck_assert_uint_eq(count_writes(&w), 0);
    ck_assert_str_eq(state_of(&w, "fake/a"), "drifted");
    ck_assert_str_eq(state_of(&w, "fake/b"), "drifted"); /* though what it needs is not there */
    ck_assert_str_eq(state_of(&w, "fake/c"), "drifted");
    ck_assert_int_eq(engine_exit_code(w.engine), 2);
    world_clear(&w);
}
END_TEST

START_TEST(test_hold_and_mandate)
{
    struct world w;
    world_init(&w, false, NULL);
    struct effects effects = { 0 };
    engine_hold(w.engine, "a storm", "me", w.now.wall.ms + MINUTES(3),
                &(struct turn){ w.now, &effects });
    settle(&w, &effects);
    configure(&w, "a", "fake", MODE_ENFORCE);
    run_for(&w, MINUTES(2));
    ck_assert_uint_eq(count_writes(&w), 0);
    ck_assert_str_eq(state_of(&w, "fake/a"), "drifted");
    struct mandate mandate = { .may_write = false, .why = "another daemon leads" };
    engine_set_mandate(w.engine, &mandate);
    run_for(&w, MINUTES(3)); /* the hold ends by itself; the mandate still refuses */
    ck_assert(!engine_on_hold(w.engine));
    ck_assert_uint_eq(count_writes(&w), 0);
    mandate.may_write = true;
    engine_set_mandate(w.engine, &mandate);
    run_for(&w, MINUTES(2));
    ck_assert_str_eq(state_of(&w, "fake/a"), "in_sync");
    world_clear(&w);
}
END_TEST

static const char *approve(struct world *w, const char *id)
{
    struct effects effects = { 0 };
    const char *refusal = engine_approve(w->engine, id, "me", &(struct turn){ w->now, &effects });
    settle(w, &effects);
    return refusal;
}

START_TEST(test_propose_waits_for_approval)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a", "fake", MODE_PROPOSE);
    run_for(&w, MINUTES(2));
    ck_assert_uint_eq(count_writes(&w), 0);
    ck_assert_str_eq(state_of(&w, "fake/a"), "proposed");
    ck_assert_ptr_null(approve(&w, "fake/a"));
    run_for(&w, SECONDS(5));
    ck_assert_str_eq(state_of(&w, "fake/a"), "in_sync");
    json_object_set_new(w.things, "a", json_string("bad")); /* the approval is used up */
    run_for(&w, MINUTES(1));
    ck_assert_str_eq(state_of(&w, "fake/a"), "proposed");
    ck_assert_ptr_nonnull(approve(&w, "fake/z"));
    world_clear(&w);
}
END_TEST

START_TEST(test_traffic_is_restored_but_not_undone)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a", "steering", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    ck_assert_str_eq(state_of(&w, "steering/a"), "in_sync"); /* missing: created */
    json_object_set_new(w.things, "a", json_string("an operator saves the day"));
    run_for(&w, MINUTES(2));
    ck_assert_str_eq(state_of(&w, "steering/a"), "proposed");
    ck_assert_uint_eq(count_writes(&w), 1);
    world_clear(&w);
}
END_TEST

/* The account turns out to be the wrong one while reads are out: what they say leads to nothing. */
START_TEST(test_suspended_makes_nothing_of_late_answers)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a b>a", "fake", MODE_ENFORCE);
    engine_suspend(w.engine, true);
    run_for(&w, MINUTES(3));
    ck_assert_uint_eq(count_writes(&w), 0);
    ck_assert_uint_eq(json_array_size(w.calls), 1);
    engine_suspend(w.engine, false); /* as with the right one: what is wanted is said again */
    configure(&w, "a b>a", "fake", MODE_ENFORCE);
    run_for(&w, MINUTES(3));
    ck_assert_uint_eq(count_writes(&w), 2);
    world_clear(&w);
}
END_TEST

START_TEST(test_blocked_until_consent)
{
    struct world w;
    world_init(&w, false, NULL);
    json_object_set_new(w.things, "a", json_string("bad"));
    configure(&w, "a!", "fake", MODE_ENFORCE);
    run_for(&w, MINUTES(1));
    ck_assert_str_eq(state_of(&w, "fake/a"), "blocked");
    ck_assert(engine_approval_destroys(w.engine, "fake/a"));
    w.read_fault = AWS_TRANSIENT;
    ck_assert_ptr_null(approve(&w, "fake/a"));
    run_for(&w, SECONDS(1));
    json_object_set_new(w.things, "a", json_string("worse")); /* this was not agreed to */
    w.read_fault = AWS_OK;
    run_for(&w, MINUTES(2));
    ck_assert_str_eq(state_of(&w, "fake/a"), "blocked");
    ck_assert_uint_eq(count_writes(&w), 0);
    ck_assert_ptr_null(approve(&w, "fake/a"));
    run_for(&w, SECONDS(5));
    ck_assert_str_eq(state_of(&w, "fake/a"), "in_sync");
    world_clear(&w);
}
END_TEST

START_TEST(test_breaker_opens_and_approval_resets_it)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a", "fake", MODE_ENFORCE);
    for (int i = 0; i < 6; i++) {
        run_for(&w, MINUTES(2));
        json_object_set_new(w.things, "a", json_string("somebody else wants this"));
    }
    run_for(&w, MINUTES(2));
    ck_assert_str_eq(state_of(&w, "fake/a"), "breaker");
    ck_assert_uint_eq(count_calls(&w, "Set") + count_calls(&w, "Create"), 3);
    ck_assert_uint_eq(count_records(&w, RECORD_EVENT), 1);
    ck_assert_ptr_null(approve(&w, "fake/a"));
    run_for(&w, SECONDS(5));
    ck_assert_str_eq(state_of(&w, "fake/a"), "in_sync");
    world_clear(&w);
}
END_TEST

START_TEST(test_limits_per_pass)
{
    struct world w;
    world_init(&w, false, NULL);
    w.settings.writes_per_pass = 2;
    configure(&w, "a b c d e", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(20));
    ck_assert_uint_eq(count_writes(&w), 2);
    run_for(&w, MINUTES(1));
    ck_assert_uint_eq(count_writes(&w), 4);
    run_for(&w, MINUTES(1));
    ck_assert_int_eq(engine_exit_code(w.engine), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_journal_unwritable_stops_changes_only)
{
    struct world w;
    world_init(&w, false, NULL);
    w.record_error = -ENOSPC;
    configure(&w, "a b", "fake", MODE_ENFORCE);
    run_for(&w, MINUTES(2));
    ck_assert_uint_eq(count_writes(&w), 0);
    ck_assert_uint_gt(count_calls(&w, "Get"), 2); /* reading goes on */
    json_auto_t *status = engine_status(w.engine, w.now);
    ck_assert_str_eq(json_string_value(json_object_get(status, "posture")), "journal unwritable");
    w.record_error = 0;
    run_for(&w, MINUTES(1));
    ck_assert_int_eq(engine_exit_code(w.engine), 0);
    ck_assert_uint_eq(count_writes(&w), 2);
    world_clear(&w);
}
END_TEST

static const json_t *stored(const struct world *w, const char *key)
{
    const json_t *value = NULL;
    for (size_t i = 0; i < json_array_size(w->records); i++) {
        const json_t *body = json_array_get(json_array_get(w->records, i), 1);
        if (str_eq(json_string_value(json_object_get(body, "key")), key) ||
            str_eq(json_string_value(json_object_get(body, "id")), key))
            value = body;
    }
    return value;
}

/* Settings, and the inventory: in their latest form, once each. */
START_TEST(test_what_was_lost_is_recorded_anew)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a b!", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    json_object_set_new(w.things, "b", json_string("changed"));
    run_for(&w, MINUTES(1));
    w.record_error = -ENOSPC;
    struct effects effects = { 0 };
    struct turn t = { w.now, &effects };
    engine_hold(w.engine, "lost, and taken back", "tester", 0, &t);
    engine_hold(w.engine, NULL, "tester", 0, &t);
    ck_assert_ptr_null(engine_approve(w.engine, "fake/b", "tester", &t));
    settle(&w, &effects);
    engine_hold(w.engine, "to be kept", "tester", 0, &t);
    settle(&w, &effects);
    ck_assert_ptr_null(stored(&w, "hold"));
    run_for(&w, SECONDS(20));
    w.record_error = 0;
    run_for(&w, MINUTES(1));
    const json_t *hold = json_object_get(stored(&w, "hold"), "value");
    ck_assert_str_eq(json_string_value(json_object_get(hold, "reason")), "to be kept");
    ck_assert_ptr_nonnull(json_object_get(stored(&w, "approve:fake/b"), "value"));
    size_t settings = count_records(&w, RECORD_SETTING);
    run_for(&w, MINUTES(5));
    ck_assert_uint_eq(count_records(&w, RECORD_SETTING), settings);
    ck_assert_uint_eq(w.journal.lost, 0);
    ck_assert_uint_eq(json_object_size(w.journal.unsure), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_lost_replies_and_errors)
{
    static const struct {
        enum aws_class class;
        bool happened;
    } cases[] = {
        { AWS_UNKNOWN_OUTCOME, true }, { AWS_UNKNOWN_OUTCOME, false }, { AWS_TRANSIENT, false },
        { AWS_THROTTLED, false },      { AWS_EXISTS, true },           { AWS_IN_PROGRESS, false },
        { AWS_CONFLICT, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world w;
        world_init(&w, false, NULL);
        w.write_fault = cases[i].class;
        w.works_anyway = cases[i].happened;
        w.throws = 1;
        configure(&w, "a", "fake", MODE_ENFORCE);
        run_for(&w, SECONDS(50));
        ck_assert_str_eq(state_of(&w, "fake/a"), "in_sync");
        ck_assert_uint_eq(count_writes(&w), cases[i].happened ? 1 : 2);
        world_clear(&w);
    }
}
END_TEST

START_TEST(test_refused_change_is_not_repeated)
{
    struct world w;
    world_init(&w, false, NULL);
    w.write_fault = AWS_DENIED;
    configure(&w, "a b>a", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(55));
    ck_assert_str_eq(state_of(&w, "fake/a"), "error");
    ck_assert_str_eq(state_of(&w, "fake/b"), "waiting");
    ck_assert_uint_eq(count_writes(&w), 1);
    json_auto_t *row = engine_row(w.engine, "fake/a", w.now.boot);
    const json_t *error = json_object_get(row, "error");
    ck_assert_str_eq(json_string_value(json_object_get(error, "code")), "Oops");
    ck_assert_str_eq(json_string_value(json_object_get(error, "operation")), "sqs:CreateQueue");
    ck_assert_int_eq(engine_exit_code(w.engine), 1);
    w.write_fault = AWS_OK;
    run_for(&w, MINUTES(4));
    ck_assert_int_eq(engine_exit_code(w.engine), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_not_retained_is_said_and_not_looped)
{
    struct world w;
    world_init(&w, false, NULL);
    w.forgetful = true;
    configure(&w, "a", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(50));
    ck_assert_uint_eq(count_writes(&w), 1);
    ck_assert_str_eq(state_of(&w, "fake/a"), "drifted");
    ck_assert_int_eq(status_number(&w, NULL, "not_retained"), 1);
    world_clear(&w);
}
END_TEST

/* Someone changes it again while the change is still to show: people see that value. */
START_TEST(test_not_retained_shows_what_is_seen_now)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    w.forgetful = true;
    json_object_set_new(w.things, "a", json_string("first"));
    run_for(&w, SECONDS(58));
    json_object_set_new(w.things, "a", json_string("second"));
    run_for(&w, SECONDS(20));
    json_auto_t *row = engine_row(w.engine, "fake/a", w.now.boot);
    const json_t *entry = json_array_get(json_object_get(row, "drift"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(row, "state")), "drifted");
    ck_assert_str_eq(json_string_value(json_object_get(entry, "live")), "second");
    world_clear(&w);
}
END_TEST

START_TEST(test_lost_region_does_not_stop_the_other)
{
    struct world w;
    world_init(&w, false, NULL);
    w.lost = THERE;
    configure(&w, "a b>a A B C D E F G H", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(50));
    ck_assert_str_eq(state_of(&w, "fake/a"), "in_sync");
    ck_assert_str_eq(state_of(&w, "fake/b"), "in_sync");
    ck_assert_str_eq(state_of(&w, "fake/H"), "error");
    ck_assert_int_eq((json_int_t)engine_passed(w.engine), 1); /* the pass ended */
    json_auto_t *status = engine_status(w.engine, w.now);
    ck_assert_uint_eq(json_array_size(json_object_get(status, "unreachable")), 1);
    json_array_clear(w.calls);
    run_for(&w, MINUTES(2));
    ck_assert_uint_lt(json_array_size(w.calls), 30); /* hardly asked while dark */
    w.lost = REGION_NONE;
    run_for(&w, MINUTES(2));
    ck_assert_int_eq(engine_exit_code(w.engine), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_plan_changes_nothing)
{
    struct world w;
    world_init(&w, false, NULL);
    w.settings.pass_interval = HOURS(1);
    configure(&w, "a b>a", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(20));
    json_object_del(w.things, "a");
    json_object_set_new(w.things, "b", json_string("bad"));
    json_array_clear(w.calls);
    struct effects effects = { 0 };
    const struct engine_cause cause = { "op1", "me", true };
    uint64_t pass = engine_ask(w.engine, &cause, &(struct turn){ w.now, &effects });
    settle(&w, &effects);
    run_for(&w, SECONDS(10));
    ck_assert_uint_ge(engine_passed(w.engine), pass);
    ck_assert_uint_eq(count_writes(&w), 0);
    json_auto_t *plan = engine_take_plan(w.engine, &(struct turn){ w.now, &effects });
    ck_assert_uint_eq(json_array_size(plan), 2);
    const json_t *first = json_array_get(plan, 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "action")), "create");
    world_clear(&w);
}
END_TEST

static void destroy(struct world *w, const char *only)
{
    struct effects effects = { 0 };
    ck_assert_ptr_null(engine_destroy(w->engine, only, "me", &(struct turn){ w->now, &effects }));
    settle(w, &effects);
}

/* A read that is behind does not make what was made a moment ago "gone". */
START_TEST(test_destroy_does_not_trust_a_stale_absence)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a", "fake", MODE_ENFORCE);
    run_for(&w, 200);
    ck_assert_uint_eq(json_object_size(w.things), 1);
    w.read_fault = AWS_NOT_FOUND;
    destroy(&w, NULL);
    run_for(&w, SECONDS(3));
    ck_assert_uint_eq(engine_remaining(w.engine, NULL), 1);
    w.read_fault = AWS_OK;
    run_for(&w, MINUTES(1));
    ck_assert_uint_eq(engine_remaining(w.engine, NULL), 0);
    ck_assert_uint_eq(json_object_size(w.things), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_destroy_of_what_is_only_observed_waits_for_a_person)
{
    struct world w;
    world_init(&w, false, NULL);
    json_object_set_new(w.things, "a", json_string("wanted"));
    configure(&w, "a", "fake", MODE_OBSERVE);
    run_for(&w, SECONDS(5));
    destroy(&w, NULL);
    run_for(&w, SECONDS(5));
    ck_assert_str_eq(state_of(&w, "fake/a"), "blocked");
    ck_assert(engine_stuck(w.engine));
    ck_assert_uint_eq(count_writes(&w), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_destroys_dependents_first)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "c>b b>a a D", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    json_array_clear(w.calls);
    destroy(&w, NULL);
    run_for(&w, SECONDS(30));
    ck_assert_uint_eq(json_object_size(w.things), 0);
    ck_assert_uint_eq(engine_remaining(w.engine, NULL), 0);
    size_t at[3] = { 0 }, i;
    json_t *call;
    json_array_foreach(w.calls, i, call) for (int k = 0; k < 3; k++)
    {
        char text[32];
        snprintf(text, sizeof(text), "DeleteQueue %c", "cba"[k]);
        if (strcmp(json_string_value(call), text) == 0)
            at[k] = i + 1;
    }
    ck_assert(at[0] != 0 && at[0] < at[1] && at[1] < at[2]);
    size_t calls = json_array_size(w.calls);
    run_for(&w, MINUTES(10)); /* nothing is made again */
    ck_assert_uint_eq(json_array_size(w.calls), calls);
    ck_assert_int_eq(engine_next(w.engine), NEVER);
    struct effects effects = { 0 };
    engine_revive(w.engine, &(struct turn){ w.now, &effects });
    settle(&w, &effects);
    run_for(&w, MINUTES(1));
    ck_assert_uint_eq(json_object_size(w.things), 4);
    world_clear(&w);
}
END_TEST

START_TEST(test_orphans_stay_until_destroyed)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a b", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    configure(&w, "b", "fake", MODE_ENFORCE);
    run_for(&w, MINUTES(2));
    ck_assert_str_eq(state_of(&w, "fake/a"), "orphaned");
    ck_assert_uint_eq(json_object_size(w.things), 2);
    ck_assert_str_eq(engine_nearest(w.engine, "fake/bb"), "fake/b");
    destroy(&w, "fake/a");
    run_for(&w, SECONDS(30));
    ck_assert_uint_eq(json_object_size(w.things), 1);
    ck_assert_uint_eq(engine_remaining(w.engine, "fake/a"), 0);
    json_auto_t *row = engine_row(w.engine, "fake/a", w.now.boot);
    ck_assert_ptr_null(row);
    world_clear(&w);
}
END_TEST

/* What the store would give back after these records. */
static json_t *checkpoint_of(const struct world *w)
{
    json_t *resources = json_object(), *settings = json_object();
    size_t i;
    json_t *record;
    json_array_foreach(w->records, i, record)
    {
        json_t *body = json_array_get(record, 1);
        json_int_t kind = json_integer_value(json_array_get(record, 0));
        if (kind == RECORD_RESOURCE)
            json_object_set(resources, json_string_value(json_object_get(body, "id")), body);
        if (kind == RECORD_SETTING)
            json_object_set(settings, json_string_value(json_object_get(body, "key")),
                            json_object_get(body, "value"));
    }
    return json_pack("{so so sI}", "resources", resources, "settings", settings, "seq",
                     (json_int_t)w->journal.seq);
}

START_TEST(test_restart_remembers_orphans_and_destroy)
{
    struct world w, v;
    world_init(&w, false, NULL);
    configure(&w, "a b>a", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    json_auto_t *checkpoint = checkpoint_of(&w);
    world_init(&v, false, checkpoint);
    json_decref(v.things);
    v.things = json_incref(w.things);
    configure(&v, "b", "fake", MODE_ENFORCE);
    run_for(&v, MINUTES(1));
    ck_assert_str_eq(state_of(&v, "fake/a"), "orphaned");
    ck_assert_str_eq(state_of(&v, "fake/b"), "in_sync");
    ck_assert_uint_eq(count_writes(&v), 0);
    v.write_fault = AWS_TRANSIENT;
    destroy(&v, NULL);
    run_for(&v, SECONDS(5));
    json_auto_t *later = checkpoint_of(&v);
    struct world u;
    world_init(&u, false, later);
    json_decref(u.things);
    u.things = json_incref(w.things);
    configure(&u, "b", "fake", MODE_ENFORCE);
    ck_assert(engine_destroying(u.engine));
    run_for(&u, MINUTES(1));
    ck_assert_uint_eq(json_object_size(u.things), 1); /* a: its own checkpoint did not know it */
    world_clear(&w);
    world_clear(&v);
    world_clear(&u);
}
END_TEST

START_TEST(test_reload_under_way)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a b c d e f", "fake", MODE_ENFORCE);
    run_for(&w, 25); /* some are being created */
    ck_assert_uint_gt(engine_busy(w.engine), 0);
    configure(&w, "b d g>b", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(100));
    ck_assert_int_eq(engine_exit_code(w.engine), 0);
    ck_assert_ptr_nonnull(json_object_get(w.things, "g"));
    ck_assert_uint_eq(engine_busy(w.engine), 0);
    world_clear(&w);
}
END_TEST

START_TEST(test_stop_begins_nothing)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a b c", "fake", MODE_ENFORCE);
    run_for(&w, 15);
    engine_stop(w.engine);
    size_t writes = count_writes(&w) + w.n_out;
    run_for(&w, MINUTES(5));
    ck_assert_uint_le(count_writes(&w), writes);
    ck_assert_uint_eq(engine_busy(w.engine), 0);
    ck_assert_int_eq(engine_next(w.engine), NEVER);
    world_clear(&w);
}
END_TEST

START_TEST(test_rows_are_filtered_and_paged)
{
    struct world w;
    world_init(&w, false, NULL);
    configure(&w, "a b c D", "fake", MODE_ENFORCE);
    run_for(&w, SECONDS(5));
    json_auto_t *filter = unit_json("{'region': 'us-east-1', 'offset': 1, 'limit': 1}");
    json_auto_t *page = engine_rows(w.engine, filter, w.now.boot);
    ck_assert_int_eq(json_integer_value(json_object_get(page, "matched")), 3);
    ck_assert_uint_eq(json_array_size(json_object_get(page, "rows")), 1);
    json_auto_t *other = unit_json("{'state': 'drifted', 'kind': 'fake', 'id': 'a'}");
    json_auto_t *none = engine_rows(w.engine, other, w.now.boot);
    ck_assert_int_eq(json_integer_value(json_object_get(none, "matched")), 0);
    world_clear(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_creates_in_order_and_then_rests,
        test_repairs_and_records_before_and_after,
        test_observe_writes_nothing_and_sees_all,
        test_hold_and_mandate,
        test_propose_waits_for_approval,
        test_traffic_is_restored_but_not_undone,
        test_blocked_until_consent,
        test_suspended_makes_nothing_of_late_answers,
        test_destroy_does_not_trust_a_stale_absence,
        test_destroy_of_what_is_only_observed_waits_for_a_person,
        test_breaker_opens_and_approval_resets_it,
        test_limits_per_pass,
        test_journal_unwritable_stops_changes_only,
        test_what_was_lost_is_recorded_anew,
        test_lost_replies_and_errors,
        test_refused_change_is_not_repeated,
        test_not_retained_is_said_and_not_looped,
        test_not_retained_shows_what_is_seen_now,
        test_lost_region_does_not_stop_the_other,
        test_plan_changes_nothing,
        test_destroys_dependents_first,
        test_orphans_stay_until_destroyed,
        test_restart_remembers_orphans_and_destroy,
        test_reload_under_way,
        test_stop_begins_nothing,
        test_rows_are_filtered_and_paged,
    };
    return unit_run("engine", tests, ARRAY_SIZE(tests));
}
