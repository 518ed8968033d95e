/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/wire.h"

#include "aws/sigv4.h"
#include "daemon/shell/clock.h"

#include <errno.h>

struct attempt_under_way {
    const struct wire *wire;
    uint64_t id;
    const struct operation *op;
    const struct operation_model *model;
    struct now sent;
};

static bool is_read(const struct operation *op)
{
    return op->access == ACCESS_READ;
}

static void refuse(const struct wire *w, const struct attempt *a, struct answer answer)
{
    answer.sent = answer.received = clock_now();
    w->ended(w->owner, a->id, answer, false, (wall_t){ 0 });
}

/* Endpoint, then encoding: the request as it will stand on the wire, but for the signature. */
static int make_request(const struct wire *w, const struct attempt *a,
                        const struct operation_model *model, struct http_request *request,
                        struct endpoint *endpoint, struct problem *reterr)
{
    int rc = codec_encode_request(model, a->args, request, reterr);
    if (rc == 0)
        rc = endpoint_resolve(w->endpoints, model->service, a->region, request, endpoint, reterr);
    if (rc < 0)
        return rc;
    if (endpoint->prefix[0] != '\0') {
        char *path = xasprintf("%s%s", endpoint->prefix, request->path);
        free(request->path);
        request->path = path;
    }
    http_headers_add(&request->headers, "amz-sdk-invocation-id", "%s", a->invocation);
    http_headers_add(&request->headers, "amz-sdk-request", "attempt=%u", a->number);
    return 0;
}

static void sign(const struct attempt *a, const struct endpoint *endpoint, struct now now,
                 struct http_request *request)
{
    const struct credentials *keys = a->credentials;
    struct sigv4 signature = {
        .access_key = keys->access_key,
        .secret_key = keys->secret_key,
        .session_token = keys->session_token,
        .region = endpoint->signing_region,
        .service = endpoint->signing_name,
        .date = { now.wall.ms + a->clock_offset_ms },
        .double_encode = endpoint->double_encode,
        .normalize_path = endpoint->normalize_path,
        .sign_body = true,
    };
    sigv4_sign(&signature, endpoint->host, request, NULL, NULL);
}

static wall_t date_of(const struct http_headers *headers)
{
    wall_t date = { 0 };
    const char *text = http_headers_get(headers, "Date");
    if (text != NULL && !wall_parse_http_date(text, &date))
        date.ms = 0;
    return date;
}

static struct answer answer_of_failure(const struct attempt_under_way *u,
                                       const struct exchange_end *end)
{
    enum aws_class class = str_eq(end->failure, "AnswerTooLarge") ? AWS_BAD_ANSWER
                           : end->sent && !is_read(u->op)         ? AWS_UNKNOWN_OUTCOME
                                                                  : AWS_TRANSIENT;
    return answer_error(class, end->failure, end->response.status, "%s", end->message);
}

static struct answer answer_of_response(const struct attempt_under_way *u,
                                        const struct http_response *response)
{
    struct answer answer = { 0 };
    bool is_error = false;
    codec_decode_answer(u->model, response, &answer, &is_error);
    if (is_error)
        answer.class = aws_classify(u->op, answer.code, answer.status, answer.message);
    return answer;
}

static void on_ended(void *self, struct exchange_end *end)
{
    struct attempt_under_way *u = self;
    struct answer answer = end->failure != NULL ? answer_of_failure(u, end)
                                                : answer_of_response(u, &end->response);
    answer.sent = u->sent;
    answer.received = clock_now();
    u->wire->ended(u->wire->owner, u->id, answer, end->sent, date_of(&end->response.headers));
    free(u);
}

static void dispatch(const struct wire *w, const struct attempt *a,
                     const struct operation_model *model, const struct endpoint *endpoint,
                     struct http_request *request)
{
    struct now now = clock_now();
    if (a->credentials != NULL)
        sign(a, endpoint, now, request);
    struct exchange x = {
        .url = xasprintf("%s://%s%s%s%s", endpoint->scheme, endpoint->host, request->path,
                         request->query[0] == '\0' ? "" : "?", request->query),
        .request = *request,
        .timeout = a->timeout,
        .fresh_connection = a->fresh_connection,
    };
    *request = (struct http_request){ 0 };
    struct attempt_under_way *u = xmalloc(sizeof *u);
    *u = (struct attempt_under_way){
        .wire = w, .id = a->id, .op = a->op, .model = model, .sent = now
    };
    transport_send(w->transport, &x, on_ended, u);
}

void wire_attempt(const struct wire *w, const struct attempt *a)
{
    if (w->observe && !is_read(a->op)) {
        refuse(w, a,
               answer_error(AWS_REFUSED, "ObserveMode", 0, "%s:%s is not a read: observe mode",
                            a->op->service, a->op->name));
        return;
    }
    const struct operation_model *model = operation_model(a->op);
    struct http_request request = { 0 };
    struct endpoint endpoint = { 0 };
    struct problem problem = { 0 };
    if (make_request(w, a, model, &request, &endpoint, &problem) < 0) {
        autofree char *text = problem_text(&problem);
        refuse(w, a, answer_error(AWS_INVALID, "CannotEncode", 0, "%s", text));
    } else {
        dispatch(w, a, model, &endpoint, &request);
    }
    http_request_clear(&request);
}
