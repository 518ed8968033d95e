/* SPDX-License-Identifier: Apache-2.0 */
/* The client under a virtual clock. The random runs take DRD_SEED, and print it. */
#include "tests/unit/client_world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const enum region HERE = REGION_US_EAST_1, THERE = REGION_US_EAST_2;

/* ---- plain ---- */

START_TEST(a_call_is_answered)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 7, world_queue_url("orders", THERE));
    ck_assert_uint_eq(w->n_out, 0);
    ck_assert_int_eq(w->wake, w->now.boot);
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 1);
    const struct attempt *a = &w->out[0];
    ck_assert_str_eq(a->op->name, "GetQueueUrl");
    ck_assert_int_eq(a->region, THERE);
    ck_assert_str_eq(a->credentials->access_key, "AKID");
    ck_assert_str_eq(json_string_value(json_object_get(a->args, "QueueName")), "orders");
    ck_assert_uint_eq(a->number, 1);
    ck_assert_int_eq(a->timeout, 10000);
    ck_assert(!a->fresh_connection);
    ck_assert_uint_eq(strlen(a->invocation), 36);
    ck_assert_int_eq(a->invocation[14], '4');
    ck_assert_uint_eq(client_in_flight(w->c), 1);
    ck_assert_uint_eq(client_pending(w->c), 1);
    world_pass(w, 30);
    world_ok(w, 0, "{'QueueUrl': 'u'}");
    ck_assert_class(w, 7, AWS_OK);
    ck_assert_str_eq(json_string_value(json_object_get(w->answers[7].body, "QueueUrl")), "u");
    ck_assert_uint_eq(w->answers[7].attempts, 1);
    ck_assert_int_eq(w->answers[7].received.boot - w->answers[7].sent.boot, 30);
    ck_assert_uint_eq(client_in_flight(w->c) + client_pending(w->c), 0);
    world_free(w);
}
END_TEST

START_TEST(errors_of_aws_are_passed_on)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("orders", HERE));
    world_pass(w, 0);
    world_error(w, 0, AWS_NOT_FOUND, "QueueDoesNotExist", 400);
    ck_assert_class(w, 1, AWS_NOT_FOUND);
    ck_assert_str_eq(w->answers[1].code, "QueueDoesNotExist");
    world_free(w);
}
END_TEST

START_TEST(late_and_unknown_ends_are_ignored)
{
    struct world *w = world_new((struct client_settings){ 0 });
    struct client_effects effects = { 0 };
    client_attempt_ended(w->c, 99, answer_ok(json_object()), true, (wall_t){ 0 }, w->now, &effects);
    ck_assert_uint_eq(effects.n, 0);
    client_effects_clear(&effects);
    client_effects_clear(NULL);
    client_free(NULL);
    world_free(w);
}
END_TEST

/* ---- refusals ---- */

START_TEST(observe_mode_sends_reads_only)
{
    struct world *w = world_new((struct client_settings){ .observe = true });
    world_submit(w, 1, world_create_queue("orders", HERE));
    ck_assert_class(w, 1, AWS_REFUSED);
    ck_assert_str_eq(w->answers[1].message,
                     "observe mode: sqs:CreateQueue is not a read, so it was not sent");
    world_submit(w, 2, world_queue_url("orders", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_attempts, 1);
    world_free(w);
}
END_TEST

START_TEST(malformed_calls_do_not_leave)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, call_new("sqs:GetQueueUrl", HERE, unit_json("{'Name': 'x'}"), NULL));
    ck_assert_class(w, 1, AWS_INVALID);
    ck_assert_ptr_nonnull(strstr(w->answers[1].message, "sqs:GetQueueUrl was not sent"));
    world_free(w);
}
END_TEST

START_TEST(a_deadline_in_the_past)
{
    struct world *w = world_new((struct client_settings){ 0 });
    struct call call = world_queue_url("orders", HERE);
    call.deadline = w->now.boot;
    world_submit(w, 1, call);
    ck_assert_class(w, 1, AWS_REFUSED);
    world_free(w);
}
END_TEST

/* ---- deadlines ---- */

START_TEST(never_sent_is_refused_at_the_deadline)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 1 });
    world_submit(w, 1, world_create_queue("a", HERE));
    world_submit(w, 2, world_create_queue("b", HERE));
    world_pass(w, 59999);
    ck_assert_uint_eq(w->answered[1] + w->answered[2], 0);
    world_pass(w, 1);
    ck_assert_class(w, 1, AWS_UNKNOWN_OUTCOME);
    ck_assert_class(w, 2, AWS_REFUSED);
    ck_assert_uint_eq(w->n_attempts, 1);
    ck_assert_uint_eq(client_in_flight(w->c), 1);
    world_error(w, 0, AWS_TRANSIENT, "Timeout", 0); /* nobody waits for it any more */
    ck_assert_uint_eq(client_in_flight(w->c), 0);
    world_free(w);
}
END_TEST

