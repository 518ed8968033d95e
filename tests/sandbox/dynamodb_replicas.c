/* SPDX-License-Identifier: Apache-2.0 */
/* Global tables of version 2019.11.21: replicas and witnesses come and go by UpdateTable, one
 * change at a time. Sources: API reference (ReplicationGroupUpdate, GlobalTableWitnessGroupUpdate,
 * UpdateTable MultiRegionConsistency), developer guide V2globaltables. */
#include "tests/sandbox/dynamodb.h"

/* Regions between which strong consistency is offered: all three of a table from one set. */
static const enum region strong_sets[][4] = {
    { REGION_US_EAST_1, REGION_US_EAST_2, REGION_US_WEST_2 },
    { REGION_EU_WEST_1, REGION_EU_WEST_2, REGION_EU_WEST_3, REGION_EU_CENTRAL_1 },
    { REGION_AP_NORTHEAST_1, REGION_AP_NORTHEAST_2, REGION_AP_NORTHEAST_3 },
};

/* What one UpdateTable wants of the group. */
struct change {
    enum region create[4], delete[4];
    size_t n_create, n_delete;
    const json_t *update; /* ReplicaUpdates[].Update or NULL */
    const json_t *first;  /* the first Create */
    enum region witness_create, witness_delete;
    size_t n_witness;
};

static bool add_region(struct request *r, const json_t *action, enum region list[4], size_t *n,
                       struct answer *reterr)
{
    const char *name = member_str(action, "RegionName");
    enum region region = region_parse(name);
    if (region == r->region) {
        *reterr = dynamodb_invalid(r, "Cannot add, delete, or update the local region through "
                                      "ReplicaUpdates. Use CreateTable, DeleteTable, or "
                                      "UpdateTable as required.");
        return false;
    }
    if (!cloud_has_region(r->cloud, region) || *n == 4) {
        *reterr = dynamodb_invalid(r, "Region %s is not supported", name);
        return false;
    }
    list[(*n)++] = region;
    return true;
}

static bool read_change(struct request *r, struct change *ret, struct answer *reterr)
{
    enum region scratch[4];
    size_t i, n;
    json_t *each;
    json_array_foreach(json_object_get(r->args, "ReplicaUpdates"), i, each)
    {
        const json_t *create = json_object_get(each, "Create");
        const json_t *update = json_object_get(each, "Update");
        const json_t *delete = json_object_get(each, "Delete");
        n = 0;
        if (create != NULL && !add_region(r, create, ret->create, &ret->n_create, reterr))
            return false;
        if (delete != NULL && !add_region(r, delete, ret->delete, &ret->n_delete, reterr))
            return false;
        if (update != NULL && !add_region(r, update, scratch, &n, reterr))
            return false;
        if (update != NULL)
            ret->update = update;
        if (create != NULL && ret->first == NULL)
            ret->first = create;
    }
    json_array_foreach(json_object_get(r->args, "GlobalTableWitnessUpdates"), i, each)
    {
        const json_t *create = json_object_get(each, "Create");
        n = 0;
        if (!add_region(r, create != NULL ? create : json_object_get(each, "Delete"), scratch, &n,
                        reterr))
            return false;
        *(create != NULL ? &ret->witness_create : &ret->witness_delete) = scratch[0];
        ret->n_witness++;
    }
    return true;
}

static bool has_member(const json_t *table, enum region region)
{
    size_t i;
    json_t *each;
    json_array_foreach(table_members(table), i,
                       each) if (region_parse(json_string_value(each)) == region) return true;
    return false;
}

static bool target_free(struct request *r, const char *name, enum region region,
                        struct answer *reterr)
{
    if (dynamodb_table(r->cloud, region, name) == NULL)
        return true;
    *reterr = dynamodb_invalid(r,
                               "Failed to create a the new replica of table with name: '%s' "
                               "because one or more replicas already existed as tables.",
                               name);
    return false;
}

/* ---- checks ---- */

static bool in_one_set(const enum region *regions, size_t n)
{
    for (size_t s = 0; s < ARRAY_SIZE(strong_sets); s++) {
        size_t found = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < ARRAY_SIZE(strong_sets[s]); k++)
                found += strong_sets[s][k] == regions[i];
        if (found == n)
            return true;
    }
    return false;
}

static const char *strong_problem(const struct request *r, const json_t *table,
                                  const struct change *change)
{
    const json_t *definition = json_object_get(table, "definition");
    if (table_members(table) != NULL)
        return "MultiRegionConsistency can only be set when a global table is created";
    if (change->n_delete > 0 || change->update != NULL || change->n_witness > 1 ||
        change->n_create + change->n_witness != 2 ||
        (change->n_witness == 1 && change->witness_create == REGION_NONE))
        return "A table with multi-Region strong consistency must have exactly three Regions: "
               "three replicas, or two replicas and a witness, added in one update";
    enum region all[3] = { r->region, change->create[0],
                           change->n_create == 2 ? change->create[1] : change->witness_create };
    if (all[1] == all[2] || !in_one_set(all, 3))
        return "The Regions of a table with multi-Region strong consistency must be three "
               "different ones of the same Region set";
    if (json_object_size(json_object_get(table, "items")) > 0)
        return "Table must be empty to be converted to multi-Region strong consistency";
    if (json_object_get(definition, "LocalSecondaryIndexes") != NULL)
        return "Local secondary indexes are not supported with multi-Region strong consistency";
    if (json_object_get(table, "ttl") != NULL)
        return "Time to Live is not supported with multi-Region strong consistency";
    return NULL;
}

