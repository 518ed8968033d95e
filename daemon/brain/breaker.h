/* SPDX-License-Identifier: Apache-2.0 */
/* breaker: stops a tug of war. When the same field of a resource was repaired so many times within
 * an hour, someone or something else wants another value: drd stops repairing that resource and
 * calls a person. One breaker per resource, empty until the first repair. */
#ifndef DRD_BREAKER_H
#define DRD_BREAKER_H

#include "daemon/base/base.h"
#include "daemon/base/time.h"

struct breaker {
    struct breaker_repair {
        uint64_t field; /* fingerprint of the pointer */
        uint32_t episode;
        msec_t at;
    } *repairs;
    size_t n;
    uint32_t episode; /* from one in_sync to the next; a field counts once in each */
    bool open;
};

void breaker_clear(struct breaker *b);
/* A repair of these fields (a verdict's drift) was accepted by AWS. */
void breaker_note(struct breaker *b, const json_t *drift, msec_t now);
/* The resource is in sync: what is repaired from now on is a new episode. */
void breaker_in_sync(struct breaker *b);
/* The first pointer in drift that was repaired `limit` times within the last hour (borrowed from
 * drift), or NULL. */
const char *breaker_field(const struct breaker *b, const json_t *drift, unsigned limit, msec_t now);
/* A person looked at it: forget all. */
void breaker_reset(struct breaker *b);

#endif
