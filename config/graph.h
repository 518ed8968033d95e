/* SPDX-License-Identifier: Apache-2.0 */
/* graph: the resources that a topology means, with what each needs of the others. References in
 * want are "${sqs_queue/orders@us-east-2.arn}", alone in a string or inside a longer one; each
 * makes an edge. A "${" that is meant as text is written "$${". Cycles are refused with the path
 * spelt out. */
#ifndef DRD_GRAPH_H
#define DRD_GRAPH_H

#include "aws/region.h"
#include "config/settings.h"

struct resource {
    char *id;           /* "sqs_queue/orders@us-east-2"; "iam_role/payments" when global */
    char *kind;         /* "sqs_queue" */
    enum region region; /* where it is asked; us-east-1 for global kinds */
    json_t *want;       /* AWS's member names; may hold references */
    enum mode mode;
    bool adopt;
    char *origin;           /* JSON pointer into the configuration: "/queues/orders" */
    size_t *needs, n_needs; /* indexes into the graph */
    size_t *needed_by, n_needed_by;
};

struct graph {
    struct resource *items; /* in an order in which everything needed comes first */
    size_t n;
    json_t *index;    /* id → index */
    json_t *declared; /* {id: [id…]}: edges that no reference shows; until graph_finish */
};

/* Adds one resource; kind, name and origin are copied, want is taken. What is returned is valid
 * until the next graph_add. An id that is there already is reported by graph_finish. */
struct resource *graph_add(struct graph *g, const char *kind, const char *name, enum region region,
                           bool global, json_t *want, const char *origin);
/* An edge that no reference shows. */
void graph_need(struct graph *g, const char *id, const char *needs_id);
/* Finds references, makes edges, sorts. 0, or -EINVAL with problems: reference to nothing (with the
 * nearest id), cycle (with its path). */
int graph_finish(struct graph *g, struct problems *reterr) MUST_CHECK;
void graph_clear(struct graph *g);
/* SIZE_MAX when there is none. */
size_t graph_find(const struct graph *g, const char *id);

/* A new want with each reference replaced by the output; a reference that is a whole string becomes
 * the output with its type, one inside a longer text becomes text. outputs: {id: {name: value}}.
 * NULL when one is missing; ret_missing is then the reference, "sqs_queue/orders@us-east-2.arn". */
json_t *graph_resolve(const json_t *want, const json_t *outputs, char ret_missing[256]);

#endif
