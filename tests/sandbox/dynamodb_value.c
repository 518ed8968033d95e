/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/dynamodb_value.h"

#include "aws/codec.h"

enum { DEPTH_MAX = 32 };

const char *value_type(const json_t *value)
{
    return json_object_iter_key(json_object_iter((json_t *)(uintptr_t)value));
}

json_t *value_inside(const json_t *value)
{
    return json_object_iter_value(json_object_iter((json_t *)(uintptr_t)value));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

/* Sets have no order, so one is chosen. */
static void sort_set(json_t *set)
{
    size_t n = json_array_size(set);
    autofree json_t **items = xcalloc(n, sizeof(json_t *));
    for (size_t i = 0; i < n; i++)
        items[i] = json_incref(json_array_get(set, i));
    qsort(items, n, sizeof(json_t *), by_text);
    for (size_t i = 0; i < n; i++)
        json_array_set_new(set, i, items[i]);
}

static const char bad_number[] = "The parameter cannot be converted to a numeric value";

static const char *set_problem(json_t *set, bool numbers)
{
    size_t i;
    json_t *each;
    if (json_array_size(set) == 0)
        return "One or more parameter values were invalid: An set may not be empty";
    json_array_foreach(set, i, each)
    {
        char text[NUMBER_TEXT];
        if (!numbers)
            continue;
        if (!number_canonical(json_string_value(each), text))
            return bad_number;
        json_array_set_new(set, i, json_string(text));
    }
    sort_set(set);
    for (i = 1; i < json_array_size(set); i++)
        if (json_equal(json_array_get(set, i - 1), json_array_get(set, i)))
            return "One or more parameter values were invalid: Input collection contains "
                   "duplicates.";
    return NULL;
}

static const char *deep_problem(json_t *value, int depth)
{
    if (json_object_size(value) != 1)
        return json_object_size(value) == 0
                   ? "Supplied AttributeValue is empty, must contain exactly one of the supported "
                     "datatypes"
                   : "Supplied AttributeValue has more than one datatypes set, must contain "
                     "exactly "
                     "one of the supported datatypes";
    if (depth > DEPTH_MAX)
        return "Nesting Levels have exceeded supported limits";
    const char *type = value_type(value), *problem = NULL, *key;
    json_t *inside = value_inside(value), *each;
    size_t i;
    if (strcmp(type, "N") == 0) {
        char text[NUMBER_TEXT];
        if (!number_canonical(json_string_value(inside), text))
            return bad_number;
        member_set_str(value, "N", text);
    } else if (strcmp(type, "NULL") == 0 && !json_is_true(inside)) {
        return "One or more parameter values were invalid: Null attribute value types must have "
               "the value of true";
    } else if (strlen(type) == 2 && type[1] == 'S') {
        return set_problem(inside, type[0] == 'N');
    } else if (strcmp(type, "M") == 0) {
        json_object_foreach(inside, key, each) if (problem == NULL)
            problem = deep_problem(each, depth + 1);
    } else if (strcmp(type, "L") == 0) {
        json_array_foreach(inside, i, each) if (problem == NULL)
            problem = deep_problem(each, depth + 1);
    }
    return problem;
}

const char *value_problem(json_t *value)
{
    return deep_problem(value, 1);
}

const char *values_problem(json_t *attributes)
{
    const char *name, *problem = NULL;
    json_t *value;
    json_object_foreach(attributes, name, value) if (problem == NULL)
        problem = value_problem(value);
    return problem;
}

static int compare_bytes(const char *a, const char *b)
{
    size_t n, m;
    autofree char *x = codec_base64_decode(a, &n), *y = codec_base64_decode(b, &m);
    int order = memcmp(x, y, n < m ? n : m);
    return order != 0 ? order : (n > m) - (n < m);
}

bool value_compare(const json_t *a, const json_t *b, int *ret)
{
    const char *type = value_type(a);
    if (a == NULL || b == NULL || !str_eq(type, value_type(b)))
        return false;
    const char *x = json_string_value(value_inside(a)), *y = json_string_value(value_inside(b));
    if (strcmp(type, "S") == 0)
        *ret = strcmp(x, y);
    else if (strcmp(type, "N") == 0)
        *ret = number_compare(x, y);
    else if (strcmp(type, "B") == 0)
        *ret = compare_bytes(x, y);
    else
        return false;
    return true;
}

static size_t value_size(const json_t *value)
{
    json_t *inside = value_inside(value), *each;
    size_t n = 0, i;
    if (json_is_string(inside))
        return json_string_length(inside);
    if (json_is_object(inside))
        return 3 + values_size(inside);
    json_array_foreach(inside, i, each)
        n += 1 + (json_is_string(each) ? json_string_length(each) : value_size(each));
    return 1 + n;
}

size_t values_size(const json_t *attributes)
{
    size_t n = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)attributes, name, value)
        n += strlen(name) + value_size(value);
    return n;
}
