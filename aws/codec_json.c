/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_internal.h"

enum { JSON_DEPTH_MAX = 64 };

static bool is_container(const struct member *m)
{
    return m->shape->type == SHAPE_STRUCTURE || m->shape->type == SHAPE_LIST ||
           m->shape->type == SHAPE_MAP;
}

/* ---- writing ---- */

static bool write_members(const struct shape *shape, const json_t *value, json_t *out,
                          struct problem *problem)
{
    const char *name;
    json_t *item;
    json_object_foreach(codec_iterable(value), name, item)
    {
        const struct member *m = model_member(shape, name);
        if (m == NULL) {
            problem_set(problem, "", "%s has no such member", shape->name);
            return codec_under(problem, name);
        }
        if (m->location != IN_BODY || json_is_null(item))
            continue;
        json_t *wire = codec_json_write(m, item, problem);
        if (wire == NULL)
            return codec_under(problem, name);
        json_object_set_new(out, m->wire, wire);
    }
    return true;
}

static bool write_map(const struct member *m, const json_t *value, json_t *out,
                      struct problem *problem)
{
    const char *key;
    json_t *item;
    json_object_foreach(codec_iterable(value), key, item)
    {
        json_t *wire = codec_json_write(m->shape->value, item, problem);
        if (wire == NULL)
            return codec_under(problem, key);
        json_object_set_new(out, key, wire);
    }
    return true;
}

static bool write_list(const struct member *m, const json_t *value, json_t *out,
                       struct problem *problem)
{
    size_t i;
    json_t *item;
    json_array_foreach(codec_iterable(value), i, item)
    {
        json_t *wire = codec_json_write(m->shape->element, item, problem);
        if (wire == NULL)
            return codec_under_index(problem, i);
        json_array_append_new(out, wire);
    }
    return true;
}

json_t *codec_json_write(const struct member *m, const json_t *value, struct problem *problem)
{
    if (m->shape->document)
        return json_deep_copy(value);
    if (!is_container(m))
        return codec_value_to_json(m, value, problem);
    bool list = m->shape->type == SHAPE_LIST;
    if (list ? !json_is_array(value) : !json_is_object(value)) {
        problem_set(problem, "", "is %s, not %s", codec_kind(value), list ? "a list" : "an object");
        return NULL;
    }
    json_t *out = list ? json_array() : json_object();
    bool good = list                          ? write_list(m, value, out, problem)
                : m->shape->type == SHAPE_MAP ? write_map(m, value, out, problem)
                                              : write_members(m->shape, value, out, problem);
    if (good)
        return out;
    json_decref(out);
    return NULL;
}

/* ---- reading ---- */

static const struct member *by_wire_name(const struct shape *shape, const char *wire)
{
    for (size_t i = 0; i < shape->n_members; i++)
        if (shape->members[i].location == IN_BODY && strcmp(shape->members[i].wire, wire) == 0)
            return &shape->members[i];
    return NULL;
}

static bool read_members(const struct shape *shape, const json_t *wire, bool strict, json_t *out,
                         struct problem *problem)
{
    const char *name;
    json_t *item;
    json_object_foreach(codec_iterable(wire), name, item)
    {
        const struct member *m = by_wire_name(shape, name);
        if (m == NULL && strict) {
            problem_set(problem, "", "%s has no such member", shape->name);
            return codec_under(problem, name);
        }
        if (m == NULL || json_is_null(item))
            continue;
        json_t *value = codec_json_read(m, item, strict, problem);
        if (value == NULL)
            return codec_under(problem, name);
        json_object_set_new(out, m->name, value);
    }
    return true;
}

static bool read_map(const struct member *m, const json_t *wire, bool strict, json_t *out,
                     struct problem *problem)
{
    const char *key;
    json_t *item;
    json_object_foreach(codec_iterable(wire), key, item)
    {
        if (json_is_null(item))
            continue;
        json_t *value = codec_json_read(m->shape->value, item, strict, problem);
        if (value == NULL)
            return codec_under(problem, key);
        json_object_set_new(out, key, value);
    }
    return true;
}

static bool read_list(const struct member *m, const json_t *wire, bool strict, json_t *out,
                      struct problem *problem)
{
    size_t i;
    json_t *item;
    json_array_foreach(codec_iterable(wire), i, item)
    {
        json_t *value = json_is_null(item)
                            ? json_null()
                            : codec_json_read(m->shape->element, item, strict, problem);
        if (value == NULL)
            return codec_under_index(problem, i);
        json_array_append_new(out, value);
    }
    return true;
}

json_t *codec_json_read(const struct member *m, const json_t *wire, bool strict,
                        struct problem *problem)
{
    if (m->shape->document)
        return json_deep_copy(wire);
    if (!is_container(m))
        return codec_value_from_json(m, wire, problem);
    bool list = m->shape->type == SHAPE_LIST;
    if (list ? !json_is_array(wire) : !json_is_object(wire)) {
        problem_set(problem, "", "is %s, not %s", codec_kind(wire), list ? "a list" : "an object");
        return NULL;
    }
    json_t *out = list ? json_array() : json_object();
    bool good = list                          ? read_list(m, wire, strict, out, problem)
                : m->shape->type == SHAPE_MAP ? read_map(m, wire, strict, out, problem)
                                              : read_members(m->shape, wire, strict, out, problem);
    if (good)
        return out;
    json_decref(out);
    return NULL;
}

/* ---- text ---- */

/* Looks at brackets outside strings only; whether they match is the parser's business. */
static bool too_deep(const char *bytes, size_t n)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

json_t *codec_json_parse(const char *bytes, size_t n, struct problem *problem)
{
    json_error_t error;
    if (too_deep(bytes, n)) {
        problem_set(problem, "", "is JSON nested deeper than %d levels", JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *value = json_loadb(bytes, n, JSON_DECODE_ANY, &error);
    if (value == NULL) {
        char excerpt[80];
        codec_excerpt(bytes, n, excerpt);
        problem_set(problem, "", "is not JSON (line %d, column %d: %s): %s", error.line,
                    error.column, error.text, excerpt);
    }
    return value;
}
