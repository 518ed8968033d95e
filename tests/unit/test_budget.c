/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/budget.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static const enum region HERE = REGION_US_EAST_1, THERE = REGION_US_EAST_2;

static struct budget *budget_new(double scale)
{
    struct budget *b = xmalloc(sizeof *b);
    budget_init(b, scale);
    return b;
}

/* How many calls go through at one moment. */
static int64_t drain(struct budget *b, enum budget_family family, enum priority priority,
                     msec_t now)
{
    int64_t n = 0;
    while (budget_take(b, HERE, family, priority, now) == 0)
        n++;
    return n;
}

START_TEST(every_family_has_sane_limits)
{
    for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
        const struct budget_limit *limit = &budget_limits[f];
        ck_assert_msg(limit->source != NULL, "%u has no row", f);
        ck_assert_int_gt(limit->per_second_milli, 0);
        ck_assert_int_gt(limit->burst, limit->reserve);
        ck_assert_int_ge(limit->reserve, 0);
        autofree struct budget *b = budget_new(1.0);
        ck_assert_int_eq(drain(b, (enum budget_family)f, PRIORITY_OPERATOR, 5),
                         limit->burst - limit->reserve);
        ck_assert_int_eq(drain(b, (enum budget_family)f, PRIORITY_FAILOVER, 5), limit->reserve);
    }
}
END_TEST

START_TEST(the_wait_is_exact)
{
    autofree struct budget *b = budget_new(1.0);
    for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
        enum budget_family family = (enum budget_family)f;
        drain(b, family, PRIORITY_FAILOVER, 0);
        msec_t wait = budget_take(b, HERE, family, PRIORITY_FAILOVER, 0);
        ck_assert_int_gt(wait, 0);
        ck_assert_int_gt(budget_take(b, HERE, family, PRIORITY_FAILOVER, wait - 1), 0);
        ck_assert_int_eq(budget_take(b, HERE, family, PRIORITY_FAILOVER, wait), 0);
        ck_assert_int_gt(budget_take(b, HERE, family, PRIORITY_FAILOVER, wait), 0);
    }
}
END_TEST

START_TEST(rate_over_a_long_time_is_exact)
{
    autofree struct budget *b = budget_new(1.0);
    int64_t n = 0;
    for (msec_t now = 0; now < MINUTES(10); now += 7)
        n += budget_take(b, HERE, BUDGET_ROUTE53, PRIORITY_FAILOVER, now) == 0;
    ck_assert_int_ge(n, 20 + 4 * 600 - 1);
    ck_assert_int_le(n, 20 + 4 * 600);
}
END_TEST

START_TEST(families_and_regions_are_apart)
{
    autofree struct budget *b = budget_new(1.0);
    drain(b, BUDGET_SQS, PRIORITY_FAILOVER, 0);
    budget_throttled(b, HERE, BUDGET_SQS, 0, 0);
    ck_assert_int_eq(budget_take(b, HERE, BUDGET_SNS, PRIORITY_NORMAL, 0), 0);
    ck_assert_int_eq(budget_take(b, THERE, BUDGET_SQS, PRIORITY_NORMAL, 0), 0);
}
END_TEST

START_TEST(time_may_stand_still_or_step_back)
{
    autofree struct budget *b = budget_new(1.0);
    drain(b, BUDGET_SQS, PRIORITY_FAILOVER, 1000);
    ck_assert_int_gt(budget_take(b, HERE, BUDGET_SQS, PRIORITY_FAILOVER, 0), 0);
    ck_assert_int_gt(budget_take(b, HERE, BUDGET_SQS, PRIORITY_FAILOVER, 1000), 0);
    ck_assert_int_eq(budget_take(b, HERE, BUDGET_SQS, PRIORITY_FAILOVER, 1200), 0);
}
END_TEST

START_TEST(a_year_does_not_overflow)
{
    autofree struct budget *b = budget_new(1000.0);
    drain(b, BUDGET_S3_OBJECT, PRIORITY_FAILOVER, 0);
    ck_assert_int_eq(drain(b, BUDGET_S3_OBJECT, PRIORITY_FAILOVER, INT64_MAX / 4), 40000);
}
END_TEST

