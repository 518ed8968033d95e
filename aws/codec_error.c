/* SPDX-License-Identifier: Apache-2.0 */
/* Errors in each protocol's form. Sources: botocore parsers.py; Smithy's protocol pages. */
#include "aws/codec_internal.h"

#include <stdio.h>

/* ---- reading ---- */

/* "aws.protocoltests#Foo:http://x/" → "Foo". */
static void set_code(struct answer *ret, const char *text)
{
    size_t n = strcspn(text, ":");
    autofree char *head = xstrndup(text, n);
    const char *hash = strrchr(head, '#');
    str_copy(ret->code, sizeof ret->code, hash == NULL ? head : hash + 1);
}

/* SQS spoke the query protocol until 2023, and its errors go by their old names to this day, in
 * x-amzn-query-error; its model no longer tells them. Recorded answers of AWS have them. */
static const struct {
    const char *service, *name, *legacy;
} legacy_names[] = {
    { "sqs", "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress" },
    { "sqs", "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently" },
    { "sqs", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue" },
    { "sqs", "QueueNameExists", "QueueAlreadyExists" },
};

static const char *legacy_name(const struct service_model *service, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(legacy_names); i++)
        if (str_eq(legacy_names[i].service, service->name) && str_eq(legacy_names[i].name, name))
            return legacy_names[i].legacy;
    return name;
}

static const struct shape *error_shape(const struct operation_model *op, const char *code)
{
    for (size_t i = 0; i < ARRAY_SIZE(legacy_names); i++)
        if (str_eq(legacy_names[i].service, op->service->name) &&
            str_eq(legacy_names[i].legacy, code))
            code = legacy_names[i].name;
    for (size_t i = 0; op->errors[i] != NULL; i++)
        if (str_eq(op->errors[i]->error_code, code) || str_eq(op->errors[i]->name, code))
            return op->errors[i];
    return NULL;
}

static void set_message(struct answer *ret, const char *text)
{
    if (text == NULL)
        return;
    answer_set_message(ret, text);
    /* Headers aside, all texts come out of parsers that let nothing but UTF-8 through. */
    json_object_set_new(ret->body, "message", json_string(text));
}

/* Members that the model knows of this error. What cannot be read is left out: the code and the
 * message matter more. */
static void add_members(struct answer *ret, json_t *members)
{
    json_object_update_missing(ret->body, members);
    json_decref(members);
}

/* Codes live in several places, by protocol and by service; the first that is there counts.
 * The legacy code of a query-compatible service comes first, as botocore has it. */
static const char *json_code(const struct operation_model *op, const struct http_headers *headers,
                             const json_t *body)
{
    const char *code = json_string_value(json_object_get(body, "__type"));
    const char *header = http_headers_get(headers, "x-amzn-errortype");
    const char *legacy = http_headers_get(headers, "x-amzn-query-error");
    if (op->service->query_compatible && legacy != NULL && legacy[0] != '\0')
        return legacy;
    if (header != NULL && header[0] != '\0')
        return header;
    if (code == NULL)
        code = json_string_value(json_object_get(body, "code"));
    return code != NULL ? code : json_string_value(json_object_get(body, "Code"));
}

static bool decode_json(const struct operation_model *op, const struct http_response *response,
                        struct answer *ret, struct problem *problem)
{
    json_auto_t *body = response->body_size == 0
                            ? json_object()
                            : codec_json_parse(response->body, response->body_size, problem);
    if (body == NULL)
        return false;
    const char *code = json_code(op, &response->headers, body);
    if (code == NULL) {
        problem_set(problem, "", response->body_size == 0 ? "is empty" : "names no error code");
        return false;
    }
    autofree char *first = xstrndup(code, strcspn(code, ";"));
    set_code(ret, first);
    static const char *const names[] = { "message", "Message", "errorMessage" };
    for (size_t i = 0; i < ARRAY_SIZE(names) && ret->message[0] == '\0'; i++)
        set_message(ret, json_string_value(json_object_get(body, names[i])));
    const struct shape *shape = error_shape(op, ret->code);
    if (shape == NULL)
        return true;
    struct member root = codec_root(shape);
    json_t *members = codec_json_read(&root, body, false, problem);
    if (members == NULL)
        members = json_object();
    (void)codec_rest_read_headers(shape, &response->headers, response->status, members, problem);
    add_members(ret, members);
    return true;
}