START_TEST(a_read_on_its_way_at_the_deadline)
{
    struct world *w = world_new((struct client_settings){ 0 });
    struct call call = world_queue_url("orders", HERE);
    call.deadline = w->now.boot + 500;
    world_submit(w, 1, call);
    world_pass(w, 0);
    ck_assert_int_eq(w->out[0].timeout, 500);
    world_pass(w, 500);
    ck_assert_class(w, 1, AWS_TRANSIENT);
    /* a new equal call takes the orphan over */
    world_submit(w, 2, world_queue_url("orders", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_attempts, 1);
    world_ok(w, 0, "{'QueueUrl': 'u'}");
    ck_assert_class(w, 2, AWS_OK);
    world_free(w);
}
END_TEST

START_TEST(a_throttled_write_at_the_deadline_did_not_happen)
{
    struct world *w = world_new((struct client_settings){ 0 });
    struct call call = world_create_queue("orders", HERE);
    call.deadline = w->now.boot + 900; /* within the family's pause */
    world_submit(w, 1, call);
    world_pass(w, 0);
    world_error(w, 0, AWS_THROTTLED, "RequestThrottled", 400);
    world_pass(w, 900);
    ck_assert_uint_eq(w->n_out, 0);
    ck_assert_uint_eq(w->answered[1], 1);
    ck_assert(w->answers[1].class == AWS_THROTTLED || w->answers[1].class == AWS_TRANSIENT);
    world_free(w);
}
END_TEST

START_TEST(a_transient_failure_is_tried_again)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("orders", HERE));
    world_pass(w, 0);
    char invocation[37];
    memcpy(invocation, w->out[0].invocation, sizeof invocation);
    world_error(w, 0, AWS_TRANSIENT, "InternalError", 500);
    ck_assert_uint_eq(w->answered[1], 0);
    world_pass(w, 50);
    ck_assert_uint_eq(w->n_out, 1);
    ck_assert_uint_eq(w->out[0].number, 2);
    ck_assert_str_eq(w->out[0].invocation, invocation);
    world_ok(w, 0, "{'QueueUrl': 'u'}");
    ck_assert_class(w, 1, AWS_OK);
    ck_assert_uint_eq(w->answers[1].attempts, 2);
    world_free(w);
}
END_TEST

START_TEST(lost_replies)
{
    const struct {
        enum retry retry;
        bool sent, again;
        enum aws_class class;
    } rows[] = {
        { RETRY_FULL, true, true, AWS_OK },
        { RETRY_FULL, false, true, AWS_OK },
        { RETRY_UNSENT, true, false, AWS_UNKNOWN_OUTCOME },
        { RETRY_UNSENT, false, true, AWS_OK },
        { RETRY_NEVER, true, false, AWS_UNKNOWN_OUTCOME },
        { RETRY_NEVER, false, false, AWS_TRANSIENT },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct world *w = world_new((struct client_settings){ 0 });
        struct call call = world_create_queue("orders", HERE);
        call.retry = rows[i].retry;
        world_submit(w, 1, call);
        world_pass(w, 0);
        ck_assert_int_eq(w->out[0].fresh_connection, rows[i].retry == RETRY_NEVER);
        world_end(w, 0, answer_error(AWS_UNKNOWN_OUTCOME, "Reset", 0, "reset"), rows[i].sent, 0);
        world_pass(w, 100);
        ck_assert_uint_eq(w->n_out, rows[i].again);
        if (rows[i].again)
            world_ok(w, 0, "{'QueueUrl': 'u'}");
        ck_assert_class(w, 1, rows[i].class);
        world_free(w);
    }
}
END_TEST

START_TEST(a_failure_of_aws_may_have_done_the_write)
{
    struct world *w = world_new((struct client_settings){ 0 });
    struct call call = world_create_queue("orders", HERE);
    call.retry = RETRY_NEVER;
    world_submit(w, 1, call);
    world_pass(w, 0);
    world_error(w, 0, AWS_TRANSIENT, "InternalFailure", 500);
    ck_assert_class(w, 1, AWS_UNKNOWN_OUTCOME);
    /* lost first, then throttled until the end: still unknown */
    call = world_create_queue("orders", HERE);
    call.deadline = w->now.boot + 200;
    world_submit(w, 2, call);
    world_pass(w, 0);
    world_error(w, 0, AWS_TRANSIENT, "", 0);
    ck_assert_uint_eq(w->answered[2], 0); /* sent or not decides, and 0 says that it was not */
    world_pass(w, 60);
    world_end(w, 0, answer_error(AWS_UNKNOWN_OUTCOME, "", 0, "lost"), true, 0);
    world_pass(w, 100);
    if (w->n_out > 0)
        world_error(w, 0, AWS_THROTTLED, "RequestThrottled", 400);
    world_pass(w, 200);
    ck_assert_class(w, 2, AWS_UNKNOWN_OUTCOME);
    world_free(w);
}
END_TEST

START_TEST(the_quota_ends_a_storm_of_retries)
{
    struct world *w = world_new((struct client_settings){ .budget_scale = 100 });
    for (uint64_t id = 0; id < 15; id++) {
        autofree char *name = xasprintf("q%" PRIu64, id);
        world_submit(w, id, world_queue_url(name, HERE));
    }
    for (unsigned i = 0; i < 4000 && client_pending(w->c) > 0; i++) {
        while (w->n_out > 0)
            world_error(w, 0, AWS_TRANSIENT, "InternalError", 500);
        world_pass(w, 10);
    }
    ck_assert_uint_le(w->n_attempts, 15 + 500 / 14);
    ck_assert_uint_gt(w->n_attempts, 15);
    for (uint64_t id = 0; id < 15; id++)
        ck_assert_class(w, id, AWS_TRANSIENT);
    world_free(w);
}
END_TEST

/* ---- budgets, places, order ---- */

START_TEST(budgets_hold_and_other_families_do_not_wait)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 100 });
    for (uint64_t id = 0; id < 30; id++) {
        autofree char *name = xasprintf("q%" PRIu64, id);
        world_submit(w, id, world_queue_url(name, HERE));
    }
    world_submit(w, 100, call_new("sns:ListTopics", HERE, json_object(), NULL));
    world_submit(w, 101, world_queue_url("q", THERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 8 + 2); /* sqs: 10 at once, 2 of them failover's */
    world_pass(w, 1000);
    ck_assert_uint_eq(w->n_out, 8 + 2 + 5);
    struct call urgent = world_queue_url("urgent", HERE);
    urgent.priority = PRIORITY_FAILOVER;
    world_submit(w, 102, urgent);
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 8 + 2 + 5 + 1);
    world_free(w);
}
END_TEST