static const char *eventual_problem(const json_t *table, const struct change *change)
{
    const json_t *definition = json_object_get(table, "definition");
    const json_t *stream = json_object_get(definition, "StreamSpecification");
    if (table_strong(table))
        return "A replica can not be added to a global table with multi-Region strong consistency";
    if (change->n_witness > 0)
        return "A witness is only supported with multi-Region strong consistency";
    if (change->n_create != 1 || change->n_delete > 0 || change->update != NULL)
        return "Only one replica can be created, deleted, or updated at a time";
    if (!member_is(definition, "BillingMode", "PAY_PER_REQUEST"))
        return "Table write capacity should either be Pay-Per-Request or AutoScaled.";
    if (!member_true(stream, "StreamEnabled") ||
        !member_is(stream, "StreamViewType", "NEW_AND_OLD_IMAGES"))
        return "Table must have a stream with view type NEW_AND_OLD_IMAGES to become a global "
               "table";
    return NULL;
}

static const char *delete_problem(const json_t *table, const struct change *change)
{
    if (change->n_create > 0 || change->update != NULL)
        return "Only one replica can be created, deleted, or updated at a time";
    if (!table_strong(table)) {
        if (change->n_witness > 0)
            return "A witness is only supported with multi-Region strong consistency";
        return change->n_delete != 1 ? "Only one replica can be created, deleted, or updated at a "
                                       "time"
                                     : NULL;
    }
    const char *witness = member_str(json_object_get(table, "witness"), "region");
    bool all = witness == NULL ? change->n_delete == 2 && change->n_witness == 0
                               : change->n_delete == 1 && change->n_witness == 1 &&
                                     change->witness_delete == region_parse(witness);
    return all ? NULL
               : "All other replicas and the witness of a table with multi-Region strong "
                 "consistency must be removed in one update";
}

/* ---- changes ---- */

static void join(struct request *r, const char *name, json_t *table, enum region region,
                 const json_t *create)
{
    autofree char *id = cloud_uuid(r->cloud);
    char label[32];
    wall_iso8601(r->now.wall, label);
    json_t *definition = member_copy(json_object_get(table, "definition"));
    json_object_del(definition, "TableClass");
    json_object_del(definition, "SSESpecification");
    const char *class = member_str(create, "TableClassOverride");
    if (class != NULL)
        member_set_str(definition, "TableClass", class);
    if (member_str(create, "KMSMasterKeyId") != NULL)
        json_object_set_new(definition, "SSESpecification",
                            json_pack("{s:b, s:s}", "Enabled", 1, "KMSMasterKeyId",
                                      member_str(create, "KMSMasterKeyId")));
    json_t *replica = json_pack(
        "{s:s, s:I, s:I, s:o, s:{}, s:o, s:b, s:s}", "id", id, "created", r->now.wall.ms,
        "on_demand_since", r->now.wall.ms, "definition", definition, "tags", "items",
        member_copy(json_object_get(table, "items")), "protected", 0, "stream_label", label);
    assert(replica != NULL);
    json_t *ttl = json_object_get(table, "ttl");
    if (ttl != NULL)
        json_object_set_new(replica, "ttl", member_copy(ttl));
    json_t *state = cloud_service_state(r->cloud, "dynamodb", region);
    json_object_set_new(member_object(state, "tables"), name, replica);
    table_start(r, replica, "CREATING", REPLICA_CREATE);
}

/* Every member's copy of what the group looks like. */
static void tell_members(struct request *r, const char *name, const json_t *members,
                         const char *mode, const json_t *witness)
{
    size_t i;
    json_t *each;
    json_array_foreach(members, i, each)
    {
        json_t *table = dynamodb_table(r->cloud, region_parse(json_string_value(each)), name);
        json_object_set_new(table, "members", member_copy(members));
        member_set_str(table, "mode", mode);
        if (witness != NULL)
            json_object_set_new(table, "witness", member_copy(witness));
    }
}

static void create_replicas(struct request *r, const char *name, json_t *table,
                            const struct change *change, const char *mode)
{
    json_auto_t *members = table_members(table) != NULL ? member_copy(table_members(table))
                                                        : json_pack("[s]", region_name(r->region));
    json_auto_t *witness = NULL;
    if (change->witness_create != REGION_NONE)
        witness = json_pack("{s:s, s:s}", "region", region_name(change->witness_create), "status",
                            "CREATING");
    for (size_t i = 0; i < change->n_create; i++) {
        join(r, name, table, change->create[i], change->first);
        json_array_append_new(members, json_string(region_name(change->create[i])));
    }
    tell_members(r, name, members, mode, witness);
    member_set_int(table, "source_until", r->now.boot + cloud_wait(r->cloud, HOURS(24)));
    table_start_all(r, name, table, "UPDATING", REPLICA_CREATE);
}

