/* SPDX-License-Identifier: Apache-2.0 */
/* heap: a binary heap of nodes that live inside their owners and know their place, so that any of
 * them can be taken out in logarithmic time. The client keeps its queues and timers in these. */
#ifndef DRD_HEAP_H
#define DRD_HEAP_H

#include "daemon/base/base.h"

struct heap_node {
    int64_t rank;   /* lowest first */
    uint64_t order; /* among equal ranks, lowest first; unique, so that the order is total */
    void *owner;
    size_t place; /* 1 and up while in a heap, 0 outside */
};

struct heap {
    struct heap_node **nodes;
    size_t n, size;
};

/* The node stays the caller's and must not move while it is in. */
void heap_add(struct heap *h, struct heap_node *node);
/* Does nothing when the node is in no heap. It must not be in another one. */
void heap_remove(struct heap *h, struct heap_node *node);
/* The owner of the first node, or NULL. */
void *heap_first(const struct heap *h);
/* The same, taken out. */
void *heap_pop(struct heap *h);
void heap_clear(struct heap *h);

#endif
