/* SPDX-License-Identifier: Apache-2.0 */
/* PutItem, GetItem, UpdateItem, DeleteItem, BatchGetItem. */
#include "tests/sandbox/dynamodb_items.h"

#define INVALID "One or more parameter values were invalid: "

enum { ITEM_MAX = 400 * 1024 };

/* ---- what all share ---- */

json_t *items_table(struct request *r, const char **ret_name, struct answer *reterr)
{
    if (!dynamodb_name(r, "TableName", ret_name, reterr))
        return NULL;
    json_t *table = dynamodb_here(r, *ret_name);
    if (table != NULL && !table_is(table, "CREATING"))
        return table;
    *reterr = service_error(r, "ResourceNotFoundException", "Requested resource not found");
    return NULL;
}

static const json_t *key_schema(const json_t *table)
{
    return json_object_get(json_object_get(table, "definition"), "KeySchema");
}

/* A key attribute must be there, of the defined type, and not empty. */
static const char *key_problem(const json_t *table, const char *name, const json_t *value,
                               bool exact)
{
    const char *type = schema_type(json_object_get(table, "definition"), name);
    if (value == NULL)
        return exact ? "The provided key element does not match the schema"
                     : INVALID "Missing a key of the table in the item";
    if (!str_eq(value_type(value), type))
        return exact ? "The provided key element does not match the schema"
                     : INVALID "Type mismatch for a key of the table";
    if (json_string_length(value_inside(value)) == 0)
        return "One or more parameter values are not valid. The AttributeValue for a key attribute "
               "cannot contain an empty string value.";
    return NULL;
}

char *items_key(struct request *r, const json_t *table, const json_t *key, bool exact,
                struct answer *reterr)
{
    struct buffer text = { 0 };
    const char *problem = NULL;
    size_t i;
    json_t *element;
    if (exact && json_object_size(key) != json_array_size(key_schema(table)))
        problem = "The provided key element does not match the schema";
    json_array_foreach(key_schema(table), i, element)
    {
        const char *name = member_str(element, "AttributeName");
        const json_t *value = json_object_get(key, name);
        if (problem == NULL)
            problem = key_problem(table, name, value, exact);
        if (problem == NULL)
            buffer_printf(&text, "%s%s", i > 0 ? "\x1f" : "",
                          json_string_value(value_inside(value)));
    }
    if (problem == NULL)
        return buffer_take(&text);
    buffer_clear(&text);
    *reterr = dynamodb_invalid(r, "%s", problem);
    return NULL;
}

json_t *items_get(const json_t *table, const char *key)
{
    return json_object_get(json_object_get(json_object_get(table, "items"), key), "item");
}

json_t *items_key_of(const json_t *table, const json_t *index, const json_t *item)
{
    const json_t *schemas[] = { key_schema(table), json_object_get(index, "KeySchema") };
    json_t *out = json_object(), *element;
    size_t i;
    for (size_t s = 0; s < 2; s++)
        json_array_foreach(schemas[s], i, element)
        {
            const char *name = member_str(element, "AttributeName");
            json_object_set(out, name, json_object_get(item, name));
        }
    return out;
}

void items_consumed(const struct request *r, const char *name, size_t bytes, bool write,
                    json_t *body)
{
    const char *asked = member_str(r->args, "ReturnConsumedCapacity");
    if (asked == NULL || strcmp(asked, "NONE") == 0)
        return;
    size_t unit = write ? 1024 : 4096, units = (bytes + unit - 1) / unit;
    double factor = write || member_true(r->args, "ConsistentRead") ? 1.0 : 0.5;
    json_object_set_new(body, "ConsumedCapacity",
                        json_pack("{s:s, s:f}", "TableName", name, "CapacityUnits",
                                  factor * (double)(units > 0 ? units : 1)));
}

/* ---- a write under way ---- */

struct write {
    struct request *r;
    const char *name;
    json_t *table;
    char *key; /* owned */
    struct expressions expressions;
    json_t *condition, *update; /* owned trees, or NULL */
    json_t *old;                /* borrowed, or NULL */
    const char *returns;
};

