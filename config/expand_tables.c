/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: one DynamoDB global table for each name, and the settings that each region keeps for
 * itself (recovery, protection), which DynamoDB does not copy between replicas. */
#include "config/expand.h"

#include "config/place.h"

/* Regions that strongly consistent tables can span: one set for each table, three of its regions.
 * Source: DynamoDB developer guide, multi-Region strong consistency. */
static const enum region strong_sets[][4] = {
    { REGION_US_EAST_1, REGION_US_EAST_2, REGION_US_WEST_2 },
    { REGION_EU_WEST_1, REGION_EU_WEST_2, REGION_EU_WEST_3, REGION_EU_CENTRAL_1 },
    { REGION_AP_NORTHEAST_1, REGION_AP_NORTHEAST_2, REGION_AP_NORTHEAST_3 },
};

static bool set_has(const enum region *set, enum region region)
{
    for (size_t i = 0; i < ARRAY_SIZE(strong_sets[0]); i++)
        if (set[i] == region)
            return true;
    return false;
}

static bool strong_possible(const struct expansion *x)
{
    for (size_t i = 0; i < ARRAY_SIZE(strong_sets); i++)
        if (set_has(strong_sets[i], x->primary) && set_has(strong_sets[i], x->secondary) &&
            set_has(strong_sets[i], x->witness))
            return true;
    return false;
}

static void check_strong(struct expansion *x, const struct intent *intent)
{
    struct problem *p = NULL;
    autofree char *consistency = place_key(intent->pointer, "consistency");
    autofree char *ttl = place_key(intent->pointer, "ttl");
    if (x->witness == REGION_NONE) {
        p = problems_add(x->problems, consistency, "a strongly consistent table needs a witness");
        problem_remedy(p, "Add \"witness\" to \"regions\".");
    } else if (!strong_possible(x)) {
        p = problems_add(
            x->problems, consistency, "DynamoDB has no strong consistency between %s, %s and %s",
            region_name(x->primary), region_name(x->secondary), region_name(x->witness));
        problem_remedy(p, "All three must be in the United States (us-east-1, us-east-2, "
                          "us-west-2), in Europe (eu-west-1, -2, -3, eu-central-1) or in Asia "
                          "(ap-northeast-1, -2, -3).");
    }
    if (json_object_get(intent->value, "ttl") != NULL) {
        p = problems_add(x->problems, ttl, "a strongly consistent table has no time to live");
        problem_remedy(p, "Remove it, or use eventual consistency.");
    }
}

/* Attributes ------------------------------------------------------------------------------------
 */

/* Adds "created_at:number" to the definitions, once; two types for one name are refused. */
static void define(struct expansion *x, const char *pointer, json_t *definitions, const char *text)
{
    const char *colon = strchr(text, ':');
    const char *type = colon == NULL || str_eq(colon, ":string") ? "S"
                       : str_eq(colon, ":number")                ? "N"
                                                                 : "B";
    autofree char *name = xstrndup(text, strcspn(text, ":"));
    for (size_t i = 0; i < json_array_size(definitions); i++) {
        const json_t *other = json_array_get(definitions, i);
        if (!str_eq(json_string_value(json_object_get(other, "AttributeName")), name))
            continue;
        if (!str_eq(json_string_value(json_object_get(other, "AttributeType")), type))
            problems_add(x->problems, pointer, "the attribute \"%s\" has two types", name);
        return;
    }
    json_t *definition = json_pack("{s:s, s:s}", "AttributeName", name, "AttributeType", type);
    assert(definition != NULL);
    json_array_append_new(definitions, definition);
}

static void add_key(json_t *schema, const char *text, const char *type)
{
    autofree char *name = xstrndup(text, strcspn(text, ":"));
    json_t *key = json_pack("{s:s, s:s}", "AttributeName", name, "KeyType", type);
    assert(key != NULL);
    json_array_append_new(schema, key);
}

/* The key schema of a table or an index, whose attributes are defined on the way. */
static json_t *key_schema(struct expansion *x, const char *pointer, json_t *definitions,
                          const json_t *intent)
{
    json_t *schema = json_array();
    const char *key = json_string_value(json_object_get(intent, "key"));
    const char *sort_key = json_string_value(json_object_get(intent, "sort_key"));
    define(x, pointer, definitions, key);
    add_key(schema, key, "HASH");
    if (sort_key == NULL)
        return schema;
    if (strcspn(key, ":") == strcspn(sort_key, ":") &&
        strncmp(key, sort_key, strcspn(key, ":")) == 0)
        problems_add(x->problems, pointer, "\"key\" and \"sort_key\" are the same attribute");
    define(x, pointer, definitions, sort_key);
    add_key(schema, sort_key, "RANGE");
    return schema;
}

static json_t *projection(const json_t *index)
{
    const json_t *include = json_object_get(index, "include");
    if (include == NULL)
        return json_pack("{s:s}", "ProjectionType", "ALL");
    if (json_array_size(include) == 0)
        return json_pack("{s:s}", "ProjectionType", "KEYS_ONLY");
    return json_pack("{s:s, s:o}", "ProjectionType", "INCLUDE", "NonKeyAttributes",
                     json_deep_copy(include));
}

