/* SPDX-License-Identifier: Apache-2.0 */
/* log: what goes to the system's log, from the shell alone; the brain's events come here as
 * records. To journald with fields when stderr is its stream; else to stderr, with systemd's <N>
 * priorities when systemd started us ($INVOCATION_ID), in plain words when a person did.
 * (sd_journal_send discards silently where there is no journal, so the choice is made here, once.)
 */
#ifndef DRD_LOG_H
#define DRD_LOG_H

#include "daemon/base/problem.h"
#include "daemon/brain/brain.h"

#include <syslog.h>

struct log {
    bool journal, prefixed, terminal; /* terminal: stderr is one */
    int level;                        /* LOG_ERR … LOG_DEBUG: what is less important is left out */
};

void log_init(struct log *log, int level);
void log_say(const struct log *log, int level, const char *format, ...) PRINTF(3, 4);
void log_problem(const struct log *log, int level, const struct problem *problem);
void log_problems(const struct log *log, int level, const struct problems *problems);
/* RECORD_EVENT, RECORD_CHANGE and RECORD_RESULT as lines for people; nothing for other kinds. */
void log_record(const struct log *log, uint64_t seq, enum record_kind kind, const json_t *body);

#endif
