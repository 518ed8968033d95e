/* SPDX-License-Identifier: Apache-2.0 */
/* brain: everything that decides, behind one function. One event in, effects out; no I/O, no clock,
 * no randomness of its own, no logging. The daemon, the simulation and the replay run the same one.
 *
 * Ownership: an event is borrowed for the call. The caller owns the effects and clears them after
 * carrying them out.
 * Durability: each record has a seq, each effect an `after`. The shell holds an effect until the
 * record with seq == after is on disk. If writing fails it drops the effects that waited for it and
 * says EVENT_RECORDED with the error; the brain decides what that means. */
#ifndef DRD_BRAIN_H
#define DRD_BRAIN_H

#include "aws/call.h"
#include "config/topology.h"
#include "daemon/brain/sample.h"

enum event_kind {
    EVENT_BOOTED,   /* first, once */
    EVENT_TICK,     /* the time asked for by EFFECT_WAKE has come */
    EVENT_ANSWER,   /* to EFFECT_CALL */
    EVENT_PROBED,   /* to EFFECT_PROBE */
    EVENT_RESOLVED, /* to EFFECT_RESOLVE */
    EVENT_COMMAND,  /* an operator wants something */
    EVENT_RECORDED, /* to EFFECT_RECORD */
    EVENT_RELOADED, /* a new, checked configuration */
};

/* What a peer of the control socket may do. */
enum clearance { CLEARANCE_READ, CLEARANCE_WRITE };

struct event {
    enum event_kind kind;
    union {
        struct {
            uint8_t entropy[32];
            struct topology *topology; /* borrowed; the brain takes its own reference */
            const json_t *secrets;     /* see topology_secrets */
            /* What the store gave back, or NULL: {"seq": the highest one used, "resources": {id:
             * body of its last RECORD_RESOURCE}, "settings": {key: value}, "operations": {id: body
             * of its last RECORD_OPERATION, at least those with "state": "running"}}. */
            const json_t *checkpoint;
            bool observe; /* never write, whatever the modes say */
            const char *version;
        } booted;
        struct {
            struct topology *topology;
            const json_t *secrets;
        } reloaded;
        const struct answer *answer;
        const struct sample *probed;
        struct {
            uint64_t id;
            const struct sample *sample;
        } resolved;
        struct {
            uint64_t id;        /* for the reply */
            const char *name;   /* "status", "reconcile", … */
            const json_t *args; /* an object, or NULL */
            const char *who;    /* "uid 1000 (alice)"; recorded */
            enum clearance clearance;
        } command;
        struct {
            uint64_t seq;
            int error; /* 0 or negative errno */
        } recorded;
    };
};

enum effect_kind {
    EFFECT_CALL,
    EFFECT_PROBE,
    EFFECT_RESOLVE,
    EFFECT_RECORD,
    EFFECT_REPLY,
    EFFECT_WAKE
};

/* What is written down, and where the store puts it. Every body has "time" (wall ms). */
enum record_kind {
    /* A write about to be made: resource, kind, region, op ("sqs:TagQueue"), reason, pass,
     * fields: [{"pointer", "before"?, "after"?, "secret"?}], operation? (id), who? */
    RECORD_CHANGE,
    /* What came of it: change (seq), resource, op, class, code?, message?, request_id? */
    RECORD_RESULT,
    /* An operation: id, command, who, state, summary?, reason?, started, ended? (wall ms) */
    RECORD_OPERATION,
    /* The inventory: id, kind, region, want (its scalars, no secrets), outputs; or id and
     * "gone": true, which takes it out */
    RECORD_RESOURCE,
    RECORD_SETTING, /* key, value; a null value takes it out. Must outlive a restart */
    RECORD_EVENT,   /* something people should know: level ("info" | "alert"), text, resource? */
};

struct effect {
    enum effect_kind kind;
    uint64_t after; /* seq of the record that must be on disk first; 0: none */
    union {
        struct {
            uint64_t id;
            struct call call; /* owned */
        } call;
        struct {
            uint64_t id;
            char *url; /* owned */
            msec_t timeout;
            enum region region;
        } probe;
        struct {
            uint64_t id;
            char *name, *server; /* owned */
        } resolve;
        struct {
            uint64_t seq;
            enum record_kind kind;
            json_t *body; /* owned; "time" (wall ms) is in it */
        } record;
        struct {
            uint64_t command;
            int status;   /* HTTP's: 200, 202, 400, 403, 404, 409 */
            json_t *body; /* owned */
        } reply;
        msec_t wake; /* boot time of the next EVENT_TICK, NEVER: none; the latest one counts */
    };
};

struct effects {
    struct effect *items;
    size_t n, size;
};
struct effect *effects_add(struct effects *e, enum effect_kind kind);
void effects_clear(struct effects *e);

struct brain;
struct brain *brain_new(void);
/* The same with another table of kinds; for tests. */
struct kind;
struct brain *brain_new_with(const struct kind *(*find)(const char *name));
void brain_free(struct brain *b);
void brain_step(struct brain *b, const struct event *event, struct now now,
                struct effects *effects);
/* True when no call is out and no write is pending: the moment to stop. */
bool brain_idle(const struct brain *b);
/* From now on nothing new is begun; answers are still taken in. */
void brain_stop(struct brain *b);

#endif
