/* SPDX-License-Identifier: Apache-2.0 */
/* wire_tool: the codec behind a pipe, for test_differential.py. Reads one JSON object a line:
 *   {"service", "operation", "args"}      → the request, and what the server's side reads out of it
 *   {"service", "operation", "response": {"status", "headers", "body"}}       → the decoded answer
 * and writes one JSON object a line. Bodies are base64. */
#include "aws/codec.h"

#include <stdio.h>

static json_t *headers_json(const struct http_headers *headers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < headers->n; i++)
        json_array_append_new(list,
                              json_pack("[s, s]", headers->items[i].name, headers->items[i].value));
    return list;
}

static json_t *problem_json(const struct problem *problem)
{
    return json_pack("{s:s, s:s}", "pointer", problem->pointer, "problem", problem->text);
}

static json_t *request_json(const struct operation_model *op, const json_t *args)
{
    struct http_request r;
    struct problem problem = { 0 };
    json_t *back = NULL;
    if (codec_encode_request(op, args, &r, &problem) != 0)
        return problem_json(&problem);
    const struct operation_model *matched = codec_match_request(op->service, &r);
    if (codec_decode_request(op, &r, &back, &problem) != 0)
        back = problem_json(&problem);
    autofree char *body = codec_base64_encode(r.body == NULL ? "" : r.body, r.body_size);
    json_t *out = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o}", "method", r.method, "path",
                            r.path, "query", r.query, "headers", headers_json(&r.headers), "body",
                            body, "matched", matched == NULL ? "" : matched->name, "back", back);
    http_request_clear(&r);
    return out;
}

static json_t *answer_json(const struct operation_model *op, const json_t *given)
{
    const char *body = json_string_value(json_object_get(given, "body")), *name;
    struct http_response response = { .status = (int)json_integer_value(
                                          json_object_get(given, "status")) };
    struct answer answer;
    bool is_error;
    json_t *value;
    json_object_foreach(json_object_get(given, "headers"), name, value)
        http_headers_add(&response.headers, name, "%s", json_string_value(value));
    response.body = codec_base64_decode(body == NULL ? "" : body, &response.body_size);
    codec_decode_answer(op, &response, &answer, &is_error);
    json_t *out = json_pack("{s:s, s:b, s:s, s:s, s:s, s:O}", "class", aws_class_name(answer.class),
                            "is_error", (int)is_error, "code", answer.code, "message",
                            answer.message, "request_id", answer.request_id, "body", answer.body);
    answer_clear(&answer);
    http_response_clear(&response);
    return out;
}

static json_t *reply(const json_t *line)
{
    const char *service = json_string_value(json_object_get(line, "service"));
    const char *name = json_string_value(json_object_get(line, "operation"));
    const json_t *response = json_object_get(line, "response");
    const struct operation_model *op = service == NULL || name == NULL
                                           ? NULL
                                           : model_operation(service, name);
    if (op == NULL)
        return json_pack("{s:s}", "problem", "no such operation");
    return response != NULL ? answer_json(op, response)
                            : request_json(op, json_object_get(line, "args"));
}

int main(void)
{
    autofree char *text = NULL;
    size_t size = 0;
    while (getline(&text, &size, stdin) > 0) {
        json_error_t error;
        json_auto_t *line = json_loads(text, 0, &error);
        json_auto_t *out = line == NULL ? json_pack("{s:s}", "problem", error.text) : reply(line);
        autofree char *answer = json_dumps(out, JSON_COMPACT);
        if (answer == NULL)
            abort(); /* a json_pack above met something that is not UTF-8 */
        printf("%s\n", answer);
        fflush(stdout);
    }
    return 0;
}
