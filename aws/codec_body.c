/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of the two REST protocols: a payload member on its own, or the members that stand
 * nowhere else. */
#include "aws/codec_internal.h"

static bool given(const json_t *value)
{
    return value != NULL && !json_is_null(value);
}

/* ---- bodies, outwards ---- */

static bool has_body_members(const struct shape *shape)
{
    for (size_t i = 0; shape != NULL && i < shape->n_members; i++)
        if (shape->members[i].location == IN_BODY)
            return true;
    return false;
}

static bool any_body_member(const struct shape *shape, const json_t *value)
{
    for (size_t i = 0; shape != NULL && i < shape->n_members; i++)
        if (shape->members[i].location == IN_BODY &&
            given(json_object_get(value, shape->members[i].name)))
            return true;
    return false;
}

static void add_content_type(struct http_headers *headers, const char *type)
{
    if (http_headers_get(headers, "Content-Type") == NULL)
        http_headers_add(headers, "Content-Type", "%s", type);
}

static bool write_json(const struct member *m, const json_t *value, struct http_headers *headers,
                       struct buffer *body, struct problem *problem)
{
    json_auto_t *empty = json_object();
    json_auto_t *wire = codec_json_write(m, value == NULL ? empty : value, problem);
    if (wire == NULL)
        return false;
    autofree char *text = json_dumps(wire, JSON_COMPACT | JSON_ENCODE_ANY);
    assert(text != NULL);
    buffer_str(body, text);
    add_content_type(headers, "application/json");
    return true;
}

/* The element that is the whole body: the member's name where the model gave it one, else the
 * shape's. */
static const char *root_name(const struct member *m)
{
    if (strcmp(m->wire, m->name) == 0 && m->shape->xml_name != NULL)
        return m->shape->xml_name;
    return m->wire;
}

static bool write_payload(const struct operation_model *op, const struct member *m,
                          const json_t *value, struct http_headers *headers, struct buffer *body,
                          struct problem *problem)
{
    if (m->shape->type == SHAPE_BLOB) {
        size_t n;
        autofree char *bytes = json_is_string(value)
                                   ? codec_base64_decode(json_string_value(value), &n)
                                   : NULL;
        if (bytes == NULL) {
            problem_set(problem, "", "is not base64");
            return false;
        }
        buffer_add(body, bytes, n);
        add_content_type(headers, "application/octet-stream");
        return true;
    }
    if (m->shape->type == SHAPE_STRING && !m->shape->document) {
        autofree char *text = codec_value_text(m, value, TIME_ISO8601, problem);
        if (text == NULL)
            return false;
        buffer_str(body, text);
        add_content_type(headers, "text/plain");
        return true;
    }
    if (op->service->protocol == PROTOCOL_REST_JSON)
        return write_json(m, value, headers, body, problem);
    add_content_type(headers, "application/xml");
    return codec_xml_write(body, m, root_name(m), value, problem);
}

/* The one string that is an answer's root element itself (GetBucketLocation), or NULL. */
static const struct member *scalar_root(const struct operation_model *op, const struct shape *shape)
{
    if (!codec_quirks(op->service)->scalar_root || shape != op->output || shape->n_members != 1 ||
        shape->members[0].shape->type != SHAPE_STRING || shape->members[0].location != IN_BODY)
        return NULL;
    return &shape->members[0];
}

/* The members of the body under one root element. */
static bool write_xml_root(const struct operation_model *op, const struct shape *shape,
                           const json_t *value, bool request, struct buffer *body,
                           struct problem *problem)
{
    const struct member *scalar = scalar_root(op, shape);
    if (scalar != NULL) {
        json_auto_t *none = json_string("");
        const json_t *item = json_object_get(value, scalar->name);
        return codec_xml_write(body, scalar, scalar->wire, given(item) ? item : none, problem);
    }
    autofree char *answer_name = xasprintf("%sResponse", op->name);
    const char *name = shape->xml_name != NULL ? shape->xml_name
                       : request               ? shape->name
                                               : answer_name;
    struct member root = codec_root(shape);
    if (shape->xml_uri == NULL)
        root.xml_uri = op->service->xml_uri;
    if (request && op->input_uri != NULL)
        root.xml_uri = op->input_uri;
    return codec_xml_write(body, &root, request && op->input_root != NULL ? op->input_root : name,
                           value, problem);
}

