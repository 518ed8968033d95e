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
    /* What IAM asks about a resource, by ARN: its tags ({"key": "value"}, for aws:ResourceTag) and
     * its own policy (parsed). New references; NULL when there is none. Both may be NULL. */
    json_t *(*resource_tags)(struct cloud *c, enum region region, const char *arn);
    json_t *(*resource_policy)(struct cloud *c, enum region region, const char *arn);
    /* Reads that may show what was, shortly after a write (cloud_settings.stale_reads);
     * NULL-terminated or NULL. */
    const char *const *eventual_reads;
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

/* May this AWS service ("s3.amazonaws.com") assume the role now? False for a role that is absent,
 * does not trust it, or is so fresh that it has not spread yet. */
bool cloud_can_assume(struct cloud *c, const char *service_principal, const char *role_arn,
                      struct now now);
/* May the caller pass the role to the service (iam:PassRole)? Else fills *ret with AWS's refusal.
 */
bool cloud_may_pass(const struct request *r, const char *role_arn, const char *service_principal,
                    struct answer *ret);

/* Members of the call; NULL or the fallback when absent. */
const char *request_text(const struct request *r, const char *member);
json_int_t request_integer(const struct request *r, const char *member, json_int_t fallback);
bool request_true(const struct request *r, const char *member);
const json_t *request_member(const struct request *r, const char *member);

/* object[name], made as an empty object when missing. Borrowed. */
json_t *service_object(json_t *object, const char *name);
/* Milliseconds since 1970, as the codec wants timestamps. New. */
json_t *service_date(struct now now);
/* n characters of AWS's ids: upper-case letters and digits. The caller frees. */
char *service_id(struct cloud *c, const char *prefix, unsigned n);
/* One page of a list: from token (an index as text, NULL: the start), at most max elements. Puts
 * the elements into body[list] and the token of the next page into *ret_next (0: the last page).
 * False when the token is none of ours. */
bool service_page(const json_t *all, const char *token, json_int_t max, json_t *body,
                  const char *list, size_t *ret_next);

/* Tags in both of AWS's forms: [{"Key", "Value"}] into {"key": "value"} and back. New. */
json_t *service_tag_map(const json_t *list);
json_t *service_tag_list(const json_t *map);

/* Error answers in AWS's words; the status comes from the model or is 400. */
struct answer service_error(const struct request *r, const char *code, const char *format, ...)
    PRINTF(3, 4);

#endif