/* A queue that only drd's own budget slows down moves: nobody in it is refused. */
START_TEST(a_long_queue_is_served_to_its_end)
{
    struct world *w = world_new((struct client_settings){ 0 });
    enum { N = 450 }; /* 90 s at 5 a second */
    for (uint64_t id = 1; id <= N; id++)
        world_submit(w, id, world_create_queue("q", HERE));
    for (unsigned i = 0; i < 1000 && client_pending(w->c) > 0; i++) {
        world_pass(w, 100);
        while (w->n_out > 0)
            world_ok(w, 0, "{'QueueUrl': 'u'}");
    }
    for (uint64_t id = 1; id <= N; id++)
        ck_assert_class(w, id, AWS_OK);
    world_free(w);
}
END_TEST

/* Where AWS throttles, patience ends; and a call that was sent late has its whole time. */
START_TEST(patience_ends_where_aws_throttles)
{
    struct world *w = world_new((struct client_settings){ 0 });
    enum { N = 450 };
    for (uint64_t id = 1; id <= N; id++)
        world_submit(w, id, world_create_queue("q", HERE));
    for (unsigned i = 0; i < 59; i++) {
        world_pass(w, 1000);
        while (w->n_out > 1)
            world_ok(w, 0, "{'QueueUrl': 'u'}");
        while (w->n_out > 0)
            world_error(w, 0, AWS_THROTTLED, "RequestThrottled", 400);
    }
    ck_assert_uint_eq(w->answered[N], 0);
    world_pass(w, 1000);
    ck_assert_class(w, N, AWS_REFUSED);
    ck_assert_ptr_nonnull(strstr(w->answers[N].message, "waited for its budget"));
    world_free(w);
}
END_TEST

START_TEST(the_deadline_counts_from_the_first_attempt)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 1 });
    world_submit(w, 1, world_create_queue("a", HERE));
    world_submit(w, 2, world_create_queue("b", HERE));
    world_pass(w, 59000);
    world_ok(w, 0, "{'QueueUrl': 'u'}");
    world_pass(w, 0);
    ck_assert_int_eq(w->out[0].timeout, 10000);
    world_pass(w, 59999);
    ck_assert_uint_eq(w->answered[2], 0);
    world_pass(w, 1);
    ck_assert_class(w, 2, AWS_UNKNOWN_OUTCOME);
    world_free(w);
}
END_TEST

START_TEST(what_was_begun_goes_first)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 1 });
    world_submit(w, 1, world_create_queue("a", HERE));
    world_submit(w, 2, world_create_queue("b", HERE));
    struct call begun = world_create_queue("c", HERE);
    begun.begun = true;
    world_submit(w, 3, begun);
    world_pass(w, 0);
    ck_assert_str_eq(json_string_value(json_object_get(w->out[0].args, "QueueName")), "c");
    struct call important = world_create_queue("d", HERE);
    important.priority = PRIORITY_OPERATOR;
    world_submit(w, 4, important);
    world_ok(w, 0, "{'QueueUrl': 'u'}");
    world_pass(w, 0);
    ck_assert_str_eq(json_string_value(json_object_get(w->out[0].args, "QueueName")), "d");
    world_free(w);
}
END_TEST

START_TEST(a_throttled_family_pauses_alone)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("a", HERE));
    world_pass(w, 0);
    world_error(w, 0, AWS_THROTTLED, "RequestThrottled", 400);
    world_submit(w, 2, world_queue_url("b", HERE));
    world_submit(w, 3, call_new("sns:ListTopics", HERE, json_object(), NULL));
    world_submit(w, 4, world_queue_url("b", THERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2);
    json_auto_t *status = client_status(w->c, w->now);
    const json_t *paused = json_object_get(json_object_get(status, "paused"), "us-east-1");
    ck_assert_int_eq(json_integer_value(json_object_get(paused, "sqs")), 1000);
    ck_assert_int_eq(json_integer_value(json_object_get(status, "throttled")), 1);
    world_pass(w, 1000);
    ck_assert_uint_eq(w->n_out, 2); /* one token takes 200 ms more than failover's reserve */
    world_pass(w, 2000);
    ck_assert_uint_eq(w->n_out, 4);
    world_free(w);
}
END_TEST

START_TEST(places_per_region_and_order)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 2, .budget_scale = 100 });
    static const enum priority priorities[] = { PRIORITY_BACKGROUND, PRIORITY_NORMAL,
                                                PRIORITY_NORMAL,     PRIORITY_OPERATOR,
                                                PRIORITY_FAILOVER,   PRIORITY_FAILOVER };
    for (uint64_t id = 0; id < ARRAY_SIZE(priorities); id++) {
        autofree char *name = xasprintf("q%" PRIu64, id);
        struct call call = world_queue_url(name, HERE);
        call.priority = priorities[id];
        world_submit(w, id, call);
    }
    world_submit(w, 20, world_queue_url("q", THERE));
    world_pass(w, 0);
    static const char *const order[] = { "q4", "q5", "q", "q3", "q1", "q2", "q0" };
    ck_assert_uint_eq(w->n_out, 3);
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        ck_assert_str_eq(json_string_value(json_object_get(w->out[0].args, "QueueName")), order[i]);
        world_ok(w, 0, "{'QueueUrl': 'u'}");
        ck_assert_uint_le(w->n_out, 3);
    }
    world_free(w);
}
END_TEST

START_TEST(failover_finds_a_place_when_all_hang)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 2, .budget_scale = 100 });
    for (uint64_t id = 0; id < 5; id++) {
        autofree char *name = xasprintf("q%" PRIu64, id);
        world_submit(w, id, world_queue_url(name, HERE));
    }
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2);
    struct call call = world_queue_url("urgent", HERE);
    call.priority = PRIORITY_FAILOVER;
    world_submit(w, 10, call);
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 3);
    world_free(w);
}
END_TEST

