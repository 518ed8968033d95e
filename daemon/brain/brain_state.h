/* SPDX-License-Identifier: Apache-2.0 */
/* brain_state: what brain.c and the commands share. Private to them. */
#ifndef DRD_BRAIN_STATE_H
#define DRD_BRAIN_STATE_H

#include "daemon/brain/engine.h"
#include "daemon/brain/order.h"

#define ACCOUNT_STATES(X)                                                                          \
    X(UNKNOWN, "unknown") /* not asked yet, or no answer */                                        \
    X(GOOD, "good")                                                                                \
    X(WRONG, "wrong") /* not the pinned one, or not that of our state: nothing else is called */

enum account_state {
#define X(id, name) ACCOUNT_##id,
    ACCOUNT_STATES(X)
#undef X
};

struct brain {
    struct journal journal;
    struct random random;
    struct engine *engine;
    struct orders orders;
    struct topology *topology, *in_use; /* in_use: the one whose resources the engine has; they
                                         * differ while the new one cannot be expanded */
    json_t *secrets, *output_refs;      /* owned */
    char *version;
    bool booted, observe, stopping;
    msec_t booted_at, wake;
    engine_kind_fn *kind;

    /* Whose account the credentials open: asked first, before any other call. */
    struct {
        enum account_state state;
        char id[16], principal[256];
        uint64_t call; /* that is out, 0: none */
        unsigned tries;
        msec_t ask_at, checked_at;
        struct answer error; /* the last one, without a body */
    } account;
    /* What the state on disk is of, from the first time on; NULL before. What it remembers (a
     * destroy under way, approvals, the inventory) was meant for these and no others. */
    char *home_environment, *home_account; /* owned */
    char *unusable; /* owned; why the configuration cannot be expanded, or NULL */
};

const char *account_state_name(enum account_state state);
/* Why nothing can be started now, in words; NULL when it can. The caller frees. */
char *brain_refusal(const struct brain *b);
json_t *brain_status(const struct brain *b, struct now now); /* new reference */

#endif
