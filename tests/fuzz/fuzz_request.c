/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request to the server's side: one byte chooses the service, one the method, then
 * path, query, X-Amz-Target and body, each up to a line end. What is accepted can be sent again. */
#include "aws/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char *take_line(const char **at, const char *end)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    size_t n = (size_t)((stop == NULL ? end : stop) - *at);
    char *line = xstrndup(*at, n);
    *at += n + (stop == NULL ? 0 : 1);
    return line;
}

static void send_again(const struct operation_model *op, const json_t *args)
{
    struct http_request request;
    struct problem problem;
    /* A label may be empty, which only the client's side refuses. */
    if (codec_encode_request(op, args, &request, &problem) == 0)
        http_request_clear(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const methods[] = { "GET", "PUT", "POST", "DELETE", "HEAD", "PATCH" };
    size_t n_services = 0;
    if (n < 2)
        return 0;
    while (service_models[n_services] != NULL)
        n_services++;
    assert(n_services > 0);
    const struct service_model *service = service_models[bytes[0] % n_services];
    const char *at = (const char *)bytes + 2, *end = (const char *)bytes + n;
    struct http_request request = { .path = take_line(&at, end), .query = take_line(&at, end) };
    autofree char *target = take_line(&at, end);
    str_copy(request.method, sizeof request.method, methods[bytes[1] % ARRAY_SIZE(methods)]);
    http_headers_add(&request.headers, "X-Amz-Target", "%s", target);
    request.body_size = (size_t)(end - at);
    request.body = xmalloc(request.body_size + 1);
    memcpy(request.body, at, request.body_size);
    request.body[request.body_size] = '\0';

    const struct operation_model *op = codec_match_request(service, &request);
    json_t *args = NULL;
    struct problem problem = { 0 };
    if (op != NULL && codec_decode_request(op, &request, &args, &problem) == 0)
        send_again(op, args);
    json_decref(args);
    http_request_clear(&request);
    return 0;
}
