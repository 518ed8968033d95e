/* SPDX-License-Identifier: Apache-2.0 */
/* item: one resource under the engine's care: what it is, what was last seen of it, and what is
 * being done about it now. Small while it rests: wants, facts and drift live only as long as they
 * are needed. Private to the engine and its views. */
#ifndef DRD_ITEM_H
#define DRD_ITEM_H

#include "config/graph.h"
#include "daemon/brain/breaker.h"
#include "daemon/brain/turn.h"
#include "reconcilers/kind.h"

/* What is known of the resource; people see these names. */
#define ITEM_STATES(X)                                                                             \
    X(UNKNOWN, "unknown") /* never seen since the daemon started */                                \
    X(IN_SYNC, "in_sync")                                                                          \
    X(WRITING, "writing")   /* being created or repaired */                                        \
    X(WAITING, "waiting")   /* AWS is at work, or something it needs is not there yet */           \
    X(DRIFTED, "drifted")   /* differs, and drd may not or will not repair it now */               \
    X(PROPOSED, "proposed") /* differs; an operator's approval starts the repair */                \
    X(BLOCKED, "blocked")   /* a person must decide */                                             \
    X(BREAKER, "breaker")   /* repaired too often; approval resets it */                           \
    X(ERROR, "error")       /* AWS answered with an error, or not at all */                        \
    X(ORPHANED, "orphaned") /* ours, and no longer in the configuration */                         \
    X(DESTROYING, "destroying")                                                                    \
    X(GONE, "gone") /* destroyed, and seen to be absent */

enum item_state {
#define X(id, name) ITEM_##id,
    ITEM_STATES(X)
#undef X
        N_ITEM_STATES
};

/* What the engine is doing about it. */
enum item_phase {
    PHASE_IDLE,    /* nothing; a time may be set to look again */
    PHASE_NEEDS,   /* due, waits for what it needs to be looked at first */
    PHASE_READY,   /* queued */
    PHASE_READING, /* calls are out */
    PHASE_WRITING, /* a change is being recorded or made */
    PHASE_PAUSED,  /* looks again at a set time */
};

struct item_call {
    uint64_t id;
    char *slot; /* owned; NULL: its answer comes too late to matter */
    const struct operation *op;
};

/* The last error, as people see it. */
struct item_error {
    enum aws_class class;
    char code[64], message[256], request_id[80];
    const struct operation *op;
    msec_t at;
    bool writing; /* it was a change that failed */
};

struct item {
    char *id;                        /* owned; outlives a reload */
    const struct resource *resource; /* in the engine's graph; NULL: orphan */
    const struct kind *kind;         /* NULL: an orphan of a kind that this version lacks */
    char *kind_name;                 /* owned */
    json_t *orphan_want;             /* owned; from the inventory */
    size_t node;                     /* index in the graph */
    uint32_t slot;
    enum region region;

    enum item_state state;
    enum item_phase phase;
    const char *reason; /* static text */
    char *reason_of;    /* owned; what the reason speaks of ("iam_role/payments"), or NULL */
    json_t *drift;      /* owned; NULL in sync */
    bool by_consent;    /* blocked: approving it helps, and destroys data */
    json_t *consent;    /* owned; the drift of a block that an operator lifted, or NULL */
    struct item_error *error;
    msec_t state_since, checked_at, in_sync_since, changed_at; /* 0: never */

    bool in_pass, starved, leaving, doomed; /* doomed: goal is absence */
    bool ever_in_sync, unresolved;          /* unresolved: want still holds references */
    bool read_failed;
    uint32_t open_needs;
    unsigned failures, tries; /* reads that failed in a row; within this pass */

    json_t *want, *facts; /* owned; only while active */
    msec_t facts_since;
    struct item_call *calls;
    size_t n_calls;

    uint64_t change; /* seq of the change being made, 0: none */
    json_t *change_drift;
    uint64_t change_hash; /* of operation and arguments */
    struct {
        uint64_t hash;
        msec_t at;
    } accepted[4];         /* recent changes that AWS accepted */
    uint64_t refused_hash; /* the change that AWS will not have … */
    msec_t refused_until;  /* … so it is not tried again before this */
    msec_t settle_delay, consent_until;
    msec_t shown_by; /* until then what was made may not show: absence is not believed */
    unsigned writes, write_failures, not_retained; /* write_failures: in a row */
    struct breaker breaker;
    uint64_t inventory_hash; /* of what was last recorded */
};

const char *item_state_name(enum item_state state);
const char *item_phase_name(enum item_phase phase);
struct item *item_new(const char *id, const char *kind_name, const struct kind *kind,
                      enum region region, uint32_t slot);
void item_free(struct item *item);
/* Drops what lives only while active. */
void item_rest(struct item *item);
void item_set_state(struct item *item, enum item_state state, const char *reason,
                    const char *reason_of, msec_t now);
/* Both lists are copied, into one; NULL for none. */
void item_set_drift(struct item *item, const json_t *drift, const json_t *others);
void item_set_error(struct item *item, const struct operation *op, const struct answer *answer,
                    bool writing, msec_t now);
void item_clear_error(struct item *item);
bool item_active(const struct item *item);

/* One row for people: {"id", "kind", "region", "state", "doing", "reason", "drift", "error", ages
 * in ms, counters}. New reference. */
json_t *item_row(const struct item *item, msec_t now);
/* What the inventory keeps of want: its scalars and lists of scalars, without secrets, so that an
 * orphan can still be found and destroyed. New reference. */
json_t *item_identity(const struct kind *kind, const json_t *want);

#endif
