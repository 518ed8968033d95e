/* SPDX-License-Identifier: Apache-2.0 */
/* CreateTable, DescribeTable, DeleteTable, ListTables. */
#include "tests/sandbox/dynamodb.h"

static const char *const definition_members[] = {
    "AttributeDefinitions",   "KeySchema",        "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes", "BillingMode",      "ProvisionedThroughput",
    "StreamSpecification",    "SSESpecification", "TableClass",
    "OnDemandThroughput",
};

/* Members of CreateTable that this DynamoDB refuses rather than ignores. */
static const char *const unsupported[] = { "GlobalTableSourceArn", "ResourcePolicy",
                                           "GlobalTableSettingsReplicationMode" };

static json_t *definition_of(const json_t *args)
{
    json_t *definition = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(definition_members); i++) {
        const json_t *value = json_object_get(args, definition_members[i]);
        if (value != NULL)
            json_object_set_new(definition, definition_members[i], member_copy(value));
    }
    size_t i;
    json_t *index;
    json_array_foreach(json_object_get(definition, "GlobalSecondaryIndexes"), i, index)
        member_set_str(index, "IndexStatus", "CREATING");
    return definition;
}

/* Tags arrive as a list and are kept as a map. */
static json_t *tags_of(const json_t *list)
{
    json_t *tags = json_object(), *tag;
    size_t i;
    json_array_foreach(list, i, tag)
        json_object_set(tags, member_str(tag, "Key"), json_object_get(tag, "Value"));
    return tags;
}

static json_t *new_table(struct request *r, json_t *definition)
{
    autofree char *id = cloud_uuid(r->cloud);
    json_t *table = json_pack("{s:s, s:I, s:I, s:o, s:o, s:{}, s:b}", "id", id, "created",
                              r->now.wall.ms, "on_demand_since", r->now.wall.ms, "definition",
                              definition, "tags", tags_of(json_object_get(r->args, "Tags")),
                              "items", "protected",
                              member_true(r->args, "DeletionProtectionEnabled"));
    assert(table != NULL);
    if (member_true(json_object_get(definition, "StreamSpecification"), "StreamEnabled")) {
        char label[32];
        wall_iso8601(r->now.wall, label);
        member_set_str(table, "stream_label", label);
    }
    return table;
}

struct answer create_table(struct request *r)
{
    const char *name;
    struct answer error;
    if (!dynamodb_name(r, "TableName", &name, &error))
        return error;
    for (size_t i = 0; i < ARRAY_SIZE(unsupported); i++)
        if (json_object_get(r->args, unsupported[i]) != NULL)
            return dynamodb_invalid(r, "%s is not supported here", unsupported[i]);
    json_auto_t *definition = definition_of(r->args);
    autofree char *problem = schema_problem(definition);
    if (problem != NULL)
        return dynamodb_invalid(r, "%s", problem);
    json_t *tables = member_object(r->state, "tables");
    if (json_object_get(tables, name) != NULL)
        return service_error(r, "ResourceInUseException", "Table already exists: %s", name);
    json_t *table = new_table(r, json_incref(definition));
    json_object_set_new(tables, name, table);
    table_start(r, table, "CREATING", TABLE_CREATE);
    return answer_ok(
        json_pack("{s:o}", "TableDescription", table_describe(r->cloud, r->region, name, table)));
}

struct answer describe_table(struct request *r)
{
    struct answer error;
    const char *name;
    const json_t *table = dynamodb_find(r, &error);
    if (table == NULL || !dynamodb_name(r, "TableName", &name, &error))
        return error;
    return answer_ok(json_pack("{s:o}", "Table", table_describe(r->cloud, r->region, name, table)));
}

/* A member of a global table may be deleted like any table and so leaves it, with two exceptions.
 * Source: developer guide, "Deleting a global table"; the 24 hours and the text of the error as
 * public reports quote them (go-to-k/cdkd issue 1442). Once the replicas are removed by UpdateTable
 * the table is no replica any more, and the 24 hours do not count. */
static bool may_leave(struct request *r, const json_t *table, struct answer *reterr)
{
    if (table_members(table) == NULL)
        return true;
    if (table_strong(table)) {
        *reterr = dynamodb_invalid(r, "Table cannot be deleted while it is a replica of a global "
                                      "table with multi-Region strong consistency. Remove the "
                                      "other replicas and the witness first.");
        return false;
    }
    if (r->now.boot < member_int(table, "source_until")) {
        *reterr = dynamodb_invalid(r, "Replica cannot be deleted because it has acted as a source "
                                      "region for new replica(s) being added to the table in the "
                                      "last 24 hours.");
        return false;
    }
    return true;
}

struct answer delete_table(struct request *r)
{
    struct answer error;
    const char *name;
    json_t *table = dynamodb_find(r, &error);
    if (table == NULL || !dynamodb_name(r, "TableName", &name, &error))
        return error;
    if (member_true(table, "protected"))
        return dynamodb_invalid(r, "Resource cannot be deleted as it is currently protected "
                                   "against deletion. Disable deletion protection first.");
    if (!table_is(table, "DELETING")) {
        if (!table_is(table, "ACTIVE"))
            return table_busy(r, name, table);
        if (!may_leave(r, table, &error))
            return error;
        table_start(r, table, "DELETING", TABLE_DELETE);
    }
    json_t *full = table_describe(r->cloud, r->region, name, table);
    static const char *const hidden[] = { "AttributeDefinitions", "KeySchema", "CreationDateTime" };
    for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
        json_object_del(full, hidden[i]);
    return answer_ok(json_pack("{s:o}", "TableDescription", full));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct answer list_tables(struct request *r)
{
    json_t *tables = json_object_get(r->state, "tables"), *table;
    const char *after = member_str(r->args, "ExclusiveStartTableName"), *name;
    size_t limit = (size_t)member_int(r->args, "Limit"), n = 0;
    if (limit == 0)
        limit = 100;
    autofree const char **names = xcalloc(json_object_size(tables) + 1, sizeof(*names));
    json_object_foreach(tables, name, table) if (after == NULL || strcmp(name, after) > 0)
        names[n++] = name;
    qsort(names, n, sizeof(*names), by_name);
    json_t *out = json_array();
    for (size_t i = 0; i < n && i < limit; i++)
        json_array_append_new(out, json_string(names[i]));
    return answer_ok(json_pack("{s:o, s:s*}", "TableNames", out, "LastEvaluatedTableName",
                               n > limit ? names[limit - 1] : NULL));
}
