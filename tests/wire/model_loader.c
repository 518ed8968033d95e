/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/wire/model_loader.h"

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

/* The number that names[] has for the text; an unknown one is a fault of the suite's. */
static int number_of(const char *const *names, size_t n, const char *wanted)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], wanted))
            return (int)i;
    return -1;
}

static const struct shape *shape_named(const struct loaded_model *m, const char *name)
{
    for (size_t i = 0; name != NULL && i < m->n_shapes; i++)
        if (strcmp(m->shapes[i].name, name) == 0)
            return &m->shapes[i];
    return NULL;
}

static enum timestamp_format time_format(const json_t *source)
{
    static const char *const names[] = { "", "iso8601", "unixTimestamp", "rfc822" };
    int n = number_of(names, ARRAY_SIZE(names), text(source, "timestampFormat"));
    return n < 0 ? TIME_DEFAULT : (enum timestamp_format)n;
}

static enum location location(const json_t *source)
{
    static const char *const names[] = {
        "", "uri", "querystring", "header", "headers", "statusCode"
    };
    int n = number_of(names, ARRAY_SIZE(names), text(source, "location"));
    return n < 0 ? IN_BODY : (enum location)n;
}

static const char *namespace(const json_t *source, const char *key)
{
    const json_t *ns = json_object_get(source, "xmlNamespace");
    if (json_is_string(ns))
        return strcmp(key, "uri") == 0 ? json_string_value(ns) : NULL;
    return text(ns, key);
}

static const struct member *add_member(struct loaded_model *m, const char *name,
                                       const json_t *source)
{
    const char *wire = text(source, "locationName");
    const struct shape *shape = shape_named(m, text(source, "shape"));
    assert(shape != NULL);
    struct member *member = &m->members[m->n_members++];
    *member = (struct member){
        .name = name,
        .wire = wire == NULL ? name : wire,
        .shape = shape,
        .location = location(source),
        .time_format = time_format(source),
        .xml_uri = namespace(source, "uri"),
        .xml_prefix = namespace(source, "prefix"),
        .flattened = flag(source, "flattened"),
        .xml_attribute = flag(source, "xmlAttribute"),
        .idempotency_token = flag(source, "idempotencyToken"),
        .json_value = flag(source, "jsonvalue"),
    };
    return member;
}

static const struct member *part(struct loaded_model *m, const json_t *source, const char *key)
{
    const json_t *given = json_object_get(source, key);
    return given == NULL ? NULL : add_member(m, key, given);
}

static void fill_shape(struct loaded_model *m, struct shape *s, const json_t *source)
{
    static const char *const types[] = { "structure", "list",    "map",      "string",
                                         "blob",      "boolean", "integer",  "long",
                                         "float",     "double",  "timestamp" };
    int type = number_of(types, ARRAY_SIZE(types), text(source, "type"));
    assert(type >= 0);
    s->type = (enum shape_type)type;
    s->time_format = time_format(source);
    s->payload = text(source, "payload");
    s->xml_name = text(source, "locationName");
    s->xml_uri = namespace(source, "uri");
    s->xml_prefix = namespace(source, "prefix");
    s->error_code = text(json_object_get(source, "error"), "code");
    s->error_status = (int)json_integer_value(
        json_object_get(json_object_get(source, "error"), "httpStatusCode"));
    s->flattened = flag(source, "flattened");
    s->document = flag(source, "document");
    s->element = part(m, source, "member");
    s->key = part(m, source, "key");
    s->value = part(m, source, "value");
    const json_t *members = json_object_get(source, "members");
    const char *name;
    json_t *member;
    s->members = &m->members[m->n_members];
    s->n_members = json_object_size(members);
    json_object_foreach((json_t *)(uintptr_t)members, name, member)(void)
        add_member(m, name, member);
}

static enum protocol protocol(const char *name)
{
    static const char *const names[] = { "json", "query", "rest-json", "rest-xml" };
    int n = number_of(names, ARRAY_SIZE(names), name);
    assert(n >= 0);
    return (enum protocol)n;
}

void loaded_model_init(struct loaded_model *m, const json_t *document)
{
    const json_t *shapes = json_object_get(document, "shapes");
    const json_t *metadata = json_object_get(document, "metadata");
    const char *name;
    json_t *shape;
    size_t n_members = 0, i = 0;
    json_object_foreach((json_t *)(uintptr_t)shapes, name, shape)
        n_members += 3 + json_object_size(json_object_get(shape, "members"));
    *m = (struct loaded_model){
        .document = document,
        .shapes = xcalloc(json_object_size(shapes), sizeof *m->shapes),
        .n_shapes = json_object_size(shapes),
        .members = xcalloc(n_members, sizeof *m->members),
    };
    m->service = (struct service_model){
        .name = "suite",
        .service_id = "Suite",
        .api_version = text(metadata, "apiVersion"),
        .target_prefix = text(metadata, "targetPrefix"),
        .json_version = text(metadata, "jsonVersion"),
        .xml_uri = namespace(metadata, "uri"),
        .protocol = protocol(text(metadata, "protocol")),
        .query_compatible = json_object_get(metadata, "awsQueryCompatible") != NULL,
    };
    json_object_foreach((json_t *)(uintptr_t)shapes, name, shape) m->shapes[i++].name = name;
    i = 0;
    json_object_foreach((json_t *)(uintptr_t)shapes, name, shape)
        fill_shape(m, &m->shapes[i++], shape);
}

void loaded_model_clear(struct loaded_model *m)
{
    free(m->shapes);
    free(m->members);
    *m = (struct loaded_model){ 0 };
}

struct operation_model loaded_operation(const struct loaded_model *m, const json_t *given,
                                        const struct shape **errors, size_t n)
{
    const json_t *http = json_object_get(given, "http"), *input = json_object_get(given, "input");
    const json_t *output = json_object_get(given, "output"),
                 *list = json_object_get(given, "errors");
    size_t i = 0;
    for (; i < json_array_size(list) && i + 1 < n; i++)
        errors[i] = shape_named(m, text(json_array_get(list, i), "shape"));
    errors[i] = NULL;
    return (struct operation_model){
        .name = text(given, "name"),
        .service = &m->service,
        .method = text(http, "method"),
        .uri = text(http, "requestUri"),
        .status = (int)json_integer_value(json_object_get(http, "responseCode")),
        .input = shape_named(m, text(input, "shape")),
        .output = shape_named(m, text(output, "shape")),
        .result_wrapper = text(output, "resultWrapper"),
        .input_root = text(input, "locationName"),
        .input_uri = namespace(input, "uri"),
        .errors = errors,
        .checksum_required = flag(given, "httpChecksumRequired"),
    };
}
