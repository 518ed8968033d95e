/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/item.h"

const char *item_state_name(enum item_state state)
{
    static const char *const names[N_ITEM_STATES] = {
#define X(id, name) [ITEM_##id] = (name),
        ITEM_STATES(X)
#undef X
    };
    assert((unsigned)state < N_ITEM_STATES);
    return names[state];
}

const char *item_phase_name(enum item_phase phase)
{
    switch (phase) {
    case PHASE_IDLE:
        return "nothing";
    case PHASE_NEEDS:
        return "waiting for what it needs";
    case PHASE_READY:
        return "queued";
    case PHASE_READING:
        return "reading";
    case PHASE_WRITING:
        return "writing";
    case PHASE_PAUSED:
        return "looking again soon";
    }
    return "";
}

struct item *item_new(const char *id, const char *kind_name, const struct kind *kind,
                      enum region region, uint32_t slot)
{
    struct item *item = xcalloc(1, sizeof(*item));
    item->id = xstrdup(id);
    item->kind_name = xstrdup(kind_name);
    item->kind = kind;
    item->region = region;
    item->slot = slot;
    return item;
}

void item_rest(struct item *item)
{
    json_decref(item->want);
    json_decref(item->facts);
    item->want = item->facts = NULL;
    item->facts_since = 0;
}

static void drop_calls(struct item *item)
{
    for (size_t i = 0; i < item->n_calls; i++)
        free(item->calls[i].slot);
    free(item->calls);
    item->calls = NULL;
    item->n_calls = 0;
}

void item_free(struct item *item)
{
    if (item == NULL)
        return;
    item_rest(item);
    drop_calls(item);
    breaker_clear(&item->breaker);
    json_decref(item->drift);
    json_decref(item->consent);
    json_decref(item->change_drift);
    json_decref(item->orphan_want);
    free(item->error);
    free(item->reason_of);
    free(item->kind_name);
    free(item->id);
    free(item);
}

void item_set_state(struct item *item, enum item_state state, const char *reason,
                    const char *reason_of, msec_t now)
{
    if (item->state != state || item->state_since == 0)
        item->state_since = now;
    if (state == ITEM_IN_SYNC && (item->state != ITEM_IN_SYNC || item->in_sync_since == 0))
        item->in_sync_since = now;
    item->state = state;
    item->reason = reason;
    char *of = reason_of != NULL ? xstrdup(reason_of) : NULL;
    free(item->reason_of);
    item->reason_of = of;
}

void item_set_drift(struct item *item, const json_t *drift, const json_t *others)
{
    json_t *copy = drift != NULL ? json_deep_copy(drift) : NULL;
    if (others != NULL) {
        json_auto_t *more = json_deep_copy(others);
        copy = copy != NULL ? copy : json_array();
        json_array_extend(copy, more);
    }
    json_decref(item->drift);
    item->drift = copy;
}

void item_set_error(struct item *item, const struct operation *op, const struct answer *answer,
                    bool writing, msec_t now)
{
    if (item->error == NULL)
        item->error = xcalloc(1, sizeof(*item->error));
    item->error->class = answer->class;
    str_copy(item->error->code, sizeof(item->error->code), answer->code);
    str_copy(item->error->message, sizeof(item->error->message), answer->message);
    str_copy(item->error->request_id, sizeof(item->error->request_id), answer->request_id);
    item->error->op = op;
    item->error->at = now;
    item->error->writing = writing;
}

void item_clear_error(struct item *item)
{
    free(item->error);
    item->error = NULL;
}

bool item_active(const struct item *item)
{
    return item->phase != PHASE_IDLE;
}

static void set_age(json_t *row, const char *key, msec_t at, msec_t now)
{
    if (at != 0)
        json_object_set_new(row, key, json_integer(now - at));
}

static json_t *error_row(const struct item_error *error, msec_t now)
{
    if (error == NULL)
        return NULL;
    const struct operation *op = error->op;
    autofree char *name = op != NULL ? xasprintf("%s:%s", op->service, op->name) : NULL;
    return json_pack("{ss ss ss ss* ss* sI sb}", "class", aws_class_name(error->class), "code",
                     error->code, "message", error->message, "request_id",
                     error->request_id[0] != '\0' ? error->request_id : NULL, "operation", name,
                     "age_ms", (json_int_t)(now - error->at), "writing", (int)error->writing);
}

static char *reason_text(const struct item *item)
{
    if (item->reason == NULL)
        return NULL;
    if (item->reason_of == NULL)
        return xstrdup(item->reason);
    return xasprintf("%s %s", item->reason, item->reason_of);
}

json_t *item_row(const struct item *item, msec_t now)
{
    autofree char *reason = reason_text(item);
    const struct resource *resource = item->resource;
    json_t *row = json_pack("{ss ss ss ss ss* ss* ss* sO* so*}", "id", item->id, "kind",
                            item->kind_name, "region", region_name(item->region), "state",
                            item_state_name(item->state), "doing",
                            item->phase != PHASE_IDLE ? item_phase_name(item->phase) : NULL,
                            "reason", reason, "origin", resource != NULL ? resource->origin : NULL,
                            "drift", item->drift, "error", error_row(item->error, now));
    assert(row != NULL);
    set_age(row, "state_age_ms", item->state_since, now);
    set_age(row, "checked_age_ms", item->checked_at, now);
    if (item->state == ITEM_IN_SYNC)
        set_age(row, "in_sync_for_ms", item->in_sync_since, now);
    set_age(row, "changed_age_ms", item->changed_at, now);
    json_object_set_new(row, "writes", json_integer((json_int_t)item->writes));
    json_object_set_new(row, "failures", json_integer((json_int_t)item->failures));
    json_object_set_new(row, "not_retained", json_integer((json_int_t)item->not_retained));
    return row;
}

static bool secret_field(const struct kind *kind, const char *member)
{
    for (size_t i = 0; kind != NULL && i < kind->n_fields; i++)
        if (kind->fields[i].form == FORM_SECRET && kind->fields[i].want[0] == '/' &&
            strcmp(kind->fields[i].want + 1, member) == 0)
            return true;
    return false;
}

static bool scalar(const json_t *value)
{
    if (json_is_object(value))
        return false;
    size_t i;
    json_t *element;
    json_array_foreach(value, i,
                       element) if (json_is_object(element) || json_is_array(element)) return false;
    return true;
}

json_t *item_identity(const struct kind *kind, const json_t *want)
{
    json_t *identity = json_object();
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)want, member,
                        value) if (scalar(value) && !secret_field(kind, member))
        json_object_set(identity, member, value);
    return identity;
}
