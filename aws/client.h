/* SPDX-License-Identifier: Apache-2.0 */
/* client: calls in, attempts out. One pure machine that holds the budgets, retries, batching,
 * paging, credentials and the learnt clock skew. It does no I/O: the shell carries its effects out
 * (daemon/shell/transport over libcurl; the simulation straight into the sandbox's cloud) and tells
 * it what came of them. An attempt stays structured; encoding and signing happen in the transport,
 * with the time of sending. */
#ifndef DRD_CLIENT_H
#define DRD_CLIENT_H

#include "aws/budget.h"
#include "aws/call.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"

struct client_settings {
    /* Default deadline of a call, counted from its first attempt; 60 s. One that was never sent is
     * refused this long after submit, unless all it waits for is the turn that drd's own budget
     * gives it: that queue moves, however long it is. A family that AWS throttles has no such
     * patience. */
    msec_t call_timeout;
    msec_t attempt_timeout; /* 10 s */
    unsigned max_pages;     /* of one call; 1000 */
    unsigned in_flight;     /* attempts at once per region; 16. Failover may use as many again */
    bool observe;           /* refuse every operation that is not a read */
    double budget_scale;    /* 1.0; tests and fast sandboxes raise it */
};

struct attempt {
    uint64_t id;
    const struct operation *op;
    enum region region;                    /* whose endpoint is asked */
    const json_t *args;                    /* borrowed until attempt_ended */
    const struct credentials *credentials; /* borrowed; NULL: send unsigned */
    int64_t clock_offset_ms;               /* add to the wall clock when signing */
    msec_t timeout;
    bool fresh_connection; /* compare-and-swap: no reused connection */
    unsigned number;       /* 1, 2, … for amz-sdk-request */
    char invocation[37];   /* same on all attempts of a call */
};

enum client_effect_kind {
    CLIENT_ATTEMPT,
    CLIENT_READ_FILE,
    CLIENT_RUN_PROCESS,
    CLIENT_HTTP,
    CLIENT_WAKE,
    CLIENT_ANSWERED
};
struct client_effect {
    enum client_effect_kind kind;
    struct attempt attempt;
    struct credentials_need need; /* READ_FILE, RUN_PROCESS, HTTP */
    msec_t wake;                  /* boot time of the latest moment to call client_woken */
    struct answer answer;         /* owned by the effect */
};

struct client_effects {
    struct client_effect *items;
    size_t n, size;
};
void client_effects_clear(struct client_effects *e);

struct client;

/* What settings->… is 0 takes the value named above. Takes the credential source. entropy seeds
 * jitter and invocation ids. */
struct client *client_new(const struct client_settings *settings, struct credentials_source *source,
                          const uint8_t entropy[32]);
void client_free(struct client *c);

/* call is copied. The answer comes as CLIENT_ANSWERED with this id, exactly once: at once when drd
 * itself refuses, else later. Nothing is sent before the next client_woken (asked for by
 * CLIENT_WAKE), so that calls submitted together can share attempts. A read joins an equal one that
 * is under way unless a write to that region was sent or answered since that one was first sent:
 * reading after one's own write is never answered from before it. */
void client_submit(struct client *c, uint64_t id, const struct call *call, struct now now,
                   struct client_effects *out);
/* How an attempt ended. answer is taken. sent: some byte of the request left this host.
 * server_date: the Date header of the answer, .ms == 0 when there was none. */
void client_attempt_ended(struct client *c, uint64_t id, struct answer answer, bool sent,
                          wall_t server_date, struct now now, struct client_effects *out);
/* The result of READ_FILE (error: 0 or negative errno), RUN_PROCESS (status: its exit status) or
 * HTTP (status: 0 when nothing came) under need.id. text is borrowed, may be NULL on errors. */
void client_text_ready(struct client *c, uint64_t id, int error, int status, const char *text,
                       struct now now, struct client_effects *out);
/* More wakes than asked for are harmless. */
void client_woken(struct client *c, struct now now, struct client_effects *out);
/* For shutting down: answers every call that is not on its way just now, with REFUSED when it has
 * never been sent; what is on its way is answered when it ends, and not tried again. */
void client_stop(struct client *c, struct now now, struct client_effects *out);

/* Counters for status and metrics: {"attempts": {"sqs:GetQueueUrl": {"ok": 3, …}}, "throttled",
 * "joined", "merged", "pending", "in_flight", "credentials": {"source", "expires"?, "problem"?},
 * "clock_offset_ms": {"us-east-1": …}, "paused": {"us-east-1": {"sqs": milliseconds left}}}.
 * New reference. */
json_t *client_status(const struct client *c, struct now now);
/* Attempts that were sent and not yet ended, and calls not yet answered. */
size_t client_in_flight(const struct client *c);
size_t client_pending(const struct client *c);

#endif
