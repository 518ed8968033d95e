/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/nearest.h"
#include "daemon/brain/engine_state.h"

static bool counted(const struct item *item, enum region region)
{
    return item != NULL && !item->leaving && (region == REGION_NONE || item->region == region);
}

json_t *engine_counts(const struct engine *e, enum region region)
{
    size_t n[N_ITEM_STATES] = { 0 }, total = 0;
    for (uint32_t i = 1; i < e->n_slots; i++)
        if (counted(e->items[i], region)) {
            n[e->items[i]->state]++;
            total++;
        }
    json_t *counts = json_pack("{sI}", "total", (json_int_t)total);
    for (unsigned i = 0; i < N_ITEM_STATES; i++)
        if (n[i] > 0)
            json_object_set_new(counts, item_state_name((enum item_state)i),
                                json_integer((json_int_t)n[i]));
    return counts;
}

static json_t *region_counts(const struct engine *e)
{
    static const char *const roles[] = { NULL, "active", "standby", "witness" };
    json_t *regions = json_object();
    for (unsigned i = 1; i < N_REGIONS; i++) {
        if (e->schedule.regions[i].members == 0)
            continue;
        enum region region = (enum region)i;
        json_t *counts = engine_counts(e, region);
        const char *role = roles[e->mandate.role[i] & 3];
        if (role != NULL)
            json_object_set_new(counts, "role", json_string(role));
        json_object_set_new(regions, region_name(region), counts);
    }
    return regions;
}

static json_t *pass_status(const struct engine *e, msec_t now)
{
    const struct pass *p = &e->pass;
    msec_t end = p->running ? now : p->ended;
    json_t *pass = json_pack("{sI sb sb sI sI sI sI sI ss* ss*}", "number", (json_int_t)p->number,
                             "running", (int)p->running, "dry", (int)p->dry, "writes",
                             (json_int_t)p->writes, "destroys", (json_int_t)p->destroys, "limited",
                             (json_int_t)p->limited, "open", (json_int_t)(p->running ? p->open : 0),
                             "completed", (json_int_t)e->passed, "operation", p->operation, "who",
                             p->who);
    if (p->number > 0) {
        json_object_set_new(pass, "started_age_ms", json_integer(now - p->started));
        json_object_set_new(pass, "duration_ms", json_integer(end - p->started));
    }
    if (!p->running && p->number > 0)
        json_object_set_new(pass, "ended_age_ms", json_integer(now - p->ended));
    if (!p->running && e->pass_at != NEVER)
        json_object_set_new(pass, "next_in_ms", json_integer(msec_max(e->pass_at - now, 0)));
    return pass;
}

static json_t *hold_status(const struct engine *e, msec_t now)
{
    if (e->hold.reason == NULL)
        return NULL;
    json_t *hold = json_pack("{ss ss sI}", "reason", e->hold.reason, "who", e->hold.who, "age_ms",
                             (json_int_t)(now - e->hold.since));
    if (e->hold.until != 0)
        json_object_set_new(hold, "ends_in_ms", json_integer(e->hold.until - now));
    return hold;
}

static const char *posture(const struct engine *e)
{
    if (e->stopping)
        return "stopping";
    if (e->journal->error != 0)
        return "journal unwritable";
    if (e->destroying)
        return engine_remaining(e, NULL) == 0 ? "destroyed" : "destroying";
    if (e->hold.reason != NULL)
        return "hold";
    if (e->observe)
        return "observe";
    return e->mandate.may_write ? "normal" : "follower";
}

/* How far everything below can be behind: the oldest look at any resource, and how many were never
 * looked at. Stale: nothing of this may be believed, because passes do not come to their end. */
static void add_ages(const struct engine *e, json_t *status, msec_t now)
{
    const struct settings *settings = e->place.settings; /* NULL: nothing is known yet */
    msec_t oldest = now, patience = settings == NULL ? NEVER : 3 * settings->pass_interval;
    json_int_t never = 0;
    for (uint32_t i = 1; i < e->n_slots; i++) {
        const struct item *item = e->items[i];
        if (item == NULL || item->resource == NULL)
            continue;
        if (item->checked_at == 0)
            never++;
        else
            oldest = msec_min(oldest, item->checked_at);
    }
    json_object_set_new(status, "oldest_check_age_ms", json_integer(now - oldest));
    json_object_set_new(status, "never_checked", json_integer(never));
    json_object_set_new(status, "stale", json_boolean(now - oldest > patience));
    if (e->last_change != 0)
        json_object_set_new(status, "last_change_age_ms", json_integer(now - e->last_change));
}

