/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/nearest.h"

enum { WORD_MAX = 128 };

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned nearest_distance(const char *a, const char *b, unsigned most)
{
    size_t n = strnlen(a, WORD_MAX + 1), m = strnlen(b, WORD_MAX + 1);
    unsigned rows[3][WORD_MAX + 1]; /* of the dynamic programme: before last, last, current */
    unsigned *before = rows[0], *last = rows[1], *current = rows[2];
    if (n > WORD_MAX || m > WORD_MAX || (n > m ? n - m : m - n) > most)
        return str_eq(a, b) ? 0 : most + 1;
    for (unsigned j = 0; j <= m; j++)
        last[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned least = current[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned changed = last[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
            current[j] = smaller(changed, smaller(last[j], current[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = smaller(current[j], before[j - 2] + 1);
            least = smaller(least, current[j]);
        }
        if (least > most)
            return most + 1;
        unsigned *spare = before;
        before = last;
        last = current;
        current = spare;
    }
    return last[m] > most ? most + 1 : last[m];
}

void nearest_init(struct nearest *n, const char *word)
{
    /* A third of the word may be wrong; a word of two letters says too little. */
    unsigned third = (unsigned)(strnlen(word, WORD_MAX) + 1) / 3;
    *n = (struct nearest){ .word = word, .distance = third + 1 };
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    unsigned distance = n->distance;
    if (distance > 0)
        distance = nearest_distance(n->word, candidate, distance - 1);
    if (distance < n->distance) {
        n->distance = distance;
        n->best = candidate;
    }
}
