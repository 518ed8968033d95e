/* SPDX-License-Identifier: Apache-2.0 */
#include "config/topology.h"
#include "tests/unit/unit.h"

#define ACCOUNT "123456789012"

/* A file of the source tree. */
static char *read_file(const char *name)
{
    const char *root = getenv("DRD_SOURCE");
    autofree char *path = xasprintf("%s/%s", root == NULL ? "." : root, name);
    struct buffer b = { 0 };
    char block[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        ck_abort_msg("cannot read %s", path);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(&b, block, n);
    (void)fclose(file);
    return buffer_take(&b);
}

static void fail_with(const struct problems *problems)
{
    struct buffer all = { 0 };
    for (size_t i = 0; i < problems->n; i++) {
        autofree char *one = problem_text(&problems->items[i]);
        buffer_printf(&all, "%s\n", one);
    }
    ck_abort_msg("unexpected problems:\n%s", all.text == NULL ? "(none)" : all.text);
}

static struct topology *load(const char *text)
{
    struct topology *t = NULL;
    struct problems problems = { 0 };
    autofree char *copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    if (topology_load(copy, strlen(copy), "test.json", &t, &problems) != 0)
        fail_with(&problems);
    return t;
}

static struct graph expand(const struct topology *t, const json_t *secrets)
{
    struct graph graph;
    struct problems problems = { 0 };
    if (topology_expand(t, ACCOUNT, secrets, &graph, &problems) != 0)
        fail_with(&problems);
    return graph;
}

static const struct resource *resource(const struct graph *g, const char *id)
{
    size_t i = graph_find(g, id);
    if (i == SIZE_MAX)
        ck_abort_msg("no resource %s", id);
    return &g->items[i];
}

START_TEST(test_example_expands)
{
    autofree char *text = read_file("config/examples/payments.json");
    struct topology *t = load(text);
    struct graph g = expand(t, NULL);
    for (size_t i = 0; i < g.n; i++)
        for (size_t j = 0; j < g.items[i].n_needs; j++)
            ck_assert_uint_lt(g.items[i].needs[j], i);
    const struct resource *queue = resource(&g, "sqs_queue/payments@us-east-2");
    ck_assert_uint_eq(queue->n_needs, 1);
    ck_assert_str_eq(g.items[queue->needs[0]].id, "sqs_queue/payments-dlq@us-east-2");
    graph_clear(&g);
    topology_unref(t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_example_expands };
    return unit_run("topology", tests, ARRAY_SIZE(tests));
}