json_t *engine_status(const struct engine *e, struct now now)
{
    json_t *status = json_pack(
        "{ss so so so so* so sI sI sI sI}", "posture", posture(e), "resources",
        engine_counts(e, REGION_NONE), "regions", region_counts(e), "pass",
        pass_status(e, now.boot), "hold", hold_status(e, now.boot), "unreachable",
        reach_status(&e->reach, now.boot), "calls_out", (json_int_t)e->calls_out, "changes",
        (json_int_t)e->changes, "changes_failed", (json_int_t)e->changes_failed, "not_retained",
        (json_int_t)e->not_retained);
    assert(status != NULL);
    add_ages(e, status, now.boot);
    return status;
}

static const char *text(const json_t *filter, const char *key)
{
    return json_string_value(json_object_get(filter, key));
}

static bool matches(const struct item *item, const json_t *filter)
{
    const char *state = text(filter, "state"), *region = text(filter, "region");
    const char *kind = text(filter, "kind"), *id = text(filter, "id");
    return counted(item, REGION_NONE) &&
           (state == NULL || strcmp(state, item_state_name(item->state)) == 0) &&
           (region == NULL || strcmp(region, region_name(item->region)) == 0) &&
           (kind == NULL || strcmp(kind, item->kind_name) == 0) &&
           (id == NULL || strstr(item->id, id) != NULL);
}

json_t *engine_rows(const struct engine *e, const json_t *filter, msec_t now)
{
    const json_t *limit = json_object_get(filter, "limit");
    json_int_t offset = json_integer_value(json_object_get(filter, "offset"));
    json_int_t most = json_is_integer(limit) ? json_integer_value(limit) : 100, matched = 0;
    json_t *rows = json_array();
    for (uint32_t i = 1; i < e->n_slots; i++) {
        if (!matches(e->items[i], filter))
            continue;
        if (matched >= offset && matched < offset + most)
            json_array_append_new(rows, item_row(e->items[i], now));
        matched++;
    }
    return json_pack("{so sI sI}", "rows", rows, "offset", offset, "matched", matched);
}

static bool trouble(const struct item *item)
{
    switch (item->state) {
    case ITEM_IN_SYNC:
    case ITEM_GONE:
    case ITEM_UNKNOWN:
    case ITEM_WRITING:
    case ITEM_DESTROYING:
    case N_ITEM_STATES:
        return item->error != NULL;
    case ITEM_WAITING:
    case ITEM_DRIFTED:
    case ITEM_PROPOSED:
    case ITEM_BLOCKED:
    case ITEM_BREAKER:
    case ITEM_ERROR:
    case ITEM_ORPHANED:
        return true;
    }
    return true;
}

json_t *engine_problems(const struct engine *e, size_t most, msec_t now)
{
    json_t *rows = json_array();
    for (uint32_t i = 1; i < e->n_slots && json_array_size(rows) < most; i++)
        if (counted(e->items[i], REGION_NONE) && trouble(e->items[i]))
            json_array_append_new(rows, item_row(e->items[i], now));
    return rows;
}

json_t *engine_row(const struct engine *e, const char *id, msec_t now)
{
    const struct item *item = engine_find(e, id);
    return item != NULL ? item_row(item, now) : NULL;
}

const json_t *engine_outputs(const struct engine *e)
{
    return e->outputs;
}

int engine_exit_code(const struct engine *e)
{
    size_t bad = e->n_state[ITEM_ERROR] + e->n_state[ITEM_UNKNOWN];
    size_t good = e->n_state[ITEM_IN_SYNC] + e->n_state[ITEM_GONE] + e->n_state[ITEM_ORPHANED];
    if (bad > 0)
        return 1;
    return good == e->n_items ? 0 : 2;
}

const char *engine_nearest(const struct engine *e, const char *id)
{
    struct nearest nearest;
    nearest_init(&nearest, id);
    for (uint32_t i = 1; i < e->n_slots; i++)
        if (counted(e->items[i], REGION_NONE))
            nearest_offer(&nearest, e->items[i]->id);
    return nearest.best;
}
