/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/breaker.h"

#include "daemon/brain/turn.h"

void breaker_clear(struct breaker *b)
{
    free(b->repairs);
    *b = (struct breaker){ 0 };
}

void breaker_reset(struct breaker *b)
{
    breaker_clear(b);
}

void breaker_in_sync(struct breaker *b)
{
    if (b->n > 0)
        b->episode++;
}

static void forget_old(struct breaker *b, msec_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->n; i++)
        if (now - b->repairs[i].at < HOURS(1))
            b->repairs[kept++] = b->repairs[i];
    b->n = kept;
}

static bool noted(const struct breaker *b, uint64_t field)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->repairs[i].field == field && b->repairs[i].episode == b->episode)
            return true;
    return false;
}

void breaker_note(struct breaker *b, const json_t *drift, msec_t now)
{
    forget_old(b, now);
    size_t i;
    json_t *entry;
    json_array_foreach(drift, i, entry)
    {
        uint64_t field = turn_fingerprint(json_object_get(entry, "pointer"));
        if (noted(b, field))
            continue;
        b->repairs = xrealloc(b->repairs, b->n + 1, sizeof(*b->repairs));
        b->repairs[b->n++] = (struct breaker_repair){ field, b->episode, now };
    }
}

const char *breaker_field(const struct breaker *b, const json_t *drift, unsigned limit, msec_t now)
{
    size_t i;
    json_t *entry;
    json_array_foreach(drift, i, entry)
    {
        const json_t *pointer = json_object_get(entry, "pointer");
        uint64_t field = turn_fingerprint(pointer);
        unsigned count = 0;
        for (size_t k = 0; k < b->n; k++)
            count += b->repairs[k].field == field && b->repairs[k].episode != b->episode &&
                     now - b->repairs[k].at < HOURS(1);
        if (count >= limit)
            return json_string_value(pointer);
    }
    return NULL;
}
