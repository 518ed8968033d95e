/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/retry.h"
#include "tests/unit/unit.h"

static const struct operation queue = { .service = "sqs", .name = "GetQueueUrl" };
static const struct operation table = { .service = "dynamodb", .name = "DescribeTable" };

/* The longest delay seen in many draws for attempt number `attempt`. */
static msec_t longest(const struct operation *op, enum aws_class class, unsigned attempt)
{
    struct call call = { .op = op, .retry = RETRY_FULL };
    struct random random;
    random_seed(&random, 1);
    msec_t most = 0;
    for (unsigned i = 0; i < 3000; i++) {
        struct retry_quota quota = retry_quota_full();
        int cost;
        msec_t delay = retry_delay(&call, class, attempt, true, 0, &quota, &random, &cost);
        ck_assert_int_ge(delay, 0);
        most = msec_max(most, delay);
    }
    return most;
}

static msec_t once(enum retry retry, enum aws_class class, bool sent)
{
    struct call call = { .op = &queue, .retry = retry };
    struct retry_quota quota = retry_quota_full();
    struct random random;
    random_seed(&random, 2);
    int cost;
    return retry_delay(&call, class, 1, sent, 0, &quota, &random, &cost);
}

START_TEST(backoff_doubles_to_its_bound)
{
    const struct {
        const struct operation *op;
        enum aws_class class;
        unsigned attempt;
        msec_t most;
    } rows[] = {
        { &queue, AWS_TRANSIENT, 1, 50 },    { &queue, AWS_TRANSIENT, 2, 100 },
        { &queue, AWS_TRANSIENT, 5, 800 },   { &queue, AWS_UNKNOWN_OUTCOME, 1, 50 },
        { &table, AWS_TRANSIENT, 1, 25 },    { &table, AWS_TRANSIENT, 3, 100 },
        { &queue, AWS_THROTTLED, 1, 1000 },  { &table, AWS_THROTTLED, 2, 2000 },
        { &queue, AWS_THROTTLED, 6, 20000 }, { &queue, AWS_TRANSIENT, 4000, 20000 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        msec_t seen = longest(rows[i].op, rows[i].class, rows[i].attempt);
        ck_assert_int_le(seen, rows[i].most);
        ck_assert_int_gt(seen, rows[i].most * 98 / 100 - 1); /* full jitter: from 0 to all of it */
    }
}
END_TEST

START_TEST(only_what_may_help_is_tried_again)
{
    for (unsigned c = 0; c < N_AWS_CLASSES; c++) {
        bool helps = c == AWS_THROTTLED || c == AWS_TRANSIENT || c == AWS_UNKNOWN_OUTCOME;
        enum aws_class class = (enum aws_class)c;
        ck_assert_int_eq(once(RETRY_FULL, class, true) >= 0, helps);
        ck_assert_int_eq(once(RETRY_UNSENT, class, false) >= 0, helps);
        ck_assert_int_lt(once(RETRY_UNSENT, class, true), 0);
        ck_assert_int_lt(once(RETRY_NEVER, class, false), 0);
        ck_assert_int_lt(once(RETRY_NEVER, class, true), 0);
    }
}
END_TEST

START_TEST(hints_are_honoured_within_reason)
{
    struct call call = { .op = &queue, .retry = RETRY_FULL };
    struct random random;
    random_seed(&random, 3);
    const struct {
        msec_t hint, least, most;
    } rows[] = { { 0, 0, 50 }, { 20, 20, 50 }, { 3000, 3000, 3000 }, { 60000, 5000, 5050 } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct retry_quota quota = retry_quota_full();
        int cost;
        msec_t delay = retry_delay(&call, AWS_TRANSIENT, 1, true, rows[i].hint, &quota, &random,
                                   &cost);
        ck_assert_int_ge(delay, rows[i].least);
        ck_assert_int_le(delay, rows[i].most);
    }
}
END_TEST

START_TEST(quota_runs_out_and_comes_back)
{
    struct call call = { .op = &queue, .retry = RETRY_FULL };
    struct retry_quota quota = retry_quota_full();
    struct random random;
    random_seed(&random, 4);
    int cost = 0, n = 0;
    while (retry_delay(&call, AWS_TRANSIENT, 1, true, 0, &quota, &random, &cost) >= 0)
        n++;
    ck_assert_int_eq(n, RETRY_QUOTA / RETRY_COST_TRANSIENT);
    ck_assert_int_eq(cost, RETRY_COST_TRANSIENT);
    int left = quota.tokens;
    ck_assert_int_ge(retry_delay(&call, AWS_THROTTLED, 1, true, 0, &quota, &random, &cost), 0);
    ck_assert_int_eq(cost, RETRY_COST_THROTTLED);
    retry_succeeded(&quota, cost);
    ck_assert_int_eq(quota.tokens, left);
    retry_succeeded(&quota, 0);
    ck_assert_int_eq(quota.tokens, left + 1);
    quota = retry_quota_full();
    retry_succeeded(&quota, RETRY_COST_TRANSIENT);
    ck_assert_int_eq(quota.tokens, RETRY_QUOTA);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        backoff_doubles_to_its_bound,
        only_what_may_help_is_tried_again,
        hints_are_honoured_within_reason,
        quota_runs_out_and_comes_back,
    };
    return unit_run("retry", tests, ARRAY_SIZE(tests));
}
