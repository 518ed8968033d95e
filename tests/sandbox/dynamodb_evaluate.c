/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying expressions out on items. */
#include "tests/sandbox/dynamodb_expression.h"
#include "tests/sandbox/dynamodb_value.h"

static json_t *part(const json_t *tree, size_t i)
{
    return json_array_get(tree, i);
}

/* ---- paths ---- */

/* One step down: into a map by name, into a list by index. */
static json_t *step(const json_t *value, const json_t *by)
{
    if (json_is_string(by))
        return json_object_get(json_object_get(value, "M"), json_string_value(by));
    return json_array_get(json_object_get(value, "L"), (size_t)json_integer_value(by));
}

/* The value behind the first n steps of a path. */
static json_t *walk(const json_t *path, size_t n, const json_t *item)
{
    json_t *value = json_object_get(item, json_string_value(part(path, 0)));
    for (size_t i = 1; i < n && value != NULL; i++)
        value = step(value, part(path, i));
    return value;
}

json_t *evaluate_path(const json_t *path, const json_t *item)
{
    return walk(path, json_array_size(path), item);
}

/* ---- conditions ---- */

static json_int_t size_of(const json_t *value)
{
    const json_t *inside = value_inside(value);
    if (json_is_string(inside))
        return (json_int_t)json_string_length(inside);
    return (json_int_t)(json_is_object(inside) ? json_object_size(inside)
                                               : json_array_size(inside));
}

/* The value of an operand, as a new reference; NULL when there is none. */
static json_t *operand_value(const json_t *operand, const json_t *item)
{
    if (json_is_array(operand)) { /* ["size", path] */
        json_auto_t *of = operand_value(part(operand, 1), item);
        return of != NULL
                   ? json_pack("{s:o}", "N", json_sprintf("%" JSON_INTEGER_FORMAT, size_of(of)))
                   : NULL;
    }
    json_t *path = json_object_get(operand, "path");
    return json_incref(path != NULL ? evaluate_path(path, item)
                                    : json_object_get(operand, "value"));
}

static bool compare_with(const char *op, const json_t *a, const json_t *b)
{
    int order;
    if (strcmp(op, "=") == 0)
        return a != NULL && b != NULL && json_equal(a, b);
    if (strcmp(op, "<>") == 0)
        return a == NULL || b == NULL || !json_equal(a, b);
    if (a == NULL || b == NULL || !value_compare(a, b, &order))
        return false;
    return op[0] == '<' ? (op[1] == '=' ? order <= 0 : order < 0)
                        : (op[1] == '=' ? order >= 0 : order > 0);
}

static bool contains(const json_t *value, const json_t *wanted)
{
    const json_t *inside = value_inside(value), *what = value_inside(wanted);
    const char *type = value_type(value), *of = value_type(wanted);
    size_t i;
    json_t *each;
    if (str_eq(type, "S"))
        return str_eq(of, "S") && strstr(json_string_value(inside), json_string_value(what));
    bool set = type != NULL && strlen(type) == 2 && type[1] == 'S';
    if (set && (of == NULL || of[0] != type[0] || of[1] != '\0'))
        return false;
    json_array_foreach(inside, i, each) if (json_equal(each, set ? what : wanted)) return true;
    return false;
}

static bool call(const char *function, const json_t *tree, const json_t *item)
{
    json_auto_t *a = operand_value(part(tree, 1), item);
    json_auto_t *b = part(tree, 2) != NULL ? operand_value(part(tree, 2), item) : NULL;
    if (strcmp(function, "attribute_exists") == 0)
        return a != NULL;
    if (strcmp(function, "attribute_not_exists") == 0)
        return a == NULL;
    if (a == NULL || b == NULL)
        return false;
    const char *text = json_string_value(value_inside(b));
    if (strcmp(function, "attribute_type") == 0)
        return str_eq(value_type(a), text);
    if (strcmp(function, "begins_with") == 0)
        return str_eq(value_type(a), value_type(b)) && text != NULL &&
               str_prefix(json_string_value(value_inside(a)), text);
    return contains(a, b);
}

static bool between(const json_t *tree, const json_t *item)
{
    json_auto_t *value = operand_value(part(tree, 1), item);
    json_auto_t *low = operand_value(part(tree, 2), item);
    json_auto_t *high = operand_value(part(tree, 3), item);
    return compare_with(">=", value, low) && compare_with("<=", value, high);
}

static bool one_of(const json_t *tree, const json_t *item)
{
    json_auto_t *value = operand_value(part(tree, 1), item);
    for (size_t i = 2; i < json_array_size(tree); i++) {
        json_auto_t *each = operand_value(part(tree, i), item);
        if (compare_with("=", value, each))
            return true;
    }
    return false;
}