static const char *child_text(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = xml_child(node, name);
    return child == NULL ? NULL : child->text;
}

static void read_xml_error(const struct operation_model *op, const struct http_response *response,
                           const struct xml_node *error, struct answer *ret,
                           struct problem *problem)
{
    const char *message = child_text(error, "Message");
    if (message == NULL) /* Route 53: <InvalidChangeBatch><Messages><Message> */
        message = child_text(xml_child(error, "Messages"), "Message");
    set_message(ret, message != NULL ? message : child_text(error, "message"));
    const struct shape *shape = error_shape(op, ret->code);
    if (shape == NULL)
        return;
    struct member root = codec_root(shape);
    json_t *members = codec_xml_read(&root, error, false, problem);
    if (members == NULL)
        members = json_object();
    (void)codec_rest_read_headers(shape, &response->headers, response->status, members, problem);
    add_members(ret, members);
}

static bool decode_xml_root(const struct operation_model *op, const struct http_response *response,
                            const struct xml_node *root, struct answer *ret,
                            struct problem *problem)
{
    const struct xml_node *error = strcmp(root->name, "Error") == 0 ? root
                                                                    : xml_child(root, "Error");
    const char *code = child_text(error, "Code"), *id = child_text(root, "RequestId");
    if (error == NULL && error_shape(op, root->name) != NULL) {
        error = root; /* the error's own name is the root */
        code = root->name;
    }
    if (code == NULL) {
        problem_set(problem, "", "is XML, <%.40s>, that names no error code", root->name);
        return false;
    }
    set_code(ret, code);
    if (ret->request_id[0] == '\0' && id != NULL)
        str_copy(ret->request_id, sizeof ret->request_id, id);
    read_xml_error(op, response, error, ret, problem);
    return true;
}

static bool decode_xml(const struct operation_model *op, const struct http_response *response,
                       struct answer *ret, struct problem *problem)
{
    struct xml_node *root;
    if (!codec_xml_parse(response->body, response->body_size, &root, problem))
        return false;
    if (root == NULL) {
        problem_set(problem, "", "is empty");
        return false;
    }
    bool good = decode_xml_root(op, response, root, ret, problem);
    xml_free(root);
    return good;
}

bool codec_error_decode(const struct operation_model *op, const struct http_response *response,
                        struct answer *ret, struct problem *problem)
{
    if (ret->body == NULL)
        ret->body = json_object();
    /* An answer to HEAD has no body, so the status is all there is; S3 and botocore write it so. */
    if (response->body_size == 0 && (strcmp(op->method, "HEAD") == 0 || response->status == 304)) {
        (void)snprintf(ret->code, sizeof ret->code, "%d", response->status);
        return true;
    }
    switch (op->service->protocol) {
    case PROTOCOL_JSON:
    case PROTOCOL_REST_JSON:
        return decode_json(op, response, ret, problem);
    case PROTOCOL_QUERY:
    case PROTOCOL_REST_XML:
        break;
    }
    return decode_xml(op, response, ret, problem);
}

/* ---- writing ---- */

/* The name that AWS sends for it, whichever of the two the caller used. */
static const char *wire_code(const struct shape *shape, const struct answer *answer)
{
    if (shape == NULL)
        return answer->code;
    return shape->error_code != NULL ? shape->error_code : shape->name;
}

