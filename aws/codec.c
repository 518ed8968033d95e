/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_internal.h"

#include <errno.h>
#include <stdio.h>

/* What a service's model does not tell about its wire form. Rows fall to the last one, which is
 * what every other service does. */
static const struct codec_quirks quirks[] = {
    /* Answers in HAL (_links, _embedded) without it. botocore handlers.py, add_accept_header. */
    { .service = "apigateway", .accept_json = true },
    /* Answers hold "/hostedzone/Z1", paths take "Z1". botocore handlers.py, fix_route53_ids. */
    { .service = "route53", .label_last_segment = true },
    /* AmazonS3/latest/API/ErrorResponses; GetBucketLocation: botocore handlers.py,
     * parse_get_bucket_location. */
    { .service = "s3", .bare_error = true, .s3_request_id = true, .scalar_root = true },
    { .service = NULL },
};

const struct codec_quirks *codec_quirks(const struct service_model *service)
{
    const struct codec_quirks *q = quirks;
    while (q->service != NULL && strcmp(q->service, service->name) != 0)
        q++;
    return q;
}

/* ---- problems ---- */

bool codec_under(struct problem *problem, const char *name)
{
    autofree char *pointer = xasprintf("/%s%s", name, problem->pointer);
    str_copy(problem->pointer, sizeof problem->pointer, pointer);
    return false;
}

bool codec_under_index(struct problem *problem, size_t index)
{
    char name[24];
    (void)snprintf(name, sizeof name, "%zu", index);
    return codec_under(problem, name);
}

