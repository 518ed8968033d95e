/* SPDX-License-Identifier: Apache-2.0 */
/* cloud: AWS regions as a pure library. A call and the time go in, an answer comes out; all state
 * is inside, all time is the caller's, all chance comes from the seed. It is strict where AWS is
 * strict: validation, IAM, rate limits, asynchronous states. It never knows of faults: those are
 * the net's. Server and simulation share it. */
#ifndef DRD_CLOUD_H
#define DRD_CLOUD_H

#include "aws/call.h"

struct cloud_settings {
    const char *account;        /* 12 digits; NULL: "123456789012" */
    const enum region *regions; /* those that exist */
    size_t n_regions;
    uint64_t seed;
    double speed; /* waiting times (not rate limits) are divided by this; 0: 1 */
    /* For this long after a write, reads that AWS calls eventually consistent may show what was
     * before it; 0: never. */
    msec_t stale_reads;
};

/* Who calls, as the front found out from the signature; the simulation makes one up. */
struct caller {
    char account[16];
    char principal[256]; /* "arn:aws:iam::123456789012:user/drd" or an assumed-role ARN */
    char access_key[128];
    char source[64]; /* address of the observer: the net tells them apart by it */
    bool secure;     /* came over TLS: aws:SecureTransport */
};

struct cloud;
struct cloud *cloud_new(const struct cloud_settings *settings);
void cloud_free(struct cloud *c);

/* One call. args are validated against the model first, then IAM, then rates, then the service.
 * Errors carry AWS's own code, status and message. */
struct answer cloud_call(struct cloud *c, const struct caller *caller, const struct call *call,
                         struct now now);

/* The secret that belongs to an access key, for verifying a signature; false when the key is
 * unknown (*ret_code then says "InvalidClientTokenId" or "ExpiredToken"). token is the session
 * token that came along, or NULL. Fills account, principal and access_key of *ret. */
bool cloud_authenticate(const struct cloud *c, const char *access_key, const char *token,
                        struct now now, struct caller *ret, char ret_secret[128],
                        const char **ret_code);
/* Adds a user with a key and policies (documents, borrowed; [] may do nothing). NULL: may do
 * everything. */
void cloud_add_user(struct cloud *c, const char *name, const char *access_key, const char *secret,
                    const json_t *policies);
/* A caller of that user, for in-process use. */
struct caller cloud_caller(const struct cloud *c, const char *access_key, const char *source);

/* Why the last call was allowed or refused: "statement Sid of policy P of role R". Borrowed until
 * the next call. */
const char *cloud_decision(const struct cloud *c);

/* Everything, as one document, and back. cloud_state gives a new reference. */
json_t *cloud_state(const struct cloud *c, struct now now);
int cloud_restore(struct cloud *c, const json_t *state) MUST_CHECK;

#endif
