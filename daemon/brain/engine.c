/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/engine.h"

#include "daemon/brain/engine_state.h"

struct engine *engine_new(struct journal *journal, struct random *random, engine_kind_fn *kind,
                          bool observe)
{
    struct engine *e = xcalloc(1, sizeof(*e));
    e->journal = journal;
    e->random = random;
    e->kind = kind;
    e->observe = observe;
    e->mandate = (struct mandate){ .may_write = true };
    e->index = json_object();
    e->outputs = json_object();
    e->inventory = json_object();
    e->consents = json_object();
    e->breakers = json_object();
    e->pass_at = NEVER;
    e->n_slots = 1;
    schedule_init(&e->schedule, 1);
    return e;
}

static void cause_clear(struct engine_cause *cause)
{
    free((char *)(uintptr_t)cause->operation);
    free((char *)(uintptr_t)cause->who);
    *cause = (struct engine_cause){ 0 };
}

static void pass_clear(struct pass *pass)
{
    free(pass->operation);
    free(pass->who);
    json_decref(pass->plan);
    pass->plan = NULL;
}

void engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    for (uint32_t i = 0; i < e->n_slots && e->items != NULL; i++)
        item_free(e->items[i]);
    free(e->items);
    free(e->nodes);
    graph_clear(&e->graph);
    json_decref(e->index);
    json_decref(e->outputs);
    json_decref(e->inventory);
    json_decref(e->consents);
    json_decref(e->breakers);
    schedule_clear(&e->schedule);
    reach_clear(&e->reach);
    pass_clear(&e->pass);
    json_decref(e->planned);
    cause_clear(&e->cause);
    free(e->hold.reason);
    free(e->hold.who);
    free(e->pending);
    free(e);
}

bool engine_configured(const struct engine *e)
{
    return e->configured;
}

void engine_suspend(struct engine *e, bool suspended)
{
    e->suspended = suspended;
}

void engine_set_mandate(struct engine *e, const struct mandate *mandate)
{
    e->mandate = *mandate;
}

struct item *engine_find(const struct engine *e, const char *id)
{
    const json_t *slot = json_object_get(e->index, id);
    return slot != NULL ? e->items[json_integer_value(slot)] : NULL;
}

/* Restoring what the store remembers */

static void restore_hold(struct engine *e, const json_t *hold, struct now now)
{
    const char *reason = json_string_value(json_object_get(hold, "reason"));
    if (reason == NULL)
        return;
    json_int_t until = json_integer_value(json_object_get(hold, "until"));
    if (until != 0 && until <= now.wall.ms)
        return;
    const char *who = json_string_value(json_object_get(hold, "who"));
    e->hold.reason = xstrdup(reason);
    e->hold.who = xstrdup(who != NULL ? who : "");
    e->hold.since = now.boot;
    e->hold.since_wall = json_integer_value(json_object_get(hold, "since"));
    e->hold.until_wall = until;
    e->hold.until = until != 0 ? now.boot + (until - now.wall.ms) : 0;
}

void engine_restore(struct engine *e, const json_t *checkpoint, struct now now)
{
    const json_t *settings = json_object_get(checkpoint, "settings");
    restore_hold(e, json_object_get(settings, "hold"), now);
    e->destroying = json_is_object(json_object_get(settings, "destroy"));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)settings, key, value)
    {
        if (str_prefix(key, "approve:"))
            json_object_set(e->consents, key + strlen("approve:"), value);
        if (str_prefix(key, "breaker:") && json_is_true(value))
            json_object_set(e->breakers, key + strlen("breaker:"), value);
        if (str_prefix(key, "destroy:") && json_is_string(value))
            json_object_set_new(e->breakers, key, json_true());
    }
    const json_t *resources = json_object_get(checkpoint, "resources");
    json_object_foreach((json_t *)(uintptr_t)resources, key,
                        value) if (!json_is_true(json_object_get(value, "gone")))
        json_object_set(e->inventory, key, value);
}