const char *codec_kind(const json_t *value)
{
    if (value == NULL)
        return "missing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

void codec_excerpt(const char *bytes, size_t n, char excerpt[80])
{
    size_t used = 0;
    for (size_t i = 0; i < n && used < 76; i++) {
        char c = bytes[i];
        bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
        if (blank && (used == 0 || excerpt[used - 1] == ' '))
            continue;
        if (blank)
            c = ' ';
        else if (c <= 0x20 || c >= 0x7f)
            c = '?';
        excerpt[used++] = c;
    }
    memcpy(excerpt + used, used == 76 ? "..." : "", used == 76 ? 4 : 1);
}

/* ---- the client's side: request out ---- */

static bool encode_json(const struct operation_model *op, const json_t *args,
                        struct http_request *ret, struct problem *problem)
{
    static const struct shape nothing = { .name = "an operation without input",
                                          .type = SHAPE_STRUCTURE };
    struct member root = codec_root(op->input == NULL ? &nothing : op->input);
    json_auto_t *wire = codec_json_write(&root, args, problem);
    if (wire == NULL)
        return false;
    ret->body = json_dumps(wire, JSON_COMPACT);
    assert(ret->body != NULL);
    ret->body_size = strlen(ret->body);
    http_headers_add(&ret->headers, "Content-Type", "application/x-amz-json-%s",
                     op->service->json_version);
    http_headers_add(&ret->headers, "X-Amz-Target", "%s.%s", op->service->target_prefix, op->name);
    if (op->service->query_compatible)
        http_headers_add(&ret->headers, "x-amzn-query-mode", "true");
    return true;
}

static bool encode_by_protocol(const struct operation_model *op, const json_t *args,
                               struct http_request *ret, struct problem *problem)
{
    switch (op->service->protocol) {
    case PROTOCOL_JSON:
        return encode_json(op, args, ret, problem);
    case PROTOCOL_QUERY:
        return codec_query_encode(op, args, ret, problem);
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
        break;
    }
    return codec_rest_encode(op, args, ret, problem);
}

int codec_encode_request(const struct operation_model *op, const json_t *args,
                         struct http_request *ret, struct problem *reterr)
{
    struct http_request request = { 0 };
    json_auto_t *none = json_object();
    if (args != NULL && !json_is_object(args)) {
        problem_set(reterr, "", "the arguments are %s, not an object", codec_kind(args));
        return -EINVAL;
    }
    str_copy(request.method, sizeof request.method, op->method);
    if (!encode_by_protocol(op, args == NULL ? none : args, &request, reterr)) {
        http_request_clear(&request);
        return -EINVAL;
    }
    if (request.path == NULL)
        request.path = xstrdup("/");
    if (request.query == NULL)
        request.query = xstrdup("");
    *ret = request;
    return 0;
}

/* ---- the client's side: answer in ---- */

/* The name of the first element, or "" where the text is no XML. */
static void first_element(const char *bytes, size_t n, char name[32])
{
    size_t i = 0, used = 0;
    for (; i < n; i++) {
        if (bytes[i] == '<' && i + 1 < n && bytes[i + 1] != '?')
            break;
        if (bytes[i] == '<') { /* <?xml … ?> */
            const char *end = memchr(bytes + i, '>', n - i);
            i = end == NULL ? n - 1 : (size_t)(end - bytes);
        } else if (strchr(" \t\r\n\xef\xbb\xbf", bytes[i]) == NULL) {
            i = n - 1;
        }
    }
    for (i++; i < n && used < 31 && strchr(" \t\r\n/>", bytes[i]) == NULL; i++)
        name[used++] = bytes[i];
    name[used] = '\0';
}

/* By the body alone: a Content-Type says nothing, emulators label good answers text/html. */
static bool is_html(const struct http_response *response)
{
    char name[32];
    first_element(response->body, response->body_size, name);
    return http_name_prefix(name, "!doctype") || http_name_prefix(name, "html");
}

/* The body is whatever its owner stored: nothing can be said about its form. */
static bool is_opaque(const struct operation_model *op)
{
    const struct member *m = op->output == NULL || op->output->payload == NULL
                                 ? NULL
                                 : model_member(op->output, op->output->payload);
    return m != NULL && (m->shape->type == SHAPE_BLOB || m->shape->type == SHAPE_STRING);
}

static bool decode_json(const struct operation_model *op, const struct http_response *response,
                        struct answer *ret, struct problem *problem)
{
    bool wanted = op->output != NULL && op->output->n_members > 0;
    if (response->body_size == 0) {
        problem_set(problem, "", "is empty");
        return !wanted;
    }
    json_auto_t *wire = codec_json_parse(response->body, response->body_size, problem);
    if (wire == NULL || !wanted)
        return wire != NULL;
    struct member root = codec_root(op->output);
    json_t *body = codec_json_read(&root, wire, false, problem);
    if (body == NULL)
        return false;
    json_decref(ret->body);
    ret->body = body;
    return true;
}

static bool read_query_root(const struct operation_model *op, const struct xml_node *root,
                            struct answer *ret, struct problem *problem)
{
    const struct xml_node *id = xml_child(xml_child(root, "ResponseMetadata"), "RequestId");
    const struct xml_node *result = op->result_wrapper == NULL
                                        ? root
                                        : xml_child(root, op->result_wrapper);
    size_t n = strlen(op->name);
    if (strncmp(root->name, op->name, n) != 0 || strcmp(root->name + n, "Response") != 0) {
        problem_set(problem, "", "is <%.60s>, not <%sResponse>", root->name, op->name);
        return false;
    }
    if (id != NULL && ret->request_id[0] == '\0')
        str_copy(ret->request_id, sizeof ret->request_id, id->text);
    if (op->output == NULL || op->output->n_members == 0)
        return true;
    if (result == NULL) {
        problem_set(problem, "", "holds no <%s>", op->result_wrapper);
        return false;
    }
    struct member member = codec_root(op->output);
    json_t *body = codec_xml_read(&member, result, false, problem);
    if (body == NULL)
        return false;
    json_decref(ret->body);
    ret->body = body;
    return true;
}

static bool decode_query(const struct operation_model *op, const struct http_response *response,
                         struct answer *ret, struct problem *problem)
{
    struct xml_node *root;
    if (!codec_xml_parse(response->body, response->body_size, &root, problem))
        return false;
    if (root == NULL) {
        problem_set(problem, "", "is empty");
        return op->output == NULL || op->output->n_members == 0;
    }
    bool good = read_query_root(op, root, ret, problem);
    xml_free(root);
    return good;
}

static bool decode_rest(const struct operation_model *op, const struct http_response *response,
                        struct answer *ret, struct problem *problem)
{
    /* To a read, "nothing" is never what AWS says; taken for an answer it would read as "no such
     * settings" and be repaired. */
    if (response->body_size == 0 && response->status == 200 && strcmp(op->method, "GET") == 0 &&
        codec_body_expected(op->output)) {
        problem_set(problem, "", "is empty");
        return false;
    }
    return codec_body_read(op, op->output, response->body, response->body_size, false, ret->body,
                           problem) &&
           codec_rest_read_headers(op->output, &response->headers, response->status, ret->body,
                                   problem);
}

static bool decode_success(const struct operation_model *op, const struct http_response *response,
                           struct answer *ret, struct problem *problem)
{
    if (!is_opaque(op) && is_html(response)) {
        char excerpt[80];
        codec_excerpt(response->body, response->body_size, excerpt);
        problem_set(problem, "", "is HTML: %s", excerpt);
        return false;
    }
    switch (op->service->protocol) {
    case PROTOCOL_JSON:
        return decode_json(op, response, ret, problem);
    case PROTOCOL_QUERY:
        return decode_query(op, response, ret, problem);
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
        break;
    }
    return decode_rest(op, response, ret, problem);
}

/* Milliseconds that AWS asks us to wait. Sources: SDK reference guide, feature-retry-behavior
 * (x-amz-retry-after); RFC 9110 section 10.2.3. A date in Retry-After is passed over: AWS sends
 * seconds. */
static msec_t retry_hint(const struct http_headers *headers)
{
    static const struct {
        const char *header;
        msec_t unit;
    } hints[] = { { "x-amz-retry-after", 1 }, { "Retry-After", 1000 } };
    for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
        const char *text = http_headers_get(headers, hints[i].header);
        size_t n = text == NULL ? 0 : strspn(text, "0123456789");
        if (n == 0 || n > 9 || text[n] != '\0')
            continue;
        msec_t value = 0;
        for (; *text != '\0'; text++)
            value = value * 10 + (*text - '0');
        return value * hints[i].unit;
    }
    return 0;
}

