/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/random.h"
#include "tests/unit/unit.h"

START_TEST(test_same_seed_same_sequence)
{
    struct random a, b, c;
    random_seed(&a, 42);
    random_seed(&b, 42);
    random_seed(&c, 43);
    bool differs = false;
    for (int i = 0; i < 100; i++) {
        uint64_t x = random_u64(&a);
        ck_assert_uint_eq(x, random_u64(&b));
        differs |= x != random_u64(&c);
    }
    ck_assert(differs);
}
END_TEST

START_TEST(test_ranges)
{
    struct random r;
    uint8_t zeroes[32] = { 0 };
    unsigned seen[6] = { 0 };
    random_seed_bytes(&r, zeroes);
    for (int i = 0; i < 6000; i++) {
        double unit = random_unit(&r);
        ck_assert(unit >= 0 && unit < 1);
        seen[random_below(&r, 6)]++;
    }
    for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
        ck_assert_msg(seen[i] > 800 && seen[i] < 1200, "%zu came %u times", i, seen[i]);
    char text[33];
    random_hex(&r, text, 16);
    ck_assert_uint_eq(strspn(text, "0123456789abcdef"), 32);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_same_seed_same_sequence, test_ranges };
    return unit_run("random", tests, ARRAY_SIZE(tests));
}
