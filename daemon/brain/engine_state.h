/* SPDX-License-Identifier: Apache-2.0 */
/* engine_state: what the files of the engine share. Private to engine*.c.
 *     engine.c        life, configuration, passes
 *     engine_step.c   one resource: wants, reads, verdicts
 *     engine_write.c  may this change be made, and what came of it
 *     engine_views.c  what people see
 *     engine_orders.c what operators ask of it: hold, approve, destroy */
#ifndef DRD_ENGINE_STATE_H
#define DRD_ENGINE_STATE_H

#include "daemon/brain/engine.h"
#include "daemon/brain/item.h"
#include "daemon/brain/reach.h"
#include "daemon/brain/schedule.h"

/* Call ids: a serial number above the slot of the item they are for. */
enum { SLOT_BITS = 24 };

enum {
    ENGINE_CONSENT_LASTS = 60 * 60 * 1000,
    ENGINE_SETTLE_LEAST = 5 * 1000, /* every accepted change gets this long to show */
};

struct pass {
    uint64_t number;
    bool running, dry;
    bool let_go; /* it has lasted an interval: what AWS works on no longer keeps it open */
    char *operation, *who; /* owned */
    msec_t started, ended;
    unsigned writes, destroys, limited;
    size_t open; /* items still to be looked at */
    json_t *plan;
};

struct engine {
    struct journal *journal;
    struct random *random;
    engine_kind_fn *kind;
    bool observe, stopping, suspended;
    struct mandate mandate;
    struct engine_place place;
    bool configured;

    struct graph graph;
    struct item **items; /* by slot; slot 0 is unused, NULL: free */
    uint32_t n_slots, n_items, free_slot;
    struct item **nodes; /* by index in graph */
    json_t *index;       /* id → slot */
    json_t *outputs;     /* id → outputs */
    json_t *inventory;   /* id → entry, until engine_configure has given it to items */
    json_t *consents;    /* id → consent, until given to items */
    json_t *breakers;    /* id → true, until given to items */
    struct schedule schedule;
    struct reach reach;
    size_t n_state[N_ITEM_STATES], n_active, calls_out;
    uint64_t serial;

    struct pass pass;
    uint64_t passed;
    json_t *planned;           /* what the last dry pass found; the next pass waits until taken */
    bool asked;                /* another pass is wanted … */
    struct engine_cause cause; /* … for this (owned strings) */
    msec_t pass_at;

    struct {
        char *reason, *who;  /* owned; reason NULL: none */
        msec_t since, until; /* until: 0 none */
        int64_t since_wall, until_wall;
    } hold;
    bool destroying; /* everything is to be absent */
    struct engine_pending {
        uint64_t seq;
        uint32_t slot;
    } *pending; /* changes being recorded */
    size_t n_pending;
    uint64_t changes, changes_failed, not_retained;
    msec_t last_change;
};

/* engine.c */
struct item *engine_find(const struct engine *e, const char *id);
/* Queues it, now that what it needs has been looked at. */
void engine_item_ready(struct engine *e, struct item *item);
/* Looks at it again after wait; keeps its facts unless said otherwise by the caller. */
void engine_item_pause(struct engine *e, struct item *item, msec_t wait, struct turn *t);
void engine_item_state(struct engine *e, struct item *item, enum item_state state,
                       const char *reason, const char *reason_of, msec_t now);
/* It has been looked at and comes to rest; again after `again` (NEVER: at the next pass). */
void engine_item_settle(struct engine *e, struct item *item, msec_t again, struct turn *t);
void engine_remove(struct engine *e, struct item *item, struct turn *t);
msec_t engine_backoff(struct engine *e, unsigned failures, msec_t first, msec_t most);

/* engine_step.c */
void engine_step_item(struct engine *e, struct item *item, struct turn *t);
void engine_step_answer(struct engine *e, struct item *item, const struct item_call *call,
                        const struct answer *answer, struct turn *t);
/* Whether wants may hold references that nothing fills in yet: only looking, or destroying. */
bool engine_loose(const struct engine *e, const struct item *item);

/* engine_write.c */
void engine_write_verdict(struct engine *e, struct item *item, struct verdict *verdict,
                          struct turn *t);
void engine_write_answer(struct engine *e, struct item *item, const struct operation *op,
                         const struct answer *answer, struct turn *t);
/* The item whose change it was, or NULL. */
struct item *engine_write_recorded(struct engine *e, uint64_t seq, int error, struct turn *t);
/* Brings the inventory up to date with want and outputs. */
void engine_write_inventory(struct engine *e, struct item *item, struct turn *t);
/* Of an entry of the inventory, without its id and time. */
uint64_t engine_write_fingerprint(const json_t *entry);

#endif
