/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/mandate.h"
#include "tests/unit/unit.h"

START_TEST(test_alone_may_write_everything)
{
    struct mandate m = mandate_alone(REGION_US_EAST_1, REGION_US_EAST_2, REGION_NONE);
    ck_assert_ptr_null(mandate_refuses(&m, 0));
    ck_assert_ptr_null(mandate_refuses(&m, FREEZE_DATA | FREEZE_TRAFFIC));
    ck_assert_uint_eq(m.role[REGION_US_EAST_1], ROLE_ACTIVE);
    ck_assert_uint_eq(m.role[REGION_US_EAST_2], ROLE_STANDBY);
    ck_assert_uint_eq(m.role[REGION_US_WEST_2], ROLE_NONE);
    ck_assert_uint_eq(m.role[REGION_NONE], ROLE_NONE);
}
END_TEST

START_TEST(test_frozen_and_forbidden)
{
    struct mandate m = mandate_alone(REGION_US_EAST_1, REGION_US_EAST_2, REGION_US_WEST_2);
    m.frozen = FREEZE_DATA;
    ck_assert_ptr_nonnull(mandate_refuses(&m, mandate_freeze_of("dynamodb_table")));
    ck_assert_ptr_null(mandate_refuses(&m, mandate_freeze_of("ssm_parameter")));
    m.may_write = false;
    m.why = "on hold";
    ck_assert_str_eq(mandate_refuses(&m, 0), "on hold");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_alone_may_write_everything, test_frozen_and_forbidden };
    return unit_run("mandate", tests, ARRAY_SIZE(tests));
}
