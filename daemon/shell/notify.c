/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/notify.h"

#include <systemd/sd-daemon.h>

void notify_ready(void)
{
    (void)sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
    (void)sd_notify(0, "RELOADING=1");
}

void notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1");
}

void notify_status(const char *text)
{
    (void)sd_notifyf(0, "STATUS=%s", text);
}

msec_t notify_watchdog_interval(void)
{
    uint64_t usec = 0;
    return sd_watchdog_enabled(0, &usec) > 0 ? (msec_t)(usec / 2000) : 0;
}

void notify_alive(void)
{
    (void)sd_notify(0, "WATCHDOG=1");
}