/* The length of the pause that a throttle at this time brings. */
static msec_t pause_after_throttle(struct budget *b, msec_t now)
{
    budget_throttled(b, HERE, BUDGET_SQS, now, 0);
    return b->buckets[HERE][BUDGET_SQS].paused_until - now;
}

START_TEST(pauses_grow_and_decay)
{
    autofree struct budget *b = budget_new(1.0);
    msec_t now = 1000, expected = BUDGET_PAUSE_MIN;
    for (unsigned i = 0; i < 8; i++) {
        msec_t pause = pause_after_throttle(b, now);
        ck_assert_int_eq(pause, expected);
        ck_assert_int_le(budget_take(b, HERE, BUDGET_SQS, PRIORITY_OPERATOR, now + 1), pause + 600);
        ck_assert_int_ge(budget_take(b, HERE, BUDGET_SQS, PRIORITY_OPERATOR, now + 1), pause - 1);
        now += pause;
        expected = msec_min(2 * expected, BUDGET_PAUSE_MAX);
    }
    now += 2 * BUDGET_CALM;
    ck_assert_int_eq(pause_after_throttle(b, now), BUDGET_PAUSE_MAX / 2);
    now += BUDGET_PAUSE_MAX / 2 + 100 * (msec_t)BUDGET_CALM;
    ck_assert_int_eq(pause_after_throttle(b, now), BUDGET_PAUSE_MIN);
}
END_TEST

START_TEST(answers_in_a_pause_do_not_lengthen_it)
{
    autofree struct budget *b = budget_new(1.0);
    ck_assert_int_eq(pause_after_throttle(b, 0), 1000);
    ck_assert_int_eq(pause_after_throttle(b, 500), 500);
    budget_throttled(b, HERE, BUDGET_SQS, 600, 3000);
    ck_assert_int_eq(b->buckets[HERE][BUDGET_SQS].paused_until, 3600);
    budget_throttled(b, HERE, BUDGET_SQS, 600, HOURS(5));
    ck_assert_int_eq(b->buckets[HERE][BUDGET_SQS].paused_until, 600 + BUDGET_PAUSE_MAX);
}
END_TEST

START_TEST(failover_goes_through_a_pause_slowly)
{
    autofree struct budget *b = budget_new(1.0);
    budget_throttled(b, HERE, BUDGET_ROUTE53, 0, SECONDS(30));
    ck_assert_int_gt(budget_take(b, HERE, BUDGET_ROUTE53, PRIORITY_FAILOVER, 0), 0);
    ck_assert_int_eq(drain(b, BUDGET_ROUTE53, PRIORITY_OPERATOR, 20000), 0);
    ck_assert_int_eq(drain(b, BUDGET_ROUTE53, PRIORITY_FAILOVER, 20000), 5);
    ck_assert_int_le(drain(b, BUDGET_ROUTE53, PRIORITY_OPERATOR, 30000), 1);
}
END_TEST

START_TEST(scale)
{
    autofree struct budget *fast = budget_new(10.0), *slow = budget_new(0.01);
    ck_assert_int_eq(drain(fast, BUDGET_SQS, PRIORITY_FAILOVER, 0), 100);
    ck_assert_int_eq(budget_take(fast, HERE, BUDGET_SQS, PRIORITY_FAILOVER, 0), 20);
    ck_assert_int_ge(drain(slow, BUDGET_SQS, PRIORITY_NORMAL, 0), 1);
    ck_assert_int_gt(budget_take(slow, HERE, BUDGET_APIGATEWAY_ACCOUNT, PRIORITY_NORMAL, 0), -1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_family_has_sane_limits,
        the_wait_is_exact,
        rate_over_a_long_time_is_exact,
        families_and_regions_are_apart,
        time_may_stand_still_or_step_back,
        a_year_does_not_overflow,
        pauses_grow_and_decay,
        answers_in_a_pause_do_not_lengthen_it,
        failover_goes_through_a_pause_slowly,
        scale,
    };
    return unit_run("budget", tests, ARRAY_SIZE(tests));
}
