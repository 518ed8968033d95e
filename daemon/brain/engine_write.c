/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/engine_state.h"

enum {
    LOOK_FIRST = 100, /* after a change: looks again so soon, then ever later */
    LOOK_MOST = 5 * 1000,
    FAILURES_MOST = 6, /* changes that failed in a row, before it rests */
    PLAN_MOST = 1000,
};

static uint64_t fingerprint_call(const struct call *call)
{
    json_auto_t *value = json_pack("{ss ss sO}", "s", call->op->service, "n", call->op->name, "a",
                                   call->args);
    return turn_fingerprint(value);
}

/* In a dry look at something whose needs do not exist yet, a live value cannot be compared with a
 * reference: such entries are no drift. False when nothing else is left. */
static bool drop_unresolved(json_t *drift)
{
    size_t had = json_array_size(drift);
    for (size_t i = had; i > 0; i--) {
        const json_t *entry = json_array_get(drift, i - 1);
        autofree char *wanted = json_dumps(json_object_get(entry, "wanted"), JSON_ENCODE_ANY);
        if (wanted != NULL && strstr(wanted, "${") != NULL &&
            json_object_get(entry, "live") != NULL)
            json_array_remove(drift, i - 1);
    }
    return had == 0 || json_array_size(drift) > 0;
}

static bool restores_missing(const json_t *drift)
{
    size_t i;
    json_t *entry;
    json_array_foreach(drift, i, entry) if (json_object_get(entry, "live") != NULL) return false;
    return true;
}

/* Why this change may not be made now. */
struct refusal {
    enum item_state state;
    const char *reason, *of;
    bool limited; /* the next pass may do it */
};

static bool wants_approval(const struct item *item, const struct verdict *verdict)
{
    if (item->resource == NULL || item->doomed)
        return false;
    if (item->resource->mode == MODE_PROPOSE)
        return true;
    return item->kind->steers_traffic && !restores_missing(verdict->drift);
}

static const char *limit_reached(const struct engine *e, const struct item *item,
                                 const struct operation *op)
{
    if (item->doomed) /* the operator confirmed it, with the suffix */
        return NULL;
    if (e->pass.writes >= e->place.settings->writes_per_pass)
        return "the limit of changes per pass is reached";
    if (op->access == ACCESS_DESTROY && e->pass.destroys >= e->place.settings->destroys_per_pass)
        return "the limit of deletions per pass is reached";
    return NULL;
}

/* True and *ret when it may not be made. */
static bool refused(struct engine *e, struct item *item, const struct verdict *verdict,
                    struct turn *t, struct refusal *ret)
{
    const struct settings *settings = e->place.settings;
    const char *frozen = mandate_refuses(&e->mandate, mandate_freeze_of(item->kind_name));
    *ret = (struct refusal){ .state = ITEM_DRIFTED, .reason = verdict->reason };
    if (e->observe || (item->resource != NULL && item->resource->mode == MODE_OBSERVE)) {
        if (item->doomed)
            *ret = (struct refusal){ .state = ITEM_BLOCKED, .reason = "is only observed" };
        return true;
    } else if (e->hold.reason != NULL) {
        ret->reason = "on hold:";
        ret->of = e->hold.reason;
        return true;
    } else if (frozen != NULL) {
        ret->reason = frozen;
        return true;
    }
    bool consent = item->consent_until > t->now.boot;
    if (wants_approval(item, verdict) && !consent) {
        ret->state = ITEM_PROPOSED;
        return true;
    }
    const char *field = breaker_field(&item->breaker, verdict->drift, settings->repairs_per_hour,
                                      t->now.boot);
    if (!item->doomed && !consent && (field != NULL || item->breaker.open)) {
        ret->state = ITEM_BREAKER;
        ret->reason = "repaired too often within an hour:";
        ret->of = field != NULL ? field : "before the daemon started";
        return true;
    }
    const char *limit = limit_reached(e, item, verdict->calls.items[0].op);
    if (limit != NULL) {
        ret->reason = limit;
        ret->limited = true;
    }
    return limit != NULL;
}

