/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/random.h"
#include "daemon/brain/schedule.h"
#include "tests/unit/unit.h"

START_TEST(test_first_come_first_served_within_the_limit)
{
    struct schedule s;
    schedule_init(&s, 2);
    for (uint32_t i = 1; i <= 3; i++)
        schedule_join(&s, i, REGION_US_EAST_1);
    schedule_ready(&s, 2);
    schedule_ready(&s, 1);
    schedule_ready(&s, 3);
    schedule_ready(&s, 2); /* once is enough */
    ck_assert_uint_eq(schedule_next(&s), 2);
    ck_assert_uint_eq(schedule_next(&s), 1);
    ck_assert_uint_eq(schedule_next(&s), SCHEDULE_NONE); /* both places are taken */
    schedule_release(&s, 2);
    schedule_release(&s, 2);
    ck_assert_uint_eq(schedule_next(&s), 3);
    schedule_clear(&s);
}
END_TEST

START_TEST(test_one_region_leaves_room)
{
    struct schedule s;
    schedule_init(&s, 8);
    for (uint32_t i = 1; i <= 40; i++) {
        schedule_join(&s, i, i <= 39 ? REGION_US_EAST_1 : REGION_US_EAST_2);
        if (i <= 39)
            schedule_ready(&s, i);
    }
    unsigned n = 0;
    while (schedule_next(&s) != SCHEDULE_NONE)
        n++;
    ck_assert_uint_eq(n, 6); /* three quarters hang there … */
    schedule_ready(&s, 40);
    ck_assert_uint_eq(schedule_next(&s), 40); /* … and the other region goes on */
    schedule_clear(&s);
}
END_TEST

START_TEST(test_regions_take_turns)
{
    struct schedule s;
    schedule_init(&s, 4);
    for (uint32_t i = 1; i <= 8; i++) {
        schedule_join(&s, i, i % 2 == 0 ? REGION_US_EAST_1 : REGION_US_EAST_2);
        schedule_ready(&s, i);
    }
    uint32_t a = schedule_next(&s), b = schedule_next(&s), c = schedule_next(&s);
    ck_assert_uint_ne(a % 2, b % 2);
    ck_assert_uint_ne(b % 2, c % 2);
    schedule_clear(&s);
}
END_TEST

START_TEST(test_leaving)
{
    struct schedule s;
    schedule_init(&s, 4);
    for (uint32_t i = 1; i <= 3; i++) {
        schedule_join(&s, i, REGION_US_EAST_1);
        schedule_ready(&s, i);
    }
    schedule_at(&s, 3, 10);
    schedule_leave(&s, 2);
    schedule_leave(&s, 3);
    ck_assert_int_eq(schedule_due(&s), NEVER);
    ck_assert_uint_eq(schedule_next(&s), 1);
    schedule_join(&s, 2, REGION_US_EAST_2); /* the slot is used again */
    schedule_ready(&s, 2);
    ck_assert_uint_eq(schedule_next(&s), 2);
    schedule_clear(&s);
}
END_TEST

/* The heap against a plain search, over random times set, changed and removed. */
START_TEST(test_times_come_in_order)
{
    enum { N = 200 };
    const char *text = getenv("DRD_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : 7;
    struct random random;
    random_seed(&random, seed);
    struct schedule s;
    schedule_init(&s, 1);
    msec_t due[N];
    for (uint32_t i = 0; i < N; i++) {
        schedule_join(&s, i, REGION_US_EAST_1);
        due[i] = NEVER;
    }
    for (int step = 0; step < 20000; step++) {
        uint32_t slot = (uint32_t)random_below(&random, N);
        due[slot] = random_below(&random, 4) == 0 ? NEVER : (msec_t)random_below(&random, 500);
        schedule_at(&s, slot, due[slot]);
        msec_t least = NEVER;
        for (uint32_t i = 0; i < N; i++)
            least = msec_min(least, due[i]);
        ck_assert_msg(schedule_due(&s) == least, "seed %" PRIu64 ", step %d", seed, step);
    }
    msec_t last = 0;
    for (uint32_t slot; (slot = schedule_take_due(&s, 1000)) != SCHEDULE_NONE;) {
        ck_assert_int_le(last, due[slot]);
        last = due[slot];
    }
    ck_assert_int_eq(schedule_due(&s), NEVER);
    schedule_clear(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_first_come_first_served_within_the_limit,
                                   test_one_region_leaves_room, test_regions_take_turns,
                                   test_leaving, test_times_come_in_order };
    return unit_run("schedule", tests, ARRAY_SIZE(tests));
}
