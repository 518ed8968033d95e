/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of the codec: requests in, answers out. What the sandbox speaks. */
#include "aws/codec_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* ---- which operation ---- */

static const struct operation_model *match_target(const struct service_model *service,
                                                  const struct http_request *request)
{
    const char *target = http_headers_get(&request->headers, "X-Amz-Target");
    const char *dot = target == NULL ? NULL : strrchr(target, '.');
    if (dot == NULL || strlen(service->target_prefix) != (size_t)(dot - target) ||
        !str_prefix(target, service->target_prefix))
        return NULL;
    return model_operation(service->name, dot + 1);
}

static const struct operation_model *match_action(const struct service_model *service,
                                                  const struct http_request *request)
{
    const char *body = request->body == NULL ? "" : request->body;
    autofree char *action = codec_query_get(body, request->body_size, "Action");
    autofree char *version = codec_query_get(body, request->body_size, "Version");
    if (action == NULL || !str_eq(version, service->api_version))
        return NULL;
    return model_operation(service->name, action);
}

static const struct operation_model *match_path(const struct service_model *service,
                                                const struct http_request *request)
{
    const struct operation_model *best = NULL;
    int best_score = -1;
    for (const struct operation_model *op = operation_models; op->name != NULL; op++) {
        int score = op->service == service ? codec_rest_score(op, request) : -1;
        if (score > best_score) {
            best = op;
            best_score = score;
        }
    }
    return best;
}

const struct operation_model *codec_match_request(const struct service_model *service,
                                                  const struct http_request *request)
{
    switch (service->protocol) {
    case PROTOCOL_JSON:
        return match_target(service, request);
    case PROTOCOL_QUERY:
        return match_action(service, request);
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
        break;
    }
    return match_path(service, request);
}

/* ---- requests in ---- */

static json_t *read_json_request(const struct operation_model *op,
                                 const struct http_request *request, struct problem *problem)
{
    if (request->body_size == 0 || op->input == NULL)
        return json_object();
    json_auto_t *wire = codec_json_parse(request->body, request->body_size, problem);
    struct member root = codec_root(op->input);
    return wire == NULL ? NULL : codec_json_read(&root, wire, true, problem);
}

int codec_decode_request(const struct operation_model *op, const struct http_request *request,
                         json_t **ret_args, struct problem *reterr)
{
    json_t *args = NULL;
    if (request->body_size > CODEC_REQUEST_MAX) {
        problem_set(reterr, "", "the request is larger than %d bytes", CODEC_REQUEST_MAX);
        return -EINVAL;
    }
    switch (op->service->protocol) {
    case PROTOCOL_JSON:
        args = read_json_request(op, request, reterr);
        break;
    case PROTOCOL_QUERY:
        args = codec_query_decode(op, request, reterr);
        break;
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
        args = codec_rest_decode(op, request, reterr);
        break;
    }
    if (args == NULL)
        return -EINVAL;
    *ret_args = args;
    return 0;
}

/* ---- answers out ---- */

static bool write_json_answer(const struct operation_model *op, const json_t *value,
                              struct http_response *ret, struct buffer *body,
                              struct problem *problem)
{
    http_headers_add(&ret->headers, "Content-Type", "application/x-amz-json-%s",
                     op->service->json_version);
    if (op->output == NULL)
        return true;
    struct member root = codec_root(op->output);
    json_auto_t *wire = codec_json_write(&root, value, problem);
    autofree char *text = wire == NULL ? NULL : json_dumps(wire, JSON_COMPACT);
    if (text == NULL)
        return false;
    buffer_str(body, text);
    return true;
}

static bool write_query_answer(const struct operation_model *op, const struct answer *answer,
                               const json_t *value, struct http_response *ret, struct buffer *body,
                               struct problem *problem)
{
    const char *uri = op->service->xml_uri;
    buffer_printf(body, "<%sResponse%s%s%s>", op->name, uri == NULL ? "" : " xmlns=\"",
                  uri == NULL ? "" : uri, uri == NULL ? "" : "\"");
    if (op->result_wrapper != NULL)
        buffer_printf(body, "<%s>", op->result_wrapper);
    if (op->output != NULL && !codec_xml_write_members(body, op->output, value, problem))
        return false;
    if (op->result_wrapper != NULL)
        buffer_printf(body, "</%s>", op->result_wrapper);
    buffer_str(body, "<ResponseMetadata><RequestId>");
    xml_escape(body, answer->request_id);
    buffer_printf(body, "</RequestId></ResponseMetadata></%sResponse>", op->name);
    http_headers_add(&ret->headers, "Content-Type", "text/xml");
    return true;
}

static bool write_rest_answer(const struct operation_model *op, const json_t *value,
                              struct http_response *ret, struct buffer *body,
                              struct problem *problem)
{
    for (size_t i = 0; op->output != NULL && i < op->output->n_members; i++) {
        const struct member *m = &op->output->members[i];
        const json_t *status = json_object_get(value, m->name);
        if (m->location == IN_STATUS && json_is_integer(status))
            ret->status = (int)json_integer_value(status);
    }
    return codec_rest_write_headers(op->output, value, &ret->headers, problem) &&
           codec_body_write(op, op->output, value, false, &ret->headers, body, problem);
}

static bool encode_ok(const struct operation_model *op, const struct answer *answer,
                      struct http_response *ret, struct problem *problem)
{
    struct buffer body = { 0 };
    json_auto_t *none = json_object();
    const json_t *value = answer->body == NULL ? none : answer->body;
    bool good = false;
    ret->status = op->status != 0 ? op->status : 200;
    switch (op->service->protocol) {
    case PROTOCOL_JSON:
        good = write_json_answer(op, value, ret, &body, problem);
        break;
    case PROTOCOL_QUERY:
        good = write_query_answer(op, answer, value, ret, &body, problem);
        break;
    case PROTOCOL_REST_JSON:
    case PROTOCOL_REST_XML:
        good = write_rest_answer(op, value, ret, &body, problem);
        break;
    }
    ret->body_size = body.used;
    ret->body = buffer_take(&body);
    return good;
}

void codec_encode_answer(const struct service_model *service, const struct operation_model *op,
                         const struct answer *answer, struct http_response *ret)
{
    struct problem problem = { 0 };
    struct answer fault = { .class = AWS_TRANSIENT, .status = 500, .code = "InternalFailure" };
    *ret = (struct http_response){ 0 };
    assert(op != NULL || answer->class != AWS_OK);
    if (answer->class != AWS_OK) {
        codec_error_encode(service, op, answer, ret);
    } else if (!encode_ok(op, answer, ret, &problem)) {
        /* Our own cloud said something that the model cannot: show it rather than hide it. */
        (void)snprintf(fault.message, sizeof fault.message, "%s: %.180s", op->name, problem.text);
        http_response_clear(ret);
        codec_error_encode(service, op, &fault, ret);
    }
    if (answer->request_id[0] != '\0')
        http_headers_add(&ret->headers,
                         codec_quirks(service)->s3_request_id ? "x-amz-request-id"
                                                              : "x-amzn-RequestId",
                         "%s", answer->request_id);
    if (answer->retry_after > 0)
        http_headers_add(&ret->headers, "Retry-After", "%" PRId64,
                         (answer->retry_after + 999) / 1000);
}