static void open_breaker(struct engine *e, struct item *item, struct turn *t)
{
    if (item->breaker.open)
        return;
    item->breaker.open = true;
    autofree char *key = xasprintf("breaker:%s", item->id);
    journal_setting(e->journal, key, json_true(), t);
    journal_event(e->journal, "alert", item->id,
                  "the same field was repaired too often within an hour; drd stopped repairing it",
                  t);
}

static void refuse(struct engine *e, struct item *item, const struct verdict *verdict,
                   const struct refusal *refusal, struct turn *t)
{
    item_set_drift(item, verdict->drift, verdict->others);
    item->by_consent = false;
    engine_item_state(e, item, refusal->state, refusal->reason, refusal->of, t->now.boot);
    if (refusal->state == ITEM_BREAKER)
        open_breaker(e, item, t);
    e->pass.limited += refusal->limited;
    engine_item_settle(e, item, NEVER, t);
}

static void add_to_plan(struct engine *e, struct item *item, const struct verdict *verdict,
                        struct turn *t)
{
    const struct operation *op = verdict->calls.items[0].op;
    autofree char *name = xasprintf("%s:%s", op->service, op->name);
    const char *action = op->access == ACCESS_DESTROY        ? "delete"
                         : str_eq(verdict->reason, "absent") ? "create"
                                                             : "update";
    if (e->pass.plan != NULL && json_array_size(e->pass.plan) < PLAN_MOST)
        json_array_append_new(
            e->pass.plan, json_pack("{ss ss ss ss ss ss* sO* sO*}", "resource", item->id, "kind",
                                    item->kind_name, "region", region_name(item->region), "action",
                                    action, "operation", name, "reason", verdict->reason, "drift",
                                    verdict->drift, "others", verdict->others));
    item_set_drift(item, verdict->drift, verdict->others);
    engine_item_state(e, item, item->doomed ? ITEM_DESTROYING : ITEM_DRIFTED, verdict->reason, NULL,
                      t->now.boot);
    engine_item_settle(e, item, NEVER, t);
}

/* The change that AWS accepted a while ago is wanted again: either it does not show yet, or it did
 * not stick. True when this change is dealt with. */
static bool accepted_before(struct engine *e, struct item *item, const struct verdict *verdict,
                            uint64_t hash, struct turn *t)
{
    msec_t at = 0;
    for (size_t i = 0; i < ARRAY_SIZE(item->accepted); i++)
        if (item->accepted[i].hash == hash)
            at = msec_max(at, item->accepted[i].at);
    if (at == 0)
        return false;
    item_set_drift(item, verdict->drift, verdict->others); /* what is seen now, not what was done */
    if (t->now.boot - at < msec_max(item->kind->settle, ENGINE_SETTLE_LEAST)) {
        item_rest(item);
        item->settle_delay = msec_min(item->settle_delay * 2, LOOK_MOST);
        engine_item_pause(e, item, item->settle_delay, t);
        return true;
    }
    memset(item->accepted, 0, sizeof(item->accepted));
    item->not_retained++;
    e->not_retained++;
    journal_event(e->journal, "alert", item->id,
                  "a change that AWS accepted does not show when read again", t);
    engine_item_state(e, item, ITEM_DRIFTED,
                      "not retained: AWS accepted the change, and it does "
                      "not show",
                      NULL, t->now.boot);
    engine_item_settle(e, item, NEVER, t);
    return true;
}

