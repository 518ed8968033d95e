/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/lookup.h"

/* FNV-1a, Fowler, Noll and Vo. Keys come from our own configuration: no attacker chooses them. */
static size_t slot_of(const struct lookup *l, const char *key)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *key != '\0'; key++)
        hash = (hash ^ (uint8_t)*key) * 0x100000001b3U;
    return (size_t)(hash ^ (hash >> 32)) & (l->size - 1);
}

void *lookup_find(const struct lookup *l, const char *key)
{
    if (l->n == 0)
        return NULL;
    struct lookup_entry *entry = l->slots[slot_of(l, key)];
    while (entry != NULL && strcmp(entry->key, key) != 0)
        entry = entry->next;
    return entry == NULL ? NULL : entry->owner;
}

static void insert(struct lookup *l, struct lookup_entry *entry)
{
    size_t slot = slot_of(l, entry->key);
    entry->next = l->slots[slot];
    l->slots[slot] = entry;
}

static void grow(struct lookup *l)
{
    struct lookup old = *l;
    l->size = old.size == 0 ? 64 : 2 * old.size;
    l->slots = xcalloc(l->size, sizeof(struct lookup_entry *));
    for (size_t i = 0; i < old.size; i++)
        for (struct lookup_entry *entry = old.slots[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            insert(l, entry);
        }
    free(old.slots);
}

void lookup_add(struct lookup *l, struct lookup_entry *entry, char *key)
{
    assert(entry->key == NULL);
    if (l->n == l->size)
        grow(l);
    entry->key = key;
    insert(l, entry);
    l->n++;
}

void lookup_remove(struct lookup *l, struct lookup_entry *entry)
{
    if (entry->key == NULL)
        return;
    struct lookup_entry **at = &l->slots[slot_of(l, entry->key)];
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    free(entry->key);
    entry->key = NULL;
    l->n--;
}

void lookup_clear(struct lookup *l)
{
    assert(l->n == 0);
    free(l->slots);
    *l = (struct lookup){ 0 };
}
