/* SPDX-License-Identifier: Apache-2.0 */
/* UpdateTable: one kind of change per call. */
#include "tests/sandbox/dynamodb.h"

#define INVALID "One or more parameter values were invalid: "

typedef struct answer change_fn(struct request *r, const char *name, json_t *table);

/* The member of a definition that UpdateTable may replace; AWS keeps capacity, indexes and streams
 * alike in all members of a global table, and leaves class and encryption to each. */
static void set_shared(struct request *r, const char *name, json_t *table, const char *member,
                       const json_t *value)
{
    if (table_members(table) == NULL) {
        json_object_set_new(json_object_get(table, "definition"), member, member_copy(value));
        return;
    }
    size_t i;
    json_t *each;
    json_array_foreach(table_members(table), i, each)
    {
        const json_t *other = dynamodb_table(r->cloud, region_parse(json_string_value(each)), name);
        json_object_set_new(json_object_get(other, "definition"), member, member_copy(value));
    }
}

static struct answer change_capacity(struct request *r, const char *name, json_t *table)
{
    const json_t *definition = json_object_get(table, "definition");
    const char *mode = member_str(r->args, "BillingMode");
    const json_t *capacity = json_object_get(r->args, "ProvisionedThroughput");
    bool was_on_demand = member_is(definition, "BillingMode", "PAY_PER_REQUEST");
    bool on_demand = mode != NULL ? strcmp(mode, "PAY_PER_REQUEST") == 0 : was_on_demand;
    if (on_demand && capacity != NULL)
        return dynamodb_invalid(r, INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can "
                                           "be specified when BillingMode is PAY_PER_REQUEST");
    if (!on_demand && capacity == NULL)
        return dynamodb_invalid(r, INVALID "ReadCapacityUnits and WriteCapacityUnits must both be "
                                           "specified when BillingMode is PROVISIONED");
    if (table_members(table) != NULL && !on_demand)
        return dynamodb_invalid(r, "Table write capacity should either be Pay-Per-Request or "
                                   "AutoScaled.");
    if (capacity != NULL &&
        json_equal(capacity, json_object_get(definition, "ProvisionedThroughput")))
        return dynamodb_invalid(r, "The provisioned throughput for the table will not change. The "
                                   "requested value equals the current value.");
    json_auto_t *empty = json_pack("{s:i, s:i}", "ReadCapacityUnits", 0, "WriteCapacityUnits", 0);
    json_auto_t *new_mode = json_string(on_demand ? "PAY_PER_REQUEST" : "PROVISIONED");
    set_shared(r, name, table, "BillingMode", new_mode);
    set_shared(r, name, table, "ProvisionedThroughput", capacity != NULL ? capacity : empty);
    if (on_demand && !was_on_demand)
        member_set_int(table, "on_demand_since", r->now.wall.ms);
    table_start_all(r, name, table, "UPDATING", TABLE_UPDATE);
    return answer_ok(NULL);
}

static struct answer change_limit(struct request *r, const char *name, json_t *table)
{
    set_shared(r, name, table, "OnDemandThroughput",
               json_object_get(r->args, "OnDemandThroughput"));
    table_start_all(r, name, table, "UPDATING", TABLE_UPDATE);
    return answer_ok(NULL);
}

static struct answer change_stream(struct request *r, const char *name, json_t *table)
{
    const json_t *wanted = json_object_get(r->args, "StreamSpecification");
    const json_t *live = json_object_get(json_object_get(table, "definition"),
                                         "StreamSpecification");
    bool on = member_true(wanted, "StreamEnabled"), was = member_true(live, "StreamEnabled");
    if (on && was)
        return dynamodb_invalid(r, "Table already has an enabled stream: TableName: %s", name);
    if (!on && !was)
        return dynamodb_invalid(r,
                                "Table is already in the desired state: stream is disabled: "
                                "TableName: %s",
                                name);
    if (on && member_str(wanted, "StreamViewType") == NULL)
        return dynamodb_invalid(r, INVALID "StreamViewType is required when StreamEnabled is true");
    if (!on && table_members(table) != NULL && !table_strong(table))
        return dynamodb_invalid(r, "The stream of a replica of a global table can not be disabled");
    if (on) {
        char label[32];
        wall_iso8601(r->now.wall, label);
        member_set_str(table, "stream_label", label);
    }
    json_object_set_new(json_object_get(table, "definition"), "StreamSpecification",
                        member_copy(wanted));
    table_start(r, table, "UPDATING", TABLE_UPDATE);
    return answer_ok(NULL);
}

