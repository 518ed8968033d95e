/* SPDX-License-Identifier: Apache-2.0 */
/* Query and Scan: items of one partition of a table or an index in the order of the sort key, or
 * all of them, partition after partition in an order of DynamoDB's own. Wording as AWS answers. */
#include "tests/sandbox/dynamodb_items.h"

enum { PAGE_BYTES = 1024 * 1024 };

struct query {
    struct request *r;
    const char *name;
    const json_t *table, *index; /* index: NULL for the table itself */
    const char *hash, *range;    /* key attributes; range may be NULL */
    struct expressions expressions;
    json_t *key_condition;        /* owned; NULL: a scan */
    json_t *filter, *projection;  /* owned */
    json_int_t segment, segments; /* of a scan: this one of so many */
};

static bool fail(const struct query *q, const char *problem, struct answer *reterr)
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
    if (key != NULL)
        q->key_condition = expression_condition(e, "KeyConditionExpression", key);
    if (filter != NULL && e->problem == NULL)
        q->filter = expression_condition(e, "FilterExpression", filter);
    if (projection != NULL && e->problem == NULL)
        q->projection = expression_projection(e, projection);
    if (e->problem == NULL)
        expressions_used_up(e);
    if (e->problem != NULL)
        return fail(q, e->problem, reterr);
    const char *problem = key != NULL ? key_condition_problem(q, q->key_condition) : NULL;
    return problem == NULL || fail(q, problem, reterr);
}

/* What Select allows beside a projection and an index. */
static const char *select_problem(const struct query *q)
{
    const char *select = member_str(q->r->args, "Select");
    bool projects = q->projection != NULL;
    if (select == NULL)
        return NULL;
    if (strcmp(select, "ALL_ATTRIBUTES") == 0 && projects)
        return "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES";
    if (strcmp(select, "COUNT") == 0 && projects)
        return "Cannot specify the ProjectionExpression when choosing to get only the Count";
    if (strcmp(select, "SPECIFIC_ATTRIBUTES") == 0 && !projects)
        return "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
               "SPECIFIC_ATTRIBUTES";
    if (strcmp(select, "ALL_PROJECTED_ATTRIBUTES") == 0 && q->index == NULL)
        return "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName";
    return NULL;
}

static bool read_segments(struct query *q, struct answer *reterr)
{
    const json_t *segment = json_object_get(q->r->args, "Segment");
    const json_t *segments = json_object_get(q->r->args, "TotalSegments");
    if (segment != NULL && segments == NULL)
        return fail(q,
                    "The TotalSegments parameter is required but was not present in the request "
                    "when Segment parameter is present",
                    reterr);
    if (segment == NULL && segments != NULL)
        return fail(q,
                    "The Segment parameter is required but was not present in the request when "
                    "parameter TotalSegments is present",
                    reterr);
    q->segment = json_integer_value(segment);
    q->segments = segments != NULL ? json_integer_value(segments) : 1;
    if (q->segment < q->segments)
        return true;
    *reterr = dynamodb_invalid(q->r,
                               "The Segment parameter is zero-based and must be less than "
                               "parameter TotalSegments: Segment: %lld is not less than "
                               "TotalSegments: %lld",
                               (long long)q->segment, (long long)q->segments);
    return false;
}

/* ---- finding and ordering ---- */

struct found {
    const char *key; /* breaks ties, so that paging is exact */
    const json_t *item, *range;
    uint32_t place; /* of the item's partition among all, in a scan */
};

static int by_place(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = 0;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (x->range != NULL && y->range != NULL && value_compare(x->range, y->range, &order) &&
        order != 0)
        return order;
    return strcmp(x->key, y->key);
}

/* Where a partition stands: FNV-1a, mixed so that the high bits, which choose the segment, are as
 * good as the low ones. */
static uint32_t place_of(const json_t *hash)
{
    uint64_t h = 0xcbf29ce484222325;
    const char *text = json_string_value(value_inside(hash));
    for (const char *at = text; at != NULL && *at != '\0'; at++)
        h = (h ^ (unsigned char)*at) * 0x100000001b3;
    h = (h ^ h >> 31) * 0x9e3779b97f4a7c15;
    return (uint32_t)(h >> 32);
}

