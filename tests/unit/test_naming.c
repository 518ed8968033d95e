/* SPDX-License-Identifier: Apache-2.0 */
#include "config/naming.h"
#include "tests/unit/unit.h"

#include <regex.h>

static const struct naming here = { .suffix = "demo",
                                    .account = "123456789012",
                                    .region = REGION_US_EAST_2 };

START_TEST(test_names_and_arns)
{
    static const struct {
        enum named what;
        const char *name, *derived, *arn;
    } rows[] = {
        { NAMED_TABLE, "payments", "payments-demo",
          "arn:aws:dynamodb:us-east-2:123456789012:table/payments-demo" },
        { NAMED_BUCKET, "logs", "logs-us-east-2-123456789012-demo",
          "arn:aws:s3:::logs-us-east-2-123456789012-demo" },
        { NAMED_QUEUE, "orders", "orders-demo", "arn:aws:sqs:us-east-2:123456789012:orders-demo" },
        { NAMED_FIFO, "orders", "orders-demo.fifo",
          "arn:aws:sqs:us-east-2:123456789012:orders-demo.fifo" },
        { NAMED_PARAMETER, "a/b/c", "/a-demo/b/c",
          "arn:aws:ssm:us-east-2:123456789012:parameter/a-demo/b/c" },
        { NAMED_PARAMETER, "a", "/a-demo", "arn:aws:ssm:us-east-2:123456789012:parameter/a-demo" },
        { NAMED_ROLE, "api", "api-demo", "arn:aws:iam::123456789012:role/api-demo" },
        { NAMED_POLICY, "b", "b-demo", "arn:aws:iam::123456789012:policy/b-demo" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        autofree char *derived = naming_name(&here, rows[i].what, rows[i].name);
        autofree char *arn = naming_arn(&here, rows[i].what, derived);
        ck_assert_str_eq(derived, rows[i].derived);
        ck_assert_str_eq(arn, rows[i].arn);
    }
}
END_TEST

/* The length at which a name of this kind becomes too long; every one below is good. */
static size_t longest(enum named what)
{
    char name[1200] = "/";
    size_t n = strlen(name);
    for (;; n++) {
        struct problems problems = { 0 };
        name[n] = 'x';
        name[n + 1] = '\0';
        if (n < 3)
            continue;
        naming_check(&here, what, what == NAMED_PARAMETER ? name : name + 1, "/a", &problems);
        size_t found = problems.n;
        problems_clear(&problems);
        if (found > 0)
            return what == NAMED_PARAMETER ? n : n - 1;
    }
}

START_TEST(test_limits)
{
    ck_assert_uint_eq(longest(NAMED_TABLE), 255);
    ck_assert_uint_eq(longest(NAMED_BUCKET), 63);
    ck_assert_uint_eq(longest(NAMED_QUEUE), 80);
    ck_assert_uint_eq(longest(NAMED_FIFO), 80);
    ck_assert_uint_eq(longest(NAMED_ROLE), 64);
    ck_assert_uint_eq(longest(NAMED_POLICY), 128);
    /* 1011 for the whole ARN */
    ck_assert_uint_eq(longest(NAMED_PARAMETER),
                      1011 - strlen("arn:aws:ssm:us-east-2:123456789012:parameter"));
}
END_TEST

START_TEST(test_short_and_reserved)
{
    static const struct {
        enum named what;
        const char *derived, *said;
    } rows[] = {
        { NAMED_TABLE, "ab", "/a: the table name \"ab\" has 2 characters; AWS wants 3" },
        { NAMED_PARAMETER, "/ssm-demo",
          "/a: the parameter name \"/ssm-demo\" begins with aws or ssm, which AWS keeps for "
          "itself" },
        { NAMED_BUCKET, "a.b",
          "/a: the bucket name \"a.b\" has a \".\". Use lower-case letters, digits and hyphens." },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct problems problems = { 0 };
        naming_check(&here, rows[i].what, rows[i].derived, "/a", &problems);
        ck_assert_uint_eq(problems.n, 1);
        autofree char *said = problem_text(&problems.items[0]);
        ck_assert_str_eq(said, rows[i].said);
        problems_clear(&problems);
    }
}
END_TEST

/* The rules in C and the patterns that editors get say the same. */
START_TEST(test_rules_are_their_patterns)
{
    static const struct {
        const char *pattern;
        const char *(*rule)(const char *text);
    } rules[] = {
        { NAMING_PATTERN_NAME, naming_rule_name },
        { NAMING_PATTERN_PARAMETER, naming_rule_parameter },
        { NAMING_PATTERN_SUFFIX, naming_rule_suffix },
        { NAMING_PATTERN_ACCOUNT, naming_rule_account },
    };
    static const char *const texts[] = { "",
                                         "a",
                                         "demo",
                                         "-a",
                                         "a-",
                                         "a--b",
                                         "A_b",
                                         "a.b",
                                         ".a",
                                         "_a",
                                         "a/b",
                                         "/a",
                                         "a/",
                                         "a//b",
                                         "a b",
                                         "a/b/",
                                         "a/-b",
                                         "\xc3\xa9",
                                         "1",
                                         "a/b.c",
                                         "a@b",
                                         "a$b",
                                         "12345",
                                         "123456789012",
                                         "1234567890123",
                                         "12345678901x" };
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        regex_t compiled;
        ck_assert_int_eq(regcomp(&compiled, rules[i].pattern, REG_EXTENDED | REG_NOSUB), 0);
        for (size_t j = 0; j < ARRAY_SIZE(texts); j++)
            ck_assert_msg((regexec(&compiled, texts[j], 0, NULL, 0) == 0) ==
                              (rules[i].rule(texts[j]) == NULL),
                          "%s and its rule differ about \"%s\"", rules[i].pattern, texts[j]);
        regfree(&compiled);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_names_and_arns,
        test_limits,
        test_short_and_reserved,
        test_rules_are_their_patterns,
    };
    return unit_run("naming", tests, ARRAY_SIZE(tests));
}
