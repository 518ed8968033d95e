/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/heap.h"

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->order < b->order;
}

static void put(struct heap *h, size_t place, struct heap_node *node)
{
    h->nodes[place - 1] = node;
    node->place = place;
}

static void rise(struct heap *h, size_t place, struct heap_node *node)
{
    while (place > 1 && before(node, h->nodes[place / 2 - 1])) {
        put(h, place, h->nodes[place / 2 - 1]);
        place /= 2;
    }
    put(h, place, node);
}

static void sink(struct heap *h, size_t place, struct heap_node *node)
{
    for (;;) {
        size_t child = 2 * place;
        if (child + 1 <= h->n && before(h->nodes[child], h->nodes[child - 1]))
            child++;
        if (child > h->n || before(node, h->nodes[child - 1]))
            break;
        put(h, place, h->nodes[child - 1]);
        place = child;
    }
    put(h, place, node);
}

void heap_add(struct heap *h, struct heap_node *node)
{
    assert(node->place == 0);
    if (h->n == h->size) {
        h->size = h->size == 0 ? 16 : 2 * h->size;
        h->nodes = xrealloc(h->nodes, h->size, sizeof(struct heap_node *));
    }
    h->n++;
    rise(h, h->n, node);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    size_t place = node->place;
    if (place == 0)
        return;
    assert(place <= h->n && h->nodes[place - 1] == node);
    node->place = 0;
    struct heap_node *last = h->nodes[--h->n];
    if (last == node)
        return;
    if (place > 1 && before(last, h->nodes[place / 2 - 1]))
        rise(h, place, last);
    else
        sink(h, place, last);
}

void *heap_first(const struct heap *h)
{
    return h->n == 0 ? NULL : h->nodes[0]->owner;
}

void *heap_pop(struct heap *h)
{
    if (h->n == 0)
        return NULL;
    struct heap_node *first = h->nodes[0];
    heap_remove(h, first);
    return first->owner;
}

void heap_clear(struct heap *h)
{
    free(h->nodes);
    *h = (struct heap){ 0 };
}
