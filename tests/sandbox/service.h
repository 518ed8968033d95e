/* SPDX-License-Identifier: Apache-2.0 */
/* service: how one AWS service plugs into the cloud. A new service is a new file with one of these
 * and a line in services.c; nothing else changes. State is JSON under
 * state[service][region] (region "global" for IAM), so that saving and showing it needs no code. */
#ifndef DRD_SANDBOX_SERVICE_H
#define DRD_SANDBOX_SERVICE_H

#include "daemon/base/random.h"
#include "tests/sandbox/cloud.h"

/* One call on its way through a service. */
struct request {
    struct cloud *cloud;
    const struct caller *caller;
    const struct operation *op;
    enum region region;
    const json_t *args; /* validated against the model */
    json_t *state;      /* state[service][region]; the service's to change */
    struct now now;
};

typedef struct answer service_run_fn(struct request *r);

struct service_operation {
    const char *name; /* "CreateQueue" */
    service_run_fn *run;
};

struct service {
    const char *name;                           /* botocore's: "sqs" */
    bool global;                                /* one state for all regions */
    const struct service_operation *operations; /* ends with name == NULL */
    /* Lets time pass for this service's state in every region: states that become active, items
     * that replicate. Called before each call and before state is shown. May be NULL. */
    void (*settle)(struct cloud *c, struct now now);
};

extern const struct service *const services[]; /* NULL-terminated */

/* state[service][region], made when missing. Borrowed. */
json_t *cloud_service_state(struct cloud *c, const char *service, enum region region);
bool cloud_has_region(const struct cloud *c, enum region region);
const char *cloud_account(const struct cloud *c);
struct random *cloud_random(struct cloud *c);
/* How long a wait of `ms` lasts at this cloud's speed. */
msec_t cloud_wait(const struct cloud *c, msec_t ms);
/* A request id of AWS's form, from the cloud's generator; the caller frees. */
char *cloud_uuid(struct cloud *c);

/* May this principal do the action on the resource? Used by services for what AWS checks behind
 * the call: iam:PassRole, a replication role reading the source. context: {"condition key": value},
 * borrowed, may be NULL. */
bool cloud_allowed(struct cloud *c, const char *principal, const char *action, const char *resource,
                   const json_t *context);

/* Error answers in AWS's words; the status comes from the model or is 400. */
struct answer service_error(const struct request *r, const char *code, const char *format, ...)
    PRINTF(3, 4);

#endif
