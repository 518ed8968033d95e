/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/engine_state.h"

/* Facts older than this are read again rather than acted on. */
enum {
    FACTS_KEEP = 60 * 1000,
    TRIES_PER_PASS = 3,
    WAIT_LEAST = 100,
    WAIT_MOST = 60 * 1000,
    LOOK_AGAIN = 1000
};

bool engine_loose(const struct engine *e, const struct item *item)
{
    if (item->doomed || e->observe || e->hold.reason != NULL || !e->mandate.may_write)
        return true;
    if (e->pass.running && e->pass.dry)
        return true;
    return item->resource != NULL && item->resource->mode == MODE_OBSERVE;
}

static void rest_for_want_of(struct engine *e, struct item *item, const char *reason,
                             const char *other, struct turn *t)
{
    engine_item_state(e, item, item->doomed ? ITEM_DESTROYING : ITEM_WAITING, reason, other,
                      t->now.boot);
    item->starved = true;
    engine_item_settle(e, item, NEVER, t);
}

/* {name: "${id.name}"}: stands for outputs that do not exist yet. */
static json_t *placeholders(const struct item *item)
{
    json_t *outputs = json_object();
    for (size_t i = 0; item->kind->outputs != NULL && item->kind->outputs[i] != NULL; i++) {
        const char *name = item->kind->outputs[i];
        json_object_set_new(outputs, name, json_sprintf("${%s.%s}", item->id, name));
    }
    return outputs;
}

/* What is known of the resources this one needs. */
static json_t *known_outputs(const struct engine *e, struct item *item, bool loose)
{
    json_t *known = json_object();
    for (size_t i = 0; i < item->resource->n_needs; i++) {
        const struct item *need = e->nodes[item->resource->needs[i]];
        json_t *outputs = json_object_get(e->outputs, need->id);
        if (outputs != NULL) {
            json_object_set(known, need->id, outputs);
        } else if (loose) {
            json_object_set_new(known, need->id, placeholders(need));
            item->unresolved = true;
        }
    }
    return known;
}

static const struct item *still_there(const struct engine *e, const struct item *item)
{
    for (size_t i = 0; i < item->resource->n_needed_by; i++) {
        const struct item *other = e->nodes[item->resource->needed_by[i]];
        if (other->doomed && other->state != ITEM_GONE)
            return other;
    }
    return NULL;
}

/* An edge that no reference shows still means "after". */
static const struct item *unmet_need(const struct engine *e, const struct item *item)
{
    for (size_t i = 0; i < item->resource->n_needs; i++) {
        const struct item *need = e->nodes[item->resource->needs[i]];
        if (json_object_get(e->outputs, need->id) == NULL)
            return need;
    }
    return NULL;
}

/* Fills item->want. False when it has come to rest for want of another. */
static bool resolve(struct engine *e, struct item *item, struct turn *t)
{
    if (item->want != NULL)
        return true;
    item->unresolved = false;
    if (item->resource == NULL) {
        item->want = item->orphan_want != NULL ? json_deep_copy(item->orphan_want) : json_object();
        return true;
    }
    bool loose = engine_loose(e, item);
    const struct item *other = item->doomed ? still_there(e, item)
                               : loose      ? NULL
                                            : unmet_need(e, item);
    if (other != NULL) {
        rest_for_want_of(e, item, item->doomed ? "still needed by" : "needs", other->id, t);
        return false;
    }
    char missing[256] = "";
    json_auto_t *known = known_outputs(e, item, loose);
    item->want = graph_resolve(item->resource->want, known, missing);
    if (item->want == NULL)
        rest_for_want_of(e, item, "needs an output of", missing, t);
    return item->want != NULL;
}

static bool holds_reference(const json_t *value)
{
    if (json_is_string(value))
        return strstr(json_string_value(value), "${") != NULL;
    const char *key;
    size_t i;
    json_t *element;
    json_object_foreach((json_t *)(uintptr_t)value, key,
                        element) if (holds_reference(element)) return true;
    json_array_foreach(value, i, element) if (holds_reference(element)) return true;
    return false;
}

static void send_read(struct engine *e, struct item *item, struct call *call, struct turn *t)
{
    uint64_t id = ++e->serial << SLOT_BITS | item->slot;
    item->calls = xrealloc(item->calls, item->n_calls + 1, sizeof(*item->calls));
    item->calls[item->n_calls++] = (struct item_call){ id, xstrdup(call->slot), call->op };
    if (e->pass.operation != NULL && call->priority < PRIORITY_OPERATOR)
        call->priority = PRIORITY_OPERATOR;
    call->begun = json_object_size(item->facts) >
                  0; /* or they would be old before they are all there */
    turn_call(t, id, *call, 0);
    *call = (struct call){ 0 };
    e->calls_out++;
}

