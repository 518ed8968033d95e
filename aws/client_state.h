/* SPDX-License-Identifier: Apache-2.0 */
/* client_state: what the client is made of, shared by its three files and by nobody else.
 * A call becomes a waiter; waiters that want the same share a job; a job is queued in the lane of
 * its region and family, sent as an attempt, perhaps delayed and queued again, until it ends and
 * all its waiters are answered. client.c takes calls in, client_send.c lets jobs out, client_end.c
 * deals with what comes back. */
#ifndef DRD_CLIENT_STATE_H
#define DRD_CLIENT_STATE_H

#include "aws/client.h"
#include "aws/heap.h"
#include "aws/lookup.h"
#include "aws/retry.h"

#include <sys/queue.h>

struct waiter {
    uint64_t id;
    struct job *job;
    json_t *names;          /* owned; what it asks of a batch, or NULL */
    bool patient;           /* no deadline of its own: call_timeout holds */
    struct heap_node timer; /* in client.deadlines, by deadline */
    TAILQ_ENTRY(waiter) others;
};

enum { N_PRIORITIES = PRIORITY_FAILOVER + 1 };

enum job_state { JOB_QUEUED, JOB_DELAYED, JOB_SENT };

struct job {
    struct call call; /* args are pointed to the next page as pages come */
    enum region home; /* whose endpoint is asked */
    uint64_t serial;  /* first come, first served */
    enum job_state state;
    TAILQ_HEAD(, waiter) waiters;
    size_t n_waiters;
    struct heap_node place;    /* in its lane, or in client.delayed */
    struct lookup_entry entry; /* where calls find it to join */
    char invocation[37];

    uint64_t attempt;        /* id of the last one */
    unsigned attempts;       /* in all */
    unsigned tries;          /* for this page */
    int cost;                /* of the last retry, to be given back */
    struct credentials keys; /* of the attempt under way */
    struct now first_sent;
    uint64_t writes_before; /* client.writes of its region when first sent */
    char last_code[64];     /* of the last attempt that failed */

    json_t *whole; /* pages so far, joined */
    unsigned pages;
    bool names_may_come;  /* a batch that is not sent yet */
    bool batched;         /* its args hold the names of several waiters */
    bool maybe_done;      /* a write whose reply was lost */
    bool clock_corrected; /* each of these is tried once */
    bool keys_renewed;

    bool internal;     /* asked by the credential source: */
    uint64_t need;     /* under this id, */
    bool without_keys; /* unsigned, */
    msec_t patience;   /* given up at this time */
};

/* Calls of one region that draw on one budget. */
struct lane {
    struct heap jobs;
    msec_t wait_until; /* for the budget; NEVER: for something else */
};

struct client {
    struct client_settings settings;
    struct credentials_source *source;
    struct random random;
    struct budget budget;
    struct retry_quota quotas[N_REGIONS][N_BUDGET_FAMILIES];
    struct lane lanes[N_REGIONS][N_BUDGET_FAMILIES];
    struct heap delayed, deadlines;
    struct lookup reads;
    struct job **sent; /* attempts under way */
    size_t n_sent, sent_size;
    unsigned in_flight[N_REGIONS];
    int64_t clock_offset_ms[N_REGIONS];
    uint64_t writes[N_REGIONS]; /* grows when a write is sent and when it ends */
    uint64_t serial, attempt;
    size_t pending;
    msec_t asked; /* the wake that was asked for */
    bool stopped;
    json_t *attempts; /* counters */
    uint64_t throttled, joined, merged;
};

/* ---- client.c ---- */
/* Takes call; the job is not queued yet. */
struct job *client_job_new(struct client *c, struct call call);
void client_job_free(struct client *c, struct job *job);
struct client_effect *client_effect_add(struct client_effects *out, enum client_effect_kind kind);

/* ---- client_send.c ---- */
/* Into its lane, from wherever it is. */
void client_send_queue(struct client *c, struct job *job);
void client_send_delay(struct client *c, struct job *job, msec_t due);
/* Lets out all that may go now, and asks for the next wake. The end of every step. */
void client_send_due(struct client *c, struct now now, struct client_effects *out);
void client_send_wake(struct client *c, msec_t at, struct client_effects *out);

/* ---- client_end.c ---- */
/* Answers all waiters and frees the job. Takes the answer. */
void client_end_job(struct client *c, struct job *job, struct answer answer, struct now now,
                    struct client_effects *out);
/* Ends a job that is not on its way, with what its past says: never sent, perhaps done, failed. */
void client_end_unfinished(struct client *c, struct job *job, const char *why, struct now now,
                           struct client_effects *out);
void client_end_expired(struct client *c, struct now now, struct client_effects *out);
/* call_timeout begins now. */
void client_end_later(struct client *c, struct waiter *waiter, struct now now);

#endif