bool codec_body_write(const struct operation_model *op, const struct shape *shape,
                      const json_t *value, bool request, struct http_headers *headers,
                      struct buffer *body, struct problem *problem)
{
    bool json = op->service->protocol == PROTOCOL_REST_JSON;
    if (shape == NULL)
        return true;
    if (shape->payload != NULL) {
        const struct member *m = model_member(shape, shape->payload);
        const json_t *item = json_object_get(value, shape->payload);
        assert(m != NULL);
        if (given(item))
            return write_payload(op, m, item, headers, body, problem) ||
                   codec_under(problem, m->name);
        if (json && request && m->shape->type == SHAPE_STRUCTURE)
            return write_json(m, NULL, headers, body, problem);
        return true;
    }
    if (!has_body_members(shape) || (!json && request && !any_body_member(shape, value)))
        return true;
    struct member root = codec_root(shape);
    if (json)
        return write_json(&root, value, headers, body, problem);
    add_content_type(headers, "application/xml");
    return write_xml_root(op, shape, value, request, body, problem);
}

/* ---- inwards ---- */

static bool merge(json_t *into, json_t *members)
{
    if (members == NULL)
        return false;
    json_object_update(into, members);
    json_decref(members);
    return true;
}

static bool read_json(const struct member *m, const char *bytes, size_t n, bool strict,
                      json_t **ret, struct problem *problem)
{
    json_auto_t *wire = codec_json_parse(bytes, n, problem);
    *ret = wire == NULL ? NULL : codec_json_read(m, wire, strict, problem);
    return *ret != NULL;
}

static bool read_xml(const struct member *m, const char *bytes, size_t n, bool strict, json_t **ret,
                     struct problem *problem)
{
    struct xml_node *root;
    if (!codec_xml_parse(bytes, n, &root, problem))
        return false;
    *ret = root == NULL ? json_object() : codec_xml_read(m, root, strict, problem);
    xml_free(root);
    return *ret != NULL;
}

static bool read_structured(const struct operation_model *op, const struct member *m,
                            const char *bytes, size_t n, bool strict, json_t **ret,
                            struct problem *problem)
{
    return op->service->protocol == PROTOCOL_REST_JSON
               ? read_json(m, bytes, n, strict, ret, problem)
               : read_xml(m, bytes, n, strict, ret, problem);
}

static json_t *read_payload(const struct operation_model *op, const struct member *m,
                            const char *bytes, size_t n, bool strict, struct problem *problem)
{
    json_t *value = NULL;
    if (m->shape->type == SHAPE_BLOB) {
        autofree char *text = codec_base64_encode(bytes, n);
        return json_string(text);
    }
    if (m->shape->type == SHAPE_STRING && !m->shape->document) {
        value = json_stringn(bytes, n);
        if (value == NULL)
            problem_set(problem, "", "is not UTF-8");
        return value;
    }
    return read_structured(op, m, bytes, n, strict, &value, problem) ? value : NULL;
}

static bool read_scalar_root(const struct member *m, const char *bytes, size_t n, json_t *into,
                             struct problem *problem)
{
    struct xml_node *root;
    if (!codec_xml_parse(bytes, n, &root, problem))
        return false;
    const struct xml_node *inner = xml_child(root, m->wire);
    const char *text = inner != NULL ? inner->text : root != NULL ? root->text : "";
    if (text[0] != '\0') /* us-east-1 answers with an empty element */
        json_object_set_new(into, m->name, json_string(text));
    xml_free(root);
    return true;
}

bool codec_body_read(const struct operation_model *op, const struct shape *shape, const char *bytes,
                     size_t n, bool strict, json_t *into, struct problem *problem)
{
    if (shape == NULL)
        return true;
    if (shape->payload != NULL) {
        const struct member *m = model_member(shape, shape->payload);
        assert(m != NULL);
        if (n == 0 && m->shape->type != SHAPE_BLOB)
            return true;
        json_t *value = read_payload(op, m, bytes, n, strict, problem);
        if (value == NULL)
            return codec_under(problem, m->name);
        json_object_set_new(into, m->name, value);
        return true;
    }
    if (n == 0 || !has_body_members(shape))
        return true;
    const struct member *scalar = scalar_root(op, shape);
    if (scalar != NULL)
        return read_scalar_root(scalar, bytes, n, into, problem);
    struct member root = codec_root(shape);
    json_t *members = NULL;
    return read_structured(op, &root, bytes, n, strict, &members, problem) && merge(into, members);
}

bool codec_body_expected(const struct shape *shape)
{
    if (shape == NULL || shape->payload == NULL)
        return has_body_members(shape);
    const struct member *m = model_member(shape, shape->payload);
    return m != NULL && m->shape->type == SHAPE_STRUCTURE;
}