/* Items come and go */

static uint32_t slot_new(struct engine *e)
{
    for (uint32_t i = e->free_slot == 0 ? 1 : e->free_slot; i < e->n_slots && e->items != NULL; i++)
        if (e->items[i] == NULL) {
            e->free_slot = i + 1;
            return i;
        }
    uint32_t slot = e->n_slots++;
    assert(slot < (1u << SLOT_BITS));
    if (e->items == NULL || (e->n_slots & (e->n_slots - 1)) == 0 || slot == 1) {
        size_t size = 64;
        while (size <= e->n_slots)
            size *= 2;
        e->items = xrealloc(e->items, size, sizeof(struct item *));
        for (size_t i = slot; i < size; i++)
            e->items[i] = NULL;
        if (slot == 1)
            e->items[0] = NULL;
    }
    e->free_slot = e->n_slots;
    return slot;
}

static void pump(struct engine *e, struct turn *t);

/* {"until": wall ms, "drift"?}, as engine_approve wrote it. */
static void take_consent(struct engine *e, struct item *item, struct now now)
{
    const json_t *given = json_object_get(e->consents, item->id);
    json_int_t left = json_integer_value(json_object_get(given, "until")) - now.wall.ms;
    if (left > 0 && left <= ENGINE_CONSENT_LASTS) {
        item->consent_until = now.boot + left;
        item->consent = json_incref(json_object_get(given, "drift"));
    }
    json_object_del(e->consents, item->id);
}

static struct item *add_item(struct engine *e, const char *id, const char *kind, enum region region,
                             struct now now)
{
    uint32_t slot = slot_new(e);
    struct item *item = item_new(id, kind, e->kind(kind), region, slot);
    e->items[slot] = item;
    e->n_items++;
    e->n_state[item->state]++;
    json_object_set_new(e->index, id, json_integer((json_int_t)slot));
    schedule_join(&e->schedule, slot, region);
    take_consent(e, item, now);
    if (e->destroying) /* after a restart: what was made just before it may not show yet */
        item->shown_by = now.boot + ENGINE_SETTLE_LEAST;
    item->breaker.open = json_object_get(e->breakers, id) != NULL;
    json_object_del(e->breakers, id);
    return item;
}

static void free_item(struct engine *e, struct item *item)
{
    e->n_state[item->state]--;
    e->items[item->slot] = NULL;
    if (item->slot < e->free_slot)
        e->free_slot = item->slot;
    e->n_items--;
    schedule_leave(&e->schedule, item->slot);
    item_free(item);
}

void engine_remove(struct engine *e, struct item *item, struct turn *t)
{
    if (item->phase != PHASE_IDLE)
        engine_item_settle(e, item, NEVER, t);
    json_object_del(e->index, item->id);
    json_object_del(e->outputs, item->id);
    item->leaving = true;
    item->resource = NULL;
}

/* Frees an item that was removed, once nothing of it is out any more. */
static void bury(struct engine *e, struct item *item)
{
    if (item->leaving && item->n_calls == 0 && item->change == 0)
        free_item(e, item);
}

static void make_orphan(struct engine *e, struct item *item, struct turn *t)
{
    if (item->phase != PHASE_IDLE)
        engine_item_settle(e, item, NEVER, t);
    item->orphan_want = item_identity(item->kind, item->resource->want);
    item->resource = NULL;
    item_set_drift(item, NULL, NULL);
    engine_item_state(e, item, ITEM_ORPHANED, "no longer in the configuration", NULL, t->now.boot);
}