static json_t *changed_fields(const json_t *drift)
{
    json_t *fields = json_array();
    size_t i;
    json_t *entry;
    json_array_foreach(drift, i, entry)
    {
        bool secret = json_is_true(json_object_get(entry, "secret"));
        json_t *pointer = json_object_get(entry, "pointer");
        json_t *before = secret ? NULL : json_object_get(entry, "live");
        json_t *after = secret ? NULL : json_object_get(entry, "wanted");
        json_array_append_new(fields,
                              json_pack("{sO* sO* sO* so*}", "pointer", pointer, "before", before,
                                        "after", after, "secret", secret ? json_true() : NULL));
    }
    return fields;
}

static uint64_t record_change(struct engine *e, struct item *item, const struct verdict *verdict,
                              struct turn *t)
{
    const struct operation *op = verdict->calls.items[0].op;
    autofree char *name = xasprintf("%s:%s", op->service, op->name);
    json_t *body = json_pack("{ss ss ss ss ss* sI so ss* ss*}", "resource", item->id, "kind",
                             item->kind_name, "region", region_name(item->region), "op", name,
                             "reason", verdict->reason, "pass", (json_int_t)e->pass.number,
                             "fields", changed_fields(verdict->drift), "operation",
                             e->pass.operation, "who", e->pass.who);
    return journal_add(e->journal, RECORD_CHANGE, body, t);
}

static void make_change(struct engine *e, struct item *item, struct verdict *verdict, uint64_t hash,
                        struct turn *t)
{
    struct call *call = &verdict->calls.items[0];
    const struct operation *op = call->op;
    if (item->inventory_hash == 0 && !item->doomed) /* before it exists: nothing is lost track of */
        engine_write_inventory(e, item, t);
    uint64_t seq = record_change(e, item, verdict, t);
    journal_tries(e->journal, seq);
    e->pending = xrealloc(e->pending, e->n_pending + 1, sizeof(*e->pending));
    e->pending[e->n_pending++] = (struct engine_pending){ seq, item->slot };
    e->pass.writes++;
    e->pass.destroys += op->access == ACCESS_DESTROY;
    item->change = seq;
    item->change_hash = hash;
    json_decref(item->change_drift);
    item->change_drift = verdict->drift != NULL ? json_deep_copy(verdict->drift) : NULL;
    item_set_drift(item, verdict->drift, verdict->others);
    engine_item_state(e, item, item->doomed ? ITEM_DESTROYING : ITEM_WRITING, verdict->reason, NULL,
                      t->now.boot);
    item->phase = PHASE_WRITING;
    uint64_t id = ++e->serial << SLOT_BITS | item->slot;
    item->calls = xrealloc(item->calls, item->n_calls + 1, sizeof(*item->calls));
    item->calls[item->n_calls++] = (struct item_call){ id, xstrdup("change"), op };
    call->begun = true;
    turn_call(t, id, *call, seq);
    *call = (struct call){ 0 };
    e->calls_out++;
    item_rest(item);
}

void engine_write_verdict(struct engine *e, struct item *item, struct verdict *verdict,
                          struct turn *t)
{
    uint64_t hash = fingerprint_call(&verdict->calls.items[0]);
    if (e->stopping) {
        engine_item_settle(e, item, NEVER, t);
        return;
    }
    if (item->unresolved && !drop_unresolved(verdict->drift)) {
        engine_item_state(e, item, ITEM_WAITING, "what it needs is not there yet", NULL,
                          t->now.boot);
        engine_item_settle(e, item, NEVER, t);
        return;
    }
    if (e->pass.running && e->pass.dry) {
        add_to_plan(e, item, verdict, t);
        return;
    }
    if (accepted_before(e, item, verdict, hash, t))
        return;
    struct refusal refusal;
    if (refused(e, item, verdict, t, &refusal)) {
        refuse(e, item, verdict, &refusal, t);
        return;
    }
    if (hash == item->refused_hash && t->now.boot < item->refused_until) {
        item_set_drift(item, verdict->drift, verdict->others);
        engine_item_state(e, item, ITEM_ERROR, "AWS refused the change", NULL, t->now.boot);
        engine_item_settle(e, item, item->refused_until - t->now.boot, t);
        return;
    }
    msec_t wait = journal_refuses(e->journal, t->now.boot);
    if (wait > 0) {
        item_set_drift(item, verdict->drift, verdict->others);
        engine_item_state(e, item, ITEM_DRIFTED, "the journal cannot be written", NULL,
                          t->now.boot);
        engine_item_settle(e, item, wait, t);
        return;
    }
    make_change(e, item, verdict, hash, t);
}

