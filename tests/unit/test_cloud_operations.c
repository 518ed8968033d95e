/* SPDX-License-Identifier: Apache-2.0 */
/* What the sandbox promises to have, it has: no operation of its services is left out. */
#include "tests/sandbox/service.h"
#include "tests/unit/cloud_unit.h"

static const struct service *find_service(const char *name)
{
    for (const struct service *const *s = services; *s != NULL; s++)
        if (strcmp((*s)->name, name) == 0)
            return *s;
    return NULL;
}

START_TEST(test_every_operation_is_implemented)
{
    struct world w = world_new(1);
    size_t n = 0;
    for (const struct operation *op = operations; op->name != NULL; op++) {
        if (find_service(op->service) == NULL)
            continue;
        autofree char *name = xasprintf("%s:%s", op->service, op->name);
        struct answer answer = world_call(&w, name, REGION_US_EAST_1, json_object());
        ck_assert_msg(strcmp(answer.code, "NotImplemented") != 0, "%s: %s", name, answer.message);
        answer_clear(&answer);
        n++;
    }
    ck_assert_uint_gt(n, 100);
    world_clear(&w);
}
END_TEST

/* The tables are sorted, so that a glance tells what is there, and name nothing that no one can
 * call. */
START_TEST(test_tables_are_sound)
{
    static const char *const needed[] = { "dynamodb", "iam", "s3", "sqs", "ssm", "sts" };
    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        ck_assert_msg(find_service(needed[i]) != NULL, "%s", needed[i]);
    for (const struct service *const *s = services; *s != NULL; s++)
        for (const struct service_operation *o = (*s)->operations; o->name != NULL; o++) {
            ck_assert_msg(operation_find((*s)->name, o->name) != NULL, "%s:%s is not imported",
                          (*s)->name, o->name);
            ck_assert(o->run != NULL);
            if (o > (*s)->operations)
                ck_assert_msg(strcmp(o[-1].name, o->name) < 0, "%s:%s is not in order", (*s)->name,
                              o->name);
        }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_every_operation_is_implemented, test_tables_are_sound };
    return unit_run("cloud_operations", tests, ARRAY_SIZE(tests));
}