static void add_orphan(struct engine *e, const char *id, const json_t *entry, struct turn *t)
{
    const char *kind = json_string_value(json_object_get(entry, "kind"));
    const char *region = json_string_value(json_object_get(entry, "region"));
    if (kind == NULL || region_parse(region) == REGION_NONE)
        return;
    struct item *item = add_item(e, id, kind, region_parse(region), t->now);
    item->orphan_want = json_deep_copy(json_object_get(entry, "want"));
    item->inventory_hash = engine_write_fingerprint(entry);
    autofree char *key = xasprintf("destroy:%s", id);
    item->doomed = e->destroying || json_object_get(e->breakers, key) != NULL;
    engine_item_state(e, item, ITEM_ORPHANED, "no longer in the configuration", NULL, t->now.boot);
}

/* What was known of this id before the configuration spoke of it. */
static void take_inventory(struct engine *e, struct item *item)
{
    const json_t *entry = json_object_get(e->inventory, item->id);
    if (entry == NULL)
        return;
    const json_t *outputs = json_object_get(entry, "outputs");
    if (json_is_object(outputs))
        json_object_set_new(e->outputs, item->id, json_deep_copy(outputs));
    item->inventory_hash = engine_write_fingerprint(entry);
    json_object_del(e->inventory, item->id);
}

static struct item *place_resource(struct engine *e, const struct resource *resource, size_t node,
                                   struct now now)
{
    struct item *item = engine_find(e, resource->id);
    if (item == NULL)
        item = add_item(e, resource->id, resource->kind, resource->region, now);
    assert(item->kind != NULL); /* the topology makes only kinds that exist */
    take_inventory(e, item);
    item->resource = resource;
    item->node = node;
    item->doomed = e->destroying;
    json_decref(item->orphan_want);
    item->orphan_want = NULL;
    return item;
}

/* Items that the old graph had and the new one has not, and entries of the inventory that neither
 * has. */
static void find_orphans(struct engine *e, const struct graph *new, struct turn *t)
{
    for (size_t i = 0; i < e->graph.n; i++)
        if (graph_find(new, e->graph.items[i].id) == SIZE_MAX) {
            struct item *item = e->nodes[i];
            if (item->inventory_hash != 0) {
                make_orphan(e, item, t);
                continue;
            }
            engine_remove(e, item, t);
            bury(e, item);
        }
}

static void adopt_inventory(struct engine *e, struct turn *t)
{
    const char *id;
    json_t *entry;
    json_object_foreach(e->inventory, id, entry) add_orphan(e, id, entry, t);
    json_object_clear(e->inventory);
}

void engine_configure(struct engine *e, struct graph *graph, const struct engine_place *place,
                      struct turn *t)
{
    /* Everything comes to rest first: what is under way was meant for the old graph. */
    e->configured = e->pass.running = false;
    for (uint32_t i = 1; i < e->n_slots; i++)
        if (e->items[i] != NULL) {
            e->items[i]->in_pass = false;
            engine_item_settle(e, e->items[i], NEVER, t);
        }
    find_orphans(e, graph, t);
    struct item **nodes = xcalloc(graph->n + 1, sizeof(struct item *));
    for (size_t i = 0; i < graph->n; i++)
        nodes[i] = place_resource(e, &graph->items[i], i, t->now);
    free(e->nodes);
    e->nodes = nodes;
    graph_clear(&e->graph);
    e->graph = *graph;
    *graph = (struct graph){ 0 };
    e->place = *place;
    schedule_limit(&e->schedule, place->settings->resources_at_once);
    adopt_inventory(e, t);
    e->configured = true;
    e->pass_at = t->now.boot;
    pump(e, t);
}

/* How items move between phases */

static void set_phase(struct engine *e, struct item *item, enum item_phase phase)
{
    if (item->phase == PHASE_IDLE && phase != PHASE_IDLE)
        e->n_active++;
    if (item->phase != PHASE_IDLE && phase == PHASE_IDLE)
        e->n_active--;
    item->phase = phase;
}

void engine_item_state(struct engine *e, struct item *item, enum item_state state,
                       const char *reason, const char *reason_of, msec_t now)
{
    e->n_state[item->state]--;
    item_set_state(item, state, reason, reason_of, now);
    e->n_state[item->state]++;
}

