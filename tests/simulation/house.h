/* SPDX-License-Identifier: Apache-2.0 */
/* house: one world in one process under virtual time: brain, client, net, cloud, and a store that
 * keeps what was recorded. No I/O, no clock; all chance comes from the seed. A crash throws brain
 * and client away and boots new ones from the store, while what is under way at AWS goes on. */
#ifndef DRD_SIMULATION_HOUSE_H
#define DRD_SIMULATION_HOUSE_H

#include "aws/client.h"
#include "daemon/brain/brain.h"
#include "tests/sandbox/net.h"

struct house_settings {
    uint64_t seed;
    const char *text;   /* the configuration */
    msec_t round_trip;  /* of every call */
    msec_t stale_reads; /* some reads show a state up to this old */
    double budget_scale;
    bool observe, trace;
};

/* What the judges look at. */
struct tally {
    unsigned long events, attempts, calls_read, calls_write; /* that reached the cloud */
    unsigned long change_effects, crashes, record_failures;
    unsigned long by_family[N_BUDGET_FAMILIES]; /* attempts */
    msec_t last_write;
    json_t
        *created; /* "Role NAME@us-east-1" → how often AWS created it since it was last deleted */
    json_t *changes;       /* the bodies of RECORD_CHANGE that were stored; NULL: not kept */
    const char *violation; /* static text of the first judge that failed, or NULL */
    char detail[256];
};

struct house_event;
struct house {
    struct house_settings settings;
    struct random random;
    struct now now;
    struct topology *topology;
    struct brain *brain;
    struct client *client;
    struct cloud *cloud;
    struct net *net;
    struct caller caller;
    struct house_event *queue; /* a heap by time, then order */
    size_t n_queue, queue_size;
    unsigned long order;
    unsigned life; /* counts boots: what was sent in another life is answered to nobody */
    msec_t brain_wake, client_wake;
    json_t *store;   /* the checkpoint */
    json_t *replies; /* command id → [status, body] */
    uint64_t next_command, asked, answered;
    msec_t records_fail_until;
    unsigned long crash_at; /* event number; 0: none */
    bool must_not_write;    /* on hold or only observing: no change may begin */
    struct budget budget;   /* the judge's own count */
    bool unlimited;         /* destroying knows no limit of changes per pass */
    json_int_t pass;        /* of the last change, … */
    unsigned pass_changes;  /* … and how many it has made; the judge's own count */
    struct effects from_brain;
    struct client_effects from_client;
    bool draining;
    struct held {
        uint64_t after;
        uint64_t id;
        struct call call;
    } *held;
    size_t n_held;
    struct tally tally;
};

void house_init(struct house *h, const struct house_settings *settings);
void house_clear(struct house *h);
/* Until this boot time, or until a judge has failed. */
void house_run(struct house *h, msec_t until);
void house_crash(struct house *h);
void house_reload(struct house *h, const char *text);
/* The reply, borrowed until the next command; NULL when none came at once. args may be NULL; it is
 * taken. */
const json_t *house_command(struct house *h, const char *name, json_t *args, int *ret_status);
/* A number of the status, by JSON pointer; 0 when it is not there. */
json_int_t house_status(struct house *h, const char *pointer);
/* Someone else at work: a call straight to the cloud. */
struct answer house_outsider(struct house *h, const char *operation, enum region region,
                             json_t *args);
void house_violation(struct house *h, const char *judge, const char *format, ...) PRINTF(3, 4);

#endif
