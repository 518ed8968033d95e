/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/region.h"

#include "daemon/base/base.h"

static const char *const names[N_REGIONS] = { [REGION_NONE] = "",
#define X(id, name) [REGION_##id] = (name),
                                              REGIONS(X)
#undef X
};

const char *region_name(enum region region)
{
    assert((unsigned)region < N_REGIONS);
    return names[region];
}

enum region region_parse(const char *name)
{
    for (unsigned i = 1; i < N_REGIONS; i++)
        if (str_eq(names[i], name))
            return (enum region)i;
    return REGION_NONE;
}
