/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_internal.h"

static bool is_flattened(const struct member *m)
{
    return m->flattened || m->shape->flattened;
}

/* "xsi:type" is read as "type": xml_parse drops prefixes. */
static const char *local_name(const char *wire)
{
    const char *colon = strchr(wire, ':');
    return colon == NULL ? wire : colon + 1;
}

/* ---- writing ---- */

static bool open_tag(struct buffer *out, const struct member *m, const char *name,
                     const json_t *value, struct problem *problem)
{
    const char *uri = m->xml_uri != NULL ? m->xml_uri : m->shape->xml_uri;
    const char *prefix = m->xml_uri != NULL ? m->xml_prefix : m->shape->xml_prefix;
    buffer_printf(out, "<%s", name);
    if (uri != NULL)
        buffer_printf(out, " xmlns%s%s=\"%s\"", prefix == NULL ? "" : ":",
                      prefix == NULL ? "" : prefix, uri);
    for (size_t i = 0; m->shape->type == SHAPE_STRUCTURE && i < m->shape->n_members; i++) {
        const struct member *a = &m->shape->members[i];
        const json_t *item = a->xml_attribute ? json_object_get(value, a->name) : NULL;
        if (item == NULL || json_is_null(item))
            continue;
        autofree char *text = codec_value_text(a, item, TIME_ISO8601, problem);
        if (text == NULL)
            return codec_under(problem, a->name);
        buffer_printf(out, " %s=\"", a->wire);
        xml_escape(out, text);
        buffer_str(out, "\"");
    }
    buffer_str(out, ">");
    return true;
}

bool codec_xml_write_members(struct buffer *out, const struct shape *shape, const json_t *value,
                             struct problem *problem)
{
    const char *name;
    json_t *item;
    json_object_foreach(codec_iterable(value), name, item)
    {
        if (model_member(shape, name) == NULL) {
            problem_set(problem, "", "%s has no such member", shape->name);
            return codec_under(problem, name);
        }
    }
    /* In the model's order, which some services insist on. */
    for (size_t i = 0; i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        item = json_object_get(value, m->name);
        if (item == NULL || json_is_null(item) || m->location != IN_BODY || m->xml_attribute)
            continue;
        if (!codec_xml_write(out, m, m->wire, item, problem))
            return codec_under(problem, m->name);
    }
    return true;
}

static bool write_items(struct buffer *out, const struct member *m, const char *name,
                        const json_t *value, struct problem *problem)
{
    size_t i;
    json_t *item;
    json_array_foreach(codec_iterable(value), i,
                       item) if (!codec_xml_write(out, m->shape->element, name, item,
                                                  problem)) return codec_under_index(problem, i);
    return true;
}

static bool write_entries(struct buffer *out, const struct member *m, const char *name,
                          const json_t *value, struct problem *problem)
{
    const char *key;
    json_t *item;
    json_object_foreach(codec_iterable(value), key, item)
    {
        json_auto_t *key_value = json_string(key);
        buffer_printf(out, "<%s>", name);
        if (!codec_xml_write(out, m->shape->key, m->shape->key->wire, key_value, problem) ||
            !codec_xml_write(out, m->shape->value, m->shape->value->wire, item, problem))
            return codec_under(problem, key);
        buffer_printf(out, "</%s>", name);
    }
    return true;
}

static bool write_content(struct buffer *out, const struct member *m, const json_t *value,
                          struct problem *problem)
{
    if (m->shape->type == SHAPE_LIST)
        return write_items(out, m, m->shape->element->wire, value, problem);
    if (m->shape->type == SHAPE_MAP)
        return write_entries(out, m, "entry", value, problem);
    if (m->shape->type == SHAPE_STRUCTURE)
        return codec_xml_write_members(out, m->shape, value, problem);
    autofree char *text = codec_value_text(m, value, TIME_ISO8601, problem);
    if (text == NULL)
        return false;
    xml_escape(out, text);
    return true;
}

bool codec_xml_write(struct buffer *out, const struct member *m, const char *name,
                     const json_t *value, struct problem *problem)
{
    enum shape_type type = m->shape->type;
    bool object = type == SHAPE_MAP || type == SHAPE_STRUCTURE;
    if ((type == SHAPE_LIST && !json_is_array(value)) || (object && !json_is_object(value))) {
        problem_set(problem, "", "is %s, not %s", codec_kind(value),
                    object ? "an object" : "a list");
        return false;
    }
    if (type == SHAPE_LIST && is_flattened(m))
        return write_items(out, m, name, value, problem);
    if (type == SHAPE_MAP && is_flattened(m))
        return write_entries(out, m, name, value, problem);
    if (!open_tag(out, m, name, value, problem) || !write_content(out, m, value, problem))
        return false;
    buffer_printf(out, "</%s>", name);
    return true;
}

/* ---- reading ---- */

