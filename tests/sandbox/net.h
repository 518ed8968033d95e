/* SPDX-License-Identifier: Apache-2.0 */
/* net: what happens to a call between the caller and the cloud. It knows faults and delays, and
 * nothing of AWS beyond region, service and operation. Pure; chance comes from the seed. */
#ifndef DRD_NET_H
#define DRD_NET_H

#include "daemon/base/problem.h"
#include "tests/sandbox/cloud.h"

enum net_reply {
    NET_SEND,   /* the answer arrives */
    NET_LOSE,   /* the work is done, the answer never comes (connection closed) */
    NET_RESET,  /* connection reset */
    NET_HANG,   /* nothing, until the caller gives up */
    NET_REFUSE, /* connection refused: nothing was sent */
};

struct net_plan {
    bool deliver; /* the call reaches the cloud */
    msec_t delay; /* round trip on top of the cloud's own time */
    enum net_reply reply;
    int status;       /* with deliver false and NET_SEND: answer this status … */
    const char *code; /* … and this code (static), e.g. ServiceUnavailable, ThrottlingException */
};

struct net;
struct net *net_new(uint64_t seed, msec_t round_trip);
void net_free(struct net *n);
struct net_plan net_plan(struct net *n, const struct caller *caller, const struct call *call,
                         struct now now);

/* A fault: {"id"?, "region"?, "service"?, "operation"?, "source"?, "plane"?: "control"|"data",
 * "access"?: "read"|"write", "do": "refuse"|"hang"|"reset"|"throttle"|"slow"|"error"|"lose",
 * "delay_ms"?, "probability"? (0..1), "from_ms"?, "until_ms"? (from now), "count"?}.
 * 0 and the id in *ret (owned), or -EINVAL with a problem. */
int net_add_fault(struct net *n, const json_t *spec, struct now now, char **ret,
                  struct problem *reterr) MUST_CHECK;
bool net_remove_fault(struct net *n, const char *id);
void net_clear_faults(struct net *n);
json_t *net_faults(const struct net *n, struct now now); /* new reference */

#endif