void engine_item_ready(struct engine *e, struct item *item)
{
    schedule_at(&e->schedule, item->slot, NEVER);
    set_phase(e, item, PHASE_READY);
    schedule_ready(&e->schedule, item->slot);
}

/* Tells those that come after this one that it has been looked at. Present: those that need it;
 * destroying: those it needs. */
static void release_next(struct engine *e, struct item *item)
{
    if (item->resource == NULL || !e->configured)
        return;
    const struct resource *r = item->resource;
    const size_t *next = item->doomed ? r->needs : r->needed_by;
    size_t n = item->doomed ? r->n_needs : r->n_needed_by;
    for (size_t i = 0; i < n; i++) {
        struct item *other = e->nodes[next[i]];
        if (other->in_pass && other->open_needs > 0)
            other->open_needs--;
        if (other->phase == PHASE_NEEDS && other->open_needs == 0)
            engine_item_ready(e, other);
    }
}

static void leave_pass(struct engine *e, struct item *item)
{
    item->in_pass = false;
    e->pass.open--;
    release_next(e, item);
}

void engine_item_pause(struct engine *e, struct item *item, msec_t wait, struct turn *t)
{
    schedule_release(&e->schedule, item->slot);
    set_phase(e, item, PHASE_PAUSED);
    schedule_at(&e->schedule, item->slot, t->now.boot + msec_max(wait, 1));
    if (item->in_pass && e->pass.let_go)
        leave_pass(e, item);
}

msec_t engine_backoff(struct engine *e, unsigned failures, msec_t first, msec_t most)
{
    msec_t delay = first;
    for (unsigned i = 1; i < failures && delay < most; i++)
        delay *= 2;
    delay = msec_min(delay, most);
    return delay / 2 + (msec_t)random_below(e->random, (uint64_t)(delay / 2 + 1));
}

static bool arrived(const struct item *item)
{
    return item->state == ITEM_IN_SYNC || item->state == ITEM_GONE;
}

/* Those that came to rest for want of this one go on. */
static void revive_starved(struct engine *e, struct item *item)
{
    if (item->resource == NULL || !e->configured || !arrived(item))
        return;
    const struct resource *r = item->resource;
    const size_t *next = item->doomed ? r->needs : r->needed_by;
    size_t n = item->doomed ? r->n_needs : r->n_needed_by;
    for (size_t i = 0; i < n; i++) {
        struct item *other = e->nodes[next[i]];
        if (other->starved && other->phase == PHASE_IDLE) {
            other->starved = false;
            engine_item_ready(e, other);
        }
    }
}

void engine_item_settle(struct engine *e, struct item *item, msec_t again, struct turn *t)
{
    if (item->phase == PHASE_READY) { /* leaves the queue it is in */
        schedule_leave(&e->schedule, item->slot);
        schedule_join(&e->schedule, item->slot, item->region);
    }
    schedule_release(&e->schedule, item->slot);
    set_phase(e, item, PHASE_IDLE);
    schedule_at(&e->schedule, item->slot, again == NEVER ? NEVER : t->now.boot + again);
    item_rest(item);
    for (size_t i = 0; i < item->n_calls; i++) { /* their answers come too late to matter */
        free(item->calls[i].slot);
        item->calls[i].slot = NULL;
    }
    if (item->in_pass)
        leave_pass(e, item);
    revive_starved(e, item);
}

/* Passes */

static bool worth_looking_at(const struct engine *e, const struct item *item)
{
    if (item->leaving)
        return false;
    if (item->doomed)
        return item->state != ITEM_GONE;
    (void)e;
    return item->resource != NULL;
}

static uint32_t count_needs(const struct engine *e, const struct item *item)
{
    if (item->resource == NULL)
        return 0;
    const struct resource *r = item->resource;
    const size_t *before = item->doomed ? r->needed_by : r->needs;
    size_t n = item->doomed ? r->n_needed_by : r->n_needs;
    uint32_t open = 0;
    for (size_t i = 0; i < n; i++)
        open += e->nodes[before[i]]->in_pass;
    return open;
}

