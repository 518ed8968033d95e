/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/net.h"
#include "tests/unit/unit.h"

static const struct now start = { .boot = 1000 };

static void add(struct net *n, const char *text)
{
    json_auto_t *fault = unit_json(text);
    struct problem problem;
    autofree char *id = NULL;
    if (net_add_fault(n, fault, start, &id, &problem) < 0)
        ck_abort_msg("%s: %s", text, problem.text);
}

static struct net_plan plan_at(struct net *n, const char *operation, enum region region,
                               const char *source, msec_t boot)
{
    struct caller caller = { .secure = true };
    str_copy(caller.source, sizeof caller.source, source);
    struct call call = call_new(operation, region, json_object(), NULL);
    struct net_plan plan = net_plan(n, &caller, &call, (struct now){ .boot = boot });
    call_clear(&call);
    return plan;
}
static struct net_plan plan(struct net *n, const char *operation)
{
    return plan_at(n, operation, REGION_US_EAST_1, "127.0.0.1", 1000);
}

START_TEST(test_quiet)
{
    struct net *n = net_new(1, 30);
    struct net_plan p = plan(n, "sqs:GetQueueUrl");
    ck_assert(p.deliver);
    ck_assert_int_eq(p.reply, NET_SEND);
    ck_assert_int_eq(p.delay, 30);
    net_free(n);
    net_free(NULL);
}
END_TEST