static struct answer create_step(struct request *r, const char *name, json_t *table,
                                 const struct change *change)
{
    const char *mode = member_str(r->args, "MultiRegionConsistency");
    bool strong = str_eq(mode, "STRONG");
    struct answer error;
    for (size_t i = 0; i < change->n_create; i++)
        if (!target_free(r, name, change->create[i], &error))
            return error;
    const char *problem = strong ? strong_problem(r, table, change)
                                 : eventual_problem(table, change);
    if (problem != NULL)
        return dynamodb_invalid(r, "%s", problem);
    create_replicas(r, name, table, change, strong ? "STRONG" : "EVENTUAL");
    return answer_ok(NULL);
}

static struct answer delete_step(struct request *r, const char *name, json_t *table,
                                 const struct change *change)
{
    const char *problem = delete_problem(table, change);
    if (problem != NULL)
        return dynamodb_invalid(r, "%s", problem);
    for (size_t i = 0; i < change->n_delete; i++) {
        const json_t *theirs = dynamodb_table(r->cloud, change->delete[i], name);
        if (!has_member(table, change->delete[i]) || theirs == NULL)
            return dynamodb_invalid(r, "Replica in Region %s is not part of the global table %s",
                                    region_name(change->delete[i]), name);
        if (member_true(theirs, "protected"))
            return dynamodb_invalid(r, "Resource cannot be deleted as it is currently protected "
                                       "against deletion. Disable deletion protection first.");
        if (!table_is(theirs, "ACTIVE"))
            return table_busy(r, name, theirs);
    }
    table_start_all(r, name, table, "UPDATING", REPLICA_DELETE);
    for (size_t i = 0; i < change->n_delete; i++)
        table_start(r, dynamodb_table(r->cloud, change->delete[i], name), "DELETING",
                    REPLICA_DELETE);
    if (change->witness_delete != REGION_NONE)
        member_set_str(json_object_get(table, "witness"), "status", "DELETING");
    return answer_ok(NULL);
}

static struct answer update_step(struct request *r, const char *name, json_t *table,
                                 const json_t *update)
{
    enum region region = region_parse(member_str(update, "RegionName"));
    json_t *theirs = has_member(table, region) ? dynamodb_table(r->cloud, region, name) : NULL;
    if (theirs == NULL)
        return dynamodb_invalid(r, "Replica in Region %s is not part of the global table %s",
                                region_name(region), name);
    json_t *definition = json_object_get(theirs, "definition");
    const char *class = member_str(update, "TableClassOverride");
    if (class != NULL)
        member_set_str(definition, "TableClass", class);
    if (member_str(update, "KMSMasterKeyId") != NULL)
        json_object_set_new(definition, "SSESpecification",
                            json_pack("{s:b, s:s}", "Enabled", 1, "KMSMasterKeyId",
                                      member_str(update, "KMSMasterKeyId")));
    table_start_all(r, name, table, "UPDATING", TABLE_UPDATE);
    return answer_ok(NULL);
}

struct answer replicas_update(struct request *r, const char *name, json_t *table)
{
    struct change change = { 0 };
    struct answer error;
    if (!read_change(r, &change, &error))
        return error;
    bool strong = member_is(r->args, "MultiRegionConsistency", "STRONG");
    if (change.n_create > 0 || change.witness_create != REGION_NONE || strong)
        return create_step(r, name, table, &change);
    if (change.n_delete > 0 || change.witness_delete != REGION_NONE)
        return delete_step(r, name, table, &change);
    if (change.update == NULL)
        return dynamodb_invalid(r, "1 validation error detected: Value at 'replicaUpdates' failed "
                                   "to satisfy constraint: Member must have length greater than "
                                   "or equal to 1");
    if (json_array_size(json_object_get(r->args, "ReplicaUpdates")) != 1)
        return dynamodb_invalid(r, "Only one replica can be created, deleted, or updated at a "
                                   "time");
    return update_step(r, name, table, change.update);
}

static void forget_member(json_t *table, enum region gone)
{
    json_t *members = json_object_get(table, "members");
    for (size_t i = json_array_size(members); i-- > 0;)
        if (region_parse(json_string_value(json_array_get(members, i))) == gone)
            json_array_remove(members, i);
    if (json_array_size(members) > 1)
        return;
    /* The last one left is a table of one region again. */
    static const char *const group[] = { "members", "mode", "witness", "source_until" };
    for (size_t i = 0; i < ARRAY_SIZE(group); i++)
        json_object_del(table, group[i]);
}

void replicas_left(struct cloud *c, enum region region, const char *name, const json_t *members)
{
    size_t i;
    json_t *each;
    json_array_foreach(members, i, each)
    {
        json_t *table = dynamodb_table(c, region_parse(json_string_value(each)), name);
        if (table != NULL)
            forget_member(table, region);
    }
}
