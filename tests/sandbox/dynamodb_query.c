/* SPDX-License-Identifier: Apache-2.0 */
/* Query: items of one partition of a table or an index, in the order of the sort key. */
#include "tests/sandbox/dynamodb_items.h"

enum { PAGE_BYTES = 1024 * 1024 };

struct query {
    struct request *r;
    const char *name;
    const json_t *table, *index; /* index: NULL for the table itself */
    const char *hash, *range;    /* key attributes; range may be NULL */
    struct expressions expressions;
    json_t *key_condition, *filter, *projection; /* owned */
};

static bool fail(struct query *q, const char *problem, struct answer *reterr)
{
    *reterr = dynamodb_invalid(q->r, "%s", problem);
    return false;
}

/* ---- the key condition ---- */

static const char *attribute_of(const json_t *tree)
{
    const json_t *path = json_object_get(json_array_get(tree, 1), "path");
    return json_array_size(path) == 1 ? json_string_value(json_array_get(path, 0)) : NULL;
}

/* hash = :v, alone or AND one condition on the range key. */
static const char *key_condition_problem(const struct query *q, const json_t *tree)
{
    static const char *const range_ops[] = { "=", "<", "<=", ">", ">=", "between", "begins_with" };
    const char *op = json_string_value(json_array_get(tree, 0));
    const json_t *first = tree, *second = NULL;
    if (strcmp(op, "and") == 0) {
        first = json_array_get(tree, 1);
        second = json_array_get(tree, 2);
        if (!str_eq(attribute_of(first), q->hash)) {
            const json_t *swap = first;
            first = second;
            second = swap;
        }
    }
    const char *first_op = json_string_value(json_array_get(first, 0));
    if (!str_eq(attribute_of(first), q->hash) || strcmp(first_op, "=") != 0)
        return "Query condition missed key schema element: the partition key must be compared "
               "with =";
    if (second == NULL)
        return NULL;
    const char *second_op = json_string_value(json_array_get(second, 0));
    if (q->range == NULL || !str_eq(attribute_of(second), q->range))
        return "Query condition missed key schema element: the second condition must be on the "
               "sort key";
    for (size_t i = 0; i < ARRAY_SIZE(range_ops); i++)
        if (strcmp(second_op, range_ops[i]) == 0)
            return NULL;
    return "Query key condition not supported";
}

static bool find_index(struct query *q, struct answer *reterr)
{
    static const char *const lists[] = { "GlobalSecondaryIndexes", "LocalSecondaryIndexes" };
    const json_t *definition = json_object_get(q->table, "definition");
    const char *wanted = member_str(q->r->args, "IndexName");
    for (size_t l = 0; wanted != NULL && q->index == NULL && l < 2; l++)
        q->index = member_find(json_object_get(definition, lists[l]), "IndexName", wanted);
    if (wanted != NULL && q->index == NULL)
        return fail(q, "The table does not have the specified index", reterr);
    bool global = member_find(json_object_get(definition, lists[0]), "IndexName", wanted) != NULL;
    if (global && member_true(q->r->args, "ConsistentRead"))
        return fail(q, "Consistent reads are not supported on global secondary indexes", reterr);
    const json_t *schema = json_object_get(q->index != NULL ? q->index : definition, "KeySchema");
    q->hash = schema_key(schema, "HASH");
    q->range = schema_key(schema, "RANGE");
    return true;
}

static bool read_expressions(struct query *q, const json_t *values, struct answer *reterr)
{
    const json_t *args = q->r->args;
    const char *key = member_str(args, "KeyConditionExpression");
    const char *filter = member_str(args, "FilterExpression");
    const char *projection = member_str(args, "ProjectionExpression");
    struct expressions *e = &q->expressions;
    e->values = values;
    if (key == NULL)
        return fail(q,
                    "Either the KeyConditions or KeyConditionExpression parameter must be "
                    "specified in the request.",
                    reterr);
    q->key_condition = expression_condition(e, "KeyConditionExpression", key);
    if (filter != NULL && e->problem == NULL)
        q->filter = expression_condition(e, "FilterExpression", filter);
    if (projection != NULL && e->problem == NULL)
        q->projection = expression_projection(e, projection);
    if (e->problem == NULL)
        expressions_used_up(e);
    if (e->problem != NULL)
        return fail(q, e->problem, reterr);
    const char *problem = key_condition_problem(q, q->key_condition);
    return problem == NULL || fail(q, problem, reterr);
}

/* ---- finding and ordering ---- */

struct found {
    const char *key; /* breaks ties, so that paging is exact */
    const json_t *item, *range;
};