static struct found found_of(const struct query *q, const char *key, const json_t *item)
{
    bool scan = q->key_condition == NULL;
    return (struct found){ .key = key,
                           .item = item,
                           .range = q->range != NULL ? json_object_get(item, q->range) : NULL,
                           .place = scan ? place_of(json_object_get(item, q->hash)) : 0 };
}

static bool in_segment(const struct query *q, const struct found *f)
{
    return (json_int_t)(((uint64_t)f->place * (uint64_t)q->segments) >> 32) == q->segment;
}

static bool has_keys(const struct query *q, const json_t *item)
{
    return json_object_get(item, q->hash) != NULL &&
           (q->range == NULL || json_object_get(item, q->range) != NULL);
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
        if (item == NULL || !has_keys(q, item))
            continue;
        struct found found = found_of(q, key, item);
        if (q->key_condition != NULL ? evaluate_condition(q->key_condition, item)
                                     : in_segment(q, &found))
            all[n++] = found;
    }
    qsort(all, n, sizeof(*all), by_place);
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

/* The position behind ExclusiveStartKey in the order of reading; the item itself may be gone. False
 * with *reterr when it is no key of this table or index. */
static bool first_after(const struct query *q, const struct found *all, size_t n, bool forward,
                        size_t *ret, struct answer *reterr)
{
    json_auto_t *start = member_copy(json_object_get(q->r->args, "ExclusiveStartKey"));
    *ret = 0;
    if (start == NULL)
        return true;
    json_auto_t *exact = items_key_of(q->table, q->index, start);
    struct answer ignored = { 0 };
    autofree char *key = values_problem(start) == NULL && json_equal(exact, start) &&
                                 has_keys(q, start)
                             ? items_key(q->r, q->table, start, false, &ignored)
                             : NULL;
    answer_clear(&ignored);
    if (key == NULL)
        return fail(q, "The provided starting key is invalid", reterr);
    struct found from = found_of(q, key, start);
    if (q->key_condition == NULL && !in_segment(q, &from))
        return fail(q,
                    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                    "ExclusiveStartKey with correct Segment.",
                    reterr);
    while (*ret < n &&
           (forward ? by_place(&all[*ret], &from) <= 0 : by_place(&all[n - 1 - *ret], &from) >= 0))
        ++*ret;
    return true;
}

static struct answer read_page(struct query *q)
{
    size_t n, bytes = 0, scanned = 0;
    autofree struct found *all = collect(q, &n);
    bool forward = !json_is_false(json_object_get(q->r->args, "ScanIndexForward"));
    size_t limit = (size_t)member_int(q->r->args, "Limit"), i;
    struct answer error;
    if (!first_after(q, all, n, forward, &i, &error))
        return error;
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

static struct answer answer_reading(struct query *q)
{
    struct answer answer;
    const struct request *r = q->r;
    json_auto_t *values = member_copy(json_object_get(r->args, "ExpressionAttributeValues"));
    const char *problem = values_problem(values);
    expressions_init(&q->expressions, r->args);
    if (problem != NULL)
        fail(q, problem, &answer);
    else if (items_modern(r, &answer) &&
             (q->table = items_table(q->r, &q->name, &answer)) != NULL && find_index(q, &answer) &&
             read_expressions(q, values, &answer) &&
             ((problem = select_problem(q)) == NULL || fail(q, problem, &answer)) &&
             (!member_true(r->args, "ConsistentRead") ||
              replication_readable(q->r, q->table, &answer)))
        answer = read_page(q);
    json_decref(q->key_condition);
    json_decref(q->filter);
    json_decref(q->projection);
    expressions_clear(&q->expressions);
    return answer;
}

struct answer query_items(struct request *r)
{
    struct query q = { .r = r };
    if (member_str(r->args, "KeyConditionExpression") == NULL)
        return dynamodb_invalid(r, "Either the KeyConditions or KeyConditionExpression parameter "
                                   "must be specified in the request.");
    return answer_reading(&q);
}

struct answer scan_items(struct request *r)
{
    struct query q = { .r = r };
    struct answer error;
    return read_segments(&q, &error) ? answer_reading(&q) : error;
}