/* ---- sharing ---- */

START_TEST(equal_reads_share_an_attempt)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("a", HERE));
    world_submit(w, 2, world_queue_url("a", HERE));
    world_submit(w, 3, world_queue_url("b", HERE));
    world_pass(w, 0);
    world_submit(w, 4, world_queue_url("a", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2);
    world_ok(w, 0, "{'QueueUrl': 'u'}");
    for (uint64_t id = 1; id <= 4; id++)
        ck_assert_uint_eq(w->answered[id], id != 3);
    ck_assert_ptr_ne(w->answers[1].body, w->answers[2].body);
    world_submit(w, 5, world_queue_url("a", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2); /* what has ended is not shared */
    world_free(w);
}
END_TEST

START_TEST(writes_do_not_share)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_create_queue("a", HERE));
    world_submit(w, 2, world_create_queue("a", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2);
    world_free(w);
}
END_TEST

START_TEST(a_read_after_a_write_does_not_join_one_from_before)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("a", HERE));
    world_pass(w, 0);
    world_submit(w, 2, world_create_queue("a", HERE));
    world_pass(w, 0);
    world_ok(w, 1, "{'QueueUrl': 'u'}");
    world_submit(w, 3, world_queue_url("a", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2);
    world_error(w, 0, AWS_NOT_FOUND, "QueueDoesNotExist", 400);
    world_ok(w, 0, "{'QueueUrl': 'u'}");
    ck_assert_class(w, 1, AWS_NOT_FOUND);
    ck_assert_class(w, 3, AWS_OK);
    world_free(w);
}
END_TEST

START_TEST(a_timer_that_rings_early_is_asked_for_again)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("a", HERE));
    world_pass(w, 0);
    world_error(w, 0, AWS_THROTTLED, "RequestThrottled", 400);
    ck_assert_int_gt(w->wake, w->now.boot);
    world_woken(w);
    ck_assert_int_lt(w->wake, NEVER);
    world_pass(w, 5000);
    ck_assert_uint_eq(w->n_out, 1);
    world_free(w);
}
END_TEST

START_TEST(a_joined_call_lends_its_priority)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 1, .budget_scale = 100 });
    world_submit(w, 1, world_queue_url("first", HERE));
    world_submit(w, 2, world_queue_url("b", HERE));
    struct call call = world_queue_url("c", HERE);
    call.priority = PRIORITY_BACKGROUND;
    world_submit(w, 3, call);
    world_pass(w, 0);
    call = world_queue_url("c", HERE);
    call.priority = PRIORITY_OPERATOR;
    world_submit(w, 4, call);
    world_ok(w, 0, "{}");
    ck_assert_str_eq(json_string_value(json_object_get(w->out[0].args, "QueueName")), "c");
    world_free(w);
}
END_TEST

/* ---- batches ---- */

static struct call parameters(const char *names)
{
    return call_new("ssm:GetParameters", REGION_US_EAST_1,
                    json_pack("{so sb}", "Names", unit_json(names), "WithDecryption", 1), NULL);
}

static const char *name_of(const struct world *w, uint64_t id, const char *list, size_t i)
{
    const json_t *element = json_array_get(json_object_get(w->answers[id].body, list), i);
    return json_is_object(element) ? json_string_value(json_object_get(element, "Name"))
                                   : json_string_value(element);
}

START_TEST(names_are_merged_and_dealt_out)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, parameters("['/a']"));
    world_submit(w, 2, parameters("['/b', '/c']"));
    world_submit(w, 3, parameters("['/a', '/missing']"));
    world_submit(w, 4, parameters("['arn:aws:ssm:us-east-1:1:parameter/a']"));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2);
    json_auto_t *names = unit_json("['/a', '/b', '/c', '/missing']");
    ck_assert_json_eq(json_object_get(w->out[0].args, "Names"), names);
    ck_assert(json_is_true(json_object_get(w->out[0].args, "WithDecryption")));
    world_ok(w, 0,
             "{'Parameters': [{'Name': '/c'}, {'Name': '/a', 'Value': '1'}, {'Name': '/b'}], "
             "'InvalidParameters': ['/missing'], 'Other': 5}");
    json_auto_t *one = unit_json("{'Parameters': [{'Name': '/a', 'Value': '1'}], "
                                 "'InvalidParameters': [], 'Other': 5}");
    ck_assert_json_eq(w->answers[1].body, one);
    ck_assert_str_eq(name_of(w, 2, "Parameters", 0), "/c");
    ck_assert_str_eq(name_of(w, 2, "Parameters", 1), "/b");
    ck_assert_ptr_null(name_of(w, 2, "InvalidParameters", 0));
    ck_assert_str_eq(name_of(w, 3, "Parameters", 0), "/a");
    ck_assert_str_eq(name_of(w, 3, "InvalidParameters", 0), "/missing");
    world_free(w);
}
END_TEST

START_TEST(a_batch_is_as_large_as_aws_allows)
{
    struct world *w = world_new((struct client_settings){ 0 });
    for (uint64_t id = 0; id < 25; id++) {
        autofree char *names = xasprintf("['/%" PRIu64 "']", id);
        world_submit(w, id, parameters(names));
    }
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 3);
    ck_assert_uint_eq(json_array_size(json_object_get(w->out[0].args, "Names")), 10);
    ck_assert_uint_eq(json_array_size(json_object_get(w->out[2].args, "Names")), 5);
    world_submit(w, 30, parameters("['/30']")); /* not into one that is on its way */
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 4);
    world_free(w);
}
END_TEST