/* ---- global secondary indexes: one is created or deleted per call ---- */

/* New attribute definitions join the old ones; redefining one differently is refused later, when
 * the schema as a whole is checked. */
static void add_attributes(json_t *definition, const json_t *more)
{
    json_t *attributes = json_object_get(definition, "AttributeDefinitions"), *each;
    size_t i;
    json_array_foreach(more, i,
                       each) if (schema_type(definition, member_str(each, "AttributeName")) == NULL)
        json_array_append_new(attributes, member_copy(each));
}

/* Attributes that no key names any more leave with their index. */
static void drop_unused_attributes(json_t *definition)
{
    static const char *const lists[] = { "GlobalSecondaryIndexes", "LocalSecondaryIndexes" };
    json_t *attributes = json_object_get(definition, "AttributeDefinitions");
    for (size_t i = json_array_size(attributes); i-- > 0;) {
        const char *name = member_str(json_array_get(attributes, i), "AttributeName");
        bool used = member_find(json_object_get(definition, "KeySchema"), "AttributeName", name);
        size_t k;
        json_t *index;
        for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
            json_array_foreach(json_object_get(definition, lists[l]), k, index)
                used |= member_find(json_object_get(index, "KeySchema"), "AttributeName", name) !=
                        NULL;
        if (!used)
            json_array_remove(attributes, i);
    }
}

static struct answer create_index(struct request *r, const char *name, json_t *table,
                                  const json_t *create)
{
    json_auto_t *definition = member_copy(json_object_get(table, "definition"));
    json_t *indexes = member_array(definition, "GlobalSecondaryIndexes");
    if (member_find(indexes, "IndexName", member_str(create, "IndexName")) != NULL)
        return dynamodb_invalid(r, "Attempting to create an index which already exists");
    json_t *index = member_copy(create);
    member_set_str(index, "IndexStatus", "CREATING");
    json_array_append_new(indexes, index);
    add_attributes(definition, json_object_get(r->args, "AttributeDefinitions"));
    if (member_is(definition, "BillingMode", "PAY_PER_REQUEST"))
        json_object_del(definition, "ProvisionedThroughput");
    autofree char *problem = schema_problem(definition);
    if (problem != NULL)
        return dynamodb_invalid(r, "%s", problem);
    set_shared(r, name, table, "AttributeDefinitions",
               json_object_get(definition, "AttributeDefinitions"));
    set_shared(r, name, table, "GlobalSecondaryIndexes", indexes);
    table_start_all(r, name, table, "UPDATING", INDEX_CREATE);
    return answer_ok(NULL);
}

static struct answer delete_index(struct request *r, const char *name, json_t *table,
                                  const char *index_name)
{
    json_auto_t *definition = member_copy(json_object_get(table, "definition"));
    json_t *indexes = json_object_get(definition, "GlobalSecondaryIndexes");
    json_t *index = member_find(indexes, "IndexName", index_name);
    if (index == NULL)
        return service_error(r, "ResourceNotFoundException",
                             "Requested resource not found: Index: %s not found", index_name);
    member_set_str(index, "IndexStatus", "DELETING");
    set_shared(r, name, table, "GlobalSecondaryIndexes", indexes);
    for (size_t i = json_array_size(indexes); i-- > 0;)
        if (json_array_get(indexes, i) == index)
            json_array_remove(indexes, i);
    drop_unused_attributes(definition);
    set_shared(r, name, table, "AttributeDefinitions",
               json_object_get(definition, "AttributeDefinitions"));
    table_start_all(r, name, table, "UPDATING", TABLE_UPDATE);
    return answer_ok(NULL);
}