static void start_pass(struct engine *e, struct turn *t)
{
    uint64_t number = e->pass.number + 1;
    pass_clear(&e->pass);
    e->pass = (struct pass){ .number = number,
                             .running = true,
                             .dry = e->asked && e->cause.dry,
                             .started = t->now.boot,
                             .plan = json_array() };
    if (e->asked) {
        e->pass.operation = (char *)(uintptr_t)e->cause.operation;
        e->pass.who = (char *)(uintptr_t)e->cause.who;
        e->cause = (struct engine_cause){ 0 };
        e->asked = false;
    }
    e->pass_at = t->now.boot + e->place.settings->pass_interval;
    for (uint32_t i = 1; i < e->n_slots; i++)
        if (e->items[i] != NULL && worth_looking_at(e, e->items[i])) {
            e->items[i]->in_pass = true;
            e->items[i]->starved = false;
            e->items[i]->tries = 0;
            e->pass.open++;
            if (e->pass.operation != NULL)
                e->items[i]->refused_until = 0; /* an operator asks: try again what was refused */
        }
    for (uint32_t i = 1; i < e->n_slots; i++) {
        struct item *item = e->items[i];
        if (item == NULL || !item->in_pass)
            continue;
        item->open_needs = count_needs(e, item);
        if (item->phase != PHASE_IDLE)
            continue;
        if (item->open_needs == 0) {
            engine_item_ready(e, item);
        } else {
            schedule_at(&e->schedule, item->slot, NEVER);
            set_phase(e, item, PHASE_NEEDS);
        }
    }
}

/* Something that AWS works on for long does not keep a pass open: it goes on by itself. */
static void let_go_of_waiting(struct engine *e, struct turn *t)
{
    if (e->pass.let_go || t->now.boot - e->pass.started < e->place.settings->pass_interval)
        return;
    e->pass.let_go = true;
    for (uint32_t i = 1; i < e->n_slots; i++) {
        struct item *item = e->items[i];
        if (item != NULL && item->in_pass && item->phase == PHASE_PAUSED)
            leave_pass(e, item);
    }
}

static void end_pass(struct engine *e, struct turn *t)
{
    e->pass.running = false;
    e->pass.ended = t->now.boot;
    e->passed = e->pass.number;
    if (e->pass.dry) {
        json_decref(e->planned);
        e->planned = e->pass.plan;
        e->pass.plan = NULL;
    }
    msec_t interval = e->place.settings->pass_interval;
    if (e->destroying && engine_remaining(e, NULL) == 0)
        e->pass_at = NEVER;
    else if (e->destroying)
        e->pass_at = t->now.boot + msec_min(interval, SECONDS(5));
    else
        e->pass_at = msec_max(e->pass.started + interval, t->now.boot + 1);
}

static void pump(struct engine *e, struct turn *t)
{
    if (!e->configured || e->stopping || e->suspended)
        return;
    for (;;) {
        if (e->pass.running && e->pass.open == 0)
            end_pass(e, t);
        if (!e->pass.running && e->planned == NULL && (e->asked || t->now.boot >= e->pass_at))
            start_pass(e, t);
        uint32_t slot = schedule_next(&e->schedule);
        if (slot == SCHEDULE_NONE)
            break;
        engine_step_item(e, e->items[slot], t);
        bury(e, e->items[slot]);
    }
}

/* A pass that began in this very moment serves the asker as well: nothing has been looked at yet.
 */
static bool join_pass(struct engine *e, const struct engine_cause *cause, msec_t now)
{
    struct pass *p = &e->pass;
    if (!p->running || p->started != now || p->operation != NULL || p->dry || cause->dry)
        return false;
    p->operation = cause->operation != NULL ? xstrdup(cause->operation) : NULL;
    p->who = cause->who != NULL ? xstrdup(cause->who) : NULL;
    return true;
}