static void encode_json(const struct service_model *service, const struct shape *shape,
                        const struct answer *answer, struct http_response *ret)
{
    struct problem problem = { 0 };
    json_t *body = NULL;
    if (shape != NULL && answer->body != NULL) {
        json_auto_t *known = json_object();
        for (size_t i = 0; i < shape->n_members; i++)
            json_object_set(known, shape->members[i].name,
                            json_object_get(answer->body, shape->members[i].name));
        struct member root = codec_root(shape);
        body = codec_json_write(&root, known, &problem);
        (void)codec_rest_write_headers(shape, known, &ret->headers, &problem);
    }
    if (body == NULL)
        body = json_object();
    bool rest = service->protocol == PROTOCOL_REST_JSON;
    if (rest)
        http_headers_add(&ret->headers, "x-amzn-ErrorType", "%s", wire_code(shape, answer));
    else
        json_object_set_new(body, "__type",
                            json_string(shape == NULL ? answer->code : shape->name));
    if (service->query_compatible)
        http_headers_add(&ret->headers, "x-amzn-query-error", "%s;%s",
                         legacy_name(service, wire_code(shape, answer)),
                         answer->status >= 500 ? "Receiver" : "Sender");
    if (json_object_get(body, "Message") == NULL && answer->message[0] != '\0')
        json_object_set_new(body, "message", json_string(answer->message));
    ret->body = json_dumps(body, JSON_COMPACT);
    assert(ret->body != NULL);
    ret->body_size = strlen(ret->body);
    json_decref(body);
    http_headers_add(&ret->headers, "Content-Type",
                     rest ? "application/json" : "application/x-amz-json-%s",
                     rest ? "" : service->json_version);
}

static void add_element(struct buffer *out, const char *name, const char *text)
{
    buffer_printf(out, "<%s>", name);
    xml_escape(out, text);
    buffer_printf(out, "</%s>", name);
}

static void encode_xml(const struct service_model *service, const struct shape *shape,
                       const struct answer *answer, struct http_response *ret)
{
    struct problem problem = { 0 };
    struct buffer out = { 0 };
    bool bare = codec_quirks(service)->bare_error;
    buffer_str(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (!bare && service->xml_uri != NULL)
        buffer_printf(&out, "<ErrorResponse xmlns=\"%s\">", service->xml_uri);
    else if (!bare)
        buffer_str(&out, "<ErrorResponse>");
    buffer_str(&out, "<Error>");
    if (!bare)
        add_element(&out, "Type", answer->status >= 500 ? "Receiver" : "Sender");
    add_element(&out, "Code", wire_code(shape, answer));
    if (answer->message[0] != '\0')
        add_element(&out, "Message", answer->message);
    for (size_t i = 0; shape != NULL && i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        const json_t *value = json_object_get(answer->body, m->name);
        if (value != NULL && m->location == IN_BODY && strcmp(m->wire, "message") != 0 &&
            strcmp(m->wire, "Message") != 0)
            (void)codec_xml_write(&out, m, m->wire, value, &problem);
    }
    (void)codec_rest_write_headers(shape, answer->body, &ret->headers, &problem);
    buffer_str(&out, bare ? "" : "</Error>");
    add_element(&out, "RequestId", answer->request_id);
    buffer_str(&out, bare ? "</Error>" : "</ErrorResponse>");
    ret->body_size = out.used;
    ret->body = buffer_take(&out);
    http_headers_add(&ret->headers, "Content-Type", "%s",
                     service->protocol == PROTOCOL_QUERY ? "text/xml" : "application/xml");
}

void codec_error_encode(const struct service_model *service, const struct operation_model *op,
                        const struct answer *answer, struct http_response *ret)
{
    const struct shape *shape = op == NULL ? NULL : error_shape(op, answer->code);
    ret->status = answer->status >= 300                       ? answer->status
                  : shape != NULL && shape->error_status != 0 ? shape->error_status
                                                              : 400;
    if (op != NULL && strcmp(op->method, "HEAD") == 0) {
        ret->body = xstrdup("");
        return;
    }
    switch (service->protocol) {
    case PROTOCOL_JSON:
    case PROTOCOL_REST_JSON:
        encode_json(service, shape, answer, ret);
        return;
    case PROTOCOL_QUERY:
    case PROTOCOL_REST_XML:
        encode_xml(service, shape, answer, ret);
        return;
    }
}