static void record_result(struct engine *e, const struct item *item, const struct operation *op,
                          const struct answer *answer, struct turn *t)
{
    autofree char *name = xasprintf("%s:%s", op->service, op->name);
    const char *code = answer->code[0] != '\0' ? answer->code : NULL;
    const char *message = answer->message[0] != '\0' ? answer->message : NULL;
    const char *request_id = answer->request_id[0] != '\0' ? answer->request_id : NULL;
    json_t *body = json_pack("{sI ss ss ss ss* ss* ss*}", "change", (json_int_t)item->change,
                             "resource", item->id, "op", name, "class",
                             aws_class_name(answer->class), "code", code, "message", message,
                             "request_id", request_id);
    journal_add(e->journal, RECORD_RESULT, body, t);
}

static void accepted(struct engine *e, struct item *item, struct turn *t)
{
    memmove(&item->accepted[1], &item->accepted[0],
            sizeof(item->accepted) - sizeof(item->accepted[0]));
    item->accepted[0].hash = item->change_hash;
    item->accepted[0].at = t->now.boot;
    item->settle_delay = LOOK_FIRST;
    item->write_failures = 0;
    item->refused_hash = 0;
    item->writes++;
    item->changed_at = e->last_change = t->now.boot;
    e->changes++;
    if (!item->doomed)
        breaker_note(&item->breaker, item->change_drift, t->now.boot);
    item_clear_error(item);
}

/* How long until it is worth looking at again after a change that failed; NEVER when it is the
 * same change that AWS will refuse again. */
static msec_t look_again(struct engine *e, const struct item *item, const struct answer *answer)
{
    msec_t first = 500;
    switch (answer->class) {
    case AWS_INVALID:
    case AWS_DENIED:
    case AWS_QUOTA:
    case AWS_CREDENTIALS:
        return NEVER;
    case AWS_UNKNOWN_OUTCOME: /* it may have happened, and not show yet */
        first = msec_max(first, msec_min(item->kind->settle, LOOK_MOST));
        break;
    case AWS_OK:
    case AWS_NOT_FOUND:
    case AWS_EXISTS:
    case AWS_IN_PROGRESS:
    case AWS_CONFLICT:
    case AWS_THROTTLED:
    case AWS_TRANSIENT:
    case AWS_BAD_ANSWER:
    case AWS_REFUSED:
    case N_AWS_CLASSES:
        break;
    }
    return msec_max(engine_backoff(e, item->write_failures, first, SECONDS(20)),
                    answer->retry_after);
}

static void change_failed(struct engine *e, struct item *item, const struct answer *answer,
                          struct turn *t)
{
    item->write_failures++;
    e->changes_failed++;
    msec_t wait = look_again(e, item, answer);
    if (wait == NEVER) {
        wait = engine_backoff(e, item->write_failures, MINUTES(2), MINUTES(30));
        item->refused_hash = item->change_hash;
        item->refused_until = t->now.boot + wait;
        engine_item_state(e, item, ITEM_ERROR, "AWS refused the change", NULL, t->now.boot);
        engine_item_settle(e, item, wait, t);
    } else if (item->write_failures >= FAILURES_MOST) {
        engine_item_state(e, item, ITEM_ERROR, "the change fails again and again", NULL,
                          t->now.boot);
        engine_item_settle(
            e, item,
            engine_backoff(e, item->write_failures - FAILURES_MOST + 1, SECONDS(20), MINUTES(5)),
            t);
    } else {
        engine_item_pause(e, item, wait, t);
    }
}

