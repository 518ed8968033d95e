/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/engine_state.h"

static void look_soon(struct engine *e, struct item *item, struct turn *t)
{
    if (item->phase == PHASE_IDLE)
        schedule_at(&e->schedule, item->slot, t->now.boot);
}

void engine_hold(struct engine *e, const char *reason, const char *who, int64_t until_wall_ms,
                 struct turn *t)
{
    free(e->hold.reason);
    free(e->hold.who);
    memset(&e->hold, 0, sizeof(e->hold));
    if (reason == NULL) {
        journal_setting(e->journal, "hold", NULL, t);
        autofree char *text = xasprintf("the hold was ended by %s", who);
        journal_event(e->journal, "info", NULL, text, t);
        e->pass_at = msec_min(e->pass_at, t->now.boot);
        return;
    }
    e->hold.reason = xstrdup(reason);
    e->hold.who = xstrdup(who);
    e->hold.since = t->now.boot;
    e->hold.until = until_wall_ms != 0 ? t->now.boot + (until_wall_ms - t->now.wall.ms) : 0;
    e->hold.since_wall = t->now.wall.ms;
    e->hold.until_wall = until_wall_ms;
    journal_setting(e->journal, "hold",
                    json_pack("{ss ss sI sI}", "reason", reason, "who", who, "since",
                              (json_int_t)t->now.wall.ms, "until", (json_int_t)until_wall_ms),
                    t);
    autofree char *text = xasprintf("put on hold by %s: %s", who, reason);
    journal_event(e->journal, "info", NULL, text, t);
}

bool engine_on_hold(const struct engine *e)
{
    return e->hold.reason != NULL;
}

bool engine_destroying(const struct engine *e)
{
    return e->destroying;
}

size_t engine_changing(const struct engine *e)
{
    size_t n = 0;
    for (uint32_t i = 1; i < e->n_slots; i++)
        n += e->items[i] != NULL && e->items[i]->change != 0;
    return n;
}

bool engine_approval_destroys(const struct engine *e, const char *id)
{
    const struct item *item = engine_find(e, id);
    return item != NULL && item->state == ITEM_BLOCKED && item->by_consent;
}

const char *engine_approve(struct engine *e, const char *id, const char *who, struct turn *t)
{
    struct item *item = engine_find(e, id);
    if (item == NULL)
        return "there is no resource of this id";
    if (item->state != ITEM_PROPOSED && item->state != ITEM_BLOCKED && item->state != ITEM_BREAKER)
        return "nothing waits for approval there";
    if (item->state == ITEM_BLOCKED && !item->by_consent)
        return "no approval helps there; its reason says what is in the way";
    if (item->breaker.open) {
        autofree char *key = xasprintf("breaker:%s", id);
        journal_setting(e->journal, key, NULL, t);
    }
    breaker_reset(&item->breaker);
    item->consent_until = t->now.boot + ENGINE_CONSENT_LASTS;
    json_decref(item->consent);
    item->consent = item->state == ITEM_BLOCKED ? json_incref(item->drift) : NULL;
    autofree char *key = xasprintf("approve:%s", id);
    journal_setting(e->journal, key,
                    json_pack("{sI sO*}", "until",
                              (json_int_t)(t->now.wall.ms + ENGINE_CONSENT_LASTS), "drift",
                              item->consent),
                    t);
    autofree char *text = xasprintf("%s was approved by %s", item_state_name(item->state), who);
    journal_event(e->journal, "info", id, text, t);
    look_soon(e, item, t);
    return NULL;
}

static void doom(struct engine *e, struct item *item, msec_t now)
{
    item->doomed = true;
    item_rest(item);
    item->refused_until = 0;
    engine_item_state(e, item, ITEM_DESTROYING, NULL, NULL, now);
}

const char *engine_destroy(struct engine *e, const char *only, const char *who, struct turn *t)
{
    if (only == NULL) {
        e->destroying = true;
        json_t *value = json_pack("{ss sI}", "who", who, "since", (json_int_t)t->now.wall.ms);
        journal_setting(e->journal, "destroy", value, t);
        for (uint32_t i = 1; i < e->n_slots; i++)
            if (e->items[i] != NULL && !e->items[i]->leaving && e->items[i]->phase != PHASE_WRITING)
                engine_item_settle(e, e->items[i], NEVER, t);
        for (uint32_t i = 1; i < e->n_slots; i++)
            if (e->items[i] != NULL && !e->items[i]->leaving)
                doom(e, e->items[i], t->now.boot);
        e->pass.running = false; /* it went the other way round */
        for (uint32_t i = 1; i < e->n_slots; i++)
            if (e->items[i] != NULL)
                e->items[i]->in_pass = false;
        e->pass_at = t->now.boot;
        return NULL;
    }
    struct item *item = engine_find(e, only);
    if (item == NULL)
        return "there is no resource of this id";
    if (item->resource != NULL)
        return "it is in the configuration; take it out there and reload, then destroy the orphan";
    if (item->kind == NULL)
        return "this version of drd does not know its kind";
    autofree char *key = xasprintf("destroy:%s", only);
    journal_setting(e->journal, key, json_string(who), t);
    doom(e, item, t->now.boot);
    look_soon(e, item, t);
    return NULL;
}

void engine_revive(struct engine *e, struct turn *t)
{
    if (!e->destroying)
        return;
    e->destroying = false;
    journal_setting(e->journal, "destroy", NULL, t);
    for (uint32_t i = 1; i < e->n_slots; i++) {
        struct item *item = e->items[i];
        if (item == NULL || item->leaving)
            continue;
        if (item->phase != PHASE_WRITING)
            engine_item_settle(e, item, NEVER, t);
        item->doomed = item->in_pass = false;
        engine_item_state(e, item, item->resource != NULL ? ITEM_UNKNOWN : ITEM_ORPHANED, NULL,
                          NULL, t->now.boot);
    }
    e->pass.running = false;
    e->pass_at = t->now.boot;
}

size_t engine_remaining(const struct engine *e, const char *only)
{
    if (only != NULL) {
        const struct item *item = engine_find(e, only);
        return item != NULL && item->doomed && item->state != ITEM_GONE;
    }
    return e->n_items - e->n_state[ITEM_GONE];
}

bool engine_stuck(const struct engine *e)
{
    if (e->pass.running || e->n_active > 0)
        return false;
    size_t blocked = 0;
    for (uint32_t i = 1; i < e->n_slots; i++)
        if (e->items[i] != NULL && e->items[i]->doomed && e->items[i]->state != ITEM_GONE) {
            if (e->items[i]->state != ITEM_BLOCKED && !e->items[i]->starved)
                return false;
            blocked += e->items[i]->state == ITEM_BLOCKED;
        }
    return blocked > 0;
}
