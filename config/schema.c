/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include "config/place.h"
#include "daemon/base/nearest.h"

const char *schema_type_name(enum schema_type type)
{
    switch (type) {
    case SCHEMA_STRING:
        return "text";
    case SCHEMA_INTEGER:
        return "a whole number";
    case SCHEMA_NUMBER:
        return "a number";
    case SCHEMA_BOOL:
        return "true or false";
    case SCHEMA_ENUM:
        return "a word";
    case SCHEMA_OBJECT:
    case SCHEMA_MAP:
        return "an object";
    case SCHEMA_LIST:
        return "a list";
    }
    return "";
}

bool schema_is_comment(const char *key)
{
    return str_prefix(key, "//");
}

static const char *what_it_is(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    }
    return "";
}

static bool type_fits(enum schema_type type, const json_t *value)
{
    switch (type) {
    case SCHEMA_STRING:
    case SCHEMA_ENUM:
        return json_is_string(value);
    case SCHEMA_INTEGER:
        return json_is_integer(value);
    case SCHEMA_NUMBER:
        return json_is_number(value);
    case SCHEMA_BOOL:
        return json_is_boolean(value);
    case SCHEMA_OBJECT:
    case SCHEMA_MAP:
        return json_is_object(value);
    case SCHEMA_LIST:
        return json_is_array(value);
    }
    return false;
}

static void check_value(const struct schema *schema, const json_t *value, const char *pointer,
                        struct problems *problems);

/* Numbers keep their decimals out of the messages: limits are whole. */
static void check_range(const struct schema *schema, double value, const char *shown,
                        const char *pointer, struct problems *problems)
{
    if (schema->min == 0 && schema->max == 0)
        return;
    if (value < (double)schema->min)
        problems_add(problems, pointer, "%s is below %" JSON_INTEGER_FORMAT, shown, schema->min);
    else if (value > (double)schema->max)
        problems_add(problems, pointer, "%s is above %" JSON_INTEGER_FORMAT, shown, schema->max);
    else
        return;
    problem_remedy(&problems->items[problems->n - 1],
                   "Use %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT ".", schema->min,
                   schema->max);
}

static void check_count(const struct schema *schema, size_t n, const char *of, const char *pointer,
                        struct problems *problems)
{
    if (schema->min == 0 && schema->max == 0)
        return;
    if (n == 0 && schema->min > 0)
        problems_add(problems, pointer, "is empty");
    else if ((json_int_t)n < schema->min)
        problems_add(problems, pointer, "has %zu %s; at least %" JSON_INTEGER_FORMAT " are needed",
                     n, of, schema->min);
    else if ((json_int_t)n > schema->max)
        problems_add(problems, pointer, "has %zu %s; at most %" JSON_INTEGER_FORMAT " are allowed",
                     n, of, schema->max);
}

static void check_text(const struct schema *schema, const json_t *value, const char *pointer,
                       struct problems *problems)
{
    const char *text = json_string_value(value);
    size_t before = problems->n;
    check_count(schema, strlen(text), "bytes", pointer, problems);
    const char *fault = schema->rule == NULL ? NULL : schema->rule(text);
    if (fault != NULL && problems->n == before)
        problems_add(problems, pointer, "\"%.100s\" %s", text, fault);
}

static void check_word(const struct schema *schema, const json_t *value, const char *pointer,
                       struct problems *problems)
{
    const char *text = json_string_value(value);
    struct nearest nearest;
    struct buffer all = { 0 };
    nearest_init(&nearest, text);
    for (const char *const *word = schema->words; *word != NULL; word++) {
        if (str_eq(*word, text)) {
            buffer_clear(&all);
            return;
        }
        nearest_offer(&nearest, *word);
        buffer_printf(&all, "%s%s", all.used == 0 ? "" : word[1] == NULL ? " or " : ", ", *word);
    }
    struct problem *p = problems_add(problems, pointer, "\"%.60s\" is not one of %s", text,
                                     all.used == 0 ? "nothing" : all.text);
    if (nearest.best != NULL)
        problem_remedy(p, "Did you mean \"%s\"?", nearest.best);
    buffer_clear(&all);
}

static void check_map(const struct schema *schema, const json_t *value, const char *pointer,
                      struct problems *problems)
{
    size_t n = 0;
    json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators are not const */
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        const char *key = json_object_iter_key(it);
        if (schema_is_comment(key))
            continue;
        autofree char *below = place_key(pointer, key);
        const char *fault = schema->rule == NULL ? NULL : schema->rule(key);
        if (fault != NULL)
            problems_add(problems, below, "the name \"%.100s\" %s", key, fault);
        check_value(schema->inner, json_object_iter_value(it), below, problems);
        n++;
    }
    check_count(schema, n, "entries", pointer, problems);
}

static void check_list(const struct schema *schema, const json_t *value, const char *pointer,
                       struct problems *problems)
{
    check_count(schema, json_array_size(value), "entries", pointer, problems);
    for (size_t i = 0; i < json_array_size(value); i++) {
        autofree char *below = place_index(pointer, i);
        check_value(schema->inner, json_array_get(value, i), below, problems);
    }
}

static void check_number(const struct schema *schema, const json_t *value, const char *pointer,
                         struct problems *problems)
{
    autofree char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    check_range(schema, json_number_value(value), shown == NULL ? "" : shown, pointer, problems);
}