START_TEST(one_wrong_name_does_not_spoil_the_others)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, parameters("['/a']"));
    world_submit(w, 2, parameters("['/b']"));
    world_pass(w, 0);
    world_error(w, 0, AWS_INVALID, "ValidationException", 400);
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 2);
    ck_assert_uint_eq(json_array_size(json_object_get(w->out[0].args, "Names")), 1);
    world_ok(w, 0, "{'Parameters': [{'Name': '/a'}]}");
    world_error(w, 0, AWS_INVALID, "ValidationException", 400);
    ck_assert_class(w, 1, AWS_OK);
    ck_assert_class(w, 2, AWS_INVALID);
    ck_assert_uint_eq(w->answers[2].attempts, 2);
    world_free(w);
}
END_TEST

START_TEST(the_callers_arguments_stay_as_they_are)
{
    struct world *w = world_new((struct client_settings){ 0 });
    struct call call = parameters("['/a']");
    struct client_effects effects = { 0 };
    world_expect(w, 1);
    client_submit(w->c, 1, &call, w->now, &effects);
    world_take(w, &effects);
    world_submit(w, 2, parameters("['/b']"));
    world_pass(w, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(call.args, "Names")), 1);
    call_clear(&call);
    world_free(w);
}
END_TEST

/* ---- pages ---- */

static struct call roles(void)
{
    return call_new("iam:ListRoles", REGION_US_EAST_1, json_object(), NULL);
}

START_TEST(pages_are_joined)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, roles());
    world_pass(w, 0);
    ck_assert_ptr_null(json_object_get(w->out[0].args, "Marker"));
    world_ok(w, 0, "{'Roles': [1, 2], 'IsTruncated': true, 'Marker': 'm1'}");
    ck_assert_str_eq(json_string_value(json_object_get(w->out[0].args, "Marker")), "m1");
    world_error(w, 0, AWS_TRANSIENT, "InternalError", 500);
    world_pass(w, 100);
    world_ok(w, 0, "{'Roles': [3], 'IsTruncated': true, 'Marker': 'm2'}");
    ck_assert_uint_eq(w->out[0].number, 1);
    world_ok(w, 0, "{'Roles': [4], 'IsTruncated': false}");
    json_auto_t *all = unit_json("{'Roles': [1, 2, 3, 4], 'IsTruncated': false}");
    ck_assert_json_eq(w->answers[1].body, all);
    ck_assert_uint_eq(w->answers[1].attempts, 4);
    world_free(w);
}
END_TEST

START_TEST(a_pager_that_repeats_itself)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, roles());
    world_pass(w, 0);
    world_ok(w, 0, "{'Roles': [1], 'IsTruncated': true, 'Marker': 'm1'}");
    world_ok(w, 0, "{'Roles': [2], 'IsTruncated': true, 'Marker': 'm1'}");
    ck_assert_class(w, 1, AWS_BAD_ANSWER);
    ck_assert_ptr_nonnull(strstr(w->answers[1].message, "pager makes no progress"));
    world_submit(w, 2, roles());
    world_pass(w, 0);
    world_ok(w, 0, "{'Roles': [1], 'IsTruncated': true}");
    ck_assert_class(w, 2, AWS_BAD_ANSWER);
    world_free(w);
}
END_TEST

START_TEST(bounds_on_pages)
{
    struct world *w = world_new((struct client_settings){ .max_pages = 3 });
    world_submit(w, 1, roles());
    struct call call = roles();
    call.max_pages = 1;
    world_submit(w, 2, call);
    world_pass(w, 0);
    world_ok(w, 1, "{'Roles': [1], 'IsTruncated': true, 'Marker': 'next'}");
    ck_assert_class(w, 2, AWS_OK);
    ck_assert(json_is_true(json_object_get(w->answers[2].body, "IsTruncated")));
    world_ok(w, 0, "{'Roles': [1], 'IsTruncated': true, 'Marker': 'a'}");
    world_ok(w, 0, "{'Roles': [1], 'IsTruncated': true, 'Marker': 'b'}");
    world_ok(w, 0, "{'Roles': [1], 'IsTruncated': true, 'Marker': 'c'}");
    ck_assert_class(w, 1, AWS_BAD_ANSWER);
    ck_assert_ptr_nonnull(strstr(w->answers[1].message, "more pages than allowed"));
    world_free(w);
}
END_TEST

START_TEST(tokens_that_are_objects_and_counters_that_add_up)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, call_new("dynamodb:Scan", HERE, unit_json("{'TableName': 'orders'}"), NULL));
    world_pass(w, 0);
    world_ok(w, 0,
             "{'Items': [{}], 'Count': 1, 'ScannedCount': 2, "
             "'LastEvaluatedKey': {'id': {'S': 'x'}}}");
    json_auto_t *key = unit_json("{'id': {'S': 'x'}}");
    ck_assert_json_eq(json_object_get(w->out[0].args, "ExclusiveStartKey"), key);
    world_ok(w, 0, "{'Items': [{}, {}], 'Count': 2, 'ScannedCount': 3}");
    json_auto_t *all = unit_json("{'Items': [{}, {}, {}], 'Count': 3, 'ScannedCount': 5}");
    ck_assert_json_eq(w->answers[1].body, all);
    world_free(w);
}
END_TEST

/* ---- clocks and keys ---- */

