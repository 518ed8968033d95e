/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/validate.h"

#include "aws/codec.h"
#include "aws/pattern.h"
#include "daemon/base/nearest.h"

#include <errno.h>

/* Where we are in the document: a chain on the stack, spelt out only when something is wrong. */
struct place {
    const struct place *up;
    const char *key; /* NULL: an index */
    size_t index;
};

static void spell(const struct place *at, struct buffer *out)
{
    if (at == NULL)
        return;
    spell(at->up, out);
    if (at->key == NULL)
        buffer_printf(out, "/%zu", at->index);
    else
        buffer_printf(out, "/%s", at->key);
}

static int wrong(const struct place *at, struct problem *p, const char *format, ...) PRINTF(3, 4);
static int wrong(const struct place *at, struct problem *p, const char *format, ...)
{
    struct buffer pointer = { 0 };
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    spell(at, &pointer);
    autofree char *path = buffer_take(&pointer);
    problem_set(p, path, "%s", text);
    return -EINVAL;
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return value == NULL ? "nothing" : names[json_typeof(value)];
}

static int check(const struct shape *s, const json_t *value, const struct place *at,
                 struct problem *p);

static int unknown_member(const struct shape *s, const char *key, const struct place *at,
                          struct problem *p)
{
    struct nearest nearest;
    nearest_init(&nearest, key);
    for (size_t i = 0; i < s->n_members; i++)
        nearest_offer(&nearest, s->members[i].name);
    (void)wrong(at, p, "unknown member");
    if (nearest.best != NULL)
        problem_remedy(p, "Did you mean %s?", nearest.best);
    return -EINVAL;
}

static int check_structure(const struct shape *s, const json_t *value, const struct place *at,
                           struct problem *p)
{
    const char *key;
    const json_t *inner;
    if (!json_is_object(value))
        return wrong(at, p, "expected an object, not %s", type_name(value));
    json_object_foreach((json_t *)(uintptr_t)value, key, inner)
    {
        const struct place here = { at, key, 0 };
        const struct member *m = model_member(s, key);
        if (m == NULL)
            return unknown_member(s, key, &here, p);
        if (check(m->shape, inner, &here, p) != 0)
            return -EINVAL;
    }
    for (size_t i = 0; i < s->n_members; i++) {
        const struct member *m = &s->members[i];
        const struct place here = { at, m->name, 0 };
        if (m->required && !m->idempotency_token && json_object_get(value, m->name) == NULL)
            return wrong(&here, p, "required, but missing");
    }
    if (s->is_union && json_object_size(value) != 1)
        return wrong(at, p, "exactly one member must be set, not %zu", json_object_size(value));
    return 0;
}

/* `what` is counted: "elements", "characters", "bytes", or NULL for a number's own value. */
static int check_range(const struct shape *s, int64_t n, const char *what, const struct place *at,
                       struct problem *p)
{
    const char *space = what == NULL ? "" : " ";
    if (what == NULL)
        what = "";
    if (s->has_min && n < s->min)
        return wrong(at, p, "%jd%s%s is below the least, %jd", (intmax_t)n, space, what,
                     (intmax_t)s->min);
    if (s->has_max && n > s->max)
        return wrong(at, p, "%jd%s%s is above the most, %jd", (intmax_t)n, space, what,
                     (intmax_t)s->max);
    return 0;
}

