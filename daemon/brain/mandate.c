/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/mandate.h"

#include "daemon/base/base.h"

struct mandate mandate_alone(enum region active, enum region standby, enum region witness)
{
    struct mandate m = { .may_write = true };
    m.role[active] = ROLE_ACTIVE;
    m.role[standby] = ROLE_STANDBY;
    m.role[witness] = ROLE_WITNESS;
    m.role[REGION_NONE] = ROLE_NONE;
    return m;
}

uint32_t mandate_freeze_of(const char *kind)
{
    static const struct {
        const char *kind;
        uint32_t freeze;
    } rows[] = {
        { "dynamodb_table", FREEZE_DATA },
        { "s3_bucket", FREEZE_DATA },
        { "s3_replication", FREEZE_DATA },
        { "table_settings", FREEZE_DATA },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (str_eq(rows[i].kind, kind))
            return rows[i].freeze;
    return 0;
}

const char *mandate_refuses(const struct mandate *m, uint32_t freeze)
{
    if (!m->may_write)
        return m->why != NULL ? m->why : "this daemon may not write now";
    if ((m->frozen & freeze) != 0)
        return m->why != NULL ? m->why : "frozen while a plan is under way";
    return NULL;
}
