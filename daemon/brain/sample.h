/* SPDX-License-Identifier: Apache-2.0 */
/* sample: one measured fact on its way to the failover brain. Unknown is a value of its own: a
 * missing reading is neither healthy nor failed nor zero. Plain data, integer time. */
#ifndef DRD_SAMPLE_H
#define DRD_SAMPLE_H

#include "daemon/base/time.h"
#include <stdbool.h>

enum input {
    INPUT_DEEP_PROBE, /* value: 1 good, 0 failed */
    INPUT_SHALLOW_PROBE,
    INPUT_CONTROL_PROBE,    /* positive control of a domain's own network */
    INPUT_DNS_CANARY,       /* value: 1 healthy, 0 unhealthy, 2 split */
    INPUT_DNS_LIVE,         /* value: enum region that the live name answers */
    INPUT_HEARTBEAT_LAG,    /* ms */
    INPUT_CLOUDWATCH_LAG,   /* ms */
    INPUT_S3_BACKLOG,       /* bytes */
    INPUT_READINESS,        /* value: 1 ready, 0 not; from reconciling */
    INPUT_CREDENTIALS_LEFT, /* ms */
    N_INPUTS
};

struct sample {
    enum input what;
    uint8_t domain; /* which observer */
    uint8_t region; /* enum region it speaks about */
    bool known;
    int64_t value;
    msec_t at; /* boot time of the observer's reading */
};

#endif
