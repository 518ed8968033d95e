/* SPDX-License-Identifier: Apache-2.0 */
/* words: how each AWS service says what all of them say: invalid input, no permission, too many
 * calls, wrong signatures. One row a service. */
#ifndef DRD_SANDBOX_WORDS_H
#define DRD_SANDBOX_WORDS_H

#include "aws/call.h"
#include "daemon/base/problem.h"

struct answer words_invalid(const struct operation *op, const struct problem *problem,
                            const json_t *args);
struct answer words_denied(const struct operation *op, const char *message);
struct answer words_throttled(const struct operation *op);
/* Before the operation is known: a bad signature, an unknown key. code is AWS's for JSON services
 * ("UnrecognizedClientException"); it is translated into the service's own. */
struct answer words_unauthenticated(const struct service_model *service, const char *code,
                                    const char *format, ...) PRINTF(3, 4);

#endif