static void write_clear(struct write *w)
{
    free(w->key);
    json_decref(w->condition);
    json_decref(w->update);
    expressions_clear(&w->expressions);
}

static bool invalid(const struct write *w, const char *problem, struct answer *reterr)
{
    if (problem != NULL)
        *reterr = dynamodb_invalid(w->r, "%s", problem);
    return problem == NULL;
}

/* The old ways of saying conditions are refused: drd does not use them. */
static const char *const legacy[] = { "Expected",        "ConditionalOperator", "AttributeUpdates",
                                      "AttributesToGet", "KeyConditions",       "QueryFilter" };

static const char *legacy_problem(const struct request *r)
{
    for (size_t i = 0; i < ARRAY_SIZE(legacy); i++)
        if (json_object_get(r->args, legacy[i]) != NULL)
            return "The legacy conditional parameters are not supported here; use expressions";
    return NULL;
}

static bool read_expressions(struct write *w, struct answer *reterr)
{
    const json_t *args = w->r->args;
    const char *condition = member_str(args, "ConditionExpression");
    const char *update = member_str(args, "UpdateExpression");
    json_auto_t *values = member_copy(json_object_get(args, "ExpressionAttributeValues"));
    const char *problem = legacy_problem(w->r);
    if (problem == NULL)
        problem = values_problem(values);
    if (!invalid(w, problem, reterr))
        return false;
    w->expressions.values = values;
    if (condition != NULL)
        w->condition = expression_condition(&w->expressions, "ConditionExpression", condition);
    if (update != NULL && w->expressions.problem == NULL)
        w->update = expression_update(&w->expressions, update);
    if (w->expressions.problem == NULL)
        expressions_used_up(&w->expressions);
    w->expressions.values = NULL;
    return invalid(w, w->expressions.problem, reterr);
}

/* Finds the table and the item of key, reads the expressions and checks the condition. */
static bool write_begin(struct write *w, struct request *r, const json_t *key, bool exact,
                        struct answer *reterr)
{
    *w = (struct write){ .r = r, .returns = member_str(r->args, "ReturnValues") };
    expressions_init(&w->expressions, r->args);
    if ((w->table = items_table(r, &w->name, reterr)) == NULL ||
        (w->key = items_key(r, w->table, key, exact, reterr)) == NULL ||
        !read_expressions(w, reterr))
        return false;
    w->old = items_get(w->table, w->key);
    if (w->condition == NULL || evaluate_condition(w->condition, w->old))
        return true;
    *reterr = service_error(r, "ConditionalCheckFailedException", "The conditional request failed");
    if (w->old != NULL && member_is(r->args, "ReturnValuesOnConditionCheckFailure", "ALL_OLD")) {
        if (reterr->body == NULL)
            reterr->body = json_object();
        json_object_set_new(reterr->body, "Item", member_copy(w->old));
    }
    return false;
}

/* Attributes of global indexes' keys must have the defined types wherever they occur. */
static const char *index_problem(const json_t *table, const json_t *item)
{
    const json_t *attributes = json_object_get(json_object_get(table, "definition"),
                                               "AttributeDefinitions");
    size_t i;
    json_t *each;
    json_array_foreach(attributes, i, each)
    {
        const json_t *value = json_object_get(item, member_str(each, "AttributeName"));
        if (value != NULL && !member_is(each, "AttributeType", value_type(value)))
            return INVALID "Type mismatch for Index Key";
    }
    return values_size(item) > ITEM_MAX ? "Item size has exceeded the maximum allowed size" : NULL;
}

