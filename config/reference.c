/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reference.h"

/* The next piece of a text: plain bytes, or one reference. */
struct piece {
    const char *plain; /* NULL when it is a reference */
    size_t length;
    struct reference reference;
};

static void reference_parse(const char *text, size_t length, struct reference *ret)
{
    *ret = (struct reference){ 0 };
    str_copy(ret->text, length + 1 < REFERENCE_MAX ? length + 1 : REFERENCE_MAX, text);
    const char *dot = strrchr(ret->text, '.'), *slash = strchr(ret->text, '/');
    if (length >= REFERENCE_MAX || dot == NULL || slash == NULL || slash > dot || dot[1] == '\0')
        return;
    str_copy(ret->id, (size_t)(dot - ret->text) + 1, ret->text);
    str_copy(ret->output, REFERENCE_MAX, dot + 1);
}

/* Takes one piece off *text; false at the end. An opening without its closing brace is a reference
 * that cannot be read. */
static bool piece_next(const char **text, struct piece *ret)
{
    const char *s = *text;
    if (*s == '\0')
        return false;
    if (str_prefix(s, "$${")) {
        *ret = (struct piece){ .plain = s + 1, .length = 2 };
        *text = s + 3;
        return true;
    }
    if (str_prefix(s, "${")) {
        const char *end = strchr(s, '}');
        size_t length = end == NULL ? strlen(s + 2) : (size_t)(end - s) - 2;
        ret->plain = NULL;
        reference_parse(s + 2, length, &ret->reference);
        if (end == NULL)
            ret->reference.id[0] = '\0';
        *text = end == NULL ? s + 2 + length : end + 1;
        return true;
    }
    const char *end = s + 1;
    while (*end != '\0' && *end != '$')
        end++;
    *ret = (struct piece){ .plain = s, .length = (size_t)(end - s) };
    *text = end;
    return true;
}

static bool each_in_text(const char *text, reference_fn *fn, void *context)
{
    struct piece piece;
    if (strchr(text, '$') == NULL)
        return true;
    while (piece_next(&text, &piece))
        if (piece.plain == NULL && !fn(context, &piece.reference))
            return false;
    return true;
}

static bool each_in_value(const json_t *value, reference_fn *fn, void *context)
{
    if (json_is_string(value))
        return each_in_text(json_string_value(value), fn, context);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!each_in_value(json_array_get(value, i), fn, context))
            return false;
    json_t *object = (json_t *)(uintptr_t)
        value; /* jansson's iterators are not const; we only read */
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it))
        if (!each_in_value(json_object_iter_value(it), fn, context))
            return false;
    return true;
}

void reference_each(const json_t *value, reference_fn *fn, void *context)
{
    (void)each_in_value(value, fn, context);
}

char *reference_quote(const char *text)
{
    struct buffer b = { 0 };
    for (const char *s = text; *s != '\0'; s++) {
        if (s[0] == '$' && s[1] == '{')
            buffer_add(&b, "$", 1);
        buffer_add(&b, s, 1);
    }
    return buffer_take(&b);
}

/* Resolving */

struct resolving {
    const json_t *outputs;
    char missing[REFERENCE_MAX]; /* the first that is not there */
};

static const json_t *look_up(struct resolving *r, const struct reference *reference)
{
    const json_t *of_resource = json_object_get(r->outputs, reference->id);
    const json_t *value = json_object_get(of_resource, reference->output);
    if (value == NULL && r->missing[0] == '\0')
        str_copy(r->missing, sizeof r->missing, reference->text);
    return value;
}

static void add_as_text(struct buffer *b, const json_t *value)
{
    if (json_is_string(value)) {
        buffer_str(b, json_string_value(value));
        return;
    }
    autofree char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    buffer_str(b, text == NULL ? "" : text);
}

static json_t *resolve_text(struct resolving *r, const char *text)
{
    struct buffer b = { 0 };
    struct piece piece;
    const char *rest = text;
    if (strchr(text, '$') == NULL)
        return json_string(text);
    if (piece_next(&rest, &piece) && piece.plain == NULL && *rest == '\0')
        return json_deep_copy(look_up(r, &piece.reference));
    rest = text;
    while (piece_next(&rest, &piece)) {
        if (piece.plain != NULL)
            buffer_add(&b, piece.plain, piece.length);
        else
            add_as_text(&b, look_up(r, &piece.reference));
    }
    autofree char *resolved = buffer_take(&b);
    return json_string(resolved);
}

/* NULL where a whole string is a missing output; the caller looks at `missing`. */
static json_t *resolve_value(struct resolving *r, const json_t *value)
{
    if (json_is_string(value))
        return resolve_text(r, json_string_value(value));
    if (json_is_array(value)) {
        json_t *copy = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            (void)json_array_append_new(copy, resolve_value(r, json_array_get(value, i)));
        return copy;
    }
    if (json_is_object(value)) {
        json_t *copy = json_object();
        json_t *object = (json_t *)(uintptr_t)value; /* as above */
        for (void *it = json_object_iter(object); it != NULL;
             it = json_object_iter_next(object, it))
            (void)json_object_set_new(copy, json_object_iter_key(it),
                                      resolve_value(r, json_object_iter_value(it)));
        return copy;
    }
    return json_deep_copy(value);
}

json_t *reference_resolve(const json_t *value, const json_t *outputs,
                          char ret_missing[REFERENCE_MAX])
{
    struct resolving r = { .outputs = outputs };
    json_t *resolved = resolve_value(&r, value);
    if (r.missing[0] == '\0')
        return resolved;
    str_copy(ret_missing, REFERENCE_MAX, r.missing);
    json_decref(resolved);
    return NULL;
}
