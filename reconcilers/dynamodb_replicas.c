/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/dynamodb_replicas.h"

#include "reconcilers/form.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"

/* A place from which the table can be changed. */
struct seat {
    enum region region;
    const json_t *table; /* as DescribeTable shows it there */
};

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

json_t *replicas_table(const struct scene *s)
{
    return json_pack("{s:s}", "TableName", resource_name(s));
}

static bool moving(const char *status)
{
    return str_eq(status, "CREATING") || str_eq(status, "UPDATING") || str_eq(status, "DELETING");
}

static bool any_moving(const json_t *list, const char *status)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (moving(text(json_array_get(list, i), status)))
            return true;
    return false;
}

const char *replicas_busy(const json_t *table)
{
    const char *status = text(table, "TableStatus");
    if (str_eq(status, "CREATING"))
        return "the table is being created";
    if (str_eq(status, "DELETING"))
        return "the table is being deleted";
    if (str_eq(status, "UPDATING"))
        return "the table is being changed";
    if (any_moving(json_object_get(table, "Replicas"), "ReplicaStatus"))
        return "a replica is being made or removed";
    if (any_moving(json_object_get(table, "GlobalTableWitnesses"), "WitnessStatus"))
        return "the witness is being made or removed";
    if (any_moving(json_object_get(table, "GlobalSecondaryIndexes"), "IndexStatus"))
        return "an index is being built";
    return NULL;
}

/* The replicas beside the seat itself, as a list of region names; a new reference. */
static json_t *others(const struct seat *seat)
{
    const json_t *list = json_object_get(seat->table, "Replicas");
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = text(json_array_get(list, i), "RegionName");
        if (name != NULL && region_parse(name) != seat->region)
            json_array_append_new(names, json_string(name));
    }
    return names;
}

static bool has(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (str_eq(json_string_value(json_array_get(names, i)), name))
            return true;
    return false;
}

/* The wanted replicas beside the home region; a new reference. */
static json_t *wanted_others(const struct scene *s)
{
    const json_t *wanted = json_object_get(s->subject->want, "Replicas");
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const char *name = json_string_value(json_array_get(wanted, i));
        if (name != NULL && region_parse(name) != s->subject->region)
            json_array_append_new(names, json_string(name));
    }
    return names;
}

/* [{"Create": {"RegionName": …}}, …] */
static json_t *updates(const char *what, const json_t *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(names); i++)
        json_array_append_new(list,
                              json_pack("{s:{s:O}}", what, "RegionName", json_array_get(names, i)));
    return list;
}

static json_t *one(const char *name)
{
    return json_pack("[s]", name);
}

/* One UpdateTable; takes args. */
static struct verdict update(const struct scene *s, enum region region, json_t *args,
                             const char *pointer, const json_t *wanted, const json_t *live,
                             const char *reason)
{
    json_t *drift = NULL;
    drift_add(&drift, pointer, wanted, live, false);
    json_object_set_new(args, "TableName", json_string(resource_name(s)));
    return verdict_write(call_new("dynamodb:UpdateTable", region, args, NULL), drift, reason);
}

static struct verdict change_replica(const struct scene *s, enum region seat, const char *what,
                                     const char *name, const char *reason)
{
    json_auto_t *names = one(name), *shown = json_string(name);
    bool create = str_eq(what, "Create");
    json_t *args = json_pack("{s:o}", "ReplicaUpdates", updates(what, names));
    return update(s, seat, args, "/Replicas", create ? shown : NULL, create ? NULL : shown, reason);
}

static struct verdict block(const char *pointer, const json_t *wanted, const json_t *live,
                            const char *reason)
{
    json_t *drift = NULL;
    drift_add(&drift, pointer, wanted, live, false);
    return verdict_blocked(drift, reason);
}

/* The set of a strongly consistent table is made whole, in one call. */
static struct verdict make_strong(const struct scene *s, const json_t *wanted)
{
    const char *witness = resource_want(s, "/Witness");
    json_t *args = json_pack("{s:s, s:o}", "MultiRegionConsistency", "STRONG", "ReplicaUpdates",
                             updates("Create", wanted));
    if (witness != NULL) {
        json_auto_t *names = one(witness);
        json_object_set_new(args, "GlobalTableWitnessUpdates", updates("Create", names));
    }
    return update(s, s->subject->region, args, "/Replicas", wanted, NULL, "replicas are missing");
}

