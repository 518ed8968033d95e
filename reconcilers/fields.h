/* SPDX-License-Identifier: Apache-2.0 */
/* fields: a kind's rows against the facts. Finds what differs, and turns what was found into the
 * arguments of the one operation that repairs it. Decides nothing about order: resource does. */
#ifndef DRD_FIELDS_H
#define DRD_FIELDS_H

#include "reconcilers/kind.h"

/* One thing that is not as wanted. */
struct difference {
    const struct field *field; /* NULL: a member of a set */
    char *item;            /* what "*" stands for, the key of a tag, the name in a set; or NULL */
    char *pointer;         /* into want */
    char *where;           /* further into a policy document; or NULL */
    json_t *wanted, *live; /* NULL: nothing */
    const char *operation; /* NULL: fixed at creation */
    bool removal;          /* operation takes away and is given no value */
};

struct differences {
    struct difference *items;
    size_t n;
};

/* All differences, in the order of the rows, then those of the sets. */
struct differences fields_compare(const struct scene *scene);
/* What the sets hold, as differences that empty them: for destroying. */
struct differences fields_leftovers(const struct scene *scene);
void differences_clear(struct differences *list);
/* Appends to a drift list (verdict.h). */
void difference_show(const struct scene *scene, const struct difference *d, json_t **drift);

/* Every wanted value with a row, as the creating operation takes it: at its pointer into want.
 * What equals AWS's default stays out: some services refuse to be told. A new reference. */
json_t *fields_wanted(const struct scene *scene);
/* Puts into args what the change `with` carries for this difference. */
void fields_put(const struct scene *scene, const struct change *with, const struct difference *d,
                json_t *args);
/* Whether one call of `with` repairs both. */
bool fields_together(const struct change *with, const struct difference *a,
                     const struct difference *b);

/* The live tags as {key: value}, a new reference; NULL when the kind has no tags. */
json_t *fields_tags(const struct scene *scene);

#endif
