/* SPDX-License-Identifier: Apache-2.0 */
#include "config/graph.h"
#include "daemon/base/random.h"
#include "tests/unit/unit.h"

#include <time.h>

static void add(struct graph *g, const char *name, const char *want)
{
    (void)graph_add(g, "thing", name, REGION_US_EAST_1, true, unit_json(want), name);
}

static char *order(const struct graph *g)
{
    struct buffer b = { 0 };
    for (size_t i = 0; i < g->n; i++)
        buffer_printf(&b, "%s%s", i == 0 ? "" : " ", g->items[i].id + strlen("thing/"));
    return buffer_take(&b);
}

/* Fails unless there are exactly these problems, one a line. */
static void check_problems(struct graph *g, const char *expected)
{
    struct problems problems = { 0 };
    struct buffer said = { 0 };
    int r = graph_finish(g, &problems);
    for (size_t i = 0; i < problems.n; i++) {
        autofree char *one = problem_text(&problems.items[i]);
        buffer_printf(&said, "%s%s", i == 0 ? "" : "\n", one);
    }
    autofree char *text = buffer_take(&said);
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(r != 0, problems.n > 0);
    problems_clear(&problems);
}

START_TEST(test_order_is_needs_first_and_stable)
{
    struct graph g = { 0 };
    add(&g, "d", "{'x': ['${thing/b.arn}', {'y': 'a ${thing/c.arn} b ${thing/b.url}'}]}");
    add(&g, "c", "{'x': '${thing/a.arn}'}");
    add(&g, "b", "{'x': '${thing/a.arn}', 'n': 1, 't': true, 'z': null}");
    add(&g, "a", "{}");
    add(&g, "e", "{}");
    graph_need(&g, "thing/e", "thing/d");
    graph_need(&g, "thing/e", "thing/d");
    graph_need(&g, "thing/e", "thing/a");
    check_problems(&g, "");
    autofree char *text = order(&g);
    ck_assert_str_eq(text, "a b c d e");
    ck_assert_uint_eq(g.items[3].n_needs, 2);
    ck_assert_uint_eq(g.items[3].needs[0], 1);
    ck_assert_uint_eq(g.items[3].needs[1], 2);
    ck_assert_uint_eq(g.items[0].n_needed_by, 3);
    ck_assert_uint_eq(g.items[0].needed_by[2], 4);
    ck_assert_uint_eq(graph_find(&g, "thing/d"), 3);
    ck_assert_uint_eq(graph_find(&g, "thing/f"), SIZE_MAX);
    graph_clear(&g);
}
END_TEST

START_TEST(test_ids)
{
    struct graph g = { 0 };
    (void)graph_add(&g, "sqs_queue", "a/b.c", REGION_US_EAST_2, false, json_object(), "/queues/a");
    ck_assert_str_eq(g.items[0].id, "sqs_queue/a/b.c@us-east-2");
    ck_assert_str_eq(g.items[0].kind, "sqs_queue");
    ck_assert_int_eq(g.items[0].mode, MODE_ENFORCE);
    (void)graph_add(&g, "x", "y", REGION_US_EAST_2, false,
                    unit_json("{'a': '${sqs_queue/a/b.c@us-east-2.arn}'}"), "");
    check_problems(&g, "");
    ck_assert_uint_eq(g.items[1].n_needs, 1);
    graph_clear(&g);
    check_problems(&g, "");
    graph_clear(&g);
}
END_TEST

START_TEST(test_nothing_of_that_name)
{
    struct graph g = { 0 };
    add(&g, "orders", "{'x': '${thing/ordres.arn} ${other/far-away.arn}'}");
    graph_need(&g, "thing/orders", "thing/gone");
    check_problems(
        &g, "orders: thing/orders refers to thing/ordres, which does not exist. Did you mean "
            "thing/orders?\n"
            "orders: thing/orders refers to other/far-away, which does not exist\n"
            "orders: thing/orders refers to thing/gone, which does not exist");
    graph_clear(&g);
}
END_TEST

START_TEST(test_unreadable_references)
{
    struct graph g = { 0 };
    add(&g, "a", "{'x': ['${', '${thing/a}', '${arn}', '${.}', '${thing/a.arn', '${a.b/c.}']}");
    add(&g, "b", "{'x': '$${thing/none.arn} $ $$ costs $5}'}");
    check_problems(&g, "a: thing/a holds a reference that cannot be read: \n"
                       "a: thing/a holds a reference that cannot be read: thing/a\n"
                       "a: thing/a holds a reference that cannot be read: arn\n"
                       "a: thing/a holds a reference that cannot be read: .\n"
                       "a: thing/a holds a reference that cannot be read: thing/a.arn\n"
                       "a: thing/a holds a reference that cannot be read: a.b/c.");
    graph_clear(&g);
}
END_TEST