uint64_t engine_ask(struct engine *e, const struct engine_cause *cause, struct turn *t)
{
    if (join_pass(e, cause, t->now.boot))
        return e->pass.number;
    cause_clear(&e->cause);
    e->cause.operation = cause->operation != NULL ? xstrdup(cause->operation) : NULL;
    e->cause.who = cause->who != NULL ? xstrdup(cause->who) : NULL;
    e->cause.dry = cause->dry;
    e->asked = true;
    uint64_t number = e->pass.number + 1;
    pump(e, t);
    return number;
}

bool engine_asked(const struct engine *e)
{
    return e->asked;
}

uint64_t engine_passed(const struct engine *e)
{
    return e->passed;
}

json_t *engine_take_plan(struct engine *e, struct turn *t)
{
    json_t *plan = e->planned;
    e->planned = NULL;
    pump(e, t); /* the next pass waited for this */
    return plan;
}

/* Events */

void engine_tick(struct engine *e, struct turn *t)
{
    if (!e->stopping)
        journal_probe(e->journal, t);
    if (e->hold.reason != NULL && e->hold.until != 0 && t->now.boot >= e->hold.until)
        engine_hold(e, NULL, "the end of its time", 0, t);
    for (;;) {
        uint32_t slot = schedule_take_due(&e->schedule, t->now.boot);
        if (slot == SCHEDULE_NONE)
            break;
        struct item *item = e->items[slot];
        if (!e->stopping && (item->phase == PHASE_PAUSED || item->phase == PHASE_IDLE))
            engine_item_ready(e, item);
    }
    if (e->pass.running)
        let_go_of_waiting(e, t);
    pump(e, t);
}

static bool take_call(struct item *item, uint64_t id, struct item_call *ret)
{
    for (size_t i = 0; i < item->n_calls; i++)
        if (item->calls[i].id == id) {
            *ret = item->calls[i];
            item->calls[i] = item->calls[--item->n_calls];
            return true;
        }
    return false;
}

bool engine_answer(struct engine *e, const struct answer *answer, struct turn *t)
{
    uint32_t slot = (uint32_t)(answer->call & ((1u << SLOT_BITS) - 1));
    struct item *item = slot != 0 && slot < e->n_slots ? e->items[slot] : NULL;
    struct item_call call;
    if (item == NULL || !take_call(item, answer->call, &call))
        return false;
    e->calls_out--;
    if (reach_answered(&e->reach, item->region, call.op->service, answer, t->now.boot))
        e->pass_at = t->now.boot; /* it answers again: look at what could not be seen */
    if (call.op->access != ACCESS_READ)
        engine_write_answer(e, item, call.op, answer, t);
    else
        engine_step_answer(e, item, &call, answer, t);
    free(call.slot);
    bury(e, item);
    pump(e, t);
    return true;
}

void engine_recorded(struct engine *e, uint64_t seq, int error, struct turn *t)
{
    struct item *item = engine_write_recorded(e, seq, error, t);
    if (item != NULL)
        bury(e, item);
    pump(e, t);
}

msec_t engine_next(const struct engine *e)
{
    if (!e->configured || e->stopping)
        return NEVER;
    msec_t next = schedule_due(&e->schedule);
    if (e->journal->error != 0 && e->journal->trying == 0)
        next = msec_min(next, e->journal->try_at);
    if (e->hold.reason != NULL && e->hold.until != 0)
        next = msec_min(next, e->hold.until);
    if (!e->pass.running)
        return msec_min(next, e->pass_at);
    if (!e->pass.let_go)
        return msec_min(next, e->pass.started + e->place.settings->pass_interval);
    return next;
}

size_t engine_busy(const struct engine *e)
{
    return e->calls_out;
}

void engine_stop(struct engine *e)
{
    e->stopping = true;
}

size_t engine_unsettled(const struct engine *e)
{
    return e->n_active;
}