START_TEST(clock_skew_is_learnt_per_region)
{
    static const struct {
        const char *code, *message;
    } rows[] = {
        { "RequestTimeTooSkewed", "The difference is too large" },
        { "InvalidSignatureException", "Signature expired: 2026 is now earlier than" },
        { "SignatureDoesNotMatch", "Signature not yet current: 2026" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct world *w = world_new((struct client_settings){ 0 });
        world_submit(w, 1, world_create_queue("a", HERE));
        world_pass(w, 0);
        int64_t date = w->now.wall.ms + 600000;
        world_end(w, 0, answer_error(AWS_CREDENTIALS, rows[i].code, 403, "%s", rows[i].message),
                  true, date);
        ck_assert_uint_eq(w->n_out, 1);
        ck_assert_int_eq(w->out[0].clock_offset_ms, 600000);
        /* a second time it is an error like others */
        world_end(w, 0, answer_error(AWS_CREDENTIALS, rows[i].code, 403, "%s", rows[i].message),
                  true, date);
        ck_assert_class(w, 1, AWS_CREDENTIALS);
        world_submit(w, 2, world_queue_url("a", THERE));
        world_pass(w, 0);
        ck_assert_int_eq(w->out[0].clock_offset_ms, 0);
        json_auto_t *status = client_status(w->c, w->now);
        json_auto_t *offsets = unit_json("{'us-east-1': 600000}");
        ck_assert_json_eq(json_object_get(status, "clock_offset_ms"), offsets);
        world_free(w);
    }
}
END_TEST

START_TEST(a_wrong_signature_is_no_skew)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("a", HERE));
    world_pass(w, 0);
    world_end(w, 0, answer_error(AWS_CREDENTIALS, "SignatureDoesNotMatch", 403, "wrong key"), true,
              w->now.wall.ms + 600000);
    ck_assert_class(w, 1, AWS_CREDENTIALS);
    world_free(w);
}
END_TEST

START_TEST(skew_and_compare_and_swap)
{
    struct world *w = world_new((struct client_settings){ 0 });
    struct call call = world_create_queue("a", HERE);
    call.retry = RETRY_NEVER;
    world_submit(w, 1, call);
    world_pass(w, 0);
    world_end(w, 0, answer_error(AWS_CREDENTIALS, "RequestTimeTooSkewed", 403, "skew"), true,
              w->now.wall.ms + 600000);
    ck_assert_class(w, 1, AWS_TRANSIENT);
    world_submit(w, 2, world_queue_url("a", HERE));
    world_pass(w, 0);
    ck_assert_int_eq(w->out[0].clock_offset_ms, 600000);
    world_free(w);
}
END_TEST

/* Serves the need that is out from a text; NULL: no such file. */
static void serve(struct world *w, const char *text)
{
    ck_assert_uint_eq(w->n_needs, 1);
    uint64_t id = w->needs[0].id;
    credentials_need_clear(&w->needs[0]);
    w->n_needs = 0;
    struct client_effects effects = { 0 };
    client_text_ready(w->c, id, text == NULL ? -ENOENT : 0, 0, text, w->now, &effects);
    world_take(w, &effects);
}

static struct world *world_of_files(void)
{
    json_auto_t *environment = unit_json("{'HOME': '/root', 'AWS_EC2_METADATA_DISABLED': 'true'}");
    return world_with(&(struct client_settings){ 0 }, environment);
}

START_TEST(calls_wait_for_credentials)
{
    struct world *w = world_of_files();
    world_submit(w, 1, world_queue_url("a", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 0);
    ck_assert_str_eq(w->needs[0].path, "/root/.aws/config");
    serve(w, NULL);
    serve(w, "[default]\naws_access_key_id = ONE\naws_secret_access_key = s\n");
    ck_assert_uint_eq(w->n_out, 1);
    ck_assert_str_eq(w->out[0].credentials->access_key, "ONE");
    /* expired: asked for again, and the call tried once more */
    world_error(w, 0, AWS_CREDENTIALS, "ExpiredToken", 403);
    ck_assert_uint_eq(w->n_out, 0);
    serve(w, NULL);
    serve(w, "[default]\naws_access_key_id = TWO\naws_secret_access_key = s\n");
    ck_assert_str_eq(w->out[0].credentials->access_key, "TWO");
    world_error(w, 0, AWS_CREDENTIALS, "ExpiredToken", 403);
    ck_assert_class(w, 1, AWS_CREDENTIALS);
    world_free(w);
}
END_TEST

START_TEST(no_credentials_are_said_at_once)
{
    struct world *w = world_of_files();
    world_submit(w, 1, world_queue_url("a", HERE));
    world_pass(w, 0);
    serve(w, NULL);
    serve(w, "[default]\nregion = us-east-1\n");
    ck_assert_class(w, 1, AWS_CREDENTIALS);
    ck_assert_ptr_nonnull(strstr(w->answers[1].message, "Set AWS_ACCESS_KEY_ID"));
    json_auto_t *status = client_status(w->c, w->now);
    ck_assert_ptr_nonnull(json_object_get(json_object_get(status, "credentials"), "problem"));
    world_submit(w, 2, world_queue_url("a", HERE));
    world_pass(w, 0);
    ck_assert_class(w, 2, AWS_CREDENTIALS);
    /* a person mends it */
    for (unsigned i = 0; i < 60 && w->n_needs == 0; i++)
        world_pass(w, 1000);
    serve(w, NULL);
    serve(w, "[default]\naws_access_key_id = K\naws_secret_access_key = s\n");
    world_submit(w, 3, world_queue_url("a", HERE));
    world_pass(w, 0);
    ck_assert_uint_eq(w->n_out, 1);
    world_free(w);
}
END_TEST

START_TEST(roles_are_assumed_through_the_client)
{
    struct world *w = world_of_files();
    world_submit(w, 1, world_queue_url("a", HERE));
    world_pass(w, 0);
    serve(w, "[default]\nrole_arn = arn:aws:iam::123456789012:role/drd\nsource_profile = base\n"
             "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
    serve(w, NULL);
    ck_assert_uint_eq(w->n_out, 1);
    ck_assert_str_eq(w->out[0].op->name, "AssumeRole");
    ck_assert_str_eq(w->out[0].credentials->access_key, "BASE");
    world_error(w, 0, AWS_TRANSIENT, "InternalFailure", 500);
    world_pass(w, 100);
    ck_assert_str_eq(w->out[0].credentials->access_key, "BASE");
    world_ok(w, 0,
             "{'Credentials': {'AccessKeyId': 'ASIA', 'SecretAccessKey': 's', 'SessionToken':"
             " 't', 'Expiration': 1795363445000}, 'AssumedRoleUser': "
             "{'Arn': 'arn:aws:sts::123456789012:assumed-role/drd/drd-test'}}");
    ck_assert_uint_eq(w->n_out, 1);
    ck_assert_str_eq(w->out[0].credentials->access_key, "ASIA");
    ck_assert_str_eq(w->out[0].credentials->session_token, "t");
    ck_assert_str_eq(w->out[0].credentials->account, "123456789012");
    world_free(w);
}
END_TEST

/* ---- stopping ---- */

START_TEST(stopping)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 2 });
    world_submit(w, 1, world_create_queue("on-its-way", HERE));
    world_submit(w, 2, world_create_queue("to-be-retried", HERE));
    world_submit(w, 3, world_create_queue("queued", HERE));
    world_pass(w, 0);
    world_error(w, 1, AWS_UNKNOWN_OUTCOME, "", 503);
    world_submit(w, 4, world_create_queue("queued-too", HERE));
    struct client_effects effects = { 0 };
    client_stop(w->c, w->now, &effects);
    world_take(w, &effects);
    ck_assert_class(w, 2, AWS_UNKNOWN_OUTCOME);
    ck_assert_class(w, 4, AWS_REFUSED);
    world_submit(w, 5, world_queue_url("new", HERE));
    ck_assert_class(w, 5, AWS_REFUSED);
    ck_assert_uint_eq(w->answered[1], 0);
    ck_assert_uint_eq(client_in_flight(w->c), 2);
    world_ok(w, 0, "{}");
    world_error(w, 0, AWS_TRANSIENT, "InternalError", 500);
    ck_assert_class(w, 1, AWS_OK);
    ck_assert_class(w, 3, AWS_UNKNOWN_OUTCOME);
    ck_assert_uint_eq(client_pending(w->c), 0);
    world_pass(w, MINUTES(2));
    ck_assert_uint_eq(w->n_out, 0);
    world_free(w);
}
END_TEST