static struct answer change_indexes(struct request *r, const char *name, json_t *table)
{
    const json_t *updates = json_object_get(r->args, "GlobalSecondaryIndexUpdates");
    const json_t *update = json_array_get(updates, 0);
    if (json_array_size(updates) != 1)
        return service_error(r, "LimitExceededException",
                             "Subscriber limit exceeded: Only 1 online index can be created or "
                             "deleted simultaneously per table");
    if (json_object_get(update, "Create") != NULL)
        return create_index(r, name, table, json_object_get(update, "Create"));
    if (json_object_get(update, "Delete") != NULL)
        return delete_index(r, name, table,
                            member_str(json_object_get(update, "Delete"), "IndexName"));
    return dynamodb_invalid(r, "Updating the throughput of an index is not supported here");
}

/* ---- settings of the one table ---- */

static struct answer change_sse(struct request *r, const char *name, json_t *table)
{
    (void)name;
    const json_t *wanted = json_object_get(r->args, "SSESpecification");
    if (member_str(wanted, "KMSMasterKeyId") != NULL && !member_true(wanted, "Enabled"))
        return dynamodb_invalid(r, INVALID "KMSMasterKeyId can not be specified when "
                                           "SSESpecification is disabled");
    json_object_set_new(json_object_get(table, "definition"), "SSESpecification",
                        member_copy(wanted));
    table_start(r, table, "UPDATING", TABLE_UPDATE);
    return answer_ok(NULL);
}

static struct answer change_class(struct request *r, const char *name, json_t *table)
{
    (void)name;
    json_object_set_new(json_object_get(table, "definition"), "TableClass",
                        member_copy(json_object_get(r->args, "TableClass")));
    table_start(r, table, "UPDATING", TABLE_UPDATE);
    return answer_ok(NULL);
}

static struct answer change_protection(struct request *r, const char *name, json_t *table)
{
    (void)name;
    json_object_set_new(table, "protected",
                        json_boolean(member_true(r->args, "DeletionProtectionEnabled")));
    return answer_ok(NULL);
}

static struct answer change_unsupported(struct request *r, const char *name, json_t *table)
{
    (void)name, (void)table;
    return dynamodb_invalid(r, "WarmThroughput and GlobalTableSettingsReplicationMode are not "
                               "supported here");
}

/* Members of the request and the kind of change each belongs to. */
static const struct {
    const char *member;
    change_fn *change;
} kinds[] = {
    { "BillingMode", change_capacity },
    { "ProvisionedThroughput", change_capacity },
    { "OnDemandThroughput", change_limit },
    { "StreamSpecification", change_stream },
    { "GlobalSecondaryIndexUpdates", change_indexes },
    { "SSESpecification", change_sse },
    { "TableClass", change_class },
    { "DeletionProtectionEnabled", change_protection },
    { "ReplicaUpdates", replicas_update },
    { "GlobalTableWitnessUpdates", replicas_update },
    { "MultiRegionConsistency", replicas_update },
    { "WarmThroughput", change_unsupported },
    { "GlobalTableSettingsReplicationMode", change_unsupported },
};

static change_fn *kind_of(struct request *r, struct answer *reterr)
{
    change_fn *found = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (json_object_get(r->args, kinds[i].member) == NULL || kinds[i].change == found)
            continue;
        if (found != NULL) {
            *reterr = dynamodb_invalid(r, INVALID "Only one kind of change to a table can be made "
                                                  "by one UpdateTable");
            return NULL;
        }
        found = kinds[i].change;
    }
    if (found == NULL)
        *reterr = dynamodb_invalid(r, "At least one of ProvisionedThroughput, BillingMode, "
                                      "UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
                                      "SSESpecification or ReplicaUpdates is required");
    return found;
}

struct answer update_table(struct request *r)
{
    struct answer error;
    const char *name;
    json_t *table = dynamodb_find(r, &error);
    if (table == NULL || !dynamodb_name(r, "TableName", &name, &error))
        return error;
    change_fn *change = kind_of(r, &error);
    if (change == NULL)
        return error;
    if (!table_is(table, "ACTIVE"))
        return table_busy(r, name, table);
    struct answer done = change(r, name, table);
    if (done.class != AWS_OK)
        return done;
    answer_clear(&done);
    return answer_ok(
        json_pack("{s:o}", "TableDescription", table_describe(r->cloud, r->region, name, table)));
}
