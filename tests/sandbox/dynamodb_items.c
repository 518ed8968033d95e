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

/* The old ways of saying what to do are refused: drd does not use them. */
bool items_modern(const struct request *r, struct answer *reterr)
{
    static const char *const legacy[] = {
        "Expected",      "ConditionalOperator", "AttributeUpdates", "AttributesToGet",
        "KeyConditions", "QueryFilter",         "ScanFilter",
    };
    for (size_t i = 0; i < ARRAY_SIZE(legacy); i++)
        if (json_object_get(r->args, legacy[i]) != NULL) {
            *reterr = dynamodb_invalid(r,
                                       "The legacy parameter %s is not supported here; use "
                                       "expressions",
                                       legacy[i]);
            return false;
        }
    return true;
}

/* ---- a write under way ---- */

void write_clear(struct write *w)
{
    free(w->key);
    json_decref(w->given);
    json_decref(w->condition);
    json_decref(w->update);
    json_decref(w->item);
    expressions_clear(&w->expressions);
}

static bool invalid(const struct write *w, const char *problem, struct answer *reterr)
{
    if (problem != NULL)
        *reterr = dynamodb_invalid(w->r, "%s", problem);
    return problem == NULL;
}

static bool read_expressions(struct write *w, struct answer *reterr)
{
    const json_t *args = w->r->args;
    const char *condition = member_str(args, "ConditionExpression");
    const char *update = member_str(args, "UpdateExpression");
    json_auto_t *values = member_copy(json_object_get(args, "ExpressionAttributeValues"));
    if (!items_modern(w->r, reterr) || !invalid(w, values_problem(values), reterr))
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

bool write_read(struct write *w, enum write_kind kind, struct request *r, struct answer *reterr)
{
    *w = (struct write){ .r = r, .kind = kind };
    expressions_init(&w->expressions, r->args);
    w->given = member_copy(json_object_get(r->args, kind == WRITE_PUT ? "Item" : "Key"));
    return invalid(w, values_problem(w->given), reterr) && read_expressions(w, reterr) &&
           (w->table = items_table(r, &w->name, reterr)) != NULL;
}

bool write_locate(struct write *w, struct answer *reterr)
{
    w->key = items_key(w->r, w->table, w->given, w->kind != WRITE_PUT, reterr);
    if (w->key == NULL)
        return false;
    w->old = items_get(w->table, w->key);
    return true;
}

static bool condition_holds(const struct write *w, struct answer *reterr)
{
    if (w->condition == NULL || evaluate_condition(w->condition, w->old))
        return true;
    *reterr = service_error(w->r, "ConditionalCheckFailedException",
                            "The conditional request failed");
    if (w->old != NULL && member_is(w->r->args, "ReturnValuesOnConditionCheckFailure", "ALL_OLD")) {
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

static const char *key_is_safe(const json_t *update, const json_t *key)
{
    json_auto_t *paths = update_paths(update);
    size_t i;
    json_t *path;
    json_array_foreach(paths, i, path)
    {
        if (json_object_get(key, json_string_value(json_array_get(path, 0))) != NULL)
            return INVALID "Cannot update an attribute. This attribute is part of the key";
    }
    return NULL;
}

/* What an update makes of the item, into w->item; without an expression the item as it is. */
static const char *update_problem(struct write *w)
{
    json_auto_t *none = json_object();
    w->item = member_copy(w->old != NULL ? w->old : w->given);
    if (w->update == NULL)
        return NULL;
    const char *problem = key_is_safe(w->update, w->given);
    return problem != NULL ? problem
                           : evaluate_update(w->update, w->old != NULL ? w->old : none, w->item);
}

bool write_plan(struct write *w, struct answer *reterr)
{
    const char *problem = NULL;
    if (!condition_holds(w, reterr))
        return false;
    if (w->kind == WRITE_PUT)
        w->item = json_incref(w->given);
    else if (w->kind == WRITE_UPDATE)
        problem = update_problem(w);
    if (problem == NULL && w->item != NULL)
        problem = index_problem(w->table, w->item);
    return invalid(w, problem, reterr);
}

bool write_carry_out(struct write *w, struct answer *reterr)
{
    return w->kind == WRITE_CHECK ||
           replication_write(w->r, w->name, w->table, w->key, w->item, reterr);
}

/* ---- operations ---- */

static bool returns_allowed(const struct write *w, struct answer *reterr)
{
    const char *asked = member_str(w->r->args, "ReturnValues");
    bool allowed = w->kind == WRITE_UPDATE || asked == NULL || strcmp(asked, "NONE") == 0 ||
                   strcmp(asked, "ALL_OLD") == 0;
    return invalid(w, allowed ? NULL : "ReturnValues can only be ALL_OLD or NONE", reterr);
}

/* What ReturnValues asks for; new reference, may be NULL. */
static json_t *returned(const struct write *w)
{
    const char *asked = member_str(w->r->args, "ReturnValues");
    if (asked == NULL || strcmp(asked, "NONE") == 0)
        return NULL;
    const json_t *of = str_suffix(asked, "_OLD") ? w->old : w->item;
    if (of == NULL || str_prefix(asked, "ALL_"))
        return member_copy(of);
    json_auto_t *paths = update_paths(w->update);
    return evaluate_projection(paths, of);
}

static struct answer write_one(struct request *r, enum write_kind kind)
{
    struct answer answer;
    struct write w;
    if (write_read(&w, kind, r, &answer) && returns_allowed(&w, &answer) &&
        write_locate(&w, &answer) && write_plan(&w, &answer)) {
        json_auto_t *body = json_object(), *attributes = returned(&w);
        if (json_object_size(attributes) > 0)
            json_object_set(body, "Attributes", attributes);
        items_consumed(r, w.name, values_size(w.item != NULL ? w.item : w.old), true, body);
        if (write_carry_out(&w, &answer))
            answer = answer_ok(json_incref(body));
    }
    write_clear(&w);
    return answer;
}

struct answer put_item(struct request *r)
{
    return write_one(r, WRITE_PUT);
}

struct answer update_item(struct request *r)
{
    return write_one(r, WRITE_UPDATE);
}

struct answer delete_item(struct request *r)
{
    return write_one(r, WRITE_DELETE);
}

/* ---- reading ---- */

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

/* The list of paths of a projection, NULL without one; false with *reterr. */
static bool read_projection(struct request *r, const json_t *args, json_t **ret,
                            struct answer *reterr)
{
    const char *text = member_str(args, "ProjectionExpression");
    struct expressions e;
    *ret = NULL;
    if (!items_modern(r, reterr))
        return false;
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
