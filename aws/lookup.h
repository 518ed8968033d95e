/* SPDX-License-Identifier: Apache-2.0 */
/* lookup: finds an owner by a text, through entries that live inside their owners. The client finds
 * with it the read under way that a new call can join. */
#ifndef DRD_LOOKUP_H
#define DRD_LOOKUP_H

#include "daemon/base/base.h"

struct lookup_entry {
    char *key; /* owned by the entry; NULL while it is in no lookup */
    void *owner;
    struct lookup_entry *next;
};

struct lookup {
    struct lookup_entry **slots;
    size_t n, size;
};

/* NULL when there is none. */
void *lookup_find(const struct lookup *l, const char *key);
/* Takes key. An older entry of the same key stays, hidden behind this one. */
void lookup_add(struct lookup *l, struct lookup_entry *entry, char *key);
/* Does nothing when the entry is not in. */
void lookup_remove(struct lookup *l, struct lookup_entry *entry);
void lookup_clear(struct lookup *l);

#endif
