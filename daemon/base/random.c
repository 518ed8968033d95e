/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/random.h"

#include <assert.h>
#include <string.h>

/* splitmix64 and xoshiro256**: David Blackman and Sebastiano Vigna, "Scrambled linear pseudorandom
 * number generators", ACM TOMS 47(4), 2021; the reference code is in the public domain. */
static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64 - k));
}

void random_seed(struct random *r, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++)
        r->s[i] = splitmix(&seed);
}

void random_seed_bytes(struct random *r, const uint8_t entropy[32])
{
    uint64_t words[4];
    memcpy(words, entropy, sizeof words);
    for (size_t i = 0; i < 4; i++)
        r->s[i] = splitmix(&words[i]);
    if ((r->s[0] | r->s[1] | r->s[2] | r->s[3]) == 0) /* the one state it cannot leave */
        r->s[0] = 1;
}

uint64_t random_u64(struct random *r)
{
    uint64_t result = rotate(r->s[1] * 5, 7) * 9;
    uint64_t t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotate(r->s[3], 45);
    return result;
}

uint64_t random_below(struct random *r, uint64_t n)
{
    assert(n > 0);
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, x;
    do
        x = random_u64(r);
    while (x >= limit);
    return x % n;
}

double random_unit(struct random *r)
{
    return (double)(random_u64(r) >> 11) * 0x1.0p-53;
}

void random_hex(struct random *r, char *text, unsigned n)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t word = 0;
    for (unsigned i = 0; i < 2 * n; i++, word >>= 4) {
        if (i % 16 == 0)
            word = random_u64(r);
        text[i] = hex[word & 15];
    }
    text[2 * (size_t)n] = '\0';
}
