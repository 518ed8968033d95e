/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kinds, and what holds for the verdicts of every one of them. */
#include "reconcilers/kind.h"

extern const struct kind kind_dynamodb_table, kind_iam_policy, kind_iam_role, kind_s3_bucket,
    kind_s3_replication, kind_sqs_queue, kind_ssm_parameter, kind_table_settings;

const struct kind *const kinds[] = {
    &kind_dynamodb_table, &kind_iam_policy,     &kind_iam_role,
    &kind_s3_bucket,      &kind_s3_replication, &kind_sqs_queue,
    &kind_ssm_parameter,  &kind_table_settings, NULL,
};

const struct kind *kind_find(const char *name)
{
    for (const struct kind *const *k = kinds; *k != NULL; k++)
        if (str_eq((*k)->name, name))
            return *k;
    return NULL;
}

/* Bugs of a kind, caught where they arise. */
static void check(const struct verdict *v, const json_t *facts)
{
    assert(v->reason != NULL);
    assert((v->kind == VERDICT_READ) == (v->calls.n > 0 && v->drift == NULL) ||
           v->kind == VERDICT_WRITE);
    assert(v->kind != VERDICT_WRITE || (v->calls.n == 1 && v->drift != NULL));
    assert(v->kind != VERDICT_WAIT || v->wait > 0);
    for (size_t i = 0; i < v->calls.n; i++) {
        const struct call *call = &v->calls.items[i];
        assert(call->args != NULL);
        assert((call->op->access == ACCESS_READ) == (v->kind == VERDICT_READ));
        if (v->kind != VERDICT_READ)
            continue;
        assert(!fact_known(facts, call->slot));
        for (size_t j = 0; j < i; j++)
            assert(strcmp(call->slot, v->calls.items[j].slot) != 0);
    }
}

struct verdict kind_step(const struct kind *kind, const struct subject *subject,
                         const json_t *facts)
{
    struct verdict v = kind->step(kind, subject, facts);
    check(&v, facts);
    return v;
}