START_TEST(counters)
{
    struct world *w = world_new((struct client_settings){ 0 });
    world_submit(w, 1, world_queue_url("a", HERE));
    world_submit(w, 2, world_queue_url("a", HERE));
    world_submit(w, 3, parameters("['/a']"));
    world_submit(w, 4, parameters("['/b']"));
    world_pass(w, 0);
    world_error(w, 0, AWS_TRANSIENT, "InternalError", 500);
    world_pass(w, 50);
    world_ok(w, 1, "{}");
    json_auto_t *status = client_status(w->c, w->now);
    json_auto_t *expected = unit_json(
        "{'attempts': {'sqs:GetQueueUrl': {'transient': 1, 'ok': 1}}, 'throttled': 0, "
        "'joined': 1, 'merged': 1, 'pending': 2, 'in_flight': 1, "
        "'credentials': {'source': 'environment'}, 'clock_offset_ms': {}, 'paused': {}}");
    ck_assert_json_eq(status, expected);
    world_free(w);
}
END_TEST

/* ---- many ---- */

START_TEST(ten_thousand_pending_calls_are_cheap)
{
    enum { MANY = 10000 };
    struct world *w = world_new((struct client_settings){ .budget_scale = 1000 });
    clock_t start = clock();
    for (uint64_t id = 0; id < MANY; id++) {
        autofree char *name = xasprintf("q%" PRIu64, id % 7000);
        world_submit(w, id, world_queue_url(name, id % 2 == 0 ? HERE : THERE));
    }
    ck_assert_uint_eq(client_pending(w->c), MANY);
    while (client_pending(w->c) > 0) {
        world_pass(w, 1);
        while (w->n_out > 0)
            world_ok(w, 0, "{'QueueUrl': 'u'}");
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_msg(seconds < 10, "%.1f s", seconds);
    printf("10,000 calls in %.2f s\n", seconds);
    world_free(w);
}
END_TEST

/* A random run. Tokens are counted again, independently: calls of one family in one region in any
 * window never exceed burst + rate × window, seen from the first. */
struct tally {
    int64_t calls;
    msec_t first;
};
static struct tally tallies[N_REGIONS][N_BUDGET_FAMILIES];
static unsigned sends_of[ANSWERS_MAX];
static msec_t deadline_of[ANSWERS_MAX];
static uint64_t running_seed; /* said at the end when something failed */

static void check_attempt(struct world *w, const struct attempt *attempt)
{
    struct tally *tally = &tallies[attempt->region][attempt->op->family];
    if (tally->calls++ == 0)
        tally->first = w->now.boot;
    const struct budget_limit *limit = &budget_limits[attempt->op->family];
    int64_t allowed = limit->burst * 1000000 +
                      (w->now.boot - tally->first) * limit->per_second_milli;
    ck_assert_int_le(tally->calls * 1000000, allowed);
    const char *name = json_string_value(json_object_get(attempt->args, "QueueName"));
    if (name == NULL || attempt->op->access == ACCESS_READ)
        return;
    uint64_t id = strtoull(name + 1, NULL, 10);
    sends_of[id]++;
    ck_assert_int_lt(w->now.boot, deadline_of[id]);
    if (attempt->fresh_connection)
        ck_assert_uint_eq(sends_of[id], 1);
}

static void submit_random(struct world *w, struct random *r, uint64_t id)
{
    enum region region = random_below(r, 2) == 0 ? HERE : THERE;
    autofree char *name = xasprintf("q%" PRIu64, id);
    autofree char *few = xasprintf("r%" PRIu64, random_below(r, 4));
    struct call call;
    switch (random_below(r, 5)) {
    case 0:
    case 1:
        call = world_create_queue(name, region);
        call.retry = (enum retry)random_below(r, 3);
        break;
    case 2:
        call = world_queue_url(few, region);
        break;
    case 3:
        call = call_new("ssm:GetParameters", region, json_pack("{s[s]}", "Names", few), NULL);
        break;
    default:
        call = roles();
    }
    call.priority = (enum priority)random_below(r, 4);
    deadline_of[id] = call.deadline = w->now.boot + 1 + (msec_t)random_below(r, 20000);
    world_submit(w, id, call);
}

static void end_random(struct world *w, struct random *r)
{
    size_t i = (size_t)random_below(r, w->n_out);
    bool page = random_below(r, 3) == 0;
    switch (random_below(r, 9)) {
    case 0:
        world_error(w, i, AWS_THROTTLED, "Throttling", 400);
        break;
    case 1:
        world_error(w, i, AWS_TRANSIENT, "InternalError", 500);
        break;
    case 2:
        world_end(w, i, answer_error(AWS_UNKNOWN_OUTCOME, "", 0, "lost"), true, 0);
        break;
    case 3:
        world_end(w, i, answer_error(AWS_TRANSIENT, "", 0, "refused"), false, 0);
        break;
    case 4:
        world_error(w, i, AWS_INVALID, "ValidationException", 400);
        break;
    case 5:
        world_end(w, i, answer_error(AWS_CREDENTIALS, "RequestTimeTooSkewed", 403, "skew"), true,
                  w->now.wall.ms + (int64_t)random_below(r, 1000000));
        break;
    default:
        if (page) {
            autofree char *body = xasprintf("{'Roles': [1], 'IsTruncated': true, 'Marker': '%zu'}",
                                            w->n_attempts);
            world_ok(w, i, body);
        } else {
            world_ok(w, i, "{'Parameters': [{'Name': 'r1'}], 'QueueUrl': 'u', 'Roles': []}");
        }
    }
}

static uint64_t random_run(uint64_t seed)
{
    struct world *w = world_new((struct client_settings){ .in_flight = 4 });
    struct random r;
    random_seed(&r, seed);
    memset(tallies, 0, sizeof tallies);
    memset(sends_of, 0, sizeof sends_of);
    w->see_attempt = check_attempt;
    uint64_t n = 0, trace = 0;
    for (unsigned step = 0; step < 150 || client_pending(w->c) + w->n_out > 0; step++) {
        ck_assert_uint_lt(step, 5000);
        if (step < 150 && random_below(&r, 2) == 0)
            submit_random(w, &r, n++);
        if (w->n_out > 0 && random_below(&r, 3) > 0)
            end_random(w, &r);
        world_pass(w, (msec_t)random_below(&r, 400));
        ck_assert_uint_eq(client_in_flight(w->c), w->n_out);
        ck_assert_uint_le(w->n_out, 2 * 2 * 4);
        trace = trace * 31 + w->n_out + 7 * client_pending(w->c);
    }
    for (uint64_t id = 0; id < n; id++)
        ck_assert_uint_eq(w->answered[id], 1);
    trace += w->n_attempts;
    world_free(w);
    return trace;
}

START_TEST(random_runs)
{
    const char *given = getenv("DRD_SEED");
    uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + (given != NULL ? 1 : 1000); seed++) {
        running_seed = seed;
        uint64_t trace = random_run(seed);
        if (seed % 50 == 0)
            ck_assert_msg(random_run(seed) == trace, "DRD_SEED=%" PRIu64 ": two runs differ", seed);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_call_is_answered,
        errors_of_aws_are_passed_on,
        late_and_unknown_ends_are_ignored,
        observe_mode_sends_reads_only,
        malformed_calls_do_not_leave,
        a_deadline_in_the_past,
        never_sent_is_refused_at_the_deadline,
        a_read_on_its_way_at_the_deadline,
        a_throttled_write_at_the_deadline_did_not_happen,
        a_transient_failure_is_tried_again,
        lost_replies,
        a_failure_of_aws_may_have_done_the_write,
        the_quota_ends_a_storm_of_retries,
        budgets_hold_and_other_families_do_not_wait,
        a_long_queue_is_served_to_its_end,
        patience_ends_where_aws_throttles,
        the_deadline_counts_from_the_first_attempt,
        what_was_begun_goes_first,
        a_throttled_family_pauses_alone,
        places_per_region_and_order,
        failover_finds_a_place_when_all_hang,
        equal_reads_share_an_attempt,
        writes_do_not_share,
        a_read_after_a_write_does_not_join_one_from_before,
        a_timer_that_rings_early_is_asked_for_again,
        a_joined_call_lends_its_priority,
        names_are_merged_and_dealt_out,
        a_batch_is_as_large_as_aws_allows,
        one_wrong_name_does_not_spoil_the_others,
        the_callers_arguments_stay_as_they_are,
        pages_are_joined,
        a_pager_that_repeats_itself,
        bounds_on_pages,
        tokens_that_are_objects_and_counters_that_add_up,
        clock_skew_is_learnt_per_region,
        a_wrong_signature_is_no_skew,
        skew_and_compare_and_swap,
        calls_wait_for_credentials,
        no_credentials_are_said_at_once,
        roles_are_assumed_through_the_client,
        stopping,
        counters,
        ten_thousand_pending_calls_are_cheap,
        random_runs,
    };
    int result = unit_run("client", tests, ARRAY_SIZE(tests));
    if (result != EXIT_SUCCESS)
        printf("the last random run was DRD_SEED=%" PRIu64 "\n", running_seed);
    return result;
}