static int check_list(const struct shape *s, const json_t *value, const struct place *at,
                      struct problem *p)
{
    if (!json_is_array(value))
        return wrong(at, p, "expected a list, not %s", type_name(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct place here = { at, NULL, i };
        if (check(s->element->shape, json_array_get(value, i), &here, p) != 0)
            return -EINVAL;
    }
    return check_range(s, (int64_t)json_array_size(value), "elements", at, p);
}

static int check_map(const struct shape *s, const json_t *value, const struct place *at,
                     struct problem *p)
{
    const char *key;
    const json_t *inner;
    if (!json_is_object(value))
        return wrong(at, p, "expected an object, not %s", type_name(value));
    json_object_foreach((json_t *)(uintptr_t)value, key, inner)
    {
        const struct place here = { at, key, 0 };
        json_auto_t *name = json_string(key);
        if (check(s->key->shape, name, &here, p) != 0 ||
            check(s->value->shape, inner, &here, p) != 0)
            return -EINVAL;
    }
    return check_range(s, (int64_t)json_object_size(value), "entries", at, p);
}

/* Characters, not bytes: AWS counts what a person would. */
static int64_t utf8_length(const char *text)
{
    int64_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static int check_string(const struct shape *s, const json_t *value, const struct place *at,
                        struct problem *p)
{
    if (!json_is_string(value))
        return wrong(at, p, "expected a string, not %s", type_name(value));
    const char *text = json_string_value(value);
    if (s->values != NULL) {
        const char *const *v = s->values;
        while (*v != NULL && !str_eq(*v, text))
            v++;
        if (*v == NULL)
            return wrong(at, p, "'%.64s' is none of the values that AWS knows here (%s, …)", text,
                         s->values[0]);
    }
    if (check_range(s, utf8_length(text), "characters", at, p) != 0)
        return -EINVAL;
    if (s->pattern != NULL && !pattern_matches(s->pattern, text))
        return wrong(at, p, "'%.64s' does not match %.128s", text, s->pattern);
    return 0;
}

static int check_blob(const struct shape *s, const json_t *value, const struct place *at,
                      struct problem *p)
{
    size_t n;
    autofree char *bytes = json_is_string(value) ? codec_base64_decode(json_string_value(value), &n)
                                                 : NULL;
    if (bytes == NULL)
        return wrong(at, p, "expected base64 text, not %s", type_name(value));
    return check_range(s, (int64_t)n, "bytes", at, p);
}

static int check_integer(const struct shape *s, const json_t *value, const struct place *at,
                         struct problem *p)
{
    if (!json_is_integer(value))
        return wrong(at, p, "expected a whole number, not %s", type_name(value));
    json_int_t n = json_integer_value(value);
    if (s->type == SHAPE_INTEGER && (n < INT32_MIN || n > INT32_MAX))
        return wrong(at, p, "%jd does not fit in 32 bits", (intmax_t)n);
    return check_range(s, n, NULL, at, p);
}

static int check_number(const struct shape *s, const json_t *value, const struct place *at,
                        struct problem *p)
{
    if (!json_is_number(value))
        return wrong(at, p, "expected a number, not %s", type_name(value));
    double n = json_number_value(value);
    if ((s->has_min && n < (double)s->min) || (s->has_max && n > (double)s->max))
        return wrong(at, p, "%g is out of range", n);
    return 0;
}

static int check(const struct shape *s, const json_t *value, const struct place *at,
                 struct problem *p)
{
    switch (s->type) {
    case SHAPE_STRUCTURE:
        return s->document ? 0 : check_structure(s, value, at, p);
    case SHAPE_LIST:
        return check_list(s, value, at, p);
    case SHAPE_MAP:
        return check_map(s, value, at, p);
    case SHAPE_STRING:
        return check_string(s, value, at, p);
    case SHAPE_BLOB:
        return check_blob(s, value, at, p);
    case SHAPE_BOOLEAN:
        return json_is_boolean(value)
                   ? 0
                   : wrong(at, p, "expected true or false, not %s", type_name(value));
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return check_integer(s, value, at, p);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return check_number(s, value, at, p);
    case SHAPE_TIMESTAMP:
        return json_is_integer(value)
                   ? 0
                   : wrong(at, p, "expected milliseconds since 1970, not %s", type_name(value));
    }
    return 0;
}

int validate_input(const struct shape *shape, const json_t *value, struct problem *reterr)
{
    static const struct shape nothing = { .name = "nothing", .type = SHAPE_STRUCTURE };
    *reterr = (struct problem){ 0 };
    if (shape == NULL && value == NULL)
        return 0;
    return check(shape == NULL ? &nothing : shape, value, NULL, reterr);
}
