/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/clock.h"

#include <assert.h>
#include <time.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec t;
    int rc = clock_gettime(clock, &t);
    assert(rc == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct now clock_now(void)
{
    return (struct now){ .boot = read_ms(CLOCK_BOOTTIME), .wall = { read_ms(CLOCK_REALTIME) } };
}