/* A replica that is there and is none: drd cannot mend that, and does not delete it. */
static bool ill(const json_t *table, struct verdict *ret)
{
    const json_t *list = json_object_get(table, "Replicas");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *replica = json_array_get(list, i);
        const char *status = text(replica, "ReplicaStatus");
        if (status == NULL || str_eq(status, "ACTIVE"))
            continue;
        json_auto_t *live = json_sprintf("%s: %s", text(replica, "RegionName"), status);
        *ret = block("/Replicas", NULL, live, "a replica is neither active nor on its way");
        return true;
    }
    return false;
}

/* What stands in the way of any change of the set; false when nothing does. */
static bool mismatch(const struct scene *s, const struct seat *home, bool strong,
                     struct verdict *ret)
{
    json_auto_t *live = json_object_get(home->table, "MultiRegionConsistency") == NULL
                            ? json_string("EVENTUAL")
                            : json_deep_copy(
                                  json_object_get(home->table, "MultiRegionConsistency"));
    const json_t *wanted = json_object_get(s->subject->want, "MultiRegionConsistency");
    if (wanted != NULL && !json_equal(wanted, live)) {
        *ret = block("/MultiRegionConsistency", wanted, live,
                     "differs in what is fixed when the first replica is made");
        return true;
    }
    const json_t *witness = pointer_get(home->table, "/GlobalTableWitnesses/0/RegionName");
    const json_t *wanted_witness = json_object_get(s->subject->want, "Witness");
    if (strong && wanted_witness != NULL &&
        (witness == NULL || !json_equal(witness, wanted_witness))) {
        *ret = block("/Witness", wanted_witness, witness,
                     "a witness comes and goes only with the whole set");
        return true;
    }
    return false;
}

bool replicas_keep(const struct scene *s, struct verdict *ret)
{
    const struct seat home = { s->subject->region,
                               json_object_get(fact_body(s->facts, "table"), "Table") };
    bool strong = str_eq(resource_want(s, "/MultiRegionConsistency"), "STRONG");
    json_auto_t *wanted = wanted_others(s), *live = others(&home);
    if (strong && json_array_size(live) == 0 && json_array_size(wanted) > 0) {
        *ret = make_strong(s, wanted);
        return true;
    }
    if (json_array_size(live) > 0 && mismatch(s, &home, strong, ret))
        return true;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const char *name = json_string_value(json_array_get(wanted, i));
        if (has(live, name))
            continue;
        *ret = change_replica(s, home.region, "Create", name, "a replica is missing");
        return true;
    }
    for (size_t i = 0; i < json_array_size(live); i++) {
        const json_t *name = json_array_get(live, i);
        if (has(wanted, json_string_value(name)))
            continue;
        *ret = block("/Replicas", NULL, name, "there is a replica that is not wanted");
        ret->by_consent = true;
        if (!verdict_consented(s->subject, ret->drift))
            return true;
        verdict_clear(ret);
        *ret = change_replica(s, home.region, "Delete", json_string_value(name),
                              "a replica that is not wanted goes, with consent");
        return true;
    }
    return ill(home.table, ret);
}

/* Removes all that a strongly consistent table has, or one replica of another. */
static struct verdict shrink(const struct scene *s, const struct seat *seat, const json_t *names)
{
    const char *first = json_string_value(json_array_get(names, 0));
    if (!str_eq(text(seat->table, "MultiRegionConsistency"), "STRONG"))
        return change_replica(s, seat->region, "Delete", first, "replicas go before their table");
    json_t *args = json_pack("{s:o}", "ReplicaUpdates", updates("Delete", names));
    const json_t *witness = pointer_get(seat->table, "/GlobalTableWitnesses/0/RegionName");
    if (witness != NULL) {
        json_auto_t *list = one(json_string_value(witness));
        json_object_set_new(args, "GlobalTableWitnessUpdates", updates("Delete", list));
    }
    return update(s, seat->region, args, "/Replicas", NULL, names,
                  "replicas and witness go together, before their table");
}

