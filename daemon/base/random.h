/* SPDX-License-Identifier: Apache-2.0 */
/* random: a small deterministic generator (splitmix64 seeding xoshiro256**), for jitter, ids and
 * tests. It draws nothing by itself: the seed comes from the caller. Not for secrets. */
#ifndef DRD_RANDOM_H
#define DRD_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t s[4];
};

void random_seed(struct random *r, uint64_t seed);
/* Mixes 32 bytes of entropy, as the booted event brings them. */
void random_seed_bytes(struct random *r, const uint8_t entropy[32]);
uint64_t random_u64(struct random *r);
/* Uniform in [0, n); n > 0. */
uint64_t random_below(struct random *r, uint64_t n);
/* Uniform in [0, 1). */
double random_unit(struct random *r);
/* 2 * n lower-case hexadecimal digits and a NUL: text must hold 2 * n + 1 bytes. */
void random_hex(struct random *r, char *text, unsigned n);

#endif
