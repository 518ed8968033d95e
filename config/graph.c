/* SPDX-License-Identifier: Apache-2.0 */
#include "config/graph.h"

#include <errno.h>

#include "config/reference.h"
#include "daemon/base/nearest.h"

struct resource *graph_add(struct graph *g, const char *kind, const char *name, enum region region,
                           bool global, json_t *want, const char *origin)
{
    assert(want != NULL);
    if ((g->n & (g->n - 1)) == 0) /* full at every power of two */
        g->items = xrealloc(g->items, g->n == 0 ? 1 : 2 * g->n, sizeof *g->items);
    struct resource *r = &g->items[g->n];
    *r = (struct resource){
        .id = global ? xasprintf("%s/%s", kind, name)
                     : xasprintf("%s/%s@%s", kind, name, region_name(region)),
        .kind = xstrdup(kind),
        .region = region,
        .want = want,
        .mode = MODE_ENFORCE,
        .origin = xstrdup(origin),
    };
    if (g->index == NULL)
        g->index = json_object();
    if (graph_find(g, r->id) == SIZE_MAX)
        json_object_set_new(g->index, r->id, json_integer((json_int_t)g->n));
    g->n++;
    return r;
}

void graph_need(struct graph *g, const char *id, const char *needs_id)
{
    if (g->declared == NULL)
        g->declared = json_object();
    json_t *list = json_object_get(g->declared, id);
    if (list == NULL) {
        list = json_array();
        json_object_set_new(g->declared, id, list);
    }
    json_array_append_new(list, json_string(needs_id));
}

size_t graph_find(const struct graph *g, const char *id)
{
    const json_t *at = json_object_get(g->index, id);
    return at == NULL ? SIZE_MAX : (size_t)json_integer_value(at);
}

static void resource_clear(struct resource *r)
{
    free(r->id);
    free(r->kind);
    free(r->origin);
    free(r->needs);
    free(r->needed_by);
    json_decref(r->want);
}

void graph_clear(struct graph *g)
{
    for (size_t i = 0; i < g->n; i++)
        resource_clear(&g->items[i]);
    free(g->items);
    json_decref(g->index);
    json_decref(g->declared);
    *g = (struct graph){ 0 };
}

/* Edges ------------------------------------------------------------------------------------------
 */

struct linking {
    struct graph *graph;
    struct problems *problems;
    size_t from;
};

static void edge_add(size_t **list, size_t *n, size_t to)
{
    if ((*n & (*n - 1)) == 0)
        *list = xrealloc(*list, *n == 0 ? 1 : 2 * *n, sizeof **list);
    (*list)[(*n)++] = to;
}

static void refuse_unknown(struct linking *l, const char *id)
{
    struct nearest nearest;
    nearest_init(&nearest, id);
    for (size_t i = 0; i < l->graph->n; i++)
        nearest_offer(&nearest, l->graph->items[i].id);
    const struct resource *r = &l->graph->items[l->from];
    struct problem *p = problems_add(l->problems, r->origin,
                                     "%s refers to %s, which does not exist", r->id, id);
    if (nearest.best != NULL)
        problem_remedy(p, "Did you mean %s?", nearest.best);
}

/* Each edge once, in the order of first mention. needs stays short (a handful), but one resource
 * that is needed by thousands must not cost a search over all of them, so only needs is searched.
 */
static void link_to(struct linking *l, const char *id)
{
    size_t to = graph_find(l->graph, id);
    struct resource *r = &l->graph->items[l->from];
    if (to == SIZE_MAX) {
        refuse_unknown(l, id);
        return;
    }
    for (size_t i = 0; i < r->n_needs; i++)
        if (r->needs[i] == to)
            return;
    edge_add(&r->needs, &r->n_needs, to);
}

static bool link_reference(void *context, const struct reference *reference)
{
    struct linking *l = context;
    if (reference->id[0] != '\0') {
        link_to(l, reference->id);
        return true;
    }
    const struct resource *r = &l->graph->items[l->from];
    problems_add(l->problems, r->origin, "%s holds a reference that cannot be read: %s", r->id,
                 reference->text);
    return true;
}