static void take_request_id(const struct http_headers *headers, struct answer *ret)
{
    static const char *const names[] = { "x-amzn-requestid", "x-amzn-request-id",
                                         "x-amz-request-id" };
    for (size_t i = 0; i < ARRAY_SIZE(names) && ret->request_id[0] == '\0'; i++) {
        const char *id = http_headers_get(headers, names[i]);
        str_copy(ret->request_id, sizeof ret->request_id, id == NULL ? "" : id);
    }
}

/* An answer that may hold a secret is not quoted, not even where it is broken. */
static bool is_secret(const struct operation_model *op)
{
    const struct operation *row = operation_find(op->service->name, op->name);
    return row != NULL && row->secret;
}

static void set_bad(const struct operation_model *op, struct answer *ret,
                    const struct problem *problem)
{
    const char *text = is_secret(op) ? "cannot be read (not shown: it may hold secrets)"
                                     : problem->text;
    json_decref(ret->body);
    ret->body = json_object();
    ret->class = AWS_BAD_ANSWER;
    ret->code[0] = '\0';
    autofree char *message = xasprintf("answer to %s (HTTP %d): %s%s%s", op->name, ret->status,
                                       problem->pointer, problem->pointer[0] == '\0' ? "" : " ",
                                       text);
    answer_set_message(ret, message);
}

void codec_decode_answer(const struct operation_model *op, const struct http_response *response,
                         struct answer *ret, bool *ret_is_error)
{
    struct problem problem = { 0 };
    char root[32] = "";
    *ret = (struct answer){ .class = AWS_OK, .status = response->status, .body = json_object() };
    *ret_is_error = false;
    ret->retry_after = retry_hint(&response->headers);
    take_request_id(&response->headers, ret);
    if (response->body_size > CODEC_ANSWER_MAX) {
        problem_set(&problem, "", "is larger than %d bytes", CODEC_ANSWER_MAX);
        set_bad(op, ret, &problem);
        return;
    }
    if (codec_quirks(op->service)->bare_error && !is_opaque(op))
        first_element(response->body, response->body_size, root);
    bool success = response->status >= 200 && response->status < 300;
    if (success && strcmp(root, "Error") != 0) {
        if (!decode_success(op, response, ret, &problem))
            set_bad(op, ret, &problem);
        return;
    }
    if (success) /* S3 began to answer 200, then failed; botocore takes it for a 500 as well */
        ret->status = 500;
    bool readable = codec_error_decode(op, response, ret, &problem);
    if (!readable)
        set_bad(op, ret, &problem);
    /* A load balancer's page still tells by its status that trying again may help. */
    *ret_is_error = readable || ret->status >= 500 || ret->status == 429;
}