static int by_range(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = 0;
    if (x->range != NULL && y->range != NULL && value_compare(x->range, y->range, &order) &&
        order != 0)
        return order;
    return strcmp(x->key, y->key);
}

static struct found *collect(const struct query *q, size_t *ret_n)
{
    json_t *items = json_object_get(q->table, "items"), *record;
    struct found *all = xcalloc(json_object_size(items) + 1, sizeof(*all));
    const char *key;
    size_t n = 0;
    json_object_foreach(items, key, record)
    {
        const json_t *item = json_object_get(record, "item");
        bool indexed = item != NULL && json_object_get(item, q->hash) != NULL &&
                       (q->range == NULL || json_object_get(item, q->range) != NULL);
        if (indexed && evaluate_condition(q->key_condition, item))
            all[n++] = (struct found){ .key = key,
                                       .item = item,
                                       .range = q->range != NULL ? json_object_get(item, q->range)
                                                                 : NULL };
    }
    qsort(all, n, sizeof(*all), by_range);
    *ret_n = n;
    return all;
}

/* What an index holds of an item; the table itself and an index of everything hold all. */
static json_t *projected(const struct query *q, const json_t *item)
{
    const json_t *projection = json_object_get(q->index, "Projection");
    if (q->index == NULL || member_is(projection, "ProjectionType", "ALL"))
        return member_copy(item);
    json_t *out = items_key_of(q->table, q->index, item), *name;
    size_t i;
    json_array_foreach(json_object_get(projection, "NonKeyAttributes"), i, name) json_object_set(
        out, json_string_value(name), json_object_get(item, json_string_value(name)));
    return out;
}

/* The position behind ExclusiveStartKey in the order of reading. */
static size_t first_after(const struct query *q, const struct found *all, size_t n, bool forward)
{
    const json_t *start = json_object_get(q->r->args, "ExclusiveStartKey");
    for (size_t i = 0; start != NULL && i < n; i++) {
        const struct found *at = &all[forward ? i : n - 1 - i];
        json_auto_t *key = items_key_of(q->table, q->index, at->item);
        if (json_equal(key, start))
            return i + 1;
    }
    return 0;
}

static struct answer read_page(struct query *q)
{
    size_t n, bytes = 0, scanned = 0;
    autofree struct found *all = collect(q, &n);
    bool forward = !json_is_false(json_object_get(q->r->args, "ScanIndexForward"));
    size_t limit = (size_t)member_int(q->r->args, "Limit");
    size_t i = first_after(q, all, n, forward);
    json_t *items = json_array(), *last = NULL;
    for (; i < n && (limit == 0 || scanned < limit) && bytes < PAGE_BYTES; i++) {
        const json_t *item = all[forward ? i : n - 1 - i].item;
        scanned++;
        bytes += values_size(item);
        json_decref(last);
        last = items_key_of(q->table, q->index, item);
        json_auto_t *visible = projected(q, item);
        if (q->filter != NULL && !evaluate_condition(q->filter, visible))
            continue;
        json_array_append_new(items, q->projection != NULL
                                         ? evaluate_projection(q->projection, visible)
                                         : json_incref(visible));
    }
    bool more = i < n || (limit > 0 && scanned == limit);
    json_t *body = json_pack("{s:I, s:I}", "Count", (json_int_t)json_array_size(items),
                             "ScannedCount", (json_int_t)scanned);
    if (!member_is(q->r->args, "Select", "COUNT"))
        json_object_set(body, "Items", items);
    if (more && last != NULL)
        json_object_set(body, "LastEvaluatedKey", last);
    json_decref(items);
    json_decref(last);
    items_consumed(q->r, q->name, bytes, false, body);
    return answer_ok(body);
}

struct answer query_items(struct request *r)
{
    struct answer answer;
    struct query q = { .r = r };
    json_auto_t *values = member_copy(json_object_get(r->args, "ExpressionAttributeValues"));
    const char *problem = values_problem(values);
    expressions_init(&q.expressions, r->args);
    q.table = items_table(r, &q.name, &answer);
    if (q.table != NULL && problem != NULL)
        answer = dynamodb_invalid(r, "%s", problem);
    else if (q.table != NULL && find_index(&q, &answer) && read_expressions(&q, values, &answer) &&
             (!member_true(r->args, "ConsistentRead") || replication_readable(r, q.table, &answer)))
        answer = read_page(&q);
    json_decref(q.key_condition);
    json_decref(q.filter);
    json_decref(q.projection);
    expressions_clear(&q.expressions);
    return answer;
}