static void on_read(struct engine *e, struct item *item, struct verdict *verdict, struct turn *t)
{
    for (size_t i = 0; item->unresolved && i < verdict->calls.n; i++)
        if (holds_reference(verdict->calls.items[i].args)) {
            const struct item *need = unmet_need(e, item);
            rest_for_want_of(e, item, "needs", need != NULL ? need->id : NULL, t);
            return;
        }
    item->phase = PHASE_READING;
    for (size_t i = 0; i < verdict->calls.n; i++)
        send_read(e, item, &verdict->calls.items[i], t);
}

static void on_wait(struct engine *e, struct item *item, const struct verdict *verdict,
                    struct turn *t)
{
    engine_item_state(e, item, item->doomed ? ITEM_DESTROYING : ITEM_WAITING, verdict->reason, NULL,
                      t->now.boot);
    if (engine_loose(e, item) && !item->doomed) { /* only a look: nothing of ours ends the wait */
        engine_item_settle(e, item, NEVER, t);
        return;
    }
    item_rest(item);
    engine_item_pause(e, item, msec_min(msec_max(verdict->wait, WAIT_LEAST), WAIT_MOST), t);
}

static void on_present(struct engine *e, struct item *item, const struct verdict *verdict,
                       struct turn *t)
{
    json_t *outputs = verdict->outputs != NULL ? json_deep_copy(verdict->outputs) : json_object();
    json_object_set_new(e->outputs, item->id, outputs);
    engine_write_inventory(e, item, t);
    breaker_in_sync(&item->breaker);
    item->ever_in_sync = true;
    if (item->consent_until != 0) { /* it was for this change alone */
        item->consent_until = 0;
        json_decref(item->consent);
        item->consent = NULL;
        autofree char *key = xasprintf("approve:%s", item->id);
        journal_setting(e->journal, key, NULL, t);
    }
    engine_item_state(e, item, ITEM_IN_SYNC, NULL, NULL, t->now.boot);
    engine_item_settle(e, item, NEVER, t);
}

static void on_absent(struct engine *e, struct item *item, struct turn *t)
{
    json_t *body = json_pack("{ss sb}", "id", item->id, "gone", 1);
    journal_add(e->journal, RECORD_RESOURCE, body, t);
    item->inventory_hash = 0;
    json_object_del(e->outputs, item->id);
    engine_item_state(e, item, ITEM_GONE, NULL, NULL, t->now.boot);
    engine_item_settle(e, item, NEVER, t);
    if (item->resource != NULL || e->destroying)
        return;
    autofree char *key = xasprintf("destroy:%s", item->id);
    journal_setting(e->journal, key, NULL, t);
    engine_remove(e, item, t);
}

static void on_done(struct engine *e, struct item *item, const struct verdict *verdict,
                    struct turn *t)
{
    if (item->doomed && t->now.boot < item->shown_by) {
        item_rest(item);
        engine_item_pause(e, item, msec_min(item->shown_by - t->now.boot, LOOK_AGAIN), t);
        return;
    }
    item_set_drift(item, NULL, NULL);
    item_clear_error(item);
    item->failures = item->write_failures = 0;
    item->refused_hash = 0;
    memset(item->accepted, 0, sizeof(item->accepted));
    if (item->doomed)
        on_absent(e, item, t);
    else
        on_present(e, item, verdict, t);
}

static void on_blocked(struct engine *e, struct item *item, const struct verdict *verdict,
                       struct turn *t)
{
    item_set_drift(item, verdict->drift, verdict->others);
    item->by_consent = verdict->by_consent;
    engine_item_state(e, item, ITEM_BLOCKED, verdict->reason, NULL, t->now.boot);
    engine_item_settle(e, item, NEVER, t);
}

static struct verdict ask_kind(const struct engine *e, struct item *item, struct turn *t)
{
    if (item->facts == NULL || t->now.boot - item->facts_since > FACTS_KEEP) {
        json_decref(item->facts);
        item->facts = json_object();
        item->facts_since = t->now.boot;
    }
    struct subject subject = {
        .id = item->id,
        .environment = e->place.environment,
        .account = e->place.account,
        .region = item->region,
        .want = item->want,
        .goal = item->doomed ? GOAL_ABSENT : GOAL_PRESENT,
        .adopt = item->resource != NULL && item->resource->adopt,
        .consent = item->consent_until > t->now.boot ? item->consent : NULL,
    };
    return kind_step(item->kind, &subject, item->facts);
}