bool evaluate_condition(const json_t *tree, const json_t *item)
{
    const char *op = json_string_value(part(tree, 0));
    if (strcmp(op, "and") == 0)
        return evaluate_condition(part(tree, 1), item) && evaluate_condition(part(tree, 2), item);
    if (strcmp(op, "or") == 0)
        return evaluate_condition(part(tree, 1), item) || evaluate_condition(part(tree, 2), item);
    if (strcmp(op, "not") == 0)
        return !evaluate_condition(part(tree, 1), item);
    if (strcmp(op, "between") == 0)
        return between(tree, item);
    if (strcmp(op, "in") == 0)
        return one_of(tree, item);
    if (op[0] == '=' || op[0] == '<' || op[0] == '>') {
        json_auto_t *a = operand_value(part(tree, 1), item);
        json_auto_t *b = operand_value(part(tree, 2), item);
        return compare_with(op, a, b);
    }
    return call(op, tree, item);
}

/* ---- writing at paths ---- */

/* The JSON container that holds the last step of a path; NULL when the way there is missing. */
static json_t *container(const json_t *path, json_t *item)
{
    size_t n = json_array_size(path);
    if (n == 1)
        return item;
    const json_t *parent = walk(path, n - 1, item);
    return json_object_get(parent, json_is_string(part(path, n - 1)) ? "M" : "L");
}

static bool write_path(const json_t *path, json_t *item, json_t *value)
{
    const json_t *last = part(path, json_array_size(path) - 1);
    json_t *into = container(path, item);
    if (into == NULL)
        return false;
    if (json_is_string(last))
        json_object_set(into, json_string_value(last), value);
    else if ((size_t)json_integer_value(last) < json_array_size(into))
        json_array_set(into, (size_t)json_integer_value(last), value);
    else
        json_array_append(into, value); /* behind the end: at the end */
    return true;
}

static void remove_path(const json_t *path, json_t *item)
{
    const json_t *last = part(path, json_array_size(path) - 1);
    json_t *from = container(path, item);
    if (json_is_string(last))
        json_object_del(from, json_string_value(last));
    else if (from != NULL)
        json_array_remove(from, (size_t)json_integer_value(last));
}

/* Missing maps and lists on the way are made, so that a part keeps its shape. */
static void project_into(const json_t *path, size_t at, const json_t *value, json_t *out,
                         const char *name)
{
    if (at == json_array_size(path)) {
        if (json_is_array(out))
            json_array_append_new(out, member_copy(value));
        else
            json_object_set_new(out, name, member_copy(value));
        return;
    }
    const json_t *by = part(path, at);
    const char *type = json_is_string(by) ? "M" : "L";
    json_t *holder = json_is_array(out) ? NULL : json_object_get(out, name);
    if (holder == NULL) {
        holder = json_pack("{s:o}", type, json_is_string(by) ? json_object() : json_array());
        if (json_is_array(out))
            json_array_append_new(out, holder);
        else
            json_object_set_new(out, name, holder);
    }
    project_into(path, at + 1, value, json_object_get(holder, type), json_string_value(by));
}

json_t *evaluate_projection(const json_t *paths, const json_t *item)
{
    json_t *out = json_object(), *path;
    size_t i;
    json_array_foreach(paths, i, path)
    {
        const json_t *value = evaluate_path(path, item);
        if (value != NULL)
            project_into(path, 1, value, out, json_string_value(part(path, 0)));
    }
    return out;
}

/* ---- updates ---- */

static const char no_attribute[] =
    "The provided expression refers to an attribute that does not exist in the item";
static const char bad_operand[] = "An operand in the update expression has an incorrect data type";
static const char bad_path[] = "The document path provided in the update expression is invalid for "
                               "update";
static const char too_long[] =
    "Number overflow. Attempting to store a number with magnitude larger "
    "than supported range";

static const char *sum(const json_t *a, const json_t *b, bool subtract, json_t **ret)
{
    char text[NUMBER_TEXT];
    const char *x = member_str(a, "N"), *y = member_str(b, "N");
    if (x == NULL || y == NULL)
        return bad_operand;
    if (!number_add(x, y, subtract, text))
        return too_long;
    *ret = json_pack("{s:s}", "N", text);
    return NULL;
}

static const char *append(const json_t *a, const json_t *b, json_t **ret)
{
    if (json_object_get(a, "L") == NULL || json_object_get(b, "L") == NULL)
        return bad_operand;
    *ret = member_copy(a);
    json_array_extend(json_object_get(*ret, "L"), json_object_get(b, "L"));
    return NULL;
}