/* Writes the new item (taken; NULL: deletes) and answers with the attributes asked for. */
static struct answer write_end(struct write *w, json_t *item, const json_t *attributes)
{
    struct answer error;
    json_t *body = json_object();
    if (json_object_size(attributes) > 0)
        json_object_set_new(body, "Attributes", member_copy(attributes));
    items_consumed(w->r, w->name, values_size(item != NULL ? item : w->old), true, body);
    bool done = replication_write(w->r, w->name, w->table, w->key, item, &error);
    json_decref(item);
    if (done)
        return answer_ok(body);
    json_decref(body);
    return error;
}

static bool returns_allowed(const struct write *w, struct answer *reterr)
{
    bool allowed = w->returns == NULL || strcmp(w->returns, "NONE") == 0 ||
                   strcmp(w->returns, "ALL_OLD") == 0;
    return invalid(w, allowed ? NULL : "ReturnValues can only be ALL_OLD or NONE", reterr);
}

static const json_t *old_if_asked(const struct write *w)
{
    return str_eq(w->returns, "ALL_OLD") ? w->old : NULL;
}

/* ---- operations ---- */

struct answer put_item(struct request *r)
{
    struct answer answer;
    struct write w = { 0 };
    json_t *item = member_copy(json_object_get(r->args, "Item"));
    const char *problem = values_problem(item);
    if (problem != NULL)
        answer = dynamodb_invalid(r, "%s", problem);
    else if (write_begin(&w, r, item, false, &answer) && returns_allowed(&w, &answer) &&
             invalid(&w, index_problem(w.table, item), &answer))
        answer = write_end(&w, json_incref(item), old_if_asked(&w));
    json_decref(item);
    write_clear(&w);
    return answer;
}

/* A checked copy of args.Key; NULL with *reterr. */
static json_t *key_of(struct request *r, struct answer *reterr)
{
    json_t *key = member_copy(json_object_get(r->args, "Key"));
    const char *problem = values_problem(key);
    if (problem == NULL)
        return key;
    json_decref(key);
    *reterr = dynamodb_invalid(r, "%s", problem);
    return NULL;
}

struct answer delete_item(struct request *r)
{
    struct answer answer;
    struct write w = { 0 };
    json_auto_t *key = key_of(r, &answer);
    if (key != NULL && write_begin(&w, r, key, true, &answer) && returns_allowed(&w, &answer)) {
        json_auto_t *old = member_copy(old_if_asked(&w));
        answer = write_end(&w, NULL, old);
    }
    write_clear(&w);
    return answer;
}

static const char *key_is_safe(const json_t *update, const json_t *key)
{
    json_auto_t *paths = update_paths(update);
    size_t i;
    json_t *path;
    json_array_foreach(paths, i,
                       path) if (json_object_get(key, json_string_value(json_array_get(path, 0))) !=
                                 NULL) return INVALID
        "Cannot update an attribute. This attribute is part of the key";
    return NULL;
}

/* What ReturnValues asks for; new reference, may be NULL. */
static json_t *updated(const struct write *w, const json_t *item)
{
    const char *asked = w->returns != NULL ? w->returns : "NONE";
    const json_t *of = str_suffix(asked, "_OLD") ? w->old : item;
    if (strcmp(asked, "NONE") == 0 || of == NULL)
        return NULL;
    if (str_prefix(asked, "ALL_"))
        return member_copy(of);
    json_auto_t *paths = update_paths(w->update);
    return evaluate_projection(paths, of);
}

static struct answer apply(struct write *w, const json_t *key)
{
    struct answer error;
    json_auto_t *item = w->old != NULL ? member_copy(w->old) : member_copy(key);
    json_auto_t *none = json_object();
    const char *problem = w->update != NULL ? key_is_safe(w->update, key) : NULL;
    if (problem == NULL && w->update != NULL)
        problem = evaluate_update(w->update, w->old != NULL ? w->old : none, item);
    if (problem == NULL)
        problem = index_problem(w->table, item);
    if (!invalid(w, problem, &error))
        return error;
    json_auto_t *attributes = updated(w, item);
    return write_end(w, json_incref(item), attributes);
}