/* True when it can be asked at all: a kind that is known, a change that has come back, a place that
 * answers. */
static bool can_step(struct engine *e, struct item *item, struct turn *t)
{
    if (e->suspended) { /* an answer that was on its way when the account turned out wrong */
        engine_item_settle(e, item, NEVER, t);
        return false;
    }
    if (item->resource == NULL && !item->doomed) { /* an orphan is nobody's to keep */
        engine_item_settle(e, item, NEVER, t);
        return false;
    }
    if (item->kind == NULL) {
        engine_item_state(e, item, ITEM_ERROR, "this version of drd does not know the kind",
                          item->kind_name, t->now.boot);
        engine_item_settle(e, item, NEVER, t);
        return false;
    }
    if (item->change != 0) {
        engine_item_pause(e, item, 500, t);
        return false;
    }
    if (reach_may_try(&e->reach, item->region, item->kind->service, t->now.boot))
        return true;
    engine_item_state(e, item, ITEM_ERROR, "not seen: no answer from its service in",
                      region_name(item->region), t->now.boot);
    engine_item_settle(e, item, engine_backoff(e, ++item->failures, SECONDS(4), MINUTES(1)), t);
    return false;
}

void engine_step_item(struct engine *e, struct item *item, struct turn *t)
{
    if (!can_step(e, item, t) || !resolve(e, item, t))
        return;
    struct verdict verdict = ask_kind(e, item, t);
    if (verdict.kind != VERDICT_READ)
        item->checked_at = t->now.boot;
    switch (verdict.kind) {
    case VERDICT_READ:
        on_read(e, item, &verdict, t);
        break;
    case VERDICT_WRITE:
        engine_write_verdict(e, item, &verdict, t);
        break;
    case VERDICT_WAIT:
        on_wait(e, item, &verdict, t);
        break;
    case VERDICT_DONE:
        on_done(e, item, &verdict, t);
        break;
    case VERDICT_BLOCKED:
        on_blocked(e, item, &verdict, t);
        break;
    }
    verdict_clear(&verdict);
}

/* Errors that may pass by themselves; the others need a person. */
static bool passing(enum aws_class class)
{
    return class == AWS_TRANSIENT || class == AWS_THROTTLED || class == AWS_UNKNOWN_OUTCOME ||
           class == AWS_IN_PROGRESS || class == AWS_CONFLICT || class == AWS_EXISTS ||
           class == AWS_BAD_ANSWER || class == AWS_REFUSED;
}

static void read_failed(struct engine *e, struct item *item, struct turn *t)
{
    item->read_failed = false;
    item->failures++;
    item->tries++;
    bool soft = passing(item->error->class);
    bool dark = reach_dark(&e->reach, item->region, item->kind->service);
    if (soft && !dark && item->tries < TRIES_PER_PASS) {
        engine_item_pause(e, item, engine_backoff(e, item->tries, 500, SECONDS(20)), t);
        return;
    }
    msec_t again = soft ? engine_backoff(e, item->failures, SECONDS(4), MINUTES(5))
                        : engine_backoff(e, item->failures, MINUTES(1), MINUTES(15));
    engine_item_state(e, item, ITEM_ERROR, "cannot be read", NULL, t->now.boot);
    engine_item_settle(e, item, again, t);
}

void engine_step_answer(struct engine *e, struct item *item, const struct item_call *call,
                        const struct answer *answer, struct turn *t)
{
    if (call->slot == NULL || item->phase != PHASE_READING)
        return;
    if (answer->class == AWS_OK || answer->class == AWS_NOT_FOUND) {
        if (json_object_size(item->facts) == 0)
            item->facts_since = t->now.boot; /* not before: calls may have waited long to be sent */
        json_object_set_new(item->facts, call->slot, fact_new(answer));
    } else {
        item_set_error(item, call->op, answer, false, t->now.boot);
        item->read_failed = true;
    }
    for (size_t i = 0; i < item->n_calls; i++)
        if (item->calls[i].slot != NULL)
            return;
    if (item->read_failed) {
        read_failed(e, item, t);
        return;
    }
    item->failures = 0;
    if (item->error != NULL && !item->error->writing)
        item_clear_error(item);
    engine_step_item(e, item, t);
}
