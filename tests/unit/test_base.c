/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/problem.h"
#include "tests/unit/unit.h"

START_TEST(test_buffer_grows_and_terminates)
{
    struct buffer b = { 0 };
    for (int i = 0; i < 1000; i++)
        buffer_printf(&b, "%d,", i);
    ck_assert_uint_eq(b.used, 3890);
    ck_assert_uint_eq(strlen(b.text), b.used);
    ck_assert(str_prefix(b.text, "0,1,2,"));
    ck_assert(str_suffix(b.text, "998,999,"));
    buffer_clear(&b);
    autofree char *empty = buffer_take(&b);
    ck_assert_str_eq(empty, "");
}
END_TEST

START_TEST(test_buffer_keeps_nul_bytes)
{
    struct buffer b = { 0 };
    buffer_add(&b, "a\0b", 3);
    buffer_add(&b, "", 0);
    ck_assert_uint_eq(b.used, 3);
    ck_assert_mem_eq(b.text, "a\0b", 4);
    buffer_clear(&b);
}
END_TEST

START_TEST(test_strings)
{
    char small[4];
    str_copy(small, sizeof small, "abcdef");
    ck_assert_str_eq(small, "abc");
    str_copy(small, sizeof small, "");
    ck_assert_str_eq(small, "");
    ck_assert(str_eq("a", "a"));
    ck_assert(!str_eq("a", NULL));
    ck_assert(!str_eq(NULL, NULL));
    ck_assert(!str_suffix("b", "ab"));
    autofree char *text = xasprintf("%s-%d", "x", 7);
    ck_assert_str_eq(text, "x-7");
    autofree char *part = xstrndup("abc", 2);
    ck_assert_str_eq(part, "ab");
}
END_TEST

START_TEST(test_problem_names_file_pointer_and_remedy)
{
    struct problem p = { .file = "a.json", .line = 3 };
    problem_set(&p, "/queues/x", "%d is above %d", 9, 5);
    problem_remedy(&p, "Use at most %d", 5);
    autofree char *text = problem_text(&p);
    ck_assert_str_eq(text, "a.json:3: /queues/x: 9 is above 5. Use at most 5");
    struct problem bare = { 0 };
    problem_set(&bare, NULL, "empty");
    autofree char *bare_text = problem_text(&bare);
    ck_assert_str_eq(bare_text, "empty");
}
END_TEST

START_TEST(test_problems_are_bounded)
{
    struct problems list = { 0 };
    for (int i = 0; i < 100; i++)
        problems_add(&list, "/x", "number %d", i);
    ck_assert_uint_eq(list.n, 64);
    ck_assert_str_eq(list.items[62].text, "number 62");
    ck_assert_str_eq(list.items[63].text, "and more problems, left out");
    problems_clear(&list);
    ck_assert_ptr_null(list.items);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_buffer_grows_and_terminates, test_buffer_keeps_nul_bytes,
                                   test_strings, test_problem_names_file_pointer_and_remedy,
                                   test_problems_are_bounded };
    return unit_run("base", tests, ARRAY_SIZE(tests));
}