static void check_value(const struct schema *schema, const json_t *value, const char *pointer,
                        struct problems *problems)
{
    if (!type_fits(schema->type, value)) {
        problems_add(problems, pointer, "is %s; must be %s", what_it_is(value),
                     schema_type_name(schema->type));
        return;
    }
    switch (schema->type) {
    case SCHEMA_STRING:
        check_text(schema, value, pointer, problems);
        break;
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
        check_number(schema, value, pointer, problems);
        break;
    case SCHEMA_BOOL:
        break;
    case SCHEMA_ENUM:
        check_word(schema, value, pointer, problems);
        break;
    case SCHEMA_OBJECT:
        (void)schema_check(schema->inner, value, pointer, problems);
        break;
    case SCHEMA_MAP:
        check_map(schema, value, pointer, problems);
        break;
    case SCHEMA_LIST:
        check_list(schema, value, pointer, problems);
        break;
    }
}

static const struct schema *row_find(const struct schema *table, const char *key)
{
    for (const struct schema *row = table; row->key != NULL; row++)
        if (str_eq(row->key, key))
            return row;
    return NULL;
}

static void refuse_key(const struct schema *table, const char *key, const char *pointer,
                       struct problems *problems)
{
    struct nearest nearest;
    struct buffer all = { 0 };
    nearest_init(&nearest, key);
    for (const struct schema *row = table; row->key != NULL; row++) {
        nearest_offer(&nearest, row->key);
        buffer_printf(&all, "%s%s", all.used == 0 ? "" : ", ", row->key);
    }
    struct problem *p = problems_add(problems, pointer, "the key \"%.100s\" is not known", key);
    if (nearest.best != NULL)
        problem_remedy(p, "Did you mean \"%s\"?", nearest.best);
    else
        problem_remedy(p, "Known here: %s.", all.used == 0 ? "none" : all.text);
    buffer_clear(&all);
}

static void check_one_of(const struct schema *table, const struct schema *first,
                         const json_t *value, const char *pointer, struct problems *problems)
{
    struct buffer all = { 0 };
    unsigned present = 0;
    for (const struct schema *row = table; row->key != NULL; row++) {
        if (row->one_of != first->one_of)
            continue;
        if (row < first)
            break; /* told already */
        present += json_object_get(value, row->key) != NULL ? 1 : 0;
        buffer_printf(&all, "%s\"%s\"", all.used == 0 ? "" : ", ", row->key);
    }
    if (all.used > 0 && present != 1)
        problems_add(problems, pointer,
                     present == 0 ? "lacks one of %s" : "has more than one of %s", all.text);
    buffer_clear(&all);
}

static void check_presence(const struct schema *table, const json_t *value, const char *pointer,
                           struct problems *problems)
{
    for (const struct schema *row = table; row->key != NULL; row++) {
        if (row->required && json_object_get(value, row->key) == NULL) {
            struct problem *p = problems_add(problems, pointer, "lacks the key \"%s\"", row->key);
            if (row->example != NULL)
                problem_remedy(p, "For example \"%s\": %s.", row->key, row->example);
        }
        if (row->one_of != 0)
            check_one_of(table, row, value, pointer, problems);
    }
}

bool schema_check(const struct schema *table, const json_t *value, const char *pointer,
                  struct problems *reterr)
{
    size_t before = reterr->n;
    json_t *object = (json_t *)(uintptr_t)value; /* as above */
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        const char *key = json_object_iter_key(it);
        if (schema_is_comment(key))
            continue;
        const struct schema *row = row_find(table, key);
        autofree char *below = place_key(pointer, key);
        if (row == NULL)
            refuse_key(table, key, below, reterr);
        else
            check_value(row, json_object_iter_value(it), below, reterr);
    }
    check_presence(table, value, pointer, reterr);
    return reterr->n == before;
}

static json_t *fill_value(const struct schema *schema, const json_t *value)
{
    if (schema->type == SCHEMA_OBJECT)
        return schema_fill(schema->inner, value);
    if (schema->type == SCHEMA_LIST) {
        json_t *copy = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(copy, fill_value(schema->inner, json_array_get(value, i)));
        return copy;
    }
    if (schema->type != SCHEMA_MAP)
        return json_deep_copy(value);
    json_t *copy = json_object();
    json_t *object = (json_t *)(uintptr_t)value; /* as above */
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        const char *key = json_object_iter_key(it);
        if (!schema_is_comment(key))
            json_object_set_new(copy, key, fill_value(schema->inner, json_object_iter_value(it)));
    }
    return copy;
}

json_t *schema_fill(const struct schema *table, const json_t *value)
{
    json_t *copy = json_object();
    for (const struct schema *row = table; row->key != NULL; row++) {
        const json_t *given = json_object_get(value, row->key);
        json_auto_t *otherwise = NULL;
        if (given == NULL && row->otherwise != NULL) {
            otherwise = json_loads(row->otherwise, JSON_DECODE_ANY, NULL);
            assert(otherwise != NULL && type_fits(row->type, otherwise));
            given = otherwise;
        }
        if (given != NULL)
            json_object_set_new(copy, row->key, fill_value(row, given));
    }
    return copy;
}
