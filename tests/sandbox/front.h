/* SPDX-License-Identifier: Apache-2.0 */
/* front: from an HTTP request to a call with a caller. Finds the service by the credential's scope,
 * verifies the signature on the request as it was received, matches the operation and reads its
 * arguments. Knows nothing of sockets; server.c does. */
#ifndef DRD_SANDBOX_FRONT_H
#define DRD_SANDBOX_FRONT_H

#include "aws/codec.h"
#include "tests/sandbox/cloud.h"

/* Where a request came in. */
struct front_place {
    enum region region; /* of the address it was sent to; REGION_NONE: any */
    const char *source; /* the observer's address */
    bool secure;
    wall_t clock; /* the real one: signatures are dated by it */
};

struct front_call {
    const struct service_model *service; /* NULL: no service was recognised */
    const struct operation_model *model; /* NULL: no operation was */
    struct caller caller;
    struct call call; /* op is NULL when the catalogue has no such operation */
};

/* True and *ret filled; or false and *ret_refusal is what to answer (ret->service says in which
 * protocol). The request's path may be rewritten (S3's virtual hosts). */
bool front_read(const struct cloud *cloud, struct http_request *request,
                const struct front_place *place, struct now now, struct front_call *ret,
                struct answer *ret_refusal);
void front_call_clear(struct front_call *call);

/* Writes an answer as the service does, SQS's legacy error codes included. */
void front_write(const struct front_call *call, const struct answer *answer,
                 struct http_response *ret);

#endif
