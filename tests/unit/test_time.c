/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/random.h"
#include "daemon/base/time.h"
#include "tests/unit/unit.h"

#include <time.h>

START_TEST(test_known_dates)
{
    char iso[32], basic[17], http[30];
    wall_t t = { 1440938160000 };
    wall_iso8601(t, iso);
    wall_basic(t, basic);
    wall_http_date(t, http);
    ck_assert_str_eq(iso, "2015-08-30T12:36:00Z");
    ck_assert_str_eq(basic, "20150830T123600Z");
    ck_assert_str_eq(http, "Sun, 30 Aug 2015 12:36:00 GMT");
    wall_iso8601((wall_t){ 1440938160007 }, iso);
    ck_assert_str_eq(iso, "2015-08-30T12:36:00.007Z");
}
END_TEST

/* libc's gmtime is the judge, over random days from 1600 to 2400. */
START_TEST(test_agrees_with_libc)
{
    struct random r;
    random_seed(&r, 1);
    for (int i = 0; i < 20000; i++) {
        int64_t seconds = (int64_t)random_below(&r, 25000000000U) - 11600000000;
        time_t libc_time = (time_t)seconds;
        struct tm tm;
        char want[32], got[32], date[30];
        ck_assert_ptr_nonnull(gmtime_r(&libc_time, &tm));
        (void)strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
        wall_iso8601((wall_t){ seconds * 1000 }, got);
        ck_assert_str_eq(got, want);
        wall_t back;
        ck_assert(wall_parse_iso8601(got, &back));
        ck_assert_int_eq(back.ms, seconds * 1000);
        (void)strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        wall_http_date((wall_t){ seconds * 1000 }, date);
        ck_assert_str_eq(date, want);
        ck_assert(wall_parse_http_date(date, &back));
        ck_assert_int_eq(back.ms, seconds * 1000);
    }
}
END_TEST

START_TEST(test_parsing_accepts_and_refuses)
{
    wall_t t;
    ck_assert(wall_parse_iso8601("2019-12-16T22:48:18-01:00", &t));
    ck_assert_int_eq(t.ms, 1576540098000);
    ck_assert(wall_parse_iso8601("2000-01-02T20:34:56.123Z", &t));
    ck_assert_int_eq(t.ms, 946845296123);
    ck_assert(wall_parse_http_date("Sun, 02 Jan 2000 20:34:56.456 GMT", &t));
    ck_assert_int_eq(t.ms, 946845296456);
    ck_assert(wall_parse_basic("20150830T123600Z", &t));
    ck_assert_int_eq(t.ms, 1440938160000);
    const char *const bad_iso[] = { "",
                                    "2019",
                                    "2019-13-01T00:00:00Z",
                                    "2019-01-32T00:00:00Z",
                                    "2019-01-01T25:00:00Z",
                                    "2019-01-01T00:00:00X",
                                    "2019-01-01T00:00:00Zx",
                                    "2019-01-01T00:00:00+1" };
    for (size_t i = 0; i < ARRAY_SIZE(bad_iso); i++)
        ck_assert_msg(!wall_parse_iso8601(bad_iso[i], &t), "%s", bad_iso[i]);
    const char *const bad_http[] = { "", "Sun", "Sun, 02 Foo 2000 20:34:56 GMT",
                                     "Sun, 02 Jan 2000 20:34:56",
                                     "Sunday, 02 Jan 2000 20:34:56 GMT" };
    for (size_t i = 0; i < ARRAY_SIZE(bad_http); i++)
        ck_assert_msg(!wall_parse_http_date(bad_http[i], &t), "%s", bad_http[i]);
    ck_assert(!wall_parse_basic("20150830T123600", &t));
    ck_assert(!wall_parse_basic("20150830 123600Z", &t));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_known_dates, test_agrees_with_libc,
                                   test_parsing_accepts_and_refuses };
    return unit_run("time", tests, ARRAY_SIZE(tests));
}
