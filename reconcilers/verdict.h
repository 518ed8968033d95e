/* SPDX-License-Identifier: Apache-2.0 */
/* verdict: what a reconciler says about one resource, in five words, and the facts it says it from.
 * A reconciler is a pure function: the same subject and facts give the same verdict. It remembers
 * nothing of what was done, only what is seen; it never acts, the engine does. */
#ifndef DRD_VERDICT_H
#define DRD_VERDICT_H

#include "aws/call.h"

enum verdict_kind {
    VERDICT_READ,    /* these calls tell me what I need to know */
    VERDICT_WRITE,   /* make this change; then look again */
    VERDICT_WAIT,    /* AWS is at work; look again after `wait` */
    VERDICT_DONE,    /* in sync (or, when destroying, gone); outputs are good */
    VERDICT_BLOCKED, /* a person must decide; `drift` names the fields */
};

struct verdict {
    enum verdict_kind kind;
    struct call_list calls; /* READ: one or more, distinct slots. WRITE: exactly one */
    /* WRITE, BLOCKED: [{"pointer": "/Attributes/VisibilityTimeout", "wanted": 30, "live": 60}, …].
     * "live" is absent for what does not exist; "secret": true where values must not be shown (they
     * are hashes then). Pointers are into want. Owned. NULL when there is none. */
    json_t *drift;
    json_t *others;     /* WRITE: what else differs and waits for its turn; same form. Owned */
    json_t *outputs;    /* DONE: {"arn": …}; owned. What others may refer to */
    bool by_consent;    /* BLOCKED: consent to this drift lets it go on, destroying data */
    msec_t wait;        /* WAIT */
    const char *reason; /* static text: "absent", "drifted", "table is being created" */
};

enum goal { GOAL_PRESENT, GOAL_ABSENT };

/* The resource in question. All pointers are borrowed. */
struct subject {
    const char *id;          /* "sqs_queue/orders@us-east-2" */
    const char *environment; /* value of the ownership tag drd:environment */
    const char *account;     /* 12 digits */
    enum region region;
    const json_t *want; /* references resolved */
    enum goal goal;
    bool adopt; /* take over a resource of this name that carries no tags of ours */
    /* The drift of a BLOCKED verdict that an operator agreed to mend although that destroys data,
     * or NULL. It allows that one thing: another difference blocks again. */
    const json_t *consent;
};

struct verdict verdict_read(void);
struct verdict verdict_write(struct call call, json_t *drift, const char *reason);
struct verdict verdict_wait(msec_t wait, const char *reason);
struct verdict verdict_done(json_t *outputs);
struct verdict verdict_blocked(json_t *drift, const char *reason);
void verdict_clear(struct verdict *v);
/* Whether an operator agreed to act on exactly this drift. */
bool verdict_consented(const struct subject *subject, const json_t *drift);
const char *verdict_kind_name(enum verdict_kind kind);
/* Appends one entry to a drift list, creating it. wanted and live are borrowed and may be NULL.
 * Secret values are replaced by the start of their SHA-256: enough to see that they differ. */
void drift_add(json_t **drift, const char *pointer, const json_t *wanted, const json_t *live,
               bool secret);

/* Facts: {slot: {"class": "ok" | "not_found", "code": …, "body": {…}}}. Only these two classes ever
 * reach a reconciler; every other answer to a read is the engine's business. */
json_t *fact_new(const struct answer *answer);
bool fact_known(const json_t *facts, const char *slot);
/* Known, and AWS said that it is not there. */
bool fact_absent(const json_t *facts, const char *slot);
/* The body of a known and present fact, borrowed; NULL otherwise. */
const json_t *fact_body(const json_t *facts, const char *slot);

#endif
