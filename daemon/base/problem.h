/* SPDX-License-Identifier: Apache-2.0 */
/* problem: what is wrong with something a person wrote, where, and what to do about it.
 * Reading configuration, credentials and commands all report through this one shape, so every
 * message names file, pointer and remedy in the same way. */
#ifndef DRD_PROBLEM_H
#define DRD_PROBLEM_H

#include "daemon/base/base.h"

struct problem {
    char file[256];    /* "" when the text came from no file */
    int line;          /* 0 when unknown */
    char pointer[256]; /* JSON pointer (RFC 6901) into the document; "" for the whole */
    char text[512];    /* what is wrong */
    char remedy[256];  /* what to do; "" when the text says it */
};

struct problems {
    struct problem *items;
    size_t n;
};

void problem_set(struct problem *p, const char *pointer, const char *format, ...) PRINTF(3, 4);
void problem_remedy(struct problem *p, const char *format, ...) PRINTF(2, 3);
/* "payments.json:12: /queues/orders/retention_s: 99999999 is above 1209600. Use at most 14 days."
 * The caller frees. */
char *problem_text(const struct problem *p);

/* Appends a problem and returns it, to be filled further. At most 64 are kept; the last one then
 * says that more were left out. */
struct problem *problems_add(struct problems *list, const char *pointer, const char *format, ...)
    PRINTF(3, 4);
void problems_clear(struct problems *list);

#endif
