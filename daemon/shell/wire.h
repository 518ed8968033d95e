/* SPDX-License-Identifier: Apache-2.0 */
/* wire: carries out an attempt of the client. Finds the endpoint, encodes the request, signs it
 * with the time of sending (the wall clock plus the attempt's learnt offset), sends it through the
 * transport, decodes and classifies what comes back. It retries nothing and decides nothing.
 *
 * The last gate of observe mode stands here: an operation that is not a read is refused before it
 * is encoded, whoever asked for it.
 *
 * How failures are told: nothing sent, or a read: TRANSIENT. A write that was sent and has no whole
 * answer: UNKNOWN_OUTCOME. An answer past the transport's bounds: BAD_ANSWER. */
#ifndef DRD_WIRE_H
#define DRD_WIRE_H

#include "aws/client.h"
#include "daemon/shell/transport.h"

/* answer is the callee's to take; sent and server_date as client_attempt_ended wants them. */
typedef void wire_ended_fn(void *owner, uint64_t attempt, struct answer answer, bool sent,
                           wall_t server_date);

struct wire {
    struct transport *transport;
    const struct endpoint_settings *endpoints;
    bool observe;
    wire_ended_fn *ended;
    void *owner;
};

/* ended is called exactly once, perhaps before this returns. */
void wire_attempt(const struct wire *w, const struct attempt *a);

#endif