static void forget_pending(struct engine *e, uint64_t seq)
{
    for (size_t i = 0; i < e->n_pending; i++)
        if (e->pending[i].seq == seq) {
            e->pending[i] = e->pending[--e->n_pending];
            return;
        }
}

void engine_write_answer(struct engine *e, struct item *item, const struct operation *op,
                         const struct answer *answer, struct turn *t)
{
    bool ok = answer->class == AWS_OK;
    record_result(e, item, op, answer, t);
    forget_pending(e, item->change);
    item->change = 0;
    if (op->access == ACCESS_DESTROY)
        item->shown_by = 0;
    else if (restores_missing(item->change_drift) && (ok || answer->class == AWS_UNKNOWN_OUTCOME))
        item->shown_by = t->now.boot + msec_max(item->kind->settle, ENGINE_SETTLE_LEAST);
    if (!ok)
        item_set_error(item, op, answer, true, t->now.boot);
    else
        accepted(e, item, t);
    if (item->leaving)
        return;
    if (item->phase != PHASE_WRITING) { /* a new configuration came in between */
        if (item->phase == PHASE_IDLE && (item->resource != NULL || item->doomed))
            schedule_at(&e->schedule, item->slot, t->now.boot + LOOK_FIRST);
    } else if (ok) {
        engine_item_pause(e, item, item->kind->settle == 0 ? 1 : LOOK_FIRST, t);
    } else {
        change_failed(e, item, answer, t);
    }
}

static void change_unrecorded(struct engine *e, struct item *item, struct turn *t)
{
    item->change = 0;
    for (size_t i = 0; i < item->n_calls; i++)
        if (item->calls[i].op->access != ACCESS_READ) { /* the shell dropped it */
            free(item->calls[i].slot);
            item->calls[i] = item->calls[--item->n_calls];
            e->calls_out--;
            break;
        }
    if (e->pass.writes > 0)
        e->pass.writes--;
    if (item->leaving || item->phase != PHASE_WRITING)
        return;
    engine_item_state(e, item, ITEM_DRIFTED, "the journal cannot be written", NULL, t->now.boot);
    engine_item_settle(e, item, msec_max(journal_refuses(e->journal, t->now.boot), 1), t);
}

struct item *engine_write_recorded(struct engine *e, uint64_t seq, int error, struct turn *t)
{
    journal_recorded(e->journal, seq, error, t);
    for (size_t i = 0; i < e->n_pending; i++)
        if (e->pending[i].seq == seq) {
            struct item *item = e->items[e->pending[i].slot];
            e->pending[i] = e->pending[--e->n_pending];
            if (error != 0 && item != NULL && item->change == seq)
                change_unrecorded(e, item, t);
            return item;
        }
    return NULL;
}

uint64_t engine_write_fingerprint(const json_t *entry)
{
    json_auto_t *part = json_pack("{sO* sO*}", "want", json_object_get(entry, "want"), "outputs",
                                  json_object_get(entry, "outputs"));
    return turn_fingerprint(part);
}

void engine_write_inventory(struct engine *e, struct item *item, struct turn *t)
{
    const json_t *want = item->want != NULL ? item->want : item->orphan_want;
    if (want == NULL)
        return;
    json_t *entry = json_pack("{ss ss ss so sO*}", "id", item->id, "kind", item->kind_name,
                              "region", region_name(item->region), "want",
                              item_identity(item->kind, want), "outputs",
                              json_object_get(e->outputs, item->id));
    assert(entry != NULL);
    uint64_t hash = engine_write_fingerprint(entry);
    if (hash == item->inventory_hash) {
        json_decref(entry);
        return;
    }
    item->inventory_hash = hash;
    journal_add(e->journal, RECORD_RESOURCE, entry, t);
}