/* The value of the right side of a SET, computed from the item as it was. */
static const char *compute(const json_t *tree, const json_t *old, json_t **ret)
{
    const char *op = json_string_value(part(tree, 0)), *problem;
    if (json_is_object(tree)) {
        *ret = operand_value(tree, old);
        return *ret != NULL ? NULL : no_attribute;
    }
    if (strcmp(op, "if_not_exists") == 0) {
        *ret = operand_value(part(tree, 1), old);
        return *ret != NULL ? NULL : compute(part(tree, 2), old, ret);
    }
    json_auto_t *a = NULL, *b = NULL;
    if ((problem = compute(part(tree, 1), old, &a)) != NULL ||
        (problem = compute(part(tree, 2), old, &b)) != NULL)
        return problem;
    return strcmp(op, "list_append") == 0 ? append(a, b, ret) : sum(a, b, op[0] == '-', ret);
}

static const char *apply_set(const json_t *action, const json_t *old, json_t *item)
{
    json_auto_t *value = NULL;
    const char *problem = compute(part(action, 1), old, &value);
    if (problem != NULL)
        return problem;
    json_auto_t *copy = member_copy(value);
    return write_path(part(action, 0), item, copy) ? NULL : bad_path;
}

/* Elements of two sets of one type joined, or those of the second taken out of the first. */
static json_t *combine_sets(const char *type, const json_t *have, const json_t *other, bool join)
{
    json_t *out = json_array(), *each;
    json_auto_t *strike = json_object();
    size_t i;
    json_array_foreach(other, i, each)
        json_object_set_new(strike, json_string_value(each), json_true());
    json_array_foreach(have, i, each) if (json_object_get(strike, json_string_value(each)) == NULL)
        json_array_append(out, each);
    if (join)
        json_array_extend(out, (json_t *)(uintptr_t)other);
    json_t *value = json_pack("{s:o}", type, out);
    if (json_array_size(out) > 0)
        value_problem(value); /* sorts it */
    return value;
}

static const char *apply_add(const json_t *action, const json_t *old, json_t *item)
{
    const json_t *have = evaluate_path(part(action, 0), old);
    const json_t *given = json_object_get(part(action, 1), "value");
    const char *type = value_type(given), *problem = NULL;
    json_auto_t *zero = json_pack("{s:s}", "N", "0"), *result = NULL;
    bool set = strlen(type) == 2 && type[1] == 'S';
    if (strcmp(type, "N") == 0)
        problem = sum(have != NULL ? have : zero, given, false, &result);
    else if (!set || (have != NULL && !str_eq(value_type(have), type)))
        problem = bad_operand;
    else
        result = combine_sets(type, json_object_get(have, type), json_object_get(given, type),
                              true);
    if (problem != NULL)
        return problem;
    return write_path(part(action, 0), item, result) ? NULL : bad_path;
}

static const char *apply_delete(const json_t *action, const json_t *old, json_t *item)
{
    const json_t *have = evaluate_path(part(action, 0), old);
    const json_t *given = json_object_get(part(action, 1), "value");
    const char *type = value_type(given);
    if (strlen(type) != 2 || type[1] != 'S' || (have != NULL && !str_eq(value_type(have), type)))
        return bad_operand;
    if (have == NULL)
        return NULL;
    json_auto_t *left = combine_sets(type, json_object_get(have, type),
                                     json_object_get(given, type), false);
    if (json_array_size(json_object_get(left, type)) == 0)
        remove_path(part(action, 0), item); /* there are no empty sets */
    else
        write_path(part(action, 0), item, left);
    return NULL;
}

const char *evaluate_update(const json_t *update, const json_t *old, json_t *item)
{
    static const struct {
        const char *clause;
        const char *(*apply)(const json_t *action, const json_t *old, json_t *item);
    } clauses[] = { { "SET", apply_set }, { "ADD", apply_add }, { "DELETE", apply_delete } };
    const char *problem;
    size_t i;
    json_t *action;
    for (size_t c = 0; c < ARRAY_SIZE(clauses); c++)
        json_array_foreach(json_object_get(update, clauses[c].clause), i,
                           action) if ((problem = clauses[c].apply(action, old, item)) !=
                                       NULL) return problem;
    /* From the end, so that removing one element of a list does not move the next. */
    const json_t *removed = json_object_get(update, "REMOVE");
    for (i = json_array_size(removed); i-- > 0;)
        remove_path(json_array_get(removed, i), item);
    return NULL;
}
