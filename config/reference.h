/* SPDX-License-Identifier: Apache-2.0 */
/* reference: what "${kind/name@region.output}" inside a want means: finding references, quoting
 * text that only looks like one, putting outputs in their place. graph makes edges of them. */
#ifndef DRD_REFERENCE_H
#define DRD_REFERENCE_H

#include "daemon/base/base.h"

enum { REFERENCE_MAX = 256 };

struct reference {
    char text[REFERENCE_MAX];   /* "sqs_queue/orders@us-east-2.arn" */
    char id[REFERENCE_MAX];     /* "sqs_queue/orders@us-east-2"; "" when text is no reference */
    char output[REFERENCE_MAX]; /* "arn" */
};

typedef bool reference_fn(void *context, const struct reference *reference);
/* Calls fn for every reference in the strings of a value, depth first; stops when it says false. */
void reference_each(const json_t *value, reference_fn *fn, void *context);

/* text with each "${" written so that it stands for itself. The caller frees. */
char *reference_quote(const char *text) __attribute__((returns_nonnull));

/* See graph_resolve. */
json_t *reference_resolve(const json_t *value, const json_t *outputs,
                          char ret_missing[REFERENCE_MAX]);

#endif
