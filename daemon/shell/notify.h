/* SPDX-License-Identifier: Apache-2.0 */
/* notify: what systemd is told of us (sd_notify). Silent when systemd did not start us. */
#ifndef DRD_NOTIFY_H
#define DRD_NOTIFY_H

#include "daemon/base/base.h"
#include "daemon/base/time.h"

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/* One line for "systemctl status". */
void notify_status(const char *text);
/* How often the watchdog wants to hear from us, halved; 0: it does not. */
msec_t notify_watchdog_interval(void);
void notify_alive(void);

#endif
