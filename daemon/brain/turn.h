/* SPDX-License-Identifier: Apache-2.0 */
/* turn: one call of brain_step, as the modules inside see it: the time, and where effects go. */
#ifndef DRD_TURN_H
#define DRD_TURN_H

#include "daemon/brain/brain.h"

struct turn {
    struct now now;
    struct effects *out;
};

/* Appends an EFFECT_CALL; takes call. after: seq of the record it must wait for, or 0. */
void turn_call(struct turn *t, uint64_t id, struct call call, uint64_t after);
/* Appends an EFFECT_REPLY; takes body. */
void turn_reply(struct turn *t, uint64_t command, int status, json_t *body);

/* 64 bits that stand for a JSON value: the same for equal values, whatever the order of keys.
 * For telling "the same change again", not for secrets. NULL is 0. */
uint64_t turn_fingerprint(const json_t *value);

#endif