static json_t *indexes(struct expansion *x, const struct intent *intent, json_t *definitions)
{
    json_t *all = json_array(), *index;
    const char *name;
    autofree char *above = place_key(intent->pointer, "indexes");
    json_object_foreach(json_object_get(intent->value, "indexes"), name, index)
    {
        autofree char *pointer = place_key(above, name);
        if (strlen(name) < 3 || strlen(name) > 255)
            problems_add(x->problems, pointer,
                         "the index name \"%.300s\" has %zu characters; AWS allows 3 to 255", name,
                         strlen(name));
        json_t *one = json_pack("{s:s, s:o, s:o}", "IndexName", name, "KeySchema",
                                key_schema(x, pointer, definitions, index), "Projection",
                                projection(index));
        assert(one != NULL);
        json_array_append_new(all, one);
    }
    if (json_array_size(all) > 0)
        return all;
    json_decref(all);
    return NULL;
}

/* Resources -------------------------------------------------------------------------------------
 */

/* An eventually consistent global table copies through its stream; a strong one has none. */
static json_t *stream(bool strong)
{
    return strong ? NULL
                  : json_pack("{s:b, s:s}", "StreamEnabled", 1, "StreamViewType",
                              "NEW_AND_OLD_IMAGES");
}

static json_t *encryption(const json_t *table)
{
    if (str_eq(json_string_value(json_object_get(table, "encryption")), "aws_owned"))
        return NULL;
    return json_pack("{s:b, s:s}", "Enabled", 1, "SSEType", "KMS");
}

static void add_table(struct expansion *x, const struct intent *intent, const char *name,
                      const char *id)
{
    bool strong = str_eq(json_string_value(json_object_get(intent->value, "consistency")),
                         "strong");
    json_t *definitions = json_array();
    json_t *schema = key_schema(x, intent->pointer, definitions, intent->value);
    json_t *all_indexes = indexes(x, intent, definitions);
    if (strong)
        check_strong(x, intent);
    json_t *want = json_pack(
        "{s:s, s:o, s:o, s:o*, s:s, s:o*, s:o*, s:[s], s:s, s:s*}", "TableName", name,
        "AttributeDefinitions", definitions, "KeySchema", schema, "GlobalSecondaryIndexes",
        all_indexes, "BillingMode", "PAY_PER_REQUEST", "StreamSpecification", stream(strong),
        "SSESpecification", encryption(intent->value), "Replicas", region_name(x->secondary),
        "MultiRegionConsistency", strong ? "STRONG" : "EVENTUAL", "Witness",
        strong ? region_name(x->witness) : NULL);
    assert(want != NULL);
    expand_add(x, intent, "dynamodb_table", intent->name, x->primary, want, id);
}

/* Time to live is set once; DynamoDB copies it to the other replicas. */
static json_t *time_to_live(const struct expansion *x, const json_t *table, enum region region)
{
    const char *attribute = json_string_value(json_object_get(table, "ttl"));
    if (attribute == NULL || region != x->primary)
        return NULL;
    return json_pack("{s:s, s:b}", "AttributeName", attribute, "Enabled", 1);
}

/* The days make sense, and are compared, only where recovery is on. */
static json_t *recovery(const json_t *table)
{
    bool on = json_is_true(json_object_get(table, "recoverable"));
    return json_pack("{s:b, s:O*}", "PointInTimeRecoveryEnabled", on, "RecoveryPeriodInDays",
                     on ? json_object_get(table, "recovery_days") : NULL);
}

static void expand_table(struct expansion *x, const struct intent *intent)
{
    struct naming n = expand_naming(x, x->primary);
    autofree char *name = naming_name(&n, NAMED_TABLE, intent->name);
    autofree char *id = xasprintf("dynamodb_table/%s@%s", intent->name, region_name(x->primary));
    naming_check(&n, NAMED_TABLE, name, intent->pointer, x->problems);
    add_table(x, intent, name, id);
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++) {
        enum region region = x->regions[i];
        json_t *want = json_pack("{s:s, s:o, s:O, s:o*}", "TableName", name,
                                 "PointInTimeRecoverySpecification", recovery(intent->value),
                                 "DeletionProtectionEnabled",
                                 json_object_get(intent->value, "deletion_protection"),
                                 "TimeToLiveSpecification", time_to_live(x, intent->value, region));
        assert(want != NULL);
        /* The same table in AWS, so the same tags: drd:resource is the table's id. */
        expand_add(x, intent, "table_settings", intent->name, region, want, id);
        autofree char *settings = xasprintf("table_settings/%s@%s", intent->name,
                                            region_name(region));
        graph_need(x->graph, settings, id);
    }
}

void expand_tables(struct expansion *x)
{
    expand_each(x, "tables", expand_table);
}