static void link_all(struct graph *g, struct problems *problems)
{
    for (size_t i = 0; i < g->n; i++) {
        struct linking l = { .graph = g, .problems = problems, .from = i };
        reference_each(g->items[i].want, link_reference, &l);
        const json_t *declared = json_object_get(g->declared, g->items[i].id);
        for (size_t j = 0; j < json_array_size(declared); j++)
            link_to(&l, json_string_value(json_array_get(declared, j)));
        if (graph_find(g, g->items[i].id) != i)
            problems_add(problems, g->items[i].origin, "%s exists twice; the other is %s",
                         g->items[i].id, g->items[graph_find(g, g->items[i].id)].origin);
    }
}

/* Order ------------------------------------------------------------------------------------------
 */

enum colour { WHITE, GREY, BLACK };

/* A depth-first walk with its own stack: chains may be as long as the graph. */
struct walk {
    const struct graph *graph;
    enum colour *colours;
    struct frame {
        size_t at, next; /* resource, and which of its needs comes next */
    } *stack;
    size_t depth;
    size_t *order, n_order;
};

static void refuse_cycle(const struct walk *w, size_t again, struct problems *problems)
{
    struct buffer path = { 0 };
    const struct resource *items = w->graph->items;
    size_t start = w->depth;
    while (w->stack[start - 1].at != again)
        start--;
    for (size_t i = start - 1; i < w->depth; i++)
        buffer_printf(&path, "%s needs ", items[w->stack[i].at].id);
    buffer_str(&path, items[again].id);
    struct problem *p = problems_add(problems, items[again].origin, "a cycle: %s", path.text);
    problem_remedy(p, "Remove one of these references.");
    buffer_clear(&path);
}

static void walk_push(struct walk *w, size_t at)
{
    w->colours[at] = GREY;
    w->stack[w->depth++] = (struct frame){ .at = at };
}

static void walk_from(struct walk *w, size_t root, struct problems *problems)
{
    walk_push(w, root);
    while (w->depth > 0) {
        struct frame *top = &w->stack[w->depth - 1];
        const struct resource *r = &w->graph->items[top->at];
        if (top->next == r->n_needs) {
            w->colours[top->at] = BLACK;
            w->order[w->n_order++] = top->at;
            w->depth--;
            continue;
        }
        size_t need = r->needs[top->next++];
        switch (w->colours[need]) {
        case WHITE:
            walk_push(w, need);
            break;
        case GREY:
            refuse_cycle(w, need, problems);
            break;
        case BLACK:
            break;
        }
    }
}

/* Moves the resources into order and rewrites every index. */
static void renumber(struct graph *g, const size_t *order)
{
    struct resource *items = xcalloc(g->n, sizeof *items);
    size_t *place = xcalloc(g->n, sizeof *place);
    for (size_t i = 0; i < g->n; i++)
        place[order[i]] = i;
    for (size_t i = 0; i < g->n; i++) {
        items[i] = g->items[order[i]];
        json_object_set_new(g->index, items[i].id, json_integer((json_int_t)i));
        for (size_t j = 0; j < items[i].n_needs; j++)
            items[i].needs[j] = place[items[i].needs[j]];
    }
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < items[i].n_needs; j++) {
            struct resource *needed = &items[items[i].needs[j]];
            edge_add(&needed->needed_by, &needed->n_needed_by, i);
        }
    free(g->items);
    free(place);
    g->items = items;
}

static void sort(struct graph *g, struct problems *problems)
{
    struct walk w = {
        .graph = g,
        .colours = xcalloc(g->n, sizeof *w.colours),
        .stack = xcalloc(g->n, sizeof *w.stack),
        .order = xcalloc(g->n, sizeof *w.order),
    };
    size_t before = problems->n;
    for (size_t i = 0; i < g->n; i++)
        if (w.colours[i] == WHITE)
            walk_from(&w, i, problems);
    if (problems->n == before)
        renumber(g, w.order);
    free(w.colours);
    free(w.stack);
    free(w.order);
}

int graph_finish(struct graph *g, struct problems *reterr)
{
    size_t before = reterr->n;
    link_all(g, reterr);
    if (reterr->n == before)
        sort(g, reterr);
    json_decref(g->declared);
    g->declared = NULL;
    return reterr->n == before ? 0 : -EINVAL;
}

json_t *graph_resolve(const json_t *want, const json_t *outputs, char ret_missing[256])
{
    char missing[REFERENCE_MAX];
    return reference_resolve(want, outputs, ret_missing == NULL ? missing : ret_missing);
}
