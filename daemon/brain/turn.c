/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/turn.h"

struct effect *effects_add(struct effects *e, enum effect_kind kind)
{
    if (e->n == e->size) {
        e->size = e->size == 0 ? 16 : e->size * 2;
        e->items = xrealloc(e->items, e->size, sizeof(*e->items));
    }
    struct effect *effect = &e->items[e->n++];
    *effect = (struct effect){ .kind = kind };
    return effect;
}

static void effect_clear(struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_CALL:
        call_clear(&effect->call.call);
        return;
    case EFFECT_PROBE:
        free(effect->probe.url);
        return;
    case EFFECT_RESOLVE:
        free(effect->resolve.name);
        free(effect->resolve.server);
        return;
    case EFFECT_RECORD:
        json_decref(effect->record.body);
        return;
    case EFFECT_REPLY:
        json_decref(effect->reply.body);
        return;
    case EFFECT_WAKE:
        return;
    }
}

void effects_clear(struct effects *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->n; i++)
        effect_clear(&e->items[i]);
    free(e->items);
    *e = (struct effects){ 0 };
}

void turn_call(struct turn *t, uint64_t id, struct call call, uint64_t after)
{
    struct effect *effect = effects_add(t->out, EFFECT_CALL);
    effect->after = after;
    effect->call.id = id;
    effect->call.call = call;
}

void turn_reply(struct turn *t, uint64_t command, int status, json_t *body)
{
    assert(body != NULL);
    struct effect *effect = effects_add(t->out, EFFECT_REPLY);
    effect->reply.command = command;
    effect->reply.status = status;
    effect->reply.body = body;
}

uint64_t turn_fingerprint(const json_t *value)
{
    if (value == NULL)
        return 0;
    autofree char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
    assert(text != NULL);
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (const char *p = text; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    return hash | 1; /* 0 means none */
}