START_TEST(test_cycles)
{
    struct graph g = { 0 };
    add(&g, "start", "{'x': '${thing/a.arn}'}");
    add(&g, "a", "{'x': '${thing/b.arn}'}");
    add(&g, "b", "{'x': '${thing/c.arn}'}");
    add(&g, "c", "{'x': '${thing/a.arn}'}");
    add(&g, "self", "{'x': '${thing/self.arn}'}");
    check_problems(&g, "a: a cycle: thing/a needs thing/b needs thing/c needs thing/a. Remove one "
                       "of these references.\n"
                       "self: a cycle: thing/self needs thing/self. Remove one of these "
                       "references.");
    graph_clear(&g);
}
END_TEST

START_TEST(test_twice)
{
    struct graph g = { 0 };
    add(&g, "a", "{}");
    (void)graph_add(&g, "thing", "a", REGION_US_EAST_1, true, json_object(), "/other");
    check_problems(&g, "/other: thing/a exists twice; the other is a");
    graph_clear(&g);
}
END_TEST

START_TEST(test_resolve)
{
    json_auto_t *outputs = unit_json("{'q/a@us-east-1': {'arn': 'ARN', 'n': 7, 'o': {'b': [1]}}}");
    json_auto_t *want = unit_json(
        "{'whole': '${q/a@us-east-1.arn}', 'number': '${q/a@us-east-1.n}',"
        "'object': '${q/a@us-east-1.o}', 'inside': '<${q/a@us-east-1.arn}|${q/a@us-east-1.n}|"
        "${q/a@us-east-1.o}>', 'text': '$${q/a@us-east-1.arn} $5 $', 'list': [1, null, true,"
        "'${q/a@us-east-1.arn}']}");
    json_auto_t *expected = unit_json(
        "{'whole': 'ARN', 'number': 7, 'object': {'b': [1]}, 'text':"
        "'${q/a@us-east-1.arn} $5 $', 'list': [1, null, true, 'ARN']}");
    json_object_set_new(expected, "inside", json_string("<ARN|7|{\"b\":[1]}>"));
    json_auto_t *resolved = graph_resolve(want, outputs, NULL);
    ck_assert_json_eq(resolved, expected);
}
END_TEST

START_TEST(test_resolve_missing)
{
    json_auto_t *outputs = unit_json("{'q/a': {'arn': 'ARN'}}");
    json_auto_t *want = unit_json("{'a': 'x ${q/a.url}', 'b': ['${q/b.arn}']}");
    char missing[256] = "";
    ck_assert_ptr_null(graph_resolve(want, outputs, missing));
    ck_assert_str_eq(missing, "q/a.url");
    ck_assert_ptr_null(graph_resolve(want, NULL, NULL));
}
END_TEST

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A random graph without cycles (needs only what was added before), one long chain, and one
 * resource that everything needs. Sanitizers make it slow; a quadratic algorithm takes minutes. */
START_TEST(test_ten_thousand)
{
    const char *given = getenv("DRD_SEED");
    uint64_t seed = given == NULL ? 20261122 : strtoull(given, NULL, 10);
    struct graph g = { 0 };
    struct random r;
    printf("DRD_SEED=%" PRIu64 "\n", seed);
    random_seed(&r, seed);
    add(&g, "0", "{}");
    double start = seconds();
    for (unsigned i = 1; i < 10000; i++) {
        autofree char *name = xasprintf("%u", i);
        autofree char *want = xasprintf(
            "{'a': '${thing/0.arn}', 'b': '${thing/%u.arn}', 'c': '${thing/%u.arn}'}", i - 1,
            (unsigned)random_below(&r, i));
        add(&g, name, want);
    }
    check_problems(&g, "");
    ck_assert(seconds() - start < 10);
    ck_assert_uint_eq(g.items[0].n_needed_by, 9999);
    for (size_t i = 0; i < g.n; i++)
        for (size_t j = 0; j < g.items[i].n_needs; j++)
            ck_assert_uint_lt(g.items[i].needs[j], i);
    graph_clear(&g);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_order_is_needs_first_and_stable,
        test_ids,
        test_nothing_of_that_name,
        test_unreadable_references,
        test_cycles,
        test_twice,
        test_resolve,
        test_resolve_missing,
        test_ten_thousand,
    };
    return unit_run("graph", tests, ARRAY_SIZE(tests));
}
