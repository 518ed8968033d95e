/* SPDX-License-Identifier: Apache-2.0 */
/* Key schemas, attribute definitions, indexes, capacity: what CreateTable and UpdateTable check
 * before they do anything. Source: the API reference of CreateTable; wording as AWS answers it. */
#include "tests/sandbox/dynamodb.h"

#define INVALID "One or more parameter values were invalid: "

enum { GLOBAL_INDEXES_MAX = 20, LOCAL_INDEXES_MAX = 5 };

const char *schema_type(const json_t *definition, const char *attribute)
{
    return member_str(member_find(json_object_get(definition, "AttributeDefinitions"),
                                  "AttributeName", attribute),
                      "AttributeType");
}

const char *schema_key(const json_t *key_schema, const char *key_type)
{
    return member_str(member_find(key_schema, "KeyType", key_type), "AttributeName");
}

/* used collects the attributes that some key names. */
static char *key_schema_problem(const json_t *definition, const json_t *schema, json_t *used)
{
    size_t n = json_array_size(schema);
    if (n < 1 || n > 2)
        return xasprintf("1 validation error detected: Value at 'keySchema' failed to satisfy "
                         "constraint: Member must have length between 1 and 2");
    if (!member_is(json_array_get(schema, 0), "KeyType", "HASH"))
        return xstrdup("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (n == 2 && !member_is(json_array_get(schema, 1), "KeyType", "RANGE"))
        return xstrdup("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    if (n == 2 && str_eq(schema_key(schema, "HASH"), schema_key(schema, "RANGE")))
        return xstrdup("Both the Hash Key and the Range Key element in the KeySchema have the "
                       "same name");
    size_t i;
    json_t *element;
    json_array_foreach(schema, i, element)
    {
        const char *name = member_str(element, "AttributeName");
        if (schema_type(definition, name) == NULL)
            return xasprintf(INVALID "Some index key attributes are not defined in "
                                     "AttributeDefinitions. Keys: [%s]",
                             name);
        json_object_set_new(used, name, json_true());
    }
    return NULL;
}

static char *projection_problem(const json_t *index)
{
    const json_t *projection = json_object_get(index, "Projection");
    const char *type = member_str(projection, "ProjectionType");
    size_t n = json_array_size(json_object_get(projection, "NonKeyAttributes"));
    if (type == NULL)
        return xstrdup(INVALID "Unknown ProjectionType: null");
    if (strcmp(type, "INCLUDE") != 0 && n > 0)
        return xasprintf(INVALID "ProjectionType is %s, but NonKeyAttributes is specified", type);
    if (strcmp(type, "INCLUDE") == 0 && n == 0)
        return xstrdup(INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    return NULL;
}

static char *capacity_problem(const json_t *owner, const char *owner_name, bool on_demand)
{
    const json_t *capacity = json_object_get(owner, "ProvisionedThroughput");
    if (on_demand && capacity != NULL)
        return xstrdup(INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                               "when BillingMode is PAY_PER_REQUEST");
    if (!on_demand && capacity == NULL)
        return xasprintf(INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified "
                                 "when BillingMode is PROVISIONED%s%s",
                         owner_name != NULL ? " for index: " : "",
                         owner_name != NULL ? owner_name : "");
    return NULL;
}

static char *index_problem(const json_t *definition, const json_t *index, json_t *used,
                           json_t *names)
{
    const char *name = member_str(index, "IndexName");
    if (json_object_get(names, name) != NULL)
        return xasprintf(INVALID "Duplicate index name: %s", name);
    json_object_set_new(names, name, json_true());
    char *problem = key_schema_problem(definition, json_object_get(index, "KeySchema"), used);
    return problem != NULL ? problem : projection_problem(index);
}

static char *local_index_problem(const json_t *definition, const json_t *index)
{
    const json_t *key = json_object_get(definition, "KeySchema");
    if (schema_key(key, "RANGE") == NULL)
        return xstrdup(INVALID "Table KeySchema does not have a range key, which is required when "
                               "specifying a LocalSecondaryIndex");
    const json_t *own = json_object_get(index, "KeySchema");
    if (schema_key(own, "RANGE") == NULL)
        return xasprintf(INVALID "Index KeySchema does not have a range key for index: %s",
                         member_str(index, "IndexName"));
    if (!str_eq(schema_key(own, "HASH"), schema_key(key, "HASH")))
        return xasprintf(INVALID "Index KeySchema does not have the same leading hash key as "
                                 "table KeySchema for index: %s",
                         member_str(index, "IndexName"));
    return NULL;
}

static char *indexes_problem(const json_t *definition, json_t *used, bool on_demand)
{
    const json_t *global = json_object_get(definition, "GlobalSecondaryIndexes");
    const json_t *local = json_object_get(definition, "LocalSecondaryIndexes");
    if (json_array_size(global) > GLOBAL_INDEXES_MAX)
        return xasprintf(INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %d",
                         GLOBAL_INDEXES_MAX);
    if (json_array_size(local) > LOCAL_INDEXES_MAX)
        return xasprintf(INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %d",
                         LOCAL_INDEXES_MAX);
    json_auto_t *names = json_object();
    char *problem = NULL;
    size_t i;
    json_t *index;
    json_array_foreach(global, i, index)
    {
        problem = index_problem(definition, index, used, names);
        if (problem == NULL)
            problem = capacity_problem(index, member_str(index, "IndexName"), on_demand);
        if (problem != NULL)
            return problem;
    }
    json_array_foreach(local, i, index)
    {
        problem = index_problem(definition, index, used, names);
        if (problem == NULL)
            problem = local_index_problem(definition, index);
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

static char *stream_problem(const json_t *definition)
{
    const json_t *stream = json_object_get(definition, "StreamSpecification");
    if (stream == NULL)
        return NULL;
    bool on = member_true(stream, "StreamEnabled");
    if (on && member_str(stream, "StreamViewType") == NULL)
        return xstrdup(INVALID "StreamViewType is required when StreamEnabled is true");
    if (!on && member_str(stream, "StreamViewType") != NULL)
        return xstrdup(INVALID "StreamViewType can not be specified when StreamEnabled is false");
    return NULL;
}

char *schema_problem(const json_t *definition)
{
    const json_t *attributes = json_object_get(definition, "AttributeDefinitions");
    bool on_demand = member_is(definition, "BillingMode", "PAY_PER_REQUEST");
    if (attributes == NULL)
        return xstrdup(INVALID "AttributeDefinitions must be specified");
    json_auto_t *used = json_object();
    char *problem = key_schema_problem(definition, json_object_get(definition, "KeySchema"), used);
    if (problem == NULL)
        problem = capacity_problem(definition, NULL, on_demand);
    if (problem == NULL)
        problem = indexes_problem(definition, used, on_demand);
    if (problem == NULL)
        problem = stream_problem(definition);
    if (problem == NULL && json_object_size(used) != json_array_size(attributes))
        return xasprintf(INVALID "Number of attributes in KeySchema does not exactly match number "
                                 "of attributes defined in AttributeDefinitions");
    return problem;
}