START_TEST(test_effects)
{
    static const struct {
        const char *effect;
        bool deliver;
        enum net_reply reply;
        int status;
        const char *code;
    } cases[] = {
        { "refuse", false, NET_REFUSE, 0, NULL },
        { "hang", false, NET_HANG, 0, NULL },
        { "reset", false, NET_RESET, 0, NULL },
        { "lose", true, NET_LOSE, 0, NULL },
        { "slow", true, NET_SEND, 0, NULL },
        { "throttle", false, NET_SEND, 400, "ThrottlingException" },
        { "error", false, NET_SEND, 503, "ServiceUnavailable" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct net *n = net_new(1, 0);
        autofree char *text = xasprintf("{'do': '%s'}", cases[i].effect);
        add(n, text);
        struct net_plan p = plan(n, "dynamodb:GetItem");
        ck_assert_int_eq(p.deliver, cases[i].deliver);
        ck_assert_int_eq(p.reply, cases[i].reply);
        ck_assert_int_eq(p.status, cases[i].status);
        ck_assert(p.code == cases[i].code || str_eq(p.code, cases[i].code));
        net_free(n);
    }
    struct net *n = net_new(1, 0);
    add(n, "{'do': 'throttle'}");
    ck_assert_str_eq(plan(n, "iam:GetRole").code, "Throttling");
    ck_assert_str_eq(plan(n, "lambda:Invoke").code, "TooManyRequestsException");
    ck_assert_int_eq(plan(n, "s3:GetObject").status, 503);
    ck_assert_str_eq(plan(n, "route53:GetChange").code, "Throttling");
    net_free(n);
}
END_TEST

START_TEST(test_where_it_strikes)
{
    struct net *n = net_new(1, 0);
    add(n, "{'do': 'hang', 'region': 'us-east-2'}");
    add(n, "{'do': 'reset', 'service': 'sqs', 'operation': 'SendMessage'}");
    add(n, "{'do': 'error', 'service': 'ssm', 'access': 'write'}");
    add(n, "{'do': 'refuse', 'service': 'dynamodb', 'plane': 'control'}");
    add(n, "{'do': 'lose', 'source': '127.0.0.9'}");
    ck_assert_int_eq(plan_at(n, "sqs:GetQueueUrl", REGION_US_EAST_2, "", 1000).reply, NET_HANG);
    ck_assert_int_eq(plan_at(n, "iam:GetRole", REGION_US_EAST_2, "", 1000).reply, NET_SEND);
    ck_assert_int_eq(plan(n, "sqs:GetQueueUrl").reply, NET_SEND);
    ck_assert_int_eq(plan(n, "sqs:SendMessage").reply, NET_RESET);
    ck_assert_int_eq(plan(n, "ssm:GetParameter").status, 0);
    ck_assert_int_eq(plan(n, "ssm:PutParameter").status, 503);
    ck_assert_int_eq(plan(n, "ssm:DeleteParameter").status, 503);
    ck_assert_int_eq(plan(n, "dynamodb:DescribeTable").reply, NET_REFUSE);
    ck_assert_int_eq(plan(n, "dynamodb:GetItem").reply, NET_SEND);
    ck_assert_int_eq(plan_at(n, "s3:GetObject", REGION_US_EAST_1, "127.0.0.9", 1000).reply,
                     NET_LOSE);
    net_free(n);
}
END_TEST

START_TEST(test_when_it_strikes)
{
    struct net *n = net_new(1, 5);
    add(n, "{'do': 'hang', 'from_ms': 100, 'until_ms': 200}");
    add(n, "{'do': 'slow', 'delay_ms': 40}");
    add(n, "{'do': 'reset', 'service': 'sqs', 'count': 2}");
    ck_assert_int_eq(plan_at(n, "s3:GetObject", REGION_US_EAST_1, "", 1099).delay, 45);
    ck_assert_int_eq(plan_at(n, "s3:GetObject", REGION_US_EAST_1, "", 1100).reply, NET_HANG);
    ck_assert_int_eq(plan_at(n, "s3:GetObject", REGION_US_EAST_1, "", 1200).reply, NET_SEND);
    ck_assert_int_eq(plan(n, "sqs:ListQueues").reply, NET_RESET);
    ck_assert_int_eq(plan(n, "sqs:ListQueues").reply, NET_RESET);
    ck_assert_int_eq(plan(n, "sqs:ListQueues").reply, NET_SEND);
    net_free(n);
}
END_TEST

START_TEST(test_chance)
{
    int hits[2] = { 0, 0 };
    for (int round = 0; round < 2; round++) {
        struct net *n = net_new(42, 0);
        add(n, "{'do': 'lose', 'probability': 0.25}");
        for (int i = 0; i < 1000; i++)
            hits[round] += plan(n, "sqs:ListQueues").reply == NET_LOSE;
        net_free(n);
    }
    ck_assert_int_gt(hits[0], 180);
    ck_assert_int_lt(hits[0], 320);
    ck_assert_int_eq(hits[0], hits[1]);
}
END_TEST

START_TEST(test_list_and_remove)
{
    struct net *n = net_new(1, 0);
    add(n, "{'do': 'hang', 'id': 'mine'}");
    add(n, "{'do': 'slow', 'from_ms': 10}");
    json_auto_t *list = net_faults(n, start);
    json_auto_t *wanted = unit_json("[{'do': 'hang', 'id': 'mine', 'active': true}, "
                                    "{'do': 'slow', 'from_ms': 10, 'id': 'fault-1', "
                                    "'active': false}]");
    ck_assert_json_eq(list, wanted);
    ck_assert(net_remove_fault(n, "mine"));
    ck_assert(!net_remove_fault(n, "mine"));
    net_clear_faults(n);
    json_auto_t *none = net_faults(n, start);
    ck_assert_uint_eq(json_array_size(none), 0);
    net_free(n);
}
END_TEST

START_TEST(test_bad_faults)
{
    static const struct {
        const char *text, *pointer;
    } bad[] = {
        { "[]", "" },
        { "{}", "/do" },
        { "{'do': 'explode'}", "/do" },
        { "{'do': 're'}", "/do" },
        { "{'do': 'hang', 'region': 'mars'}", "/region" },
        { "{'do': 'hang', 'Region': 'us-east-1'}", "/Region" },
        { "{'do': 'hang', 'probability': 2}", "/probability" },
        { "{'do': 'hang', 'count': 'many'}", "/count" },
        { "{'do': 'hang', 'id': 'twice'}", "/id" },
    };
    struct net *n = net_new(1, 0);
    add(n, "{'do': 'hang', 'id': 'twice'}");
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        json_auto_t *fault = unit_json(bad[i].text);
        struct problem problem;
        char *id;
        ck_assert_int_lt(net_add_fault(n, fault, start, &id, &problem), 0);
        ck_assert_str_eq(problem.pointer, bad[i].pointer);
    }
    net_free(n);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_quiet,           test_effects, test_where_it_strikes,
                                   test_when_it_strikes, test_chance,  test_list_and_remove,
                                   test_bad_faults };
    return unit_run("net", tests, ARRAY_SIZE(tests));
}
