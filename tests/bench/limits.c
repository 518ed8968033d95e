/* SPDX-License-Identifier: Apache-2.0 */
/* limits: the catalogue's budgets as JSON, one object by operation: {"sqs:GetQueueUrl": {"family",
 * "per_second", "at_once"}}. at_once is what others than failover may take from a full bucket.
 * A tool for bench.py, which counts calls in the sandbox's log and wants to know what they may
 * cost in time. */
#include "aws/budget.h"

#include <stdio.h>

int main(void)
{
    json_auto_t *out = json_object();
    for (const struct operation *op = operations; op->name != NULL; op++) {
        const struct budget_limit *limit = &budget_limits[op->family];
        autofree char *name = xasprintf("%s:%s", op->service, op->name);
        json_t *row = json_pack("{ss sf sI}", "family", budget_family_name(op->family),
                                "per_second", (double)limit->per_second_milli / 1000.0, "at_once",
                                (json_int_t)(limit->burst - limit->reserve));
        if (row == NULL || json_object_set_new(out, name, row) < 0)
            return EXIT_FAILURE;
    }
    return json_dumpf(out, stdout, JSON_COMPACT) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
