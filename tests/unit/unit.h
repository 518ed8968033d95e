/* SPDX-License-Identifier: Apache-2.0 */
/* unit: what every Check program of ours shares: main, and comparing JSON with a readable message.
 */
#ifndef DRD_UNIT_H
#define DRD_UNIT_H

#include "daemon/base/base.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>

/* int main(void) { return unit_run("xml", tests, ARRAY_SIZE(tests)); } with
 * static const TTest *const tests[] = { test_a, test_b }; */
static inline int unit_run(const char *name, const TTest *const *tests, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Parses single-quoted JSON, for short literals in tests: unit_json("{'a': 1}"). */
static inline json_t *unit_json(const char *text)
{
    autofree char *copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json_error_t error;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (value == NULL)
        ck_abort_msg("bad JSON in a test: %s in %s", error.text, copy);
    return value;
}

/* Fails with both documents printed when they differ. */
#define ck_assert_json_eq(a, b)                                                                    \
    do {                                                                                           \
        const json_t *ja_ = (a), *jb_ = (b);                                                       \
        if (!json_equal(ja_, jb_)) {                                                               \
            autofree char *ta_ = json_dumps(ja_,                                                   \
                                            JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_INDENT(1));    \
            autofree char *tb_ = json_dumps(jb_,                                                   \
                                            JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_INDENT(1));    \
            ck_abort_msg("%s\nis not\n%s", ta_, tb_);                                              \
        }                                                                                          \
    } while (0)

#endif