/* A flattened list's elements may bear the member's name or the element's own. */
static bool bears_name(const struct member *m, const struct xml_node *node)
{
    if (strcmp(node->name, m->wire) == 0)
        return true;
    return m->shape->type == SHAPE_LIST && is_flattened(m) &&
           strcmp(m->shape->element->wire, m->shape->element->name) != 0 &&
           strcmp(node->name, m->shape->element->wire) == 0;
}

static const struct member *by_node(const struct shape *shape, const struct xml_node *node)
{
    for (size_t i = 0; i < shape->n_members; i++)
        if (shape->members[i].location == IN_BODY && !shape->members[i].xml_attribute &&
            bears_name(&shape->members[i], node))
            return &shape->members[i];
    return NULL;
}

static bool read_entry(const struct member *m, const struct xml_node *node, bool strict,
                       json_t *out, struct problem *problem)
{
    const struct xml_node *key = xml_child(node, m->shape->key->wire);
    const struct xml_node *value = xml_child(node, m->shape->value->wire);
    if (key == NULL || value == NULL) {
        problem_set(problem, "", "holds an entry without key or value");
        return false;
    }
    json_t *item = codec_xml_read(m->shape->value, value, strict, problem);
    if (item == NULL)
        return codec_under(problem, key->text);
    json_object_set_new(out, key->text, item);
    return true;
}

static bool read_element(const struct member *m, const struct xml_node *node, bool strict,
                         json_t *out, struct problem *problem)
{
    json_t *item = codec_xml_read(m->shape->element, node, strict, problem);
    if (item == NULL)
        return codec_under_index(problem, json_array_size(out));
    json_array_append_new(out, item);
    return true;
}

/* The children of a wrapped list or map, or the one element that a flattened one repeats. */
static bool read_into(const struct member *m, const struct xml_node *node, bool strict, json_t *out,
                      struct problem *problem)
{
    return m->shape->type == SHAPE_LIST ? read_element(m, node, strict, out, problem)
                                        : read_entry(m, node, strict, out, problem);
}

static json_t *read_wrapped(const struct member *m, const struct xml_node *node, bool strict,
                            struct problem *problem)
{
    json_t *out = m->shape->type == SHAPE_LIST ? json_array() : json_object();
    for (const struct xml_node *child = node->child; child != NULL; child = child->next)
        if (!read_into(m, child, strict, out, problem)) {
            json_decref(out);
            return NULL;
        }
    return out;
}

static bool read_child(const struct member *m, const struct xml_node *node, bool strict,
                       json_t *out, struct problem *problem)
{
    bool list = m->shape->type == SHAPE_LIST;
    if ((list || m->shape->type == SHAPE_MAP) && is_flattened(m)) {
        json_t *whole = json_object_get(out, m->name);
        if (whole == NULL)
            json_object_set_new(out, m->name, whole = list ? json_array() : json_object());
        return read_into(m, node, strict, whole, problem) || codec_under(problem, m->name);
    }
    json_t *value = codec_xml_read(m, node, strict, problem);
    if (value == NULL)
        return codec_under(problem, m->name);
    json_object_set_new(out, m->name, value);
    return true;
}

static bool read_attributes(const struct shape *shape, const struct xml_node *node, json_t *out,
                            struct problem *problem)
{
    for (size_t i = 0; i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        const char *text = m->xml_attribute ? xml_attribute(node, local_name(m->wire)) : NULL;
        if (text == NULL)
            continue;
        json_t *value = codec_value_parse(m, text, problem);
        if (value == NULL)
            return codec_under(problem, m->name);
        json_object_set_new(out, m->name, value);
    }
    return true;
}

static bool read_members(const struct shape *shape, const struct xml_node *node, bool strict,
                         json_t *out, struct problem *problem)
{
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        const struct member *m = by_node(shape, child);
        if (m == NULL && strict) {
            problem_set(problem, "", "%s has no such member", shape->name);
            return codec_under(problem, child->name);
        }
        if (m != NULL && !read_child(m, child, strict, out, problem))
            return false;
    }
    return read_attributes(shape, node, out, problem);
}

json_t *codec_xml_read(const struct member *m, const struct xml_node *node, bool strict,
                       struct problem *problem)
{
    if (m->shape->type == SHAPE_LIST || m->shape->type == SHAPE_MAP)
        return read_wrapped(m, node, strict, problem);
    if (m->shape->type != SHAPE_STRUCTURE)
        return codec_value_parse(m, node->text, problem);
    json_t *out = json_object();
    if (read_members(m->shape, node, strict, out, problem))
        return out;
    json_decref(out);
    return NULL;
}

bool codec_xml_parse(const char *bytes, size_t n, struct xml_node **ret, struct problem *problem)
{
    const char *error;
    int line;
    *ret = NULL;
    if (n == 0 || xml_parse(bytes, n, ret, &error, &line) == 0)
        return true;
    char excerpt[80];
    codec_excerpt(bytes, n, excerpt);
    problem_set(problem, "", "is not XML that drd reads (line %d: %s): %s", line, error, excerpt);
    return false;
}
