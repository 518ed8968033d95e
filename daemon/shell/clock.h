/* SPDX-License-Identifier: Apache-2.0 */
/* clock: the one place of the daemon that reads the time. */
#ifndef DRD_CLOCK_H
#define DRD_CLOCK_H

#include "daemon/base/time.h"

/* CLOCK_BOOTTIME (it goes on during suspend, and nobody can set it) and CLOCK_REALTIME. */
struct now clock_now(void);

#endif
