/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/region.h"
#include "tests/unit/unit.h"

START_TEST(test_names_round_trip)
{
    for (unsigned i = 1; i < N_REGIONS; i++)
        ck_assert_uint_eq(region_parse(region_name((enum region)i)), i);
    ck_assert_str_eq(region_name(REGION_US_EAST_2), "us-east-2");
    ck_assert_str_eq(region_name(REGION_NONE), "");
    ck_assert_uint_eq(region_parse("us-mars-1"), REGION_NONE);
    ck_assert_uint_eq(region_parse(""), REGION_NONE);
    ck_assert_uint_eq(region_parse(NULL), REGION_NONE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_names_round_trip };
    return unit_run("region", tests, ARRAY_SIZE(tests));
}