struct answer update_item(struct request *r)
{
    struct answer answer;
    struct write w = { 0 };
    json_auto_t *key = key_of(r, &answer);
    if (key != NULL && write_begin(&w, r, key, true, &answer))
        answer = apply(&w, key);
    write_clear(&w);
    return answer;
}

/* ---- reading ---- */

/* The list of paths of a projection, NULL without one; false with *reterr. */
static bool read_projection(struct request *r, const json_t *args, json_t **ret,
                            struct answer *reterr)
{
    const char *text = member_str(args, "ProjectionExpression");
    struct expressions e;
    expressions_init(&e, args);
    *ret = text != NULL ? expression_projection(&e, text) : NULL;
    if (e.problem == NULL)
        expressions_used_up(&e);
    bool sound = e.problem == NULL;
    if (!sound) {
        *reterr = dynamodb_invalid(r, "%s", e.problem);
        json_decref(*ret);
        *ret = NULL;
    }
    expressions_clear(&e);
    return sound;
}

static json_t *shown(const json_t *projection, const json_t *item)
{
    return projection != NULL ? evaluate_projection(projection, item) : member_copy(item);
}

struct answer get_item(struct request *r)
{
    struct answer error;
    const char *name;
    const json_t *table = items_table(r, &name, &error);
    json_auto_t *key = table != NULL ? key_of(r, &error) : NULL;
    autofree char *text = key != NULL ? items_key(r, table, key, true, &error) : NULL;
    json_auto_t *projection = NULL;
    if (text == NULL || !read_projection(r, r->args, &projection, &error) ||
        (member_true(r->args, "ConsistentRead") && !replication_readable(r, table, &error)))
        return error;
    const json_t *item = items_get(table, text);
    json_t *body = json_object();
    if (item != NULL)
        json_object_set_new(body, "Item", shown(projection, item));
    items_consumed(r, name, values_size(item), false, body);
    return answer_ok(body);
}

/* One table's part of BatchGetItem. False with *reterr. */
static bool batch_table(struct request *r, const char *name, const json_t *wanted, json_t *found,
                        struct answer *reterr)
{
    json_auto_t *args = member_copy(wanted), *projection = NULL, *seen = json_object();
    member_set_str(args, "TableName", name);
    struct request one = *r;
    one.args = args;
    const char *plain;
    const json_t *table = items_table(&one, &plain, reterr);
    if (table == NULL || !read_projection(&one, args, &projection, reterr) ||
        (member_true(wanted, "ConsistentRead") && !replication_readable(&one, table, reterr)))
        return false;
    size_t i;
    json_t *key;
    json_array_foreach(json_object_get(args, "Keys"), i, key)
    {
        const char *problem = values_problem(key);
        autofree char *text = problem == NULL ? items_key(r, table, key, true, reterr) : NULL;
        if (text != NULL && json_object_get(seen, text) != NULL)
            problem = "Provided list of item keys contains duplicates";
        if (problem != NULL)
            *reterr = dynamodb_invalid(r, "%s", problem);
        if (problem != NULL || text == NULL)
            return false;
        json_object_set_new(seen, text, json_true());
        const json_t *item = items_get(table, text);
        if (item != NULL)
            json_array_append_new(found, shown(projection, item));
    }
    return true;
}

struct answer batch_get_item(struct request *r)
{
    enum { KEYS_MAX = 100 };
    struct answer error;
    json_auto_t *responses = json_object();
    const char *name;
    json_t *wanted;
    size_t n = 0;
    json_object_foreach(json_object_get(r->args, "RequestItems"), name, wanted)
        n += json_array_size(json_object_get(wanted, "Keys"));
    if (n > KEYS_MAX)
        return dynamodb_invalid(r, "Too many items requested for the BatchGetItem call");
    json_object_foreach(json_object_get(r->args, "RequestItems"), name,
                        wanted) if (!batch_table(r, name, wanted, member_array(responses, name),
                                                 &error)) return error;
    return answer_ok(json_pack("{s:O, s:{}}", "Responses", responses, "UnprocessedKeys"));
}