static bool undo(const struct scene *s, const struct seat *seat, struct verdict *ret)
{
    const json_t *protected = json_object_get(seat->table, "DeletionProtectionEnabled");
    json_auto_t *names = others(seat);
    if (json_is_true(protected))
        *ret = update(s, seat->region, json_pack("{s:b}", "DeletionProtectionEnabled", 0),
                      "/DeletionProtectionEnabled", NULL, protected, "is in the way of deletion");
    else if (json_array_size(names) > 0)
        *ret = shrink(s, seat, names);
    else
        return false;
    return true;
}

bool replicas_undo(const struct scene *s, struct verdict *ret)
{
    const struct seat home = { s->subject->region,
                               json_object_get(fact_body(s->facts, "table"), "Table") };
    return undo(s, &home, ret);
}

/* Asks one region whether it has the table, and whose. */
static void ask(const struct scene *s, const char *name, struct verdict *v)
{
    enum region region = region_parse(name);
    autofree char *table = xasprintf("table@%s", name), *tags = xasprintf("tags@%s", name);
    if (!fact_known(s->facts, table))
        call_list_add(&v->calls,
                      call_new("dynamodb:DescribeTable", region, replicas_table(s), table));
    if (fact_known(s->facts, tags))
        return;
    json_t *arn = json_sprintf("arn:aws:dynamodb:%s:%s:table/%s", name, s->subject->account,
                               resource_name(s));
    call_list_add(&v->calls, call_new("dynamodb:ListTagsOfResource", region,
                                      json_pack("{s:o}", "ResourceArn", arn), tags));
}

/* Whether the table that another region has is of this environment. */
static bool is_ours(const struct scene *s, const char *name)
{
    autofree char *slot = xasprintf("tags@%s", name);
    const json_t *list = json_object_get(fact_body(s->facts, slot), "Tags");
    json_auto_t *tags = form_tag_map(list);
    return str_eq(text(tags, TAG_ENVIRONMENT), s->subject->environment);
}

/* The table is there, in another region, and is ours. */
static struct verdict from_elsewhere(const struct scene *s, const struct seat *seat)
{
    struct verdict v = { 0 };
    const char *busy = replicas_busy(seat->table);
    if (busy != NULL)
        return verdict_wait(SECONDS(5), busy);
    if (s->subject->goal == GOAL_PRESENT)
        return change_replica(s, seat->region, "Create", region_name(s->subject->region),
                              "the home region lost its replica");
    if (undo(s, seat, &v))
        return v;
    json_t *drift = NULL;
    json_auto_t *live = json_string(region_name(seat->region));
    drift_add(&drift, "/Replicas", NULL, live, false);
    return verdict_write(call_new("dynamodb:DeleteTable", seat->region, replicas_table(s), NULL),
                         drift, "not wanted");
}

bool replicas_missing(const struct scene *s, struct verdict *ret)
{
    json_auto_t *wanted = wanted_others(s);
    *ret = verdict_read();
    for (size_t i = 0; i < json_array_size(wanted); i++)
        ask(s, json_string_value(json_array_get(wanted, i)), ret);
    if (ret->calls.n > 0)
        return true;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const char *name = json_string_value(json_array_get(wanted, i));
        autofree char *slot = xasprintf("table@%s", name);
        const struct seat seat = { region_parse(name),
                                   json_object_get(fact_body(s->facts, slot), "Table") };
        if (seat.table == NULL)
            continue;
        if (is_ours(s, name))
            *ret = from_elsewhere(s, &seat);
        else if (s->subject->goal == GOAL_PRESENT)
            *ret = block("/Replicas", NULL, json_array_get(wanted, i),
                         "another region has a table of this name that is not ours");
        else
            continue;
        return true;
    }
    return false;
}

bool replicas_vouch(const struct scene *s, struct verdict *ret)
{
    const struct seat home = { s->subject->region,
                               json_object_get(fact_body(s->facts, "table"), "Table") };
    json_auto_t *live = others(&home), *wanted = wanted_others(s);
    struct verdict asked = verdict_read();
    bool ours = false;
    for (size_t i = 0; i < json_array_size(live); i++) {
        const char *name = json_string_value(json_array_get(live, i));
        if (!has(wanted, name))
            continue;
        ask(s, name, &asked);
        ours = ours || is_ours(s, name);
    }
    if (asked.calls.n > 0)
        *ret = asked;
    return ours;
}
