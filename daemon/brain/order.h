/* SPDX-License-Identifier: Apache-2.0 */
/* order: what an operator started and when it has ended: a pass now, a plan, taking everything
 * down. Each has an id, under which it is followed to a definite end, and is recorded when it
 * starts and when it ends. A destroy survives a restart of the daemon; the others are then reported
 * as failed. */
#ifndef DRD_ORDER_H
#define DRD_ORDER_H

#include "daemon/brain/engine.h"

enum order_kind { ORDER_RECONCILE, ORDER_PLAN, ORDER_DESTROY };
enum order_state { ORDER_RUNNING, ORDER_DONE, ORDER_FAILED };

struct order {
    char id[17];
    enum order_kind kind;
    enum order_state state;
    char *who, *only; /* owned; only: the one orphan to destroy, or NULL */
    char *reason;     /* owned; why it failed */
    json_t *result;   /* owned; NULL while it runs */
    bool asked;
    uint64_t pass; /* ends with this one, or later */
    size_t remaining;
    msec_t started, ended, progress_at;
    int64_t started_wall, ended_wall;
};

enum { ORDERS_KEPT = 64 };

struct orders {
    struct order *items[ORDERS_KEPT]; /* oldest first; owned */
    size_t n;
};

void orders_clear(struct orders *o);
/* {"operations"} of the checkpoint: goes on with destroys, closes the others. */
void orders_restore(struct orders *o, const json_t *recorded, struct journal *journal,
                    struct turn *t);
/* NULL when too many are running (the caller refuses). */
struct order *orders_add(struct orders *o, enum order_kind kind, const char *who, const char *only,
                         struct random *random, struct journal *journal, struct turn *t);
/* Lets time pass: starts what waits, ends what has come to its end. */
void orders_step(struct orders *o, struct engine *engine, struct journal *journal, struct turn *t);
/* One of this kind whose turn has not come, or NULL: it serves the next who asks as well. */
const struct order *orders_waiting(const struct orders *o, enum order_kind kind);
/* orders_add would return NULL. */
bool orders_full(const struct orders *o);
bool orders_running(const struct orders *o, enum order_kind kind);
const struct order *orders_find(const struct orders *o, const char *id);
/* {"id", "command", "state", "who", "age_ms", "reason"?, "remaining"?, "result"?}. New reference.
 */
json_t *order_view(const struct order *order, msec_t now);
/* Those that run now, without their results. New reference. */
json_t *orders_view(const struct orders *o, msec_t now);

#endif
