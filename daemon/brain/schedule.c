/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/schedule.h"

void schedule_init(struct schedule *s, unsigned limit)
{
    *s = (struct schedule){ .limit = limit == 0 ? 1 : limit };
    for (unsigned i = 0; i < N_REGIONS; i++)
        s->regions[i].head = s->regions[i].tail = SCHEDULE_NONE;
}

void schedule_clear(struct schedule *s)
{
    free(s->entries);
    free(s->heap);
    schedule_init(s, s->limit);
}

void schedule_limit(struct schedule *s, unsigned limit)
{
    s->limit = limit == 0 ? 1 : limit;
}

void schedule_join(struct schedule *s, uint32_t slot, enum region region)
{
    if (slot >= s->n) {
        size_t n = s->n == 0 ? 64 : s->n;
        while (n <= slot)
            n *= 2;
        s->entries = xrealloc(s->entries, n, sizeof(*s->entries));
        for (size_t i = s->n; i < n; i++)
            s->entries[i] = (struct schedule_entry){ .region = N_REGIONS };
        s->n = n;
    }
    assert(s->entries[slot].region == N_REGIONS);
    s->entries[slot] = (struct schedule_entry){
        .next = SCHEDULE_NONE, .heaped = SCHEDULE_NONE, .due = NEVER, .region = region
    };
    if (s->regions[region].members++ == 0)
        s->n_regions++;
}

static void unqueue(struct schedule *s, uint32_t slot)
{
    struct schedule_entry *entry = &s->entries[slot];
    uint32_t before = SCHEDULE_NONE, at = s->regions[entry->region].head;
    while (at != slot) {
        before = at;
        at = s->entries[at].next;
    }
    if (before == SCHEDULE_NONE)
        s->regions[entry->region].head = entry->next;
    else
        s->entries[before].next = entry->next;
    if (s->regions[entry->region].tail == slot)
        s->regions[entry->region].tail = before;
    entry->ready = false;
}

void schedule_leave(struct schedule *s, uint32_t slot)
{
    struct schedule_entry *entry = &s->entries[slot];
    if (entry->ready)
        unqueue(s, slot);
    schedule_release(s, slot);
    schedule_at(s, slot, NEVER);
    if (--s->regions[entry->region].members == 0)
        s->n_regions--;
    entry->region = N_REGIONS;
}

void schedule_ready(struct schedule *s, uint32_t slot)
{
    struct schedule_entry *entry = &s->entries[slot];
    if (entry->ready)
        return;
    entry->ready = true;
    entry->next = SCHEDULE_NONE;
    uint32_t tail = s->regions[entry->region].tail;
    if (tail == SCHEDULE_NONE)
        s->regions[entry->region].head = slot;
    else
        s->entries[tail].next = slot;
    s->regions[entry->region].tail = slot;
}

static unsigned region_limit(const struct schedule *s)
{
    return s->n_regions > 1 ? s->limit - s->limit / 4 : s->limit;
}

uint32_t schedule_next(struct schedule *s)
{
    if (s->running >= s->limit)
        return SCHEDULE_NONE;
    for (unsigned i = 1; i <= N_REGIONS; i++) {
        enum region region = (enum region)(((unsigned)s->turn + i) % N_REGIONS);
        uint32_t slot = s->regions[region].head;
        if (slot == SCHEDULE_NONE || s->regions[region].running >= region_limit(s))
            continue;
        struct schedule_entry *entry = &s->entries[slot];
        s->regions[region].head = entry->next;
        if (entry->next == SCHEDULE_NONE)
            s->regions[region].tail = SCHEDULE_NONE;
        entry->ready = false;
        assert(!entry->running);
        entry->running = true;
        s->regions[region].running++;
        s->running++;
        s->turn = region;
        return slot;
    }
    return SCHEDULE_NONE;
}

void schedule_release(struct schedule *s, uint32_t slot)
{
    struct schedule_entry *entry = &s->entries[slot];
    if (!entry->running)
        return;
    entry->running = false;
    s->regions[entry->region].running--;
    s->running--;
}

static void heap_put(struct schedule *s, size_t at, uint32_t slot)
{
    s->heap[at] = slot;
    s->entries[slot].heaped = (uint32_t)at;
}

static void sift_up(struct schedule *s, size_t at)
{
    uint32_t slot = s->heap[at];
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (s->entries[s->heap[parent]].due <= s->entries[slot].due)
            break;
        heap_put(s, at, s->heap[parent]);
        at = parent;
    }
    heap_put(s, at, slot);
}

static void sift_down(struct schedule *s, size_t at)
{
    uint32_t slot = s->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= s->n_heap)
            break;
        if (child + 1 < s->n_heap &&
            s->entries[s->heap[child + 1]].due < s->entries[s->heap[child]].due)
            child++;
        if (s->entries[slot].due <= s->entries[s->heap[child]].due)
            break;
        heap_put(s, at, s->heap[child]);
        at = child;
    }
    heap_put(s, at, slot);
}

static void heap_remove(struct schedule *s, uint32_t slot)
{
    size_t at = s->entries[slot].heaped;
    s->entries[slot].heaped = SCHEDULE_NONE;
    uint32_t last = s->heap[--s->n_heap];
    if (last == slot)
        return;
    heap_put(s, at, last);
    sift_up(s, at);
    sift_down(s, s->entries[last].heaped);
}

void schedule_at(struct schedule *s, uint32_t slot, msec_t due)
{
    struct schedule_entry *entry = &s->entries[slot];
    if (entry->heaped != SCHEDULE_NONE)
        heap_remove(s, slot);
    entry->due = due;
    if (due == NEVER)
        return;
    if (s->n_heap == s->heap_size) {
        s->heap_size = s->heap_size == 0 ? 64 : s->heap_size * 2;
        s->heap = xrealloc(s->heap, s->heap_size, sizeof(*s->heap));
    }
    s->heap[s->n_heap] = slot;
    sift_up(s, s->n_heap++);
}

msec_t schedule_due(const struct schedule *s)
{
    return s->n_heap == 0 ? NEVER : s->entries[s->heap[0]].due;
}

uint32_t schedule_take_due(struct schedule *s, msec_t now)
{
    if (schedule_due(s) > now)
        return SCHEDULE_NONE;
    uint32_t slot = s->heap[0];
    schedule_at(s, slot, NEVER);
    return slot;
}
