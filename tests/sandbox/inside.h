/* SPDX-License-Identifier: Apache-2.0 */
/* inside: the cloud's own structure, shared by cloud.c and authorize.c. Services see service.h. */
#ifndef DRD_SANDBOX_INSIDE_H
#define DRD_SANDBOX_INSIDE_H

#include "tests/sandbox/policy.h"
#include "tests/sandbox/rates.h"
#include "tests/sandbox/service.h"

struct cloud {
    char account[16];
    bool exists[N_REGIONS];
    struct random random;
    double speed;
    msec_t stale_reads;
    json_t *state;  /* service → region → the service's own */
    json_t *before; /* "service/region" → {"until", "state"}: what stale reads may still show */
    struct rates rates;
    char decision[512];
};

/* Checks every action of the call; true when all are allowed. Else *ret is AWS's refusal. Either
 * way c->decision says why. */
bool authorize_call(struct cloud *c, const struct caller *caller, const struct call *call,
                    struct now now, struct answer *ret);

/* May the caller of r take on the role by its trust policy? By itself, or with a web identity of
 * the provider and the claims in context. */
bool authorize_trust(const struct request *r, const json_t *role, const char *external_id);
bool authorize_federated(const json_t *role, const char *provider, const json_t *context);

/* What the principal's policies say of one action: allow, an explicit deny, or nothing. */
enum policy_effect authorize_principal(struct cloud *c, const char *principal, const char *action,
                                       const char *resource, const json_t *context);

/* The service's row, or NULL. */
const struct service *cloud_service(const char *name);

#endif
