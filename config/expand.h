/* SPDX-License-Identifier: Apache-2.0 */
/* expand: the way from intent to resources, one file for each area of the configuration. Internal
 * to config/: others call topology_expand. Every function reads a document that is checked and
 * filled with defaults, adds resources to the graph, and reports what only shows when names are
 * derived or things refer to each other. */
#ifndef DRD_EXPAND_H
#define DRD_EXPAND_H

#include "config/graph.h"
#include "config/naming.h"

struct expansion {
    const json_t *document;
    const struct settings *settings;
    const char *suffix, *account;
    enum region primary, secondary, witness; /* witness: REGION_NONE without one */
    enum region regions[2];                  /* primary and secondary, for loops */
    const json_t *secrets;                   /* {pointer: value} */
    bool rehearsal; /* values of secrets and the account are not known yet: made up */
    struct graph *graph;
    struct problems *problems;
};

void expand_tables(struct expansion *x);
void expand_buckets(struct expansion *x);
void expand_queues(struct expansion *x);
void expand_parameters(struct expansion *x);
void expand_roles(struct expansion *x);
/* The boundary policy, if it is ours to make. */
void expand_boundary(struct expansion *x);
/* See topology_outputs. New reference. */
json_t *expand_outputs(struct expansion *x);

/* One thing that the user named: where it is and what it says. */
struct intent {
    const char *section, *name; /* "queues", "orders" */
    const json_t *value;
    char *pointer; /* "/queues/orders" */
};
typedef void expand_fn(struct expansion *x, const struct intent *intent);
/* Calls fn for each entry of a section. */
void expand_each(struct expansion *x, const char *section, expand_fn *fn);

/* Adds a resource with the intent's mode and adoption. Where tagged_as is given, want gets Tags
 * with drd:resource = tagged_as (NULL: no tags; "": the resource's own id). */
void expand_add(struct expansion *x, const struct intent *intent, const char *kind,
                const char *name, enum region region, json_t *want, const char *tagged_as);

struct naming expand_naming(const struct expansion *x, enum region region);
enum region expand_other(const struct expansion *x, enum region region);
/* "primary" or "secondary". */
const char *expand_side(const struct expansion *x, enum region region);

/* An entry of a section by name; NULL, and a problem with the nearest name, when there is none. */
const json_t *expand_lookup(struct expansion *x, const char *section, const char *name,
                            const char *pointer);

/* The name of a queue, or of its dead-letter queue, as an id: "orders", "orders-dlq". The caller
 * frees. NULL, and a problem, when the queue has no dead letters. */
char *expand_dead_letters(struct expansion *x, const char *queue, const char *pointer);
enum named expand_queue_form(const json_t *queue);

/* The role that copies a bucket's objects: name for ids; the caller frees. */
char *expand_replication_role(const char *bucket);
/* What a role of this name is bounded by: a reference, an ARN, or NULL. New reference. */
json_t *expand_boundary_arn(const struct expansion *x);
/* Checks AWS's limit on the inline policies of a role together, and adds the role. want is taken.
 */
void expand_role_add(struct expansion *x, const struct intent *intent, const char *name,
                     json_t *want);

/* Text with placeholders → text with references, for one region; see the "value" of a parameter.
 * The caller frees; NULL with problems. */
char *expand_text(struct expansion *x, const char *text, enum region region, const char *pointer);
/* A secret's value; NULL, and a problem, when it is not known. Borrowed. */
const char *expand_secret(struct expansion *x, const json_t *secret, const char *pointer);

#endif
